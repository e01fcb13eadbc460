//! Pages on which people look after their own account. Whoever comes here signs in as for
//! any application; for what could lock them out, not longer than five minutes ago.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use shared::admin::{Admin, AdminError};
use shared::crypto::random;
use shared::model::interaction::{AskedClaims, Prompt, ResponseMode};
use shared::model::{Interaction, Level, Request, Scope, Timestamp, User};
use shared::rules::next_step::{RECENT, Step};
use shared::rules::params::Params;
use std::sync::Arc;
use std::time::Duration;

use super::advance;
use super::visit::{Visit, Visitor};
use crate::app::App;
use crate::web::answer::see_other;
use crate::web::client_ip::Caller;
use crate::web::csrf;
use crate::web::failure::{BrowserFailure, Fault, Stale};

pub(crate) mod applications;
mod draft;
pub(crate) mod factors;
pub(crate) mod history;
pub(crate) mod keys;
pub(crate) mod overview;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod sessions;
pub(crate) mod totp;

/// What a page asks of the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// What is asked for everywhere.
    Usual,
    /// A sign-in of the last five minutes, with a second factor by whoever has one, also in
    /// a browser that is remembered.
    Recent,
    /// The same, but however old the sign-in has become meanwhile: for the answer to what was
    /// asked after one of the last five minutes, in the same session, and waits only so long.
    Begun,
}

impl Proof {
    /// How old the sign-in may be, in seconds.
    fn max_age(self) -> Option<u64> {
        (self == Self::Recent).then_some(RECENT.as_secs())
    }
}

/// Lets in whoever is signed in well enough for the page at `path`, or sends them to sign
/// in and back to it.
///
/// # Errors
/// [`BrowserFailure::Detour`].
async fn enter(
    app: &App,
    headers: &HeaderMap,
    path: &str,
    proof: Proof,
) -> Result<Visit, BrowserFailure> {
    let now = app.now();
    let visit = knock(app, headers, path, proof).await?;
    match advance::decide(app, &visit, now).await? {
        Step::Done => {
            touch(app, &visit, now).await?;
            Ok(visit)
        }
        _ => Err(BrowserFailure::Detour(Box::new(advance::first(app, &visit, now).await?))),
    }
}

/// Whoever is at the door, and what the page at `path` asks of them.
async fn knock(app: &App, headers: &HeaderMap, path: &str, proof: Proof) -> Result<Visit, Fault> {
    let now = app.now();
    let visitor = Visitor::read(app, headers, now).await?;
    let interaction = Interaction {
        id: random::interaction_id()?,
        browser_hash: Some(visitor.browser_hash()),
        client_id: None,
        request: request(app, path, proof),
        session_id: None,
        consent: None,
        expires_at: now.plus(app.config.interaction_lifetime.0),
        finished_at: None,
    };
    Ok(Visit { visitor, interaction, client: Arc::clone(&app.own_pages) })
}

/// Takes note that the session is in use, at most once a minute.
async fn touch(app: &App, visit: &Visit, now: Timestamp) -> Result<(), Fault> {
    let (session, _) = visit.signed_in()?;
    let before = now.minus(TOUCHED_AGAIN_AFTER);
    if app.store.view().await?.is_session_seen_since(&session.id, before).await? {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    tx.set_session_seen(&session.id, now).await?;
    Ok(tx.commit().await?)
}

/// A look at a page is no reason for one more durable change each time.
const TOUCHED_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// The same for a form: it has to be this person's own.
///
/// # Errors
/// [`BrowserFailure::Detour`], [`Stale::Forged`].
async fn enter_with(
    app: &App,
    headers: &HeaderMap,
    path: &str,
    proof: Proof,
    form: &Params,
) -> Result<Visit, BrowserFailure> {
    let visit = enter(app, headers, path, proof).await?;
    csrf::check(&visit.visitor.browser, &purpose(&visit)?, form.get("csrf"))?;
    Ok(visit)
}

fn request(app: &App, path: &str, proof: Proof) -> Request {
    let factor = app.acr_names.name(Level::MultiFactor).to_owned();
    Request {
        redirect_uri: app.config.issuer.at(path),
        response_mode: ResponseMode::Query,
        state: None,
        scope: Scope::default(),
        nonce: None,
        code_challenge: None,
        prompt: Prompt::default(),
        max_age: proof.max_age(),
        expected_subject: None,
        essential_acr: Vec::new(),
        acr_values: if proof == Proof::Usual { Vec::new() } else { vec![factor] },
        claims: AskedClaims::default(),
        resources: Vec::new(),
        login_hint: None,
    }
}

/// What the forms of these pages are bound to.
fn purpose(visit: &Visit) -> Result<String, Fault> {
    Ok(format!("account {}", visit.signed_in()?.0.id))
}

fn csrf_value(visit: &Visit) -> Result<String, Fault> {
    Ok(csrf::value(&visit.visitor.browser, &purpose(visit)?))
}

/// Whoever is signed in, as one who changes what is theirs.
fn acting(app: &App, visit: &Visit, caller: &Caller) -> Result<Admin, Fault> {
    let (session, _) = visit.signed_in()?;
    Ok(looking(app, visit)?.at(caller.address, &session.id))
}

/// Whoever is signed in, as one who looks at what is theirs.
fn looking(app: &App, visit: &Visit) -> Result<Admin, Fault> {
    let (_, user) = visit.signed_in()?;
    let admin = Admin::of_owner(app.store.clone(), app.hasher.clone(), &user.id);
    Ok(admin.under(app.config.mfa))
}

/// What was done is said on the page that the browser is sent to.
fn done(app: &App, path: &str, what: &str) -> Response {
    see_other(&app.config.issuer.at(&format!("{path}?done={what}")))
}

/// The same after everything of theirs was ended but what is here: this browser stays known to
/// them, and no other does.
fn done_here(app: &App, visit: &Visit, path: &str, what: &str) -> Result<Response, Fault> {
    let (_, user) = visit.signed_in()?;
    let device = &visit.visitor.device;
    let known = device.known_to(app, user).map(|how| {
        let user = User { sign_outs: user.sign_outs + 1, ..user.clone() };
        device.get_known(app, &user, how)
    });
    Ok((known.unwrap_or_default(), done(app, path, what)).into_response())
}

/// Something of the person's that a form names is not there any more, which is as well.
fn gone(error: AdminError) -> Result<(), BrowserFailure> {
    match error {
        AdminError::NotFound { .. } => Ok(()),
        error => Err(error.into()),
    }
}

/// What cannot be used, as a sentence of the page.
fn sentence(problem: &str) -> String {
    let mut letters = problem.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str()).replacen('_', " ", 1)
}

/// A moment, as people read it.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, rest) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", rest.get(..5).unwrap_or_default())
}

/// The form that a handler got.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<Params, Stale> {
    crate::web::form::body(headers, body).map_err(|_| Stale::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What age means, the rules' own table tells.
    #[test]
    fn what_could_lock_somebody_out_needs_a_sign_in_of_the_last_five_minutes() {
        assert_eq!(Proof::Recent.max_age(), Some(300));
        assert_eq!(Proof::Usual.max_age(), None);
        assert_eq!(Proof::Begun.max_age(), None);
    }
}
