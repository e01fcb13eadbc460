//! Random values that all servers on a store share, sealed.

use super::{Result, Tx, View, run};

impl View {
    /// The sealed value of this name.
    pub async fn find_shared_secret(&mut self, name: &str) -> Result<Option<String>> {
        Ok(run!(
            self,
            fetch_optional,
            sqlx::query_scalar("SELECT sealed FROM shared_secrets WHERE name = $1").bind(name)
        )?)
    }
}

impl Tx {
    /// Stores a sealed value; of several servers at the same moment the first one counts.
    pub async fn add_shared_secret(&mut self, name: &str, sealed: &str) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO shared_secrets (name, sealed) VALUES ($1, $2)
                 ON CONFLICT DO NOTHING"
            )
            .bind(name)
            .bind(sealed)
        )?;
        Ok(())
    }
}
