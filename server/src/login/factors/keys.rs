//! Keys that sign for this server's address alone (Web Authentication Level 3).

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::crypto::webauthn::{Ceremonies, KeyPolicy, Question, Signed};
use shared::crypto::{CryptoError, base64url, random};
use shared::model::{AndroidApp, Factor, FactorId, FactorKind, Secret, Timestamp, User};
use url::Url;

use super::challenge::Asked;
use super::enrolment;
use crate::app::App;
use crate::login::visit::Visit;
use crate::web::api::ApiFailure;
use crate::web::failure::{Fault, Stale};

/// How long a question may be answered: as long as browsers are told to wait.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(5);

/// An answer to a question.
#[derive(Debug, Deserialize)]
pub(in crate::login) struct Answer {
    /// Names the question.
    pub(in crate::login) challenge: String,
    /// What `navigator.credentials` gave, as JSON.
    pub(in crate::login) credential: Value,
    /// Whether the person wishes not to be asked again in this browser; for a second step.
    #[serde(default)]
    pub(in crate::login) remember: bool,
}

/// What a new key is to be.
#[derive(Debug, Deserialize)]
pub(in crate::login) struct Wanted {
    kind: String,
}

impl Wanted {
    /// Passkey or security key.
    pub(in crate::login) fn kind(&self) -> Result<FactorKind, Stale> {
        FactorKind::parse(&self.kind).filter(|kind| kind.is_key()).ok_or(Stale::Malformed)
    }
}

/// A new key.
#[derive(Debug, Deserialize)]
pub(in crate::login) struct NewKey {
    kind: String,
    name: Option<String>,
    #[serde(flatten)]
    answer: Answer,
}

/// Asks and checks as the settings and the applications of this moment have it.
pub(in crate::login) async fn ceremonies(app: &App) -> Result<Ceremonies, ApiFailure> {
    let none = ApiFailure::Refused(
        StatusCode::NOT_FOUND,
        "no_passkeys",
        "this server's address is no domain name, so it has no passkeys",
    );
    let rp_id = app.config.rp_id().ok_or(none)?;
    let register = app.clients.register(&app.store).await?;
    let android = app.config.android_apps.iter().chain(&register.android_apps);
    let mut origins = app.config.passkey_sites();
    origins.extend(android.filter_map(origin));
    let models = app.config.passkey_models.iter().map(|model| model.0).collect();
    Ok(Ceremonies::new(KeyPolicy { rp_id: rp_id.to_owned(), origins, models })?)
}

/// What an Android application calls itself when it asks for a passkey.
fn origin(app: &AndroidApp) -> Option<Url> {
    Url::parse(&format!("android:apk-key-hash:{}", base64url(&app.fingerprint))).ok()
}

/// Asks a browser, and keeps what is needed to check its answer.
pub(in crate::login) async fn ask(
    app: &App,
    purpose: String,
    browser_hash: String,
    question: Question,
) -> Result<Value, Fault> {
    let asked = Asked { purpose: &purpose, browser_hash: &browser_hash };
    let id = asked.keep(app, &question.state, PATIENCE, app.now()).await?;
    Ok(json!({"challenge": id, "publicKey": question.options}))
}

/// What is needed to check an answer; the question is answered with it, well or not.
pub(in crate::login) async fn answered(
    app: &App,
    id: &str,
    purpose: &str,
    browser_hash: &str,
) -> Result<Secret<Vec<u8>>, ApiFailure> {
    let unknown = || {
        ApiFailure::Refused(
            StatusCode::GONE,
            "challenge_ended",
            "the question was answered already, took too long, or was another browser's",
        )
    };
    let state = Asked { purpose, browser_hash }.find(app, id, app.now()).await?;
    let state = state.ok_or_else(unknown)?;
    let mut tx = app.store.begin().await?;
    if !tx.redeem_challenge(id).await? {
        return Err(unknown());
    }
    tx.commit().await?;
    Ok(state)
}

/// Asks for a new key of whoever is signed in; `place` is the sign-in or the page where the
/// answer is good.
pub(in crate::login) async fn ask_for_new(
    app: &App,
    visit: &Visit,
    place: &str,
    kind: FactorKind,
) -> Result<Value, ApiFailure> {
    let (_, user) = visit.signed_in()?;
    let known = app.store.view().await?.list_factors(&user.id).await?;
    let question = ceremonies(app).await?.ask_for_new(kind, user, &known)?;
    Ok(ask(app, purpose(user, kind, place), visit.visitor.browser_hash(), question).await?)
}

/// Takes a new key of whoever is signed in, asked for at the same place.
pub(in crate::login) async fn take_new(
    app: &App,
    visit: &Visit,
    place: &str,
    new: NewKey,
    now: Timestamp,
) -> Result<(Factor, Signed), ApiFailure> {
    let kind = Wanted { kind: new.kind }.kind()?;
    let Answer { challenge, credential, .. } = new.answer;
    let (_, user) = visit.signed_in()?;
    let purpose = purpose(user, kind, place);
    let state = answered(app, &challenge, &purpose, &visit.visitor.browser_hash()).await?;
    let taken = ceremonies(app).await?.take_new(kind, state.expose(), &credential);
    let (proof, signed) = taken.map_err(|refusal| {
        let what = "the key cannot be enrolled";
        ApiFailure::Refused(StatusCode::UNPROCESSABLE_ENTITY, refusal.as_str(), what)
    })?;
    let otherwise = if kind == FactorKind::Passkey { "Passkey" } else { "Security key" };
    let id: Result<FactorId, CryptoError> = random::id(now);
    let factor = Factor {
        id: id?,
        user_id: user.id.clone(),
        name: enrolment::name(new.name.as_deref(), otherwise),
        proof,
        created_at: now,
        last_used_at: None,
    };
    Ok((factor, signed))
}

/// What is said of a key that somebody has already.
pub(in crate::login) const TAKEN: ApiFailure =
    ApiFailure::Refused(StatusCode::CONFLICT, "key_taken", "this key is enrolled already");

fn purpose(user: &User, kind: FactorKind, place: &str) -> String {
    format!("new {kind} {} {place}", user.id)
}
