//! The only place where tokens are made.

use serde::Serialize;
use serde_json::{Value, json};
use shared::crypto::{jws, random, token};
use shared::model::access_token::{ACCESS_TOKEN_TYPE, AccessClaims};
use shared::model::id_token::IdClaims;
use shared::model::scope::OPENID;
use shared::model::{Client, Grant, RefreshToken, Secret, SigningAlg, Timestamp, User};
use shared::rules::rbac::Decision;
use shared::rules::token_claims::{self, Terms};

use crate::app::App;
use crate::keys::Keys;
use crate::web::failure::Fault;

/// The body of a successful token answer (RFC 6749 §5.1, Core §3.1.3.3).
#[derive(Serialize)]
pub(crate) struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// What is minted for a person.
pub(crate) struct Order<'a> {
    /// What was allowed.
    pub(crate) grant: &'a Grant,
    /// By whom.
    pub(crate) user: &'a User,
    /// To whom.
    pub(crate) client: &'a Client,
    /// What of it the access token is for.
    pub(crate) decision: Decision,
    /// The request's nonce; none in a refreshed ID token (Core §12.2).
    pub(crate) nonce: Option<String>,
    /// The place of these tokens in their family's chain.
    pub(crate) generation: i64,
}

/// Tokens that were made; nobody has them before the refresh token is stored.
pub(crate) struct Minted {
    /// What the client gets.
    pub(crate) answer: TokenAnswer,
    /// What the store must know before it does.
    pub(crate) refresh_token: Option<RefreshToken>,
    /// Which tokens were made and with which keys, for the audit log.
    pub(crate) evidence: Value,
}

/// Makes the tokens of an order: an access token, an ID token with `openid`, a refresh
/// token with `offline_access` or where the client's policy is to give one (Core §11).
pub(crate) async fn mint(app: &App, order: &Order<'_>, now: Timestamp) -> Result<Minted, Fault> {
    let Order { grant, client, generation, .. } = *order;
    let keys = app.keys.signing_with(client.tokens.id_token_alg, now).await?;
    let subject = app.subject(client, &grant.user_id);
    let terms = terms(app, client, &order.decision, now);
    let claims = terms.access_token(random::token_id()?, grant, &subject, generation);
    let access_token = sign(&keys, SigningAlg::Rs256, ACCESS_TOKEN_TYPE, &claims)?;
    let mut evidence = evidence(&keys, &claims, &order.decision)?;
    let id_token = if order.decision.scope.contains(OPENID) {
        let alg = client.tokens.id_token_alg;
        let at_hash = token::half_hash(&access_token, alg);
        let claims = terms.id_token(grant, order.user, &subject, at_hash);
        let claims = IdClaims { nonce: order.nonce.clone(), ..claims };
        let kid = keys.ring.active(alg)?.kid();
        if let Value::Object(evidence) = &mut evidence {
            evidence.insert("id_token".to_owned(), json!({"kid": kid, "exp": claims.exp}));
        }
        Some(sign(&keys, alg, "JWT", &claims)?)
    } else {
        None
    };
    let may_refresh = token_claims::may_refresh(client, &grant.scope);
    let refresh = if may_refresh { Some(refresh_token(app, order, now)?) } else { None };
    let (secret, refresh_token) = refresh.unzip();
    let mut answer = answer(access_token, &claims, now);
    answer.refresh_token = secret.map(|secret: Secret<String>| secret.expose().clone());
    answer.id_token = id_token;
    Ok(Minted { answer, refresh_token, evidence })
}

/// Makes an access token for a client that works for itself.
pub(crate) fn for_machine(
    app: &App,
    client: &Client,
    decision: &Decision,
    now: Timestamp,
) -> Result<Minted, Fault> {
    let keys = app.keys.current();
    let claims = terms(app, client, decision, now).access_token_of_client(random::token_id()?);
    let access_token = sign(&keys, SigningAlg::Rs256, ACCESS_TOKEN_TYPE, &claims)?;
    let evidence = evidence(&keys, &claims, decision)?;
    Ok(Minted { answer: answer(access_token, &claims, now), refresh_token: None, evidence })
}

/// The answer of `/userinfo` as a JWT (Core §5.3.2).
pub(crate) async fn sign_userinfo(
    app: &App,
    alg: SigningAlg,
    claims: &Value,
    now: Timestamp,
) -> Result<String, Fault> {
    let keys = app.keys.signing_with(alg, now).await?;
    sign(&keys, alg, "JWT", claims)
}

fn terms<'a>(
    app: &'a App,
    client: &'a Client,
    decision: &'a Decision,
    now: Timestamp,
) -> Terms<'a> {
    let issuer = app.config.issuer.as_str();
    Terms { issuer, client, decision, lifetimes: app.config.token_lifetimes(), now }
}

fn answer(access_token: String, claims: &AccessClaims, now: Timestamp) -> TokenAnswer {
    TokenAnswer {
        access_token,
        token_type: "Bearer",
        expires_in: claims.exp - now.seconds(),
        scope: claims.scope.clone(),
        refresh_token: None,
        id_token: None,
    }
}

fn refresh_token(
    app: &App,
    order: &Order<'_>,
    now: Timestamp,
) -> Result<(Secret<String>, RefreshToken), Fault> {
    let secret = random::secret()?;
    let usual = app.config.refresh_token_lifetime.0;
    let lifetime = order.client.tokens.refresh_token_lifetime.unwrap_or(usual);
    let record = RefreshToken {
        hash: token::hash(secret.expose()),
        grant_id: order.grant.id.clone(),
        generation: order.generation,
        issued_at: now,
        // No refresh token outlives its grant.
        expires_at: now.plus(lifetime).min(order.grant.expires_at),
        used_at: None,
        used_from: None,
        superseded_at: None,
        rival_used_at: None,
        successor_used_at: None,
    };
    Ok((secret, record))
}

fn sign(keys: &Keys, alg: SigningAlg, typ: &str, claims: &impl Serialize) -> Result<String, Fault> {
    Ok(jws::sign(keys.ring.active(alg)?, typ, claims)?)
}

fn evidence(keys: &Keys, claims: &AccessClaims, decision: &Decision) -> Result<Value, Fault> {
    let kid = keys.ring.active(SigningAlg::Rs256)?.kid();
    let mut evidence = json!({"access_token": {"jti": claims.jti, "kid": kid, "exp": claims.exp}});
    let withheld: Vec<_> = decision.withheld().collect();
    if let (Value::Object(evidence), false) = (&mut evidence, withheld.is_empty()) {
        evidence.insert("withheld".to_owned(), json!(withheld));
    }
    Ok(evidence)
}
