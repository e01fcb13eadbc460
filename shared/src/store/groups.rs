//! Groups, and who is in them.

use super::row::row;
use super::{Result, Tx, View, run};
use crate::model::{ClientId, Group, GroupId, Timestamp, UserId};

row!(GroupRow {
    id: String,
    name: String,
    description: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
});

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            description: row.description,
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

/// A statement that gives whole groups.
macro_rules! select_groups {
    ($which:literal) => {
        concat!(
            "SELECT id, name, description, version, created_at, updated_at FROM user_groups ",
            $which
        )
    };
}

/// Who is in a group: a person or a service.
#[derive(Debug, Clone, Copy)]
pub enum Member<'a> {
    /// A person.
    User(&'a UserId),
    /// A service.
    Client(&'a ClientId),
}

row!(MemberRow { kind: String, id: String, name: String });

/// Who is in a group, as operators look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// Whether it is a person, or else a service.
    pub is_user: bool,
    /// Their id.
    pub id: String,
    /// What they are called.
    pub name: String,
}

impl View {
    /// All groups, by their names.
    pub async fn list_groups(&mut self) -> Result<Vec<Group>> {
        let rows: Vec<GroupRow> =
            run!(self, fetch_all, sqlx::query_as(select_groups!("ORDER BY name")))?;
        Ok(rows.into_iter().map(Group::from).collect())
    }

    /// The group of this id or, failing that, of this name.
    pub async fn find_group(&mut self, named: &str) -> Result<Option<Group>> {
        let row: Option<GroupRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_groups!(
                "WHERE id = $1 OR name = $1 ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1"
            ))
            .bind(named)
        )?;
        Ok(row.map(Group::from))
    }

    /// The groups that somebody is in, by their names.
    pub async fn list_groups_of(&mut self, member: Member<'_>) -> Result<Vec<Group>> {
        let rows: Vec<GroupRow> = match member {
            Member::User(id) => run!(
                self,
                fetch_all,
                sqlx::query_as(select_groups!(
                    "WHERE id IN (SELECT group_id FROM group_users WHERE user_id = $1)
                     ORDER BY name"
                ))
                .bind(id.as_str())
            ),
            Member::Client(id) => run!(
                self,
                fetch_all,
                sqlx::query_as(select_groups!(
                    "WHERE id IN (SELECT group_id FROM group_clients WHERE client_id = $1)
                     ORDER BY name"
                ))
                .bind(id.as_str())
            ),
        }?;
        Ok(rows.into_iter().map(Group::from).collect())
    }

    /// At most `limit` of those in a group, people first.
    pub async fn list_members(&mut self, id: &GroupId, limit: i64) -> Result<Vec<GroupMember>> {
        let rows: Vec<MemberRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT 'user' AS kind, users.id AS id, users.username AS name FROM group_users
                     JOIN users ON users.id = group_users.user_id WHERE group_id = $1
                 UNION ALL SELECT 'client', clients.id, clients.name FROM group_clients
                     JOIN clients ON clients.id = group_clients.client_id WHERE group_id = $1
                 ORDER BY kind DESC, name, id LIMIT $2"
            )
            .bind(id.as_str())
            .bind(limit)
        )?;
        let member = |row: MemberRow| GroupMember {
            is_user: row.kind == "user",
            id: row.id,
            name: row.name,
        };
        Ok(rows.into_iter().map(member).collect())
    }

    /// How many people and services are in a group.
    pub async fn count_members(&mut self, id: &GroupId) -> Result<i64> {
        Ok(run!(
            self,
            fetch_one,
            sqlx::query_scalar(
                "SELECT (SELECT COUNT(*) FROM group_users WHERE group_id = $1)
                     + (SELECT COUNT(*) FROM group_clients WHERE group_id = $1)"
            )
            .bind(id.as_str())
        )?)
    }
}

impl Tx {
    /// Adds a group; false if there is one of its name.
    pub async fn add_group(&mut self, group: &Group) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO user_groups (id, name, description, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING"
            )
            .bind(group.id.as_str())
            .bind(&group.name)
            .bind(&group.description)
            .bind(group.created_at.0)
        )?;
        Ok(added == 1)
    }

    /// Changes a group, if nobody did since `group.version` and its name is nobody else's.
    pub async fn set_group(&mut self, group: &Group) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE user_groups SET name = $3, description = $4, updated_at = $5,
                     version = version + 1
                 WHERE id = $1 AND version = $2 AND NOT EXISTS
                     (SELECT 1 FROM user_groups AS others WHERE others.name = $3 AND others.id <> $1)"
            )
            .bind(group.id.as_str())
            .bind(group.version)
            .bind(&group.name)
            .bind(&group.description)
            .bind(group.updated_at.0)
        )?;
        Ok(changed == 1)
    }

    /// Deletes a group that nobody is in and that has no roles.
    pub async fn delete_group(&mut self, id: &GroupId) -> Result<bool> {
        let deleted = run!(
            self,
            execute,
            sqlx::query("DELETE FROM user_groups WHERE id = $1").bind(id.as_str())
        )?;
        Ok(deleted == 1)
    }

    /// Takes somebody into a group; false if they are in it.
    pub async fn add_member(&mut self, group: &GroupId, member: Member<'_>) -> Result<bool> {
        let (statement, id) = match member {
            Member::User(id) => (
                "INSERT INTO group_users (group_id, user_id) VALUES ($1, $2)
                 ON CONFLICT DO NOTHING",
                id.as_str(),
            ),
            Member::Client(id) => (
                "INSERT INTO group_clients (group_id, client_id) VALUES ($1, $2)
                 ON CONFLICT DO NOTHING",
                id.as_str(),
            ),
        };
        let added = run!(self, execute, sqlx::query(statement).bind(group.as_str()).bind(id))?;
        Ok(added == 1)
    }

    /// Takes somebody out of a group; false if they are not in it.
    pub async fn delete_member(&mut self, group: &GroupId, member: Member<'_>) -> Result<bool> {
        let (statement, id) = match member {
            Member::User(id) => {
                ("DELETE FROM group_users WHERE group_id = $1 AND user_id = $2", id.as_str())
            }
            Member::Client(id) => {
                ("DELETE FROM group_clients WHERE group_id = $1 AND client_id = $2", id.as_str())
            }
        };
        let deleted = run!(self, execute, sqlx::query(statement).bind(group.as_str()).bind(id))?;
        Ok(deleted == 1)
    }
}
