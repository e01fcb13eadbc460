//! `signet key …`

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::{Admin, KeyMaker, LiveTokens, Rotation};
use shared::config::Config;
use shared::model::{KeyState, SigningAlg, SigningKeyRecord, Timestamp};

use super::output::Output;
use super::{CommandError, noticed};
use crate::app::{key_policy, now};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List all signing keys, newest first
    List,
    /// Let the next key sign as soon as everybody can know it; servers that run do the rest
    Rotate(Rotate),
    /// Take a key out of use at once, in an emergency: every token that it signed dies
    Revoke(Revoke),
}

#[derive(Args)]
pub(super) struct Rotate {
    /// Only keys of this algorithm
    #[arg(long, value_parser = PossibleValuesParser::new(SigningAlg::WORDS))]
    alg: Option<String>,
}

#[derive(Args)]
pub(super) struct Revoke {
    /// Key id
    // One in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    kid: String,
    /// Only say how many tokens would die
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    config: &Config,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::List => say_keys(&admin.list_keys().await?, output),
        Command::Rotate(Rotate { alg }) => {
            let alg = alg.as_deref().and_then(SigningAlg::parse);
            say_rotations(&admin.rotate_keys(alg, key_policy(config), now()).await?, output)
        }
        Command::Revoke(Revoke { kid, dry_run: true }) => {
            let live = admin.count_tokens_of_key(&kid, now()).await?;
            say_live(&kid, live, "would die", output)
        }
        Command::Revoke(Revoke { kid, dry_run: false }) => {
            if !output.json {
                // Said before it is done.
                let live = admin.count_tokens_of_key(&kid, now()).await?;
                say_live(&kid, live, "die", output)?;
            }
            let master = admin.open_master_key(&config.master_key_file).await?;
            let maker = KeyMaker { master, rsa_bits: config.signing_key_bits.0 };
            let live = admin.revoke_key(&maker, &kid, now()).await?;
            noticed().await;
            if output.json {
                return say_live(&kid, live, "die", output);
            }
            Ok(output.line(&format!("{kid} is revoked"))?)
        }
    }
}

fn say_keys(keys: &[SigningKeyRecord], output: Output) -> Result<(), CommandError> {
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
    if output.json {
        let documents: Vec<_> = keys
            .iter()
            .map(|key| {
                json!({
                    "kid": key.kid,
                    "alg": key.alg.as_str(),
                    "state": key.state.as_str(),
                    "created_at": key.created_at.to_string(),
                    "activates_at": moment(key.activates_at),
                    "activated_at": moment(key.activated_at),
                    "retired_at": moment(key.retired_at),
                })
            })
            .collect();
        return Ok(output.json(&documents)?);
    }
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            let since = match key.state {
                KeyState::Next => key.activates_at.map(|at| format!("signs from {at}")),
                KeyState::Active => moment(key.activated_at).map(|at| format!("signs since {at}")),
                KeyState::Retired => moment(key.retired_at).map(|at| format!("signed until {at}")),
            };
            let alg = key.alg.to_string();
            [key.kid.clone(), alg, key.state.to_string(), since.unwrap_or_default()]
        })
        .collect();
    Ok(output.table(["KID", "ALG", "STATE", ""], &rows)?)
}

fn say_rotations(rotations: &[Rotation], output: Output) -> Result<(), CommandError> {
    if output.json {
        let document = |rotation: &Rotation| {
            json!({
                "kid": rotation.kid,
                "alg": rotation.alg.as_str(),
                "signs_at": rotation.signs_at.to_string(),
            })
        };
        return Ok(output.json(&rotations.iter().map(document).collect::<Vec<_>>())?);
    }
    for Rotation { alg, kid, signs_at } in rotations {
        output.line(&format!("{alg}: {kid} signs from {signs_at}"))?;
    }
    Ok(())
}

fn say_live(kid: &str, live: LiveTokens, verb: &str, output: Output) -> Result<(), CommandError> {
    let LiveTokens { access_tokens, id_tokens } = live;
    if output.json {
        let document: Value =
            json!({"kid": kid, "access_tokens": access_tokens, "id_tokens": id_tokens});
        return Ok(output.json(&document)?);
    }
    Ok(output.line(&format!("{access_tokens} access tokens and {id_tokens} ID tokens {verb}"))?)
}
