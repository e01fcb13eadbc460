use super::*;
use crate::model::client::Pkce;
use crate::model::grant::RevocationReason;
use crate::model::incident::{AskedParams, Assertion, Facts, Place};
use crate::model::{AuthMethod, GrantType, IncidentCode, Scope, Timestamp};
use crate::rules::authorize::tests::client;

const AT: Timestamp = Timestamp::from_seconds(1_000);

fn incident(error: &str, description: &str, asked: AskedParams) -> Incident {
    Incident {
        code: IncidentCode::new([0; 5]),
        at: AT,
        expires_at: Timestamp::from_seconds(2_000),
        facts: Facts {
            place: Place::Token,
            error: error.to_owned(),
            description: description.to_owned(),
            request_id: "r1".to_owned(),
            asked,
            credential: None,
            assertion: None,
        },
    }
}

fn asked() -> AskedParams {
    AskedParams { client_id: Some("shop".to_owned()), ..AskedParams::default() }
}

fn credential() -> Credential {
    Credential {
        client_id: "shop".to_owned(),
        grant_id: "g".to_owned(),
        issued_at: "then".to_owned(),
        expires_at: "later".to_owned(),
        used_at: None,
        redirect_uri: Some("https://shop.example/cb".into()),
        scope: "openid email".to_owned(),
        resources: Vec::new(),
        revoked_at: None,
        revocation_reason: None,
        user_is_disabled: false,
    }
}

/// A client that was there before anything went wrong.
fn shop() -> Client {
    Client { created_at: Timestamp(0), updated_at: Timestamp(0), ..client() }
}

#[test]
fn every_cause_has_its_own_word_a_sentence_and_a_change() {
    let mut words: Vec<_> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Cause::ALL.len());
    let incident = incident("invalid_request", "of no known kind", asked());
    for &cause in Cause::ALL {
        let matter = Case { cause, incident: &incident, client: None, others: &[] };
        assert!(matter.what().ends_with('.'), "{cause:?}");
        let change = matter.change(None);
        let is_general = change.contains("of no known kind");
        assert_eq!(is_general, cause == Cause::Other, "{cause:?}: {change}");
    }
    let mut told: Vec<_> = Cause::ALL.iter().flat_map(|cause| cause.descriptions()).collect();
    let count = told.len();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), count, "a description stands for two causes");
}

#[test]
fn each_description_leads_to_its_cause() {
    for &cause in Cause::ALL {
        for description in cause.descriptions() {
            let asked = AskedParams {
                code_verifier_length: Some(43),
                auth_methods: vec!["client_secret_post".to_owned()],
                ..asked()
            };
            let incident = incident("invalid_request", description, asked);
            assert_eq!(Cause::of(&incident, None), cause, "{description}");
        }
    }
    for (error, cause) in [
        ("request_not_supported", Cause::RequestObject),
        ("request_uri_not_supported", Cause::RequestUri),
        ("registration_not_supported", Cause::RegistrationParameter),
        ("invalid_request", Cause::Other),
    ] {
        let incident = incident(error, "this parameter is not supported here", asked());
        assert_eq!(Cause::of(&incident, None), cause);
    }
}

#[test]
fn a_redirect_uri_is_held_against_the_nearest_registered_one() {
    let shop = Client {
        redirect_uris: vec!["https://other.example/".into(), "https://shop.example/cb".into()],
        ..shop()
    };
    let sent = AskedParams { redirect_uri: Some("https://shop.example/cb/".into()), ..asked() };
    let description = "redirect_uri is not registered for this client";
    let mut incident = incident("invalid_request", description, sent);
    let explained = explain(&incident, Some(&shop), &[]);
    assert_eq!(explained.cause, Cause::RedirectUriForeign);
    assert_eq!(explained.parameter.as_deref(), Some("redirect_uri"));
    assert_eq!(explained.nearest.as_deref(), Some("https://shop.example/cb"));
    let compared = explained.compared.unwrap();
    assert_eq!((compared.position, compared.difference.as_str()), (23, "a trailing slash"));
    assert!(explained.change.contains("redirect_uri=https://shop.example/cb,"));
    assert_eq!(explained.since, None);

    // It is another client's.
    let wiki = Client {
        id: "wiki".into(),
        redirect_uris: vec!["https://shop.example/cb/".into()],
        ..shop.clone()
    };
    let explained = explain(&incident, Some(&shop), &[wiki]);
    assert!(explained.change.contains("client_id=wiki"), "{}", explained.change);

    // It was registered a moment later.
    let later = Client {
        redirect_uris: vec!["https://shop.example/cb/".into()],
        updated_at: Timestamp::from_seconds(1_001),
        ..shop.clone()
    };
    assert!(explain(&incident, Some(&later), &[]).since.unwrap().contains("would pass now"));

    incident.facts.asked.redirect_uri = Some("com.example.elsewhere:/x".into());
    let explained = explain(&incident, Some(&shop), &[]);
    assert!(explained.change.contains("com.example.elsewhere:/x'"), "{}", explained.change);
}

#[test]
fn a_client_that_is_not_known_was_mistyped_disabled_or_added_since() {
    let description = "client_id is not known here";
    let incident = incident(
        "invalid_client",
        description,
        AskedParams { client_id: Some("shp".into()), ..asked() },
    );
    let explained = explain(&incident, None, &[shop()]);
    assert_eq!(explained.cause, Cause::ClientUnknown);
    assert_eq!(explained.nearest.as_deref(), Some("shop"));
    assert!(explained.change.contains("client_id=shop"));

    let far = explain(&incident, None, &[Client { id: "warehouse".into(), ..shop() }]);
    assert_eq!(far.nearest, None);
    assert!(far.change.contains("signet client add --id shp"));

    let disabled = Client { disabled_at: Some(AT), ..shop() };
    let explained = explain(&incident, Some(&disabled), &[]);
    assert_eq!((explained.cause, explained.since), (Cause::ClientDisabled, None));
    let enabled = explain(&incident, Some(&shop()), &[]);
    assert_eq!(enabled.cause, Cause::ClientDisabled);
    assert!(enabled.since.is_some());

    let late = Timestamp::from_seconds(1_001);
    let added = Client { created_at: late, updated_at: late, ..shop() };
    let explained = explain(&incident, Some(&added), &[]);
    assert_eq!(explained.cause, Cause::ClientUnknown);
    assert!(explained.since.unwrap().contains("was added"));
}

#[test]
fn how_a_client_failed_to_prove_itself_is_told_apart() {
    let description = "the client is registered with another authentication method";
    let basic = Client { auth_method: AuthMethod::ClientSecretBasic, ..shop() };
    let public = Client { auth_method: AuthMethod::None, ..shop() };
    for (sent, client, cause, nearest) in [
        ("none", &basic, Cause::AuthMissing, "client_secret_basic"),
        ("client_secret_post", &basic, Cause::AuthMethodOther, "client_secret_basic"),
        ("client_secret_post", &public, Cause::SecretUnexpected, "none"),
    ] {
        let asked = AskedParams { auth_methods: vec![sent.to_owned()], ..asked() };
        let explained = explain(&incident("invalid_client", description, asked), Some(client), &[]);
        assert_eq!(explained.cause, cause);
        assert_eq!(explained.nearest.as_deref(), Some(nearest));
    }
    let wrong = incident("invalid_client", "the client secret is wrong", asked());
    assert!(explain(&wrong, Some(&basic), &[]).change.contains("rotate-secret shop"));
    let rotated = Client { updated_at: Timestamp::from_seconds(1_001), ..basic };
    assert!(explain(&wrong, Some(&rotated), &[]).since.unwrap().contains("secret"));
}

#[test]
fn codes_and_refresh_tokens_tell_the_operator_what_became_of_them() {
    let with = |description, credential| {
        let mut incident = incident("invalid_grant", description, asked());
        incident.facts.credential = Some(credential);
        incident
    };
    let wikis = Credential { client_id: "wiki".to_owned(), ..credential() };
    for (description, cause) in [
        ("the code is not known here", Cause::CodeOfOtherClient),
        ("the refresh token is not known here", Cause::RefreshTokenOfOtherClient),
    ] {
        let explained = explain(&with(description, wikis.clone()), Some(&shop()), &[]);
        assert_eq!(explained.cause, cause);
        assert!(explained.what.contains("given to client wiki at then"), "{}", explained.what);
    }
    let used = Credential { used_at: Some("noon".into()), ..credential() };
    let explained = explain(&with("the code was used before", used), Some(&shop()), &[]);
    assert!(explained.what.contains("used at noon"));

    for &reason in RevocationReason::ALL {
        let revoked = Credential {
            revoked_at: Some("noon".into()),
            revocation_reason: Some(reason.as_str().into()),
            ..credential()
        };
        let explained = explain(&with("what was granted has been withdrawn", revoked), None, &[]);
        assert_ne!(explained.cause, Cause::GrantOver, "{reason}");
        assert_ne!(explained.cause, Cause::GrantExpired, "{reason}");
    }
    let disabled = Credential { user_is_disabled: true, ..credential() };
    for (credential, cause) in [
        (disabled, Cause::UserDisabled),
        (credential(), Cause::GrantExpired),
        (Credential { revoked_at: Some("noon".into()), ..credential() }, Cause::GrantOver),
    ] {
        let incident = with("what was granted has been withdrawn", credential);
        assert_eq!(Cause::of(&incident, None), cause);
    }

    let mut other = with("redirect_uri is not the request's", credential());
    other.facts.asked.redirect_uri = Some("https://shop.example/CB".into());
    let compared = explain(&other, Some(&shop()), &[]).compared.unwrap();
    assert_eq!(compared.difference, "other case");
    let missing = with("code_verifier does not fit the code_challenge", credential());
    assert_eq!(Cause::of(&missing, None), Cause::VerifierMissing);
}

#[test]
fn words_are_held_against_those_that_are_known() {
    let api = "https://api.example/v1";
    let client = Client { resources: vec![api.to_owned()], ..shop() };
    for (description, asked, sent, nearest) in [
        (
            "prompt has an unknown value",
            AskedParams { prompt: Some("login konsent".into()), ..asked() },
            "konsent",
            "consent",
        ),
        (
            "code_challenge_method is not S256",
            AskedParams { code_challenge_method: Some("s256".into()), ..asked() },
            "s256",
            "S256",
        ),
        (
            "grant_type is not offered",
            AskedParams { grant_type: Some("client_credential".into()), ..asked() },
            "client_credential",
            "client_credentials",
        ),
        (
            "response_type is not code",
            AskedParams { response_type: Some("Code".into()), ..asked() },
            "Code",
            "code",
        ),
        (
            "nothing in scope is known or allowed to this client",
            AskedParams { scope: Some("open_id".into()), ..asked() },
            "open_id",
            "openid",
        ),
        (
            "resource is not one of this client's",
            AskedParams { resources: vec!["https://api.example/v1/".into()], ..asked() },
            "https://api.example/v1/",
            api,
        ),
        (
            "the address leads nowhere",
            AskedParams { path: Some("/oauth/authorize".into()), ..asked() },
            "/oauth/authorize",
            "/authorize",
        ),
    ] {
        let explained =
            explain(&incident("invalid_request", description, asked), Some(&client), &[]);
        let compared = explained.compared.unwrap_or_else(|| panic!("{description}"));
        assert_eq!((compared.sent.as_str(), compared.registered.as_str()), (sent, nearest));
        assert_eq!(explained.nearest.as_deref(), Some(nearest));
    }
    let wider = AskedParams { scope: Some("openid phone".into()), ..asked() };
    let mut incident = incident("invalid_scope", "scope is not within what was granted", wider);
    incident.facts.credential = Some(credential());
    assert_eq!(explain(&incident, Some(&client), &[]).cause, Cause::ScopeWider);
}

#[test]
fn an_assertion_is_held_against_what_it_should_have_claimed() {
    let assertion = Assertion {
        sub: Some("shop".into()),
        iss: Some("shopp".into()),
        aud: vec!["https://id.example/".to_owned()],
        expected_aud: "https://id.example".to_owned(),
        ..Assertion::default()
    };
    let with = |description| {
        let mut incident = incident("invalid_client", description, asked());
        incident.facts.assertion = Some(assertion.clone());
        explain(&incident, Some(&shop()), &[])
    };
    let audience = with("aud of the assertion is not this server");
    assert_eq!(audience.compared.unwrap().difference, "a trailing slash");
    let claimed = with("iss and sub of the assertion are not the client").compared.unwrap();
    assert_eq!((claimed.sent.as_str(), claimed.registered.as_str()), ("shopp", "shop"));
}

#[test]
fn what_was_registered_since_is_noticed() {
    let late = Timestamp::from_seconds(1_001);
    let changed = |client: Client| Client { updated_at: late, ..client };
    let api = "https://api.example/v1";
    let wish = |grant: &str| AskedParams { grant_type: Some(grant.into()), ..asked() };
    for (description, asked, client) in [
        (
            "code_challenge is missing: PKCE is required",
            asked(),
            Client { pkce: Pkce::Excused, ..shop() },
        ),
        (
            "nothing in scope is known or allowed to this client",
            AskedParams { scope: Some("orders:read".into()), ..asked() },
            Client { scope: Scope::parse("orders:read").unwrap(), ..shop() },
        ),
        (
            "resource is not one of this client's",
            AskedParams { resources: vec![api.to_owned()], ..asked() },
            Client { resources: vec![api.to_owned()], ..shop() },
        ),
        (
            "grant_type is not this client's",
            wish("client_credentials"),
            Client { grant_types: vec![GrantType::ClientCredentials], ..shop() },
        ),
        (
            "post_logout_redirect_uri is not registered for this client",
            AskedParams {
                post_logout_redirect_uri: Some("https://shop.example/bye".into()),
                ..asked()
            },
            Client { post_logout_redirect_uris: vec!["https://shop.example/bye".into()], ..shop() },
        ),
    ] {
        let incident = incident("invalid_request", description, asked);
        assert_eq!(explain(&incident, Some(&shop()), &[]).since, None, "{description}");
        let since = explain(&incident, Some(&changed(client)), &[]).since;
        assert!(since.is_some_and(|since| since.contains("would pass now")), "{description}");
    }
}

/// Operators paste what they are told.
#[test]
fn what_a_stranger_sent_does_nothing_in_a_shell() {
    let sent = AskedParams { redirect_uri: Some("x:/$(reboot)';reboot".into()), ..asked() };
    let description = "redirect_uri is not registered for this client";
    let incident = incident("invalid_request", description, sent);
    let change = explain(&incident, Some(&shop()), &[]).change;
    assert!(change.ends_with(r"x:/$(reboot)'\'';reboot'"), "{change}");
}
