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
    /// Adds a code.
    pub async fn add_code(&mut self, hash: &str, code: &AuthorizationCode) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO authorization_codes (code_hash, grant_id, client_id, redirect_uri,
                     code_challenge, nonce, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"
            )
            .bind(hash)
            .bind(code.grant_id.as_str())
            .bind(code.client_id.as_str())
            .bind(&code.redirect_uri)
            .bind(&code.code_challenge)
            .bind(&code.nonce)
            .bind(code.expires_at.0)
        )?;
        Ok(())
    }

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
