//! `/account/password`

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use shared::admin::AdminError;
use shared::model::{MfaPolicy, Secret};

use super::{Proof, acting, csrf_value, done_here, enter, enter_with, read, sentence};
use crate::app::App;
use crate::login::visit::Visit;
use crate::web::account_page::PasswordPage;
use crate::web::client_ip::Caller;
use crate::web::cookie::{self, Kind};
use crate::web::failure::{BrowserFailure, Stale, answered, come_again};
use crate::web::page::TOO_BUSY;
use crate::web::{form, html};

const PATH: &str = "/account/password";

/// `GET /account/password`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visit = enter(&app, &headers, PATH, Proof::Recent).await?;
        let done = form::query(&uri).is_ok_and(|params| params.get("done").is_some());
        draw(&app, &visit, done, None).await
    })
    .await
}

/// `POST /account/password`
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let params = read(&headers, &body)?;
        let visit = enter_with(&app, &headers, PATH, Proof::Recent, &params).await?;
        let (session, user) = visit.signed_in()?;
        let password = Secret::from(params.get("password").unwrap_or_default());
        let admin = acting(&app, &visit, &caller)?;
        match admin.change_password(session, user, password, app.now()).await {
            Ok(secret) => {
                let cookies = cookie::set(&app, CookieJar::new(), Kind::Session, &secret);
                Ok((cookies, done_here(&app, &visit, PATH, "changed")?).into_response())
            }
            Err(AdminError::NotFound { .. }) => Err(Stale::Expired.into()),
            Err(AdminError::Invalid(problem)) => {
                draw(&app, &visit, false, Some(&sentence(&problem))).await
            }
            Err(AdminError::Busy) => {
                Ok(come_again(draw(&app, &visit, false, Some(TOO_BUSY)).await?))
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

async fn draw(
    app: &App,
    visit: &Visit,
    done: bool,
    problem: Option<&str>,
) -> Result<Response, BrowserFailure> {
    let (_, user) = visit.signed_in()?;
    let factors = app.store.view().await?.list_factor_kinds(&user.id).await?;
    let counts = app.config.mfa != MfaPolicy::Off;
    let page = PasswordPage {
        layout: html::layout(app),
        csrf: &csrf_value(visit)?,
        username: &user.username,
        may_be_short: counts && !factors.is_empty(),
        could_be_short: counts,
        done,
        problem,
    };
    Ok(html::draw(StatusCode::OK, &page, None))
}
