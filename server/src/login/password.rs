//! The sign-in page: who are you, and the proof.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use shared::crypto::password::{HashError, Verdict};
use shared::model::{Action, Actor, AuditEvent, Level, Secret, Standing, Timestamp, User};
use shared::rules::next_step::{Page, Step};
use shared::rules::params::Params;
use shared::rules::password_policy;

use super::advance;
use super::session::{Change, First, Proof};
use super::visit::Visit;
use crate::app::App;
use crate::throttle::Counts;
use crate::web::client_ip::Caller;
use crate::web::cookie::join;
use crate::web::device::Acquaintance;
use crate::web::failure::{BrowserFailure, Fault, Stale, answered, come_again};
use crate::web::page::{LoginNotice, LoginPage, Wait};
use crate::web::{csrf, form, html, request_id};

/// What a password alone proves.
const PROOF: Proof = Proof { methods: &["pwd"], level: Level::Password };

/// `GET /login`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let now = app.now();
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        let step = advance::decide(&app, &visit, now).await?;
        if step != Step::Page(Page::Login) {
            return advance::take(&app, &visit, step, now).await;
        }
        let hint = visit.interaction.request.login_hint.clone().unwrap_or_default();
        Ok(draw(&app, &visit, &hint, None))
    })
    .await
}

/// `POST /login`
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let params = form::body(&headers, &body).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, app.now()).await?;
        csrf::check(&visit.visitor.browser, &visit.purpose("login"), params.get("csrf"))?;
        // Whoever hangs up while a password is being checked has tried it all the same.
        let app = app.clone();
        request_id::to_its_end(async move { attempt(&app, visit, &params, caller).await }).await?
    })
    .await
}

async fn attempt(
    app: &App,
    visit: Visit,
    params: &Params,
    caller: Caller,
) -> Result<Response, BrowserFailure> {
    let typed = params.get("username").unwrap_or_default();
    let Some(password) = params.get("password").filter(|_| !typed.trim().is_empty()) else {
        return Ok(draw(app, &visit, typed, Some(LoginNotice::MissingFields)));
    };
    let now = app.now();
    let mut view = app.store.view().await?;
    let found = view.find_user_by_login(typed).await?;
    let user_id = found.as_ref().map(|user| &user.id);
    let device = &visit.visitor.device;
    let counts = Counts::of_password(app, device, typed, found.as_ref(), &caller);
    let failed = |action, now| {
        let mut event = visit.event(action, Actor::Anonymous, &caller, now);
        event.user_id = user_id.cloned();
        event
    };
    if let Some(until) = counts.blocked_until(&mut view, now).await? {
        return Ok(blocked(app, &visit, typed, failed(Action::LoginThrottled, now), until).await);
    }
    drop(view);

    let password = Secret::from(password);
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let verdict = match app.hasher.verify(password.clone(), hash).await {
        Ok(verdict) => verdict,
        Err(HashError::Busy) => {
            return Ok(come_again(draw(app, &visit, typed, Some(LoginNotice::TooBusy))));
        }
        Err(HashError::Fault(fault)) => return Err(fault.into()),
    };
    let now = app.now();
    // Whoever tried at the same moment may have used up what was left meanwhile: else many
    // could try at once what none may try alone.
    let failures = counts.look(&mut app.store.view().await?, now).await?;
    if let Some(until) = failures.blocked_until {
        return Ok(blocked(app, &visit, typed, failed(Action::LoginThrottled, now), until).await);
    }
    let refused = match (&found, verdict) {
        (None, _) => Some("unknown_user"),
        (Some(_), Verdict::Wrong) => Some("wrong_password"),
        (Some(user), _) if !user.is_active() => Some("user_disabled"),
        (Some(_), _) => None,
    };
    if let Some(detail) = refused {
        let mut tx = app.store.begin().await?;
        counts.add(&mut tx, now).await?;
        tx.add_audit_event(failed(Action::LoginFailed, now).detail(detail));
        tx.commit().await?;
        return Ok(draw(app, &visit, typed, Some(LoginNotice::WrongCredentials)));
    }
    let Some(user) = found else { return Err(Fault::Answer("nobody's password was right").into()) };
    let is_short = password_policy::is_short(password.expose());
    let rehashed = match verdict {
        Verdict::RightButOld => app.hasher.hash(password).await.ok(),
        _ => None,
    };
    // Without failures there is nothing to forget.
    let counts = failures.tried_before.then_some(counts);
    let attempt = Attempt { user, caller, counts, rehashed, is_short };
    Box::pin(succeed(app, visit, attempt, now)).await
}

/// A password that was right when it was checked.
struct Attempt {
    user: User,
    caller: Caller,
    /// What failed before, if anything did.
    counts: Option<Counts>,
    /// The password under today's parameters, if its hash is an old one.
    rehashed: Option<String>,
    /// Whether it is too short to stand alone.
    is_short: bool,
}

/// Starts or renews the session, remembers who signed in, and takes the step that this
/// leads to, all in one unit of work.
async fn succeed(
    app: &App,
    mut visit: Visit,
    attempt: Attempt,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let Attempt { user, caller, counts, rehashed, is_short } = attempt;
    let checked = user.password_hash.clone().unwrap_or_default();
    let rehashed = rehashed.as_deref().unwrap_or(&checked);
    let first = First { user, caller: &caller, proof: PROOF };
    let change = Change::first(app, &mut visit, first, now)?;
    let (step, standing) = advance::look(app, &visit, now).await?;
    let (session, user) = visit.signed_in()?;
    let known = acquainted(app, &visit, user, &standing);

    let mut tx = app.store.begin().await?;
    visit.lock_client(&mut tx).await?;
    if !tx.lock_checked_user(&user.id, &checked, rehashed, is_short).await? {
        // The password that was right is not any more.
        return Ok(draw(app, &visit, &user.username, Some(LoginNotice::WrongCredentials)));
    }
    change.write(&mut tx, &visit, now).await?;
    if let Some(counts) = counts {
        counts.clear(&mut tx).await?;
    }
    let actor = Actor::User(user.id.clone());
    let event = visit
        .event(Action::LoginSucceeded, actor, &caller, now)
        .user(&user.id)
        .session(&session.id)
        .detail("password");
    tx.add_audit_event(event);
    let mut cookies = change.cookie(app);
    if let Some(how) = known {
        cookies = join(cookies, &visit.visitor.device.get_known(app, user, how));
    }
    let answer = advance::take_in(app, &visit, step, tx, now).await?;
    Ok((cookies, answer).into_response())
}

/// How well this browser is known to a person who has shown the right password: as well as it
/// was before, or newly if they have nothing else to show. Wherever this sign-in leads, a
/// password alone, which may be stolen, makes no browser known to somebody with a second factor.
fn acquainted(app: &App, visit: &Visit, user: &User, standing: &Standing) -> Option<Acquaintance> {
    let before = visit.visitor.device.known_to(app, user);
    before.or_else(|| standing.factors.is_empty().then_some(Acquaintance::Password))
}

/// Too many failed before: says when to come again, to everybody in the same words.
async fn blocked(
    app: &App,
    visit: &Visit,
    typed: &str,
    event: AuditEvent,
    until: Timestamp,
) -> Response {
    let wait = Wait::until(until, event.at);
    app.journal.add(event).await;
    wait.answer(draw(app, visit, typed, Some(LoginNotice::Blocked(wait))))
}

fn draw(app: &App, visit: &Visit, username: &str, notice: Option<LoginNotice>) -> Response {
    let page = LoginPage {
        layout: html::layout(app),
        client: html::asker(&visit.client),
        interaction: visit.interaction.id.as_str(),
        csrf: &csrf::value(&visit.visitor.browser, &visit.purpose("login")),
        username,
        has_keys: app.has_keys(),
        notice,
    };
    visit.draw(app, &page)
}
