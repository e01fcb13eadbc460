//! A client field by field, as text: what forms and the command line change one by one.

use std::time::Duration;

use crate::model::client::{
    ClientKeys, ConsentPolicy, Introspection, OfflineAccess, Pkce, SubjectType,
};
use crate::model::{
    AndroidApp, AppleApp, AuthMethod, Client, GrantType, MfaPolicy, Scope, SigningAlg,
};

/// How the text of a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One line.
    Line,
    /// Several values with blanks or line breaks between them.
    List,
    /// One of these words.
    Words(&'static [&'static str]),
    /// The same, or this one, which stands for none of them.
    WordsOr(&'static str, &'static [&'static str]),
    /// A span of time such as `5m`, in whole seconds.
    Span,
}

/// A field of a client.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// As the specifications spell it, where they know it (RFC 7591 §2).
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    /// How its text is written.
    pub shape: Shape,
    /// Its text; empty where there is nothing.
    pub get: fn(&Client) -> String,
    /// Reads it.
    ///
    /// # Errors
    /// In words, if the text means nothing here.
    pub set: fn(&mut Client, &str) -> Result<(), String>,
}

/// What stands for "as the settings say".
const DEFAULT: &str = "default";
const NONE: &str = "none";

/// Everything about a client that can be changed, in the order in which it is asked for.
pub const FIELDS: &[Field] = &[
    Field {
        name: "client_name",
        help: "What people see when it asks them",
        shape: Shape::Line,
        get: |client| client.name.clone(),
        set: |client, text| {
            text.trim().clone_into(&mut client.name);
            Ok(())
        },
    },
    Field {
        name: "redirect_uris",
        help: "Where answers may be sent, compared character by character",
        shape: Shape::List,
        get: |client| client.redirect_uris.join("\n"),
        set: |client, text| {
            client.redirect_uris = list(text);
            Ok(())
        },
    },
    Field {
        name: "post_logout_redirect_uris",
        help: "Where people may be sent after they signed out",
        shape: Shape::List,
        get: |client| client.post_logout_redirect_uris.join("\n"),
        set: |client, text| {
            client.post_logout_redirect_uris = list(text);
            Ok(())
        },
    },
    Field {
        name: "scope",
        help: "What it may ask for",
        shape: Shape::List,
        get: |client| client.scope.to_string(),
        set: |client, text| {
            let words = list(text).join(" ");
            client.scope = Scope::parse(&words).map_err(|invalid| invalid.to_string())?;
            Ok(())
        },
    },
    Field {
        name: "resources",
        help: "APIs that it may ask tokens for, beside those of its scopes",
        shape: Shape::List,
        get: |client| client.resources.join("\n"),
        set: |client, text| {
            client.resources = list(text);
            Ok(())
        },
    },
    Field {
        name: "grant_types",
        help: "The ways in which it gets tokens",
        shape: Shape::List,
        get: |client| {
            client.grant_types.iter().map(|each| each.as_str()).collect::<Vec<_>>().join("\n")
        },
        set: |client, text| {
            let words = list(text);
            let read = words.iter().map(|text| word(text, GrantType::parse, GrantType::WORDS));
            client.grant_types = read.collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Field {
        name: "token_endpoint_auth_method",
        help: "How it proves who it is",
        shape: Shape::Words(AuthMethod::WORDS),
        get: |client| client.auth_method.to_string(),
        set: |client, text| {
            client.auth_method = word(text, AuthMethod::parse, AuthMethod::WORDS)?;
            Ok(())
        },
    },
    Field {
        name: "jwks",
        help: "Its public keys, a JWK set, for private_key_jwt",
        shape: Shape::Line,
        get: |client| match &client.keys {
            Some(ClientKeys::Inline(json)) => json.split_whitespace().collect::<Vec<_>>().join(" "),
            _ => String::new(),
        },
        set: |client, text| {
            match (optional(text), &client.keys) {
                (Some(json), _) => client.keys = Some(ClientKeys::Inline(json)),
                (None, Some(ClientKeys::Inline(_))) => client.keys = None,
                (None, _) => {}
            }
            Ok(())
        },
    },
    Field {
        name: "jwks_uri",
        help: "The address of its public keys, for private_key_jwt",
        shape: Shape::Line,
        get: |client| match &client.keys {
            Some(ClientKeys::At(uri)) => uri.clone(),
            _ => String::new(),
        },
        set: |client, text| {
            match (optional(text), &client.keys) {
                (Some(uri), _) => client.keys = Some(ClientKeys::At(uri)),
                (None, Some(ClientKeys::At(_))) => client.keys = None,
                (None, _) => {}
            }
            Ok(())
        },
    },
    Field {
        name: "pkce",
        help: "Whether a confidential client is excused from PKCE",
        shape: Shape::Words(Pkce::WORDS),
        get: |client| client.pkce.to_string(),
        set: |client, text| {
            client.pkce = word(text, Pkce::parse, Pkce::WORDS)?;
            Ok(())
        },
    },
    Field {
        name: "consent",
        help: "Whether people are asked what it may have",
        shape: Shape::Words(ConsentPolicy::WORDS),
        get: |client| client.consent.to_string(),
        set: |client, text| {
            client.consent = word(text, ConsentPolicy::parse, ConsentPolicy::WORDS)?;
            Ok(())
        },
    },
    Field {
        name: "offline_access",
        help: "When it gets refresh tokens",
        shape: Shape::Words(OfflineAccess::WORDS),
        get: |client| client.offline_access.to_string(),
        set: |client, text| {
            client.offline_access = word(text, OfflineAccess::parse, OfflineAccess::WORDS)?;
            Ok(())
        },
    },
    Field {
        name: "mfa",
        help: "Whether it wants a second factor; default is as the settings say",
        shape: Shape::WordsOr(DEFAULT, MfaPolicy::WORDS),
        get: |client| client.mfa.map_or(DEFAULT, MfaPolicy::as_str).to_owned(),
        set: |client, text| {
            let policy = Some(text.trim()).filter(|text| *text != DEFAULT);
            client.mfa =
                policy.map(|text| word(text, MfaPolicy::parse, MfaPolicy::WORDS)).transpose()?;
            Ok(())
        },
    },
    Field {
        name: "introspection",
        help: "Whose tokens it may ask about",
        shape: Shape::Words(Introspection::WORDS),
        get: |client| client.introspection.to_string(),
        set: |client, text| {
            client.introspection = word(text, Introspection::parse, Introspection::WORDS)?;
            Ok(())
        },
    },
    Field {
        name: "access_token_lifetime",
        help: "How long its access tokens are good; empty is as the settings say",
        shape: Shape::Span,
        get: |client| span_text(client.tokens.access_token_lifetime),
        set: |client, text| {
            client.tokens.access_token_lifetime = span(text)?;
            Ok(())
        },
    },
    Field {
        name: "id_token_lifetime",
        help: "How long its ID tokens are good; empty is as the settings say",
        shape: Shape::Span,
        get: |client| span_text(client.tokens.id_token_lifetime),
        set: |client, text| {
            client.tokens.id_token_lifetime = span(text)?;
            Ok(())
        },
    },
    Field {
        name: "refresh_token_lifetime",
        help: "How long a refresh token is good unused; empty is as the settings say",
        shape: Shape::Span,
        get: |client| span_text(client.tokens.refresh_token_lifetime),
        set: |client, text| {
            client.tokens.refresh_token_lifetime = span(text)?;
            Ok(())
        },
    },
    Field {
        name: "id_token_signed_response_alg",
        help: "What its ID tokens are signed with",
        shape: Shape::Words(SigningAlg::WORDS),
        get: |client| client.tokens.id_token_alg.to_string(),
        set: |client, text| {
            client.tokens.id_token_alg = word(text, SigningAlg::parse, SigningAlg::WORDS)?;
            Ok(())
        },
    },
    Field {
        name: "userinfo_signed_response_alg",
        help: "What the answers of /userinfo are signed with; none is plain JSON",
        shape: Shape::WordsOr(NONE, SigningAlg::WORDS),
        get: |client| client.tokens.userinfo_alg.map_or(NONE, SigningAlg::as_str).to_owned(),
        set: |client, text| {
            let alg = Some(text.trim()).filter(|text| *text != NONE);
            client.tokens.userinfo_alg =
                alg.map(|text| word(text, SigningAlg::parse, SigningAlg::WORDS)).transpose()?;
            Ok(())
        },
    },
    Field {
        name: "subject_type",
        help: "Whether it knows people by the same name as other clients",
        shape: Shape::Words(SubjectType::WORDS),
        get: |client| client.subject_type.to_string(),
        set: |client, text| {
            client.subject_type = word(text, SubjectType::parse, SubjectType::WORDS)?;
            Ok(())
        },
    },
    Field {
        name: "sector_identifier",
        help: "Host whose clients know people by the same pairwise name",
        shape: Shape::Line,
        get: |client| client.sector_identifier.clone().unwrap_or_default(),
        set: |client, text| {
            client.sector_identifier = optional(text);
            Ok(())
        },
    },
    Field {
        name: "android_apps",
        help: "Android applications of it that may use passkeys: package:SHA-256",
        shape: Shape::List,
        get: |client| {
            client.android_apps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        },
        set: |client, text| {
            let read = list(text).into_iter().map(|text| {
                AndroidApp::parse(&text)
                    .ok_or("a package name, a colon and the SHA-256 of its certificate")
            });
            client.android_apps = read.collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Field {
        name: "apple_apps",
        help: "Apple applications of it that may use passkeys: TEAM.bundle",
        shape: Shape::List,
        get: |client| {
            client.apple_apps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        },
        set: |client, text| {
            let read = list(text).into_iter().map(|text| {
                AppleApp::parse(&text).ok_or("a team of ten characters, a dot and a bundle id")
            });
            client.apple_apps = read.collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Field {
        name: "client_uri",
        help: "Its home page",
        shape: Shape::Line,
        get: |client| client.links.home.clone().unwrap_or_default(),
        set: |client, text| {
            client.links.home = optional(text);
            Ok(())
        },
    },
    Field {
        name: "logo_uri",
        help: "Its logo",
        shape: Shape::Line,
        get: |client| client.links.logo.clone().unwrap_or_default(),
        set: |client, text| {
            client.links.logo = optional(text);
            Ok(())
        },
    },
    Field {
        name: "policy_uri",
        help: "Its privacy policy",
        shape: Shape::Line,
        get: |client| client.links.policy.clone().unwrap_or_default(),
        set: |client, text| {
            client.links.policy = optional(text);
            Ok(())
        },
    },
    Field {
        name: "tos_uri",
        help: "Its terms of service",
        shape: Shape::Line,
        get: |client| client.links.terms.clone().unwrap_or_default(),
        set: |client, text| {
            client.links.terms = optional(text);
            Ok(())
        },
    },
];

/// The field of this name.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

fn list(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn optional(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn word<T>(text: &str, parse: impl Fn(&str) -> Option<T>, words: &[&str]) -> Result<T, String> {
    parse(text.trim()).ok_or_else(|| format!("it is one of {}", words.join(", ")))
}

fn span(text: &str) -> Result<Option<Duration>, String> {
    let Some(text) = optional(text) else { return Ok(None) };
    let span = humantime::parse_duration(&text).map_err(|_| "a time such as 5m or 30d")?;
    Ok(Some(span))
}

fn span_text(span: Option<Duration>) -> String {
    span.map(crate::span_text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClientKind, Timestamp};

    fn client() -> Client {
        Client::new("shop".into(), "Shop", ClientKind::Web, Timestamp(0))
    }

    #[test]
    fn what_a_field_says_is_what_it_reads() {
        let mut client = client();
        client.redirect_uris = vec!["https://a.example/".into(), "https://b.example/".into()];
        client.tokens.access_token_lifetime = Some(Duration::from_mins(5));
        client.mfa = Some(MfaPolicy::Required);
        client.keys = Some(ClientKeys::At("https://a.example/jwks".into()));
        let mut copy = Client::new("shop".into(), "", ClientKind::Web, Timestamp(0));
        for field in FIELDS {
            (field.set)(&mut copy, &(field.get)(&client)).unwrap();
        }
        assert!(super::super::registration::changed(&client, &copy).is_empty());
    }

    #[test]
    fn what_means_nothing_is_refused_in_words() {
        for (name, text) in [
            ("mfa", "perhaps"),
            ("token_endpoint_auth_method", "tls"),
            ("access_token_lifetime", "soon"),
            ("grant_types", "authorization_code password"),
            ("scope", "a\"b"),
        ] {
            let field = field(name).unwrap();
            assert!((field.set)(&mut client(), text).is_err(), "{name}");
        }
    }

    #[test]
    fn no_two_fields_have_one_name() {
        let names: std::collections::BTreeSet<_> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), FIELDS.len());
    }
}
