//! `grant_type=authorization_code` (RFC 6749 §4.1.3).

use shared::crypto::token;
use shared::model::grant::RevocationReason;
use shared::model::{Action, Client, ErrorCode, Grant, Refusal, Timestamp};
use shared::rules::params::Params;

use super::{OVER, event};
use crate::app::App;
use crate::oauth::code::Exchange;
use crate::token::mint::{self, Order, TokenAnswer};
use crate::token::permitted;
use crate::web::failure::ClientFailure;

const UNKNOWN: Refusal = ErrorCode::InvalidGrant.because("the code is not known here");
const EXPIRED: Refusal = ErrorCode::InvalidGrant.because("the code has expired");
const USED: Refusal = ErrorCode::InvalidGrant.because("the code was used before");

/// Trades a code for what the person allowed, once.
///
/// A refused exchange leaves the code as it was, so a stranger who holds it cannot burn
/// it. Its own client presenting it again, verifier and all, kills every token it ever
/// gave (RFC 6749 §4.1.2) — unless that request was under way before the first was
/// answered: twins of one click are no theft, and one of them wins.
pub(crate) async fn exchange(
    app: &App,
    client: &Client,
    params: &Params,
    arrived: Timestamp,
) -> Result<TokenAnswer, ClientFailure> {
    let (exchange, secret) = Exchange::begin(params, client)?;
    let hash = token::hash(&secret);
    let found = app.store.view().await?.find_code(&hash).await?;
    let (code, grant, user) = found.ok_or(UNKNOWN)?;
    if code.client_id != client.id {
        return Err(UNKNOWN.into());
    }
    exchange.check(&code, &grant)?;
    if let Some(redeemed_at) = code.redeemed_at {
        return if arrived <= redeemed_at { Err(USED.into()) } else { replayed(app, &grant).await };
    }
    if arrived >= code.expires_at {
        return Err(EXPIRED.into());
    }
    if !grant.is_alive(arrived) || !user.is_active() {
        return Err(OVER.into());
    }
    let decision = permitted::for_person(app, client, &grant, &grant.scope, params).await?;
    let order = Order {
        grant: &grant,
        user: &user,
        client,
        decision,
        nonce: code.nonce.clone(),
        generation: 1,
    };
    let minted = mint::mint(app, &order, app.now()).await?;

    let mut tx = app.store.begin().await?;
    // The grant first, then what hangs on it: so does everything that locks both.
    if !tx.lock_live_grant(&grant.id, app.now()).await? {
        return Err(OVER.into());
    }
    // Read when the family is ours: who waited for it has not been answered before.
    let now = app.now();
    // It was unused when this request looked, so whoever was faster is its twin.
    if !tx.redeem_code(&hash, now).await? {
        return Err(USED.into());
    }
    if let Some(refresh_token) = &minted.refresh_token {
        tx.add_refresh_token(refresh_token).await?;
    }
    let event = event(Action::TokenIssued, &grant, now).evidence(minted.evidence);
    tx.add_audit_event(event);
    tx.commit().await?;
    Ok(minted.answer)
}

/// A code that was used before, from somebody who could have known: kills its family.
async fn replayed(app: &App, grant: &Grant) -> Result<TokenAnswer, ClientFailure> {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    if tx.revoke_grant(&grant.id, RevocationReason::CodeReplay, now).await? {
        tx.add_audit_event(event(Action::CodeReplayed, grant, now));
    }
    tx.commit().await?;
    Err(USED.into())
}
