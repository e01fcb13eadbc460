//! Very many people, clients and sessions, to see how fast everything still is.

use super::revisions::Topic;
use super::{Result, Store, Tx, run};
use crate::model::Timestamp;

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// People.
    pub users: i64,
    /// Clients.
    pub clients: i64,
    /// Live sessions, spread over the people.
    pub sessions: i64,
    /// Audit events, spread over the last hour. Beside them comes a consent of each person, with
    /// the token family of one of their sessions.
    pub events: i64,
}

/// Rows that are made in one unit of work.
const BATCH: i64 = 50_000;

/// Numbers from the first to the second parameter, beside how many people and clients there
/// are in all.
macro_rules! of_numbers {
    ($insert:literal) => {
        concat!(
            "WITH RECURSIVE numbers (n) AS (SELECT CAST($1 AS BIGINT)
                 UNION ALL SELECT n + 1 FROM numbers WHERE n < $2),
             amounts (users, clients) AS (SELECT CAST($4 AS BIGINT), CAST($5 AS BIGINT)) ",
            $insert,
            " FROM numbers, amounts"
        )
    };
}

/// People; ids and names of one length, so that their order is that of the numbers.
const USERS: &str = of_numbers!(
    "INSERT INTO users (id, username, username_key, email, email_key, email_verified, profile,
         created_at, updated_at)
     SELECT 'seed-user-' || (100000000 + n), 'person' || (100000000 + n),
         'person' || (100000000 + n), 'person' || (100000000 + n) || '@example.org',
         'person' || (100000000 + n) || '@example.org', TRUE, '{}', $3 - n, $3 - n"
);
const CLIENTS: &str = of_numbers!(
    "INSERT INTO clients (id, name, kind, auth_method, redirect_uris,
         post_logout_redirect_uris, scope, grant_types, pkce, introspection, created_at,
         updated_at)
     SELECT 'seed-client-' || (100000000 + n), 'Application ' || (100000000 + n), 'spa', 'none',
         '[\"https://app' || n || '.example/callback\"]', '[]', 'openid profile email',
         'authorization_code refresh_token', 'required', 'own', $3 - n, $3 - n"
);
const SESSIONS: &str = of_numbers!(
    "INSERT INTO sessions (id, token_hash, user_id, auth_time, amr, acr, created_at, expires_at,
         address)
     SELECT 'seed-session-' || (100000000 + n), 'seed-' || n,
         'seed-user-' || (100000000 + 1 + n % users), $3 - n * 1000, 'pwd', 'password',
         $3 - n * 1000, $3 + 36000000000 + n, '192.0.2.' || (n % 256)"
);
const CONSENTS: &str = of_numbers!(
    "INSERT INTO consents (user_id, client_id, scope, granted_at, updated_at)
     SELECT 'seed-user-' || (100000000 + 1 + n % users),
         'seed-client-' || (100000000 + 1 + n % clients), 'openid profile', $3 - n * 1000,
         $3 - n * 1000"
);
const GRANTS: &str = of_numbers!(
    "INSERT INTO grants (id, user_id, client_id, session_id, scope, auth_time, amr, acr,
         created_at, expires_at)
     SELECT 'seed-grant-' || (100000000 + n), 'seed-user-' || (100000000 + 1 + n % users),
         'seed-client-' || (100000000 + 1 + n % clients), 'seed-session-' || (100000000 + n),
         'openid profile', $3 - n * 1000, 'pwd', 'password', $3 - n * 1000,
         $3 + 36000000000 + n"
);
const EVENTS: &str = of_numbers!(
    "INSERT INTO audit_events (id, at, action, actor_kind, actor, user_id, client_id,
         address)
     SELECT 'seed-event-' || (100000000 + n), $3 - n * 1000000 % 3600000000,
         CASE WHEN n % 10 = 0 THEN 'login.failed' WHEN n % 3 = 0 THEN 'login.succeeded'
             ELSE 'token.refreshed' END,
         'user', 'seed-user-' || (100000000 + 1 + n % users),
         'seed-user-' || (100000000 + 1 + n % users),
         'seed-client-' || (100000000 + 1 + n % clients), '192.0.2.' || (n % 256)"
);

impl Store {
    /// Fills a store that nobody uses. `progress` is told after each part how many rows there
    /// are, of how many.
    pub async fn seed(
        &self,
        amount: Amount,
        now: Timestamp,
        mut progress: impl FnMut(i64, i64),
    ) -> Result<()> {
        let both = if amount.clients > 0 { amount.users.min(amount.sessions) } else { 0 };
        let parts = [
            (USERS, amount.users),
            (CLIENTS, amount.clients),
            (SESSIONS, amount.sessions),
            (CONSENTS, both),
            (GRANTS, both),
            (EVENTS, amount.events),
        ];
        let total = parts.iter().map(|(_, count)| count).sum();
        let mut done = 0;
        for (statement, count) in parts {
            let mut first = 1;
            while first <= count {
                let last = (first + BATCH - 1).min(count);
                let mut tx = self.begin().await?;
                tx.seed_part(statement, (first, last), amount, now).await?;
                tx.commit().await?;
                done += last - first + 1;
                progress(done, total);
                first = last + 1;
            }
        }
        Ok(())
    }
}

impl Tx {
    async fn seed_part(
        &mut self,
        statement: &'static str,
        (first, last): (i64, i64),
        amount: Amount,
        now: Timestamp,
    ) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(statement)
                .bind(first)
                .bind(last)
                .bind(now.0)
                .bind(amount.users.max(1))
                .bind(amount.clients.max(1))
        )?;
        self.bump(Topic::Clients).await
    }
}
