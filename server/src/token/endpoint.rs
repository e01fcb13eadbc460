//! `POST /token`: what all grants share (RFC 6749 §3.2).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use shared::model::{ErrorCode, GrantType};

use super::mint::TokenAnswer;
use super::{client_auth, grants};
use crate::app::App;
use crate::web::failure::{ClientFailure, no_store};
use crate::web::form;

/// `POST /token`
pub(crate) async fn post(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ClientFailure> {
    let answer = exchange(&app, &uri, &headers, &body).await?;
    Ok((no_store(), Json(answer)).into_response())
}

async fn exchange(
    app: &App,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<TokenAnswer, ClientFailure> {
    let arrived = app.now();
    let invalid = |why| ErrorCode::InvalidRequest.because(why);
    if uri.query().is_some() {
        return Err(invalid("parameters belong into the body").into());
    }
    let params = form::body(headers, body)
        .map_err(|_| invalid("the body is not an application/x-www-form-urlencoded form"))?;
    params.check_unique()?;
    let grant_type = params.get("grant_type").ok_or(invalid("grant_type is missing"))?;
    let client = client_auth::authenticate(app, headers, &params, arrived).await?;
    let Some(grant_type) = GrantType::parse(grant_type) else {
        return Err(ErrorCode::UnsupportedGrantType.because("grant_type is not offered").into());
    };
    if !client.may_use(grant_type) {
        let refusal = ErrorCode::UnauthorizedClient.because("grant_type is not this client's");
        return Err(refusal.into());
    }
    match grant_type {
        GrantType::AuthorizationCode => {
            grants::authorization_code::exchange(app, &client, &params, arrived).await
        }
        GrantType::RefreshToken => {
            grants::refresh_token::exchange(app, &client, &params, arrived).await
        }
    }
}
