//! Applications.

use shared::model::client::ConsentPolicy;
use shared::model::{Client, ClientId, ClientKind, GrantType, Scope, scope};
use shared::rules::{redirect_uri, registration};

use super::rows::{self, BATCH, moment};
use super::{Tools, Trouble};
use crate::form_spec::{Field, FieldKind, FormSpec, Values, anything};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, ListSpec, Mark, Page, Query, Row, Section, Width};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Clients,
    columns: &[
        Column { key: "client_id", name: "client id", width: Width::Share(20), sortable: false },
        Column { key: "name", name: "name", width: Width::Share(18), sortable: false },
        Column { key: "kind", name: "kind", width: Width::Fixed(7), sortable: false },
        Column { key: "state", name: "state", width: Width::Fixed(9), sortable: false },
        Column { key: "auth", name: "authenticates by", width: Width::Fixed(19), sortable: false },
        Column { key: "created_at", name: "added", width: Width::Fixed(19), sortable: false },
    ],
    scopes: &[],
    whole: true,
    filter: "ids, names and kinds",
    permission: "clients.read",
};

/// A page, in the order of ids.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let mut scan = rows::Scan::new(query);
    while let Some(after) = scan.next() {
        let clients = tools.admin.list_clients(&after, BATCH).await?;
        scan.take(clients.iter().map(row).collect());
    }
    Ok(scan.page())
}

fn state(client: &Client) -> &'static str {
    if client.disabled_at.is_some() { "disabled" } else { "active" }
}

fn row(client: &Client) -> Row {
    Row {
        id: client.id.to_string(),
        cursor: client.id.to_string(),
        cells: vec![
            client.id.to_string(),
            client.name.clone(),
            client.kind.to_string(),
            state(client).to_owned(),
            client.auth_method.to_string(),
            moment(client.created_at),
        ],
        mark: if client.disabled_at.is_some() { Mark::Off } else { Mark::None },
        links: Vec::new(),
    }
}

/// All about a client.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let client = tools.admin.get_client(&target.id).await?;
    let lines = |lines: &[String]| {
        if lines.is_empty() { "none".to_owned() } else { lines.join("\n") }
    };
    let seconds = |span: Option<std::time::Duration>| {
        span.map_or_else(
            || "as the settings say".to_owned(),
            |span| format!("{} s", span.as_secs()),
        )
    };
    let grants: Vec<_> = client.grant_types.iter().map(ToString::to_string).collect();
    let mfa = client.mfa.map_or_else(|| "as the settings say".to_owned(), |mfa| mfa.to_string());
    let who = vec![
        Fact::new("Client id", client.id.as_str()),
        Fact::new("Name", &client.name),
        Fact::new("Kind", client.kind.as_str()),
        Fact::new("State", state(&client)),
        Fact::new("Added", moment(client.created_at)),
        Fact::new("Changed", moment(client.updated_at)),
    ];
    let may = vec![
        Fact::new("Authenticates by", client.auth_method.as_str()),
        Fact::new("Grant types", grants.join(", ")),
        Fact::new("Scope", client.scope.to_string()),
        Fact::new("PKCE", client.pkce.as_str()),
        Fact::new("Consent", client.consent.as_str()),
        Fact::new("Offline access", client.offline_access.as_str()),
        Fact::new("Second factor", mfa),
        Fact::new("Subject", client.subject_type.as_str()),
        Fact::new("APIs", lines(&client.resources)),
    ];
    let tokens = vec![
        Fact::new("Access token", seconds(client.tokens.access_token_lifetime)),
        Fact::new("ID token", seconds(client.tokens.id_token_lifetime)),
        Fact::new("Refresh token", seconds(client.tokens.refresh_token_lifetime)),
        Fact::new("Signed with", client.tokens.id_token_alg.as_str()),
    ];
    let addresses = vec![
        Fact::new("Redirect URIs", lines(&client.redirect_uris)),
        Fact::new("After sign-out", lines(&client.post_logout_redirect_uris)),
    ];
    let section = |title: &str, facts| Section { title: title.to_owned(), facts };
    let sections = vec![
        section("Client", who),
        section("Where answers go", addresses),
        section("What it may", may),
        section("Its tokens", tokens),
    ];
    let disabled = client.disabled_at.is_some();
    let state = if disabled { "disabled" } else { "" }.to_owned();
    Ok(Detail { id: target.id.clone(), title: client.id.to_string(), state, sections })
}

/// What adding a client wants to know; the rest is as usual for its kind.
pub(super) fn form() -> FormSpec {
    let text = |key, label, help, text: &str, check| Field {
        key,
        label,
        help,
        kind: FieldKind::Text(text.to_owned()),
        check,
    };
    let words = ClientKind::WORDS.iter().map(ToString::to_string).collect();
    let kind = FieldKind::Choice { words, chosen: ClientKind::Web.to_string() };
    let kind_help = "web keeps a secret, spa and native do not, service works for itself.";
    let uris = FieldKind::Lines(Vec::new());
    let uris_help = "Where answers may be sent, compared exactly; one a line.";
    let scope_help = "What it may ask for; nothing for a service.";
    let known = scope::KNOWN.join(" ");
    let of_house = FieldKind::Flag(false);
    let house_help = "Whether people are never asked what it may have, as it is of this house.";
    let fields = vec![
        text("client_name", "Name", "What people see.", "", name_problem),
        Field { key: "kind", label: "Kind", help: kind_help, kind, check: anything },
        text("client_id", "Client id", "Made up if it is empty.", "", id_problem),
        Field {
            key: "redirect_uris",
            label: "Redirect URIs",
            help: uris_help,
            kind: uris,
            check: uri_problem,
        },
        text("scope_asked", "Scope", scope_help, &known, scope_problem),
        Field {
            key: "first_party",
            label: "First party",
            help: house_help,
            kind: of_house,
            check: anything,
        },
    ];
    FormSpec { title: "Add a client".to_owned(), fields, version: String::new() }
}

fn name_problem(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("it is needed".to_owned()) } else { Ok(()) }
}

fn id_problem(text: &str) -> Result<(), String> {
    match text.trim() {
        "" => Ok(()),
        id => registration::check_id(id).map_err(|invalid| invalid.to_string()),
    }
}

/// What depends on the kind is checked when it is done.
fn uri_problem(text: &str) -> Result<(), String> {
    redirect_uri::check(ClientKind::Native, text.trim()).map_err(str::to_owned)
}

fn scope_problem(text: &str) -> Result<(), String> {
    Scope::parse(text.trim()).map(drop).map_err(|invalid| invalid.to_string())
}

async fn add(tools: Tools<'_>, values: &Values) -> Result<Performed, Trouble> {
    let kind = ClientKind::parse(values.text("kind")).unwrap_or(ClientKind::Web);
    let is_service = kind == ClientKind::Service;
    let id = ClientId::from(values.text("client_id"));
    let usual = Client::new(id, values.text("client_name"), kind, tools.now);
    let scope = Scope::parse(values.text("scope_asked"));
    let scope = scope.map_err(|invalid| Trouble::Field("scope_asked", invalid.to_string()))?;
    let first_party = values.flag("first_party");
    let client = Client {
        redirect_uris: values.lines("redirect_uris"),
        scope: if is_service { Scope::default() } else { scope },
        grant_types: if is_service {
            vec![GrantType::ClientCredentials]
        } else {
            vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
        },
        consent: if first_party { ConsentPolicy::Implied } else { ConsentPolicy::Ask },
        ..usual
    };
    let added = tools.admin.add_client(client, None, tools.now).await?;
    let id = added.client.id.to_string();
    let secret = added.secret.map(|secret| (format!("Secret of {id}"), secret));
    let said = format!("{id} is added.");
    let target = Target { kind: Kind::Clients, name: id.clone(), id, scope: None };
    Ok(Performed { said, secret, go_to: Some(Place::Detail(target)) })
}

/// What an action would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let client = tools.admin.get_client(&errand.target.id).await?;
    let id = client.id.as_str();
    if errand.action == ActionId::ClientRotate {
        if !client.has_secret() {
            return Err(Trouble::Refused("this client authenticates without a secret".to_owned()));
        }
        let lines = vec![
            format!("{id} gets another secret, which is shown once."),
            "The old one stops working at once: whoever uses it is locked out.".to_owned(),
        ];
        return Ok(Preview { lines, word: None });
    }
    let lines = vec![
        format!("Deletes {id} ({}) for good.", client.name),
        "Everything that people allowed it, every grant and every token goes with it.".to_owned(),
    ];
    Ok(Preview { lines, word: Some(id.to_owned()) })
}

/// Does it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let id = &errand.target.id;
    if errand.action == ActionId::ClientAdd {
        return add(tools, &errand.values).await;
    }
    if errand.action == ActionId::ClientRotate {
        let rotated = tools.admin.rotate_client_secret(id, None, tools.now).await?;
        let secret = rotated.secret.map(|secret| (format!("Secret of {id}"), secret));
        return Ok(Performed { said: format!("{id} has another secret."), secret, go_to: None });
    }
    let removal = tools.admin.delete_client(id, tools.now).await?;
    let said = format!(
        "{id} is deleted, with {} and {}.",
        rows::count(usize::try_from(removal.grants).unwrap_or(usize::MAX), "grant", "grants"),
        rows::count(usize::try_from(removal.consents).unwrap_or(usize::MAX), "consent", "consents"),
    );
    let go_to = Some(Place::List(Kind::Clients, None));
    Ok(Performed { said, secret: None, go_to })
}
