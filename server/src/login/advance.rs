//! What is due next: the one place that every page returns to.

use axum::response::{IntoResponse, Response};
use shared::model::{ErrorCode, Refusal, Standing, Timestamp};
use shared::rules::authorize::Returned;
use shared::rules::next_step::{Page, Step, Wish, next_step};
use shared::rules::sign_in::{self, SignedIn};
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
        Step::Done => match finish::answer_now(app, visit, now).await {
            Err(BrowserFailure::Stale(Stale::Expired)) => begin_anew(app, visit, now).await,
            answer => answer,
        },
        Step::Refused(refusal) => refuse(app, visit, refusal),
        Step::Page(page) => begin(app, visit, page, now).await,
    }
}

/// What made a page needless, a session or a consent, has ended in this very moment.
async fn begin_anew(app: &App, visit: &Visit, now: Timestamp) -> Result<Response, BrowserFailure> {
    if visit.interaction.request.prompt.none {
        return refuse(app, visit, ENDED);
    }
    // The page looks at what is due now.
    begin(app, visit, Page::Login, now).await
}

const ENDED: Refusal = ErrorCode::InteractionRequired
    .because("the session or the consent has just ended, and prompt is none");

/// Stores a new interaction, and shows its first page.
async fn begin(
    app: &App,
    visit: &Visit,
    page: Page,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    keep(app, visit, now).await?;
    Ok(show(app, visit, page))
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
        Step::Page(page) => Ok(show(app, visit, page)),
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
        Step::Page(page) => {
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
    Ok(look(app, visit, now).await?.0)
}

/// The same, and what counts beside the password of whoever is signed in.
pub(super) async fn look(
    app: &App,
    visit: &Visit,
    now: Timestamp,
) -> Result<(Step, Standing), Fault> {
    let (request, client) = (&visit.interaction.request, &visit.client);
    let rules = app.config.sign_in_rules();
    let mut standing = Standing::default();
    let known = match &visit.visitor.signed_in {
        None => sign_in::known(rules, client, request, None),
        Some((session, user)) => {
            let answered = visit.interaction.consent.as_ref();
            let answered = answered.filter(|(_, whose)| *whose == session.id);
            let answered = answered.map(|(answer, _)| *answer);
            let mut view = app.store.view().await?;
            standing = view.find_standing(&user.id, &visit.visitor.device.hash(), now).await?;
            let consent = if sign_in::needs_consent(client, answered) {
                view.find_consent(&user.id, &client.id).await?
            } else {
                None
            };
            let who = SignedIn {
                session,
                just_now: visit.interaction.session_id.as_ref() == Some(&session.id),
                subject: &app.subject(client, &user.id),
                standing: &standing,
                answered,
                consent: consent.as_ref(),
            };
            sign_in::known(rules, client, request, Some(who))
        }
    };
    Ok((next_step(Wish::read(request, &app.acr_names), known, now), standing))
}

/// Sends the browser to the page that is due.
fn show(app: &App, visit: &Visit, page: Page) -> Response {
    let path = format!("/{}?interaction={}", page.as_str(), visit.interaction.id);
    (visit.visitor.cookies(app), see_other(&app.config.issuer.at(&path))).into_response()
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
