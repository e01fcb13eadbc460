//! `signet predict`: what `/authorize` would do now, and why.

use clap::Args;
use serde_json::{Value, json};
use shared::admin::{Admin, Asked, Outcome, Prediction, Supposed};
use shared::config::Config;
use shared::visible;
use url::form_urlencoded;

use super::CommandError;
use super::output::Output;
use crate::app::now;

#[derive(Args)]
pub(super) struct Predict {
    /// The authorization request as the application sends it: a URL, or its query
    #[arg(required_unless_present = "client", conflicts_with = "client")]
    request: Option<String>,
    /// Instead of a request: the client, whose first redirect URI is taken
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// With --client: what it asks for
    #[arg(long, requires = "client", default_value = "openid")]
    scope: String,
    /// With --client: the parameter prompt
    #[arg(long, requires = "client")]
    prompt: Option<String>,
    /// With --client: the parameter `max_age`, in seconds
    #[arg(long, requires = "client", value_name = "SECONDS")]
    max_age: Option<u64>,
    /// With --client: the parameter `acr_values`
    #[arg(long, requires = "client", value_name = "VALUES")]
    acr_values: Option<String>,
    /// With --client: the parameter resource; may be repeated
    #[arg(long = "resource", requires = "client", value_name = "URI")]
    resources: Vec<String>,
    /// Who is in the browser, by user name, address or id; nobody if absent
    #[arg(long)]
    user: Option<String>,
    /// In which live session they are; the newest if absent, and none if this is none
    #[arg(long, requires = "user", value_name = "ID|none")]
    session: Option<String>,
}

pub(super) async fn run(
    predict: Predict,
    admin: &Admin,
    config: &Config,
    output: Output,
) -> Result<(), CommandError> {
    let request = match &predict.client {
        Some(id) => request_of(&predict, id, admin).await?,
        None => predict.request.clone().unwrap_or_default(),
    };
    let session = match predict.session.as_deref() {
        None => Supposed::Newest,
        Some("none") => Supposed::None,
        Some(id) => Supposed::This(id.to_owned()),
    };
    let site = admin.open_site(config).await?;
    let asked = Asked { request, user: predict.user, session };
    let prediction = admin.predict(&site, &asked, now()).await?;
    if output.json {
        return Ok(output.json(&document(&prediction))?);
    }
    say(&prediction, output)
}

/// The query that a client with these wishes sends; its challenge is made up.
async fn request_of(predict: &Predict, id: &str, admin: &Admin) -> Result<String, CommandError> {
    let client = admin.get_client(id).await?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("response_type", "code");
    query.append_pair("client_id", client.id.as_str());
    query.append_pair("scope", &predict.scope);
    query.append_pair("code_challenge", &"A".repeat(43));
    query.append_pair("code_challenge_method", "S256");
    if let Some(uri) = client.redirect_uris.first() {
        query.append_pair("redirect_uri", uri);
    }
    let max_age = predict.max_age.map(|age| age.to_string());
    for (name, value) in
        [("prompt", &predict.prompt), ("max_age", &max_age), ("acr_values", &predict.acr_values)]
    {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    for resource in &predict.resources {
        query.append_pair("resource", resource);
    }
    Ok(query.finish())
}

fn outcome(outcome: Outcome) -> (&'static str, Option<&'static str>, String) {
    match outcome {
        Outcome::ErrorPage(notice) => {
            let refusal = notice.refusal();
            ("error_page", Some(refusal.code.as_str()), format!("an error page: {refusal}"))
        }
        Outcome::Error(refusal) => {
            ("error", Some(refusal.code.as_str()), format!("the client is told {refusal}"))
        }
        Outcome::Page(page) => {
            let page = page.as_str();
            ("page", Some(page), format!("the page /{page} is shown"))
        }
        Outcome::Code => ("code", None, "the client gets a code at once".to_owned()),
    }
}

fn document(prediction: &Prediction) -> Value {
    let (kind, detail, words) = outcome(prediction.outcome);
    let checks =
        prediction.checks.iter().map(|(passes, what)| json!({"passes": passes, "what": what}));
    let scopes = prediction
        .scopes
        .iter()
        .map(|(scope, given, why)| json!({"scope": scope, "given": given, "why": why}));
    let tokens = prediction.tokens.as_ref().map(|tokens| {
        json!({
            "access_token": tokens.access_token,
            "id_token": tokens.id_token,
            "userinfo": tokens.userinfo,
            "refresh_token": tokens.refresh_token,
        })
    });
    json!({
        "client": prediction.client_name,
        "outcome": kind,
        "detail": detail,
        "words": words,
        "checks": checks.collect::<Vec<_>>(),
        "scopes": scopes.collect::<Vec<_>>(),
        "tokens": tokens,
    })
}

fn say(prediction: &Prediction, output: Output) -> Result<(), CommandError> {
    for (passes, what) in &prediction.checks {
        let sign = if *passes { "ok " } else { "!! " };
        output.line(&format!("{sign} {}", visible(what)))?;
    }
    output.line(&format!("=> {}", outcome(prediction.outcome).2))?;
    if !prediction.scopes.is_empty() {
        output.line("")?;
        let rows: Vec<_> =
            prediction.scopes.iter().map(|(scope, _, why)| [scope.clone(), why.clone()]).collect();
        output.table(["SCOPE", "IN THE TOKEN"], &rows)?;
    }
    let Some(tokens) = &prediction.tokens else { return Ok(()) };
    let when = if prediction.outcome == Outcome::Code { "" } else { ", once the pages are done" };
    for (name, claims) in [
        ("access token", Some(&tokens.access_token)),
        ("ID token", tokens.id_token.as_ref()),
        ("/userinfo", tokens.userinfo.as_ref()),
    ] {
        let Some(claims) = claims else { continue };
        output.line(&format!("\n{name}{when}:"))?;
        output.json(claims)?;
    }
    let refresh = if tokens.refresh_token { "with" } else { "without" };
    Ok(output.line(&format!("\n{refresh} a refresh token"))?)
}
