//! People.

use shared::admin::{Named, NewProfile, NewUser, RoleHolder};
use shared::model::{Profile, User, UserId};
use shared::rules::{password_policy, person};

use super::rows::{count, moment};
use super::{Tools, Trouble};
use crate::form_spec::{Field, FieldKind, FormSpec, anything};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Course, Errand, Performed, Preview, Progress};
use crate::view::{
    Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section, Total, Width,
};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Users,
    columns: &[
        Column { key: "username", name: "user name", width: Width::Share(18), sortable: false },
        Column { key: "name", name: "name", width: Width::Share(16), sortable: false },
        Column { key: "email", name: "e-mail", width: Width::Share(20), sortable: false },
        Column { key: "state", name: "state", width: Width::Fixed(9), sortable: false },
        Column { key: "created_at", name: "added", width: Width::Fixed(19), sortable: false },
    ],
    scopes: &[],
    whole: true,
    filter: "the beginning of user names, and whole addresses and ids",
    permission: "users.read",
};

/// A page, in the order of user names. The filter is the beginning of a name, which stays
/// fast with millions of people; a whole address or id finds its person, too.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let prefix = query.filter.to_lowercase();
    let after = query.after.clone().unwrap_or_else(|| prefix.clone());
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut users = Vec::new();
    if query.after.is_none() && !prefix.is_empty() {
        users.extend(tools.admin.get_user(&query.filter).await.ok());
    }
    let found = tools.admin.list_users(&after, limit.saturating_add(1)).await?;
    let begins = |user: &User| user.username.to_lowercase().starts_with(&prefix);
    let more = found.get(query.limit).is_some_and(begins);
    let known: Vec<UserId> = users.iter().map(|user: &User| user.id.clone()).collect();
    let rest = found.into_iter().take(query.limit).take_while(begins);
    users.extend(rest.filter(|user| !known.contains(&user.id)));
    Ok(Page { rows: users.iter().map(row).collect(), more, total: Total::Unknown })
}

fn row(user: &User) -> Row {
    let scope = || Some(scope(user));
    let link = |name: &str, kind| Link { name: name.to_owned(), place: Place::List(kind, scope()) };
    Row {
        id: user.id.to_string(),
        cursor: user.username.clone(),
        cells: vec![
            user.username.clone(),
            user.profile.name.clone().unwrap_or_default(),
            user.email.clone().unwrap_or_default(),
            if user.is_active() { "active" } else { "disabled" }.to_owned(),
            moment(user.created_at),
        ],
        mark: if user.is_active() { Mark::None } else { Mark::Off },
        links: vec![
            link("Sessions", Kind::Sessions),
            link("Consents", Kind::Consents),
            link("Events", Kind::Audit),
        ],
    }
}

fn holder(id: &str) -> RoleHolder {
    RoleHolder::One(Named::User(id.to_owned()))
}

fn scope(user: &User) -> Scope {
    Scope { kind: Kind::Users, id: user.id.to_string(), name: user.username.clone() }
}

/// All about a person.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let user = tools.admin.get_user(&target.id).await?;
    let sessions = tools.admin.list_sessions(&user.id, tools.now).await?;
    let consents = tools.admin.list_consents(&target.id).await?;
    let factors = tools.admin.list_factors(&target.id).await?;
    let roles = tools.admin.list_roles_of(&holder(&target.id)).await?;
    let list = |kind| Place::List(kind, Some(scope(&user)));
    let verified = if user.email_verified { " (verified)" } else { " (not verified)" };
    let email = user.email.as_ref().map(|email| format!("{email}{verified}"));
    let state = match user.disabled_at {
        Some(at) => format!("disabled since {}", moment(at)),
        None => "active".to_owned(),
    };
    let who = vec![
        Fact::new("User name", &user.username),
        Fact::new("Id", user.id.as_str()),
        Fact::new("State", state),
        Fact::new("E-mail", email.unwrap_or_default()),
        Fact::new("Added", moment(user.created_at)),
        Fact::new("Changed", moment(user.updated_at)),
    ];
    let names =
        |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let has_password = if user.password_hash.is_some() { "yes" } else { "none" };
    let kinds = factors.factors.iter().map(|factor| factor.name.clone()).collect();
    let sign_in = vec![
        Fact::new("Password", has_password),
        Fact::new("Second factors", names(kinds)),
        Fact::new("Recovery codes", factors.recovery_codes.to_string()),
        Fact::new("Roles", names(roles.into_iter().map(|role| role.name).collect())),
    ];
    let belongs = vec![
        Fact::link("Sessions", sessions.len().to_string(), list(Kind::Sessions)),
        Fact::link("Consents", consents.len().to_string(), list(Kind::Consents)),
        Fact::link("Events", "all", list(Kind::Audit)),
    ];
    let mut sections = vec![
        Section { title: "Person".to_owned(), facts: who },
        Section { title: "Signs in with".to_owned(), facts: sign_in },
        Section { title: "Belongs to it".to_owned(), facts: belongs },
    ];
    let claims = claims(&user.profile);
    if !claims.is_empty() {
        sections.push(Section { title: "Claims".to_owned(), facts: claims });
    }
    let state = if user.is_active() { "" } else { "disabled" }.to_owned();
    Ok(Detail { id: target.id.clone(), title: user.username, state, sections })
}

fn claims(profile: &Profile) -> Vec<Fact> {
    let object = serde_json::to_value(profile).unwrap_or_default();
    let claims = object.as_object().into_iter().flatten();
    let text =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    claims.map(|(name, value)| Fact::new(name, text(value))).collect()
}

/// What an action wants to know.
pub(super) async fn form(
    tools: Tools<'_>,
    action: ActionId,
    target: &Target,
) -> Result<FormSpec, Trouble> {
    let (title, fields) = match action {
        ActionId::UserAdd => ("Add a person".to_owned(), add_fields()),
        ActionId::UserPassword => {
            let kind = FieldKind::Fixed(target.name.clone());
            let who = Field { key: "who", label: "Person", help: "", kind, check: anything };
            (format!("Set the password of {}", target.name), vec![who, password(password_problem)])
        }
        ActionId::UserEdit => return edit_form(tools, target).await,
        ActionId::UserGiveRole => {
            let has = tools.admin.list_roles_of(&holder(&target.id)).await?;
            let all = tools.admin.list_roles().await?.into_iter();
            let open = all.filter(|role| has.iter().all(|had| had.id != role.id));
            let names = open.map(|role| role.name).collect();
            (format!("Give {} a role", target.name), vec![role(names, "there is no role to give")?])
        }
        _ => {
            let has = tools.admin.list_roles_of(&holder(&target.id)).await?;
            let names = has.into_iter().map(|role| role.name).collect();
            (format!("Take a role from {}", target.name), vec![role(names, "they have no role")?])
        }
    };
    Ok(FormSpec { title, fields, version: String::new() })
}

fn role(words: Vec<String>, none: &str) -> Result<Field, Trouble> {
    let chosen = words.first().cloned().ok_or_else(|| Trouble::Refused(none.to_owned()))?;
    let kind = FieldKind::Choice { words, chosen };
    let help = "Left and Right choose, or the first letter.";
    Ok(Field { key: "role", label: "Role", help, kind, check: anything })
}

fn password(check: crate::form_spec::Check) -> Field {
    let help = "At least 15 characters, or 8 for somebody with a second factor.";
    Field { key: "password", label: "Password", help, kind: FieldKind::Secret, check }
}

fn add_fields() -> Vec<Field> {
    let kind = FieldKind::Text(String::new());
    let (label, help) = ("User name", "What they will type to sign in.");
    let username = Field { key: "username", label, help, kind, check: username_problem };
    let [name, email] = person_fields(None);
    let (label, help) = ("E-mail verified", "Whether the address is known to be theirs.");
    let kind = FieldKind::Flag(false);
    let verified = Field { key: "email_verified", label, help, kind, check: anything };
    vec![username, name, email, verified, password(new_password_problem)]
}

/// The fields about a person, with what is on record.
fn person_fields(user: Option<&User>) -> [Field; 2] {
    let name = user.and_then(|user| user.profile.name.clone()).unwrap_or_default();
    let email = user.and_then(|user| user.email.clone()).unwrap_or_default();
    let name = Field {
        key: "full_name",
        label: "Full name",
        help: "What pages call them; may be empty.",
        kind: FieldKind::Text(name),
        check: anything,
    };
    let email = Field {
        key: "email",
        label: "E-mail",
        help: "Also good to sign in with; may be empty. Another one is not verified any more.",
        kind: FieldKind::Text(email),
        check: email_problem,
    };
    [name, email]
}

async fn edit_form(tools: Tools<'_>, target: &Target) -> Result<FormSpec, Trouble> {
    let user = tools.admin.get_user(&target.id).await?;
    let fields = person_fields(Some(&user)).into();
    let title = format!("Edit {}", user.username);
    Ok(FormSpec { title, fields, version: user.updated_at.0.to_string() })
}

async fn edit(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let Errand { target, values, .. } = errand;
    let before = tools.admin.get_user(&target.id).await?;
    if before.updated_at.0.to_string() != values.version {
        return Err(Trouble::Changed("Somebody else changed it meanwhile".to_owned()));
    }
    let mut profile = before.profile.clone();
    profile.name = values.filled("full_name");
    let new = NewProfile { email: values.filled("email"), profile };
    tools.admin.set_profile(&before, new, tools.now).await?;
    let said = format!("{} is changed.", before.username);
    Ok(Performed { said, ..Performed::default() })
}

fn username_problem(text: &str) -> Result<(), String> {
    person::check_username(text.trim()).map_err(|error| error.to_string())
}

fn email_problem(text: &str) -> Result<(), String> {
    match text.trim() {
        "" => Ok(()),
        text => person::check_email(text).map_err(|error| error.to_string()),
    }
}

fn new_password_problem(text: &str) -> Result<(), String> {
    password_policy::check(text, false, &[]).map_err(|error| error.to_string())
}

/// Whether they have a second factor is known when it is done.
fn password_problem(text: &str) -> Result<(), String> {
    password_policy::check(text, true, &[]).map_err(|error| error.to_string())
}

/// What an action would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let name = &errand.target.name;
    let mut lines = match errand.action {
        ActionId::UserDisable => vec![format!("{name} can no longer sign in.")],
        ActionId::UserPassword => vec![format!("{name} gets another password.")],
        _ => Vec::new(),
    };
    let id = UserId::from(errand.target.id.as_str());
    let sessions = tools.admin.list_sessions(&id, tools.now).await?.len();
    let sessions = count(sessions, "session", "sessions");
    lines.push(match errand.action {
        ActionId::UserEndSessions => {
            format!("Ends {sessions} of {name}, and the grants that do not outlive them.")
        }
        _ => format!("Ends {sessions}, and every grant of {name}: their tokens die."),
    });
    Ok(Preview { lines, word: None })
}

/// Does it.
pub(super) async fn perform(
    tools: Tools<'_>,
    errand: &Errand,
    course: &Course,
) -> Result<Performed, Trouble> {
    let Errand { action, target, values } = errand;
    let (admin, now, name) = (tools.admin, tools.now, &target.name);
    let said = match action {
        ActionId::UserAdd => return add(tools, errand).await,
        ActionId::UserEdit => return edit(tools, errand).await,
        ActionId::UserPassword => {
            let password = values.secret("password").ok_or_else(no_password)?;
            admin.set_password(&target.id, password, now).await.map_err(of_password)?;
            format!("{name} has a new password; their sessions and grants are ended.")
        }
        ActionId::UserDisable => {
            admin.disable_user(&target.id, now).await?;
            format!("{name} is disabled; their sessions and grants are ended.")
        }
        ActionId::UserGiveRole => {
            admin.give_role(values.text("role"), &holder(&target.id), now).await?;
            format!("{name} has the role {}.", values.text("role"))
        }
        ActionId::UserEndSessions => return end_sessions(tools, target, course).await,
        _ => {
            admin.take_role(values.text("role"), &holder(&target.id), now).await?;
            format!("{name} no longer has the role {}.", values.text("role"))
        }
    };
    Ok(Performed { said, ..Performed::default() })
}

fn no_password() -> Trouble {
    Trouble::Field("password", "it is empty".to_owned())
}

/// What cannot be used of a form that asks for a password alone is the password.
fn of_password(error: shared::admin::AdminError) -> Trouble {
    match error {
        shared::admin::AdminError::Invalid(why) => Trouble::Field("password", why),
        other => other.into(),
    }
}

async fn add(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let values = &errand.values;
    let new = NewUser {
        username: values.text("username").to_owned(),
        email: values.filled("email"),
        email_verified: values.flag("email_verified"),
        profile: Profile { name: values.filled("full_name"), ..Profile::default() },
        password: Some(values.secret("password").ok_or_else(no_password)?),
    };
    let user = tools.admin.add_user(new, tools.now).await?;
    let said = format!("{} is added.", user.username);
    let (id, name) = (user.id.to_string(), user.username);
    let go_to = Some(Place::Detail(Target { kind: Kind::Users, id, name, scope: None }));
    Ok(Performed { said, secret: None, go_to })
}

/// Ends one session after the other, so that it can be broken off.
async fn end_sessions(
    tools: Tools<'_>,
    target: &Target,
    course: &Course,
) -> Result<Performed, Trouble> {
    let id = UserId::from(target.id.as_str());
    let sessions = tools.admin.list_sessions(&id, tools.now).await?;
    let of = u64::try_from(sessions.len()).ok();
    let mut done = 0;
    for session in &sessions {
        if course.is_cancelled() {
            let all = sessions.len();
            return Err(Trouble::Cancelled(format!("Broken off: {done} of {all} sessions ended.")));
        }
        match tools.admin.end_session(&id, &session.session.id, tools.now).await {
            // One that ended by itself meanwhile is as good.
            Ok(()) | Err(shared::admin::AdminError::NotFound { .. }) => done += 1,
            Err(error) => return Err(error.into()),
        }
        let text = format!("{done} of {} ended", count(sessions.len(), "session", "sessions"));
        course.tell(Progress { done, of, text });
    }
    let said =
        format!("{} of {} ended.", count(sessions.len(), "session", "sessions"), target.name);
    Ok(Performed { said, ..Performed::default() })
}
