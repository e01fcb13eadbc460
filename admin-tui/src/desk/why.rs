//! What would happen, or why it did not: the answer.

use shared::admin::{Asked, Inspected, Outcome, Prediction, Supposed};
use url::form_urlencoded;

use super::rows::moment;
use super::{Tools, Trouble, audit};
use crate::place::{About, Kind, Place, WhyAsked};
use crate::view::{Detail, Fact, Section};

/// Says what a code, a token or a request is about.
pub(super) async fn because(tools: Tools<'_>, asked: &WhyAsked) -> Result<Detail, Trouble> {
    let what = asked.what.expose().trim();
    match asked.about() {
        About::Parts => predicted(tools, asked, request_of(tools, asked).await?).await,
        About::Request => predicted(tools, asked, what.to_owned()).await,
        About::Code => explained(tools, what).await,
        About::Token => inspected(tools, what).await,
    }
}

/// A request out of its parts, for the first redirect URI of the client.
async fn request_of(tools: Tools<'_>, asked: &WhyAsked) -> Result<String, Trouble> {
    let client = tools.admin.get_client(&asked.client).await?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("response_type", "code");
    query.append_pair("client_id", client.id.as_str());
    query.append_pair("code_challenge", &"A".repeat(43));
    query.append_pair("code_challenge_method", "S256");
    let redirect_uri = client.redirect_uris.first().map(String::as_str).unwrap_or_default();
    for (name, value) in [
        ("redirect_uri", redirect_uri),
        ("scope", asked.scope.as_str()),
        ("prompt", asked.prompt.as_str()),
        ("max_age", asked.max_age.as_str()),
        ("acr_values", asked.acr_values.as_str()),
    ] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    Ok(query.finish())
}

async fn predicted(tools: Tools<'_>, asked: &WhyAsked, request: String) -> Result<Detail, Trouble> {
    let session = match asked.session.as_str() {
        "" => Supposed::Newest,
        "none" => Supposed::None,
        id => Supposed::This(id.to_owned()),
    };
    let user = Some(asked.user.clone()).filter(|user| !user.is_empty());
    let site = tools.admin.open_site(tools.config).await?;
    let asked = Asked { request, user, session };
    let prediction = tools.admin.predict(&site, &asked, tools.now).await?;
    Ok(said(&prediction))
}

fn said(prediction: &Prediction) -> Detail {
    let (state, outcome) = match prediction.outcome {
        Outcome::ErrorPage(notice) => {
            ("error page", format!("An error page: {}", notice.refusal()))
        }
        Outcome::Error(refusal) => ("refused", format!("The client is told {refusal}")),
        Outcome::Page(page) => ("page", format!("The page /{} is shown", page.as_str())),
        Outcome::Code => ("code", "The client gets a code at once".to_owned()),
    };
    let checks = prediction
        .checks
        .iter()
        .map(|(passes, what)| Fact::new(if *passes { "ok" } else { "stops" }, what))
        .chain([Fact::new("so", outcome)])
        .collect();
    let mut sections = vec![Section { title: "Step by step".to_owned(), facts: checks }];
    if !prediction.scopes.is_empty() {
        let facts = prediction.scopes.iter().map(|(scope, _, why)| Fact::new(scope, why)).collect();
        sections.push(Section { title: "Scope, in the token".to_owned(), facts });
    }
    if let Some(tokens) = &prediction.tokens {
        let when =
            if prediction.outcome == Outcome::Code { "" } else { ", once the pages are done" };
        for (name, document) in [
            ("Access token", Some(&tokens.access_token)),
            ("ID token", tokens.id_token.as_ref()),
            ("/userinfo", tokens.userinfo.as_ref()),
        ] {
            let Some(document) = document else { continue };
            sections.push(Section { title: format!("{name}{when}"), facts: claims(document) });
        }
        let refresh = if tokens.refresh_token { "yes" } else { "no" };
        let facts = vec![Fact::new("given", refresh)];
        sections.push(Section { title: "Refresh token".to_owned(), facts });
    }
    let title =
        prediction.client_name.clone().unwrap_or_else(|| "Authorization request".to_owned());
    Detail { id: String::new(), title, state: state.to_owned(), sections }
}

fn claims(document: &serde_json::Value) -> Vec<Fact> {
    let members = document.as_object().into_iter().flatten();
    members
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Fact::new(name, text)
        })
        .collect()
}

async fn explained(tools: Tools<'_>, code: &str) -> Result<Detail, Trouble> {
    let kept = tools.config.incident_retention.0;
    let explained = tools.admin.explain(code, kept, tools.now).await?;
    let (incident, explanation) = (&explained.incident, &explained.explanation);
    let mut why = vec![
        Fact::new("What failed", &explanation.what),
        Fact::new("Cause", explanation.cause.as_str()),
    ];
    if let Some(parameter) = &explanation.parameter {
        why.push(Fact::new("Parameter", parameter));
    }
    if let Some(compared) = &explanation.compared {
        let mark = format!("{}^ {}", " ".repeat(compared.position), compared.difference);
        why.push(Fact::new("Sent", &compared.sent));
        why.push(Fact::new("Right", &compared.registered));
        why.push(Fact::new("Differs", mark));
    } else if let Some(nearest) = &explanation.nearest {
        why.push(Fact::new("Nearest", nearest));
    }
    why.push(Fact::new("What would mend it", &explanation.change));
    why.extend(explanation.since.iter().map(|since| Fact::new("Since then", since)));
    let mut what = vec![
        Fact::new("Code", incident.code.to_string()),
        Fact::new("When", moment(incident.at)),
        Fact::new("Where", incident.facts.place.to_string()),
        Fact::new("Error", format!("{}: {}", incident.facts.error, incident.facts.description)),
    ];
    if let Some(id) = &incident.facts.asked.client_id {
        let name = explained.client_name.clone().unwrap_or_else(|| "not known here".to_owned());
        let value = format!("{id} ({name})");
        what.push(match explained.client_name {
            Some(_) => Fact::link("Client", value, Place::one(Kind::Clients, id, &name)),
            None => Fact::new("Client", value),
        });
    }
    let sections = vec![
        Section { title: "Why".to_owned(), facts: why },
        Section { title: "What happened".to_owned(), facts: what },
    ];
    let state = explanation.cause.as_str().replace('_', " ");
    Ok(Detail { id: String::new(), title: incident.code.to_string(), state, sections })
}

async fn inspected(tools: Tools<'_>, text: &str) -> Result<Detail, Trouble> {
    let site = tools.admin.open_site(tools.config).await?;
    let found = tools.admin.inspect_token(&site, text, tools.now).await?;
    let Inspected { kind, is_good, why, claims: document, user, grant, trail } = found;
    let mut facts = vec![
        Fact::new("It is", kind.words()),
        Fact::new("Good", if is_good { "yes" } else { "no" }),
        Fact::new("Why", why),
    ];
    if let (Some(user), Some(grant)) = (&user, &grant) {
        let (session, client) = (grant.session_id.as_str(), grant.client_id.as_str());
        let place = |kind, id, name| Place::one(kind, id, name);
        let who = place(Kind::Users, user.id.as_str(), user.username.as_str());
        facts.extend([
            Fact::link("Person", &user.username, who),
            Fact::link("Client", client, place(Kind::Clients, client, client)),
            Fact::link("Session", session, place(Kind::Sessions, session, session)),
            Fact::link(
                "Family",
                grant.id.as_str(),
                place(Kind::Grants, grant.id.as_str(), "family"),
            ),
            Fact::new("Scope", grant.scope.to_string()),
        ]);
    }
    let mut sections = vec![Section { title: "Token".to_owned(), facts }];
    if let Some(document) = &document {
        sections.push(Section { title: "It says".to_owned(), facts: claims(document) });
    }
    if !trail.is_empty() {
        let facts = trail.iter().map(audit::fact).collect();
        sections.push(Section { title: "Its trail".to_owned(), facts });
    }
    let state = if is_good { "good" } else { "worth nothing" }.to_owned();
    Ok(Detail { id: String::new(), title: "Token".to_owned(), state, sections })
}
