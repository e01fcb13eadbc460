//! The sign-in page: who are you, and the proof.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use shared::crypto::password::{HashError, Verdict};
use shared::crypto::{random, token};
use shared::model::{Action, Actor, AuditEvent, Secret, Session, Timestamp, User};
use shared::rules::authorize::Notice;
use shared::rules::next_step::Step;
use shared::rules::params::Params;

use super::visit::Visit;
use super::{advance, session};
use crate::app::App;
use crate::web::client_ip::client_ip;
use crate::web::cookie::{self, Kind};
use crate::web::failure::{BrowserFailure, Stale};
use crate::web::page::{LoginNotice, LoginPage};
use crate::web::{csrf, form, html};

/// What a password alone is worth (`acr`), and how it was proved (`amr`, RFC 8176).
const ACR: &str = "password";
const AMR: &str = "pwd";

/// `GET /login`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let page = async {
        let now = app.now();
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        let step = advance::decide(&app, &visit, now).await?;
        if step != Step::Login {
            return advance::take(&app, &visit, step, now).await;
        }
        let hint = visit.interaction.request.login_hint.clone().unwrap_or_default();
        Ok(draw(&app, &visit, &hint, None))
    };
    page.await.unwrap_or_else(|failure: BrowserFailure| failure.answer(&app))
}

/// `POST /login`
pub(crate) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = async {
        let params = form::body(&headers, &body).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, app.now()).await?;
        csrf::check(&visit.visitor.browser, &visit.purpose("login"), params.get("csrf"))?;
        let address = client_ip(&app.config, peer.ip(), &headers);
        attempt(&app, visit, &params, address).await
    };
    answer.await.unwrap_or_else(|failure: BrowserFailure| failure.answer(&app))
}

async fn attempt(
    app: &App,
    visit: Visit,
    params: &Params,
    address: std::net::IpAddr,
) -> Result<Response, BrowserFailure> {
    let typed = params.get("username").unwrap_or_default();
    let Some(password) = params.get("password").filter(|_| !typed.trim().is_empty()) else {
        return Ok(draw(app, &visit, typed, Some(LoginNotice::MissingFields)));
    };
    let found = app.store.view().await?.find_user_by_login(typed).await?;
    let password = Secret::from(password);
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let verdict = match app.hasher.verify(password.clone(), hash).await {
        Ok(verdict) => verdict,
        Err(HashError::Busy) => return Ok(busy(app, &visit, typed)),
        Err(HashError::Fault(fault)) => return Err(fault.into()),
    };
    let now = app.now();
    let refused = match (&found, verdict) {
        (None, _) => Some("unknown_user"),
        (Some(_), Verdict::Wrong) => Some("wrong_password"),
        (Some(user), _) if !user.is_active() => Some("user_disabled"),
        (Some(_), _) => None,
    };
    match (found, refused) {
        (Some(user), None) => {
            let rehashed = match verdict {
                Verdict::RightButOld => app.hasher.hash(password).await.ok(),
                _ => None,
            };
            let attempt = Attempt { user, address, rehashed };
            Box::pin(succeed(app, visit, attempt, now)).await
        }
        (found, detail) => {
            let mut event = AuditEvent::new(Action::LoginFailed, Actor::Anonymous, now)
                .client(&visit.client.id)
                .address(address)
                .detail(detail.unwrap_or_default());
            event.user_id = found.map(|user| user.id);
            let mut tx = app.store.begin().await?;
            tx.add_audit_event(event);
            tx.commit().await?;
            Ok(draw(app, &visit, typed, Some(LoginNotice::WrongCredentials)))
        }
    }
}

/// A password that was right.
struct Attempt {
    user: User,
    address: std::net::IpAddr,
    /// The hash under today's parameters, where the stored one is older.
    rehashed: Option<String>,
}

/// Writes the fact, signs the person in in this browser, and returns to the way.
///
/// The session gets a new secret at every sign-in: one that somebody planted before is
/// worth nothing afterwards. Its `sid` stays while the person is the same.
async fn succeed(
    app: &App,
    mut visit: Visit,
    attempt: Attempt,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let Attempt { user, address, rehashed } = attempt;
    let secret = random::secret()?;
    let hash = token::hash(secret.expose());
    let before = visit.visitor.signed_in.take().map(|(session, _)| session);
    let same = before.as_ref().filter(|session| session.user_id == user.id);
    let fresh = Session {
        id: same.map_or_else(|| random::id(now), |session| Ok(session.id.clone()))?,
        user_id: user.id.clone(),
        auth_time: now,
        amr: AMR.to_owned(),
        acr: ACR.to_owned(),
        created_at: same.map_or(now, |session| session.created_at),
        expires_at: now.plus(app.config.session_lifetime.0),
    };

    visit.interaction.session_id = Some(fresh.id.clone());
    visit.visitor.signed_in = Some((fresh, user));
    let step = advance::decide(app, &visit, now).await?;
    let (fresh, user) = visit.signed_in()?;

    let mut tx = app.store.begin().await?;
    if !tx.lock_live_client(&visit.client.id).await? {
        return Err(Notice::UnknownClient.into());
    }
    let checked = user.password_hash.as_deref().unwrap_or_default();
    let rehashed = rehashed.as_deref().unwrap_or(checked);
    if !tx.lock_checked_user(&user.id, checked, rehashed).await? {
        // The password that was right is not any more.
        return Ok(draw(app, &visit, &user.username, Some(LoginNotice::WrongCredentials)));
    }
    match &before {
        Some(_) if same.is_some() => {
            if !tx.set_session_renewed(fresh, &hash).await? {
                return Err(Stale::Expired.into());
            }
        }
        other => {
            if let Some(other) = other {
                session::end(&mut tx, other, now).await?;
            }
            tx.add_session(fresh, &hash).await?;
        }
    }
    let event = AuditEvent::new(Action::LoginSucceeded, Actor::User(user.id.clone()), now)
        .user(&user.id)
        .client(&visit.client.id)
        .session(&fresh.id)
        .address(address);
    tx.add_audit_event(event);
    let answer = advance::take_in(app, &visit, step, tx, now).await?;
    Ok((cookie::set(app, CookieJar::new(), Kind::Session, &secret), answer).into_response())
}

fn busy(app: &App, visit: &Visit, typed: &str) -> Response {
    let mut answer = draw(app, visit, typed, Some(LoginNotice::TooBusy));
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    answer
}

fn draw(app: &App, visit: &Visit, username: &str, notice: Option<LoginNotice>) -> Response {
    let page = LoginPage {
        layout: html::layout(app),
        client: html::asker(&visit.client),
        interaction: visit.interaction.id.as_str(),
        csrf: &csrf::value(&visit.visitor.browser, &visit.purpose("login")),
        username,
        notice,
    };
    let redirect_uri = Some(visit.interaction.request.redirect_uri.as_str());
    let page = html::draw(StatusCode::OK, &page, redirect_uri);
    (visit.visitor.cookies(app), page).into_response()
}
