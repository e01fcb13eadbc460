//! Looking through token families.

use super::{
    Find, Order, Page, Whose, With, beginning, moment_cursor, of_crowd, of_crowd_among_next,
    of_people, read_moment,
};
use crate::model::Grant;
use crate::store::grants::GrantRow;
use crate::store::row::row;
use crate::store::{Result, StoreError, View, run};

row!(Names { username: String, client_name: String });

/// A token family, as operators look at it.
#[derive(Debug, Clone)]
pub struct FoundGrant {
    /// The family.
    pub grant: Grant,
    /// Who allowed it.
    pub username: String,
    /// What the client is called.
    pub client_name: String,
}

impl TryFrom<With<GrantRow, Names>> for FoundGrant {
    type Error = StoreError;

    fn try_from(With(grant, names): With<GrantRow, Names>) -> Result<Self> {
        let Names { username, client_name } = names;
        Ok(Self { grant: Grant::try_from(grant)?, username, client_name })
    }
}

/// A statement that gives token families with the names of both sides.
macro_rules! select_grants {
    ($($which:expr),+) => {
        concat!(
            "SELECT grants.id AS id, user_id, client_id, session_id, grants.scope AS scope,
                 grants.resources AS resources, claims, outlives_session, seen_generation,
                 auth_time, amr, acr, grants.created_at AS created_at, expires_at, revoked_at,
                 username, clients.name AS client_name
             FROM grants JOIN users ON users.id = user_id JOIN clients ON clients.id = client_id ",
            $($which),+
        )
    };
}

/// The families after one, in either direction.
macro_rules! part_of_grants {
    ($which:expr, $oldest_first:expr) => {
        if $oldest_first {
            select_grants!(
                "WHERE (grants.created_at, grants.id) > ($1, $2)",
                $which,
                " ORDER BY grants.created_at, grants.id LIMIT $3"
            )
        } else {
            select_grants!(
                "WHERE (grants.created_at, grants.id) < ($1, $2)",
                $which,
                " ORDER BY grants.created_at DESC, grants.id DESC LIMIT $3"
            )
        }
    };
}

impl View {
    /// A part of the token families, the newest first unless it is wanted otherwise. The
    /// filter is a person, a client, a session or a family; see [`View::whose`].
    pub async fn find_grants(&mut self, find: &Find) -> Result<Page<FoundGrant>> {
        let oldest_first = matches!(find.order, Order::Reversed | Order::Oldest);
        let after = read_moment(find.after.as_deref(), !oldest_first);
        let limit = find.limit.saturating_add(1);
        let probe = of_crowd_among_next!("grants", "created_at", "id", "", oldest_first);
        let whose = self.whose_of_next(&find.filter, probe, (&after, limit), None).await?;
        let (at, id) = after;
        let (statement, value) = match whose {
            Whose::All => (part_of_grants!("", oldest_first), None),
            Whose::User(id) => (part_of_grants!(" AND user_id = $4", oldest_first), Some(id)),
            Whose::People(start) => (part_of_grants!(of_people!("$4"), oldest_first), Some(start)),
            Whose::Crowd(start) => {
                (part_of_grants!(of_crowd!("$4"), oldest_first), Some(beginning(&start)))
            }
            Whose::Client(id) => (part_of_grants!(" AND client_id = $4", oldest_first), Some(id)),
            Whose::Session(id) => (part_of_grants!(" AND session_id = $4", oldest_first), Some(id)),
            Whose::One(id) => (part_of_grants!(" AND grants.id = $4", oldest_first), Some(id)),
        };
        let rows: Vec<With<GrantRow, Names>> = match value {
            None => run!(self, fetch_all, sqlx::query_as(statement).bind(at).bind(&id).bind(limit)),
            Some(value) => run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(at).bind(&id).bind(limit).bind(&value)
            ),
        }?;
        let found = rows.into_iter().map(FoundGrant::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(found, find.limit, |found| {
            moment_cursor(found.grant.created_at, found.grant.id.as_str())
        }))
    }
}
