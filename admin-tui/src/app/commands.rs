//! What the keys do that are the same on every screen, and what the palette holds.

use shared::model::Timestamp;

use super::errands::EQUAL;
use super::front::Front;
use super::history::History;
use super::{App, Effect};
use crate::dialogs::{Choice, Entry, Help, Menu, Palette, Shown};
use crate::form_spec::Values;
use crate::keys::{ACTIONS, Action, ActionId, BINDINGS, Command, Context};
use crate::place::{Kind, Place, Target};

impl App {
    /// Does what a key of the table says.
    pub(super) fn on_command(&mut self, command: Command, now: Timestamp) -> Vec<Effect> {
        match command {
            Command::Quit => return vec![Effect::Leave],
            Command::Help => {
                let help = Help::new(self.context(), &self.actions());
                self.fronts.push(Front::Help(help));
            }
            Command::Palette => {
                let palette = Palette::new(self.palette());
                self.fronts.push(Front::Palette(palette));
            }
            Command::HistoryBack => return self.travel(History::back, now),
            Command::HistoryForward => return self.travel(History::forward, now),
            Command::Tab(number) => return self.go_to_tab(number.checked_sub(1), now),
            Command::NextTab => {
                let count = self.tabs().len().max(1);
                return self.go_to_tab(self.tab().map(|tab| (tab + 1) % count), now);
            }
            Command::PreviousTab => {
                let count = self.tabs().len().max(1);
                return self.go_to_tab(self.tab().map(|tab| (tab + count - 1) % count), now);
            }
            Command::Theme => {
                self.look.theme = self.look.theme.next();
                self.say(format!("Theme: {}.", self.look.theme.name), now);
            }
            Command::Repaint => return vec![Effect::Repaint],
            Command::Copy => {
                let copied = self.screen().copied();
                return copied.map(|text| self.copy(text, now)).into_iter().collect();
            }
            Command::Links => self.show_links(now),
            Command::Equal => self.show_equal(now),
            command => {
                let wanted = self.screen().on_command(command, now);
                return self.fulfil(wanted, now);
            }
        }
        Vec::new()
    }

    fn go_to_tab(&mut self, number: Option<usize>, now: Timestamp) -> Vec<Effect> {
        let place = number.and_then(|number| self.tabs().into_iter().nth(number));
        place.map(|place| self.go(place, now)).unwrap_or_default()
    }

    fn show_links(&mut self, now: Timestamp) {
        let links = self.screen().links();
        if links.is_empty() {
            return self.say("Nothing belongs to it that could be shown.".to_owned(), now);
        }
        let name = self.screen().target().map(|target| target.name).unwrap_or_default();
        self.fronts.push(Front::Menu(Menu::of_links(format!("Go to, from {name}"), links)));
    }

    fn show_equal(&mut self, now: Timestamp) {
        if let Place::Because(asked) = self.place() {
            let (about, command) = asked.equal_command();
            self.fronts.push(Front::Shown(Shown::text(EQUAL, about, &command)));
            return;
        }
        let Some(kind) = self.place().kind() else { return };
        let target = self.screen().target().unwrap_or_else(|| Target::none(kind, None));
        let actions = match kind {
            Kind::Holders => Action::of(ActionId::PermissionWhoCan).into_iter().collect(),
            _ => self.actions(),
        };
        let here = actions.iter().map(|action| action.equal_command(&target, &Values::default()));
        let commands: Vec<_> = self.done_last.clone().into_iter().chain(here).collect();
        if commands.is_empty() {
            return self.say("No command of `signet` does the same.".to_owned(), now);
        }
        let title = "Equal commands: Enter copies one".to_owned();
        self.fronts.push(Front::Menu(Menu::of_texts(title, commands)));
    }

    /// Every screen, every command and every action that this operator may see.
    pub(super) fn palette(&self) -> Vec<Entry> {
        let tabs = self.tabs();
        let here = self.place().kind();
        let screens = tabs.iter().zip(1..).map(|(place, number)| Entry {
            name: place.crumbs().join(" ").to_lowercase(),
            key: number.to_string(),
            help: "Goes to this screen.".to_owned(),
            available: true,
            choice: Choice::Go(place.clone()),
        });
        let may = |action: &&Action| self.operator.may(action.permission);
        let actions = ACTIONS.iter().filter(may).map(|action| {
            let available = here.is_some_and(|kind| action.is_on(kind));
            let first = action.on.title();
            let elsewhere = format!("{} It is done on {first}; this goes there.", action.help);
            Entry {
                name: action.palette.to_owned(),
                key: action.key.to_string(),
                help: if available { action.help.to_owned() } else { elsewhere },
                available,
                choice: Choice::Action(action.id),
            }
        });
        let context = self.context();
        let commands = BINDINGS.iter().filter(|binding| !binding.palette.is_empty());
        let commands = commands.map(|binding| Entry {
            name: binding.palette.to_owned(),
            key: binding.keys_in(context).next().map(ToString::to_string).unwrap_or_default(),
            help: binding.help.to_owned(),
            available: matches!(binding.context, Context::Screen) || binding.context == context,
            choice: Choice::Command(binding.command),
        });
        screens.chain(actions).chain(commands).collect()
    }

    /// Does what was chosen in the palette.
    pub(super) fn choose(&mut self, choice: Choice, now: Timestamp) -> Vec<Effect> {
        match choice {
            Choice::Go(place) => self.go(place, now),
            Choice::Command(command) => self.on_command(command, now),
            Choice::Action(id) => self.choose_action(id, now),
        }
    }

    fn choose_action(&mut self, id: ActionId, now: Timestamp) -> Vec<Effect> {
        let Some(action) = Action::of(id) else { return Vec::new() };
        let here = self.place().kind();
        if here.is_some_and(|kind| action.is_on(kind)) {
            return self.begin(action, now);
        }
        // Where it can be done, if that is a screen of its own; else where that begins.
        let kind = action.on;
        let spec = super::find_list(self.lists, kind);
        let whole = spec.is_some_and(|spec| spec.whole);
        let first = spec.and_then(|spec| spec.scopes.first()).copied();
        let kind_to_show = if whole { Some(kind) } else { first };
        let Some(shown) = kind_to_show else { return Vec::new() };
        let effects = self.go(Place::List(shown, None), now);
        let hint = if whole {
            format!("Choose one, then {} ({}).", action.key, action.name)
        } else {
            format!("Choose one, l for its {}, then {}.", kind.title().to_lowercase(), action.key)
        };
        self.say(hint, now);
        effects
    }
}
