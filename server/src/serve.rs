//! `signet serve`: from the settings to a server that listens, and to its end.

use std::time::Duration;

use anyhow::Context;
use shared::config::{Config, LogFormat};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::app::App;
use crate::{connections, jobs, routes, tls};

/// Serves until SIGTERM or SIGINT, then lets requests end.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    log(&config);
    let listen = config.listen;
    let app = App::open(config).await?;
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let stop = signals()?;
    serve(app, listener, stop).await
}

/// Serves on a listener until told to stop; what was begun then may end, within the
/// grace that the settings give.
pub(crate) async fn serve(
    app: App,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let tls = tls::acceptor(&app.config)?;
    tracing::info!(
        issuer = app.config.issuer.as_str(),
        listen = %listener.local_addr()?,
        store = app.store.kind(),
        "ready"
    );
    let grace = app.config.shutdown_grace.0;
    let (store, journal) = (app.store.clone(), app.journal.clone());
    let incidents = app.incidents.clone();
    let jobs = tokio::spawn(jobs::run(app.clone()));

    let served = connections::serve(listener, tls, routes::router(&app), stop.clone());
    tokio::select! {
        () = served => {}
        () = too_long(&mut stop, grace) => tracing::warn!("requests were cut off after the grace"),
    }
    jobs.abort();
    let close = async {
        journal.flush().await;
        incidents.flush().await;
        store.close().await;
    };
    if tokio::time::timeout(LAST_WAIT, close).await.is_err() {
        tracing::warn!("the store did not close in time; what is committed is safe");
    }
    tracing::info!("stopped");
    Ok(())
}

/// How long the store may take to close.
const LAST_WAIT: Duration = Duration::from_secs(5);

async fn too_long(stop: &mut watch::Receiver<bool>, grace: Duration) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Whoever could say so is gone: it is never too long.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(grace).await;
}

/// True once SIGTERM or SIGINT has come. Whoever sends a second one does not want to wait.
pub(crate) fn signals() -> anyhow::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.send_replace(true);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::warn!("stopped at once");
        std::process::exit(1);
    });
    Ok(stopped)
}

/// Starts the log, on standard error.
pub(crate) fn log(config: &Config) {
    let level = config.log_level.0.parse().unwrap_or(LevelFilter::INFO);
    let filter = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_targets([("signet", level), ("shared", level)]);
    let layer = fmt::layer().with_writer(std::io::stderr);
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let layer = match config.log_format {
        LogFormat::Text => layer.with_ansi(terminal).boxed(),
        LogFormat::Auto if terminal => layer.boxed(),
        LogFormat::Auto | LogFormat::Json => {
            layer.json().flatten_event(true).with_span_list(false).boxed()
        }
    };
    let started = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
    // A log that was started before stays.
    drop(started);
}
