//! The desk: it answers what screens ask, from what [`shared::admin`] can do.
//!
//! Each kind of thing has one file: its columns, how its rows are found, what is known of
//! one, and what its actions want to know, would do and do. A new action is a line in the
//! table of keys and an arm in the file of its kind.

mod apis;
mod audit;
mod clients;
mod consents;
mod grants;
mod groups;
mod holders;
mod home;
mod keys;
mod permissions;
mod roles;
mod rows;
mod sessions;
mod store;
mod users;
mod why;
pub(crate) mod work;

pub(crate) use store::{Desk, DeskError, Seat};
use store::{LONG, PATIENCE};

use shared::admin::{Admin, AdminError};
use shared::config::Config;
use shared::model::Timestamp;
use shared::store::Counts;

use crate::form_spec::{FormSpec, Values};
use crate::keys::{Action, ActionId};
use crate::place::{Kind, Target, WhyAsked};
use crate::source::{
    Aside, Course, Credentials, Errand, HomeFacts, Performed, Preview, SignIn, Source, Trouble,
};
use crate::view::{Detail, ListSpec, Page, Query};

/// Every list that there is, in the order of the menu.
pub(crate) const LISTS: &[&ListSpec] = &[
    &users::LIST,
    &clients::LIST,
    &apis::LIST,
    &permissions::LIST,
    &roles::LIST,
    &groups::LIST,
    &sessions::LIST,
    &grants::LIST,
    &consents::LIST,
    &keys::LIST,
    &audit::LIST,
];

/// What the desk works with: the store, and the settings.
#[derive(Clone, Copy)]
pub(crate) struct Tools<'a> {
    /// What an operator can do.
    pub(crate) admin: &'a Admin,
    /// The settings.
    pub(crate) config: &'a Config,
    /// The moment at which the question was asked.
    pub(crate) now: Timestamp,
}

impl From<AdminError> for Trouble {
    fn from(error: AdminError) -> Self {
        let words = shared::causes(&error);
        match error {
            AdminError::Fault(_) => Self::Gone(words),
            AdminError::Changed(_) => Self::Changed(words),
            AdminError::Forbidden(_) => Self::Forbidden(words),
            AdminError::NotFound { .. }
            | AdminError::NoIncident { .. }
            | AdminError::Conflict(_)
            | AdminError::Busy
            | AdminError::Invalid(_)
            | AdminError::InUse(_)
            | AdminError::LastAdministrator
            | AdminError::FactorRequired
            | AdminError::Outranked
            | AdminError::MasterKey { .. } => Self::Refused(words),
        }
    }
}

impl From<DeskError> for Trouble {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Failed(error) => error.into(),
            other => Self::Gone(other.words()),
        }
    }
}

/// No list of this kind can be about this.
fn no_such_list(kind: Kind) -> Trouble {
    Trouble::Refused(format!("there is no list of {} here", kind.word()))
}

/// Says if somebody else was faster than whoever filled in a form.
///
/// # Errors
/// [`Trouble::Changed`].
fn overtaken(version: i64, values: &Values, what: &str) -> Result<(), Trouble> {
    if values.version == version.to_string() {
        return Ok(());
    }
    Err(Trouble::Changed(format!("Somebody else changed the {what} meanwhile")))
}

/// On what kind of thing an action is done.
fn kind_of(action: ActionId) -> Result<Kind, Trouble> {
    let found = Action::of(action).map(|action| action.on);
    found.ok_or_else(|| Trouble::Refused("there is no such action".to_owned()))
}

async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    match query.kind {
        Kind::Users => users::page(tools, query).await,
        Kind::Clients => clients::page(tools, query).await,
        Kind::Apis => apis::page(tools, query).await,
        Kind::Permissions => permissions::page(tools, query).await,
        Kind::Roles => roles::page(tools, query).await,
        Kind::Groups => groups::page(tools, query).await,
        Kind::Sessions => sessions::page(tools, query).await,
        Kind::Grants => grants::page(tools, query).await,
        Kind::Consents => consents::page(tools, query).await,
        Kind::Keys => keys::page(tools, query).await,
        Kind::Audit => audit::page(tools, query).await,
        Kind::Holders => Err(no_such_list(query.kind)),
    }
}

async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    match target.kind {
        Kind::Users => users::detail(tools, target).await,
        Kind::Clients => clients::detail(tools, target).await,
        Kind::Apis => apis::detail(tools, target).await,
        Kind::Permissions => permissions::detail(tools, target).await,
        Kind::Roles => roles::detail(tools, target).await,
        Kind::Groups => groups::detail(tools, target).await,
        Kind::Sessions => sessions::detail(tools, target).await,
        Kind::Grants => grants::detail(tools, target).await,
        Kind::Consents => consents::detail(tools, target).await,
        Kind::Keys => keys::detail(tools, target).await,
        Kind::Audit => audit::detail(tools, target).await,
        Kind::Holders => permissions::who_can(tools, target).await,
    }
}

async fn form(tools: Tools<'_>, action: ActionId, target: &Target) -> Result<FormSpec, Trouble> {
    match kind_of(action)? {
        Kind::Users => users::form(tools, action, target).await,
        Kind::Clients => clients::form(tools, action, target).await,
        Kind::Apis => apis::form(tools, action, target).await,
        Kind::Permissions => permissions::form(tools, action, target).await,
        Kind::Roles => roles::form(tools, action, target).await,
        Kind::Groups => groups::form(tools, action, target).await,
        Kind::Keys => keys::form(tools, action).await,
        // These ask nothing.
        Kind::Sessions | Kind::Grants | Kind::Consents | Kind::Audit | Kind::Holders => {
            Ok(FormSpec::default())
        }
    }
}

async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    match kind_of(errand.action)? {
        Kind::Users => users::preview(tools, errand).await,
        Kind::Clients => clients::preview(tools, errand).await,
        Kind::Apis => apis::preview(tools, errand).await,
        Kind::Permissions => permissions::preview(tools, errand).await,
        Kind::Roles => roles::preview(tools, errand).await,
        Kind::Groups => groups::preview(tools, errand).await,
        Kind::Sessions => sessions::preview(tools, errand).await,
        Kind::Grants => grants::preview(tools, errand).await,
        Kind::Consents => consents::preview(tools, errand).await,
        Kind::Keys => keys::preview(tools, errand).await,
        Kind::Audit | Kind::Holders => Ok(Preview::default()),
    }
}

async fn perform(tools: Tools<'_>, errand: &Errand, course: &Course) -> Result<Performed, Trouble> {
    let kind = kind_of(errand.action)?;
    match kind {
        Kind::Users => users::perform(tools, errand, course).await,
        Kind::Clients => clients::perform(tools, errand, course).await,
        Kind::Apis => apis::perform(tools, errand).await,
        Kind::Permissions => permissions::perform(tools, errand).await,
        Kind::Roles => roles::perform(tools, errand).await,
        Kind::Groups => groups::perform(tools, errand).await,
        Kind::Sessions => sessions::perform(tools, errand, course).await,
        Kind::Grants => grants::perform(tools, errand).await,
        Kind::Consents => consents::perform(tools, errand).await,
        Kind::Keys => keys::perform(tools, errand).await,
        Kind::Audit | Kind::Holders => Err(no_such_list(kind)),
    }
}

impl Source for Desk {
    async fn ready(&mut self) -> Result<(), Trouble> {
        Ok(self.open().await?)
    }

    fn home(&mut self, now: Timestamp) -> Aside<HomeFacts> {
        self.aside(async move |admin| home::facts(admin, now).await)
    }

    fn counts(&mut self, now: Timestamp) -> Aside<Counts> {
        self.aside(async move |admin: Admin| Ok(admin.count(now).await?))
    }

    async fn page(&mut self, query: &Query, now: Timestamp) -> Result<Page, Trouble> {
        self.patiently(now, async |tools| page(tools, query).await).await
    }

    async fn detail(&mut self, target: &Target, now: Timestamp) -> Result<Detail, Trouble> {
        self.patiently(now, async |tools| detail(tools, target).await).await
    }

    async fn because(&mut self, asked: &WhyAsked, now: Timestamp) -> Result<Detail, Trouble> {
        self.patiently(now, async |tools| why::because(tools, asked).await).await
    }

    async fn form(
        &mut self,
        action: ActionId,
        target: &Target,
        now: Timestamp,
    ) -> Result<FormSpec, Trouble> {
        self.patiently(now, async |tools| form(tools, action, target).await).await
    }

    async fn preview(&mut self, errand: &Errand, now: Timestamp) -> Result<Preview, Trouble> {
        self.patiently(now, async |tools| preview(tools, errand).await).await
    }

    async fn perform(
        &mut self,
        errand: &Errand,
        course: &Course,
        now: Timestamp,
    ) -> Result<Performed, Trouble> {
        // Whatever is broken off by this is rolled back by the store.
        let done = tokio::time::timeout(LONG, perform(self.tools(now)?, errand, course)).await;
        let done = done.unwrap_or_else(|_| Err(DeskError::Silent(LONG).into()));
        self.heed(&done);
        done
    }

    async fn sign_in(
        &mut self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<SignIn, Trouble> {
        let let_in = tokio::time::timeout(PATIENCE, self.let_in(credentials, now)).await;
        let let_in = let_in.unwrap_or_else(|_| Err(DeskError::Silent(PATIENCE).into()));
        self.heed(&let_in);
        let_in
    }

    async fn close(&mut self) {
        self.close_store().await;
    }
}

#[cfg(test)]
mod tests;
