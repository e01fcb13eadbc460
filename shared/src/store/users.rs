//! People.

use super::row::{from_json, row, to_json};
use super::{Result, StoreError, Tx, View, lock, run};
use crate::model::user::login_key;
use crate::model::{Timestamp, User, UserId};

row!(UserRow {
    id: String,
    username: String,
    email: Option<String>,
    email_verified: bool,
    profile: String,
    password_hash: Option<String>,
    disabled_at: Option<i64>,
    sign_outs: i64,
    version: i64,
    created_at: i64,
    updated_at: i64,
});

/// A statement that gives whole people.
macro_rules! select_users {
    ($($which:expr),+) => {
        concat!(
            "SELECT id, username, email, email_verified, profile, password_hash, disabled_at,
                 sign_outs, version, created_at, updated_at
             FROM users ",
            $($which),+
        )
    };
}
pub(super) use select_users;

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            username: row.username,
            email: row.email,
            email_verified: row.email_verified,
            profile: from_json("users", "profile", &row.profile)?,
            password_hash: row.password_hash,
            disabled_at: row.disabled_at.map(Timestamp),
            sign_outs: row.sign_outs,
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

impl View {
    /// The person with this id.
    pub async fn find_user(&mut self, id: &UserId) -> Result<Option<User>> {
        let row: Option<UserRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_users!("WHERE id = $1")).bind(id.as_str())
        )?;
        row.map(User::try_from).transpose()
    }

    /// The person who signs in with this user name or, failing that, this e-mail address.
    pub async fn find_user_by_login(&mut self, typed: &str) -> Result<Option<User>> {
        let row: Option<UserRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_users!(
                "WHERE username_key = $1 OR email_key = $1
                 ORDER BY CASE WHEN username_key = $1 THEN 0 ELSE 1 END
                 LIMIT 1"
            ))
            .bind(login_key(typed))
        )?;
        row.map(User::try_from).transpose()
    }

    /// The person whom an operator names: by id or, failing that, by what they sign in with. Ids
    /// come first, because names are free: somebody could be called by another's id.
    pub async fn find_named_user(&mut self, named: &str) -> Result<Option<User>> {
        match self.find_user(&named.into()).await? {
            Some(user) => Ok(Some(user)),
            None => self.find_user_by_login(named).await,
        }
    }

    /// At most `limit` people in the order of their user names, after the one named.
    pub async fn list_users(&mut self, after: &str, limit: i64) -> Result<Vec<User>> {
        let rows: Vec<UserRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(select_users!("WHERE username_key > $1 ORDER BY username_key LIMIT $2"))
                .bind(login_key(after))
                .bind(limit)
        )?;
        rows.into_iter().map(User::try_from).collect()
    }
}

impl Tx {
    /// Adds a person; false if the id, user name or address is another's already.
    ///
    /// A name that is another's address, or the other way round, counts as taken too:
    /// otherwise whoever chose it could stand between that person and their sign-in.
    pub async fn add_user(&mut self, user: &User) -> Result<bool> {
        let profile = to_json(&user.profile)?;
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO users (id, username, username_key, email, email_key, email_verified,
                     profile, password_hash, disabled_at, created_at, updated_at)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
                 WHERE NOT EXISTS (SELECT 1 FROM users WHERE email_key = $3 OR username_key = $5)
                 ON CONFLICT DO NOTHING"
            )
            .bind(user.id.as_str())
            .bind(&user.username)
            .bind(login_key(&user.username))
            .bind(&user.email)
            .bind(user.email.as_deref().map(login_key))
            .bind(user.email_verified)
            .bind(&profile)
            .bind(&user.password_hash)
            .bind(user.disabled_at.map(|at| at.0))
            .bind(user.created_at.0)
            .bind(user.updated_at.0)
        )?;
        Ok(added == 1)
    }

    /// Sets the password's hash, and whether the password is too short to stand alone.
    pub async fn set_user_password(
        &mut self,
        id: &UserId,
        hash: &str,
        is_short: bool,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE users SET password_hash = $2, password_is_short = $3, version = version + 1
                 WHERE id = $1"
            )
            .bind(id.as_str())
            .bind(hash)
            .bind(is_short)
        )?;
        Ok(changed == 1)
    }

    /// Takes the password from a person.
    pub async fn delete_user_password(&mut self, id: &UserId) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE users SET password_hash = NULL, password_is_short = FALSE,
                     version = version + 1
                 WHERE id = $1"
            )
            .bind(id.as_str())
        )?;
        Ok(changed == 1)
    }

    /// Locks a person for whoever changes what they sign in with, until this unit of work ends,
    /// and says whether their password is too short to stand alone.
    pub async fn lock_user_password(&mut self, id: &UserId) -> Result<bool> {
        let is_short: Option<bool> = run!(
            self,
            fetch_optional,
            sqlx::query_scalar(
                "UPDATE users SET password_is_short = password_is_short WHERE id = $1
                 RETURNING password_is_short"
            )
            .bind(id.as_str())
        )?;
        Ok(is_short.unwrap_or(false))
    }

    /// Locks a person whose password was checked until this unit of work ends, and sets
    /// the hash anew, perhaps under today's parameters, and how long the password is; false if
    /// meanwhile the password was set or the person disabled, so that the check is worth
    /// nothing any more.
    pub async fn lock_checked_user(
        &mut self,
        id: &UserId,
        checked: &str,
        rehashed: &str,
        is_short: bool,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE users SET password_hash = $3, password_is_short = $4
                 WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL"
            )
            .bind(id.as_str())
            .bind(checked)
            .bind(rehashed)
            .bind(is_short)
        )?;
        Ok(changed == 1)
    }

    /// Counts that everything of a person's is ended: an operator who signed in to a console
    /// before is out of it, and every browser that was known to them is a stranger.
    pub(super) async fn count_sign_out(&mut self, id: &UserId) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query("UPDATE users SET sign_outs = sign_outs + 1 WHERE id = $1")
                .bind(id.as_str())
        )?;
        Ok(())
    }

    /// Locks a person against being disabled until this unit of work ends; false if they are.
    pub async fn lock_live_user(&mut self, id: &UserId) -> Result<bool> {
        lock!(
            self,
            "SHARE",
            "SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL",
            id.as_str()
        )
    }

    /// Disables a person; false if they already were.
    pub async fn set_user_disabled(&mut self, id: &UserId, now: Timestamp) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE users SET disabled_at = $2, version = version + 1
                 WHERE id = $1 AND disabled_at IS NULL"
            )
            .bind(id.as_str())
            .bind(now.0)
        )?;
        Ok(changed == 1)
    }

    /// Lets a person in again; false if they were not disabled.
    pub async fn set_user_enabled(&mut self, id: &UserId) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE users SET disabled_at = NULL, version = version + 1
                 WHERE id = $1 AND disabled_at IS NOT NULL"
            )
            .bind(id.as_str())
        )?;
        Ok(changed == 1)
    }

    /// Sets what is on record about a person, if nobody changed it since `user.version`;
    /// false if somebody did, or the name or address is somebody else's already.
    pub async fn set_user_profile(&mut self, user: &User) -> Result<bool> {
        let profile = to_json(&user.profile)?;
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE users SET username = $2, username_key = $3, email = $4, email_key = $5,
                     email_verified = $6, profile = $7, updated_at = $8, version = version + 1
                 WHERE id = $1 AND version = $9 AND NOT EXISTS
                     (SELECT 1 FROM users AS others WHERE others.id <> $1
                         AND (others.email_key IN ($3, $5) OR others.username_key IN ($3, $5)))"
            )
            .bind(user.id.as_str())
            .bind(&user.username)
            .bind(login_key(&user.username))
            .bind(&user.email)
            .bind(user.email.as_deref().map(login_key))
            .bind(user.email_verified)
            .bind(&profile)
            .bind(user.updated_at.0)
            .bind(user.version)
        );
        match changed {
            Ok(changed) => Ok(changed == 1),
            // Somebody else took the name or address at the same moment.
            Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => Ok(false),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Deletes a person with everything that is theirs alone; what happened stays written
    /// down, under their id.
    pub async fn delete_user(&mut self, id: &UserId) -> Result<bool> {
        for statement in DELETE_WHAT_IS_THEIRS {
            run!(self, execute, sqlx::query(*statement).bind(id.as_str()))?;
        }
        let deleted =
            run!(self, execute, sqlx::query("DELETE FROM users WHERE id = $1").bind(id.as_str()))?;
        Ok(deleted == 1)
    }
}

/// What goes with a person, in the order in which it hangs together.
const DELETE_WHAT_IS_THEIRS: &[&str] = &[
    "DELETE FROM interactions WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)",
    "DELETE FROM consents WHERE user_id = $1",
    "DELETE FROM consent_changes WHERE user_id = $1",
    // Whoever withdraws a consent goes on to its grants, and whoever refreshes locks the grant
    // before its tokens: in another order two would wait for each other.
    "UPDATE grants SET user_id = user_id WHERE user_id = $1",
    "DELETE FROM refresh_tokens WHERE grant_id IN (SELECT id FROM grants WHERE user_id = $1)",
    "DELETE FROM authorization_codes WHERE grant_id IN (SELECT id FROM grants WHERE user_id = $1)",
    "DELETE FROM grants WHERE user_id = $1",
    "DELETE FROM sessions WHERE user_id = $1",
    "DELETE FROM factors WHERE user_id = $1",
    "DELETE FROM recovery_codes WHERE user_id = $1",
    "DELETE FROM remembered_browsers WHERE user_id = $1",
    "DELETE FROM user_roles WHERE user_id = $1",
    "DELETE FROM group_users WHERE user_id = $1",
];
