//! What an operator can do. The command line and the console call these, and only these.
//!
//! Each operation checks what it was given, then changes the store and writes its
//! audit event in one unit of work.

mod accounts;
mod audit;
mod clients;
mod consents;
mod counts;
mod factors;
mod keys;
mod master_key;
mod roles;
mod users;

pub use accounts::NewProfile;
pub use clients::AddedClient;
pub use factors::UserFactors;
pub use keys::{KeyMaker, LiveTokens, Rotation};
pub use users::NewUser;

use crate::crypto::password::{HashError, Hasher};
use crate::model::{Actor, MfaPolicy, SessionId};
use crate::rules::person::InvalidField;
use crate::rules::registration::InvalidClient;
use crate::store::{Store, StoreError};

/// An operator at work on a store.
#[derive(Debug, Clone)]
pub struct Admin {
    store: Store,
    hasher: Hasher,
    actor: Actor,
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
    /// It is there already.
    #[error("{0}")]
    Conflict(&'static str),
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
    /// Somebody at work; every change is written down under their name.
    pub fn new(store: Store, hasher: Hasher, actor: Actor) -> Self {
        Self { store, hasher, actor, mfa: MfaPolicy::Off, place: None }
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

    /// Somebody at work under the name of the operating system's account.
    pub fn of_this_account(store: Store, hasher: Hasher) -> Self {
        let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(named);
        Self::new(store, hasher, Actor::Operator(name.unwrap_or_default()))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
