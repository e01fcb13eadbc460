//! The command line.
//!
//! Exit codes: 0 done, 1 a fault (store, file, network), 2 wrong usage or setting,
//! 3 refused (no such thing, taken, not allowed).

mod api;
mod audit;
mod circle;
mod client;
mod client_change;
mod consent;
mod db;
mod factors;
mod group;
mod key;
mod output;
mod pages;
mod predict;
mod role;
mod secret_input;
mod session;
mod token;
mod user;
mod who_can;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use shared::admin::{Admin, AdminError};
use shared::config::{Config, ConfigError};

use crate::{app, demo, serve};
use output::Output;

/// Signet, a self-hosted OpenID Connect provider
#[derive(Parser)]
#[command(name = "signet", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// Settings file in TOML
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The store: sqlite:PATH or postgres://…; wins over file and environment
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Answer in JSON, for scripts
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Run a server with a temporary store, a person and an application to try it with
    Demo(demo::Options),
    /// People
    #[command(subcommand)]
    User(user::Command),
    /// APIs, their permissions and scopes
    #[command(subcommand)]
    Api(api::Command),
    /// Bundles of permissions, and who has them
    #[command(subcommand)]
    Role(role::Command),
    /// People and services that have the same roles
    #[command(subcommand)]
    Group(group::Command),
    /// Applications
    #[command(subcommand)]
    Client(client::Command),
    /// What people allowed applications
    #[command(subcommand)]
    Consent(consent::Command),
    /// What `/authorize` would do with a request now, and why
    Predict(predict::Predict),
    /// Tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Everybody who can obtain a permission, and how
    WhoCan(who_can::WhoCan),
    /// Browsers in which people are signed in
    #[command(subcommand)]
    Session(session::Command),
    /// What sign-ins gave applications: families of tokens
    #[command(subcommand)]
    Grant(session::GrantCommand),
    /// Signing keys
    #[command(subcommand)]
    Key(key::Command),
    /// What happened
    #[command(subcommand)]
    Audit(audit::Command),
    /// Why a request went wrong, by the code that its error carried
    Why(why::Command),
    /// The store's tables
    #[command(subcommand)]
    Db(db::Command),
    /// Settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print every setting with its value
    Print,
}

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// Wrong usage or settings.
    #[error("{0}")]
    Usage(String),
    /// The operation was refused or failed.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Something else failed.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<shared::store::StoreError> for CommandError {
    fn from(fault: shared::store::StoreError) -> Self {
        Self::Admin(fault.into())
    }
}

impl CommandError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Admin(AdminError::Fault(_) | AdminError::MasterKey { .. }) => 1,
            Self::Usage(_) => 2,
            Self::Admin(_) => 3,
        }
    }
}

/// Does what the arguments say.
pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    match Box::pin(dispatch(arguments)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&shared::causes(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

async fn dispatch(arguments: Arguments) -> Result<(), CommandError> {
    let output = Output { json: arguments.json };
    if let Command::Demo(options) = arguments.command {
        return Ok(demo::run(options).await?);
    }
    let config = Config::open(arguments.config.as_deref(), arguments.database_url)?;
    match arguments.command {
        Command::Serve => Ok(serve::run(config).await?),
        Command::User(command) => user::run(command, &admin(&config).await?, output).await,
        Command::Api(command) => api::run(command, &admin(&config).await?, output).await,
        Command::Group(command) => group::run(command, &admin(&config).await?, output).await,
        Command::Predict(asked) => {
            predict::run(asked, &admin(&config).await?, &config, output).await
        }
        Command::Token(command) => {
            token::run(command, &admin(&config).await?, &config, output).await
        }
        Command::WhoCan(asked) => who_can::run(asked, &admin(&config).await?, output).await,
        Command::Session(command) => session::run(command, &admin(&config).await?, output).await,
        Command::Grant(command) => {
            session::run_grant(command, &admin(&config).await?, output).await
        }
        Command::Role(command) => role::run(command, &admin(&config).await?, output).await,
        Command::Client(command) => client::run(command, &admin(&config).await?, output).await,
        Command::Consent(command) => consent::run(command, &admin(&config).await?, output).await,
        Command::Key(command) => key::run(command, &admin(&config).await?, &config, output).await,
        Command::Audit(command) => audit::run(command, &admin(&config).await?, output).await,
        Command::Why(command) => why::run(command, &admin(&config).await?, &config, output).await,
        Command::Db(command) => db::run(command, &config, output).await,
        Command::Config(ConfigCommand::Print) => print(&config, output),
        // Run above, without settings.
        Command::Demo(_) => Ok(()),
    }
}

/// An operator at work on the store, whose tables are brought up to date first.
async fn admin(config: &Config) -> Result<Admin, CommandError> {
    let store = app::open_store(config).await?;
    store.migrate().await?;
    Ok(Admin::of_this_account(store, app::hasher(config)?).under(config.mfa))
}

/// Waits until every server that runs has noticed what was changed: what is said to be
/// over is over.
async fn noticed() {
    tokio::time::sleep(shared::rules::key_rotation::NOTICE).await;
}

fn print(config: &Config, output: Output) -> Result<(), CommandError> {
    let settings = config.print();
    if output.json {
        let object: serde_json::Map<_, _> = settings
            .into_iter()
            .map(|(name, value)| (name.to_owned(), serde_json::Value::String(value)))
            .collect();
        return Ok(output.json(&object)?);
    }
    for (setting, (name, value)) in Config::SETTINGS.iter().zip(settings) {
        output.line(&format!("#{}\n# allowed: {}", setting.doc, setting.allowed))?;
        output.line(&format!("# default: {}\n{name} = {value}\n", setting.default))?;
    }
    Ok(())
}
