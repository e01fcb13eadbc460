//! `private_key_jwt`: a client proves who it is by a statement that it signed with its own
//! key (Core §9, RFC 7523).

use serde_json::Value;
use shared::crypto::client_keys::Disbelief;
use shared::crypto::token;
use shared::model::{Client, Secret, Timestamp};
use shared::room::Seat;
pub(super) use shared::rules::client_assertion::TYPE;
use shared::rules::client_assertion::check;

use super::client_auth::Request;
use crate::app::App;
use crate::key_sets::Keys;
use crate::web::failure::ClientFailure;

/// Checks a statement that came with a request, and uses it up.
///
/// The inner error says why it is not believed.
pub(super) async fn prove(
    app: &App,
    client: &Client,
    assertion: &Secret<String>,
    request: &mut Request<'_>,
    now: Timestamp,
) -> Result<Result<(), &'static str>, ClientFailure> {
    if assertion.expose().is_empty() {
        return Ok(Err("client_assertion_type is not the one of RFC 7523"));
    }
    let claims = match verified(app, client, assertion.expose(), request.seat, now).await? {
        Ok(claims) => claims,
        Err(why) => return Ok(Err(why)),
    };
    // The issuer, as every specification has it; the token endpoint, as Core §9 has it;
    // and the endpoint itself, where that is another one.
    let issuer = &app.config.issuer;
    let audiences = [issuer.as_str(), &issuer.at("/token"), &issuer.at(request.path)];
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
    seat: &mut Seat,
    now: Timestamp,
) -> Result<Result<Value, &'static str>, ClientFailure> {
    let Some(source) = &client.keys else { return Ok(Err("the client has no keys")) };
    let mut claims = Err(Disbelief::UnknownKey);
    for is_renewed in [false, true] {
        let keys = match app.key_sets.find(source, is_renewed, now) {
            Keys::Here(keys) => keys,
            // Anybody can make this server ask a host that says nothing: those who wait for
            // it must not keep the others out.
            Keys::Due(fetch) => {
                seat.leave(&app.room, fetch.keys(now)).await.ok_or(ClientFailure::Busy)?
            }
        };
        let Some(keys) = keys else { return Ok(Err("the keys of the client cannot be had")) };
        claims = keys.verify(assertion);
        if claims != Err(Disbelief::UnknownKey) {
            break;
        }
    }
    Ok(claims.map_err(|disbelief| match disbelief {
        Disbelief::Malformed => "the assertion is no JWT",
        Disbelief::Algorithm => "the assertion is signed with an algorithm that is not accepted",
        Disbelief::UnknownKey => "the assertion is signed with a key that is not the client's",
        Disbelief::Signature => "the signature of the assertion is wrong",
    }))
}
