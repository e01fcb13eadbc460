//! The same steps in JSON, for our own scripts and for applications on phones: bound to the
//! interaction and its browser as the pages are. A step writes its fact and says where the
//! sign-in goes on; what is due there is decided there.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shared::crypto::webauthn::{KeyRefusal, Signed};
use shared::model::{Action, Actor, Factor, FactorKind, InteractionId, Level, User};
use shared::rules::next_step::{Page, Step};

use super::factors::enrolment::{self, Enrolled};
use super::factors::keys::{self, Answer, NewKey, Wanted};
use super::session::{Change, First, Proof};
use super::visit::Visit;
use super::{advance, second_factor};
use crate::app::App;
use crate::web::api::{self, ApiFailure};
use crate::web::client_ip::Caller;
use crate::web::failure::{Fault, Stale};

/// `POST /api/v1/interactions/{interaction}/passkey/options`: a question for any passkey.
pub(crate) async fn ask_for_passkey(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiFailure> {
    let visit = find(&app, &headers, &id, |page| page == Page::Login).await?;
    let question = keys::ceremonies(&app).await?.ask_for_passkey()?;
    let browser = visit.visitor.browser_hash();
    let asked = keys::ask(&app, purpose("passkey", &visit), browser, question).await?;
    Ok((visit.visitor.cookies(&app), api::answer(asked)).into_response())
}

/// `POST /api/v1/interactions/{interaction}/passkey`: somebody signs in with a passkey.
pub(crate) async fn take_passkey(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiFailure> {
    let answer: Answer = api::body(&headers, &body)?;
    let visit = find(&app, &headers, &id, |page| page == Page::Login).await?;
    let browser = visit.visitor.browser_hash();
    let purpose = purpose("passkey", &visit);
    let state = keys::answered(&app, &answer.challenge, &purpose, &browser).await?;
    let (user, detail) = match check_passkey(&app, state.expose(), &answer.credential).await? {
        Ok((user, factor, signed)) if user.is_active() => {
            return Box::pin(let_in(&app, visit, (user, factor, signed), &caller)).await;
        }
        Ok((user, ..)) => (Some(user), "user_disabled"),
        Err(refusal) => (None, refusal.as_str()),
    };
    let mut event = visit.event(Action::LoginFailed, Actor::Anonymous, &caller, app.now());
    event.user_id = user.map(|user| user.id);
    let mut tx = app.store.begin().await?;
    tx.add_audit_event(event.detail(detail));
    tx.commit().await?;
    Err(NOT_ACCEPTED)
}

/// Every reason is told in the same words.
const NOT_ACCEPTED: ApiFailure =
    ApiFailure::Refused(StatusCode::FORBIDDEN, "not_accepted", "the key is not accepted");

type Passkey = (User, Factor, Signed);

async fn check_passkey(
    app: &App,
    state: &[u8],
    answer: &Value,
) -> Result<Result<Passkey, KeyRefusal>, ApiFailure> {
    let ceremonies = keys::ceremonies(app).await?;
    let (owner, key) = match ceremonies.whose(answer) {
        Ok(whose) => whose,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut view = app.store.view().await?;
    let found = view.find_key(&key).await?;
    // A key that is another's, or that only ever comes after a password, opens nothing here.
    let factor =
        found.filter(|found| found.user_id == owner && found.kind() == FactorKind::Passkey);
    let (Some(factor), Some(user)) = (factor, view.find_user(&owner).await?) else {
        return Ok(Err(KeyRefusal::WrongAnswer));
    };
    let checked = ceremonies.check_passkey(state, answer, &factor);
    Ok(checked.map(|signed| (user, factor, signed)))
}

/// Starts or renews the session of whoever has shown a passkey.
async fn let_in(
    app: &App,
    mut visit: Visit,
    passkey: Passkey,
    caller: &Caller,
) -> Result<Response, ApiFailure> {
    let (user, factor, signed) = passkey;
    let now = app.now();
    let proof = Proof { methods: signed.methods, level: Level::PhishingResistant };
    let change = Change::first(app, &mut visit, First { user, caller, proof }, now)?;
    let (session, user) = visit.signed_in()?;
    let mut tx = app.store.begin().await?;
    visit.lock_client(&mut tx).await?;
    if !tx.lock_live_user(&user.id).await? {
        return Err(NOT_ACCEPTED);
    }
    // The session before the key, as everywhere: else two units of work wait for each other.
    change.write(&mut tx, &visit, now).await?;
    let Signed { credential, sign_count, .. } = &signed;
    if !tx.set_key_used(&factor.id, credential, *sign_count, now).await? {
        return Err(NOT_ACCEPTED);
    }
    let actor = Actor::User(user.id.clone());
    let event = visit
        .event(Action::LoginSucceeded, actor, caller, now)
        .user(&user.id)
        .session(&session.id)
        .detail(FactorKind::Passkey.as_str())
        .evidence(json!({"factor": factor.id.as_str()}));
    tx.add_audit_event(event);
    if !tx.set_interaction_facts(&visit.interaction).await? {
        return Err(Stale::Expired.into());
    }
    tx.commit().await?;
    Ok(go_on(app, &visit, &change, &[]))
}

/// `POST /api/v1/interactions/{interaction}/key/options`: a question for one of the person's
/// keys, after the password.
pub(crate) async fn ask_for_key(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiFailure> {
    let visit = find(&app, &headers, &id, |page| matches!(page, Page::SecondFactor(_))).await?;
    let (_, user) = visit.signed_in()?;
    let factors = app.store.view().await?.list_factors(&user.id).await?;
    let question = keys::ceremonies(&app).await?.ask_for_key(&factors)?;
    let browser = visit.visitor.browser_hash();
    Ok(api::answer(keys::ask(&app, purpose("key", &visit), browser, question).await?))
}

/// `POST /api/v1/interactions/{interaction}/key`: the person shows it.
pub(crate) async fn take_key(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiFailure> {
    let answer: Answer = api::body(&headers, &body)?;
    let mut visit = find(&app, &headers, &id, |page| matches!(page, Page::SecondFactor(_))).await?;
    let browser = visit.visitor.browser_hash();
    let state = keys::answered(&app, &answer.challenge, &purpose("key", &visit), &browser).await?;
    let (_, user) = visit.signed_in()?;
    let factors = app.store.view().await?.list_factors(&user.id).await?;
    let ceremonies = keys::ceremonies(&app).await?;
    let checked = ceremonies.check_key(state.expose(), &answer.credential, &factors);
    let now = app.now();
    let mut tx = visit.begin_change(&app, now).await?;
    let (factor, signed) = match checked {
        Ok(checked) => checked,
        Err(refusal) => {
            let failed = visit.own_event(Action::SecondFactorFailed, &caller, now)?;
            tx.add_audit_event(failed.detail(refusal.as_str()));
            tx.commit().await?;
            return Err(NOT_ACCEPTED);
        }
    };
    if !tx.set_key_used(&factor.id, &signed.credential, signed.sign_count, now).await? {
        return Err(NOT_ACCEPTED);
    }
    let proof = Proof { methods: signed.methods, level: Level::PhishingResistant };
    let change = Change::second(&mut visit, proof)?;
    change.write(&mut tx, &visit, now).await?;
    if answer.remember {
        second_factor::remember(&app, &visit, &mut tx, now).await?;
    }
    let shown = visit
        .own_event(Action::SecondFactorSucceeded, &caller, now)?
        .detail(factor.kind().as_str())
        .evidence(json!({"factor": factor.id.as_str()}));
    tx.add_audit_event(shown);
    tx.commit().await?;
    Ok(go_on(&app, &visit, &change, &[]))
}

/// `POST /api/v1/interactions/{interaction}/enrolment/options`: a question for a new key, as
/// this sign-in needs one.
pub(crate) async fn ask_for_new(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiFailure> {
    let wanted: Wanted = api::body(&headers, &body)?;
    let visit = find(&app, &headers, &id, |page| matches!(page, Page::Enrol(_))).await?;
    let place = place(&visit)?;
    Ok(api::answer(keys::ask_for_new(&app, &visit, &place, wanted.kind()?).await?))
}

/// `POST /api/v1/interactions/{interaction}/enrolment`: the new key.
pub(crate) async fn take_new(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiFailure> {
    let new: NewKey = api::body(&headers, &body)?;
    let mut visit = Visit::find_by_id(&app, &headers, &id.into(), app.now()).await?;
    // Whoever was asked had signed in lately, which they need not do again because it takes them
    // a while to answer. Nobody else has a question of this session's.
    let session = visit.visitor.signed_in.as_ref().map(|(session, _)| session.id.clone());
    visit.interaction.session_id = session;
    check_step(&app, &visit, |page| matches!(page, Page::Enrol(_))).await?;
    let place = place(&visit)?;
    let (change, codes) = enrol(&app, &mut visit, &place, new, &caller).await?;
    Ok(go_on(&app, &visit, &change, &codes))
}

/// Enrols a key of whoever is signed in; their session is worth what it proves. Gives the
/// recovery codes that come with a first factor.
pub(super) async fn enrol(
    app: &App,
    visit: &mut Visit,
    place: &str,
    new: NewKey,
    caller: &Caller,
) -> Result<(Change, Vec<String>), ApiFailure> {
    let now = app.now();
    let (factor, signed) = keys::take_new(app, visit, place, new, now).await?;
    let mut tx = visit.begin_change(app, now).await?;
    let Enrolled::Done(codes) = enrolment::write(&mut tx, visit, caller, &factor).await? else {
        return Err(keys::TAKEN);
    };
    let proof = Proof { methods: signed.methods, level: Level::PhishingResistant };
    let change = Change::second(visit, proof)?;
    change.write(&mut tx, visit, now).await?;
    tx.commit().await?;
    let codes = codes.iter().flatten().map(|code| code.expose().clone()).collect();
    Ok((change, codes))
}

/// The sign-in in progress, where the step is due that somebody wants to take.
async fn find(
    app: &App,
    headers: &HeaderMap,
    id: &str,
    is_due: impl Fn(Page) -> bool,
) -> Result<Visit, ApiFailure> {
    let visit = Visit::find_by_id(app, headers, &InteractionId::from(id), app.now()).await?;
    check_step(app, &visit, is_due).await?;
    Ok(visit)
}

async fn check_step(
    app: &App,
    visit: &Visit,
    is_due: impl Fn(Page) -> bool,
) -> Result<(), ApiFailure> {
    let step = advance::decide(app, visit, app.now()).await?;
    let conflict = ApiFailure::Refused(
        StatusCode::CONFLICT,
        "not_due",
        "the sign-in is at another step; its page leads there",
    );
    if matches!(step, Step::Page(page) if is_due(page)) { Ok(()) } else { Err(conflict) }
}

/// Says where the sign-in goes on, from now on in a browser that the person is known in.
fn go_on(app: &App, visit: &Visit, change: &Change, codes: &[String]) -> Response {
    let path = format!("/continue?interaction={}", visit.interaction.id);
    let answer = json!({"location": app.config.issuer.at(&path), "recovery_codes": codes});
    (change.cookies_of_known(app, visit), api::answer(answer)).into_response()
}

/// Where a question for a new key may be answered.
fn place(visit: &Visit) -> Result<String, Fault> {
    Ok(format!("{} {}", visit.interaction.id, visit.signed_in()?.0.id))
}

fn purpose(what: &str, visit: &Visit) -> String {
    format!("{what} {}", visit.interaction.id)
}
