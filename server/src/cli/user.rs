//! `signet user …`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::{Admin, AdminError, NewUser};
use shared::model::User;
use shared::rules::person;
use shared::store::{Circle, Find};

use super::output::Output;
use super::{CommandError, circle, factors, pages, secret_input};
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a person
    Add(Add),
    /// List people: all, or those of a group or role
    List(circle::Of),
    /// Show a person
    Show(Named),
    /// Set a person's password; ends their sessions and grants
    SetPassword(SetPassword),
    /// Change what is on record about a person
    Change(Change),
    /// Disable a person; ends their sessions and grants
    Disable(Named),
    /// Let a person sign in again
    Enable(Named),
    /// Delete a person with everything that is theirs
    Delete(Named),
    /// What they have beside a password
    #[command(subcommand)]
    Factors(factors::Command),
}

#[derive(Args)]
pub(super) struct Add {
    /// What they will type to sign in
    username: String,
    /// E-mail address
    #[arg(long)]
    email: Option<String>,
    /// Whether somebody has proved that the address is theirs
    #[arg(long, value_name = "true|false")]
    email_verified: Option<bool>,
    /// Full name
    #[arg(long)]
    name: Option<String>,
    /// JSON file with an object of OpenID Connect standard claims
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Args)]
pub(super) struct Named {
    /// User name, e-mail address or id
    pub(super) user: String,
}

#[derive(Args)]
pub(super) struct SetPassword {
    /// User name, e-mail address or id
    user: String,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Args)]
pub(super) struct Change {
    /// User name, e-mail address or id
    user: String,
    /// Another user name
    #[arg(long)]
    username: Option<String>,
    /// Another e-mail address; an empty one takes it away
    #[arg(long)]
    email: Option<String>,
    /// Whether somebody has proved that the address is theirs
    #[arg(long, value_name = "true|false")]
    email_verified: Option<bool>,
    /// JSON file with an object of OpenID Connect standard claims, in place of all before
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::Add(add) => {
            let new = read(add)?;
            let user = admin.add_user(new, now()).await?;
            say(&user, "added", output)
        }
        Command::List(of) => list(&of, admin, output).await,
        Command::Show(named) => show(&admin.get_user(&named.user).await?, output),
        Command::SetPassword(SetPassword { user, password_stdin }) => {
            // Says that there is no such person before it asks for a password.
            admin.get_user(&user).await?;
            let password = secret_input::new_password(password_stdin)?;
            let user = admin.set_password(&user, password, now()).await?;
            say(&user, "has a new password; sessions and grants are ended", output)
        }
        Command::Change(change) => {
            let mut user = admin.get_user(&change.user).await?;
            apply(change, &mut user)?;
            say(&admin.change_user(user, now()).await?, "changed", output)
        }
        Command::Enable(named) => {
            say(&admin.enable_user(&named.user, now()).await?, "may sign in again", output)
        }
        Command::Delete(named) => {
            let user = admin.delete_user(&named.user, now()).await?;
            say(&user, "is deleted, with everything that was theirs", output)
        }
        Command::Factors(command) => factors::run(command, admin, output).await,
        Command::Disable(named) => {
            let user = admin.disable_user(&named.user, now()).await?;
            say(&user, "is disabled; sessions and grants are ended", output)
        }
    }
}

fn read_claims(path: &Path) -> Result<person::Claims, CommandError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))?;
    Ok(person::read_claims(&text).map_err(AdminError::Invalid)?)
}

/// Changes what the arguments name. Another address is verified only if that is said too.
fn apply(change: Change, user: &mut User) -> Result<(), CommandError> {
    if let Some(path) = &change.claims {
        let claims = read_claims(path)?;
        user.profile = claims.profile;
        if claims.email.is_some() && claims.email != user.email {
            user.email = claims.email;
            user.email_verified = claims.email_verified;
        }
    }
    user.username = change.username.unwrap_or(std::mem::take(&mut user.username));
    if let Some(email) = change.email {
        let email = Some(email).filter(|email| !email.is_empty());
        user.email_verified = user.email_verified && user.email == email;
        user.email = email;
    }
    user.email_verified = change.email_verified.unwrap_or(user.email_verified);
    Ok(())
}

fn read(add: Add) -> Result<NewUser, CommandError> {
    let claims = match &add.claims {
        Some(path) => read_claims(path)?,
        None => person::Claims::default(),
    };
    // What the claims call verified is the address in them, if they name one, and no other.
    let same_address = add.email.is_none() || claims.email.is_none() || add.email == claims.email;
    let mut profile = claims.profile;
    profile.name = add.name.or(profile.name);
    Ok(NewUser {
        username: add.username,
        email_verified: add.email_verified.unwrap_or(claims.email_verified && same_address),
        email: add.email.or(claims.email),
        profile,
        password: Some(secret_input::new_password(add.password_stdin)?),
    })
}

fn say(user: &User, what: &str, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&document(user))?);
    }
    Ok(output.line(&format!("{} ({}) {what}", user.username, user.id))?)
}

fn show(user: &User, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&document(user))?);
    }
    let email = user.email.clone().unwrap_or_default();
    let verified = if user.email_verified { " (verified)" } else { "" };
    let mut facts = vec![
        ("id", user.id.to_string()),
        ("username", user.username.clone()),
        ("email", format!("{email}{verified}")),
        ("state", state(user)),
        ("created", user.created_at.to_string()),
    ];
    let claims = serde_json::to_string_pretty(&user.profile).map_err(anyhow::Error::from)?;
    facts.push(("claims", claims));
    Ok(output.facts(&facts)?)
}

async fn list(of: &circle::Of, admin: &Admin, output: Output) -> Result<(), CommandError> {
    let users = match of.read(admin).await? {
        None => {
            let all = pages::all(async |last: Option<&User>| {
                let after = last.map(|user| user.username.as_str()).unwrap_or_default();
                admin.list_users(after, pages::SIZE).await
            });
            all.await?
        }
        Some(circle) => find_all_of(&circle, admin).await?,
    };
    if output.json {
        return Ok(output.json(&users.iter().map(document).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            let email = user.email.clone().unwrap_or_default();
            [user.username.clone(), email, state(user), user.id.to_string()]
        })
        .collect();
    Ok(output.table(["USERNAME", "EMAIL", "STATE", "ID"], &rows)?)
}

async fn find_all_of(circle: &Circle, admin: &Admin) -> Result<Vec<User>, AdminError> {
    let mut find = Find { limit: pages::SIZE, ..Find::default() };
    let mut users = Vec::new();
    loop {
        let page = admin.find_users_of(circle, &find).await?;
        users.extend(page.items);
        find.after = page.next;
        if find.after.is_none() {
            return Ok(users);
        }
    }
}

fn state(user: &User) -> String {
    match user.disabled_at {
        None => "active".to_owned(),
        Some(at) => format!("disabled {at}"),
    }
}

fn document(user: &User) -> Value {
    json!({
        "id": user.id.as_str(),
        "username": user.username,
        "email": user.email,
        "email_verified": user.email_verified,
        "disabled": !user.is_active(),
        "created_at": user.created_at.to_string(),
        "updated_at": user.updated_at.to_string(),
        "claims": user.profile,
    })
}
