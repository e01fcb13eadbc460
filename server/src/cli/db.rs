//! `signet db …`

use clap::Subcommand;
use serde_json::json;
use shared::config::Config;
use shared::store::SchemaState;

use super::CommandError;
use super::output::Output;
use crate::app;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Bring the store's tables up to date
    Migrate,
    /// Say whether they are; exit code 1 if they are not
    Check,
}

pub(super) async fn run(
    command: Command,
    config: &Config,
    output: Output,
) -> Result<(), CommandError> {
    let store = app::open_store(config).await?;
    if let Command::Migrate = command {
        store.migrate().await?;
    }
    let state = store.schema_state().await?;
    store.close().await;
    let (word, taken, known) = match state {
        SchemaState::Current(step) => ("current", step, step),
        SchemaState::Behind(taken, known) => ("behind", taken, known),
        SchemaState::Ahead(taken, known) => ("ahead", taken, known),
    };
    if output.json {
        output.json(&json!({"state": word, "step": taken, "known_step": known}))?;
    } else {
        output.line(&format!("{word}: step {taken} of {known} is taken"))?;
    }
    if word == "current" {
        return Ok(());
    }
    Err(anyhow::anyhow!("the tables are {word}; this program knows step {known}").into())
}
