//! What clients are told when they are refused, and what the operator is told beyond that.
//!
//! A refusal gives away as little as it must: whoever holds a code of another client hears
//! that it is not known. The operator is told whose it is. That is looked up once more here,
//! after the refusal, so that nothing of it is in the way of those who are not refused.

use axum::http::header;
use axum::response::Response;
use shared::crypto::token;
use shared::model::incident::{AskedParams, Assertion, Credential, Facts, Place};
use shared::model::{AuthMethod, Grant, GrantType, Refusal, Timestamp, User};
use shared::rules::basic;
use shared::rules::client_assertion::claimed_client;
use shared::rules::params::Params;
use shared::rules::why::masked;
use shared::store::StoreError;

use super::call::Received;
use crate::app::App;
use crate::web::failure::ClientFailure;
use crate::web::{form, incident};

/// Answers a request that failed; a refusal is put down, and its code stands in the answer.
pub(super) async fn answer(
    app: &App,
    failure: ClientFailure,
    place: Place,
    received: &Received<'_>,
) -> Response {
    let Some(refusal) = failure.refusal() else { return failure.answer(None) };
    let Some(permit) = app.incidents.admit(place, app.now()) else { return failure.answer(None) };
    let facts = facts(app, place, refusal, received).await;
    let code = app.incidents.add(permit, facts);
    failure.answer(code.as_ref())
}

async fn facts(app: &App, place: Place, refusal: Refusal, received: &Received<'_>) -> Facts {
    let params = form::body(received.headers, received.body).unwrap_or_default();
    let said = (refusal.code.as_str(), refusal.description);
    let mut facts = incident::facts(place, said, asked(&params, received));
    let issuer = app.config.issuer.as_str();
    facts.assertion = params.get("client_assertion").map(|text| Assertion::read(text, issuer));
    if place == Place::Token {
        facts.credential = credential(app, &params).await.unwrap_or_else(|fault| {
            let causes = shared::causes(&fault);
            tracing::warn!(causes, "what a client presented cannot be looked up");
            None
        });
    }
    facts
}

/// The parameters, and how the client said who it is.
fn asked(params: &Params, received: &Received<'_>) -> AskedParams {
    let mut asked = AskedParams::read(params);
    let headers = received.headers.get_all(header::AUTHORIZATION).iter();
    let headers: Vec<_> = headers.map(|value| value.to_str().ok().and_then(basic::read)).collect();
    let in_header = headers.iter().flatten().next().map(|(id, _)| masked(id));
    let claimed = || params.get("client_assertion").and_then(claimed_client);
    asked.client_id = in_header.or(asked.client_id).or_else(|| claimed().map(|id| masked(&id)));
    let ways = [
        ("client_secret", AuthMethod::ClientSecretPost),
        ("client_assertion", AuthMethod::PrivateKeyJwt),
    ];
    let in_body = ways.into_iter().filter(|(name, _)| params.get(name).is_some());
    let methods = headers.iter().map(|_| AuthMethod::ClientSecretBasic);
    let methods = methods.chain(in_body.map(|(_, method)| method));
    asked.auth_methods = methods.map(|method| method.as_str().to_owned()).collect();
    if asked.auth_methods.is_empty() {
        asked.auth_methods.push(AuthMethod::None.as_str().to_owned());
    }
    asked
}

/// What the presented code or refresh token is known to be.
async fn credential(app: &App, params: &Params) -> Result<Option<Credential>, StoreError> {
    let of = |name| params.get(name).map(token::hash);
    match params.get("grant_type").and_then(GrantType::parse) {
        Some(GrantType::AuthorizationCode) => {
            let Some(hash) = of("code") else { return Ok(None) };
            let found = app.store.view().await?.find_code(&hash).await?;
            let Some((code, grant, user)) = found else { return Ok(None) };
            let life =
                Life { begin: grant.created_at, end: code.expires_at, first_use: code.redeemed_at };
            let known = known(app, &grant, &user, life).await?;
            Ok(Some(Credential { redirect_uri: Some(masked(&code.redirect_uri)), ..known }))
        }
        Some(GrantType::RefreshToken) => {
            let Some(hash) = of("refresh_token") else { return Ok(None) };
            let found = app.store.view().await?.find_refresh_token(&hash).await?;
            let Some((token, grant, user)) = found else { return Ok(None) };
            let life =
                Life { begin: token.issued_at, end: token.expires_at, first_use: token.used_at };
            Ok(Some(known(app, &grant, &user, life).await?))
        }
        Some(GrantType::ClientCredentials) | None => Ok(None),
    }
}

/// The moments of a code or a refresh token.
struct Life {
    begin: Timestamp,
    end: Timestamp,
    first_use: Option<Timestamp>,
}

async fn known(
    app: &App,
    grant: &Grant,
    user: &User,
    life: Life,
) -> Result<Credential, StoreError> {
    let reason = match grant.revoked_at {
        Some(_) => app.store.view().await?.find_revocation_reason(&grant.id).await?,
        None => None,
    };
    Ok(Credential {
        client_id: grant.client_id.to_string(),
        grant_id: grant.id.to_string(),
        issued_at: life.begin.to_string(),
        expires_at: life.end.to_string(),
        used_at: life.first_use.map(|at| at.to_string()),
        redirect_uri: None,
        scope: grant.scope.to_string(),
        resources: grant.resources.clone(),
        revoked_at: grant.revoked_at.map(|at| at.to_string()),
        revocation_reason: reason,
        user_is_disabled: !user.is_active(),
    })
}
