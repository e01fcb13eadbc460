//! `signet-admin`: the operator's console, on the same store as the server.

mod app;
mod desk;
mod print;
mod screen;
mod screens;
mod theme;
mod widgets;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use shared::config::{Config, ConfigError};

use app::App;
use desk::{Desk, DeskError};
use screens::Counts;
use theme::Theme;

/// The operator's console of Signet
///
/// It opens the store that the server's settings name, and never changes its tables.
#[derive(Parser)]
#[command(name = "signet-admin", version)]
struct Arguments {
    /// Settings file in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The store: sqlite:PATH or postgres://…; wins over file and environment
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Print the counts once and leave, for scripts
    #[arg(long, value_name = "FORMAT")]
    print: Option<print::Format>,
}

/// Why the console was not opened, or had to close.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Wrong usage or settings.
    #[error("{0}")]
    Usage(String),
    /// The store or the terminal failed.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let (text, code) = match run(Arguments::parse()).await {
        Ok(()) => return ExitCode::SUCCESS,
        Err(failure @ Failure::Usage(_)) => (failure.to_string(), 2),
        Err(failure @ Failure::Failed(_)) => (failure.to_string(), 1),
    };
    // There is nowhere left to say that this failed.
    let _ = writeln!(std::io::stderr(), "signet-admin: {text}");
    ExitCode::from(code)
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let config = Config::open(arguments.config.as_deref(), arguments.database_url)?;
    if arguments.print.is_none() && !std::io::stdout().is_terminal() {
        return Err(Failure::Usage(
            "the console needs a terminal; for scripts there is --print".to_owned(),
        ));
    }
    let place = config.database_url.redacted();
    let told = |error: DeskError| anyhow::anyhow!("{place}: {}", error.words());
    let mut desk = Desk::new(config).map_err(|error| told(error.into()))?;
    desk.open().await.map_err(told)?;
    if let Some(format) = arguments.print {
        let counts = desk.count(app::now()).await.map_err(told)?;
        desk.close().await;
        return Ok(print::print(&counts, format)?);
    }
    console(desk, place).await.context("the terminal failed")?;
    Ok(())
}

/// Shows the screen until somebody leaves; the terminal is put back also after a panic.
async fn console(desk: Desk, place: String) -> std::io::Result<()> {
    let theme = Theme::of_environment();
    let app = App::new(Box::new(Counts::new(place, theme)), theme);
    let ended = match ratatui::try_init() {
        Ok(mut terminal) => app.run(&mut terminal, desk).await,
        Err(fault) => Err(fault),
    };
    // Also after a failed start, which may have got half way.
    ratatui::restore();
    ended
}
