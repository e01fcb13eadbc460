//! The loop: one event at a time, and a drawing only if it differs from the last.

use std::io::{IsTerminal, Write, stdout};
use std::time::Duration;

use crossterm::event::EventStream;
use crossterm::queue;
use crossterm::style::Print;
use futures::StreamExt;
use ratatui::DefaultTerminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use shared::model::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::{App, Effect};
use crate::desk::work;
use crate::source::Source;
use crate::widgets::osc52;

/// How often screens may ask again: what happens is seen within a second.
const TICK: Duration = Duration::from_millis(500);
/// How long leaving may take once the terminal is gone.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs until somebody leaves, at the keyboard or with a signal.
pub(crate) async fn run(
    mut app: App,
    terminal: &mut DefaultTerminal,
    source: impl Source,
) -> std::io::Result<()> {
    let (ask, questions) = mpsc::unbounded_channel();
    let (answer, mut answers) = mpsc::unbounded_channel();
    let desk = tokio::spawn(work::work(source, questions, answer));

    tokio::spawn(end_with_terminal());
    let mut keys = EventStream::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut drawn = None;

    'open: loop {
        draw(&mut app, terminal, &mut drawn)?;
        let effects = tokio::select! {
            event = keys.next() => match event {
                Some(event) => app.on_event(event?, now()),
                // The terminal is gone.
                None => break,
            },
            told = answers.recv() => {
                let told = told.ok_or_else(|| std::io::Error::other("the desk is gone"))?;
                app.on_told(told, now())
            }
            _ = ticks.tick() => app.on_tick(now()),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => break,
        };
        for effect in effects {
            match effect {
                // If the desk is gone, the next answer says so.
                Effect::Send(sent) => drop(ask.send(sent)),
                Effect::Copy(text) => {
                    queue!(stdout(), Print(osc52::copy(&text)))?;
                    stdout().flush()?;
                }
                Effect::Repaint => {
                    terminal.clear()?;
                    drawn = None;
                }
                Effect::Leave => break 'open,
            }
        }
    }
    // Nobody waits for a store that does not answer.
    drop(ask);
    let _ = tokio::time::timeout(Duration::from_secs(1), desk).await;
    Ok(())
}

/// Ends the process a while after its terminal is gone, if nothing else has: the reader of
/// keys then goes round for ever, and the loop hears of no signal any more.
async fn end_with_terminal() {
    let mut second = interval(Duration::from_secs(1));
    while stdout().is_terminal() {
        second.tick().await;
    }
    tokio::time::sleep(FAREWELL).await;
    std::process::exit(1);
}

/// Draws the console, unless it would look as it does: not a byte goes over a slow line
/// for nothing.
fn draw(
    app: &mut App,
    terminal: &mut DefaultTerminal,
    drawn: &mut Option<Buffer>,
) -> std::io::Result<()> {
    let area = Rect::from((ratatui::layout::Position::ORIGIN, terminal.size()?));
    app.lay_out(area);
    let mut buffer = Buffer::empty(area);
    app.draw(&mut buffer);
    if drawn.as_ref() == Some(&buffer) {
        return Ok(());
    }
    terminal.draw(|frame| {
        // A window that was resized this very moment is drawn with its next event.
        if frame.area() == area {
            frame.buffer_mut().clone_from(&buffer);
        }
    })?;
    *drawn = Some(buffer);
    Ok(())
}

/// This moment: the one place where a clock is read.
#[expect(clippy::disallowed_methods, reason = "the one place where a clock is read")]
pub(crate) fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since_epoch.unwrap_or(Duration::ZERO).as_micros();
    Timestamp(i64::try_from(micros).unwrap_or(i64::MAX))
}
