//! `grant_type=refresh_token`: rotation in families (RFC 6749 §6, RFC 9700 §4.14.2).
//!
//! What a token is worth when it comes is decided by [`shared::rules::refresh`].

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;
use shared::crypto::token;
use shared::model::grant::RevocationReason;
use shared::model::{
    Action, AuditEvent, Client, ErrorCode, Grant, RefreshToken, Refusal, Timestamp,
};
use shared::rules::params::Params;
use shared::rules::refresh::{self, Policy, Presented, presented};
use shared::store::{Redemption, Tx};

use super::{OVER, event};
use crate::app::{App, now};
use crate::oauth::refresh::Exchange;
use crate::token::mint::{self, Order, TokenAnswer};
use crate::token::permitted;
use crate::web::failure::ClientFailure;

const UNKNOWN: Refusal = ErrorCode::InvalidGrant.because("the refresh token is not known here");
const EXPIRED: Refusal = ErrorCode::InvalidGrant.because("the refresh token has expired");
const USED: Refusal = ErrorCode::InvalidGrant.because("the refresh token was used before");

/// Trades a refresh token for fresh tokens.
pub(crate) async fn exchange(
    app: &App,
    client: &Client,
    params: &Params,
    from: IpAddr,
    arrived: Timestamp,
) -> Result<TokenAnswer, ClientFailure> {
    let (exchange, secret) = Exchange::begin(params, client)?;
    let hash = token::hash(&secret);
    let found = app.store.find_refresh_token(&hash).await?;
    let (token, grant, user) = found.ok_or(UNKNOWN)?;
    if grant.client_id != client.id {
        return Err(UNKNOWN.into());
    }
    if !grant.is_alive(arrived) || !user.is_active() {
        return Err(OVER.into());
    }
    let scope = exchange.check(&grant)?;
    let decision = permitted::for_person(app, client, &grant, &scope, params).await?;
    let presentation = Presentation { from: from.to_string(), arrived };
    let meaning = presented(&token, grant.seen_generation, policy(app), arrived);
    match meaning {
        Presented::Alive | Presented::Overlapping | Presented::Retry => {}
        Presented::Expired => return Err(EXPIRED.into()),
        Presented::Twin => return Err(USED.into()),
        Presented::Reused => return Err(reused(app, &token, &grant, &presentation).await),
    }
    let generation = token.generation.saturating_add(1);
    let order = Order { grant: &grant, user: &user, client, decision, nonce: None, generation };
    let minted = mint::mint(app, &order, app.now()).await?;
    let event = event(Action::TokenRefreshed, &grant, arrived).evidence(minted.evidence);
    let redemption = Arc::new(Redemption {
        token,
        successor: minted.refresh_token,
        from: presentation.from.clone(),
        event,
    });
    let at_once = meaning == Presented::Alive
        && app.store.redeem_refresh_token(Arc::clone(&redemption), now).await?;
    if !at_once {
        settle(app, &redemption, &presentation).await?;
    }
    Ok(minted.answer)
}

fn policy(app: &App) -> Policy {
    Policy {
        retry_window: app.config.refresh_retry_window.0,
        overlap: app.config.refresh_overlap.0,
    }
}

/// How a token came.
struct Presentation {
    /// The network address.
    from: String,
    arrived: Timestamp,
}

/// Looks once more with the family in hand: it was not alone with it, or the token had been
/// used before. Consumes it, or stores what it gives once more.
async fn settle(
    app: &App,
    redemption: &Redemption,
    presentation: &Presentation,
) -> Result<(), ClientFailure> {
    let Redemption { token, successor, from, event } = redemption;
    let mut tx = app.store.begin().await?;
    // Whoever refreshes a family waits here for the one before: what is read next holds.
    if !tx.lock_live_grant(&token.grant_id, app.now()).await? {
        return Err(OVER.into());
    }
    // Read when the family is ours: who waited for it has not been answered before.
    let now = app.now();
    let (current, grant, _) = tx.find_refresh_token(&token.hash).await?.ok_or(UNKNOWN)?;
    let seen = grant.seen_generation;
    let action = match presented(&current, seen, policy(app), presentation.arrived) {
        Presented::Alive => {
            if tx.redeem_refresh_tokens(&[redemption], now).await?.is_empty() {
                return Err(USED.into());
            }
            return Ok(tx.commit().await?);
        }
        Presented::Overlapping => Action::TokenRefreshOverlapped,
        Presented::Retry => {
            let given = token.generation.saturating_add(1);
            tx.supersede_refresh_tokens(&grant.id, given, now).await?;
            Action::TokenRefreshRetried
        }
        Presented::Reused => {
            drop(tx);
            return Err(reused(app, &current, &grant, presentation).await);
        }
        Presented::Twin | Presented::Expired => return Err(USED.into()),
    };
    if let Some(successor) = successor {
        tx.add_refresh_token(successor).await?;
    }
    let mut evidence = refresh::evidence(&current, seen, from, now);
    if let Some(Value::Object(tokens)) = &event.evidence {
        evidence.extend(tokens.clone());
    }
    let evidence = Some(Value::Object(evidence));
    tx.add_audit_event(AuditEvent { at: now, action, evidence, ..event.clone() });
    Ok(tx.commit().await?)
}

/// Two holders have this token: kills the family, and says so.
async fn reused(
    app: &App,
    token: &RefreshToken,
    grant: &Grant,
    presentation: &Presentation,
) -> ClientFailure {
    let now = app.now();
    let kill = async {
        let mut tx: Tx = app.store.begin().await?;
        if tx.revoke_grant(&grant.id, RevocationReason::RefreshTokenReuse, now).await? {
            let Presentation { from, .. } = presentation;
            let evidence = refresh::evidence(token, grant.seen_generation, from, now);
            let event = event(Action::TokenTheftSuspected, grant, now);
            tx.add_audit_event(event.evidence(Value::Object(evidence)));
        }
        tx.commit().await
    };
    match kill.await {
        Ok(()) => USED.into(),
        Err(fault) => fault.into(),
    }
}
