//! `signet why …`

use clap::Args;
use serde_json::{Value, json};
use shared::admin::{Admin, Explained};
use shared::config::Config;
use shared::model::Incident;
use shared::model::incident::Facts;
use shared::rules::why::Comparison;

use super::CommandError;
use super::output::Output;
use crate::app::now;

#[derive(Args)]
pub(super) struct Command {
    /// Code from an error page or an `error_description`, such as K7QF-2M9P; without one, the last ones are listed
    code: Option<String>,
    /// How many are listed at the most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    config: &Config,
    output: Output,
) -> Result<(), CommandError> {
    let Some(code) = &command.code else {
        return list(&admin.list_incidents(None, command.limit).await?, output);
    };
    let explained = admin.explain(code, config.incident_retention.0, now()).await?;
    if output.json {
        return Ok(output.json(&document(&explained)?)?);
    }
    say(&explained, output)
}

fn list(incidents: &[Incident], output: Output) -> Result<(), CommandError> {
    if output.json {
        let documents: Vec<_> = incidents
            .iter()
            .map(|incident| {
                json!({
                    "code": incident.code.to_string(),
                    "at": incident.at.to_string(),
                    "facts": incident.facts,
                })
            })
            .collect();
        return Ok(output.json(&documents)?);
    }
    let rows: Vec<_> = incidents
        .iter()
        .map(|Incident { code, at, facts, .. }| {
            let client = facts.asked.client_id.clone().unwrap_or_default();
            [code.to_string(), at.to_string(), facts.place.to_string(), client, error(facts)]
        })
        .collect();
    Ok(output.table(["CODE", "AT", "PLACE", "CLIENT", "ERROR"], &rows)?)
}

fn error(facts: &Facts) -> String {
    format!("{}: {}", facts.error, facts.description)
}

fn document(explained: &Explained) -> Result<Value, CommandError> {
    let Explained { incident, explanation, .. } = explained;
    let facts = serde_json::to_value(&incident.facts).map_err(anyhow::Error::from)?;
    let compared = explanation.compared.as_ref().map(|compared| {
        json!({
            "sent": compared.sent,
            "registered": compared.registered,
            "position": compared.position,
            "difference": compared.difference,
        })
    });
    Ok(json!({
        "code": incident.code.to_string(),
        "at": incident.at.to_string(),
        "kept_until": incident.expires_at.to_string(),
        "cause": explanation.cause.as_str(),
        "what": explanation.what,
        "parameter": explanation.parameter,
        "compared": compared,
        "nearest": explanation.nearest,
        "change": explanation.change,
        "since": explanation.since,
        "client_name": explained.client_name,
        "facts": facts,
    }))
}

fn say(explained: &Explained, output: Output) -> Result<(), CommandError> {
    let Explained { incident, explanation, client_name } = explained;
    let facts = &incident.facts;
    let mut lines = vec![
        ("code", incident.code.to_string()),
        ("at", incident.at.to_string()),
        ("place", facts.place.to_string()),
        ("error", error(facts)),
        ("cause", explanation.cause.as_str().to_owned()),
    ];
    if let Some(id) = &facts.asked.client_id {
        let name = client_name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        lines.push(("client", format!("{id}{name}")));
    }
    if let Some(parameter) = &explanation.parameter {
        lines.push(("parameter", parameter.clone()));
    }
    lines.push(("request", facts.request_id.clone()));
    output.facts(&lines)?;
    output.line("")?;
    output.line(&explanation.what)?;
    if let Some(compared) = &explanation.compared {
        output.line("")?;
        compare(compared, output)?;
    }
    output.line("")?;
    let mut advice = vec![("change", explanation.change.clone())];
    advice.extend(explanation.since.clone().map(|since| ("since", since)));
    Ok(output.facts(&advice)?)
}

/// The two below each other, with a mark under the first character that differs.
fn compare(compared: &Comparison, output: Output) -> Result<(), CommandError> {
    let Comparison { sent, registered, position, difference } = compared;
    let room = " ".repeat(*position);
    output.facts(&[
        ("sent", sent.clone()),
        ("right", registered.clone()),
        ("", format!("{room}^ {difference}")),
    ])?;
    Ok(())
}
