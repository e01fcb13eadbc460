//! Parameters of any kind, and what a client asks by them of `/authorize` and `/logout`.
//!
//! An input is a letter, which chooses the client, and a query.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shared::model::client::{OfflineAccess, Pkce};
use shared::model::interaction::{AskedClaims, ResponseMode};
use shared::model::scope::OFFLINE_ACCESS;
use shared::model::{
    Catalogue, Client, ClientKind, GrantType, IdTokenHint, Request, Scope, Timestamp,
};
use shared::rules::authorize::{self, Notice, Provider, Rejection, Returned};
use shared::rules::params::{Malformed, Params};
use shared::rules::{claims, logout, redirect_uri};
use signet_fuzz::ISSUER;

type Pairs = Vec<(String, String)>;

fuzz_target!(|input: &[u8]| {
    let Some((&letter, query)) = input.split_first() else { return };
    let pairs = read_otherwise(query);
    let params = match Params::parse(query) {
        Ok(params) => params,
        Err(malformed) => return malformed_for_a_reason(malformed, &pairs),
    };
    nothing_is_lost(&params, &pairs);
    who_asks_is_said_once(&params, &pairs);
    let client = client(letter);
    match authorize::check(&params, &client, &PROVIDER) {
        Ok(request) => request_is_good(&request, &params, &client),
        Err(Rejection::Returned(returned)) => return_is_safe(&returned, &params, &client),
        Err(Rejection::Shown(notice)) => shown_for_a_reason(notice, &params, &client),
    }
    logout_ends_at_the_clients(&params, &client);
});

fn client(letter: u8) -> Client {
    let web = signet_fuzz::client(ClientKind::Web);
    match letter {
        b's' => signet_fuzz::client(ClientKind::Spa),
        b'n' => signet_fuzz::client(ClientKind::Native),
        b'e' => Client { pkce: Pkce::Excused, ..web },
        b'c' => Client { grant_types: vec![GrantType::AuthorizationCode], ..web },
        b'd' => Client { disabled_at: Some(Timestamp(1)), ..web },
        b'r' => Client { grant_types: vec![GrantType::RefreshToken], ..web },
        _ => web,
    }
}

fn hint(token: &str) -> Option<IdTokenHint> {
    let client_id = match token {
        "adas" => "shop",
        "wikis" => "wiki",
        _ => return None,
    };
    Some(IdTokenHint { subject: "ada".to_owned(), client_id: client_id.into(), session_id: None })
}

const PROVIDER: Provider<'_> = Provider {
    issuer: ISSUER,
    catalogue: &NO_APIS,
    whose_token: &|token| hint(token).map(|hint| hint.subject),
};

/// No API.
const NO_APIS: Catalogue =
    Catalogue { apis: Vec::new(), permissions: Vec::new(), scopes: Vec::new() };

/// Split first and decoded afterwards, so that a mistake need not be made twice.
fn read_otherwise(query: &[u8]) -> Pairs {
    let parts = query.split(|&byte| byte == b'&').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| {
        let mut halves = part.splitn(2, |&byte| byte == b'=');
        let mut half = || decode(halves.next().unwrap_or_default());
        (half(), half())
    });
    pairs.collect()
}

fn decode(mut text: &[u8]) -> String {
    let mut bytes = Vec::new();
    while let Some((&first, rest)) = text.split_first() {
        let escaped = (first == b'%')
            .then(|| std::str::from_utf8(rest.get(..2)?).ok())
            .flatten()
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(if first == b'+' { b' ' } else { first }));
        text = if escaped.is_some() { &rest[2..] } else { rest };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn malformed_for_a_reason(malformed: Malformed, pairs: &Pairs) {
    let has = |c: char| pairs.iter().any(|(name, value)| name.contains(c) || value.contains(c));
    assert!(match malformed {
        Malformed::Nul => has('\0'),
        Malformed::NotUtf8 => has('\u{FFFD}'),
        Malformed::TooMany => pairs.len() > 100,
        Malformed::NotAForm => false,
    });
}

fn nothing_is_lost(params: &Params, pairs: &Pairs) {
    assert!(pairs.len() <= 100);
    for (name, value) in pairs {
        assert!(!name.contains(['\0', '\u{FFFD}']) && !value.contains(['\0', '\u{FFFD}']));
        let first = pairs.iter().find(|(each, value)| each == name && !value.is_empty());
        assert_eq!(params.get(name), first.map(|(_, value)| value.as_str()));
    }
    // One may be sent several times (RFC 8707 §2).
    let single = pairs.iter().map(|(name, _)| name).filter(|name| *name != "resource");
    let names: HashSet<_> = single.clone().collect();
    assert_eq!(params.check_unique().is_ok(), names.len() == single.count());

    // An interaction keeps a query by encoding it: it must come back the same.
    let encoded = params.encode();
    assert_eq!(&read_otherwise(encoded.as_bytes()), pairs);
    assert_eq!(Params::parse(encoded.as_bytes()).expect("it was encoded here").encode(), encoded);
}

fn who_asks_is_said_once(params: &Params, pairs: &Pairs) {
    let times = |name| pairs.iter().filter(|(each, _)| each == name).count();
    match authorize::client_id(params) {
        Ok(id) => {
            assert_eq!(params.get("client_id"), Some(id));
            assert!(!id.is_empty() && times("client_id") == 1 && times("redirect_uri") <= 1);
        }
        Err(Rejection::Shown(Notice::Repeated(name))) => assert!(times(name) > 1),
        Err(Rejection::Shown(Notice::MissingClientId)) => {
            assert_eq!(params.get("client_id"), None);
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn request_is_good(request: &Request, params: &Params, client: &Client) {
    let asked = |name| params.get(name).map(str::to_owned);
    assert!(client.disabled_at.is_none());
    params.check_unique().expect("a repeated parameter is never understood");
    assert!(redirect_uri::is_registered(client, &request.redirect_uri));
    assert_eq!(Some(&request.redirect_uri), asked("redirect_uri").as_ref());
    assert_eq!(asked("response_type").as_deref(), Some("code"));
    assert!(client.may_use(GrantType::AuthorizationCode));
    for unsupported in ["request", "request_uri", "registration"] {
        assert_eq!(params.get(unsupported), None);
    }
    assert_eq!(request.state, asked("state"));
    assert_eq!(request.nonce, asked("nonce"));
    assert_eq!(request.login_hint, asked("login_hint"));
    assert_eq!(request.max_age.is_some(), asked("max_age").is_some());
    assert!(request.expected_subject.is_some() || asked("id_token_hint").is_none());
    let form_post = asked("response_mode").as_deref() == Some("form_post");
    assert_eq!(request.response_mode == ResponseMode::FormPost, form_post);

    assert_eq!(request.code_challenge, asked("code_challenge"));
    match &request.code_challenge {
        Some(challenge) => {
            assert!((43..=128).contains(&challenge.len()));
            assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"));
        }
        None => assert_eq!(client.pkce, Pkce::Excused),
    }

    let prompt = request.prompt;
    assert!(!prompt.none || !(prompt.login || prompt.consent || prompt.select_account));
    let given = &request.scope;
    let wanted = Scope::parse(params.get("scope").expect("it was given")).expect("it was read");
    assert!(!given.is_empty() && wanted.covers(given) && client.scope.covers(given));
    if given.contains(OFFLINE_ACCESS) {
        assert!(client.may_use(GrantType::RefreshToken));
        assert!(client.offline_access != OfflineAccess::Prompted || prompt.consent);
    }
    only_what_was_asked_is_told(request, params, client);

    // The store keeps it as JSON.
    let kept = serde_json::to_string(request).expect("it is plain text");
    assert_eq!(&serde_json::from_str::<Request>(&kept).expect("it was written here"), request);
}

fn only_what_was_asked_is_told(request: &Request, params: &Params, client: &Client) {
    let resources: HashSet<_> = request.resources.iter().map(String::as_str).collect();
    assert_eq!(resources, params.get_all("resource").collect());
    assert_eq!(resources.len(), request.resources.len());
    assert!(
        resources.iter().all(|&each| {
            each == ISSUER || client.resources.iter().any(|allowed| allowed == each)
        })
    );

    let Some(text) = params.get("claims") else {
        assert_eq!(request.claims, AskedClaims::default());
        return assert!(request.essential_acr.is_empty());
    };
    let document: Value = serde_json::from_str(text).expect("it was read");
    for (section, names) in
        [("userinfo", &request.claims.userinfo), ("id_token", &request.claims.id_token)]
    {
        for name in names {
            assert!(document[section].get(name).is_some(), "{name}");
            assert!(client.scope.contains(claims::scope_of(name).expect("it is known")));
        }
    }
}

fn return_is_safe(returned: &Returned, params: &Params, client: &Client) {
    assert!(redirect_uri::is_registered(client, &returned.redirect_uri));
    assert_eq!(Some(returned.redirect_uri.as_str()), params.get("redirect_uri"));
    let state = params.get("state").filter(|_| !params.is_repeated("state"));
    assert_eq!(returned.state.as_deref(), state);
}

fn shown_for_a_reason(notice: Notice, params: &Params, client: &Client) {
    assert_eq!(notice == Notice::UnknownClient, client.disabled_at.is_some());
    match (notice, params.get("redirect_uri")) {
        (Notice::UnknownClient, _) => {}
        (Notice::MissingRedirectUri, None) => {}
        (Notice::ForeignRedirectUri, Some(uri)) => {
            assert!(!redirect_uri::is_registered(client, uri));
        }
        other => panic!("{other:?}"),
    }
}

fn logout_ends_at_the_clients(params: &Params, client: &Client) {
    let Ok(asked) = logout::read(params, hint) else { return };
    let Ok(destination) = logout::destination(&asked, Some(client)) else { return };
    assert_eq!(destination.is_some(), params.get("post_logout_redirect_uri").is_some());
    let Some(destination) = destination else { return };

    let registered = asked.redirect_uri.as_deref().expect("it leads somewhere");
    assert!(client.post_logout_redirect_uris.iter().any(|uri| uri == registered));
    assert!(asked.client_id.is_some());
    assert!(destination.bytes().all(|byte| byte.is_ascii_graphic()));
    let added = destination.strip_prefix(registered).expect("it begins as it is registered");
    let Some(state) = &asked.state else { return assert!(added.is_empty()) };
    let separator = if registered.contains('?') { '&' } else { '?' };
    let added = added.strip_prefix(separator).expect("the state is a parameter of its own");
    assert_eq!(read_otherwise(added.as_bytes()), [("state".to_owned(), state.clone())]);
}
