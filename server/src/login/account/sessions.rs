//! `/account/sessions`: where a person is signed in.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use shared::model::SessionId;
use shared::rules::user_agent;

use super::{
    Proof, acting, csrf_value, done, done_here, enter, enter_with, gone, looking, moment, read,
};
use crate::app::App;
use crate::web::account_page::{SessionLine, SessionsPage};
use crate::web::client_ip::Caller;
use crate::web::failure::{Stale, answered};
use crate::web::{form, html};

const PATH: &str = "/account/sessions";

/// `GET /account/sessions`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visit = enter(&app, &headers, PATH, Proof::Usual).await?;
        let (own, user) = visit.signed_in()?;
        let sessions = looking(&app, &visit)?.list_sessions(&user.id, app.now()).await?;
        let lines: Vec<_> = sessions
            .iter()
            .map(|each| SessionLine {
                id: each.session.id.as_str(),
                device: user_agent::describe(each.session.user_agent.as_deref()),
                address: each.session.address.as_deref(),
                signed_in: moment(each.session.auth_time),
                last_used: moment(each.last_used_at),
                is_this: each.session.id == own.id,
            })
            .collect();
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let page = SessionsPage {
            layout: html::layout(&app),
            csrf: &csrf_value(&visit)?,
            sessions: &lines,
            done: params.get("done").is_some(),
        };
        Ok(html::draw(StatusCode::OK, &page, None))
    })
    .await
}

/// `POST /account/sessions`: ends one, or all others.
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let params = read(&headers, &body)?;
        let visit = enter_with(&app, &headers, PATH, Proof::Usual, &params).await?;
        let (own, user) = visit.signed_in()?;
        let (admin, now) = (acting(&app, &visit, &caller)?, app.now());
        match params.get("session") {
            Some("others") => {
                admin.end_other_sessions(&user.id, &own.id, now).await?;
                return Ok(done_here(&app, &visit, PATH, "ended")?);
            }
            Some(id) => {
                let id = SessionId::from(id);
                admin.end_session(&user.id, &id, now).await.or_else(gone)?;
            }
            None => return Err(Stale::Malformed.into()),
        }
        Ok(done(&app, PATH, "ended"))
    })
    .await
}
