//! `grant_type=refresh_token`: rotation in families (RFC 6749 §6, RFC 9700 §4.14.2).
//!
//! What a token is worth when it comes is decided by [`shared::rules::refresh`].

use std::net::IpAddr;

use serde_json::{Map, Value};
use shared::crypto::token;
use shared::model::grant::RevocationReason;
use shared::model::{Action, Client, ErrorCode, Grant, RefreshToken, Refusal, Timestamp};
use shared::rules::params::Params;
use shared::rules::refresh::{self, Policy, Presented, presented};
use shared::store::Tx;

use super::{OVER, event};
use crate::app::App;
use crate::oauth::refresh::Exchange;
use crate::token::mint::{self, Minted, Order, TokenAnswer};
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
    let found = app.store.view().await?.find_refresh_token(&hash).await?;
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
    match presented(&token, grant.seen_generation, policy(app), arrived) {
        Presented::Alive | Presented::Overlapping | Presented::Retry => {}
        Presented::Expired => return Err(EXPIRED.into()),
        Presented::Twin => return Err(USED.into()),
        Presented::Reused => return Err(reused(app, &token, &grant, &presentation).await),
    }
    let generation = token.generation.saturating_add(1);
    let order = Order { grant: &grant, user: &user, client, decision, nonce: None, generation };
    let minted = mint::mint(app, &order, app.now()).await?;
    rotate(app, &token, &grant, &presentation, minted).await
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

/// Consumes the token, or stores what it gives once more, and keeps the new token.
async fn rotate(
    app: &App,
    token: &RefreshToken,
    grant: &Grant,
    presentation: &Presentation,
    minted: Minted,
) -> Result<TokenAnswer, ClientFailure> {
    let mut tx = app.store.begin().await?;
    // Read when the store is ours: who waited for it has not been answered before.
    let now = app.now();
    let Presentation { from, arrived } = presentation;
    let successor = minted.refresh_token.as_ref();
    let (action, mut evidence) = if tx.redeem_refresh_token(token, successor, from, now).await? {
        (Action::TokenRefreshed, Map::new())
    } else {
        // Whoever refreshes a family waits here for the one before: what is read next holds.
        if !tx.lock_live_grant(&grant.id, now).await? {
            return Err(OVER.into());
        }
        let (current, grant, _) = tx.find_refresh_token(&token.hash).await?.ok_or(UNKNOWN)?;
        let seen = grant.seen_generation;
        let action = match presented(&current, seen, policy(app), *arrived) {
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
            Presented::Alive | Presented::Twin | Presented::Expired => return Err(USED.into()),
        };
        if let Some(successor) = successor {
            tx.add_refresh_token(successor).await?;
        }
        (action, refresh::evidence(&current, seen, from, now))
    };
    if let Value::Object(tokens) = minted.evidence {
        evidence.extend(tokens);
    }
    let event = event(action, grant, now).evidence(Value::Object(evidence));
    tx.add_audit_event(event);
    tx.commit().await?;
    Ok(minted.answer)
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
