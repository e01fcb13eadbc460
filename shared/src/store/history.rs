//! Sign-ins that ended long ago, over all the tables that they leave rows in.
//!
//! There may be very many of them, and none of their tables has an index by the end of a
//! row, which every sign-in and every refresh would have to keep. So they are walked through
//! in the order in which they were made, a slice at a time, as ids sort by that.

use super::{Result, Tx, run};
use crate::model::Timestamp;

/// What a walk is about.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// What ended before this moment is deleted.
    pub ended_before: Timestamp,
    /// This moment.
    pub now: Timestamp,
    /// How many rows are looked at in one slice.
    pub slice: i64,
}

/// What came of one slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The last row that was looked at; none if there were no more.
    pub last: Option<String>,
    /// How many rows were deleted, of all tables.
    pub deleted: u64,
}

impl Tx {
    /// Looks at the next grants after the one named: deletes their codes and refresh tokens
    /// that ended long ago, and those grants on which nothing hangs any more.
    ///
    /// The last one of each session that lives and of each application that somebody allowed
    /// something is kept: it says when they were last used.
    pub async fn delete_ended_grants(&mut self, after: &str, walk: Walk) -> Result<Slice> {
        let Walk { ended_before, now, slice } = walk;
        let last: Option<String> = run!(
            self,
            fetch_one,
            sqlx::query_scalar(
                "SELECT MAX(id) FROM (SELECT id FROM grants WHERE id > $1 AND created_at < $2
                 ORDER BY id LIMIT $3) AS slice"
            )
            .bind(after)
            .bind(ended_before.0)
            .bind(slice)
        )?;
        let Some(until) = &last else { return Ok(Slice { last, deleted: 0 }) };
        let tokens = run!(
            self,
            execute,
            sqlx::query(
                "DELETE FROM refresh_tokens WHERE grant_id > $1 AND grant_id <= $2
                     AND (expires_at < $3 OR grant_id IN (SELECT id FROM grants
                         WHERE id > $1 AND id <= $2 AND revoked_at < $3))"
            )
            .bind(after)
            .bind(until)
            .bind(ended_before.0)
        )?;
        let codes = run!(
            self,
            execute,
            sqlx::query(
                "DELETE FROM authorization_codes
                 WHERE grant_id > $1 AND grant_id <= $2 AND expires_at < $3"
            )
            .bind(after)
            .bind(until)
            .bind(ended_before.0)
        )?;
        let grants = run!(
            self,
            execute,
            sqlx::query(
                "DELETE FROM grants WHERE id > $1 AND id <= $2 AND created_at < $3
                     AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE grant_id = grants.id)
                     AND NOT EXISTS (SELECT 1 FROM authorization_codes WHERE grant_id = grants.id)
                     AND (EXISTS (SELECT 1 FROM grants newer
                             WHERE newer.session_id = grants.session_id AND newer.id > grants.id)
                         OR NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = grants.session_id
                             AND ended_at IS NULL AND sessions.expires_at > $4))
                     AND (EXISTS (SELECT 1 FROM grants newer
                             WHERE newer.user_id = grants.user_id
                                 AND newer.client_id = grants.client_id AND newer.id > grants.id)
                         OR NOT EXISTS (SELECT 1 FROM consents
                             WHERE consents.user_id = grants.user_id
                                 AND consents.client_id = grants.client_id))"
            )
            .bind(after)
            .bind(until)
            .bind(ended_before.0)
            .bind(now.0)
        )?;
        Ok(Slice { last, deleted: tokens + codes + grants })
    }

    /// Looks at the next sessions after the one named and deletes those that ended long ago
    /// and that no grant and no sign-in in progress names any more.
    pub async fn delete_ended_sessions(&mut self, after: &str, walk: Walk) -> Result<Slice> {
        let Walk { ended_before, slice, .. } = walk;
        let last: Option<String> = run!(
            self,
            fetch_one,
            sqlx::query_scalar(
                "SELECT MAX(id) FROM (SELECT id FROM sessions WHERE id > $1 AND created_at < $2
                 ORDER BY id LIMIT $3) AS slice"
            )
            .bind(after)
            .bind(ended_before.0)
            .bind(slice)
        )?;
        let Some(until) = &last else { return Ok(Slice { last, deleted: 0 }) };
        let deleted = run!(
            self,
            execute,
            sqlx::query(
                "DELETE FROM sessions WHERE id > $1 AND id <= $2
                     AND (ended_at < $3 OR expires_at < $3)
                     AND NOT EXISTS (SELECT 1 FROM grants WHERE session_id = sessions.id)
                     AND NOT EXISTS (SELECT 1 FROM interactions WHERE session_id = sessions.id)"
            )
            .bind(after)
            .bind(until)
            .bind(ended_before.0)
        )?;
        Ok(Slice { last, deleted })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::grant::RevocationReason;
    use crate::model::interaction::AskedClaims;
    use crate::model::{
        AuthorizationCode, Client, ClientKind, Grant, Level, Profile, RefreshToken, Scope, Session,
        User,
    };
    use crate::store::Store;

    const DAY: Duration = Duration::from_hours(24);

    fn day(number: u32) -> Timestamp {
        Timestamp(0).plus(DAY * number)
    }

    async fn session(tx: &mut Tx, id: &str, made: u32, expires: u32) {
        let session = Session {
            id: id.into(),
            user_id: "ada".into(),
            auth_time: day(made),
            amr: "pwd".to_owned(),
            level: Level::Password,
            user_agent: None,
            address: None,
            created_at: day(made),
            expires_at: day(expires),
        };
        tx.add_session(&session, id).await.unwrap();
    }

    async fn grant(tx: &mut Tx, id: &str, session: &str, client: &str, made: u32) {
        let grant = Grant {
            id: id.into(),
            user_id: "ada".into(),
            client_id: client.into(),
            session_id: session.into(),
            scope: Scope::default(),
            resources: Vec::new(),
            claims: AskedClaims::default(),
            outlives_session: false,
            seen_generation: 0,
            auth_time: day(made),
            amr: "pwd".to_owned(),
            acr: "password".to_owned(),
            created_at: day(made),
            expires_at: day(1000),
            revoked_at: None,
        };
        let code = AuthorizationCode {
            grant_id: id.into(),
            client_id: client.into(),
            redirect_uri: String::new(),
            code_challenge: None,
            nonce: None,
            expires_at: day(made).plus(Duration::from_mins(1)),
            redeemed_at: None,
        };
        tx.add_grant(&grant, id, &code).await.unwrap();
    }

    async fn token(tx: &mut Tx, id: &str, grant: &str, made: u32) {
        let token = RefreshToken {
            hash: id.to_owned(),
            grant_id: grant.into(),
            generation: i64::from(made),
            issued_at: day(made),
            expires_at: day(made + 30),
            used_at: None,
            used_from: None,
            superseded_at: None,
            rival_used_at: None,
            successor_used_at: None,
        };
        tx.add_refresh_token(&token).await.unwrap();
    }

    /// A store in which Ada, shop and wiki have these sign-ins.
    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let store = Store::open(&url, 4).await.unwrap();
        store.migrate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let ada = User {
            id: "ada".into(),
            username: "ada".to_owned(),
            email: None,
            email_verified: false,
            profile: Profile::default(),
            password_hash: None,
            disabled_at: None,
            sign_outs: 0,
            version: 1,
            created_at: day(0),
            updated_at: day(0),
        };
        tx.add_user(&ada).await.unwrap();
        for client in ["shop", "wiki"] {
            let client = Client::new(client.into(), client, ClientKind::Web, day(0));
            assert!(tx.add_client(&client).await.unwrap());
        }
        tx.set_consent(&"ada".into(), &"wiki".into(), &Scope::default(), day(0)).await.unwrap();
        tx.commit().await.unwrap();
        (folder, store)
    }

    /// Walks through everything in slices of two, on this day, for what is over for 30 days.
    async fn walk(store: &Store, on: u32) -> u64 {
        let walk = Walk { ended_before: day(on - 30), now: day(on), slice: 2 };
        let mut deleted = 0;
        let (mut grant, mut session) = (Some(String::new()), Some(String::new()));
        while let Some(after) = grant {
            let mut tx = store.begin().await.unwrap();
            let slice = tx.delete_ended_grants(&after, walk).await.unwrap();
            tx.commit().await.unwrap();
            (grant, deleted) = (slice.last, deleted + slice.deleted);
        }
        while let Some(after) = session {
            let mut tx = store.begin().await.unwrap();
            let slice = tx.delete_ended_sessions(&after, walk).await.unwrap();
            tx.commit().await.unwrap();
            (session, deleted) = (slice.last, deleted + slice.deleted);
        }
        deleted
    }

    async fn has_grant(store: &Store, id: &str) -> bool {
        store.view().await.unwrap().find_grant(&id.into()).await.unwrap().is_some()
    }

    async fn has_token(store: &Store, id: &str) -> bool {
        store.view().await.unwrap().find_refresh_token(id).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn what_ended_long_ago_goes_and_what_is_in_use_stays() {
        let (_folder, store) = store().await;
        let mut tx = store.begin().await.unwrap();
        session(&mut tx, "s1", 0, 1).await;
        session(&mut tx, "s2", 10, 300).await;
        for (id, in_session, client, made) in [
            ("g1", "s1", "shop", 0),
            ("g2", "s1", "shop", 0),
            ("g3", "s2", "shop", 10),
            ("g4", "s2", "shop", 11),
            ("g5", "s1", "wiki", 0),
        ] {
            grant(&mut tx, id, in_session, client, made).await;
        }
        // It is refreshed every now and then.
        for made in [0, 20, 45] {
            token(&mut tx, &format!("t{made}"), "g2", made).await;
        }
        tx.commit().await.unwrap();

        assert_eq!(walk(&store, 30).await, 0, "it did not end long ago");
        assert_eq!(walk(&store, 40).await, 3 + 1, "three codes, and one grant");
        assert!(!has_grant(&store, "g1").await, "nothing hangs on it");
        for kept in ["g2", "g3", "g4", "g5"] {
            assert!(has_grant(&store, kept).await, "{kept}");
        }
        assert!(has_token(&store, "t0").await, "its reuse is still told from a stranger's");
        // The codes of g3 and g4, g3 itself as s2 has a newer one, and the first token.
        assert_eq!(walk(&store, 61).await, 2 + 1 + 1);
        assert!(!has_token(&store, "t0").await && has_token(&store, "t20").await);
        assert!(has_grant(&store, "g4").await, "it says when the session was last used");

        let mut tx = store.begin().await.unwrap();
        tx.revoke_grant(&"g2".into(), RevocationReason::RevokedByClient, day(62)).await.unwrap();
        tx.commit().await.unwrap();
        walk(&store, 91).await;
        assert!(has_token(&store, "t45").await);
        walk(&store, 93).await;
        assert!(!has_grant(&store, "g2").await, "it was revoked long ago");
        // Once the other session is over, nothing is left of either but the last use of the
        // application that Ada allowed something, with its session.
        walk(&store, 400).await;
        for (id, kept) in [("g3", false), ("g4", false), ("g5", true)] {
            assert_eq!(has_grant(&store, id).await, kept, "{id}");
        }
        let mut tx = store.begin().await.unwrap();
        session(&mut tx, "s2", 400, 401).await;
        tx.commit().await.unwrap();
        assert_eq!(walk(&store, 500).await, 1);
    }
}
