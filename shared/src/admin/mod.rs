//! What an operator can do. The command line and the console call these, and only these.
//!
//! Each operation checks who is at work ([`Authority`]) and what it was given, then changes the
//! store and writes its audit event in one unit of work.

mod accounts;
mod apis;
mod audit;
mod authority;
mod clients;
mod consents;
mod counts;
mod door;
mod dry_run;
mod factors;
mod groups;
mod incidents;
mod key_revocation;
mod keys;
mod master_key;
mod principal;
mod roles;
mod second_factor;
mod sessions;
#[cfg(test)]
mod testing;
mod token;
mod users;
mod who_can;

pub use accounts::NewProfile;
pub use apis::{NewApi, NewPermission, NewScope};
pub use authority::{Authority, Operator};
pub use clients::AddedClient;
pub use door::{Entry, Shown};
pub use dry_run::{Asked, Outcome, Prediction, Site, Supposed, Tokens};
pub use factors::UserFactors;
pub use incidents::Explained;
pub use key_revocation::LiveTokens;
pub use keys::{KeyMaker, Rotation};
pub use principal::Named;
pub use roles::RoleHolder;
pub use second_factor::{accept_recovery_code, accept_totp};
pub use sessions::{Ended, Which};
pub use token::{Inspected, TokenKind};
pub use users::NewUser;
pub use who_can::{Asker, Holding, WhoCan};

use crate::crypto::password::{HashError, Hasher};
use crate::model::{
    Action, Actor, AuditEvent, MfaPolicy, OperatorPermission, SessionId, Timestamp, UserId,
};
use crate::rules::person::InvalidField;
use crate::rules::registration::InvalidClient;
use crate::store::{Store, StoreError};

/// An operator at work on a store.
#[derive(Debug, Clone)]
pub struct Admin {
    store: Store,
    hasher: Hasher,
    actor: Actor,
    authority: Authority,
    mfa: MfaPolicy,
    place: Option<(std::net::IpAddr, SessionId)>,
}

/// Why an operation was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such thing.
    #[error("there is no {kind} {name:?}")]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// As it was given.
        name: String,
    },
    /// There is no such incident, or none any more.
    #[error("there is no incident {code}: codes are kept for {days} days (incident_retention)")]
    NoIncident {
        /// The code, as it is shown.
        code: String,
        /// How long codes are kept, in days.
        days: u64,
    },
    /// It is there already.
    #[error("{0}")]
    Conflict(&'static str),
    /// It was changed since it was looked at.
    #[error("the {0} was changed meanwhile")]
    Changed(&'static str),
    /// Something else needs it.
    #[error("it is in use: {0}")]
    InUse(String),
    /// Nobody could undo it.
    #[error("nobody would be left who may do everything: give somebody else the role first")]
    LastAdministrator,
    /// Whoever has the password alone could enrol a factor of their own.
    #[error("it is the last factor, and one is required: add another one first")]
    FactorRequired,
    /// Whoever is at work may not do this.
    #[error("this needs the permission {0}")]
    Forbidden(OperatorPermission),
    /// Whoever is at work may do less than it would give them, or others.
    #[error("this is for operators who may do as much themselves")]
    Outranked,
    /// Too many passwords are being hashed; it can be tried again.
    #[error("too many passwords are being hashed; try again")]
    Busy,
    /// What was given cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// The store, the cryptography or a file failed.
    #[error(transparent)]
    Fault(#[from] StoreError),
    /// The master key file.
    #[error("master_key_file {path}: {problem}")]
    MasterKey {
        /// Its path.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl From<InvalidField> for AdminError {
    fn from(invalid: InvalidField) -> Self {
        Self::Invalid(invalid.to_string())
    }
}

impl From<InvalidClient> for AdminError {
    fn from(invalid: InvalidClient) -> Self {
        Self::Invalid(invalid.to_string())
    }
}

impl From<crate::crypto::CryptoError> for AdminError {
    fn from(fault: crate::crypto::CryptoError) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<HashError> for AdminError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Fault(fault) => fault.into(),
        }
    }
}

impl Admin {
    /// Somebody at work who may do everything; every change is written down under their name.
    pub fn new(store: Store, hasher: Hasher, actor: Actor) -> Self {
        let (authority, mfa) = (Authority::Machine, MfaPolicy::Off);
        Self { store, hasher, actor, authority, mfa, place: None }
    }

    /// Where second factors are asked for so, shorter passwords may be chosen beside them.
    #[must_use]
    pub fn under(self, mfa: MfaPolicy) -> Self {
        Self { mfa, ..self }
    }

    /// Somebody at work in a browser: from this address, and in this session.
    #[must_use]
    pub fn at(self, address: std::net::IpAddr, session: &SessionId) -> Self {
        Self { place: Some((address, session.clone())), ..self }
    }

    /// Somebody at work under the name of the operating system's account: they have the
    /// machine.
    pub fn of_this_account(store: Store, hasher: Hasher) -> Self {
        Self::new(store, hasher, Actor::Operator(account_name().unwrap_or_default()))
    }

    /// An operator who signed in, and may do what their roles permit.
    pub fn of_operator(store: Store, hasher: Hasher, operator: &Operator) -> Self {
        let authority = Authority::Roles(operator.clone());
        Self { authority, ..Self::new(store, hasher, Actor::User(operator.user.clone())) }
    }

    /// A person who looks after their own account.
    pub fn of_owner(store: Store, hasher: Hasher, user: &UserId) -> Self {
        let authority = Authority::Own(user.clone());
        Self { authority, ..Self::new(store, hasher, Actor::User(user.clone())) }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What whoever is at work may do.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    fn event(&self, action: Action, now: Timestamp) -> AuditEvent {
        let event = AuditEvent::new(action, self.actor.clone(), now);
        match &self.place {
            Some((address, session)) => event.address(*address).session(session),
            None => event,
        }
    }
}

/// The name of the operating system's account that somebody is at work with: the one they had
/// before `sudo`.
pub fn account_name() -> Option<String> {
    let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(named)
}

fn not_found(kind: &'static str, name: &str) -> AdminError {
    AdminError::NotFound { kind, name: name.to_owned() }
}
