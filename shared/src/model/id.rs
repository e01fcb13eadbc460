//! Ids, one type a noun, so that a person's id never stands where a client's should.

/// Declares ids that are text in the store.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person: a `UUIDv7`, and the `sub` of their tokens.
    UserId;
    /// An application: its `client_id`.
    ClientId;
    /// A browser in which somebody signed in: a `UUIDv7`, and the `sid` of ID tokens.
    SessionId;
    /// What one person allowed one client in one sign-in, with all its tokens: a `UUIDv7`.
    GrantId;
    /// Something that a person has beside a password: a `UUIDv7`.
    FactorId;
    /// A role: a `UUIDv7`, or a fixed word for those that are built in.
    RoleId;
    /// A group: a `UUIDv7`.
    GroupId;
    /// An API: a `UUIDv7`, or a fixed word for this server itself.
    ApiId;
    /// Something that can be done at an API: a `UUIDv7`, or a fixed word for what operators do.
    PermissionId;
    /// One sign-in in progress: 128 random bits, so that nobody guesses another's.
    InteractionId;
}
