//! `signet client change`: field by field.

use clap::Args;
use shared::admin::{AddedClient, Admin, AdminError};
use shared::rules::client_fields;

use super::CommandError;
use crate::app::now;

#[derive(Args)]
pub(super) struct Change {
    /// Client id
    client: String,
    /// What is to be, such as `client_name=Shop`; lists have blanks between their values, and
    /// an empty value takes away what was there
    #[arg(required = true, value_name = "FIELD=VALUE")]
    fields: Vec<String>,
}

pub(super) async fn change(change: Change, admin: &Admin) -> Result<AddedClient, CommandError> {
    let mut client = admin.get_client(&change.client).await?;
    for assignment in &change.fields {
        let found = assignment.split_once('=');
        let found = found.and_then(|(name, text)| Some((client_fields::field(name)?, text)));
        let (field, text) = found.ok_or_else(|| {
            let names: Vec<_> = client_fields::FIELDS.iter().map(|field| field.name).collect();
            let all = names.join(", ");
            CommandError::Usage(format!("{assignment}: it is FIELD=VALUE, with a field of {all}"))
        })?;
        (field.set)(&mut client, text)
            .map_err(|problem| AdminError::Invalid(format!("{}: {problem}", field.name)))?;
    }
    Ok(admin.change_client(client, now()).await?)
}
