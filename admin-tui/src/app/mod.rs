//! The console: a screen in a frame, what stands in front of it, and the way to and fro.
//!
//! It is plain state. Keys, answers and ticks come in, what is to be done goes out, and
//! nothing here waits for the store or knows the terminal.

mod chrome;
mod commands;
mod errands;
mod front;
mod history;
mod mouse;
pub(crate) mod run;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use shared::model::Timestamp;

use crate::keys::{ACTIONS, Action, BINDINGS, Command, Context, Press};
use crate::look::Look;
use crate::place::{Kind, Place};
use crate::screen::{Reply, Screen, Wanted};
use crate::screens::{DetailScreen, Home, ListScreen, SignInScreen, WhyScreen};
use crate::source::{Answer, Operator, Question, Sent, SignIn, Told};
use crate::view::ListSpec;
use errands::Work;
use front::Front;
use history::{History, Visit};

/// The smallest window that screens are drawn for.
const LEAST: (u16, u16) = (80, 24);
/// How long what was said stays, in seconds.
const SAID: u64 = 6;

/// What is to be done outside.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Tell the desk.
    Send(Sent),
    /// Put a text on the clipboard.
    Copy(String),
    /// Draw everything anew.
    Repaint,
    /// Leave.
    Leave,
}

/// Who waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seat {
    /// The screen that is shown, with its ticket.
    Screen(u64),
    /// The action that is under way.
    Errand,
    /// Somebody who wants to be let in.
    SignIn,
}

/// With what the console begins.
pub(crate) struct Setup {
    /// The lists that there are.
    pub(crate) lists: &'static [&'static ListSpec],
    /// The store's address, without its password.
    pub(crate) store: String,
    /// Who is at work; nobody yet if absent, so they have to sign in.
    pub(crate) operator: Option<Operator>,
    /// How it looks.
    pub(crate) look: Look,
    /// Where to begin.
    pub(crate) place: Place,
}

/// The console.
pub(crate) struct App {
    lists: &'static [&'static ListSpec],
    store: String,
    operator: Operator,
    /// Where whoever signs in wants to begin.
    begins_at: Place,
    history: History,
    /// What stands in front of the screen, the foremost last.
    fronts: Vec<Front>,
    work: Option<Work>,
    /// The command that does what was done last.
    done_last: Option<String>,
    /// What was said last, until when it stays.
    said: Option<(String, Timestamp)>,
    waiting: Vec<(u64, Seat)>,
    asked: u64,
    look: Look,
    area: Rect,
}

impl App {
    /// A console.
    pub(crate) fn new(setup: Setup) -> Self {
        let begins_at = setup.place;
        let place = if setup.operator.is_some() { begins_at.clone() } else { Place::SignIn };
        let screen = make_screen(&place, setup.lists, &setup.store);
        let home = || Box::new(Home::new(setup.store.clone())) as Box<dyn Screen>;
        let screen = screen.unwrap_or_else(home);
        Self {
            lists: setup.lists,
            store: setup.store,
            operator: setup.operator.unwrap_or_default(),
            begins_at,
            history: History::new(Visit { place, screen }),
            fronts: Vec::new(),
            work: None,
            done_last: None,
            said: None,
            waiting: Vec::new(),
            asked: 0,
            look: setup.look,
            area: Rect::ZERO,
        }
    }

    /// Where one is.
    pub(crate) fn place(&self) -> &Place {
        &self.history.here().place
    }

    fn screen(&mut self) -> &mut dyn Screen {
        self.history.here_mut().screen.as_mut()
    }

    /// What happened at the terminal.
    pub(crate) fn on_event(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        self.look.now = now;
        match event {
            Event::Key(key) if key.is_press() || key.is_repeat() => self.on_key(key, now),
            Event::Paste(text) => {
                if let Some(front) = self.fronts.last_mut() {
                    front.dialog().on_paste(&text);
                    return Vec::new();
                }
                let wanted = self.screen().on_paste(&text, now);
                self.fulfil(wanted, now)
            }
            Event::Mouse(mouse) => self.on_mouse(mouse, now),
            _ => Vec::new(),
        }
    }

    /// Half a second has passed, or the console has just begun.
    pub(crate) fn on_tick(&mut self, now: Timestamp) -> Vec<Effect> {
        self.look.now = now;
        if self.said.as_ref().is_some_and(|(_, until)| now >= *until) {
            self.said = None;
        }
        let wanted = self.screen().on_tick(now);
        self.fulfil(wanted, now)
    }

    /// The desk says something. What nobody waits for any more is thrown away.
    pub(crate) fn on_told(&mut self, told: Told, now: Timestamp) -> Vec<Effect> {
        self.look.now = now;
        let Some(position) = self.waiting.iter().position(|(id, _)| *id == told.id) else {
            return Vec::new();
        };
        let under_way = matches!(told.answer, Ok(Answer::Progress(_)));
        let Some((_, seat)) = self.waiting.get(position).copied() else { return Vec::new() };
        if !under_way {
            self.waiting.remove(position);
        }
        match seat {
            Seat::Errand => self.on_errand_told(told.answer, now),
            Seat::Screen(ticket) => {
                let Told { took, answer, .. } = told;
                let wanted = self.screen().on_reply(Reply { ticket, took, answer }, now);
                self.fulfil(wanted, now)
            }
            Seat::SignIn => match told.answer {
                Ok(Answer::SignIn(SignIn::In(operator))) => self.let_in(operator, now),
                answer => {
                    let reply = Reply { ticket: 0, took: told.took, answer };
                    let wanted = self.screen().on_reply(reply, now);
                    self.fulfil(wanted, now)
                }
            },
        }
    }

    /// Somebody is in: where they wanted to begin, with the first screen behind that.
    fn let_in(&mut self, operator: Operator, now: Timestamp) -> Vec<Effect> {
        self.operator = operator;
        let screen = Box::new(Home::new(self.store.clone()));
        self.history = History::new(Visit { place: Place::Home, screen });
        let effects = self.go(self.begins_at.clone(), now);
        if *self.place() == Place::Home { self.on_tick(now) } else { effects }
    }

    fn on_key(&mut self, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return vec![Effect::Leave];
        }
        if let Some(front) = self.fronts.last_mut() {
            let outcome = front.dialog().on_key(key);
            return self.on_outcome(outcome, now);
        }
        if key.code == KeyCode::Esc && self.is_pending() {
            return self.forget_pending();
        }
        if let Some(command) = self.command_while_typing(key) {
            return self.on_command(command, now);
        }
        if self.screen().is_typing() {
            let wanted = self.screen().on_typed(key, now);
            return self.fulfil(wanted, now);
        }
        let context = self.context();
        let here = BINDINGS
            .iter()
            .filter(|binding| binding.context == context || binding.context == Context::Screen);
        let mut hits = here.filter(|binding| binding.keys.iter().any(|press| press.is(key)));
        if let Some(binding) = hits.next() {
            let command = match (binding.command, key.code) {
                (Command::Tab(_), KeyCode::Char(digit)) => {
                    let number = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
                    Command::Tab(number.unwrap_or(0))
                }
                (command, _) => command,
            };
            return self.on_command(command, now);
        }
        let actions = self.actions();
        let mut hits = actions.iter().filter(|action| Press::Char(action.key).is(key));
        match hits.next() {
            Some(action) => self.begin(action, now),
            None => Vec::new(),
        }
    }

    /// What a key does that is no text, while every other one is; nothing before somebody is
    /// in.
    fn command_while_typing(&mut self, key: KeyEvent) -> Option<Command> {
        if !self.screen().is_typing() || *self.place() == Place::SignIn {
            return None;
        }
        let everywhere = BINDINGS.iter().filter(|binding| binding.context == Context::Screen);
        let is_it = |press: &&Press| press.works_while_typing() && press.is(key);
        let mut hits = everywhere.filter(|binding| binding.keys.iter().find(is_it).is_some());
        hits.next().map(|binding| binding.command)
    }

    /// Which keys count here.
    fn context(&self) -> Context {
        match self.place() {
            Place::List(..) => Context::List,
            Place::Detail(_) | Place::Because(_) => Context::Detail,
            Place::Why => Context::Ask,
            Place::Home => Context::Home,
            Place::SignIn => Context::Screen,
        }
    }

    /// The actions that this operator may do here.
    fn actions(&self) -> Vec<&'static Action> {
        let Some(kind) = self.place().kind() else { return Vec::new() };
        let may = |action: &&Action| action.is_on(kind) && self.operator.may(action.permission);
        ACTIONS.iter().filter(may).collect()
    }

    /// The screens of the menu that this operator may see.
    fn tabs(&self) -> Vec<Place> {
        let may = |spec: &&&ListSpec| spec.whole && self.operator.may(spec.permission);
        let lists = self.lists.iter().filter(may).map(|spec| Place::List(spec.kind, None));
        let why = self.operator.may("audit.read").then_some(Place::Why);
        std::iter::once(Place::Home).chain(lists).chain(why).collect()
    }

    /// Which of them one is on, or came from.
    fn tab(&self) -> Option<usize> {
        let outer = match self.place() {
            Place::List(kind, None) => Place::List(*kind, None),
            Place::List(_, Some(scope)) => Place::List(scope.kind, None),
            Place::Detail(target) => {
                let kind = target.scope.as_ref().map_or(target.kind, |scope| scope.kind);
                Place::List(kind, None)
            }
            Place::Because(_) => Place::Why,
            other => other.clone(),
        };
        self.tabs().iter().position(|tab| *tab == outer)
    }

    /// Does what a screen wants.
    fn fulfil(&mut self, wanted: Vec<Wanted>, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        for wanted in wanted {
            match wanted {
                Wanted::Ask(ticket, question) => {
                    effects.push(self.ask(Seat::Screen(ticket), question, now));
                }
                Wanted::Forget(ticket) => effects.extend(self.forget(Seat::Screen(ticket))),
                Wanted::Go(place) => effects.extend(self.go(place, now)),
                Wanted::Back => effects.extend(self.travel(History::back, now)),
                Wanted::Say(text) => self.say(text, now),
                Wanted::SignIn(credentials) => {
                    effects.push(self.ask(Seat::SignIn, Question::SignIn(credentials), now));
                }
                Wanted::Leave => effects.push(Effect::Leave),
            }
        }
        effects
    }

    fn ask(&mut self, seat: Seat, question: Question, at: Timestamp) -> Effect {
        self.asked += 1;
        self.waiting.push((self.asked, seat));
        Effect::Send(Sent::Asked { id: self.asked, at, question: Box::new(question) })
    }

    fn forget(&mut self, seat: Seat) -> Vec<Effect> {
        let gone: Vec<u64> =
            self.waiting.iter().filter(|(_, one)| *one == seat).map(|(id, _)| *id).collect();
        self.waiting.retain(|(_, one)| *one != seat);
        gone.into_iter().map(|id| Effect::Send(Sent::Forget(id))).collect()
    }

    /// Nobody waits for what the screen asked, nor for an action that would come up elsewhere.
    fn forget_screen(&mut self) -> Vec<Effect> {
        let mut effects = self.forget_pending();
        let is_screen = |seat: &Seat| matches!(seat, Seat::Screen(_));
        let gone: Vec<u64> =
            self.waiting.iter().filter(|(_, seat)| is_screen(seat)).map(|(id, _)| *id).collect();
        self.waiting.retain(|(_, seat)| !is_screen(seat));
        effects.extend(gone.into_iter().map(|id| Effect::Send(Sent::Forget(id))));
        effects
    }

    /// Goes to a place, if this operator may see it.
    fn go(&mut self, place: Place, now: Timestamp) -> Vec<Effect> {
        if *self.place() == place {
            return Vec::new();
        }
        let spec = place.kind().and_then(|kind| find_list(self.lists, kind));
        if let Some(spec) = spec.filter(|spec| !self.operator.may(spec.permission)) {
            self.say(format!("You need the permission {} for that.", spec.permission), now);
            return Vec::new();
        }
        let Some(screen) = make_screen(&place, self.lists, &self.store) else {
            return Vec::new();
        };
        let mut effects = self.forget_screen();
        self.history.go(Visit { place, screen });
        effects.extend(self.arrive(now));
        effects
    }

    /// Goes back or forward.
    fn travel(&mut self, step: fn(&mut History) -> bool, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if step(&mut self.history) {
            effects.extend(self.forget_screen());
            effects.extend(self.arrive(now));
        }
        effects
    }

    fn arrive(&mut self, now: Timestamp) -> Vec<Effect> {
        self.lay_out(self.area);
        self.on_tick(now)
    }

    fn copy(&mut self, text: String, now: Timestamp) -> Effect {
        self.say("Copied, if the terminal allows it (OSC 52).".to_owned(), now);
        Effect::Copy(text)
    }

    fn say(&mut self, text: String, now: Timestamp) {
        self.said = Some((text, now.plus(std::time::Duration::from_secs(SAID))));
    }

    /// It is drawn here from now on.
    pub(crate) fn lay_out(&mut self, area: Rect) {
        self.area = area;
        let body = self.parts(area).body;
        self.screen().lay_out(body);
    }
}

/// The list of a kind, if there is one.
fn find_list(lists: &'static [&'static ListSpec], kind: Kind) -> Option<&'static ListSpec> {
    lists.iter().find(|spec| spec.kind == kind).copied()
}

/// The screen for a place; none for a list that there is not.
fn make_screen(
    place: &Place,
    lists: &'static [&'static ListSpec],
    store: &str,
) -> Option<Box<dyn Screen>> {
    Some(match place {
        Place::Home => Box::new(Home::new(store.to_owned())),
        Place::SignIn => Box::new(SignInScreen::new()),
        Place::Why => Box::new(WhyScreen::new()),
        Place::Because(asked) => Box::new(DetailScreen::answering(Question::Why(asked.clone()))),
        Place::Detail(target) => Box::new(DetailScreen::new(target.clone())),
        Place::List(kind, scope) => {
            let spec = find_list(lists, *kind)?;
            let fits = scope.as_ref().map_or(spec.whole, |scope| spec.scopes.contains(&scope.kind));
            if !fits {
                return None;
            }
            Box::new(ListScreen::new(spec, scope.clone()))
        }
    })
}

#[cfg(test)]
mod tests;
