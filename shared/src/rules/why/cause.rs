//! What can be wrong with a request, one word each.

use crate::model::client::Client;
use crate::model::grant::RevocationReason;
use crate::model::{AuthMethod, Incident};

/// Declares the causes: for each the sentence that says what failed, its word, the parameter
/// at fault, and the descriptions of refusals that stand for it.
macro_rules! causes {
    ($($(#[doc = $what:literal])+ $name:ident = $word:literal, $parameter:literal, [$($told:literal),*];)*) => {
        /// Why a request failed. The words are stable: scripts match on them.
        #[expect(clippy::doc_markdown, reason = "people are shown these sentences, without markup")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Cause {
            $($(#[doc = $what])+ $name,)*
        }

        impl Cause {
            /// Every cause.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The fixed word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What failed, in a sentence.
            pub(super) fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($what),+).trim_start(),)*
                }
            }

            /// The parameter at fault, if it is one.
            pub fn parameter(self) -> Option<&'static str> {
                let name = match self {
                    $(Self::$name => $parameter,)*
                };
                (!name.is_empty()).then_some(name)
            }

            /// The descriptions of refusals that stand for it. Some stand for several causes:
            /// a caller is told less than the operator.
            pub const fn descriptions(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($told),*],)*
                }
            }
        }
    };
}

causes! {
    /// The request does not say which client it comes from.
    ClientIdMissing = "client_id_missing", "client_id", ["client_id is missing", "the client is not named"];
    /// No client is registered under this client_id.
    ClientUnknown = "client_unknown", "client_id", ["client_id is not known here", "the client is not known here"];
    /// The client is registered, but it is disabled.
    ClientDisabled = "client_disabled", "client_id", [];
    /// The request has no redirect_uri, which is always wanted here (Core 3.1.2.1).
    RedirectUriMissing = "redirect_uri_missing", "redirect_uri", ["redirect_uri is missing"];
    /// The redirect_uri is not one of those that are registered for the client; they are compared character by character.
    RedirectUriForeign = "redirect_uri_foreign", "redirect_uri", ["redirect_uri is not registered for this client"];
    /// A parameter comes more than once (RFC 6749 3.1).
    ParameterRepeated = "parameter_repeated", "", ["a parameter is sent twice"];
    /// The parameters are no form that can be read: bytes that are not UTF-8, a NUL, far too many, or two places at once.
    Malformed = "malformed", "", ["the parameters cannot be read", "the request cannot be understood"];
    /// The scope has characters that no scope may have (RFC 6749 3.3).
    ScopeMalformed = "scope_malformed", "scope", ["scope has characters it may not have"];
    /// The request has no scope.
    ScopeMissing = "scope_missing", "scope", ["scope is missing"];
    /// Of the scope that is asked for, this client may have nothing.
    ScopeForeign = "scope_foreign", "scope", ["nothing in scope is known or allowed to this client"];
    /// The request is sent as a request object, which is not offered here.
    RequestObject = "request_object", "request", ["request and request_uri exclude each other"];
    /// The request is sent as the address of a request object, which is not offered here.
    RequestUri = "request_uri", "request_uri", [];
    /// The client registers itself by a parameter, which is not offered here.
    RegistrationParameter = "registration_parameter", "registration", [];
    /// The response_type is not code, the one that is offered here.
    ResponseTypeOther = "response_type_other", "response_type", ["response_type is not code"];
    /// The request has no response_type.
    ResponseTypeMissing = "response_type_missing", "response_type", ["response_type is missing"];
    /// The response_mode is neither query nor form_post.
    ResponseModeOther = "response_mode_other", "response_mode", ["response_mode is neither query nor form_post"];
    /// The client is not registered for the grant type authorization_code.
    CodesNotAllowed = "codes_not_allowed", "response_type", ["this client may not use codes"];
    /// A parameter is longer than any client needs it.
    ValueTooLong = "value_too_long", "", ["state is longer than 4096 bytes", "nonce is longer than 1024 bytes", "login_hint is longer than 320 bytes", "acr_values is longer than 1024 bytes", "claims is longer than 8192 bytes"];
    /// A parameter has control characters, which nobody types.
    ValueNoText = "value_no_text", "", ["a parameter has control characters"];
    /// The request has no code_challenge; this client has to use PKCE (RFC 7636).
    PkceMissing = "pkce_missing", "code_challenge", ["code_challenge is missing: PKCE is required", "code_challenge is missing"];
    /// The code_challenge is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 4.2).
    ChallengeMalformed = "challenge_malformed", "code_challenge", ["code_challenge is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~"];
    /// The code_challenge_method is not S256; without one it counts as plain, which protects nothing (RFC 9700 2.1.1).
    ChallengeMethod = "challenge_method", "code_challenge_method", ["code_challenge_method is not S256"];
    /// The prompt has a value that no specification knows.
    PromptUnknown = "prompt_unknown", "prompt", ["prompt has an unknown value"];
    /// The prompt says none and something else beside it (Core 3.1.2.1).
    PromptContradictory = "prompt_contradictory", "prompt", ["prompt none excludes every other value"];
    /// The max_age is not a whole number of seconds.
    MaxAgeMalformed = "max_age_malformed", "max_age", ["max_age is not a number of seconds"];
    /// The id_token_hint is no ID token that this server has signed.
    HintForeign = "hint_foreign", "id_token_hint", ["id_token_hint is no ID token of this server"];
    /// The claims parameter is not the JSON that Core 5.5 describes.
    ClaimsMalformed = "claims_malformed", "claims", ["claims is not JSON as OpenID Connect Core 5.5 has it", "claims expects several people by sub"];
    /// The resource is not one of the APIs that this client may ask tokens for (RFC 8707).
    ResourceForeign = "resource_foreign", "resource", ["resource is not one of this client's"];
    /// None of the APIs that the sign-in was for takes tokens any more: each was disabled, deleted, or taken from the client or its scope.
    ResourceGone = "resource_gone", "", ["no API that the sign-in was for takes tokens any more"];

    /// Parameters stand in the address; at this endpoint they belong into the body.
    ParametersInQuery = "parameters_in_query", "", ["parameters belong into the body"];
    /// The body is not a form, or does not say that it is one.
    NotAForm = "not_a_form", "", ["the body is not an application/x-www-form-urlencoded form"];
    /// The request has no grant_type.
    GrantTypeMissing = "grant_type_missing", "grant_type", ["grant_type is missing"];
    /// The grant_type is none that this server offers.
    GrantTypeUnknown = "grant_type_unknown", "grant_type", ["grant_type is not offered"];
    /// The grant_type is offered here, but this client is not registered for it.
    GrantTypeForeign = "grant_type_foreign", "grant_type", ["grant_type is not this client's"];
    /// The Authorization header is not HTTP Basic with a form-encoded client_id and secret (RFC 6749 2.3.1).
    AuthorizationUnreadable = "authorization_unreadable", "", ["the Authorization header cannot be read"];
    /// The client authenticates in two ways at once (RFC 6749 2.3).
    AuthTwice = "auth_twice", "", ["the client authenticates in two ways"];
    /// The client has to prove who it is, and sent no proof.
    AuthMissing = "auth_missing", "", [];
    /// The client proves who it is in another way than it is registered with.
    AuthMethodOther = "auth_method_other", "", ["the client is registered with another authentication method"];
    /// The client is public, and sent a secret that it cannot have.
    SecretUnexpected = "secret_unexpected", "client_secret", [];
    /// The client is to prove itself by a secret, and none is stored for it.
    SecretNotStored = "secret_not_stored", "client_secret", ["the client has no secret"];
    /// The client_secret is not the one that is registered.
    SecretWrong = "secret_wrong", "client_secret", ["the client secret is wrong"];
    /// The client names itself twice, and not the same.
    ClientIdContradictory = "client_id_contradictory", "client_id", ["client_id differs from the Authorization header's", "client_id differs from the assertion's"];
    /// The client is public; only one that proves who it is may ask about tokens (RFC 7662 2.1).
    IntrospectionPublic = "introspection_public", "", ["a public client may not introspect"];
    /// The request names no token.
    TokenMissing = "token_missing", "token", ["token is missing"];

    /// The client_assertion_type is not the one of RFC 7523.
    AssertionType = "assertion_type", "client_assertion_type", ["client_assertion_type is not the one of RFC 7523"];
    /// The client_assertion is no JWT.
    AssertionMalformed = "assertion_malformed", "client_assertion", ["the assertion is no JWT"];
    /// The client_assertion is signed with an algorithm that is not accepted.
    AssertionAlgorithm = "assertion_alg", "client_assertion", ["the assertion is signed with an algorithm that is not accepted"];
    /// The client_assertion is signed with a key (kid) that is not among the client's.
    AssertionKey = "assertion_kid", "client_assertion", ["the assertion is signed with a key that is not the client's"];
    /// The signature of the client_assertion does not fit the client's key of that name.
    AssertionSignature = "assertion_signature", "client_assertion", ["the signature of the assertion is wrong"];
    /// The iss and the sub of the client_assertion are not both the client_id (RFC 7523 3).
    AssertionClient = "assertion_iss_sub", "client_assertion", ["iss and sub of the assertion are not the client"];
    /// The aud of the client_assertion is neither this issuer nor the endpoint.
    AssertionAudience = "assertion_aud", "client_assertion", ["aud of the assertion is not this server"];
    /// A moment in the client_assertion is not a number.
    AssertionTime = "assertion_time", "client_assertion", ["a time is not a number"];
    /// The client_assertion does not say when it ends.
    AssertionEndless = "assertion_exp_missing", "client_assertion", ["exp of the assertion is missing"];
    /// The client_assertion has expired.
    AssertionExpired = "assertion_expired", "client_assertion", ["the assertion has expired"];
    /// The client_assertion is good for more than an hour.
    AssertionLasting = "assertion_exp_far", "client_assertion", ["the assertion is good for more than an hour"];
    /// The client_assertion is from the future.
    AssertionEarly = "assertion_early", "client_assertion", ["the assertion is from the future"];
    /// The client_assertion has no jti.
    AssertionNameless = "assertion_jti_missing", "client_assertion", ["jti of the assertion is missing"];
    /// The client_assertion was used before; each is good once.
    AssertionReplayed = "assertion_jti_used", "client_assertion", ["the assertion was used before"];
    /// The client signs, and no key is registered for it.
    KeysMissing = "keys_missing", "", ["the client has no keys"];
    /// The client's keys cannot be fetched from its jwks_uri, or are no JWK set.
    KeysUnreachable = "keys_unreachable", "", ["the keys of the client cannot be had"];

    /// The request has no code.
    CodeMissing = "code_missing", "code", ["code is missing"];
    /// No such code was ever given, or it was deleted with its client.
    CodeUnknown = "code_unknown", "code", ["the code is not known here"];
    /// The code was given to another client.
    CodeOfOtherClient = "code_of_other_client", "code", [];
    /// The code came after its end.
    CodeExpired = "code_expired", "code", ["the code has expired"];
    /// The code was used before; each is good once (RFC 6749 4.1.2).
    CodeUsed = "code_used", "code", ["the code was used before"];
    /// The redirect_uri is not the one that the code was sent to (RFC 6749 4.1.3).
    CodeRedirectUri = "code_redirect_uri_other", "redirect_uri", ["redirect_uri is not the request's"];
    /// The code_verifier is missing; there was a code_challenge when the code was asked for (RFC 7636 4.5).
    VerifierMissing = "verifier_missing", "code_verifier", [];
    /// The code_verifier is not the one that the code_challenge was made of.
    VerifierWrong = "verifier_wrong", "code_verifier", ["code_verifier does not fit the code_challenge"];
    /// There is a code_verifier, but there was no code_challenge when the code was asked for: somebody may have taken it away (RFC 9700 4.8.2).
    VerifierUnexpected = "verifier_unexpected", "code_verifier", ["code_verifier is sent, but there was no code_challenge"];

    /// The request has no refresh_token.
    RefreshTokenMissing = "refresh_token_missing", "refresh_token", ["refresh_token is missing"];
    /// No such refresh token was ever given, or it was deleted with its client.
    RefreshTokenUnknown = "refresh_token_unknown", "refresh_token", ["the refresh token is not known here"];
    /// The refresh token was given to another client.
    RefreshTokenOfOtherClient = "refresh_token_of_other_client", "refresh_token", [];
    /// The refresh token came after its end.
    RefreshTokenExpired = "refresh_token_expired", "refresh_token", ["the refresh token has expired"];
    /// The refresh token was used before, and what it gave was used too: two have it, or the client did not store the new one.
    RefreshTokenReused = "refresh_token_reused", "refresh_token", ["the refresh token was used before"];
    /// The scope is wider than what the person allowed (RFC 6749 6).
    ScopeWider = "scope_wider", "scope", ["scope is not within what was granted"];
    /// The scope is not within what this client may have for itself (RFC 6749 4.4).
    ServiceScopeForeign = "service_scope_foreign", "scope", ["scope is not within what this client may have for itself"];
    /// The roles of the person, or of the service, permit nothing of what was asked for.
    RolesPermitNothing = "roles_permit_nothing", "scope", ["nothing that was asked for is permitted to this subject"];

    /// What was granted has come to its end.
    GrantExpired = "grant_expired", "", ["the code is another client's, or its grant is over", "the refresh token is another client's, or its grant is over"];
    /// What was granted is over.
    GrantOver = "grant_over", "", ["what was granted has been withdrawn"];
    /// What was granted was revoked because its code was presented twice.
    CodeReplayed = "code_replayed", "", [];
    /// What was granted was revoked because two had its refresh token.
    TheftSuspected = "theft_suspected", "", [];
    /// What was granted was given back by the client itself (RFC 7009).
    TokensGivenBack = "tokens_given_back", "", [];
    /// The person signed out, and what was granted ended with the session.
    SignedOut = "signed_out", "", [];
    /// The consent was withdrawn.
    ConsentWithdrawn = "consent_withdrawn", "", [];
    /// The person's account is disabled.
    UserDisabled = "user_disabled", "", [];
    /// The person's password was set anew, which ends what was granted before.
    PasswordSet = "password_set", "", [];
    /// The person's second factors were taken away, which ends what was granted before.
    FactorsReset = "factors_reset", "", [];
    /// An operator ended the session that the tokens hang on.
    SessionEnded = "session_ended", "", [];
    /// An operator revoked the tokens' family.
    RevokedByOperator = "revoked_by_operator", "", [];
    /// An operator disabled the client, and what was given to it died.
    ClientWasDisabled = "client_was_disabled", "", [];
    /// An operator changed by what names the client knows people; tokens of before would name them otherwise.
    SubjectsChanged = "subjects_changed", "", [];

    /// The client_id is not the client that the id_token_hint was made for.
    HintOfOtherClient = "hint_of_other_client", "client_id", ["client_id is not the client of id_token_hint"];
    /// The post_logout_redirect_uri comes without a word of whose it is.
    LogoutUriNobodys = "post_logout_redirect_uri_nobodys", "post_logout_redirect_uri", ["post_logout_redirect_uri needs id_token_hint or client_id beside it"];
    /// The post_logout_redirect_uri is not one of those that are registered for the client; they are compared character by character.
    LogoutUriForeign = "post_logout_redirect_uri_foreign", "post_logout_redirect_uri", ["post_logout_redirect_uri is not registered for this client"];

    /// The sign-in was started in another browser, or this one lost its cookies.
    OtherBrowser = "other_browser", "", ["the sign-in was started in another browser"];
    /// The form came from another site, or from a page of another sign-in.
    FormForged = "form_forged", "", ["the form came from another site"];
    /// The form is not what the page would send.
    FormMalformed = "form_malformed", "", ["the form cannot be read"];
    /// The address takes other methods than the one that was used.
    MethodOther = "method_other", "", ["this address has other methods"];
    /// The body is larger than any request that this server understands.
    BodyTooLarge = "body_too_large", "", ["the body is too large"];
    /// The body did not come to its end in time.
    BodyBroken = "body_broken", "", ["the body took too long", "the body broke off"];
    /// The address leads nowhere on this server.
    AddressUnknown = "address_unknown", "", ["the address leads nowhere"];
    /// The server failed; it is nobody else's doing.
    ServerFault = "server_fault", "", ["an error of the server"];
    /// The request was refused for a reason that has no words of its own here.
    Other = "other", "", [];
}

impl Cause {
    /// The cause of an incident. What a caller is not told is in the facts: `client` is the
    /// client that was named, as it is now.
    pub fn of(incident: &Incident, client: Option<&Client>) -> Self {
        let facts = &incident.facts;
        let told = Self::ALL
            .iter()
            .copied()
            .find(|cause| cause.descriptions().contains(&facts.description.as_str()));
        let is_other_clients = facts
            .credential
            .as_ref()
            .is_some_and(|of| facts.asked.client_id.as_ref() != Some(&of.client_id));
        match told {
            Some(Self::ClientUnknown) if was_disabled(incident, client) => Self::ClientDisabled,
            Some(Self::AuthMethodOther) => other_method(incident, client),
            Some(Self::CodeUnknown) if is_other_clients => Self::CodeOfOtherClient,
            Some(Self::RefreshTokenUnknown) if is_other_clients => Self::RefreshTokenOfOtherClient,
            Some(Self::VerifierWrong) if facts.asked.code_verifier_length.is_none() => {
                Self::VerifierMissing
            }
            Some(Self::GrantOver) => end_of_grant(incident),
            Some(cause) => cause,
            None => match facts.error.as_str() {
                "request_not_supported" => Self::RequestObject,
                "request_uri_not_supported" => Self::RequestUri,
                "registration_not_supported" => Self::RegistrationParameter,
                _ => Self::Other,
            },
        }
    }
}

/// A client that was there and is not known was disabled, whatever it is now.
fn was_disabled(incident: &Incident, client: Option<&Client>) -> bool {
    client.is_some_and(|client| client.created_at <= incident.at)
}

fn other_method(incident: &Incident, client: Option<&Client>) -> Cause {
    let sent_nothing = incident.facts.asked.auth_methods == [AuthMethod::None.as_str()];
    let is_public = client.is_some_and(|client| !client.is_confidential());
    match (sent_nothing, is_public) {
        (true, _) => Cause::AuthMissing,
        (false, true) => Cause::SecretUnexpected,
        (false, false) => Cause::AuthMethodOther,
    }
}

fn end_of_grant(incident: &Incident) -> Cause {
    let Some(credential) = &incident.facts.credential else { return Cause::GrantOver };
    let reason = credential.revocation_reason.as_deref().and_then(RevocationReason::parse);
    match reason {
        Some(RevocationReason::CodeReplay) => Cause::CodeReplayed,
        Some(RevocationReason::RefreshTokenReuse) => Cause::TheftSuspected,
        Some(RevocationReason::RevokedByClient) => Cause::TokensGivenBack,
        Some(RevocationReason::SignedOut) => Cause::SignedOut,
        Some(RevocationReason::ConsentWithdrawn) => Cause::ConsentWithdrawn,
        Some(RevocationReason::UserDisabled) => Cause::UserDisabled,
        Some(RevocationReason::PasswordSet) => Cause::PasswordSet,
        Some(RevocationReason::FactorsReset) => Cause::FactorsReset,
        Some(RevocationReason::SessionEnded) => Cause::SessionEnded,
        Some(RevocationReason::RevokedByOperator) => Cause::RevokedByOperator,
        Some(RevocationReason::ClientDisabled) => Cause::ClientWasDisabled,
        Some(RevocationReason::SubjectsChanged) => Cause::SubjectsChanged,
        None if credential.user_is_disabled => Cause::UserDisabled,
        None if credential.revoked_at.is_none() => Cause::GrantExpired,
        None => Cause::GrantOver,
    }
}
