//! How a process notices that another one changed what it remembers.
//!
//! A server may keep rows in memory, the console and other servers share the store.
//! Whoever changes such rows counts that here, in the same unit of work; whoever keeps
//! them looks at the counts several times a second.

use super::row::row;
use super::{Result, Tx, View, run};

/// Rows that a server keeps in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// Applications.
    Clients,
    /// Signing keys.
    SigningKeys,
    /// APIs, their permissions and scopes.
    Apis,
}

impl Topic {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::SigningKeys => "signing_keys",
            Self::Apis => "apis",
        }
    }
}

/// How often each of the rows that servers keep in memory was changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Revisions {
    /// Applications.
    pub clients: i64,
    /// Signing keys.
    pub signing_keys: i64,
    /// APIs, their permissions and scopes.
    pub apis: i64,
}

row!(RevisionRow { topic: String, number: i64 });

impl View {
    /// How often what servers keep in memory was changed.
    pub async fn revisions(&mut self) -> Result<Revisions> {
        let rows: Vec<RevisionRow> =
            run!(self, fetch_all, sqlx::query_as("SELECT topic, number FROM revisions"))?;
        let of = |topic: Topic| {
            rows.iter().find(|row| row.topic == topic.as_str()).map_or(0, |row| row.number)
        };
        Ok(Revisions {
            clients: of(Topic::Clients),
            signing_keys: of(Topic::SigningKeys),
            apis: of(Topic::Apis),
        })
    }
}

impl Tx {
    /// Counts a change.
    pub(super) async fn bump(&mut self, topic: Topic) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query("UPDATE revisions SET number = number + 1 WHERE topic = $1")
                .bind(topic.as_str())
        )?;
        Ok(())
    }
}
