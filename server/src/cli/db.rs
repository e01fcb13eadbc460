//! `signet db …`

use clap::{Args, Subcommand};
use serde_json::json;
use shared::admin::AdminError;
use shared::config::Config;
use shared::store::{Amount, SchemaState, Store};

use super::CommandError;
use super::output::Output;
use crate::app;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Bring the store's tables up to date
    Migrate,
    /// Say whether they are; exit code 1 if they are not
    Check,
    /// Fill a store that nobody uses with very much, to see how fast everything still is
    Seed(Seed),
}

#[derive(Args)]
pub(super) struct Seed {
    /// How many people
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(i64).range(0..=100_000_000))]
    users: i64,
    /// How many clients
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    clients: i64,
    /// How many live sessions
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(i64).range(0..=100_000_000))]
    sessions: i64,
    /// How many audit events of the last hour
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(i64).range(0..=100_000_000))]
    events: i64,
}

pub(super) async fn run(
    command: Command,
    config: &Config,
    output: Output,
) -> Result<(), CommandError> {
    if let (Command::Check, Some(file)) = (&command, config.database_url.sqlite_path())
        && !file.exists()
    {
        return Err(anyhow::anyhow!("there is no file {}", file.display()).into());
    }
    let store = app::open_store(config).await?;
    match command {
        Command::Migrate => store.migrate().await?,
        Command::Seed(amount) => return seed(&store, &amount, output).await,
        Command::Check => {}
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

async fn seed(store: &Store, seed: &Seed, output: Output) -> Result<(), CommandError> {
    store.migrate().await?;
    let counts = store.view().await?.count(app::now()).await?;
    if counts.users > 0 || counts.clients > 0 {
        let refused = "somebody uses this store: only an empty one is filled";
        return Err(AdminError::Conflict(refused).into());
    }
    let Seed { users, clients, sessions, events } = *seed;
    let amount = Amount { users, clients, sessions, events };
    let mut told = 0;
    let say = |done: i64, total: i64| {
        let percent = done.saturating_mul(100) / total.max(1);
        if percent >= told + 10 && !output.json {
            told = percent;
            // How far it is, is said as it goes; that it cannot be said stops nothing.
            let _ = output.line(&format!("{percent} %"));
        }
    };
    store.seed(amount, app::now(), say).await?;
    store.close().await;
    if output.json {
        let body =
            json!({"users": users, "clients": clients, "sessions": sessions, "events": events});
        return Ok(output.json(&body)?);
    }
    Ok(output.line(&format!("{users} people, {clients} clients, {sessions} sessions"))?)
}
