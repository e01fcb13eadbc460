//! What can be done with people.

use shared::admin::{AdminError, Which};
use shared::model::{Factor, UserId};
use shared::rules::password_policy;

use super::{all_live, live, record};
use crate::desk::rows::count;
use crate::desk::{Tools, Trouble, holders, overtaken, sessions};
use crate::form_spec::{Field, FormSpec};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Target};
use crate::source::{Course, Errand, Performed, Preview};

/// What an action wants to know.
pub(in crate::desk) async fn form(
    tools: Tools<'_>,
    action: ActionId,
    target: &Target,
) -> Result<FormSpec, Trouble> {
    let name = &target.name;
    Ok(match action {
        ActionId::UserAdd => {
            FormSpec::new("Add a person", record::add_fields()).checked(record::check_add())
        }
        ActionId::UserEdit => {
            let user = tools.admin.get_user(&target.id).await?;
            FormSpec::new(format!("Edit {}", user.username), record::edit_fields(&user))
                .of_version(user.version)
                .checked(record::check_edit(user))
        }
        ActionId::UserPassword => {
            let help = "At least 15 characters, or 8 for somebody with a second factor.";
            let field = Field::secret("password", ("Password", help)).checked(password_problem);
            FormSpec::new(format!("Set the password of {name}"), vec![field])
        }
        ActionId::UserRemoveFactor => {
            let found = tools.admin.list_factors(&target.id).await?;
            let words: Vec<_> = found.factors.iter().map(word).collect();
            let first = words.first().cloned();
            let first = first.ok_or_else(|| refused("they have no second factor"))?;
            let label = ("Factor", "The id, what it is, and what they call it.");
            let field = Field::choice("factor", label, words, first);
            FormSpec::new(format!("Take a second factor from {name}"), vec![field])
        }
        ActionId::UserGiveRole
        | ActionId::UserTakeRole
        | ActionId::UserJoin
        | ActionId::UserLeave => return holders::form(tools, action, target).await,
        _ => FormSpec::default(),
    })
}

fn word(factor: &Factor) -> String {
    format!("{} {} {}", factor.id, factor.kind(), factor.name)
}

fn refused(why: &str) -> Trouble {
    Trouble::Refused(why.to_owned())
}

/// Whether they have a second factor is known when it is done.
fn password_problem(text: &str) -> Result<(), String> {
    password_policy::check(text, true, &[]).map_err(|error| error.to_string())
}

/// What an action would do.
pub(in crate::desk) async fn preview(
    tools: Tools<'_>,
    errand: &Errand,
) -> Result<Preview, Trouble> {
    let Errand { action, target, values } = errand;
    let name = &target.name;
    let id = UserId::from(target.id.as_str());
    let out = "Everything that was granted for them dies, tokens included.";
    Ok(Preview::of(match action {
        ActionId::UserEdit => {
            let before = tools.admin.get_user(&target.id).await?;
            overtaken(before.version, values, "person")?;
            let after = record::read(&before, values);
            let changed = record::changed(&before, &after);
            if changed.is_empty() {
                return Err(refused("nothing was changed"));
            }
            let mut lines = vec![format!("Changes of {name}: {}.", changed.join(", "))];
            if before.email_verified && !after.email_verified {
                lines.push("Their address is not verified any more.".to_owned());
            }
            lines
        }
        ActionId::UserPassword => vec![
            format!("{name} gets another password."),
            format!("Ends {}.", all_live(tools, &id).await?),
            out.to_owned(),
        ],
        ActionId::UserDisable => vec![
            format!("{name} can no longer sign in."),
            format!("Ends {}.", all_live(tools, &id).await?),
            out.to_owned(),
        ],
        ActionId::UserEnable => vec![format!("{name} can sign in again.")],
        ActionId::UserEndSessions => vec![format!("Ends {} of {name}.", live(tools, &id).await?)],
        ActionId::UserRemoveFactor => {
            let factor = values.text("factor").split_once(' ').map_or("", |(_, rest)| rest);
            vec![format!("{name} can no longer use this to sign in: {factor}.")]
        }
        ActionId::UserResetFactors => {
            let found = tools.admin.list_factors(&target.id).await?;
            let factors = count(found.factors.len(), "second factor", "second factors");
            let codes = count(found.recovery_codes, "recovery code", "recovery codes");
            vec![
                format!("Takes {factors} and {codes} from {name}."),
                format!("Ends {}.", all_live(tools, &id).await?),
                out.to_owned(),
            ]
        }
        ActionId::UserDelete => {
            let user = tools.admin.get_user(&target.id).await?;
            let lines = vec![
                format!("Deletes {} for good, with everything that is theirs.", user.username),
                format!("Ends {}.", all_live(tools, &id).await?),
                "What happened stays written down, under an id that is nobody's.".to_owned(),
            ];
            return Ok(Preview::typed(lines, user.username));
        }
        ActionId::UserGiveRole
        | ActionId::UserTakeRole
        | ActionId::UserJoin
        | ActionId::UserLeave => return holders::preview(tools, errand).await,
        _ => Vec::new(),
    }))
}

/// Does it.
pub(in crate::desk) async fn perform(
    tools: Tools<'_>,
    errand: &Errand,
    course: &Course,
) -> Result<Performed, Trouble> {
    let Errand { action, target, values } = errand;
    let (admin, now, name) = (tools.admin, tools.now, &target.name);
    Ok(Performed::said(match action {
        ActionId::UserAdd => {
            let user = admin.add_user(record::read_new(values), now).await?;
            let place = Place::one(Kind::Users, user.id.as_str(), &user.username);
            return Ok(Performed::said(format!("{} is added.", user.username)).go_to(place));
        }
        ActionId::UserEdit => {
            let before = admin.get_user(&target.id).await?;
            overtaken(before.version, values, "person")?;
            let user = admin.change_user(record::read(&before, values), now).await?;
            format!("{} is changed.", user.username)
        }
        ActionId::UserPassword => {
            let password = values.secret("password");
            let empty = || Trouble::Field("password", "it is empty".to_owned());
            let password = password.ok_or_else(empty)?;
            admin.set_password(&target.id, password, now).await.map_err(of_password)?;
            format!("{name} has a new password; their sessions and grants are ended.")
        }
        ActionId::UserDisable => {
            admin.disable_user(&target.id, now).await?;
            format!("{name} is disabled; their sessions and grants are ended.")
        }
        ActionId::UserEnable => {
            admin.enable_user(&target.id, now).await?;
            format!("{name} can sign in again.")
        }
        ActionId::UserEndSessions => {
            sessions::end(tools, &Which::User(target.id.clone()), name, course).await?
        }
        ActionId::UserRemoveFactor => {
            let factor = values.text("factor").split(' ').next().unwrap_or_default();
            admin.remove_factor(&target.id, factor, now).await?;
            format!("{name} no longer has this factor.")
        }
        ActionId::UserResetFactors => {
            let (_, factors) = admin.reset_factors(&target.id, now).await?;
            let factors = count(factors, "second factor", "second factors");
            format!("{factors} and all recovery codes of {name} are gone.")
        }
        ActionId::UserDelete => {
            let user = admin.delete_user(&target.id, now).await?;
            let said = format!("{} is deleted, with everything that was theirs.", user.username);
            return Ok(Performed::said(said).go_to(Place::List(Kind::Users, None)));
        }
        _ => return holders::perform(tools, errand).await,
    }))
}

/// What cannot be used of a form that asks for a password alone is the password.
fn of_password(error: AdminError) -> Trouble {
    match error {
        AdminError::Invalid(why) => Trouble::Field("password", why),
        other => other.into(),
    }
}
