//! The page for a second factor, after the password.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use shared::admin::{accept_recovery_code, accept_totp};
use shared::model::{Action, Factor, FactorKind, Level, Timestamp};
use shared::rules::next_step::{Page, Step};
use shared::rules::params::Params;
use shared::store::Tx;

use super::session::Change;
use super::visit::Visit;
use super::{advance, consent, factors};
use crate::app::App;
use crate::throttle::Counts;
use crate::web::client_ip::Caller;
use crate::web::failure::{BrowserFailure, Fault, Stale, answered};
use crate::web::page::{CodeNotice, SecondFactorPage, Wait};
use crate::web::{csrf, form, html};

/// What the form's CSRF value is bound to.
const PAGE: &str = "second-factor";

/// What is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A code of an application.
    Totp,
    /// A recovery code.
    Recovery,
}

/// What is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Filled {
    typed: Typed,
    /// Not to be asked again in this browser.
    remember: bool,
}

impl Filled {
    fn read(params: &Params) -> Self {
        let is_recovery = params.get("method") == Some("recovery");
        let typed = if is_recovery { Typed::Recovery } else { Typed::Totp };
        Self { typed, remember: params.get("remember").is_some() }
    }
}

/// What a person can do on the page.
struct Options {
    factors: Vec<Factor>,
    recovery_codes: i64,
    /// What the sign-in has to be worth.
    level: Level,
}

impl Options {
    async fn find(app: &App, visit: &Visit, level: Level) -> Result<Self, Fault> {
        let (_, user) = visit.signed_in()?;
        let mut view = app.store.view().await?;
        let factors = view.list_factors(&user.id).await?;
        let recovery_codes = view.count_recovery_codes(&user.id).await?;
        Ok(Self { factors, recovery_codes, level })
    }

    fn has_totp(&self) -> bool {
        let may = self.level <= Level::MultiFactor;
        may && self.factors.iter().any(|factor| factor.kind() == FactorKind::Totp)
    }

    /// Nobody who is remembered is excused from showing a key where only that is enough.
    fn may_remember(&self) -> bool {
        self.level <= Level::MultiFactor
    }

    fn has_recovery(&self) -> bool {
        self.level <= Level::MultiFactor && self.recovery_codes > 0
    }
}

/// `GET /second-factor`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let now = app.now();
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        let step = advance::decide(&app, &visit, now).await?;
        let Step::Page(Page::SecondFactor(level)) = step else {
            return advance::take(&app, &visit, step, now).await;
        };
        let options = Options::find(&app, &visit, level).await?;
        // A link ticks no box.
        let filled = Filled { remember: false, ..Filled::read(&params) };
        Ok(draw(&app, &visit, &options, filled, None)?)
    })
    .await
}

/// `POST /second-factor`
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let now = app.now();
        let params = form::body(&headers, &body).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        csrf::check(&visit.visitor.browser, &visit.purpose(PAGE), params.get("csrf"))?;
        let step = advance::decide(&app, &visit, now).await?;
        let Step::Page(Page::SecondFactor(level)) = step else {
            return advance::take(&app, &visit, step, now).await;
        };
        if params.get("decision") == Some("switch") {
            return consent::switch(&app, &visit, now).await;
        }
        let options = Options::find(&app, &visit, level).await?;
        attempt(&app, visit, &options, &params, &caller).await
    })
    .await
}

async fn attempt(
    app: &App,
    mut visit: Visit,
    options: &Options,
    params: &Params,
    caller: &Caller,
) -> Result<Response, BrowserFailure> {
    let now = app.now();
    let filled = Filled::read(params);
    let typed = filled.typed;
    let Some(code) = params.get("code").filter(|code| !code.trim().is_empty()) else {
        return Ok(draw(app, &visit, options, filled, Some(CodeNotice::Missing))?);
    };
    let (_, user) = visit.signed_in()?;
    let user_id = user.id.clone();
    let counts = Counts::of_code(app, &visit.visitor.device, user, caller);
    // What the right code will lead to is looked up before the unit of work begins: inside, it
    // would wait for a connection that others hold who wait for this one.
    let change = Change::second(&mut visit, factors::CODE_PROOF)?;
    let step = advance::decide(app, &visit, now).await?;
    let mut tx = visit.begin_change(app, now).await?;
    if let Some(until) = counts.lock(&mut tx, now).await? {
        drop(tx);
        app.journal.add(visit.own_event(Action::LoginThrottled, caller, now)?).await;
        let wait = Wait::until(until, now);
        let page = draw(app, &visit, options, filled, Some(CodeNotice::Blocked(wait)))?;
        return Ok(wait.answer(page));
    }
    let accepted = match typed {
        Typed::Totp if options.has_totp() => {
            accept_totp(&app.master, &mut tx, &options.factors, code, now).await?.is_some()
        }
        Typed::Recovery if options.has_recovery() => {
            accept_recovery_code(&mut tx, &user_id, code, now).await?
        }
        _ => false,
    };
    if accepted {
        counts.clear(&mut tx).await?;
        let shown = Shown { filled, change, step };
        return succeed(app, &visit, shown, tx, caller).await;
    }
    counts.add(&mut tx, now).await?;
    let failed = visit.own_event(Action::SecondFactorFailed, caller, now)?.detail(word(typed));
    tx.add_audit_event(failed);
    tx.commit().await?;
    Ok(draw(app, &visit, options, filled, Some(CodeNotice::Wrong))?)
}

/// What a person has shown, and wished.
struct Shown {
    filled: Filled,
    /// The session, of which it makes more.
    change: Change,
    /// Where it leads.
    step: Step,
}

/// The session is worth more from now on; takes the step that this leads to.
async fn succeed(
    app: &App,
    visit: &Visit,
    shown: Shown,
    mut tx: Tx,
    caller: &Caller,
) -> Result<Response, BrowserFailure> {
    let now = app.now();
    shown.change.write(&mut tx, visit, now).await?;
    if shown.filled.typed == Typed::Recovery {
        tx.add_audit_event(visit.own_event(Action::RecoveryCodeUsed, caller, now)?);
    }
    if shown.filled.remember {
        remember(app, visit, &mut tx, now).await?;
    }
    let succeeded = visit.own_event(Action::SecondFactorSucceeded, caller, now)?;
    tx.add_audit_event(succeeded.detail(word(shown.filled.typed)));
    let cookies = shown.change.cookies_of_known(app, visit);
    let answer = advance::take_in(app, visit, shown.step, tx, now).await?;
    Ok((cookies, answer).into_response())
}

/// Remembers that the person wished not to be asked again in this browser, where that may be.
pub(super) async fn remember(
    app: &App,
    visit: &Visit,
    tx: &mut Tx,
    now: Timestamp,
) -> Result<(), Fault> {
    let span = app.config.remember_browser.0;
    if !span.is_zero() {
        let (_, user) = visit.signed_in()?;
        let device = visit.visitor.device.hash();
        tx.set_browser_remembered(&user.id, &device, now.plus(span)).await?;
    }
    Ok(())
}

/// What a person typed, in the audit log's words.
const fn word(typed: Typed) -> &'static str {
    match typed {
        Typed::Totp => FactorKind::Totp.as_str(),
        Typed::Recovery => "recovery_code",
    }
}

fn draw(
    app: &App,
    visit: &Visit,
    options: &Options,
    filled: Filled,
    notice: Option<CodeNotice>,
) -> Result<Response, Fault> {
    let (_, user) = visit.signed_in()?;
    // Whoever has no application is asked for what they have.
    let typed = if options.has_totp() { filled.typed } else { Typed::Recovery };
    let days = app.config.remember_browser.0.as_secs() / shared::DAY;
    let page = SecondFactorPage {
        layout: html::layout(app),
        client: html::asker(&visit.client),
        person: html::person(user),
        interaction: visit.interaction.id.as_str(),
        csrf: &csrf::value(&visit.visitor.browser, &visit.purpose(PAGE)),
        asks_recovery: typed == Typed::Recovery,
        has_totp: options.has_totp(),
        has_recovery: options.has_recovery(),
        has_key: app.has_keys() && options.factors.iter().any(|factor| factor.kind().is_key()),
        remember: filled.remember,
        remember_days: (days > 0 && options.may_remember()).then_some(days),
        notice,
    };
    Ok(visit.draw(app, &page))
}
