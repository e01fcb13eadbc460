//! Sign-ins in progress.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ClientId, InteractionId, Scope, SessionId, Timestamp};

/// A checked authorization request: what `/authorize` was asked, once nothing is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Where the answer goes; proven to be the client's.
    pub redirect_uri: String,
    /// How the answer goes there.
    #[serde(default)]
    pub response_mode: ResponseMode,
    /// Given back untouched (RFC 6749 §4.1.1).
    pub state: Option<String>,
    /// The scope asked for and allowed to the client.
    pub scope: Scope,
    /// Goes into the ID token (Core §3.1.2.1).
    pub nonce: Option<String>,
    /// The S256 `code_challenge` (RFC 7636 §4.2).
    pub code_challenge: Option<String>,
    /// What the client wants of the sign-in itself.
    pub prompt: Prompt,
    /// How old the sign-in may be, in seconds (Core §3.1.2.1).
    pub max_age: Option<u64>,
    /// Whom the client expects, by the name that it knows: from an ID token it once got
    /// (`id_token_hint`, Core §3.1.2.1) or by the claim `sub` (Core §5.5.1).
    #[serde(default, alias = "expected_user")]
    pub expected_subject: Option<String>,
    /// What the proof of who somebody is must be worth: one of these, if there are any
    /// (the claim `acr` as an essential one, Core §5.5.1.1).
    #[serde(default)]
    pub essential_acr: Vec<String>,
    /// What it should be worth if the person can do that, most preferred first
    /// (`acr_values`, Core §3.1.2.1, and the claim `acr` as a voluntary one).
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// The claims asked for one by one (Core §5.5).
    #[serde(default)]
    pub claims: AskedClaims,
    /// The APIs that tokens are asked for (RFC 8707 §2.1).
    #[serde(default)]
    pub resources: Vec<String>,
    /// Prefills the user name; never trusted as identity (Core §3.1.2.1).
    pub login_hint: Option<String>,
}

/// Claims that a client asks for one by one, by their names (Core §5.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedClaims {
    /// For `/userinfo`.
    pub userinfo: BTreeSet<String>,
    /// For the ID token.
    pub id_token: BTreeSet<String>,
}

/// How an answer travels (`response_mode`, OAuth 2.0 Multiple Response Types §2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of a redirect.
    #[default]
    Query,
    /// In a form that the browser posts by itself (Form Post Response Mode §2).
    FormPost,
}

/// The values of `prompt`, as a set (Core §3.1.2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four independent words")]
pub struct Prompt {
    /// Show no page at all. Excludes the others.
    pub none: bool,
    /// Sign in again.
    pub login: bool,
    /// Ask for consent again.
    pub consent: bool,
    /// Let the person choose an account.
    pub select_account: bool,
}

/// One sign-in in progress: the request, and the facts gathered so far.
///
/// Each page writes one fact; what is due next is decided from them anew each time.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// Names it in the pages' addresses.
    pub id: InteractionId,
    /// The hash of the browser's secret; absent until the first browser comes with it.
    pub browser_hash: Option<String>,
    /// Who asked; absent where it is for this server's own pages.
    pub client_id: Option<ClientId>,
    /// What was asked.
    pub request: Request,
    /// The session in which somebody signed in during this interaction.
    pub session_id: Option<SessionId>,
    /// What was said on the consent page, and in which session: it counts for nobody else.
    pub consent: Option<(ConsentAnswer, SessionId)>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When an answer was sent; it is dead from then on.
    pub finished_at: Option<Timestamp>,
}

super::words::words! {
    /// What a person said on the consent page.
    ConsentAnswer {
        /// Yes.
        Allowed = "allowed",
        /// No.
        Denied = "denied",
    }
}
