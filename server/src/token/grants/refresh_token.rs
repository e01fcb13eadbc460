//! `grant_type=refresh_token`: rotation in families (RFC 6749 §6, RFC 9700 §4.14.2).
//!
//! A token is used once and gives a successor. A client that never got the answer knows
//! only the old one: as long as the successor was never used, the old one gives another
//! in its place. Once the successor was used, both sides know it, and whoever comes with
//! the old one is not the one who has the new: the family dies.

use shared::crypto::token;
use shared::model::grant::RevocationReason;
use shared::model::{Action, Client, ErrorCode, Grant, RefreshToken, Refusal, Timestamp, User};
use shared::rules::params::Params;
use shared::rules::refresh::{Presented, presented};

use super::{OVER, event, find_family};
use crate::app::App;
use crate::oauth::refresh::Exchange;
use crate::token::mint::{self, Minted, Order, TokenAnswer};
use crate::web::failure::ClientFailure;

const UNKNOWN: Refusal = ErrorCode::InvalidGrant.because("the refresh token is not known here");
const EXPIRED: Refusal = ErrorCode::InvalidGrant.because("the refresh token has expired");
const USED: Refusal = ErrorCode::InvalidGrant.because("the refresh token was used before");

/// Trades a refresh token for fresh tokens.
pub(crate) async fn exchange(
    app: &App,
    client: &Client,
    params: &Params,
    arrived: Timestamp,
) -> Result<TokenAnswer, ClientFailure> {
    let (exchange, secret) = Exchange::begin(params, client)?;
    let hash = token::hash(&secret);
    let (token, grant, user) = find(app, &hash).await?.ok_or(UNKNOWN)?;
    if grant.client_id != client.id {
        return Err(UNKNOWN.into());
    }
    if !grant.is_alive(arrived) || !user.is_active() {
        return Err(OVER.into());
    }
    let scope = exchange.check(&grant)?;
    match presented(&token, app.config.refresh_retry_window.0, arrived) {
        Presented::Alive | Presented::Retry => {}
        Presented::Expired => return Err(EXPIRED.into()),
        Presented::Overlapping => return Err(USED.into()),
        Presented::Reused => return reused(app, &grant).await,
    }
    let generation = token.generation.saturating_add(1);
    let order = Order { grant: &grant, client, scope, nonce: None, generation };
    let minted = mint::mint(app, &order, app.now())?;
    let rotation = Rotation { token: &token, grant: &grant, arrived };
    rotate(app, &rotation, minted).await
}

/// A token that was looked at and found good enough to go on.
struct Rotation<'a> {
    token: &'a RefreshToken,
    grant: &'a Grant,
    arrived: Timestamp,
}

/// Consumes the token, or puts another successor in the place of the unused one, and
/// stores the new token.
async fn rotate(
    app: &App,
    rotation: &Rotation<'_>,
    minted: Minted,
) -> Result<TokenAnswer, ClientFailure> {
    let Rotation { token, grant, arrived } = *rotation;
    let mut tx = app.store.begin().await?;
    // Read when the store is ours: who waited for it has not been answered before.
    let now = app.now();
    // Whoever refreshes a family waits here for the one before: what is read next holds.
    if !tx.lock_live_grant(&grant.id, now).await? {
        return Err(OVER.into());
    }
    let action = if tx.redeem_refresh_token(&token.hash, now).await? {
        Action::TokenRefreshed
    } else {
        let current = tx.find_refresh_token(&token.hash).await?.ok_or(UNKNOWN)?;
        match presented(&current, app.config.refresh_retry_window.0, arrived) {
            Presented::Retry => {}
            Presented::Reused => {
                drop(tx);
                return reused(app, grant).await;
            }
            _ => return Err(USED.into()),
        }
        let successor = token.generation.saturating_add(1);
        if !tx.supersede_refresh_token(&grant.id, successor, now).await? {
            drop(tx);
            return reused(app, grant).await;
        }
        Action::TokenRefreshRetried
    };
    if let Some(refresh_token) = &minted.refresh_token {
        tx.add_refresh_token(refresh_token).await?;
    }
    tx.add_audit_event(&event(action, grant, now)).await?;
    tx.commit().await?;
    Ok(minted.answer)
}

async fn find(app: &App, hash: &str) -> Result<Option<(RefreshToken, Grant, User)>, ClientFailure> {
    let mut view = app.store.view().await?;
    let Some(token) = view.find_refresh_token(hash).await? else { return Ok(None) };
    let family = find_family(&mut view, &token.grant_id).await?;
    Ok(family.map(|(grant, user)| (token, grant, user)))
}

/// Two holders have this token: kills the family.
async fn reused(app: &App, grant: &Grant) -> Result<TokenAnswer, ClientFailure> {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    if tx.revoke_grant(&grant.id, RevocationReason::RefreshTokenReuse, now).await? {
        tx.add_audit_event(&event(Action::TokenTheftSuspected, grant, now)).await?;
    }
    tx.commit().await?;
    Err(USED.into())
}
