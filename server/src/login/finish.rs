//! The end of a sign-in: a grant, and the code that fetches it.

use axum::response::{IntoResponse, Response};
use shared::crypto::{random, token};
use shared::model::client::ConsentPolicy;
use shared::model::scope::OFFLINE_ACCESS;
use shared::model::{Action, Actor, AuditEvent, AuthorizationCode, Grant, Timestamp};
use shared::rules::authorize::Notice;

use super::visit::Visit;
use crate::app::App;
use crate::web::answer;
use crate::web::failure::{BrowserFailure, Fault, Stale};

/// Answers a request that needed no page.
pub(crate) async fn answer_now(
    app: &App,
    visit: &Visit,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    issue(app, visit, Kept::No, now).await
}

/// Ends a stored interaction and answers it: of several browser windows at the same
/// moment exactly one gets a code.
pub(crate) async fn redeem(
    app: &App,
    visit: &Visit,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    issue(app, visit, Kept::Yes, now).await
}

/// Whether the interaction is in the store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    No,
    Yes,
}

/// Stores the grant and the code's hash, and sends the code.
async fn issue(
    app: &App,
    visit: &Visit,
    kept: Kept,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let request = &visit.interaction.request;
    let grant = grant(app, visit, now)?;
    // What was looked at before may have ended meanwhile.
    let mut tx = app.store.begin().await?;
    if !tx.lock_live_client(&grant.client_id).await? {
        return Err(Notice::UnknownClient.into());
    }
    let is_good = tx.lock_live_session(&grant.session_id, now).await?
        && (visit.client.consent == ConsentPolicy::Implied
            || tx.lock_consent(&grant.user_id, &grant.client_id).await?)
        && (kept == Kept::No || tx.redeem_interaction(&visit.interaction.id, now).await?);
    if !is_good {
        return Err(Stale::Expired.into());
    }
    let code = random::secret()?;
    tx.add_grant(&grant).await?;
    tx.add_code(&token::hash(code.expose()), &authorization_code(app, visit, &grant, now)).await?;
    let event = AuditEvent::new(Action::CodeIssued, Actor::User(grant.user_id.clone()), now)
        .user(&grant.user_id)
        .client(&grant.client_id)
        .session(&grant.session_id)
        .grant(&grant.id);
    tx.add_audit_event(event);
    tx.commit().await?;
    Ok((visit.visitor.cookies(app), answer::code(app, request, &code)?).into_response())
}

fn grant(app: &App, visit: &Visit, now: Timestamp) -> Result<Grant, Fault> {
    let (session, user) =
        visit.visitor.signed_in.as_ref().ok_or(Fault::Answer("nobody is signed in"))?;
    let request = &visit.interaction.request;
    Ok(Grant {
        id: random::id(now)?,
        user_id: user.id.clone(),
        client_id: visit.client.id.clone(),
        session_id: session.id.clone(),
        scope: request.scope.clone(),
        resources: request.resources.clone(),
        claims: request.claims.clone(),
        outlives_session: request.scope.contains(OFFLINE_ACCESS),
        seen_generation: 0,
        auth_time: session.auth_time,
        amr: session.amr.clone(),
        acr: session.acr.clone(),
        created_at: now,
        expires_at: now.plus(app.config.grant_lifetime.0),
        revoked_at: None,
    })
}

fn authorization_code(
    app: &App,
    visit: &Visit,
    grant: &Grant,
    now: Timestamp,
) -> AuthorizationCode {
    let request = &visit.interaction.request;
    AuthorizationCode {
        grant_id: grant.id.clone(),
        client_id: grant.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        expires_at: now.plus(app.config.code_lifetime.0),
        redeemed_at: None,
    }
}
