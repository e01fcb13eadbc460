//! The end of a sign-in: a grant, and the code that fetches it.

use axum::response::{IntoResponse, Response};
use shared::crypto::{random, token};
use shared::model::client::ConsentPolicy;
use shared::model::scope::OFFLINE_ACCESS;
use shared::model::{Action, Actor, AuditEvent, AuthorizationCode, Grant, Timestamp};
use shared::store::Tx;

use super::visit::Visit;
use crate::app::App;
use crate::web::answer::{self, see_other};
use crate::web::failure::{BrowserFailure, Fault, Stale};

/// Answers a request that needed no page: nothing of it is in the store.
pub(crate) async fn answer_now(
    app: &App,
    visit: &Visit,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let mut tx = visit.begin(app, now).await?;
    lock_permission(&mut tx, visit).await?;
    issue(app, visit, tx, now).await
}

/// Ends a stored interaction and answers it: of several browser windows at the same
/// moment exactly one gets a code.
///
/// What led to the end is in the unit of work already, and is kept if and only if the
/// code is.
pub(crate) async fn redeem(
    app: &App,
    visit: &Visit,
    mut tx: Tx,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    lock_permission(&mut tx, visit).await?;
    if !tx.redeem_interaction(&visit.interaction.id, now).await? {
        return Err(Stale::Expired.into());
    }
    issue(app, visit, tx, now).await
}

/// Makes sure that nobody withdraws the consent before the code is out.
async fn lock_permission(tx: &mut Tx, visit: &Visit) -> Result<(), BrowserFailure> {
    if visit.client.consent == ConsentPolicy::Implied {
        return Ok(());
    }
    let (_, user) = visit.signed_in()?;
    let is_given = tx.lock_consent(&user.id, &visit.client.id).await?;
    if is_given { Ok(()) } else { Err(Stale::Expired.into()) }
}

/// Stores the grant and the code's hash, and sends the code.
async fn issue(
    app: &App,
    visit: &Visit,
    mut tx: Tx,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let request = &visit.interaction.request;
    if visit.interaction.client_id.is_none() {
        // Our own page asked, in the browser that is here: nobody needs a code.
        tx.commit().await?;
        return Ok((visit.visitor.cookies(app), see_other(&request.redirect_uri)).into_response());
    }
    let grant = grant(app, visit, now)?;
    let code = random::secret()?;
    let hash = token::hash(code.expose());
    tx.add_grant(&grant, &hash, &authorization_code(app, visit, &grant, now)).await?;
    let event = AuditEvent::new(Action::CodeIssued, Actor::User(grant.user_id.clone()), now)
        .user(&grant.user_id)
        .client(&grant.client_id)
        .session(&grant.session_id)
        .grant(&grant.id);
    tx.add_audit_event(event);
    tx.commit().await?;
    let answer = answer::code(app, request, &code)?;
    Ok((visit.visitor.cookies(app), answer).into_response())
}

fn grant(app: &App, visit: &Visit, now: Timestamp) -> Result<Grant, Fault> {
    let (session, user) = visit.signed_in()?;
    let request = &visit.interaction.request;
    let outlives_session = request.scope.contains(OFFLINE_ACCESS);
    let longest = now.plus(app.config.grant_lifetime.0);
    let level = app.acr_names.answer(&request.essential_acr, &request.acr_values, session.level);
    Ok(Grant {
        id: random::id(now)?,
        user_id: user.id.clone(),
        client_id: visit.client.id.clone(),
        session_id: session.id.clone(),
        scope: request.scope.clone(),
        resources: request.resources.clone(),
        claims: request.claims.clone(),
        outlives_session,
        seen_generation: 0,
        auth_time: session.auth_time,
        amr: session.amr.clone(),
        acr: app.acr_names.name(level).to_owned(),
        created_at: now,
        expires_at: if outlives_session { longest } else { longest.min(session.expires_at) },
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
