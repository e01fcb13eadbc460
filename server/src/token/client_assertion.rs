//! `private_key_jwt`: a client proves who it is by a statement that it signed with its own
//! key (Core §9, RFC 7523).

use shared::crypto::client_keys::Disbelief;
use shared::crypto::token;
use shared::model::{Client, Secret, Timestamp};
pub(super) use shared::rules::client_assertion::TYPE;
use shared::rules::client_assertion::check;

use crate::app::App;
use crate::web::failure::ClientFailure;

/// Checks a statement that was sent to the endpoint at `path` below the issuer, and uses
/// it up.
///
/// The inner error says why it is not believed.
pub(super) async fn prove(
    app: &App,
    client: &Client,
    assertion: &Secret<String>,
    path: &str,
    now: Timestamp,
) -> Result<Result<(), &'static str>, ClientFailure> {
    if assertion.expose().is_empty() {
        return Ok(Err("client_assertion_type is not the one of RFC 7523"));
    }
    let claims = match verified(app, client, assertion.expose(), now).await {
        Ok(claims) => claims,
        Err(why) => return Ok(Err(why)),
    };
    // The issuer, as every specification has it; the token endpoint, as Core §9 has it;
    // and the endpoint itself, where that is another one.
    let issuer = &app.config.issuer;
    let audiences = [issuer.as_str(), &issuer.at("/token"), &issuer.at(path)];
    let assertion = match check(&claims, client.id.as_str(), &audiences, now) {
        Ok(assertion) => assertion,
        Err(why) => return Ok(Err(why)),
    };
    let mut tx = app.store.begin().await?;
    let jti_hash = token::hash(&assertion.jti);
    if !tx.redeem_client_assertion(&client.id, &jti_hash, assertion.expires_at).await? {
        return Ok(Err("the assertion was used before"));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// The claims of a statement that one of the client's keys has signed. Keys that do not
/// have the one it names are fetched anew once.
async fn verified(
    app: &App,
    client: &Client,
    assertion: &str,
    now: Timestamp,
) -> Result<serde_json::Value, &'static str> {
    let source = client.keys.as_ref().ok_or("the client has no keys")?;
    let no_keys = "the keys of the client cannot be had";
    let keys = app.key_sets.find(source, false, now).await.ok_or(no_keys)?;
    let mut claims = keys.verify(assertion);
    if claims == Err(Disbelief::UnknownKey) {
        let keys = app.key_sets.find(source, true, now).await.ok_or(no_keys)?;
        claims = keys.verify(assertion);
    }
    claims.map_err(|disbelief| match disbelief {
        Disbelief::Malformed => "the assertion is no JWT",
        Disbelief::Algorithm => "the assertion is signed with an algorithm that is not accepted",
        Disbelief::UnknownKey => "the assertion is signed with a key that is not the client's",
        Disbelief::Signature => "the signature of the assertion is wrong",
    })
}
