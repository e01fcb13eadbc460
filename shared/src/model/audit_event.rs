//! What happened, for those who must answer for it.

use serde_json::Value;

use super::{ClientId, GrantId, SessionId, Timestamp, UserId};

super::words::words! {
    /// What happened. The words are stable: scripts and alerts match on them.
    Action {
        /// A person was added.
        UserAdded = "user.added",
        /// A person's password was set by an operator.
        UserPasswordSet = "user.password_set",
        /// A person changed their password.
        PasswordChanged = "user.password_changed",
        /// A person changed what is on record about them.
        ProfileChanged = "user.profile_changed",
        /// What is on record about a person was changed by an operator.
        UserChanged = "user.changed",
        /// A person may sign in again.
        UserEnabled = "user.enabled",
        /// A person was deleted with everything that was theirs.
        UserDeleted = "user.deleted",
        /// A role was added.
        RoleAdded = "role.added",
        /// What a role wants was changed.
        RoleChanged = "role.changed",
        /// A role was deleted.
        RoleDeleted = "role.deleted",
        /// A role permits something from now on.
        RolePermitted = "role.permitted",
        /// A role permits something no longer.
        RoleForbidden = "role.forbidden",
        /// A group was added.
        GroupAdded = "group.added",
        /// A group has another name or description.
        GroupChanged = "group.changed",
        /// A group was deleted.
        GroupDeleted = "group.deleted",
        /// Somebody is in a group from now on.
        GroupJoined = "group.joined",
        /// Somebody is in a group no longer.
        GroupLeft = "group.left",
        /// An API was added.
        ApiAdded = "api.added",
        /// An API was changed, or disabled.
        ApiChanged = "api.changed",
        /// An API was deleted.
        ApiDeleted = "api.deleted",
        /// An API has another permission.
        PermissionAdded = "permission.added",
        /// A permission is described in other words.
        PermissionChanged = "permission.changed",
        /// An API has a permission no longer.
        PermissionDeleted = "permission.deleted",
        /// An API has another scope.
        ScopeAdded = "scope.added",
        /// A scope stands for something else.
        ScopeChanged = "scope.changed",
        /// An API has a scope no longer.
        ScopeDeleted = "scope.deleted",
        /// A person was given a role.
        RoleGiven = "role.given",
        /// A role was taken from a person.
        RoleTaken = "role.taken",
        /// A person may no longer sign in.
        UserDisabled = "user.disabled",
        /// A client was added.
        ClientAdded = "client.added",
        /// A client was changed.
        ClientChanged = "client.changed",
        /// A client may not be used; its tokens are dead.
        ClientDisabled = "client.disabled",
        /// A client may be used again.
        ClientEnabled = "client.enabled",
        /// A client got a new secret.
        ClientSecretRotated = "client.secret_rotated",
        /// A client was deleted with all its grants.
        ClientDeleted = "client.deleted",
        /// A signing key was made.
        KeyCreated = "key.created",
        /// It was decided when the next signing key begins to sign.
        KeyRotationScheduled = "key.rotation_scheduled",
        /// A signing key began to sign in the place of another.
        KeyActivated = "key.activated",
        /// A signing key that had retired long ago was deleted: nothing that it signed is known
        /// any more.
        KeyForgotten = "key.forgotten",
        /// A signing key was taken out of use at once; what it signed is worth nothing.
        KeyRevoked = "key.revoked",
        /// Somebody signed in.
        LoginSucceeded = "login.succeeded",
        /// Somebody failed to sign in.
        LoginFailed = "login.failed",
        /// Somebody tried to sign in before the wait was over that failing brings.
        LoginThrottled = "login.throttled",
        /// An operator signed in to the console.
        ConsoleEntered = "console.entered",
        /// Somebody who has the machine entered the console without signing in.
        GlassBroken = "console.glass_broken",
        /// Somebody showed a second factor.
        SecondFactorSucceeded = "second_factor.succeeded",
        /// Somebody failed to show a second factor.
        SecondFactorFailed = "second_factor.failed",
        /// A recovery code was used up.
        RecoveryCodeUsed = "recovery_code.used",
        /// A person has new recovery codes; the old ones are worth nothing.
        RecoveryCodesMade = "recovery_codes.made",
        /// A person has a new second factor.
        FactorAdded = "factor.added",
        /// A second factor has another name.
        FactorRenamed = "factor.renamed",
        /// A person has a second factor no longer.
        FactorRemoved = "factor.removed",
        /// All second factors of a person were taken away, recovery codes too.
        FactorsReset = "factors.reset",
        /// A session of a person was ended from elsewhere.
        SessionEnded = "session.ended",
        /// All sessions of a person but one were ended.
        SessionsEnded = "sessions.ended",
        /// A person is no longer remembered in any browser.
        BrowsersForgotten = "browsers.forgotten",
        /// Somebody signed out.
        LoggedOut = "logout",
        /// A person allowed a client something.
        ConsentGranted = "consent.granted",
        /// A person said no.
        ConsentDenied = "consent.denied",
        /// A person's consent to a client was withdrawn; its tokens are dead.
        ConsentWithdrawn = "consent.withdrawn",
        /// A client was given a code.
        CodeIssued = "code.issued",
        /// A code was presented twice; the grant is revoked.
        CodeReplayed = "code.replayed",
        /// Tokens were given for a code.
        TokenIssued = "token.issued",
        /// Tokens were given for a refresh token.
        TokenRefreshed = "token.refreshed",
        /// A client gave its tokens back (RFC 7009).
        TokenRevoked = "token.revoked",
        /// A used refresh token came again at almost the same moment: another window.
        TokenRefreshOverlapped = "token.refresh_overlapped",
        /// A used refresh token came again while its successor was unused: a lost answer.
        TokenRefreshRetried = "token.refresh_retried",
        /// A used refresh token came again after its successor was used; the grant is revoked.
        TokenTheftSuspected = "token.theft_suspected",
        /// A client failed to authenticate.
        ClientAuthenticationFailed = "client.authentication_failed",
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// An operator at the command line, by the name of the operating system's account.
    Operator(String),
    /// A person, in a browser.
    User(UserId),
    /// An application.
    Client(ClientId),
    /// Somebody who has not said who they are, or not proved it.
    Anonymous,
    /// The server itself.
    System,
}

impl Actor {
    /// Kind and name, as the store keeps them.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Operator(name) => ("operator", name),
            Self::User(id) => ("user", id.as_str()),
            Self::Client(id) => ("client", id.as_str()),
            Self::Anonymous => ("anonymous", ""),
            Self::System => ("system", ""),
        }
    }
}

/// One thing that happened, with all it touched.
///
/// It names people and clients by id only: no name, no address, no secret.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// Who.
    pub actor: Actor,
    /// The person it is about.
    pub user_id: Option<UserId>,
    /// The client it is about.
    pub client_id: Option<ClientId>,
    /// The session it is about, or else in which it was done.
    pub session_id: Option<SessionId>,
    /// The grant it is about.
    pub grant_id: Option<GrantId>,
    /// The network address it came from, if it was done in a browser.
    pub address: Option<String>,
    /// Fixed words on how or why, such as `wrong_password`.
    pub detail: Option<&'static str>,
    /// What can be said beyond that: moments, addresses, ids; never a secret.
    pub evidence: Option<Value>,
}

impl AuditEvent {
    /// Something happened; say about what with the verbs that follow.
    pub fn new(action: Action, actor: Actor, at: Timestamp) -> Self {
        Self {
            at,
            action,
            actor,
            user_id: None,
            client_id: None,
            session_id: None,
            grant_id: None,
            address: None,
            detail: None,
            evidence: None,
        }
    }

    /// It is about this person.
    #[must_use]
    pub fn user(mut self, id: &UserId) -> Self {
        self.user_id = Some(id.clone());
        self
    }

    /// It is about this client.
    #[must_use]
    pub fn client(mut self, id: &ClientId) -> Self {
        self.client_id = Some(id.clone());
        self
    }

    /// It is about this session.
    #[must_use]
    pub fn session(mut self, id: &SessionId) -> Self {
        self.session_id = Some(id.clone());
        self
    }

    /// It is about this grant.
    #[must_use]
    pub fn grant(mut self, id: &GrantId) -> Self {
        self.grant_id = Some(id.clone());
        self
    }

    /// It came from this network address.
    #[must_use]
    pub fn address(mut self, address: std::net::IpAddr) -> Self {
        self.address = Some(address.to_string());
        self
    }

    /// What shows it, as an object.
    #[must_use]
    pub fn evidence(mut self, evidence: Value) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// How or why, in fixed words.
    #[must_use]
    pub fn detail(mut self, words: &'static str) -> Self {
        self.detail = Some(words);
        self
    }
}
