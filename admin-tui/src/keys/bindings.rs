//! The keys that move about and look.

use crossterm::event::KeyCode as Code;

use super::Press::{Alt, Char, Code as Key, Ctrl, Digit};
use super::{Binding, Command, Context, Press};

const fn on(
    context: Context,
    keys: &'static [Press],
    command: Command,
    (name, help, palette): (&'static str, &'static str, &'static str),
) -> Binding {
    Binding { context, keys, command, name, help, palette }
}

/// What `c` does on lists and pages.
const EQUAL: &str = "Shows the commands of `signet` that do the same as the actions here, and \
                     first that of what was done last.";

/// Every key but those of actions.
pub(crate) const BINDINGS: &[Binding] = &[
    // What is hinted at first stands first.
    on(
        Context::List,
        &[Key(Code::Enter)],
        Command::Open,
        ("open", "Opens the row under the cursor on a page of its own.", ""),
    ),
    on(
        Context::List,
        &[Char('/')],
        Command::Filter,
        ("filter", "Shows only rows that have what you type. Esc shows all again.", "filter"),
    ),
    on(
        Context::List,
        &[Char('d')],
        Command::Pane,
        ("details", "Shows or hides the details of the row under the cursor.", "details pane"),
    ),
    on(
        Context::List,
        &[Char('s')],
        Command::Sort,
        (
            "sort",
            "Puts the rows in the order of the next column that can be sorted by.",
            "sort by the next column",
        ),
    ),
    on(
        Context::List,
        &[Char('S')],
        Command::Reverse,
        ("", "Turns the order of the rows around.", "reverse the order"),
    ),
    on(
        Context::List,
        &[Char('l')],
        Command::Links,
        ("links", "Goes to what belongs to the row under the cursor.", "go to what belongs to it"),
    ),
    on(Context::List, &[Key(Code::Up), Char('k')], Command::Up, ("", "Moves up.", "")),
    on(Context::List, &[Key(Code::Down), Char('j')], Command::Down, ("", "Moves down.", "")),
    on(
        Context::List,
        &[Key(Code::PageUp), Ctrl('b')],
        Command::PageUp,
        ("", "Moves up by a page.", ""),
    ),
    on(
        Context::List,
        &[Key(Code::PageDown), Ctrl('f')],
        Command::PageDown,
        ("", "Moves down by a page; more rows come as you near the end.", ""),
    ),
    on(
        Context::List,
        &[Key(Code::Home), Char('g')],
        Command::First,
        ("", "Goes to the first row.", ""),
    ),
    on(
        Context::List,
        &[Key(Code::End), Char('G')],
        Command::Last,
        ("", "Goes to the last row.", ""),
    ),
    on(
        Context::List,
        &[Char('y')],
        Command::Copy,
        ("copy", "Copies the id of the row, through the terminal (OSC 52).", "copy the id"),
    ),
    on(Context::List, &[Char('c')], Command::Equal, ("", EQUAL, "equal commands")),
    on(
        Context::Detail,
        &[Key(Code::Enter)],
        Command::Open,
        ("follow", "Goes where the fact under the cursor leads (it has a ›).", ""),
    ),
    on(Context::Detail, &[Key(Code::Up), Char('k')], Command::Up, ("", "Moves up.", "")),
    on(Context::Detail, &[Key(Code::Down), Char('j')], Command::Down, ("", "Moves down.", "")),
    on(
        Context::Detail,
        &[Key(Code::PageUp), Ctrl('b')],
        Command::PageUp,
        ("", "Moves up by a page.", ""),
    ),
    on(
        Context::Detail,
        &[Key(Code::PageDown), Ctrl('f')],
        Command::PageDown,
        ("", "Moves down by a page.", ""),
    ),
    on(
        Context::Detail,
        &[Key(Code::Home), Char('g')],
        Command::First,
        ("", "Goes to the first fact.", ""),
    ),
    on(
        Context::Detail,
        &[Key(Code::End), Char('G')],
        Command::Last,
        ("", "Goes to the last fact.", ""),
    ),
    on(
        Context::Detail,
        &[Char('y')],
        Command::Copy,
        ("copy", "Copies the fact under the cursor, through the terminal (OSC 52).", ""),
    ),
    on(Context::Detail, &[Char('c')], Command::Equal, ("", EQUAL, "")),
    on(
        Context::Home,
        &[Key(Code::Enter)],
        Command::Open,
        ("open", "Opens the event under the cursor on a page of its own.", ""),
    ),
    on(
        Context::Home,
        &[Key(Code::Up), Char('k')],
        Command::Up,
        ("", "Moves up; from the first event on, the cursor stays with the newest.", ""),
    ),
    on(Context::Home, &[Key(Code::Down), Char('j')], Command::Down, ("", "Moves down.", "")),
    on(
        Context::Home,
        &[Key(Code::Home), Char('g')],
        Command::First,
        ("", "Goes to the newest event.", ""),
    ),
    on(
        Context::Home,
        &[Key(Code::End), Char('G')],
        Command::Last,
        ("", "Goes to the last event that is here.", ""),
    ),
    on(
        Context::Screen,
        &[Char(':'), Ctrl('p')],
        Command::Palette,
        ("palette", "Finds every screen and every action by its name.", ""),
    ),
    on(
        Context::Screen,
        &[Char('?'), Key(Code::F(1))],
        Command::Help,
        ("help", "Shows what every key does here.", "help"),
    ),
    on(
        Context::Screen,
        &[Char('q'), Ctrl('c')],
        Command::Quit,
        ("quit", "Leaves the console. Ctrl-C does so everywhere.", "quit"),
    ),
    on(
        Context::Screen,
        &[Key(Code::Esc)],
        Command::Back,
        ("", "Closes what is open, asks no more for an action, or goes back.", ""),
    ),
    on(
        Context::Screen,
        &[Alt(Code::Left), Char('[')],
        Command::HistoryBack,
        ("", "Goes back to where you were.", "back"),
    ),
    on(
        Context::Screen,
        &[Alt(Code::Right), Char(']')],
        Command::HistoryForward,
        ("", "Goes forward again.", "forward"),
    ),
    on(
        Context::Screen,
        &[Digit],
        Command::Tab(0),
        ("", "Goes to the screen with this number.", ""),
    ),
    on(
        Context::Screen,
        &[Key(Code::Tab)],
        Command::NextTab,
        ("", "Goes to the next screen of the menu.", ""),
    ),
    on(
        Context::Screen,
        &[Key(Code::BackTab)],
        Command::PreviousTab,
        ("", "Goes to the screen before it.", ""),
    ),
    on(
        Context::Screen,
        &[Char('r')],
        Command::Refresh,
        (
            "",
            "Asks the store at once; else it is done twice a second, less often if it is slow.",
            "refresh",
        ),
    ),
    on(
        Context::Screen,
        &[Ctrl('t')],
        Command::Theme,
        ("", "Changes to the next theme: dark, light, high contrast, plain.", "next theme"),
    ),
    on(
        Context::Screen,
        &[Ctrl('l')],
        Command::Repaint,
        ("", "Draws everything anew, if something else wrote on the terminal.", "repaint"),
    ),
    on(
        Context::Ask,
        &[Key(Code::Enter)],
        Command::Submit,
        ("why", "Says what would happen, or why it did not.", ""),
    ),
    on(
        Context::Ask,
        &[Key(Code::Tab), Key(Code::Down)],
        Command::NextField,
        ("next field", "Goes to the next field.", ""),
    ),
    on(
        Context::Ask,
        &[Key(Code::BackTab), Key(Code::Up)],
        Command::PreviousField,
        ("", "Goes to the field before.", ""),
    ),
    on(Context::Ask, &[Key(Code::Esc)], Command::Back, ("back", "Goes back.", "")),
    on(
        Context::Form,
        &[Ctrl('s')],
        Command::Submit,
        ("go on", "Goes on with what was typed, once nothing is wrong with it.", ""),
    ),
    on(
        Context::Form,
        &[Key(Code::Tab), Key(Code::Down)],
        Command::NextField,
        ("next field", "Goes to the next field; Enter does too, and goes on from the last.", ""),
    ),
    on(
        Context::Form,
        &[Key(Code::BackTab), Key(Code::Up)],
        Command::PreviousField,
        ("", "Goes to the field before.", ""),
    ),
    on(
        Context::Form,
        &[Ctrl('r')],
        Command::Reload,
        ("", "Loads what the store holds by now into the fields that you did not touch.", ""),
    ),
    on(
        Context::Form,
        &[Ctrl('o')],
        Command::Equal,
        ("command", "Shows the command of `signet` that does what is typed so far.", ""),
    ),
    on(
        Context::Form,
        &[Key(Code::Esc)],
        Command::Close,
        ("cancel", "Closes the form; nothing is changed.", ""),
    ),
    on(Context::Confirm, &[Char('y')], Command::Yes, ("yes", "Does it.", "")),
    on(
        Context::Confirm,
        &[Char('n'), Key(Code::Esc), Key(Code::Enter)],
        Command::No,
        ("no", "Does nothing.", ""),
    ),
    on(
        Context::Confirm,
        &[Ctrl('o'), Char('c')],
        Command::Equal,
        (
            "command",
            "Shows the command of `signet` that does the same; c does not where a word is typed.",
            "",
        ),
    ),
    on(Context::Dialog, &[Key(Code::Up)], Command::Up, ("", "Moves up.", "")),
    on(Context::Dialog, &[Key(Code::Down)], Command::Down, ("", "Moves down.", "")),
    on(Context::Dialog, &[Key(Code::PageUp)], Command::PageUp, ("", "Moves up by a page.", "")),
    on(
        Context::Dialog,
        &[Key(Code::PageDown)],
        Command::PageDown,
        ("", "Moves down by a page.", ""),
    ),
    on(
        Context::Dialog,
        &[Key(Code::Enter)],
        Command::Open,
        ("choose", "Chooses the line under the cursor.", ""),
    ),
    on(
        Context::Dialog,
        &[Char('y')],
        Command::Copy,
        ("copy", "Copies what is shown, through the terminal (OSC 52).", ""),
    ),
    on(Context::Dialog, &[Key(Code::Esc)], Command::Close, ("close", "Closes it.", "")),
];
