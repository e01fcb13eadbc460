//! The terminal, taken and given back, also after a panic.

use std::io::stdout;

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use ratatui::DefaultTerminal;

/// Takes the terminal, with its mouse.
pub(crate) fn take() -> std::io::Result<DefaultTerminal> {
    let terminal = ratatui::try_init()?;
    // ratatui's own hook gives back the rest; this one runs before it.
    let rest = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back_input();
        rest(panic);
    }));
    execute!(stdout(), EnableMouseCapture, EnableBracketedPaste)?;
    Ok(terminal)
}

/// Gives it back. Nothing is lost if that is done twice.
pub(crate) fn give_back() {
    give_back_input();
    ratatui::restore();
}

fn give_back_input() {
    // There is nowhere left to say that this failed.
    let _ = execute!(stdout(), DisableBracketedPaste, DisableMouseCapture);
}
