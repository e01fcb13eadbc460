//! Codes as a second factor, accepted once.

use super::AdminError;
use crate::crypto::recovery_code;
use crate::crypto::seal::{MasterKey, Purpose};
use crate::crypto::totp::Seed;
use crate::model::factor::FactorProof;
use crate::model::{Factor, FactorId, Timestamp, UserId};
use crate::store::Tx;

/// Accepts a code of an application for one of these factors; of several callers with the
/// same code exactly one is told so, and no code of that or an earlier period is accepted
/// again (RFC 6238 §5.2).
pub async fn accept_totp(
    master: &MasterKey,
    tx: &mut Tx,
    factors: &[Factor],
    code: &str,
    now: Timestamp,
) -> Result<Option<FactorId>, AdminError> {
    for factor in factors {
        let FactorProof::Totp { sealed_seed } = &factor.proof else { continue };
        let seed = master.open(Purpose::TotpSeed, factor.id.as_str(), sealed_seed)?;
        let Some(period) = Seed::from_bytes(seed).period_of(code, now)? else { continue };
        if tx.redeem_totp_period(&factor.id, period, now).await? {
            return Ok(Some(factor.id.clone()));
        }
    }
    Ok(None)
}

/// Uses a recovery code up: of several callers with the same one exactly one is told so.
pub async fn accept_recovery_code(
    tx: &mut Tx,
    user: &UserId,
    typed: &str,
    now: Timestamp,
) -> Result<bool, AdminError> {
    match recovery_code::hash(typed) {
        Some(hash) => Ok(tx.redeem_recovery_code(user, &hash, now).await?),
        None => Ok(false),
    }
}
