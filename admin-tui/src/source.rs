//! What screens ask, what they are told, and who answers.
//!
//! One task, the desk, owns the [`Source`]. Questions and answers travel on channels and
//! carry a number, so that an answer to a question that nobody waits for any more is
//! thrown away.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use shared::admin::account_name;
use shared::model::{Secret, Timestamp};
use shared::store::Counts;
use tokio::sync::mpsc::UnboundedSender;

use crate::form_spec::{FormSpec, Values};
use crate::keys::ActionId;
use crate::place::{Place, Target, WhyAsked};
use crate::view::{Detail, Page, Query};

/// Something asked of the desk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Question {
    /// What the first screen shows.
    Home,
    /// How much of everything there is; over millions of rows that takes its time.
    Counts,
    /// Rows.
    Page(Query),
    /// All about one thing.
    Detail(Target),
    /// What would happen, or why it did not.
    Why(WhyAsked),
    /// What an action wants to know.
    Form(ActionId, Target),
    /// What an action would do.
    Preview(Errand),
    /// Do it.
    Perform(Errand, Cancel),
    /// Let somebody in.
    SignIn(Credentials),
}

impl Question {
    /// Whether nothing is lost if nobody waits for the answer.
    pub(crate) fn is_a_look(&self) -> bool {
        !matches!(self, Self::Perform(..) | Self::SignIn(_))
    }
}

/// What the desk says.
#[derive(Debug)]
pub(crate) enum Answer {
    /// To [`Question::Home`].
    Home(Box<HomeFacts>),
    /// To [`Question::Counts`].
    Counts(Counts),
    /// To [`Question::Page`].
    Page(Page),
    /// To [`Question::Detail`] and [`Question::Why`].
    Detail(Detail),
    /// To [`Question::Form`].
    Form(FormSpec),
    /// To [`Question::Preview`].
    Preview(Preview),
    /// To [`Question::Perform`], while it is done.
    Progress(Progress),
    /// To [`Question::Perform`], when it is done.
    Performed(Performed),
    /// To [`Question::SignIn`].
    SignIn(SignIn),
}

/// Why there is no answer, or why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The store does not answer; it may come back.
    Gone(String),
    /// What was asked for cannot be done as it was asked.
    Refused(String),
    /// Whoever asks is not permitted it, or not any more.
    Forbidden(String),
    /// Somebody else changed it meanwhile.
    Changed(String),
    /// What one field holds cannot be used.
    Field(&'static str, String),
    /// The operator broke it off; so far it is done.
    Cancelled(String),
}

impl Trouble {
    /// In words.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Gone(why)
            | Self::Refused(why)
            | Self::Forbidden(why)
            | Self::Changed(why)
            | Self::Field(_, why)
            | Self::Cancelled(why) => why,
        }
    }
}

/// A question on its way to the desk.
#[derive(Debug)]
pub(crate) enum Sent {
    /// A question.
    Asked {
        /// Its number.
        id: u64,
        /// When it was asked.
        at: Timestamp,
        /// What.
        question: Box<Question>,
    },
    /// Nobody waits for the answer any more.
    Forget(u64),
}

/// An answer on its way back.
#[derive(Debug)]
pub(crate) struct Told {
    /// The question's number.
    pub(crate) id: u64,
    /// How long the answer took, without the opening of the store.
    pub(crate) took: Duration,
    /// The answer.
    pub(crate) answer: Result<Answer, Trouble>,
}

/// What the first screen shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HomeFacts {
    /// What happened how often, the oldest first.
    pub(crate) series: Vec<Series>,
    /// What an operator should look at, in words.
    pub(crate) alerts: Vec<String>,
    /// The clients that fail most, and how often and how they did in the last hour.
    pub(crate) failing: Vec<String>,
}

/// How often something happened in each of equally long spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Series {
    /// What.
    pub(crate) name: &'static str,
    /// How often, the oldest span first.
    pub(crate) points: Vec<u64>,
}

/// What an action would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Preview {
    /// What will happen and how many it touches; empty if there is nothing to ask.
    pub(crate) lines: Vec<String>,
    /// What has to be typed before it is done; nothing if a yes is enough.
    pub(crate) word: Option<String>,
}

impl Preview {
    /// These lines, and a yes.
    pub(crate) fn of(lines: Vec<String>) -> Self {
        Self { lines, word: None }
    }

    /// These lines, and a word that has to be typed.
    pub(crate) fn typed(lines: Vec<String>, word: impl Into<String>) -> Self {
        Self { lines, word: Some(word.into()) }
    }
}

/// What an action did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Performed {
    /// In words.
    pub(crate) said: String,
    /// A secret that was made, with its name: shown this once.
    pub(crate) secret: Option<(String, Secret<String>)>,
    /// Where to go now.
    pub(crate) go_to: Option<Place>,
}

impl Performed {
    /// This is done.
    pub(crate) fn said(said: impl Into<String>) -> Self {
        Self { said: said.into(), ..Self::default() }
    }

    /// The same, and this is where to go now.
    pub(crate) fn go_to(mut self, place: Place) -> Self {
        self.go_to = Some(place);
        self
    }
}

/// How far long work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    /// So many are done.
    pub(crate) done: u64,
    /// Of so many, if that is known.
    pub(crate) of: Option<u64>,
    /// What is done, in words.
    pub(crate) text: String,
}

/// Says that work should be broken off.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// From now on it should.
    pub(crate) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it should.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl PartialEq for Cancel {
    /// No two works are told apart by it.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The way of long work: it says how far it is, and hears whether it should go on.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    /// The question's number.
    pub(crate) id: u64,
    /// Whether to go on.
    pub(crate) cancel: Cancel,
    /// Where answers go.
    pub(crate) told: UnboundedSender<Told>,
}

impl Course {
    /// Says how far the work is.
    pub(crate) fn tell(&self, progress: Progress) {
        let answer = Ok(Answer::Progress(progress));
        // If nobody listens any more the work goes on all the same.
        let _ = self.told.send(Told { id: self.id, took: Duration::ZERO, answer });
    }

    /// Whether the work should be broken off.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

/// What somebody shows to be let in.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    /// Their user name or address.
    pub(crate) username: String,
    /// Their password.
    pub(crate) password: Secret<String>,
    /// Six digits or a recovery code, once that was asked for.
    pub(crate) code: Option<Secret<String>>,
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        let code = |one: &Self| one.code.as_ref().map(|code| code.expose().clone());
        self.username == other.username
            && self.password.expose() == other.password.expose()
            && code(self) == code(other)
    }
}

/// What came of showing credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// Somebody is in.
    In(Operator),
    /// The password is right; now the code.
    CodeWanted,
    /// They are not right; nothing says which.
    Wrong,
    /// Too many tries: not before so long.
    Wait(Duration),
}

/// Who is at work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Operator {
    /// What people call them.
    pub(crate) name: String,
    /// As which role.
    pub(crate) role: String,
    /// What they may do; everything if absent.
    pub(crate) permissions: Option<Vec<String>>,
    /// Whether nobody asked who they are.
    pub(crate) break_glass: bool,
}

impl Operator {
    /// Whoever has the account of the operating system that may read the store.
    pub(crate) fn of_this_account() -> Self {
        let name = account_name().unwrap_or_else(|| "operator".to_owned());
        Self { name, role: "this machine".to_owned(), permissions: None, break_glass: false }
    }

    /// Whether they may do what needs this permission; everybody may do what needs none.
    pub(crate) fn may(&self, permission: &str) -> bool {
        let Some(permissions) = &self.permissions else { return true };
        permission.is_empty() || permissions.iter().any(|one| one == permission)
    }
}

/// What is counted beside whatever else is asked: of millions it takes a while.
pub(crate) type Aside<T> = BoxFuture<'static, Result<T, Trouble>>;

/// Whoever answers: the desk on the store, or a made-up one in tests.
///
/// It is asked one thing at a time, beside [`Aside`]s. A question that is only a look may be dropped half
/// way, when nobody waits for the answer any more.
pub(crate) trait Source: Send + 'static {
    /// Makes itself ready to answer; how long that takes does not count.
    fn ready(&mut self) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// What the first screen shows beside what happens.
    fn home(&mut self, now: Timestamp) -> Aside<HomeFacts>;
    /// How much of everything there is.
    fn counts(&mut self, now: Timestamp) -> Aside<Counts>;
    /// Rows of a list.
    fn page(
        &mut self,
        query: &Query,
        now: Timestamp,
    ) -> impl Future<Output = Result<Page, Trouble>> + Send;
    /// All about one thing.
    fn detail(
        &mut self,
        target: &Target,
        now: Timestamp,
    ) -> impl Future<Output = Result<Detail, Trouble>> + Send;
    /// What would happen, or why it did not.
    fn because(
        &mut self,
        asked: &WhyAsked,
        now: Timestamp,
    ) -> impl Future<Output = Result<Detail, Trouble>> + Send;
    /// What an action wants to know, with the present values.
    fn form(
        &mut self,
        action: ActionId,
        target: &Target,
        now: Timestamp,
    ) -> impl Future<Output = Result<FormSpec, Trouble>> + Send;
    /// What an action would do. Nothing is changed.
    fn preview(
        &mut self,
        errand: &Errand,
        now: Timestamp,
    ) -> impl Future<Output = Result<Preview, Trouble>> + Send;
    /// Does it.
    fn perform(
        &mut self,
        errand: &Errand,
        course: &Course,
        now: Timestamp,
    ) -> impl Future<Output = Result<Performed, Trouble>> + Send;
    /// Lets somebody in.
    fn sign_in(
        &mut self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> impl Future<Output = Result<SignIn, Trouble>> + Send;
    /// Nobody will ask any more.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// An action, on what, with what was typed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Errand {
    /// Which action.
    pub(crate) action: ActionId,
    /// On what.
    pub(crate) target: Target,
    /// What was typed.
    pub(crate) values: Values,
}
