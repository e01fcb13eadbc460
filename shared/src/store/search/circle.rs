//! Looking through those who are in a group or have a role.

use super::users::by_time;
use super::{FEW, Find, LAST, Order, Page, moment_cursor, read_moment};
use crate::model::user::login_key;
use crate::model::{Client, GroupId, RoleId, User};
use crate::store::clients::{ClientRow, select_clients};
use crate::store::users::{UserRow, select_users};
use crate::store::{Result, View, run};

/// Who has something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Circle {
    /// Everybody in a group.
    Group(GroupId),
    /// Everybody who has a role themselves.
    Role(RoleId),
}

impl Circle {
    fn id(&self) -> &str {
        match self {
            Self::Group(id) => id.as_str(),
            Self::Role(id) => id.as_str(),
        }
    }
}

/// The people after one of whom something is true, by their user names, in either direction.
macro_rules! by_name {
    ($which:literal, $reversed:expr) => {
        if $reversed {
            select_users!(
                "WHERE username_key < $2 AND ",
                $which,
                " ORDER BY username_key DESC LIMIT $3"
            )
        } else {
            select_users!("WHERE username_key > $2 AND ", $which, " ORDER BY username_key LIMIT $3")
        }
    };
}

/// A part of those in a circle: few are gathered and put in order; of many those are left out
/// of everybody, in their order, who are not in it.
macro_rules! of_circle {
    ($part:ident, $circle:expr, $few:expr, $backwards:expr) => {
        match ($circle, $few) {
            (Circle::Group(_), true) => {
                $part!("id IN (SELECT user_id FROM group_users WHERE group_id = $1)", $backwards)
            }
            (Circle::Group(_), false) => $part!(
                "EXISTS (SELECT 1 FROM group_users WHERE group_id = $1 AND user_id = users.id)",
                $backwards
            ),
            (Circle::Role(_), true) => {
                $part!("id IN (SELECT user_id FROM user_roles WHERE role_id = $1)", $backwards)
            }
            (Circle::Role(_), false) => $part!(
                "EXISTS (SELECT 1 FROM user_roles WHERE role_id = $1 AND user_id = users.id)",
                $backwards
            ),
        }
    };
}

impl View {
    /// A part of the people in a circle; the filter is not looked at.
    pub async fn find_users_of(&mut self, circle: &Circle, find: &Find) -> Result<Page<User>> {
        let few = self.has_few_users(circle).await?;
        let limit = find.limit.saturating_add(1);
        let after = find.after.as_deref();
        let by_time = matches!(find.order, Order::Newest | Order::Oldest);
        let rows: Vec<UserRow> = if by_time {
            let newest_first = find.order == Order::Newest;
            let (at, id) = read_moment(after, newest_first);
            let statement = of_circle!(by_time, circle, few, newest_first);
            run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(circle.id()).bind(at).bind(&id).bind(limit)
            )?
        } else {
            let reversed = find.order == Order::Reversed;
            let start = after.unwrap_or(if reversed { LAST } else { "" });
            let statement = of_circle!(by_name, circle, few, reversed);
            run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(circle.id()).bind(start).bind(limit)
            )?
        };
        let users = rows.into_iter().map(User::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(users, find.limit, |user| {
            if by_time {
                moment_cursor(user.created_at, user.id.as_str())
            } else {
                login_key(&user.username)
            }
        }))
    }

    async fn has_few_users(&mut self, circle: &Circle) -> Result<bool> {
        let statement = match circle {
            Circle::Group(_) => {
                "SELECT COUNT(*) FROM (SELECT 1 FROM group_users WHERE group_id = $1 LIMIT $2)
                     AS people"
            }
            Circle::Role(_) => {
                "SELECT COUNT(*) FROM (SELECT 1 FROM user_roles WHERE role_id = $1 LIMIT $2)
                     AS people"
            }
        };
        let people: i64 =
            run!(self, fetch_one, sqlx::query_scalar(statement).bind(circle.id()).bind(FEW + 1))?;
        Ok(people <= FEW)
    }

    /// All services in a circle, by their names.
    pub async fn list_clients_of(&mut self, circle: &Circle) -> Result<Vec<Client>> {
        let statement = match circle {
            Circle::Group(_) => select_clients!(
                "WHERE id IN (SELECT client_id FROM group_clients WHERE group_id = $1)
                 ORDER BY name, id"
            ),
            Circle::Role(_) => select_clients!(
                "WHERE id IN (SELECT client_id FROM client_roles WHERE role_id = $1)
                 ORDER BY name, id"
            ),
        };
        let rows: Vec<ClientRow> =
            run!(self, fetch_all, sqlx::query_as(statement).bind(circle.id()))?;
        rows.into_iter().map(Client::try_from).collect()
    }
}
