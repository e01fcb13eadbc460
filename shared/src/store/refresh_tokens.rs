//! Refresh tokens.

use serde::Serialize;

use super::row::{row, to_json};
use super::{Arm, Result, Tx, run};
use crate::model::{AuditEvent, GrantId, RefreshToken, Timestamp};

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

/// A token that is to be used.
#[derive(Debug)]
pub struct Redemption {
    /// Which.
    pub token: RefreshToken,
    /// What it gives; nothing where the client may refresh no more.
    pub successor: Option<RefreshToken>,
    /// The network address that it came from.
    pub from: String,
    /// What is written down of it if it is used; its moment is when that happens.
    pub event: AuditEvent,
}

/// A redemption as the statements read it.
#[derive(Serialize)]
struct Asked<'a> {
    token: &'a str,
    from: &'a str,
    successor: Option<&'a str>,
    issued_at: Option<i64>,
    expires_at: Option<i64>,
}

impl<'a> Asked<'a> {
    fn of(redemption: &'a Redemption) -> Self {
        let Redemption { token, successor, from, .. } = redemption;
        let successor = successor.as_ref();
        Self {
            token: &token.hash,
            from,
            successor: successor.map(|successor| successor.hash.as_str()),
            issued_at: successor.map(|successor| successor.issued_at.0),
            expires_at: successor.map(|successor| successor.expires_at.0),
        }
    }
}

/// Both changes go to the database together: under load, the way there and back takes longer
/// than they do. Any number of redemptions comes as one JSON array, `$1`; `$2` is now.
macro_rules! redeem {
    (use $asked:literal) => {
        concat!(
            "UPDATE refresh_tokens SET used_at = $2, used_from = asked.value->>'from'
             FROM ",
            $asked,
            " AND token_hash = asked.value->>'token' AND used_at IS NULL
                 AND superseded_at IS NULL AND expires_at > $2
                 AND NOT EXISTS (SELECT 1 FROM refresh_tokens rival
                     WHERE rival.grant_id = refresh_tokens.grant_id
                         AND rival.generation = refresh_tokens.generation
                         AND rival.used_at IS NOT NULL)
             RETURNING token_hash"
        )
    };
    (add $used:literal) => {
        concat!(
            "INSERT INTO refresh_tokens (token_hash, grant_id, generation, issued_at, expires_at)
             SELECT asked.value->>'successor', used.grant_id, used.generation + 1,
                 CAST(asked.value->>'issued_at' AS BIGINT),
                 CAST(asked.value->>'expires_at' AS BIGINT)
             FROM ",
            $used,
            " WHERE used.token_hash = asked.value->>'token'
                 AND asked.value->>'successor' IS NOT NULL"
        )
    };
}

// Whatever was used at another moment than this has given something before.
const REDEEM_SQLITE: &str = concat!(
    redeem!(
        use "json_each($1) asked
             WHERE EXISTS (SELECT 1 FROM grants WHERE grants.id = refresh_tokens.grant_id
                 AND grants.revoked_at IS NULL AND grants.expires_at > $2)"
    ),
    ";",
    redeem!(add "json_each($1) asked, refresh_tokens used"),
    " AND used.used_at = $2
      AND NOT EXISTS (SELECT 1 FROM refresh_tokens given
          WHERE given.grant_id = used.grant_id AND given.generation = used.generation + 1)"
);
// The families are locked and live. PostgreSQL finds the tokens by `$3`: it cannot guess how
// many stand in `$1`.
const REDEEM_POSTGRES: &str = concat!(
    "WITH used AS (",
    redeem!(use "json_array_elements(CAST($1 AS json)) asked(value) WHERE token_hash = ANY($3)"),
    ", grant_id, generation), added AS (",
    redeem!(add "used, json_array_elements(CAST($1 AS json)) asked(value)"),
    ") SELECT token_hash FROM used"
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

    /// Uses tokens of different families that live, adds what they give, and writes that
    /// down; gives the hashes of those that were used. Of several callers at the same moment,
    /// and of several tokens of one generation, exactly one uses its token.
    ///
    /// Here PostgreSQL locks the families against being revoked until this unit of work ends,
    /// and leaves out those that somebody else has locked, so that nobody waits for two;
    /// SQLite has one writer.
    pub async fn redeem_refresh_tokens(
        &mut self,
        redemptions: &[&Redemption],
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let mut redemptions = redemptions.to_vec();
        if let Arm::Postgres(connection) = self.arm()? {
            let locked: Vec<String> = sqlx::query_scalar(
                "SELECT id FROM grants
                 WHERE id = ANY($1) AND revoked_at IS NULL AND expires_at > $2
                 FOR NO KEY UPDATE SKIP LOCKED",
            )
            .bind(redemptions.iter().map(|each| each.token.grant_id.as_str()).collect::<Vec<_>>())
            .bind(now.0)
            .fetch_all(connection)
            .await?;
            redemptions.retain(|each| locked.iter().any(|id| id == each.token.grant_id.as_str()));
        }
        let asked = to_json(&redemptions.iter().map(|each| Asked::of(each)).collect::<Vec<_>>())?;
        let used: Vec<String> = match self.arm()? {
            Arm::Sqlite(connection) => {
                let redeem = sqlx::query_scalar(REDEEM_SQLITE).bind(asked).bind(now.0);
                redeem.fetch_all(connection).await
            }
            Arm::Postgres(connection) => {
                let hashes: Vec<_> = redemptions.iter().map(|each| &each.token.hash).collect();
                let redeem = sqlx::query_scalar(REDEEM_POSTGRES).bind(asked).bind(now.0);
                redeem.bind(hashes).fetch_all(connection).await
            }
        }?;
        redemptions.retain(|each| used.contains(&each.token.hash));
        for redemption in redemptions {
            self.add_audit_event(AuditEvent { at: now, ..redemption.event.clone() });
        }
        Ok(used)
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
