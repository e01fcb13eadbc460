//! Out again.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use shared::model::{Action, Actor, AuditEvent};

use super::consent::person;
use super::visit::Visitor;
use crate::app::App;
use crate::web::cookie::{self, Kind};
use crate::web::failure::{BrowserFailure, Stale};
use crate::web::page::{LogoutPage, SignedOutPage};
use crate::web::{csrf, form, html};

/// What the form's CSRF value is bound to.
const PURPOSE: &str = "logout";

/// `GET /logout`: asks first, since any site may send a browser here.
pub(crate) async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    let page = async {
        let visitor = Visitor::read(&app, &headers, app.now()).await?;
        let Some((_, user)) = &visitor.signed_in else {
            return Ok(signed_out(&app));
        };
        let page = LogoutPage {
            layout: html::layout(&app),
            person: person(user),
            csrf: &csrf::value(&visitor.browser, PURPOSE),
        };
        let page = html::draw(StatusCode::OK, &page, None);
        Ok((visitor.cookies(&app), page).into_response())
    };
    page.await.unwrap_or_else(|failure: BrowserFailure| failure.answer(&app))
}

/// `POST /logout`: ends the session and the grants that do not outlive it.
pub(crate) async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = async {
        let now = app.now();
        let params = form::body(&headers, &body).map_err(|_| Stale::Malformed)?;
        let visitor = Visitor::read(&app, &headers, now).await?;
        csrf::check(&visitor.browser, PURPOSE, params.get("csrf"))?;
        if let Some((session, user)) = &visitor.signed_in {
            let mut tx = app.store.begin().await?;
            tx.revoke_session(&session.id, now).await?;
            tx.revoke_session_grants(&session.id, now).await?;
            let event = AuditEvent::new(Action::LoggedOut, Actor::User(user.id.clone()), now)
                .user(&user.id)
                .session(&session.id);
            tx.add_audit_event(&event).await?;
            tx.commit().await?;
        }
        let cookies = cookie::forget(&app, CookieJar::new(), Kind::Session);
        Ok((cookies, signed_out(&app)).into_response())
    };
    answer.await.unwrap_or_else(|failure: BrowserFailure| failure.answer(&app))
}

fn signed_out(app: &App) -> Response {
    html::draw(StatusCode::OK, &SignedOutPage { layout: html::layout(app) }, None)
}
