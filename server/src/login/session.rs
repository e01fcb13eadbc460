//! Sessions: how they begin, go up in worth, and end.

use axum_extra::extract::cookie::CookieJar;
use shared::crypto::{random, token};
use shared::model::level::add_methods;
use shared::model::{Action, Actor, AuditEvent, Level, Secret, Session, Timestamp, User};
use shared::store::{StoreError, Tx};

use super::visit::Visit;
use crate::app::App;
use crate::web::client_ip::Caller;
use crate::web::cookie::{self, Kind, join};
use crate::web::device::Acquaintance;
use crate::web::failure::{BrowserFailure, Fault, Stale};

/// What a proof adds to a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof {
    /// How it was proved (`amr`, RFC 8176 §2).
    pub(super) methods: &'static [&'static str],
    /// What the session is worth with it.
    pub(super) level: Level,
}

/// Somebody's first factor.
#[derive(Debug)]
pub(super) struct First<'a> {
    pub(super) user: User,
    pub(super) caller: &'a Caller,
    pub(super) proof: Proof,
}

/// A session with a new secret, still to be stored: who had the old one has nothing.
#[derive(Debug)]
pub(super) struct Change {
    before: Option<Session>,
    secret: Secret<String>,
}

impl Change {
    /// Somebody has proved who they are: their session in this browser goes on, or another
    /// begins. From here on the visit is theirs.
    pub(super) fn first(
        app: &App,
        visit: &mut Visit,
        first: First<'_>,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let First { user, caller, proof } = first;
        let before = visit.visitor.signed_in.take().map(|(session, _)| session);
        let same = before.as_ref().filter(|session| session.user_id == user.id);
        let session = Session {
            id: same.map_or_else(|| random::id(now), |session| Ok(session.id.clone()))?,
            user_id: user.id.clone(),
            auth_time: now,
            amr: proof.methods.join(" "),
            level: proof.level,
            user_agent: caller.user_agent.clone(),
            address: Some(caller.address.to_string()),
            created_at: same.map_or(now, |session| session.created_at),
            expires_at: now.plus(app.config.session_lifetime.0),
        };
        visit.interaction.session_id = Some(session.id.clone());
        visit.visitor.signed_in = Some((session, user));
        Ok(Self { before, secret: random::secret()? })
    }

    /// Whoever is signed in has shown more. When they signed in stays what it was.
    pub(super) fn second(visit: &mut Visit, proof: Proof) -> Result<Self, Fault> {
        let (session, user) = visit.visitor.signed_in.take().ok_or(Fault::Answer("nobody here"))?;
        let mut more = session.clone();
        more.amr = add_methods(&session.amr, proof.methods);
        more.level = session.level.max(proof.level);
        visit.visitor.signed_in = Some((more, user));
        Ok(Self { before: Some(session), secret: random::secret()? })
    }

    /// Stores it.
    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        now: Timestamp,
    ) -> Result<(), BrowserFailure> {
        let (session, _) = visit.signed_in()?;
        let hash = token::hash(self.secret.expose());
        match &self.before {
            Some(before) if before.id == session.id => {
                if !tx.set_session_renewed(session, &hash).await? {
                    return Err(Stale::Expired.into());
                }
            }
            other => {
                if let Some(other) = other {
                    end(tx, other, now).await?;
                }
                tx.add_session(session, &hash).await?;
            }
        }
        Ok(())
    }

    /// The cookie that names it.
    pub(super) fn cookie(&self, app: &App) -> CookieJar {
        cookie::set(app, CookieJar::new(), Kind::Session, &self.secret)
    }

    /// The same, and from now on the browser is known to whoever is signed in: they have shown
    /// more than a password.
    pub(super) fn cookies_of_known(&self, app: &App, visit: &Visit) -> CookieJar {
        let Some((_, user)) = &visit.visitor.signed_in else { return self.cookie(app) };
        let device = &visit.visitor.device;
        join(self.cookie(app), &device.get_known(app, user, Acquaintance::SecondFactor))
    }
}

/// Ends a session with the grants that do not outlive it, and writes that down.
pub(super) async fn end(tx: &mut Tx, session: &Session, now: Timestamp) -> Result<(), StoreError> {
    if !tx.revoke_session(&session.id, now).await? {
        return Ok(());
    }
    tx.revoke_session_grants(&session.id, now).await?;
    let event = AuditEvent::new(Action::LoggedOut, Actor::User(session.user_id.clone()), now)
        .user(&session.user_id)
        .session(&session.id);
    tx.add_audit_event(event);
    Ok(())
}
