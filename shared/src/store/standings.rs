//! What counts beside the password when a person signs in, in one look.

use super::row::{read, row};
use super::{Result, Tx, View, run};
use crate::model::{FactorKind, MfaPolicy, Standing, Timestamp, UserId};

row!(FactRow { about: String, word: String });

impl View {
    /// What a person has, what their roles want, and whether they wished to be remembered in
    /// the browser whose device secret has this hash.
    pub async fn find_standing(
        &mut self,
        user: &UserId,
        device_hash: &str,
        now: Timestamp,
    ) -> Result<Standing> {
        let facts: Vec<FactRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT 'factor' AS about, kind AS word FROM factors WHERE user_id = $1
                 UNION SELECT 'role', roles.mfa FROM user_roles
                     JOIN roles ON roles.id = user_roles.role_id
                     WHERE user_roles.user_id = $1 AND roles.mfa IS NOT NULL
                 UNION SELECT 'role', roles.mfa FROM group_users
                     JOIN group_roles ON group_roles.group_id = group_users.group_id
                     JOIN roles ON roles.id = group_roles.role_id
                     WHERE group_users.user_id = $1 AND roles.mfa IS NOT NULL
                 UNION SELECT 'password', '' FROM users WHERE id = $1 AND password_is_short
                 UNION SELECT 'browser', '' FROM remembered_browsers
                     WHERE device_hash = $2 AND user_id = $1 AND expires_at > $3"
            )
            .bind(user.as_str())
            .bind(device_hash)
            .bind(now.0)
        )?;
        let mut standing = Standing::default();
        for fact in facts {
            match fact.about.as_str() {
                "factor" => {
                    let kind = read("factors", "kind", FactorKind::parse(&fact.word))?;
                    standing.factors.push(kind);
                }
                "role" => {
                    let policy = read("roles", "mfa", MfaPolicy::parse(&fact.word))?;
                    standing.role_policy = standing.role_policy.max(Some(policy));
                }
                "password" => standing.password_is_short = true,
                _ => standing.browser_is_remembered = true,
            }
        }
        Ok(standing)
    }
}

impl View {
    /// In how many browsers a person need not show a second factor.
    pub async fn count_remembered_browsers(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<i64> {
        Ok(run!(
            self,
            fetch_one,
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM remembered_browsers WHERE user_id = $1 AND expires_at > $2"
            )
            .bind(user.as_str())
            .bind(now.0)
        )?)
    }
}

impl Tx {
    /// Remembers that a person need not show a second factor in a browser.
    pub async fn set_browser_remembered(
        &mut self,
        user: &UserId,
        device_hash: &str,
        until: Timestamp,
    ) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO remembered_browsers (device_hash, user_id, expires_at)
                 VALUES ($1, $2, $3)
                 ON CONFLICT (device_hash, user_id) DO UPDATE SET expires_at = $3"
            )
            .bind(device_hash)
            .bind(user.as_str())
            .bind(until.0)
        )?;
        Ok(())
    }

    /// Forgets all browsers of a person and gives their number.
    pub async fn delete_remembered_browsers(&mut self, user: &UserId) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query("DELETE FROM remembered_browsers WHERE user_id = $1").bind(user.as_str())
        )?)
    }

    /// Deletes browsers that are remembered no longer and gives their number.
    pub async fn delete_expired_browsers(&mut self, now: Timestamp) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query("DELETE FROM remembered_browsers WHERE expires_at <= $1").bind(now.0)
        )?)
    }
}
