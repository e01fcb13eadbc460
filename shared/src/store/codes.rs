//! Authorization codes.

use super::row::row;
use super::{Result, Tx, run};
use crate::model::{AuthorizationCode, Timestamp};

row!(CodeRow {
    grant_id: String,
    client_id: String,
    redirect_uri: String,
    code_challenge: Option<String>,
    nonce: Option<String>,
    expires_at: i64,
    redeemed_at: Option<i64>,
});

impl From<CodeRow> for AuthorizationCode {
    fn from(row: CodeRow) -> Self {
        Self {
            grant_id: row.grant_id.into(),
            client_id: row.client_id.into(),
            redirect_uri: row.redirect_uri,
            code_challenge: row.code_challenge,
            nonce: row.nonce,
            expires_at: Timestamp(row.expires_at),
            redeemed_at: row.redeemed_at.map(Timestamp),
        }
    }
}

impl Tx {
    /// Marks a code as used: of several callers at the same moment, exactly one gets true.
    pub async fn redeem_code(&mut self, hash: &str, now: Timestamp) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE authorization_codes SET redeemed_at = $2
                 WHERE code_hash = $1 AND redeemed_at IS NULL"
            )
            .bind(hash)
            .bind(now.0)
        )?;
        Ok(changed == 1)
    }
}
