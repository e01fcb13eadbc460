//! What is due next: the one place that every page returns to.

use axum::response::{IntoResponse, Response};
use shared::model::client::ConsentPolicy;
use shared::model::interaction::ConsentAnswer;
use shared::model::{ClientKind, Refusal, Timestamp};
use shared::rules::authorize::Returned;
use shared::rules::next_step::{ConsentFact, Known, Login, Step, Wish, next_step};
use shared::rules::{claims, mfa};
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
            keep(app, visit, now).await?;
            Ok(show(app, visit, page))
        }
    }
}

/// Stores a new interaction.
pub(super) async fn keep(app: &App, visit: &Visit, now: Timestamp) -> Result<(), BrowserFailure> {
    let mut tx = app.store.begin().await?;
    visit.lock_client(&mut tx).await?;
    tx.add_interaction(&visit.interaction, now).await?;
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
        Step::Done | Step::Refused(_) => {
            let tx = visit.begin(app, now).await?;
            take_in(app, visit, step, tx, now).await
        }
        page => Ok(show(app, visit, page)),
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
        page => {
            if !tx.set_interaction_facts(&visit.interaction).await? {
                return Err(Stale::Expired.into());
            }
            tx.commit().await?;
            Ok(show(app, visit, page))
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
    let mut known = Known {
        login: None,
        mfa: app.config.mfa,
        enrolable: app.enrolable(),
        consent: ConsentFact::Missing,
        client_is_proven,
    };
    if let Some((session, user)) = &visit.visitor.signed_in {
        let just_now = visit.interaction.session_id.as_ref() == Some(&session.id);
        let expected = request.expected_subject.as_deref();
        let expected = expected.is_none_or(|name| name == app.subject(client, &user.id));
        let mut view = app.store.view().await?;
        let standing = view.find_standing(&user.id, &visit.visitor.device.hash(), now).await?;
        known.mfa = mfa::policy(app.config.mfa, client.mfa, &standing);
        known.login = Some(Login {
            at: session.auth_time,
            just_now,
            expected,
            level: session.level,
            reach: standing.reach(),
            browser_is_remembered: standing.browser_is_remembered,
        });
        known.consent = match &visit.interaction.consent {
            Some((ConsentAnswer::Allowed, whose)) if *whose == session.id => {
                ConsentFact::JustAllowed
            }
            Some((ConsentAnswer::Denied, whose)) if *whose == session.id => ConsentFact::JustDenied,
            _ if client.consent == ConsentPolicy::Implied => ConsentFact::Remembered,
            _ => {
                let consent = view.find_consent(&user.id, &client.id).await?;
                let asked = claims::consent_scope(&request.scope, &request.claims);
                match consent {
                    Some(consent) if consent.scope.covers(&asked) => ConsentFact::Remembered,
                    _ => ConsentFact::Missing,
                }
            }
        };
    }
    Ok(next_step(Wish::read(request, &app.acr_names), known, now))
}

/// Sends the browser to the page that is due.
fn show(app: &App, visit: &Visit, page: Step) -> Response {
    let path = match page {
        Step::SecondFactor(_) => "second-factor",
        Step::Enrol(_) => "enrol",
        Step::Consent => "consent",
        Step::Login | Step::Refused(_) | Step::Done => "login",
    };
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
