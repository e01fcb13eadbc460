//! Looking through people.

use super::{FEW, Find, LAST, Order, Page, anywhere, beginning, moment_cursor, read_moment};
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

/// The people after one of whom something is true, by when they were added, in either direction.
/// What is true is about the first parameter.
macro_rules! by_time {
    ($which:expr, $newest_first:expr) => {
        if $newest_first {
            select_users!(
                "WHERE (created_at, id) < ($2, $3) AND ",
                $which,
                " ORDER BY created_at DESC, id DESC LIMIT $4"
            )
        } else {
            select_users!(
                "WHERE (created_at, id) > ($2, $3) AND ",
                $which,
                " ORDER BY created_at, id LIMIT $4"
            )
        }
    };
}
pub(super) use by_time;

/// The people after one in the order of a text, of whom that text is between the other two
/// parameters.
macro_rules! by_text {
    ($key:literal, $reversed:expr) => {
        if $reversed { by_text!($key, "<", " DESC") } else { by_text!($key, ">", "") }
    };
    ($key:literal, $than:literal, $direction:literal) => {
        select_users!(
            "WHERE ",
            $key,
            " ",
            $than,
            " $1 AND ",
            $key,
            " >= $2 AND ",
            $key,
            " < $3
             ORDER BY ",
            $key,
            $direction,
            " LIMIT $4"
        )
    };
}

/// Those of whom a text begins as the first parameter says, found by way of that text's index.
macro_rules! among_few {
    ($key:literal) => {
        concat!(
            "id IN (SELECT few.id FROM users AS few
                 WHERE few.",
            $key,
            " >= $1 AND few.",
            $key,
            " < $1 || '\u{10FFFF}')"
        )
    };
}

impl View {
    /// A part of all people. The filter is the beginning of a user name, of an address if
    /// it has an `@`, or after a `*` something in either; or it is somebody's id.
    pub async fn find_users(&mut self, find: &Find) -> Result<Page<User>> {
        if let Some(user) = self.find_user(&find.filter.trim().into()).await? {
            return Ok(Page { items: vec![user], next: None });
        }
        let sought = Sought::read(&find.filter);
        if matches!(find.order, Order::Newest | Order::Oldest) {
            return self.find_users_by_time(find, sought).await;
        }
        let reversed = find.order == Order::Reversed;
        match sought {
            Sought::Name(start) => {
                let statement = by_text!("username_key", reversed);
                self.find_users_by_text(find, &start, statement, name_cursor).await
            }
            Sought::Email(start) => {
                let statement = by_text!("email_key", reversed);
                self.find_users_by_text(find, &start, statement, email_cursor).await
            }
            Sought::Anywhere(pattern) => self.find_users_anywhere(find, &pattern, reversed).await,
        }
    }

    /// Few are gathered and put in order; of many, everybody else is left out of everybody, in
    /// their order.
    async fn find_users_by_time(&mut self, find: &Find, sought: Sought) -> Result<Page<User>> {
        let newest_first = find.order == Order::Newest;
        let (statement, text) = match sought {
            Sought::Name(start) if start.is_empty() => (by_time!("$1 = ''", newest_first), start),
            Sought::Name(start) if self.is_beginning_of_few_names(&start).await? => {
                (by_time!(among_few!("username_key"), newest_first), start)
            }
            Sought::Name(start) => {
                (by_time!("username_key LIKE $1 ESCAPE '\\'", newest_first), beginning(&start))
            }
            Sought::Email(start) if self.is_beginning_of_few_addresses(&start).await? => {
                (by_time!(among_few!("email_key"), newest_first), start)
            }
            Sought::Email(start) => {
                (by_time!("email_key LIKE $1 ESCAPE '\\'", newest_first), beginning(&start))
            }
            Sought::Anywhere(pattern) => (
                by_time!(
                    "(username_key LIKE $1 ESCAPE '\\' OR email_key LIKE $1 ESCAPE '\\')",
                    newest_first
                ),
                pattern,
            ),
        };
        let (at, id) = read_moment(find.after.as_deref(), newest_first);
        let limit = find.limit.saturating_add(1);
        let rows: Vec<UserRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(statement).bind(&text).bind(at).bind(&id).bind(limit)
        )?;
        page(rows, find, |user| moment_cursor(user.created_at, user.id.as_str()))
    }

    /// Whether so few people's names begin so that they can be gathered.
    pub(super) async fn is_beginning_of_few_names(&mut self, start: &str) -> Result<bool> {
        self.are_few(
            start,
            "SELECT COUNT(*) FROM (SELECT 1 FROM users
                 WHERE username_key >= $1 AND username_key < $2 LIMIT $3) AS people",
        )
        .await
    }

    async fn is_beginning_of_few_addresses(&mut self, start: &str) -> Result<bool> {
        self.are_few(
            start,
            "SELECT COUNT(*) FROM (SELECT 1 FROM users
                 WHERE email_key >= $1 AND email_key < $2 LIMIT $3) AS people",
        )
        .await
    }

    async fn are_few(&mut self, start: &str, counted: &'static str) -> Result<bool> {
        let end = format!("{start}{LAST}");
        let people: i64 = run!(
            self,
            fetch_one,
            sqlx::query_scalar(counted).bind(start).bind(&end).bind(FEW + 1)
        )?;
        Ok(people <= FEW)
    }

    async fn find_users_by_text(
        &mut self,
        find: &Find,
        start: &str,
        statement: &'static str,
        cursor: impl Fn(&User) -> String,
    ) -> Result<Page<User>> {
        let rows: Vec<UserRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(statement)
                .bind(after(find))
                .bind(start)
                .bind(format!("{start}{LAST}"))
                .bind(find.limit.saturating_add(1))
        )?;
        page(rows, find, cursor)
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
                .bind(after(find))
                .bind(pattern)
                .bind(find.limit.saturating_add(1))
        )?;
        page(rows, find, name_cursor)
    }
}

fn after(find: &Find) -> String {
    let start = if find.order == Order::Reversed { LAST } else { "" };
    find.after.clone().unwrap_or_else(|| start.to_owned())
}

fn name_cursor(user: &User) -> String {
    login_key(&user.username)
}

fn email_cursor(user: &User) -> String {
    login_key(user.email.as_deref().unwrap_or_default())
}

fn page(rows: Vec<UserRow>, find: &Find, cursor: impl Fn(&User) -> String) -> Result<Page<User>> {
    let users = rows.into_iter().map(User::try_from).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(users, find.limit, cursor))
}
