//! Requests that went wrong in a way that somebody has to mend.

use serde::Serialize;

use super::row::{from_json, read, row, to_json};
use super::{Arm, Result, StoreError, Tx, View, run};
use crate::model::{Incident, IncidentCode, Timestamp};

row!(IncidentRow { code: String, at: i64, expires_at: i64, facts: String });

impl TryFrom<IncidentRow> for Incident {
    type Error = StoreError;

    fn try_from(row: IncidentRow) -> Result<Self> {
        Ok(Self {
            code: read("incidents", "code", IncidentCode::parse(&row.code))?,
            at: Timestamp(row.at),
            expires_at: Timestamp(row.expires_at),
            facts: from_json("incidents", "facts", &row.facts)?,
        })
    }
}

impl View {
    /// The incident of this code, expired or not.
    pub async fn find_incident(&mut self, code: &IncidentCode) -> Result<Option<Incident>> {
        let row: Option<IncidentRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as("SELECT code, at, expires_at, facts FROM incidents WHERE code = $1")
                .bind(code.as_str())
        )?;
        row.map(Incident::try_from).transpose()
    }

    /// At most `limit` incidents, newest first, before the one at that moment with that code.
    pub async fn list_incidents(
        &mut self,
        before: Timestamp,
        code: &str,
        limit: i64,
    ) -> Result<Vec<Incident>> {
        let rows: Vec<IncidentRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT code, at, expires_at, facts FROM incidents
                 WHERE at < $1 OR (at = $1 AND code < $2)
                 ORDER BY at DESC, code DESC LIMIT $3"
            )
            .bind(before.0)
            .bind(code)
            .bind(limit)
        )?;
        rows.into_iter().map(Incident::try_from).collect()
    }
}

/// An incident as it is written.
#[derive(Serialize)]
struct Row<'a> {
    code: &'a str,
    at: i64,
    expires_at: i64,
    facts: String,
}

impl<'a> Row<'a> {
    fn of(incident: &'a Incident) -> Result<Self> {
        Ok(Self {
            code: incident.code.as_str(),
            at: incident.at.0,
            expires_at: incident.expires_at.0,
            facts: to_json(&incident.facts)?,
        })
    }
}

/// One statement for any number of incidents, which come as one JSON array. Of two with the
/// same code, one in a million millions, the first stays.
macro_rules! insert_from {
    ($rows:literal) => {
        concat!(
            "INSERT INTO incidents (code, at, expires_at, facts)
             SELECT value->>'code', CAST(value->>'at' AS BIGINT),
                 CAST(value->>'expires_at' AS BIGINT), value->>'facts'
             FROM ",
            $rows,
            " WHERE TRUE ON CONFLICT DO NOTHING"
        )
    };
}

impl Tx {
    /// Adds incidents.
    pub async fn add_incidents(&mut self, incidents: &[Incident]) -> Result<()> {
        let rows = incidents.iter().map(Row::of).collect::<Result<Vec<_>>>()?;
        let rows = to_json(&rows)?;
        match self.arm()? {
            Arm::Sqlite(connection) => {
                let query = sqlx::query(insert_from!("json_each($1)"));
                query.bind(&rows).execute(connection).await.map(drop)
            }
            Arm::Postgres(connection) => {
                let query = sqlx::query(insert_from!("json_array_elements(CAST($1 AS json))"));
                query.bind(&rows).execute(connection).await.map(drop)
            }
        }?;
        Ok(())
    }

    /// Forgets incidents that had ended before `before`.
    pub async fn delete_expired_incidents(&mut self, before: Timestamp) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query("DELETE FROM incidents WHERE expires_at < $1").bind(before.0)
        )?)
    }

    /// Forgets all incidents but the newest `most`, give or take those of one moment.
    pub async fn delete_incidents_beyond(&mut self, most: i64) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "DELETE FROM incidents WHERE at <
                     (SELECT at FROM incidents ORDER BY at DESC LIMIT 1 OFFSET $1)"
            )
            .bind(most.saturating_sub(1))
        )?)
    }
}
