//! The only place where tokens are made.

use openidconnect::core::{
    CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AdditionalClaims, Audience, AuthenticationContextClass,
    AuthenticationMethodReference, IdToken, IdTokenClaims, IssuerUrl, Nonce, StandardClaims,
    SubjectIdentifier,
};
use serde::{Deserialize, Serialize};
use shared::crypto::{jws, random, token};
use shared::model::access_token::{ACCESS_TOKEN_TYPE, AccessClaims};
use shared::model::scope::{OFFLINE_ACCESS, OPENID};
use shared::model::{Client, Grant, GrantType, RefreshToken, Scope, Secret, Timestamp};

use crate::app::App;
use crate::web::failure::Fault;

/// The body of a successful token answer (RFC 6749 §5.1, Core §3.1.3.3).
#[derive(Serialize)]
pub(crate) struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// What is minted for.
pub(crate) struct Order<'a> {
    /// What was allowed.
    pub(crate) grant: &'a Grant,
    /// To whom.
    pub(crate) client: &'a Client,
    /// What of it the access token is for.
    pub(crate) scope: Scope,
    /// The request's nonce; none in a refreshed ID token (Core §12.2).
    pub(crate) nonce: Option<String>,
    /// The place of the refresh token in its family's chain, if there is to be one.
    pub(crate) generation: i64,
}

/// Tokens that were made; nobody has them before the refresh token is stored.
pub(crate) struct Minted {
    /// What the client gets.
    pub(crate) answer: TokenAnswer,
    /// What the store must know before it does.
    pub(crate) refresh_token: Option<RefreshToken>,
}

/// What ID tokens have beside the standard claims.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Additional {
    /// The session (Front-Channel Logout §3, Back-Channel Logout §2.1).
    sid: String,
}

impl AdditionalClaims for Additional {}

type SignedIdToken = IdToken<
    Additional,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// Makes the tokens of an order: an access token, an ID token with `openid`, a refresh
/// token with `offline_access` where the client may refresh (Core §11).
pub(crate) fn mint(app: &App, order: &Order<'_>, now: Timestamp) -> Result<Minted, Fault> {
    let access_token = access_token(app, order, now)?;
    let id_token = if order.scope.contains(OPENID) {
        Some(id_token(app, order, &access_token, now)?)
    } else {
        None
    };
    let may_refresh =
        order.grant.scope.contains(OFFLINE_ACCESS) && order.client.may_use(GrantType::RefreshToken);
    let refresh = if may_refresh { Some(refresh_token(app, order, now)?) } else { None };
    let (secret, record) = refresh.unzip();
    Ok(Minted {
        answer: TokenAnswer {
            access_token,
            token_type: "Bearer",
            expires_in: app.config.access_token_lifetime.0.as_secs(),
            scope: order.scope.to_string(),
            refresh_token: secret.map(|secret: Secret<String>| secret.expose().clone()),
            id_token,
        },
        refresh_token: record,
    })
}

fn access_token(app: &App, order: &Order<'_>, now: Timestamp) -> Result<String, Fault> {
    let grant = order.grant;
    let issuer = app.config.issuer.as_str();
    let claims = AccessClaims {
        iss: issuer.to_owned(),
        sub: grant.user_id.to_string(),
        // Without a `resource` the token is for this server's own resources (RFC 9068 §3).
        aud: issuer.to_owned(),
        client_id: grant.client_id.to_string(),
        exp: now.plus(app.config.access_token_lifetime.0).seconds(),
        iat: now.seconds(),
        jti: random::token_id()?,
        scope: order.scope.to_string(),
        auth_time: grant.auth_time.seconds(),
        acr: grant.acr.clone(),
        amr: methods(grant),
        grant_id: grant.id.to_string(),
    };
    Ok(jws::sign(app.keyring.active(), ACCESS_TOKEN_TYPE, &claims)?)
}

fn id_token(
    app: &App,
    order: &Order<'_>,
    access_token: &str,
    now: Timestamp,
) -> Result<String, Fault> {
    let fault = |_| Fault::Answer("an ID token cannot be made");
    let moment = |at: Timestamp| {
        chrono::DateTime::from_timestamp(at.seconds(), 0).ok_or(Fault::Answer("no such moment"))
    };
    let grant = order.grant;
    let issuer = IssuerUrl::new(app.config.issuer.as_str().to_owned());
    let amr = methods(grant).into_iter().map(AuthenticationMethodReference::new).collect();
    let claims = IdTokenClaims::new(
        issuer.map_err(|_| Fault::Answer("the issuer is no URL"))?,
        vec![Audience::new(grant.client_id.to_string())],
        moment(now.plus(app.config.id_token_lifetime.0))?,
        moment(now)?,
        StandardClaims::new(SubjectIdentifier::new(grant.user_id.to_string())),
        Additional { sid: grant.session_id.to_string() },
    )
    .set_auth_time(Some(moment(grant.auth_time)?))
    .set_nonce(order.nonce.clone().map(Nonce::new))
    .set_auth_context_ref(Some(AuthenticationContextClass::new(grant.acr.clone())))
    .set_auth_method_refs(Some(amr));

    let signed = SignedIdToken::new(
        claims,
        app.keyring.active(),
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        Some(&AccessToken::new(access_token.to_owned())),
        None,
    );
    Ok(signed.map_err(fault)?.to_string())
}

fn refresh_token(
    app: &App,
    order: &Order<'_>,
    now: Timestamp,
) -> Result<(Secret<String>, RefreshToken), Fault> {
    let secret = random::secret()?;
    let record = RefreshToken {
        hash: token::hash(secret.expose()),
        grant_id: order.grant.id.clone(),
        generation: order.generation,
        issued_at: now,
        // No refresh token outlives its grant.
        expires_at: now.plus(app.config.refresh_token_lifetime.0).min(order.grant.expires_at),
        used_at: None,
        superseded_at: None,
    };
    Ok((secret, record))
}

fn methods(grant: &Grant) -> Vec<String> {
    grant.amr.split_whitespace().map(str::to_owned).collect()
}
