//! Applications.

use std::time::Duration;

use url::Url;

use super::signing_key::SigningAlg;
use super::words::words;
use super::{AndroidApp, AppleApp, ClientId, MfaPolicy, Scope, Timestamp};

words! {
    /// What kind of application it is; decides what it may be trusted with.
    ClientKind {
        /// Runs on a server and keeps a secret.
        Web = "web",
        /// Runs in a browser; keeps no secret.
        Spa = "spa",
        /// Is installed on a device; keeps no secret (RFC 8252).
        Native = "native",
        /// Is a machine that works for itself; no person is involved.
        Service = "service",
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
        /// By a statement signed with its own key (Core §9, RFC 7523 §2.2).
        PrivateKeyJwt = "private_key_jwt",
    }
}

words! {
    /// The ways of getting a token (`grant_type`).
    GrantType {
        /// RFC 6749 §4.1
        AuthorizationCode = "authorization_code",
        /// RFC 6749 §6
        RefreshToken = "refresh_token",
        /// RFC 6749 §4.4
        ClientCredentials = "client_credentials",
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

words! {
    /// Whether people are asked what a client may have.
    ConsentPolicy {
        /// They are, and the answer is remembered.
        Ask = "ask",
        /// They are not: it belongs to the same house as this server.
        Implied = "implied",
    }
}

words! {
    /// When a client that may refresh gets a refresh token.
    OfflineAccess {
        /// For `offline_access`, from somebody who was just asked (Core §11).
        Prompted = "prompted",
        /// For `offline_access`, also where the answer is remembered.
        Remembered = "remembered",
        /// Always; without `offline_access` it ends with the session.
        Always = "always",
    }
}

words! {
    /// Which name of a person a client is told (Core §8).
    SubjectType {
        /// The same as every client.
        Public = "public",
        /// Another in each sector, so that clients cannot tell each other of whom they speak.
        Pairwise = "pairwise",
    }
}

/// Where a client's public keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientKeys {
    /// Here: a JWK set (RFC 7517 §5), as JSON.
    Inline(String),
    /// On the web, at `jwks_uri`.
    At(String),
}

/// What a client's tokens are like, where that is not as the settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenPolicy {
    /// How long access tokens are good.
    pub access_token_lifetime: Option<Duration>,
    /// How long ID tokens are good.
    pub id_token_lifetime: Option<Duration>,
    /// How long a refresh token is good if it is not used.
    pub refresh_token_lifetime: Option<Duration>,
    /// What ID tokens are signed with (`id_token_signed_response_alg`).
    pub id_token_alg: SigningAlg,
    /// What the answers of `/userinfo` are signed with; plain JSON if absent
    /// (`userinfo_signed_response_alg`).
    pub userinfo_alg: Option<SigningAlg>,
}

/// An application that signs people in here, or a machine that works for itself.
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
    /// The hash of its secret; absent for a client that has none.
    pub secret_hash: Option<String>,
    /// The keys that it signs with.
    pub keys: Option<ClientKeys>,
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
    /// The APIs that it may ask tokens for, by their absolute URIs (RFC 8707 §2).
    pub resources: Vec<String>,
    /// Whether people are asked what it may have.
    pub consent: ConsentPolicy,
    /// When it gets refresh tokens.
    pub offline_access: OfflineAccess,
    /// What its tokens are like.
    pub tokens: TokenPolicy,
    /// Whether it wants a second factor; as the settings say if absent.
    pub mfa: Option<MfaPolicy>,
    /// Its applications for Android, which may use passkeys.
    pub android_apps: Vec<AndroidApp>,
    /// Its applications for Apple's systems, which may use passkeys.
    pub apple_apps: Vec<AppleApp>,
    /// Which name of a person it is told.
    pub subject_type: SubjectType,
    /// The host whose clients know a person by the same pairwise subject; absent where
    /// that is the host of its redirect URIs.
    pub sector_identifier: Option<String>,
    /// Its pages, shown to people.
    pub links: Links,
    /// Since when it may not be used.
    pub disabled_at: Option<Timestamp>,
    /// Tokens that it got for itself before then are dead: it was disabled meanwhile, or it is
    /// another client's id that was given anew.
    pub own_tokens_since: Timestamp,
    /// Counts its changes.
    pub version: i64,
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
    /// A client with what is usual for its kind, and nothing that it may do yet.
    pub fn new(id: ClientId, name: &str, kind: ClientKind, now: Timestamp) -> Self {
        let (auth_method, offline_access) = match kind {
            ClientKind::Web | ClientKind::Service => {
                (AuthMethod::ClientSecretBasic, OfflineAccess::Prompted)
            }
            ClientKind::Spa | ClientKind::Native => (AuthMethod::None, OfflineAccess::Remembered),
        };
        Self {
            id,
            name: name.to_owned(),
            kind,
            auth_method,
            secret_hash: None,
            keys: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            scope: Scope::default(),
            grant_types: Vec::new(),
            pkce: Pkce::Required,
            introspection: Introspection::Own,
            resources: Vec::new(),
            consent: ConsentPolicy::Ask,
            offline_access,
            tokens: TokenPolicy::default(),
            mfa: None,
            android_apps: Vec::new(),
            apple_apps: Vec::new(),
            subject_type: SubjectType::Public,
            sector_identifier: None,
            links: Links::default(),
            disabled_at: None,
            own_tokens_since: now,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether it can prove who it is.
    pub fn is_confidential(&self) -> bool {
        self.auth_method != AuthMethod::None
    }

    /// Whether it proves that by a shared secret.
    pub fn has_secret(&self) -> bool {
        matches!(self.auth_method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)
    }

    /// Whether it may get tokens this way.
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// The sector that it knows people's names in; none if it knows them as every client does.
    pub fn pairwise_sector(&self) -> Option<String> {
        if self.subject_type == SubjectType::Pairwise { self.sector() } else { None }
    }

    /// The host whose clients know a person by one pairwise subject (Core §8.1).
    pub fn sector(&self) -> Option<String> {
        if self.sector_identifier.is_some() {
            return self.sector_identifier.clone();
        }
        let mut hosts = self
            .redirect_uris
            .iter()
            .map(|uri| Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned)));
        let first = hosts.next()??;
        hosts.all(|host| host.as_ref() == Some(&first)).then_some(first)
    }
}
