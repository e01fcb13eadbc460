//! Applications.

use super::{ClientId, Scope, Timestamp};

/// Declares an enum that is one fixed word in the store, in JSON and on the command line.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$arm_doc:meta])* $arm:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$arm_doc])* $arm,)*
        }

        impl $name {
            /// Every arm, in the order they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$arm),*];

            /// The fixed word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$arm => $word,)*
                }
            }

            /// Reads the fixed word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What kind of application it is; decides what it may be trusted with.
    ClientKind {
        /// Runs on a server and keeps a secret.
        Web = "web",
        /// Runs in a browser; keeps no secret.
        Spa = "spa",
        /// Is installed on a device; keeps no secret (RFC 8252).
        Native = "native",
    }
}

words! {
    /// How a client proves who it is at the token endpoint
    /// (`token_endpoint_auth_method`, RFC 7591 §2).
    AuthMethod {
        /// Not at all: a public client.
        None = "none",
        /// HTTP Basic, both parts form-encoded first (RFC 6749 §2.3.1).
        ClientSecretBasic = "client_secret_basic",
        /// In the form (RFC 6749 §2.3.1).
        ClientSecretPost = "client_secret_post",
    }
}

words! {
    /// The ways of getting a token (`grant_type`).
    GrantType {
        /// RFC 6749 §4.1
        AuthorizationCode = "authorization_code",
        /// RFC 6749 §6
        RefreshToken = "refresh_token",
    }
}

words! {
    /// Whether a client must bind its codes to a verifier.
    Pkce {
        /// Every request needs an S256 challenge.
        Required = "required",
        /// A confidential client was excused; what it sends is still checked.
        Excused = "excused",
    }
}

words! {
    /// Whose tokens a client may ask about (RFC 7662 §4).
    Introspection {
        /// Those that it was given itself.
        Own = "own",
        /// Everybody's: it is an API that checks tokens by asking.
        Any = "any",
    }
}

/// An application that signs people in here.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its `client_id`.
    pub id: ClientId,
    /// What people see on the consent page.
    pub name: String,
    /// Where it runs.
    pub kind: ClientKind,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// The hash of its secret; absent for a public client.
    pub secret_hash: Option<String>,
    /// Where answers may be sent, compared exactly.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after they signed out, compared exactly.
    pub post_logout_redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scope: Scope,
    /// How it may get tokens.
    pub grant_types: Vec<GrantType>,
    /// Whether it must use PKCE.
    pub pkce: Pkce,
    /// Whose tokens it may ask about.
    pub introspection: Introspection,
    /// Its pages, shown to people.
    pub links: Links,
    /// Since when it may not be used.
    pub disabled_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A client's pages on the web, all optional (Registration §2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Home page, `client_uri`.
    pub home: Option<String>,
    /// Logo, `logo_uri`.
    pub logo: Option<String>,
    /// Privacy policy, `policy_uri`.
    pub policy: Option<String>,
    /// Terms of service, `tos_uri`.
    pub terms: Option<String>,
}

impl Client {
    /// Whether it keeps a secret.
    pub fn is_confidential(&self) -> bool {
        self.auth_method != AuthMethod::None
    }

    /// Whether it may get tokens this way.
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }
}
