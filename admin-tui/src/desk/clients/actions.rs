//! What can be done with applications.

use shared::admin::{AddedClient, Which};

use super::record;
use crate::desk::rows::{self, count, if_seen};
use crate::desk::{Tools, Trouble, holders, overtaken, sessions};
use crate::form_spec::FormSpec;
use crate::keys::ActionId;
use crate::place::{Kind, Place, Target};
use crate::source::{Course, Errand, Performed, Preview};

/// What an action wants to know.
pub(in crate::desk) async fn form(
    tools: Tools<'_>,
    action: ActionId,
    target: &Target,
) -> Result<FormSpec, Trouble> {
    Ok(match action {
        ActionId::ClientAdd => {
            FormSpec::new("Add a client", record::add_fields()).checked(record::check_add())
        }
        ActionId::ClientEdit => {
            let client = tools.admin.get_client(&target.id).await?;
            FormSpec::new(format!("Edit {}", client.id), record::edit_fields(&client))
                .of_version(client.version)
                .checked(record::check_edit(client))
        }
        ActionId::ClientGiveRole
        | ActionId::ClientTakeRole
        | ActionId::ClientJoin
        | ActionId::ClientLeave => return holders::form(tools, action, target).await,
        _ => FormSpec::default(),
    })
}

fn of_field((field, problem): (&'static str, String)) -> Trouble {
    Trouble::Field(field, problem)
}

/// What hangs on a client, in words.
async fn has(tools: Tools<'_>, id: &str) -> Result<String, Trouble> {
    let has = tools.admin.count_of_client(id, tools.now).await?;
    let families = count(has.grants, "live token family", "live token families");
    Ok(format!("{families} and {}", count(has.consents, "consent", "consents")))
}

/// What an action would do.
pub(in crate::desk) async fn preview(
    tools: Tools<'_>,
    errand: &Errand,
) -> Result<Preview, Trouble> {
    let Errand { action, target, values } = errand;
    let id = target.id.as_str();
    Ok(Preview::of(match action {
        ActionId::ClientEdit => {
            let before = tools.admin.get_client(id).await?;
            overtaken(before.version, values, "client")?;
            let after = record::read(&before, values).map_err(of_field)?;
            let touched = format!("{id} has {}.", has(tools, id).await?);
            rows::changes(record::changes(&before, &after), touched)?
        }
        ActionId::ClientRotate => {
            let client = tools.admin.get_client(id).await?;
            if !client.has_secret() {
                let why = "this client authenticates without a secret";
                return Err(Trouble::Refused(why.to_owned()));
            }
            vec![
                format!("{id} gets another secret, which is shown once."),
                "The old one stops working at once: whoever uses it is locked out.".to_owned(),
                format!(
                    "It has {}, which it renews with the new one alone.",
                    has(tools, id).await?
                ),
            ]
        }
        ActionId::ClientDisable => vec![
            format!("Nobody signs in for {id} any more, and it gets no tokens."),
            format!("It has {}: its tokens die, its consents stay.", has(tools, id).await?),
        ],
        ActionId::ClientEnable => vec![format!("{id} can be used again.")],
        ActionId::ClientEndSessions => {
            let which = Which::Client(id.to_owned());
            let live = if_seen(tools.admin.count_sessions(&which, tools.now).await)?;
            let live = live.map_or_else(
                || "all sessions".to_owned(),
                |live| {
                    let sessions = count(live.sessions, "session", "sessions");
                    let families = count(live.grants, "token family", "token families");
                    format!("{sessions} and {families}")
                },
            );
            vec![
                format!("Ends {live}: everybody who signed in for {id}."),
                "They are signed out of other clients of the same session too.".to_owned(),
            ]
        }
        ActionId::ClientDelete => {
            let client = tools.admin.get_client(id).await?;
            let lines = vec![
                format!("Deletes {id} ({}) for good.", client.name),
                format!("It has {}: all go with it, and every token.", has(tools, id).await?),
            ];
            return Ok(Preview::typed(lines, id));
        }
        ActionId::ClientGiveRole
        | ActionId::ClientTakeRole
        | ActionId::ClientJoin
        | ActionId::ClientLeave => return holders::preview(tools, errand).await,
        _ => Vec::new(),
    }))
}

/// Says that it is done, and shows the secret if one was made.
fn made(said: String, added: AddedClient) -> Performed {
    let name = format!("Secret of {}", added.client.id);
    let secret = added.secret.map(|secret| (name, secret));
    Performed { said, secret, go_to: None }
}

/// Does it.
pub(in crate::desk) async fn perform(
    tools: Tools<'_>,
    errand: &Errand,
    course: &Course,
) -> Result<Performed, Trouble> {
    let Errand { action, target, values } = errand;
    let (admin, now, id) = (tools.admin, tools.now, target.id.as_str());
    Ok(match action {
        ActionId::ClientAdd => {
            let client = record::read_new(values, now).map_err(of_field)?;
            let added = admin.add_client(client, None, now).await?;
            let id = added.client.id.to_string();
            let place = Place::one(Kind::Clients, id.as_str(), id.as_str());
            made(format!("{id} is added."), added).go_to(place)
        }
        ActionId::ClientEdit => {
            let before = admin.get_client(id).await?;
            overtaken(before.version, values, "client")?;
            let after = record::read(&before, values).map_err(of_field)?;
            made(format!("{id} is changed."), admin.change_client(after, now).await?)
        }
        ActionId::ClientRotate => {
            let rotated = admin.rotate_client_secret(id, None, now).await?;
            made(format!("{id} has another secret."), rotated)
        }
        ActionId::ClientDisable => {
            let died = admin.disable_client(id, now).await?;
            let died = count(died, "token family", "token families");
            Performed::said(format!("{id} is disabled; {died} died."))
        }
        ActionId::ClientEnable => {
            admin.enable_client(id, now).await?;
            Performed::said(format!("{id} can be used again."))
        }
        ActionId::ClientEndSessions => {
            Performed::said(sessions::end(tools, &Which::Client(id.to_owned()), id, course).await?)
        }
        ActionId::ClientDelete => {
            let removal = admin.delete_client(id, now).await?;
            let families = count(removal.grants, "token family", "token families");
            let consents = count(removal.consents, "consent", "consents");
            let said = format!("{id} is deleted, with {families} and {consents}.");
            Performed::said(said).go_to(Place::List(Kind::Clients, None))
        }
        _ => return holders::perform(tools, errand).await,
    })
}
