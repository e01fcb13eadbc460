//! The desk: it answers what screens ask, from what [`shared::admin`] can do.
//!
//! Each kind of thing has one file: its columns, how its rows are found, what is known of
//! one, and what its actions want to know, would do and do. A new action is a line in the
//! table of keys and an arm in the file of its kind.

mod audit;
mod clients;
mod consents;
mod home;
mod keys;
mod roles;
mod rows;
mod sessions;
mod store;
mod users;
pub(crate) mod work;

pub(crate) use store::{Desk, DeskError, Seat};

use shared::admin::{Admin, AdminError};
use shared::config::Config;
use shared::model::Timestamp;
use shared::store::Counts;

use crate::form_spec::FormSpec;
use crate::keys::ActionId;
use crate::place::{Kind, Scope, Target};
use crate::source::{
    Course, Credentials, Errand, HomeFacts, Performed, Preview, SignIn, Source, Trouble,
};
use crate::view::{Detail, ListSpec, Page, Query};

/// Every list that there is, in the order of the menu.
pub(crate) const LISTS: &[&ListSpec] = &[
    &users::LIST,
    &clients::LIST,
    &roles::LIST,
    &sessions::LIST,
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
            AdminError::NotFound { .. }
            | AdminError::NoIncident { .. }
            | AdminError::Conflict(_)
            | AdminError::Busy
            | AdminError::Invalid(_)
            | AdminError::InUse(_)
            | AdminError::LastAdministrator
            | AdminError::Forbidden(_)
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

/// What a list is about, where it has to be about something.
fn scope_of(query: &Query) -> Result<&Scope, Trouble> {
    query.scope.as_ref().ok_or_else(|| no_such_list(query.kind))
}

/// The same for a row of such a list.
fn scope_of_target(target: &Target) -> Result<&Scope, Trouble> {
    target.scope.as_ref().ok_or_else(|| no_such_list(target.kind))
}

async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    match query.kind {
        Kind::Users => users::page(tools, query).await,
        Kind::Clients => clients::page(tools, query).await,
        Kind::Roles => roles::page(tools, query).await,
        Kind::Sessions => sessions::page(tools, query).await,
        Kind::Consents => consents::page(tools, query).await,
        Kind::Keys => keys::page(tools, query).await,
        Kind::Audit => audit::page(tools, query).await,
        Kind::Apis | Kind::Permissions | Kind::Groups | Kind::Grants => {
            Err(no_such_list(query.kind))
        }
    }
}

async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    match target.kind {
        Kind::Users => users::detail(tools, target).await,
        Kind::Clients => clients::detail(tools, target).await,
        Kind::Roles => roles::detail(tools, target).await,
        Kind::Sessions => sessions::detail(tools, target).await,
        Kind::Consents => consents::detail(tools, target).await,
        Kind::Keys => keys::detail(tools, target).await,
        Kind::Audit => audit::detail(tools, target).await,
        Kind::Apis | Kind::Permissions | Kind::Groups | Kind::Grants => {
            Err(no_such_list(target.kind))
        }
    }
}

async fn form(tools: Tools<'_>, action: ActionId, target: &Target) -> Result<FormSpec, Trouble> {
    match action {
        ActionId::UserAdd
        | ActionId::UserEdit
        | ActionId::UserPassword
        | ActionId::UserGiveRole
        | ActionId::UserTakeRole => users::form(tools, action, target).await,
        ActionId::ClientAdd => Ok(clients::form()),
        ActionId::UserDisable
        | ActionId::UserEndSessions
        | ActionId::ClientRotate
        | ActionId::ClientDelete
        | ActionId::SessionEnd
        | ActionId::ConsentWithdraw
        | ActionId::KeyRotate
        | ActionId::KeyRevoke => Ok(FormSpec::default()),
    }
}

async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    match errand.action {
        ActionId::UserAdd
        | ActionId::UserEdit
        | ActionId::UserGiveRole
        | ActionId::UserTakeRole
        | ActionId::ClientAdd => Ok(Preview::default()),
        ActionId::UserPassword | ActionId::UserDisable | ActionId::UserEndSessions => {
            users::preview(tools, errand).await
        }
        ActionId::ClientRotate | ActionId::ClientDelete => clients::preview(tools, errand).await,
        ActionId::SessionEnd => sessions::preview(errand),
        ActionId::ConsentWithdraw => consents::preview(errand),
        ActionId::KeyRotate | ActionId::KeyRevoke => keys::preview(tools, errand).await,
    }
}

async fn perform(tools: Tools<'_>, errand: &Errand, course: &Course) -> Result<Performed, Trouble> {
    match errand.action {
        ActionId::UserAdd
        | ActionId::UserEdit
        | ActionId::UserPassword
        | ActionId::UserDisable
        | ActionId::UserGiveRole
        | ActionId::UserTakeRole
        | ActionId::UserEndSessions => users::perform(tools, errand, course).await,
        ActionId::ClientAdd | ActionId::ClientRotate | ActionId::ClientDelete => {
            clients::perform(tools, errand).await
        }
        ActionId::SessionEnd => sessions::perform(tools, errand).await,
        ActionId::ConsentWithdraw => consents::perform(tools, errand).await,
        ActionId::KeyRotate | ActionId::KeyRevoke => keys::perform(tools, errand).await,
    }
}

impl Source for Desk {
    async fn ready(&mut self) -> Result<(), Trouble> {
        Ok(self.open().await?)
    }

    async fn home(&mut self, now: Timestamp) -> Result<HomeFacts, Trouble> {
        self.patiently(now, async |tools| home::facts(tools).await).await
    }

    async fn counts(&mut self, now: Timestamp) -> Result<Counts, Trouble> {
        self.count(now).await
    }

    async fn page(&mut self, query: &Query, now: Timestamp) -> Result<Page, Trouble> {
        self.patiently(now, async |tools| page(tools, query).await).await
    }

    async fn detail(&mut self, target: &Target, now: Timestamp) -> Result<Detail, Trouble> {
        self.patiently(now, async |tools| detail(tools, target).await).await
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
        // However long it takes: what was begun is not left half done.
        let done = perform(self.tools(now)?, errand, course).await;
        self.heed(&done);
        done
    }

    async fn sign_in(
        &mut self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<SignIn, Trouble> {
        let let_in = self.let_in(credentials, now).await;
        self.heed(&let_in);
        let_in
    }

    async fn close(&mut self) {
        self.close_store().await;
    }
}

#[cfg(test)]
mod tests;
