use super::*;
use crate::model::{ClientKind, Timestamp};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A web client that may do everything that concerns people.
pub(crate) fn client() -> Client {
    Client {
        redirect_uris: vec!["https://shop.example/cb".into()],
        post_logout_redirect_uris: vec!["https://shop.example/bye?x=1".into()],
        scope: Scope::parse("openid profile email offline_access").unwrap(),
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        resources: vec!["https://api.example/".into()],
        ..Client::new("shop".into(), "Shop", ClientKind::Web, Timestamp(0))
    }
}

/// A good request with some parameters set otherwise; an empty value leaves one out.
fn ask(client: &Client, changes: &[(&str, &str)]) -> Result<Request, Rejection> {
    let mut pairs = vec![
        ("client_id", "shop"),
        ("redirect_uri", "https://shop.example/cb"),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "s"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    pairs.retain(|(name, _)| !changes.iter().any(|(other, _)| other == name));
    pairs.extend(changes);
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let params = Params::parse(text.as_bytes()).unwrap();
    client_id(&params).and_then(|_| check(&params, client, &PROVIDER))
}

/// No API.
const NOTHING: Catalogue =
    Catalogue { apis: Vec::new(), permissions: Vec::new(), scopes: Vec::new() };

/// Knows one token, Ada's.
const PROVIDER: Provider<'_> = Provider {
    issuer: "https://id.example",
    catalogue: &NOTHING,
    whose_token: &|token| (token == "adas").then(|| "ada".to_owned()),
};

fn returned(changes: &[(&str, &str)]) -> ErrorCode {
    returned_by(&client(), changes)
}

fn returned_by(client: &Client, changes: &[(&str, &str)]) -> ErrorCode {
    match ask(client, changes) {
        Err(Rejection::Returned(returned)) => returned.refusal.code,
        other => panic!("{changes:?} gave {other:?}"),
    }
}

fn shown(changes: &[(&str, &str)]) -> Notice {
    match ask(&client(), changes) {
        Err(Rejection::Shown(notice)) => notice,
        other => panic!("{changes:?} gave {other:?}"),
    }
}

#[test]
fn a_good_request_keeps_what_was_asked() {
    let request = ask(&client(), &[("nonce", "n"), ("max_age", "60")]).unwrap();
    assert_eq!(request.scope.to_string(), "openid email");
    assert_eq!(request.state.as_deref(), Some("s"));
    assert_eq!(request.nonce.as_deref(), Some("n"));
    assert_eq!(request.code_challenge.as_deref(), Some(CHALLENGE));
    assert_eq!(request.max_age, Some(60));
}

#[test]
fn nothing_is_returned_before_the_redirect_uri_is_proven() {
    assert_eq!(shown(&[("client_id", "")]), Notice::MissingClientId);
    assert_eq!(shown(&[("redirect_uri", "")]), Notice::MissingRedirectUri);
    let foreign = [("redirect_uri", "https://evil.example/"), ("response_type", "x")];
    assert_eq!(shown(&foreign), Notice::ForeignRedirectUri);
}

#[test]
fn a_client_or_a_redirect_uri_sent_twice_is_shown() {
    for name in ["client_id", "redirect_uri"] {
        let params = Params::parse(format!("{name}=a&{name}=a").as_bytes()).unwrap();
        assert_eq!(client_id(&params), Err(Rejection::Shown(Notice::Repeated(name))));
    }
}

#[test]
fn a_disabled_client_is_an_unknown_one() {
    let disabled = Client { disabled_at: Some(Timestamp(1)), ..client() };
    assert_eq!(ask(&disabled, &[]), Err(Rejection::Shown(Notice::UnknownClient)));
}

#[test]
fn each_refusal_has_its_own_code() {
    for (changes, code) in [
        (("response_type", ""), ErrorCode::InvalidRequest),
        (("response_type", "token"), ErrorCode::UnsupportedResponseType),
        (("response_type", "code id_token"), ErrorCode::UnsupportedResponseType),
        (("response_mode", "fragment"), ErrorCode::InvalidRequest),
        (("scope", ""), ErrorCode::InvalidScope),
        (("scope", "a\"b"), ErrorCode::InvalidScope),
        (("scope", "unknown"), ErrorCode::InvalidScope),
        (("code_challenge", "short"), ErrorCode::InvalidRequest),
        (("code_challenge_method", "plain"), ErrorCode::InvalidRequest),
        (("code_challenge_method", ""), ErrorCode::InvalidRequest),
        (("code_challenge", ""), ErrorCode::InvalidRequest),
        (("prompt", "none login"), ErrorCode::InvalidRequest),
        (("prompt", "create"), ErrorCode::InvalidRequest),
        (("max_age", "-1"), ErrorCode::InvalidRequest),
        (("max_age", "+1"), ErrorCode::InvalidRequest),
        (("max_age", "abc"), ErrorCode::InvalidRequest),
        (("request", "x"), ErrorCode::RequestNotSupported),
        (("request_uri", "https://x.example"), ErrorCode::RequestUriNotSupported),
        (("registration", "{}"), ErrorCode::RegistrationNotSupported),
        (("claims", "{"), ErrorCode::InvalidRequest),
        (("resource", "https://other.example/"), ErrorCode::InvalidTarget),
        (("login_hint", &"x".repeat(321)), ErrorCode::InvalidRequest),
        (("acr_values", &"x ".repeat(513)), ErrorCode::InvalidRequest),
        (("claims", &format!("{}{{}}", " ".repeat(8191))), ErrorCode::InvalidRequest),
    ] {
        assert_eq!(returned(&[changes]), code, "{changes:?}");
    }
}

#[test]
fn a_parameter_sent_twice_is_refused_and_a_double_state_is_not_returned() {
    let text = format!(
        "client_id=shop&redirect_uri=https://shop.example/cb&response_type=code&scope=openid\
         &state=a&state=b&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let Err(Rejection::Returned(returned)) =
        check(&Params::parse(text.as_bytes()).unwrap(), &client(), &PROVIDER)
    else {
        panic!("it was accepted");
    };
    assert_eq!((returned.refusal.code, returned.state), (ErrorCode::InvalidRequest, None));
}

#[test]
fn errors_travel_as_the_client_asked() {
    let form_post = ("response_mode", "form_post");
    assert_eq!(ask(&client(), &[form_post]).unwrap().response_mode, ResponseMode::FormPost);
    let Err(Rejection::Returned(returned)) = ask(&client(), &[form_post, ("scope", "")]) else {
        panic!("it was accepted");
    };
    assert_eq!(returned.response_mode, ResponseMode::FormPost);
}

#[test]
fn a_hint_names_whom_the_client_expects() {
    let request = ask(&client(), &[("id_token_hint", "adas")]).unwrap();
    assert_eq!(request.expected_subject.as_deref(), Some("ada"));
    assert_eq!(returned(&[("id_token_hint", "garbage")]), ErrorCode::InvalidRequest);
}

#[test]
fn a_hint_and_a_claim_must_agree_on_whom_they_expect() {
    let claims = ("claims", r#"{"id_token":{"sub":{"value":"eve"}}}"#);
    assert_eq!(ask(&client(), &[claims]).unwrap().expected_subject.as_deref(), Some("eve"));
    assert_eq!(returned(&[claims, ("id_token_hint", "adas")]), ErrorCode::LoginRequired);
}

#[test]
fn a_request_may_name_the_apis_it_is_for() {
    let resource = ("resource", "https://api.example/");
    assert_eq!(ask(&client(), &[resource]).unwrap().resources, ["https://api.example/"]);
}

#[test]
fn unknown_scopes_are_left_out() {
    assert_eq!(
        ask(&client(), &[("scope", "foo email openid")]).unwrap().scope.to_string(),
        "openid email"
    );
}

#[test]
fn a_web_client_gets_offline_access_only_with_prompt_consent() {
    let scope = ("scope", "openid offline_access");
    assert_eq!(ask(&client(), &[scope]).unwrap().scope.to_string(), "openid");
    let asked = ask(&client(), &[scope, ("prompt", "consent")]).unwrap();
    assert_eq!(asked.scope.to_string(), "openid offline_access");

    let trusted = Client { offline_access: OfflineAccess::Remembered, ..client() };
    assert_eq!(ask(&trusted, &[scope]).unwrap().scope.to_string(), "openid offline_access");

    let codes_only = Client { grant_types: vec![GrantType::AuthorizationCode], ..trusted };
    assert_eq!(ask(&codes_only, &[scope]).unwrap().scope.to_string(), "openid");
}

#[test]
fn only_an_excused_client_goes_without_pkce() {
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    assert_eq!(returned(&without), ErrorCode::InvalidRequest);

    let excused = Client { pkce: Pkce::Excused, ..client() };
    assert_eq!(ask(&excused, &without).unwrap().code_challenge, None);
    assert_eq!(ask(&excused, &[]).unwrap().code_challenge.as_deref(), Some(CHALLENGE));
    let plain = [("code_challenge_method", "plain")];
    assert_eq!(returned_by(&excused, &plain), ErrorCode::InvalidRequest);
}

#[test]
fn a_client_without_the_grant_type_is_unauthorized() {
    let client = Client { grant_types: vec![GrantType::RefreshToken], ..client() };
    assert_eq!(returned_by(&client, &[]), ErrorCode::UnauthorizedClient);
}
