//! Refresh tokens.

use super::row::row;
use super::{Arm, Result, Tx, run};
use crate::model::{GrantId, RefreshToken, Timestamp};

row!(RefreshTokenRow {
    token_hash: String,
    grant_id: String,
    generation: i64,
    issued_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
    used_from: Option<String>,
    superseded_at: Option<i64>,
    rival_used_at: Option<i64>,
    successor_used_at: Option<i64>,
});

impl From<RefreshTokenRow> for RefreshToken {
    fn from(row: RefreshTokenRow) -> Self {
        Self {
            hash: row.token_hash,
            grant_id: row.grant_id.into(),
            generation: row.generation,
            issued_at: Timestamp(row.issued_at),
            expires_at: Timestamp(row.expires_at),
            used_at: row.used_at.map(Timestamp),
            used_from: row.used_from,
            superseded_at: row.superseded_at.map(Timestamp),
            rival_used_at: row.rival_used_at.map(Timestamp),
            successor_used_at: row.successor_used_at.map(Timestamp),
        }
    }
}

/// Both changes go to the database together: under load, the way there and back takes longer
/// than they do. `$1` is the token, `$2` now, `$3` the address, `$4` to `$6` the successor.
macro_rules! redeem {
    (use) => {
        "UPDATE refresh_tokens SET used_at = $2, used_from = $3
         WHERE token_hash = $1 AND used_at IS NULL AND superseded_at IS NULL
             AND expires_at > $2
             AND EXISTS (SELECT 1 FROM grants WHERE grants.id = refresh_tokens.grant_id
                 AND grants.revoked_at IS NULL AND grants.expires_at > $2)
             AND NOT EXISTS (SELECT 1 FROM refresh_tokens rival
                 WHERE rival.grant_id = refresh_tokens.grant_id
                     AND rival.generation = refresh_tokens.generation
                     AND rival.used_at IS NOT NULL)"
    };
    (add) => {
        "INSERT INTO refresh_tokens (token_hash, grant_id, generation, issued_at, expires_at)
         SELECT $4, grant_id, generation + 1, $5, $6"
    };
    ($query:expr, $token:expr, $successor:expr, $from:expr, $now:expr) => {
        $query
            .bind(&$token.hash)
            .bind($now.0)
            .bind($from)
            .bind($successor.map(|successor| &successor.hash))
            .bind($successor.map(|successor| successor.issued_at.0))
            .bind($successor.map(|successor| successor.expires_at.0))
    };
}

const REDEEM_SQLITE: &str = concat!(
    redeem!(use),
    ";",
    redeem!(add),
    " FROM refresh_tokens WHERE token_hash = $1 AND changes() = 1 AND $4 IS NOT NULL"
);
const REDEEM_POSTGRES: &str = concat!(
    "WITH used AS (",
    redeem!(use),
    " RETURNING grant_id, generation), added AS (",
    redeem!(add),
    " FROM used WHERE $4 IS NOT NULL) SELECT 1 FROM used"
);

impl Tx {
    /// Adds a refresh token.
    pub async fn add_refresh_token(&mut self, token: &RefreshToken) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO refresh_tokens (token_hash, grant_id, generation, issued_at,
                     expires_at)
                 VALUES ($1, $2, $3, $4, $5)"
            )
            .bind(&token.hash)
            .bind(token.grant_id.as_str())
            .bind(token.generation)
            .bind(token.issued_at.0)
            .bind(token.expires_at.0)
        )?;
        Ok(())
    }

    /// Marks a refresh token of a living grant as used, and adds its successor if it has one:
    /// of several callers at the same moment, and of several tokens of its generation, exactly
    /// one gets true, and only that one's successor is added.
    ///
    /// PostgreSQL also locks the grant against being revoked until this unit of work ends;
    /// SQLite has one writer.
    pub async fn redeem_refresh_token(
        &mut self,
        token: &RefreshToken,
        successor: Option<&RefreshToken>,
        from: &str,
        now: Timestamp,
    ) -> Result<bool> {
        if self.has_rivals() && !self.lock_live_grant(&token.grant_id, now).await? {
            return Ok(false);
        }
        let changed = match self.arm()? {
            Arm::Sqlite(c) => {
                let query = redeem!(sqlx::query(REDEEM_SQLITE), token, successor, from, now);
                query.execute(c).await?.rows_affected()
            }
            Arm::Postgres(c) => {
                let query = redeem!(sqlx::query(REDEEM_POSTGRES), token, successor, from, now);
                query.execute(c).await?.rows_affected()
            }
        };
        Ok(changed > 0)
    }

    /// Takes the unused tokens of a generation out of use, so that another can take their
    /// place.
    pub async fn supersede_refresh_tokens(
        &mut self,
        grant: &GrantId,
        generation: i64,
        now: Timestamp,
    ) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "UPDATE refresh_tokens SET superseded_at = $3
                 WHERE grant_id = $1 AND generation = $2
                     AND used_at IS NULL AND superseded_at IS NULL"
            )
            .bind(grant.as_str())
            .bind(generation)
            .bind(now.0)
        )?;
        Ok(())
    }
}
