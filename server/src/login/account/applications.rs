//! `/account/applications`: what a person allowed which application.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::{Proof, acting, csrf_value, done, enter, enter_with, gone, looking, moment, read};
use crate::app::App;
use crate::login::consent;
use crate::web::account_page::{ApplicationLine, ApplicationsPage};
use crate::web::client_ip::Caller;
use crate::web::failure::{Stale, answered};
use crate::web::{form, html};

const PATH: &str = "/account/applications";

/// `GET /account/applications`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visit = enter(&app, &headers, PATH, Proof::Usual).await?;
        let (_, user) = visit.signed_in()?;
        let applications = looking(&app, &visit)?.list_applications(&user.id).await?;
        let catalogue = app.catalogue.get(&app.store).await?;
        let lines: Vec<_> = applications
            .iter()
            .map(|each| ApplicationLine {
                id: each.consent.client_id.as_str(),
                name: &each.name,
                scopes: consent::lines(&each.consent.scope, &each.consent.scope, &catalogue),
                since: moment(each.consent.granted_at),
                last_used: each.last_used_at.map(moment),
            })
            .collect();
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let page = ApplicationsPage {
            layout: html::layout(&app),
            csrf: &csrf_value(&visit)?,
            applications: &lines,
            done: params.get("done").is_some(),
        };
        Ok(html::draw(StatusCode::OK, &page, None))
    })
    .await
}

/// `POST /account/applications`: withdraws what was allowed; the application's tokens are
/// dead at once.
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let params = read(&headers, &body)?;
        let visit = enter_with(&app, &headers, PATH, Proof::Usual, &params).await?;
        let (_, user) = visit.signed_in()?;
        let client = params.get("application").ok_or(Stale::Malformed)?;
        let admin = acting(&app, &visit, &caller)?;
        let withdrawn = admin.withdraw_consent(user.id.as_str(), client, app.now()).await;
        withdrawn.map(drop).or_else(gone)?;
        Ok(done(&app, PATH, "withdrawn"))
    })
    .await
}
