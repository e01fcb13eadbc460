//! A client as a form: every field that the rules know, read and checked by them.

use shared::model::client::ConsentPolicy;
use shared::model::{Client, ClientId, ClientKind, GrantType, Scope, Timestamp, scope};
use shared::rules::client_fields::{self, FIELDS, Shape};
use shared::rules::registration;

use crate::desk::rows::change;
use crate::form_spec::{Field, Values, Whole};

/// What is wrong, and with which field.
type Wrong = (&'static str, String);

/// What adding a client wants to know; the rest is as usual for its kind.
pub(super) fn add_fields() -> Vec<Field> {
    let kinds = ClientKind::WORDS.iter().map(ToString::to_string).collect();
    let kind_help = "web keeps a secret, spa and native do not, service works for itself.";
    let id_help = "Made up if it is empty.";
    let uris_help = "Where answers may be sent, compared exactly; one a line.";
    let scope_help = "What it may ask for; empty is all about people, and nothing for a service.";
    let house_help = "People are never asked what it may have: it is of this house.";
    vec![
        Field::text("client_name", ("Name", "What people see."), ""),
        Field::choice("kind", ("Kind", kind_help), kinds, ClientKind::Web.as_str()),
        Field::text("client_id", ("Client id", id_help), ""),
        Field::lines("redirect_uris", ("Redirect URIs", uris_help), Vec::new()),
        Field::text("scope_asked", ("Scope", scope_help), ""),
        Field::flag("first_party", ("First party", house_help), false),
    ]
}

/// Checks the form of a client that is to be added, by the rules of the store.
pub(super) fn check_add() -> Whole {
    Whole::new(|values| {
        let mut client = read_new(values, Timestamp(0))?;
        if client.id.as_str().is_empty() {
            client.id = ClientId::from("made-up");
        }
        registration::check(&client).map_err(|invalid| match invalid.field {
            "scope" => ("scope_asked", invalid.problem),
            field => (field, invalid.problem),
        })
    })
}

/// The client that is to be added.
///
/// # Errors
/// If the scope cannot be read.
pub(super) fn read_new(values: &Values, now: Timestamp) -> Result<Client, Wrong> {
    let kind = ClientKind::parse(values.text("kind")).unwrap_or(ClientKind::Web);
    let is_service = kind == ClientKind::Service;
    let id = ClientId::from(values.text("client_id"));
    let usual = Client::new(id, values.text("client_name"), kind, now);
    let scope = match values.text("scope_asked") {
        "" if is_service => Scope::default(),
        "" => scope::KNOWN.into_iter().collect(),
        text => Scope::parse(text).map_err(|invalid| ("scope_asked", invalid.to_string()))?,
    };
    let first_party = values.flag("first_party");
    Ok(Client {
        redirect_uris: values.lines("redirect_uris"),
        scope,
        grant_types: if is_service {
            vec![GrantType::ClientCredentials]
        } else {
            vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
        },
        consent: if first_party { ConsentPolicy::Implied } else { ConsentPolicy::Ask },
        ..usual
    })
}

/// Every field of a client.
pub(super) fn edit_fields(client: &Client) -> Vec<Field> {
    let field = |field: &client_fields::Field| {
        let text = (field.get)(client);
        let words = (field.name, field.help);
        match field.shape {
            Shape::Line | Shape::Span => Field::text(field.name, words, text),
            Shape::List => {
                let lines = text.split_whitespace().map(str::to_owned).collect();
                Field::lines(field.name, words, lines)
            }
            Shape::Words(choices) => {
                let choices = choices.iter().map(ToString::to_string).collect();
                Field::choice(field.name, words, choices, text)
            }
            Shape::WordsOr(none, choices) => {
                let choices = std::iter::once(&none).chain(choices).map(ToString::to_string);
                Field::choice(field.name, words, choices.collect(), text)
            }
        }
    };
    let fixed = [
        Field::fixed("client_id", "client_id", client.id.as_str()),
        Field::fixed("kind", "kind", client.kind.as_str()),
    ];
    fixed.into_iter().chain(FIELDS.iter().map(field)).collect()
}

/// The client as the form has it.
///
/// # Errors
/// The first field that cannot be read.
pub(super) fn read(before: &Client, values: &Values) -> Result<Client, Wrong> {
    let mut client = before.clone();
    if !values.text("jwks").is_empty() && !values.text("jwks_uri").is_empty() {
        return Err(("jwks_uri", "it has keys of its own already (jwks)".to_owned()));
    }
    for field in FIELDS {
        if let Some(text) = values.plain(field.name) {
            (field.set)(&mut client, &text).map_err(|problem| (field.name, problem))?;
        }
    }
    Ok(client)
}

/// Checks the form of a client on record, by the rules of the store.
pub(super) fn check_edit(before: Client) -> Whole {
    Whole::new(move |values| {
        let client = read(&before, values)?;
        registration::check(&client).map_err(|invalid| match invalid.field {
            "resource" => ("resources", invalid.problem),
            field => (field, invalid.problem),
        })
    })
}

/// What of a client differs, a line for each field.
pub(super) fn changes(before: &Client, after: &Client) -> impl Iterator<Item = Option<String>> {
    FIELDS.iter().map(|field| change(field.name, &(field.get)(before), &(field.get)(after)))
}
