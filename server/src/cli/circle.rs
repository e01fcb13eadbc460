//! `--group` and `--role`: whom a list is about.

use clap::Args;
use shared::admin::{Admin, AdminError};
use shared::store::Circle;

#[derive(Args)]
#[group(multiple = false)]
pub(super) struct Of {
    /// Only those in a group, by its name or id
    #[arg(long)]
    group: Option<String>,
    /// Only those who have a role themselves, by its name or id
    #[arg(long)]
    role: Option<String>,
}

impl Of {
    /// Whom it is about, if not everybody.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub(super) async fn read(&self, admin: &Admin) -> Result<Option<Circle>, AdminError> {
        Ok(match (&self.group, &self.role) {
            (Some(group), _) => Some(Circle::Group(admin.get_group(group).await?.id)),
            (None, Some(role)) => Some(Circle::Role(admin.get_role(role).await?.id)),
            (None, None) => None,
        })
    }
}
