//! What is due next: the one place that every page returns to.

use axum::response::{IntoResponse, Response};
use shared::model::client::ConsentPolicy;
use shared::model::interaction::ConsentAnswer;
use shared::model::{ClientKind, Interaction, Refusal, Timestamp};
use shared::rules::authorize::{Notice, Returned};
use shared::rules::claims;
use shared::rules::next_step::{ConsentFact, Known, Login, Step, Wish, next_step};
use shared::store::Tx;

use super::finish;
use super::visit::Visit;
use crate::app::App;
use crate::web::answer::{self, see_other};
use crate::web::failure::{BrowserFailure, Fault, Stale};

/// The first step of a request that has just come: stored only if a page is due.
pub(crate) async fn first(
    app: &App,
    visit: &Visit,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    match decide(app, visit, now).await? {
        Step::Done => finish::answer_now(app, visit, now).await,
        Step::Refused(refusal) => refuse(app, visit, refusal),
        page => {
            keep(app, &visit.interaction, now).await?;
            Ok(show(app, visit, page))
        }
    }
}

/// Stores a new interaction.
pub(super) async fn keep(
    app: &App,
    interaction: &Interaction,
    now: Timestamp,
) -> Result<(), BrowserFailure> {
    let mut tx = app.store.begin().await?;
    if !tx.lock_live_client(&interaction.client_id).await? {
        return Err(Notice::UnknownClient.into());
    }
    tx.add_interaction(interaction, now).await?;
    Ok(tx.commit().await?)
}

/// Takes the step that a stored interaction is at.
pub(crate) async fn take(
    app: &App,
    visit: &Visit,
    step: Step,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    match step {
        Step::Login | Step::Consent => Ok(show(app, visit, step)),
        Step::Done | Step::Refused(_) => {
            let tx = visit.begin(app, now).await?;
            take_in(app, visit, step, tx, now).await
        }
    }
}

/// Takes the step to which a new fact has led, in the unit of work that holds the fact.
pub(crate) async fn take_in(
    app: &App,
    visit: &Visit,
    step: Step,
    mut tx: Tx,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    match step {
        Step::Done => finish::redeem(app, visit, tx, now).await,
        Step::Refused(refusal) => {
            if !tx.redeem_interaction(&visit.interaction.id, now).await? {
                return Err(Stale::Expired.into());
            }
            tx.commit().await?;
            refuse(app, visit, refusal)
        }
        Step::Login | Step::Consent => {
            if !tx.set_interaction_facts(&visit.interaction).await? {
                return Err(Stale::Expired.into());
            }
            tx.commit().await?;
            Ok(show(app, visit, step))
        }
    }
}

/// Reads what is known and asks the rules.
pub(crate) async fn decide(app: &App, visit: &Visit, now: Timestamp) -> Result<Step, Fault> {
    let request = &visit.interaction.request;
    let client = &visit.client;
    // Any application on a device may take another one's scheme. Who can listen on a
    // loopback port of a person's machine can do worse.
    let client_is_proven =
        client.kind != ClientKind::Native || request.redirect_uri.starts_with("http");
    let mut known = Known { login: None, consent: ConsentFact::Missing, client_is_proven };
    if let Some((session, user)) = &visit.visitor.signed_in {
        let just_now = visit.interaction.session_id.as_ref() == Some(&session.id);
        let expected = request.expected_subject.as_deref();
        let expected = expected.is_none_or(|name| name == app.subject(client, &user.id));
        let demanded = &request.essential_acr;
        let is_enough = demanded.is_empty() || demanded.contains(&session.acr);
        known.login = Some(Login { at: session.auth_time, just_now, expected, is_enough });
        known.consent = match &visit.interaction.consent {
            Some((ConsentAnswer::Allowed, whose)) if *whose == session.id => {
                ConsentFact::JustAllowed
            }
            Some((ConsentAnswer::Denied, whose)) if *whose == session.id => ConsentFact::JustDenied,
            _ if client.consent == ConsentPolicy::Implied => ConsentFact::Remembered,
            _ => {
                let mut view = app.store.view().await?;
                let consent = view.find_consent(&user.id, &client.id).await?;
                let asked = claims::consent_scope(&request.scope, &request.claims);
                match consent {
                    Some(consent) if consent.scope.covers(&asked) => ConsentFact::Remembered,
                    _ => ConsentFact::Missing,
                }
            }
        };
    }
    Ok(next_step(Wish::from(request), known, now))
}

/// Sends the browser to the page that is due.
fn show(app: &App, visit: &Visit, page: Step) -> Response {
    let path = if page == Step::Consent { "consent" } else { "login" };
    let page = app.config.issuer.at(&format!("/{path}?interaction={}", visit.interaction.id));
    (visit.visitor.cookies(app), see_other(&page)).into_response()
}

fn refuse(app: &App, visit: &Visit, refusal: Refusal) -> Result<Response, BrowserFailure> {
    let request = &visit.interaction.request;
    let returned = Returned {
        redirect_uri: request.redirect_uri.clone(),
        response_mode: request.response_mode,
        state: request.state.clone(),
        refusal,
    };
    Ok(answer::error(app, &returned)?)
}
