//! `signet user factors …`

use clap::{Args, Subcommand};
use serde_json::json;
use shared::admin::{Admin, UserFactors};

use super::CommandError;
use super::output::Output;
use super::user::Named;
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List what a person has beside a password
    List(Named),
    /// Take one factor from a person
    Remove(Remove),
    /// Take all factors and recovery codes from a person who lost them, and a password too short
    /// to stand alone; ends their sessions and grants
    Reset(Named),
}

#[derive(Args)]
pub(super) struct Remove {
    /// User name, e-mail address or id
    user: String,
    /// The factor's id, as the list shows it
    factor: String,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::List(Named { user }) => list(&admin.list_factors(&user).await?, output),
        Command::Remove(Remove { user, factor }) => {
            let user = admin.remove_factor(&user, &factor, now()).await?;
            if output.json {
                return Ok(output.json(&json!({"user": user.id.as_str(), "factor": factor}))?);
            }
            Ok(output.line(&format!("{} has {factor} no longer", user.username))?)
        }
        Command::Reset(Named { user }) => {
            let (user, factors) = admin.reset_factors(&user, now()).await?;
            let has_password = user.password_hash.is_some();
            if output.json {
                let id = user.id.as_str();
                let done = json!({"user": id, "factors": factors, "has_password": has_password});
                return Ok(output.json(&done)?);
            }
            let name = &user.username;
            let what = "factors and all recovery codes removed; sessions and grants are ended";
            output.line(&format!("{name}: {factors} {what}"))?;
            if !has_password {
                // A short password is none without the factors beside which it was chosen.
                let what = "has no password now: signet user set-password";
                output.line(&format!("{name} {what} {name}"))?;
            }
            Ok(())
        }
    }
}

fn list(found: &UserFactors, output: Output) -> Result<(), CommandError> {
    let last_used = |factor: &shared::model::Factor| factor.last_used_at.map(|at| at.to_string());
    if output.json {
        let factors: Vec<_> = found
            .factors
            .iter()
            .map(|factor| {
                json!({
                    "id": factor.id.as_str(),
                    "kind": factor.kind().as_str(),
                    "name": factor.name,
                    "created_at": factor.created_at.to_string(),
                    "last_used_at": last_used(factor),
                })
            })
            .collect();
        let document = json!({"factors": factors, "recovery_codes": found.recovery_codes});
        return Ok(output.json(&document)?);
    }
    let rows: Vec<_> = found
        .factors
        .iter()
        .map(|factor| {
            [
                factor.kind().to_string(),
                factor.name.clone(),
                factor.created_at.to_string(),
                last_used(factor).unwrap_or_else(|| "never".to_owned()),
                factor.id.to_string(),
            ]
        })
        .collect();
    output.table(["KIND", "NAME", "CREATED", "LAST USED", "ID"], &rows)?;
    Ok(output.line(&format!("{} recovery codes are left", found.recovery_codes))?)
}
