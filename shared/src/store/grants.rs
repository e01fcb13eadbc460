//! What sign-ins gave clients.

use super::row::{from_json, read, row, to_json};
use super::{Result, StoreError, Tx, View, lock, run};
use crate::model::grant::RevocationReason;
use crate::model::interaction::AskedClaims;
use crate::model::{
    AuthorizationCode, ClientId, Grant, GrantId, Scope, SessionId, Timestamp, UserId,
};

row!(GrantRow {
    id: String,
    user_id: String,
    client_id: String,
    session_id: String,
    scope: String,
    resources: String,
    claims: Option<String>,
    outlives_session: bool,
    seen_generation: i64,
    auth_time: i64,
    amr: String,
    acr: String,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
});

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self> {
        let claims = match &row.claims {
            Some(text) => from_json("grants", "claims", text)?,
            None => AskedClaims::default(),
        };
        Ok(Self {
            id: row.id.into(),
            user_id: row.user_id.into(),
            client_id: row.client_id.into(),
            session_id: row.session_id.into(),
            scope: read("grants", "scope", Scope::parse(&row.scope).ok())?,
            resources: from_json("grants", "resources", &row.resources)?,
            claims,
            outlives_session: row.outlives_session,
            seen_generation: row.seen_generation,
            auth_time: Timestamp(row.auth_time),
            amr: row.amr,
            acr: row.acr,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            revoked_at: row.revoked_at.map(Timestamp),
        })
    }
}

impl View {
    /// The grant with this id, dead or alive.
    pub async fn find_grant(&mut self, id: &GrantId) -> Result<Option<Grant>> {
        let row: Option<GrantRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(
                "SELECT id, user_id, client_id, session_id, scope, resources, claims,
                     outlives_session, seen_generation, auth_time, amr, acr, created_at,
                     expires_at, revoked_at
                 FROM grants WHERE id = $1"
            )
            .bind(id.as_str())
        )?;
        row.map(Grant::try_from).transpose()
    }

    /// Why a grant was revoked, in the words of [`RevocationReason`], if it was.
    pub async fn find_revocation_reason(&mut self, id: &GrantId) -> Result<Option<String>> {
        let reason: Option<Option<String>> = run!(
            self,
            fetch_optional,
            sqlx::query_scalar("SELECT revocation_reason FROM grants WHERE id = $1")
                .bind(id.as_str())
        )?;
        Ok(reason.flatten())
    }
}

macro_rules! insert {
    (grant) => {
        "INSERT INTO grants (id, user_id, client_id, session_id, scope, resources, claims,
             outlives_session, auth_time, amr, acr, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    };
    (code) => {
        "INSERT INTO authorization_codes (code_hash, grant_id, client_id, redirect_uri,
             code_challenge, nonce, expires_at)
         VALUES ($14, $1, $3, $15, $16, $17, $18)"
    };
}

// Both go to the database together: the way there and back takes longer than they do.
const ADD_SQLITE: &str = concat!(insert!(grant), ";", insert!(code));
const ADD_POSTGRES: &str = concat!("WITH added AS (", insert!(grant), ") ", insert!(code));

macro_rules! add {
    ($sql:expr, $grant:ident, $resources:ident, $claims:ident, $hash:ident, $code:ident) => {
        sqlx::query($sql)
            .bind($grant.id.as_str())
            .bind($grant.user_id.as_str())
            .bind($grant.client_id.as_str())
            .bind($grant.session_id.as_str())
            .bind($grant.scope.to_string())
            .bind(&$resources)
            .bind(&$claims)
            .bind($grant.outlives_session)
            .bind($grant.auth_time.0)
            .bind(&$grant.amr)
            .bind(&$grant.acr)
            .bind($grant.created_at.0)
            .bind($grant.expires_at.0)
            .bind($hash)
            .bind(&$code.redirect_uri)
            .bind(&$code.code_challenge)
            .bind(&$code.nonce)
            .bind($code.expires_at.0)
    };
}

/// A statement that kills the live token families in which a column has the first value.
macro_rules! kill_grants {
    ($column:literal) => {
        concat!(
            "UPDATE grants SET revoked_at = $2, revocation_reason = $3 WHERE ",
            $column,
            " = $1 AND revoked_at IS NULL"
        )
    };
}

impl Tx {
    /// Adds a grant and the code that fetches it, by the code's hash.
    pub async fn add_grant(
        &mut self,
        grant: &Grant,
        hash: &str,
        code: &AuthorizationCode,
    ) -> Result<()> {
        let resources = to_json(&grant.resources)?;
        let asked_any = grant.claims != AskedClaims::default();
        let claims = if asked_any { Some(to_json(&grant.claims)?) } else { None };
        run!(
            self,
            execute,
            add!(ADD_SQLITE, grant, resources, claims, hash, code),
            add!(ADD_POSTGRES, grant, resources, claims, hash, code)
        )?;
        Ok(())
    }

    /// Locks a grant that is alive against being revoked until this unit of work ends;
    /// false if it is dead.
    ///
    /// Without the lock, PostgreSQL would let a refresh and a revocation pass each
    /// other, and a dead family would get a live token.
    pub async fn lock_live_grant(&mut self, id: &GrantId, now: Timestamp) -> Result<bool> {
        lock!(
            self,
            "NO KEY UPDATE",
            "SELECT 1 FROM grants WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2",
            id.as_str(),
            now.0
        )
    }

    /// Notes that somebody has used tokens of this generation, so whoever asked for them
    /// has received them.
    pub async fn set_grant_seen(&mut self, id: &GrantId, generation: i64) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "UPDATE grants SET seen_generation = $2 WHERE id = $1 AND seen_generation < $2"
            )
            .bind(id.as_str())
            .bind(generation)
        )?;
        Ok(())
    }

    /// Kills a token family; false if it was dead.
    pub async fn revoke_grant(
        &mut self,
        id: &GrantId,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.revoke(kill_grants!("id"), id.as_str(), reason, now).await? == 1)
    }

    /// Kills all token families of a person and gives their number.
    pub async fn revoke_user_grants(
        &mut self,
        user: &UserId,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<u64> {
        self.revoke(kill_grants!("user_id"), user.as_str(), reason, now).await
    }

    /// Kills all token families of a client and gives their number.
    pub async fn revoke_client_grants(
        &mut self,
        client: &ClientId,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<u64> {
        self.revoke(kill_grants!("client_id"), client.as_str(), reason, now).await
    }

    async fn revoke(
        &mut self,
        statement: &'static str,
        whose: &str,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query(statement).bind(whose).bind(now.0).bind(reason.as_str())
        )?)
    }

    /// Kills all token families that a person allowed a client and gives their number.
    pub async fn revoke_consented_grants(
        &mut self,
        user: &UserId,
        client: &ClientId,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "UPDATE grants SET revoked_at = $3, revocation_reason = $4
                 WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL"
            )
            .bind(user.as_str())
            .bind(client.as_str())
            .bind(now.0)
            .bind(reason.as_str())
        )?)
    }

    /// Kills the token families of a session that do not outlive it (Back-Channel Logout
    /// §2.7).
    pub async fn revoke_session_grants(
        &mut self,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "UPDATE grants SET revoked_at = $2, revocation_reason = $3
                 WHERE session_id = $1 AND revoked_at IS NULL AND NOT outlives_session"
            )
            .bind(session.as_str())
            .bind(now.0)
            .bind(RevocationReason::SignedOut.as_str())
        )?)
    }

    /// Kills the token families of a person's ended sessions that do not outlive them.
    pub async fn revoke_ended_sessions_grants(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "UPDATE grants SET revoked_at = $2, revocation_reason = $3
                 WHERE user_id = $1 AND revoked_at IS NULL AND NOT outlives_session
                     AND session_id IN
                         (SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL)"
            )
            .bind(user.as_str())
            .bind(now.0)
            .bind(RevocationReason::SignedOut.as_str())
        )?)
    }

    /// Kills all token families of a person but those of one session.
    pub async fn revoke_other_sessions_grants(
        &mut self,
        user: &UserId,
        keep: &SessionId,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "UPDATE grants SET revoked_at = $3, revocation_reason = $4
                 WHERE user_id = $1 AND session_id <> $2 AND revoked_at IS NULL"
            )
            .bind(user.as_str())
            .bind(keep.as_str())
            .bind(now.0)
            .bind(reason.as_str())
        )?)
    }
}
