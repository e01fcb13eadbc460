//! `signet-admin`: the operator's console, on the same store as the server.

mod app;
mod desk;
mod dialogs;
mod form_spec;
mod keys;
mod look;
mod pace;
mod place;
mod print;
mod screen;
mod screens;
mod source;
mod terminal;
#[cfg(test)]
mod testing;
mod theme;
mod view;
mod widgets;

use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use clap::builder::PossibleValuesParser;
use shared::config::{Config, ConfigError};

use app::run::now;
use app::{App, Setup};
use desk::{Desk, LISTS, Seat};
use look::Look;
use place::{Kind, Place, Scope};
use print::{Format, Printer};
use source::{Source, Trouble};
use theme::Theme;
use view::{ListSpec, Query};

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
    /// Begin on this screen, or print this list
    #[arg(long, value_name = "SCREEN", value_parser = PossibleValuesParser::new(screen_words()))]
    screen: Option<String>,
    /// Only what is of this person: a user name, e-mail address or id
    #[arg(long, value_name = "USER", requires_all = ["screen", "print"])]
    user: Option<String>,
    /// Only what is of this client: its id
    #[arg(long, value_name = "CLIENT", requires_all = ["screen", "print"], conflicts_with = "user")]
    client: Option<String>,
    /// Print only rows that have this; what that means, the list's help says
    #[arg(long, value_name = "TEXT", requires = "print")]
    filter: Option<String>,
    /// Print the counts, or the list of --screen, once and leave, for scripts
    #[arg(long, value_name = "FORMAT")]
    print: Option<Format>,
    /// Colours; if it is not given `SIGNET_ADMIN_THEME`, and plain if `NO_COLOR` is set
    #[arg(long, value_name = "THEME", value_parser = PossibleValuesParser::new(theme_words()))]
    theme: Option<String>,
    /// Enter without signing in, on the machine that holds the master key; the audit log
    /// says so
    #[arg(long, conflicts_with = "print")]
    break_glass: bool,
    /// Draw in ASCII alone, as for a locale without UTF-8
    #[arg(long)]
    ascii: bool,
}

fn screen_words() -> Vec<&'static str> {
    LISTS.iter().map(|list| list.kind.word()).collect()
}

fn theme_words() -> Vec<&'static str> {
    Theme::ALL.iter().map(|theme| theme.name).collect()
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
    let config = Config::open(arguments.config.as_deref(), arguments.database_url.clone())?;
    if arguments.print.is_none() && !std::io::stdout().is_terminal() {
        return Err(Failure::Usage(
            "the console needs a terminal; for scripts there is --print".to_owned(),
        ));
    }
    let store = config.database_url.redacted();
    let told = |trouble: Trouble| anyhow::anyhow!("{store}: {}", trouble.words());
    // Scripts are the machine's own, as the command line is.
    let has_machine = arguments.break_glass || arguments.print.is_some();
    let seat = if has_machine { Seat::Machine } else { Seat::Empty };
    let mut desk = Desk::new(config, seat).map_err(|error| told(error.into()))?;
    desk.open().await.map_err(|error| told(error.into()))?;
    let operator = if arguments.break_glass {
        Some(desk.break_glass(now()).await.map_err(told)?)
    } else {
        None
    };
    let place = first_place(&mut desk, &arguments).await.map_err(|trouble| match trouble {
        Trouble::Refused(why) => Failure::Usage(why),
        other => told(other).into(),
    })?;
    if let Some(format) = arguments.print {
        let printed = print(&mut desk, &place, &arguments, format).await;
        desk.close().await;
        return Ok(printed.with_context(|| store)?);
    }
    let theme = arguments.theme.as_deref().and_then(Theme::named);
    let look = Look::new(theme, arguments.ascii, |name| std::env::var_os(name));
    console(App::new(Setup { lists: LISTS, store, operator, look, place }), desk)
        .await
        .context("the terminal failed")?;
    Ok(())
}

/// Where the arguments say that one wants to be.
async fn first_place(desk: &mut Desk, arguments: &Arguments) -> Result<Place, Trouble> {
    let Some(kind) = arguments.screen.as_deref().and_then(Kind::parse) else {
        return Ok(Place::Home);
    };
    let scope = match (&arguments.user, &arguments.client) {
        (Some(user), _) => Some(desk.find_user(user, now()).await?),
        (None, Some(client)) => Some(desk.find_client(client, now()).await?),
        (None, None) => None,
    };
    let list = LISTS.iter().find(|list| list.kind == kind);
    let fits = |list: &&&ListSpec| match &scope {
        Some(Scope { kind, .. }) => list.scopes.contains(kind),
        None => list.whole,
    };
    match (list.filter(fits), &scope) {
        (Some(_), _) => Ok(Place::List(kind, scope)),
        (None, Some(scope)) => {
            let of = scope.kind.title().to_lowercase();
            Err(Trouble::Refused(format!("there is no list of the {} of {of}", kind.word())))
        }
        (None, None) => {
            let why = format!("whose {}? say it with --user or --client", kind.word());
            Err(Trouble::Refused(why))
        }
    }
}

/// Prints once what a script asked for, however many rows that are.
async fn print(
    desk: &mut Desk,
    place: &Place,
    arguments: &Arguments,
    format: Format,
) -> anyhow::Result<()> {
    let failed = |trouble: Trouble| anyhow::anyhow!("{}", trouble.words());
    let Place::List(kind, scope) = place else {
        return print::print_counts(&desk.count(now()).await.map_err(failed)?, format);
    };
    let filter = arguments.filter.clone().unwrap_or_default();
    let (scope, sort, after) = (scope.clone(), None, None);
    let mut query =
        Query { kind: *kind, scope, filter, sort, backwards: false, after, limit: 1000 };
    let list = LISTS.iter().find(|list| list.kind == *kind);
    let output = BufWriter::new(std::io::stdout());
    let mut printer = Printer::new(list.map_or(&[], |list| list.columns), format, output);
    loop {
        let page = desk.page(&query, now()).await.map_err(failed)?;
        query.after = page.rows.last().map(|row| row.cursor.clone()).or(query.after);
        let done = !page.more || page.rows.is_empty();
        printer.print(&page.rows)?;
        if done {
            return Ok(printer.end()?);
        }
    }
}

/// Shows the console until somebody leaves; the terminal is given back also after a panic.
async fn console(app: App, desk: Desk) -> std::io::Result<()> {
    let ended = match terminal::take() {
        Ok(mut terminal) => app::run::run(app, &mut terminal, desk).await,
        Err(fault) => Err(fault),
    };
    // Also after a failed start, which may have got half way.
    terminal::give_back();
    ended
}
