//! Where operators sign in to the console: password and second factor, under the same
//! throttle as in a browser.

use std::path::Path;

use super::second_factor::{accept_recovery_code, accept_totp};
use super::{Admin, AdminError, Operator};
use crate::crypto::keyring::Keyring;
use crate::crypto::password::Verdict;
use crate::crypto::seal::MasterKey;
use crate::crypto::throttle_key;
use crate::model::{
    Action, Actor, AuditEvent, FactorKind, Failures, OperatorPermissions, Secret, Timestamp, User,
};
use crate::rules::password_policy;
use crate::rules::throttle::{Counted, FORGOTTEN_AFTER, blocked_until};
use crate::store::{Tx, View};

/// What an operator shows at the door.
#[derive(Debug, Clone)]
pub struct Shown {
    /// User name or address.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
    /// A code of an application, or a recovery code.
    pub code: Secret<String>,
}

/// What came of it.
#[derive(Debug)]
pub enum Entry {
    /// They are in: as whom, by which name, and with what they may do.
    In {
        /// As whom.
        operator: Operator,
        /// Their user name.
        username: String,
        /// What they may do now.
        permissions: OperatorPermissions,
    },
    /// Something was wrong; which, is not told.
    Wrong,
    /// It was right, but they have no application for codes and no recovery code.
    NoFactor,
    /// It was right, but no role of theirs is an operator's.
    NoOperator,
    /// Too much failed before: not before then.
    Blocked(Timestamp),
}

/// Somebody whose password was right when it was checked.
struct Known {
    user: User,
    /// What failures are counted under.
    name_key: String,
    /// Whether the password is too short to stand alone.
    is_short: bool,
}

impl Admin {
    /// Lets an operator in, or says why not. Everything is written down.
    ///
    /// # Errors
    /// [`AdminError::Busy`], or a fault.
    pub async fn enter(
        &self,
        master: &MasterKey,
        shown: Shown,
        now: Timestamp,
    ) -> Result<Entry, AdminError> {
        let name_key = throttle_key::of_name(&shown.username);
        let mut view = self.store.view().await?;
        let found = view.find_user_by_login(&shown.username).await?;
        if let Some(until) = blocked(&mut view, &name_key, now).await? {
            drop(view);
            self.refuse(found.as_ref(), Action::LoginThrottled, None, now).await?;
            return Ok(Entry::Blocked(until));
        }
        drop(view);
        let hash = found.as_ref().and_then(|user| user.password_hash.clone());
        let is_short = password_policy::is_short(shown.password.expose());
        let verdict = self.hasher.verify(shown.password, hash).await?;
        // Whoever tried at the same moment may have used up what was left meanwhile.
        let until = blocked(&mut self.store.view().await?, &name_key, now).await?;
        if let Some(until) = until {
            self.refuse(found.as_ref(), Action::LoginThrottled, None, now).await?;
            return Ok(Entry::Blocked(until));
        }
        let user = match (found, verdict) {
            (Some(user), Verdict::Right | Verdict::RightButOld) if user.is_active() => user,
            (found, _) => {
                let mut tx = self.store.begin().await?;
                add_failure(&mut tx, &name_key, now).await?;
                let event = console_event(Action::LoginFailed, found.as_ref(), now);
                tx.add_audit_event(event.detail("console_password"));
                tx.commit().await?;
                return Ok(Entry::Wrong);
            }
        };
        let known = Known { user, name_key, is_short };
        self.second(master, known, &shown.code, now).await
    }

    /// The second factor. Each guess waits for what came of the one before.
    async fn second(
        &self,
        master: &MasterKey,
        known: Known,
        code: &Secret<String>,
        now: Timestamp,
    ) -> Result<Entry, AdminError> {
        let Known { user, name_key, is_short } = known;
        let key = throttle_key::of_codes(&user.id);
        let mut tx = self.store.begin().await?;
        tx.lock_failures(&key).await?;
        if let Some(until) = blocked(&mut tx, &key, now).await? {
            let event = console_event(Action::LoginThrottled, Some(&user), now);
            tx.add_audit_event(event);
            tx.commit().await?;
            return Ok(Entry::Blocked(until));
        }
        let hash = user.password_hash.as_deref().unwrap_or_default();
        if !tx.lock_checked_user(&user.id, hash, hash, is_short).await? {
            // The password that was right is not any more.
            return Ok(Entry::Wrong);
        }
        let factors = tx.list_factors(&user.id).await?;
        let has_codes = factors.iter().any(|factor| factor.kind() == FactorKind::Totp)
            || tx.count_recovery_codes(&user.id).await? > 0;
        if !has_codes {
            drop(tx);
            let detail = Some("console_no_factor");
            self.refuse(Some(&user), Action::LoginFailed, detail, now).await?;
            return Ok(Entry::NoFactor);
        }
        let by_application = accept_totp(master, &mut tx, &factors, code.expose(), now).await?;
        let accepted = by_application.is_some()
            || accept_recovery_code(&mut tx, &user.id, code.expose(), now).await?;
        if !accepted {
            add_failure(&mut tx, &key, now).await?;
            let event = console_event(Action::SecondFactorFailed, Some(&user), now);
            tx.add_audit_event(event.detail("console"));
            tx.commit().await?;
            return Ok(Entry::Wrong);
        }
        let permissions = OperatorPermissions::of(&tx.find_user_held(&user.id).await?);
        if permissions.is_empty() {
            // The code is used up all the same.
            let event = console_event(Action::LoginFailed, Some(&user), now);
            tx.add_audit_event(event.detail("console_no_operator"));
            tx.commit().await?;
            return Ok(Entry::NoOperator);
        }
        tx.delete_failures(&key).await?;
        tx.delete_failures(&name_key).await?;
        let mut event = console_event(Action::ConsoleEntered, Some(&user), now);
        event.actor = Actor::User(user.id.clone());
        tx.add_audit_event(event);
        tx.commit().await?;
        let operator = Operator { user: user.id, sign_outs: user.sign_outs };
        Ok(Entry::In { operator, username: user.username, permissions })
    }

    async fn refuse(
        &self,
        user: Option<&User>,
        action: Action,
        detail: Option<&'static str>,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let mut event = console_event(action, user, now);
        event.detail = detail.or(Some("console"));
        let mut tx = self.store.begin().await?;
        tx.add_audit_event(event);
        Ok(tx.commit().await?)
    }

    /// Lets in whoever has the machine, without signing in, and says so in the log. That they
    /// have it they show by the master key: it has to open what is sealed here.
    ///
    /// # Errors
    /// [`AdminError::MasterKey`] if the file is not there or opens nothing.
    pub async fn break_glass(&self, master_key: &Path, now: Timestamp) -> Result<(), AdminError> {
        let closed = |problem: &str| AdminError::MasterKey {
            path: master_key.display().to_string(),
            problem: problem.to_owned(),
        };
        if !master_key.exists() {
            return Err(closed("it is not on this machine"));
        }
        let master = Self::read_master_key(master_key)?;
        let records = self.store.view().await?.list_signing_keys().await?;
        Keyring::default()
            .renewed(records, &master)
            .map_err(|_| closed("it does not open what is sealed in this store"))?;
        let mut tx = self.store.begin().await?;
        tx.add_audit_event(self.event(Action::GlassBroken, now));
        Ok(tx.commit().await?)
    }
}

fn console_event(action: Action, user: Option<&User>, now: Timestamp) -> AuditEvent {
    let event = AuditEvent::new(action, Actor::Anonymous, now);
    match user {
        Some(user) => event.user(&user.id),
        None => event,
    }
}

async fn blocked(
    view: &mut View,
    key: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, AdminError> {
    let since = now.minus(FORGOTTEN_AFTER);
    let failures = view.list_failures(&[key.to_owned()], since).await?;
    let failures: Option<Failures> = failures.into_iter().next().flatten();
    Ok(failures.and_then(|failures| blocked_until(Counted::Person, failures, now)))
}

async fn add_failure(tx: &mut Tx, key: &str, now: Timestamp) -> Result<(), AdminError> {
    Ok(tx.add_failure(&[key.to_owned()], now.minus(FORGOTTEN_AFTER), now).await?)
}
