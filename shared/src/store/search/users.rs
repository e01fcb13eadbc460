//! Looking through people.

use super::{Find, LAST, Order, Page, anywhere, moment_cursor, read_moment};
use crate::model::User;
use crate::model::user::login_key;
use crate::store::users::{UserRow, select_users};
use crate::store::{Result, View, run};

/// How people are looked for.
enum Sought {
    /// By the beginning of the user name.
    Name(String),
    /// By the beginning of the address.
    Email(String),
    /// By something in the name or address.
    Anywhere(String),
}

impl Sought {
    /// `ada` is the beginning of a user name, `ada@` of an address, and `*da` stands anywhere.
    fn read(filter: &str) -> Self {
        let filter = login_key(filter);
        match filter.strip_prefix('*') {
            Some(text) => Self::Anywhere(anywhere(text.trim_start())),
            None if filter.contains('@') => Self::Email(filter),
            None => Self::Name(filter),
        }
    }
}

impl View {
    /// A part of all people. The filter is the beginning of a user name, of an address if
    /// it has an `@`, or after a `*` something in either; or it is somebody's id.
    ///
    /// By when they were added only where nothing is looked for.
    pub async fn find_users(&mut self, find: &Find) -> Result<Page<User>> {
        if let Some(user) = self.find_user(&find.filter.trim().into()).await? {
            return Ok(Page { items: vec![user], next: None });
        }
        let newest_first = find.order == Order::Newest;
        if find.filter.trim().is_empty() && (newest_first || find.order == Order::Oldest) {
            return self.find_users_by_time(find, newest_first).await;
        }
        let reversed = matches!(find.order, Order::Reversed | Order::Oldest);
        match Sought::read(&find.filter) {
            Sought::Name(start) => self.find_users_by_name(find, &start, reversed).await,
            Sought::Email(start) => self.find_users_by_email(find, &start, reversed).await,
            Sought::Anywhere(pattern) => self.find_users_anywhere(find, &pattern, reversed).await,
        }
    }

    async fn find_users_by_time(&mut self, find: &Find, newest_first: bool) -> Result<Page<User>> {
        let (at, id) = read_moment(find.after.as_deref(), newest_first);
        let statement = if newest_first {
            select_users!(
                "WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3"
            )
        } else {
            select_users!("WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3")
        };
        let rows: Vec<UserRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(statement).bind(at).bind(&id).bind(find.limit.saturating_add(1))
        )?;
        page(rows, find, |user| moment_cursor(user.created_at, user.id.as_str()))
    }

    async fn find_users_by_name(
        &mut self,
        find: &Find,
        start: &str,
        reversed: bool,
    ) -> Result<Page<User>> {
        let statement = if reversed {
            select_users!(
                "WHERE username_key < $1 AND username_key >= $2 AND username_key < $3
                 ORDER BY username_key DESC LIMIT $4"
            )
        } else {
            select_users!(
                "WHERE username_key > $1 AND username_key >= $2 AND username_key < $3
                 ORDER BY username_key LIMIT $4"
            )
        };
        let rows: Vec<UserRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(statement)
                .bind(after(find, reversed))
                .bind(start)
                .bind(format!("{start}{LAST}"))
                .bind(find.limit.saturating_add(1))
        )?;
        page(rows, find, |user| login_key(&user.username))
    }

    async fn find_users_by_email(
        &mut self,
        find: &Find,
        start: &str,
        reversed: bool,
    ) -> Result<Page<User>> {
        let statement = if reversed {
            select_users!(
                "WHERE email_key < $1 AND email_key >= $2 AND email_key < $3
                 ORDER BY email_key DESC LIMIT $4"
            )
        } else {
            select_users!(
                "WHERE email_key > $1 AND email_key >= $2 AND email_key < $3
                 ORDER BY email_key LIMIT $4"
            )
        };
        let rows: Vec<UserRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(statement)
                .bind(after(find, reversed))
                .bind(start)
                .bind(format!("{start}{LAST}"))
                .bind(find.limit.saturating_add(1))
        )?;
        page(rows, find, |user| login_key(user.email.as_deref().unwrap_or_default()))
    }

    async fn find_users_anywhere(
        &mut self,
        find: &Find,
        pattern: &str,
        reversed: bool,
    ) -> Result<Page<User>> {
        let statement = if reversed {
            select_users!(
                "WHERE username_key < $1
                     AND (username_key LIKE $2 ESCAPE '\\' OR email_key LIKE $2 ESCAPE '\\')
                 ORDER BY username_key DESC LIMIT $3"
            )
        } else {
            select_users!(
                "WHERE username_key > $1
                     AND (username_key LIKE $2 ESCAPE '\\' OR email_key LIKE $2 ESCAPE '\\')
                 ORDER BY username_key LIMIT $3"
            )
        };
        let rows: Vec<UserRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(statement)
                .bind(after(find, reversed))
                .bind(pattern)
                .bind(find.limit.saturating_add(1))
        )?;
        page(rows, find, |user| login_key(&user.username))
    }
}

fn after(find: &Find, reversed: bool) -> String {
    let start = if reversed { LAST } else { "" };
    find.after.clone().unwrap_or_else(|| start.to_owned())
}

fn page(rows: Vec<UserRow>, find: &Find, cursor: impl Fn(&User) -> String) -> Result<Page<User>> {
    let users = rows.into_iter().map(User::try_from).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(users, find.limit, cursor))
}
