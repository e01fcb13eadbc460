//! An action on its way: what it wants to know, what it would do, a yes, and done.
//!
//! Whatever fails on the way, the form with all that was typed stays.

use shared::model::Timestamp;

use super::front::Front;
use super::{App, Effect, Seat};
use crate::dialogs::{Confirm, Form, Outcome, ProgressDialog, Shown};
use crate::form_spec::{FormSpec, Values};
use crate::keys::{Action, Needs};
use crate::place::{Place, Target};
use crate::source::{Answer, Cancel, Errand, Performed, Preview, Progress, Question, Trouble};

/// The title of what shows a command.
pub(super) const EQUAL: &str = "Equal command";

/// The action that is under way.
pub(super) struct Work {
    action: &'static Action,
    errand: Errand,
    cancel: Cancel,
}

impl Work {
    fn title(&self) -> String {
        let name = &self.errand.target.name;
        let (first, rest) = self.action.name.split_at(1.min(self.action.name.len()));
        let what = format!("{}{rest}", first.to_uppercase());
        if name.is_empty() { what } else { format!("{what}: {name}") }
    }

    /// The command that does it.
    fn equal_command(&self) -> String {
        self.action.equal_command(&self.errand.target, &self.errand.values)
    }
}

impl App {
    /// Begins an action on what is chosen, in place of one that nothing is seen of yet.
    pub(super) fn begin(&mut self, action: &'static Action, now: Timestamp) -> Vec<Effect> {
        let mut effects = self.forget_pending();
        let Some(kind) = self.place().kind() else { return effects };
        let scope = match self.place() {
            Place::List(_, scope) => scope.clone(),
            Place::Detail(target) => target.scope.clone(),
            Place::Home | Place::Why | Place::Because(_) | Place::SignIn => None,
        };
        let chosen = self.screen().target();
        let target = match (action.needs, chosen) {
            (Needs::Row, Some(target)) => target,
            (Needs::Row, None) => {
                self.say("There is nothing chosen to do it on.".to_owned(), now);
                return effects;
            }
            (Needs::Nothing, _) => Target::none(kind, scope),
        };
        let question = Question::Form(action.id, target.clone());
        let errand = Errand { action: action.id, target, values: Values::default() };
        self.work = Some(Work { action, errand, cancel: Cancel::default() });
        effects.push(self.ask(Seat::Errand, question, now));
        effects
    }

    /// Whether an action is under way of which nothing is seen yet: it waits for its form, or
    /// for what it would do.
    pub(super) fn is_pending(&self) -> bool {
        self.work.is_some() && !self.fronts.iter().any(Front::is_of_work)
    }

    /// Nobody waits for such an action any more.
    pub(super) fn forget_pending(&mut self) -> Vec<Effect> {
        if !self.is_pending() {
            return Vec::new();
        }
        self.work = None;
        self.forget(Seat::Errand)
    }

    /// What a dialog wants.
    pub(super) fn on_outcome(&mut self, outcome: Outcome, now: Timestamp) -> Vec<Effect> {
        match outcome {
            Outcome::Stays => Vec::new(),
            Outcome::Close => self.close_front(),
            Outcome::Copy(text) => vec![self.copy(text, now)],
            Outcome::Go(place) => {
                self.fronts.pop();
                self.go(place, now)
            }
            Outcome::Chosen(choice) => {
                self.fronts.pop();
                self.choose(choice, now)
            }
            Outcome::Submit(values) => self.submit(values, now),
            Outcome::Reload => self.reload(now),
            Outcome::Yes => {
                self.fronts.pop();
                self.perform(now)
            }
            Outcome::Equal => {
                self.show_equal_of_work();
                Vec::new()
            }
            Outcome::Cancel => {
                if let Some(work) = &self.work {
                    work.cancel.cancel();
                }
                Vec::new()
            }
        }
    }

    fn close_front(&mut self) -> Vec<Effect> {
        let closed = self.fronts.pop();
        let of_work = closed.is_some_and(|front| front.is_of_work());
        if of_work && !self.fronts.iter().any(Front::is_of_work) {
            self.work = None;
            return self.forget(Seat::Errand);
        }
        Vec::new()
    }

    fn submit(&mut self, values: Values, now: Timestamp) -> Vec<Effect> {
        let busy = self.waiting.iter().any(|(_, seat)| *seat == Seat::Errand);
        let Some(work) = self.work.as_mut().filter(|_| !busy) else { return Vec::new() };
        work.errand.values = values;
        let question = Question::Preview(work.errand.clone());
        vec![self.ask(Seat::Errand, question, now)]
    }

    fn reload(&mut self, now: Timestamp) -> Vec<Effect> {
        let busy = self.waiting.iter().any(|(_, seat)| *seat == Seat::Errand);
        let Some(work) = self.work.as_ref().filter(|_| !busy) else { return Vec::new() };
        let question = Question::Form(work.action.id, work.errand.target.clone());
        vec![self.ask(Seat::Errand, question, now)]
    }

    fn perform(&mut self, now: Timestamp) -> Vec<Effect> {
        let Some(work) = &self.work else { return Vec::new() };
        let question = Question::Perform(work.errand.clone(), work.cancel.clone());
        let dialog = ProgressDialog::new(work.title());
        self.fronts.push(Front::Progress(dialog, now));
        vec![self.ask(Seat::Errand, question, now)]
    }

    /// The desk says something about the action that is under way.
    pub(super) fn on_errand_told(
        &mut self,
        answer: Result<Answer, Trouble>,
        now: Timestamp,
    ) -> Vec<Effect> {
        match answer {
            Ok(Answer::Form(spec)) => self.on_form(spec, now),
            Ok(Answer::Preview(preview)) => self.on_preview(preview, now),
            Ok(Answer::Progress(progress)) => {
                self.on_progress(progress);
                Vec::new()
            }
            Ok(Answer::Performed(performed)) => self.on_performed(performed, now),
            Ok(_) => Vec::new(),
            Err(trouble) => self.on_trouble(trouble, now),
        }
    }

    fn on_form(&mut self, spec: FormSpec, now: Timestamp) -> Vec<Effect> {
        let shown = self.fronts.iter_mut().find_map(|front| match front {
            Front::Form(form) => Some(form),
            _ => None,
        });
        if let Some(form) = shown {
            form.reload(spec);
            return Vec::new();
        }
        if spec.fields.is_empty() {
            return self.submit(Values { version: spec.version, ..Values::default() }, now);
        }
        self.fronts.push(Front::Form(Form::new(spec)));
        Vec::new()
    }

    fn on_preview(&mut self, preview: Preview, now: Timestamp) -> Vec<Effect> {
        if preview.lines.is_empty() {
            return self.perform(now);
        }
        let title = self.work.as_ref().map(Work::title).unwrap_or_default();
        self.fronts.push(Front::Confirm(Confirm::new(title, preview)));
        Vec::new()
    }

    fn on_progress(&mut self, progress: Progress) {
        let dialog = self.fronts.iter_mut().find_map(|front| match front {
            Front::Progress(dialog, since) => Some((dialog, since)),
            _ => None,
        });
        if let Some((dialog, since)) = dialog {
            dialog.set(progress);
            // Whoever says how far they are has something to show at once.
            *since = Timestamp(0);
        }
    }

    fn on_performed(&mut self, performed: Performed, now: Timestamp) -> Vec<Effect> {
        self.done_last = self.work.as_ref().map(Work::equal_command);
        self.end_work();
        if !performed.said.is_empty() {
            self.say(performed.said, now);
        }
        if let Some((name, secret)) = performed.secret {
            self.fronts.push(Front::Shown(Shown::secret(&name, secret)));
        }
        let mut effects = Vec::new();
        if let Some(place) = performed.go_to {
            effects.extend(self.go(place, now));
        }
        let wanted = self.screen().on_command(crate::keys::Command::Refresh, now);
        effects.extend(self.fulfil(wanted, now));
        effects
    }

    fn on_trouble(&mut self, trouble: Trouble, now: Timestamp) -> Vec<Effect> {
        // The store may have done it before its answer was lost, once it was asked to.
        let may_be_done = self.fronts.iter().any(|front| matches!(front, Front::Progress(..)));
        self.fronts.retain(|front| !matches!(front, Front::Progress(..) | Front::Confirm(_)));
        let form = self.fronts.iter_mut().find_map(|front| match front {
            Front::Form(form) => Some(form),
            _ => None,
        });
        match (form, trouble) {
            (_, Trouble::Cancelled(done)) => {
                self.end_work();
                self.say(done, now);
                let wanted = self.screen().on_command(crate::keys::Command::Refresh, now);
                return self.fulfil(wanted, now);
            }
            (Some(form), trouble) => form.fail(trouble, may_be_done),
            (None, trouble) => {
                let title = self.work.as_ref().map(Work::title).unwrap_or_default();
                self.end_work();
                let about = match &trouble {
                    Trouble::Gone(_) if may_be_done => "Look whether it was done; no answer came:",
                    _ => "It was not done:",
                };
                let dialog = Shown::text(&title, about, trouble.words());
                self.fronts.push(Front::Shown(dialog));
            }
        }
        Vec::new()
    }

    fn end_work(&mut self) {
        self.work = None;
        self.fronts.retain(|front| !front.is_of_work());
    }

    /// Shows the command that does what is under way.
    fn show_equal_of_work(&mut self) {
        let Some(work) = &mut self.work else { return };
        if let Some(Front::Form(form)) = self.fronts.last() {
            work.errand.values = form.values();
        }
        let dialog = Shown::text(EQUAL, "This does the same in a shell:", &work.equal_command());
        self.fronts.push(Front::Shown(dialog));
    }
}
