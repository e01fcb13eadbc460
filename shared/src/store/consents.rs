//! What people remember to have allowed.

use super::row::{joined_row, read, row};
use super::{Result, StoreError, Tx, View, lock, run};
use crate::model::{ClientId, Consent, Scope, Timestamp, UserId};

row!(ConsentRow {
    user_id: String,
    client_id: String,
    scope: String,
    granted_at: i64,
    updated_at: i64,
});

impl TryFrom<ConsentRow> for Consent {
    type Error = StoreError;

    fn try_from(row: ConsentRow) -> Result<Self> {
        Ok(Self {
            user_id: row.user_id.into(),
            client_id: row.client_id.into(),
            scope: read("consents", "scope", Scope::parse(&row.scope).ok())?,
            granted_at: Timestamp(row.granted_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

row!(Seen {
    name: String,
    signed_in_at: Option<i64>,
    refreshed_at: Option<i64>,
});

joined_row!(ApplicationRow { consent: ConsentRow = "", seen: Seen = "" });

/// An application to which a person allowed something, as they look at it.
#[derive(Debug, Clone)]
pub struct Application {
    /// What they allowed.
    pub consent: Consent,
    /// Its name.
    pub name: String,
    /// When it last got tokens for them.
    pub last_used_at: Option<Timestamp>,
}

impl View {
    /// What this person allowed this client.
    pub async fn find_consent(
        &mut self,
        user: &UserId,
        client: &ClientId,
    ) -> Result<Option<Consent>> {
        let row: Option<ConsentRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(
                "SELECT user_id, client_id, scope, granted_at, updated_at FROM consents
                 WHERE user_id = $1 AND client_id = $2"
            )
            .bind(user.as_str())
            .bind(client.as_str())
        )?;
        row.map(Consent::try_from).transpose()
    }

    /// The same with the applications' names, in their order, and when each was last used.
    pub async fn list_applications(&mut self, user: &UserId) -> Result<Vec<Application>> {
        let rows: Vec<ApplicationRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT user_id, client_id, consents.scope AS scope, granted_at,
                     consents.updated_at AS updated_at, clients.name AS name,
                     (SELECT MAX(grants.created_at) FROM grants
                         WHERE grants.user_id = consents.user_id
                             AND grants.client_id = consents.client_id) AS signed_in_at,
                     (SELECT MAX(refresh_tokens.issued_at) FROM refresh_tokens
                         JOIN grants ON grants.id = grant_id
                         WHERE grants.user_id = consents.user_id
                             AND grants.client_id = consents.client_id) AS refreshed_at
                 FROM consents JOIN clients ON clients.id = client_id
                 WHERE user_id = $1 ORDER BY clients.name, client_id"
            )
            .bind(user.as_str())
        )?;
        let application = |row: ApplicationRow| {
            let last = row.seen.signed_in_at.max(row.seen.refreshed_at).map(Timestamp);
            let consent = Consent::try_from(row.consent)?;
            Ok(Application { name: row.seen.name, last_used_at: last, consent })
        };
        rows.into_iter().map(application).collect()
    }

    /// Everything that this person allowed, in the order of the clients' ids.
    pub async fn list_consents(&mut self, user: &UserId) -> Result<Vec<Consent>> {
        let rows: Vec<ConsentRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT user_id, client_id, scope, granted_at, updated_at FROM consents
                 WHERE user_id = $1 ORDER BY client_id"
            )
            .bind(user.as_str())
        )?;
        rows.into_iter().map(Consent::try_from).collect()
    }
}

impl Tx {
    /// Locks a consent against being withdrawn until this unit of work ends; false if
    /// there is none.
    pub async fn lock_consent(&mut self, user: &UserId, client: &ClientId) -> Result<bool> {
        lock!(
            self,
            "SHARE",
            "SELECT 1 FROM consents WHERE user_id = $1 AND client_id = $2",
            user.as_str(),
            client.as_str()
        )
    }

    /// What a person allowed a client, which nobody else changes until this unit of work ends.
    pub async fn hold_consent(
        &mut self,
        user: &UserId,
        client: &ClientId,
    ) -> Result<Option<Consent>> {
        run!(
            self,
            execute,
            sqlx::query(
                "UPDATE consents SET updated_at = updated_at
                 WHERE user_id = $1 AND client_id = $2"
            )
            .bind(user.as_str())
            .bind(client.as_str())
        )?;
        self.find_consent(user, client).await
    }

    /// Remembers what a person allowed, in place of what was remembered before.
    pub async fn set_consent(
        &mut self,
        user: &UserId,
        client: &ClientId,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO consents (user_id, client_id, scope, granted_at, updated_at)
                 VALUES ($1, $2, $3, $4, $4)
                 ON CONFLICT (user_id, client_id)
                 DO UPDATE SET scope = excluded.scope, updated_at = excluded.updated_at"
            )
            .bind(user.as_str())
            .bind(client.as_str())
            .bind(scope.to_string())
            .bind(now.0)
        )?;
        Ok(())
    }

    /// Forgets what a person allowed a client.
    pub async fn delete_consent(&mut self, user: &UserId, client: &ClientId) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query("DELETE FROM consents WHERE user_id = $1 AND client_id = $2")
                .bind(user.as_str())
                .bind(client.as_str())
        )?;
        Ok(())
    }
}
