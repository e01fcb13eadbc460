//! `/account/factors`: what a person has beside a password.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use shared::admin::AdminError;
use shared::model::FactorId;

use super::{Proof, acting, csrf_value, done, done_here, enter, enter_with, gone, moment, read};
use crate::app::App;
use crate::login::factors::{enrolment, recovery};
use crate::login::visit::Visit;
use crate::web::account_page::{FactorLine, FactorsPage, Kept};
use crate::web::client_ip::Caller;
use crate::web::failure::{BrowserFailure, Stale, answered};
use crate::web::{form, html};

/// Where the page is.
pub(super) const PATH: &str = "/account/factors";

/// `GET /account/factors`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visit = enter(&app, &headers, PATH, Proof::Recent).await?;
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        draw(&app, &visit, params.get("done"), None).await
    })
    .await
}

async fn draw(
    app: &App,
    visit: &Visit,
    done: Option<&str>,
    kept: Option<Kept>,
) -> Result<Response, BrowserFailure> {
    let (_, user) = visit.signed_in()?;
    let mut view = app.store.view().await?;
    let factors = view.list_factors(&user.id).await?;
    let recovery_codes = view.count_recovery_codes(&user.id).await?;
    let browsers = view.count_remembered_browsers(&user.id, app.now()).await?;
    let lines: Vec<_> = factors
        .iter()
        .map(|factor| FactorLine {
            id: factor.id.as_str(),
            kind: factor.kind(),
            name: &factor.name,
            created: moment(factor.created_at),
            last_used: factor.last_used_at.map(moment),
        })
        .collect();
    let page = FactorsPage {
        layout: html::layout(app),
        csrf: &csrf_value(visit)?,
        factors: &lines,
        has_keys: app.has_keys(),
        recovery_codes,
        browsers,
        done,
        kept,
    };
    Ok(html::draw(StatusCode::OK, &page, None))
}

/// `POST /account/factors`: removes or renames one, makes recovery codes, forgets browsers.
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let params = read(&headers, &body)?;
        let visit = enter_with(&app, &headers, PATH, Proof::Recent, &params).await?;
        let (_, user) = visit.signed_in()?;
        let (admin, now) = (acting(&app, &visit, &caller)?, app.now());
        let factor = params.get("factor").unwrap_or_default();
        match params.get("action") {
            Some("remove") => {
                match admin.remove_factor(user.id.as_str(), factor, now).await {
                    Err(AdminError::Conflict(_)) => {
                        return draw(&app, &visit, None, Some(Kept::ShortPassword)).await;
                    }
                    Err(AdminError::FactorRequired) => {
                        return draw(&app, &visit, None, Some(Kept::Required)).await;
                    }
                    removed => removed.map(drop).or_else(gone)?,
                }
                Ok(done_here(&app, &visit, PATH, "removed")?)
            }
            Some("rename") => {
                let name = enrolment::name(params.get("name"), "My device");
                let id = FactorId::from(factor);
                admin.rename_factor(&user.id, &id, &name, now).await.or_else(gone)?;
                Ok(done(&app, PATH, "renamed"))
            }
            Some("forget") => {
                admin.forget_browsers(&user.id, now).await?;
                Ok(done(&app, PATH, "forgotten"))
            }
            Some("recovery") => {
                let mut tx = visit.begin(&app, now).await?;
                let codes = recovery::make(&mut tx, &visit, &caller, now).await?;
                tx.commit().await?;
                Ok(recovery::show(&app, &codes, PATH))
            }
            _ => Err(Stale::Malformed.into()),
        }
    })
    .await
}
