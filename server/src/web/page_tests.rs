use super::*;

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&";

/// Every page in its fullest form, with `text` wherever a caller's text can stand.
fn all_pages(base: &str, text: &str) -> Vec<String> {
    let layout = Layout { base, assets_version: "5eal" };
    let client = Asker {
        name: text,
        client_uri: Some("https://shop.example/about"),
        policy_uri: Some("https://shop.example/policy"),
        tos_uri: Some("https://shop.example/terms"),
    };
    let person = Person { name: Some(text), username: text };
    let (interaction, csrf) = (text, text);
    let login = |notice| LoginPage {
        layout,
        client,
        interaction: "4t6",
        csrf,
        username: text,
        has_keys: true,
        notice,
    };
    let scopes = [ScopeLine::of("openid", true), ScopeLine::of(text, false)];
    let consent = |destination| ConsentPage {
        layout,
        client,
        person,
        interaction,
        csrf,
        scopes: &scopes,
        destination,
    };
    let error = ErrorPage {
        layout,
        title: text,
        explanation: text,
        hint: Some(text),
        error: text,
        parameter: Some(text),
        description: Some(text),
        incident_code: Some(text.to_owned()),
        request_id: text,
    };
    let second_factor = |asks_recovery| SecondFactorPage {
        layout,
        client,
        person,
        interaction: "4t6",
        csrf,
        asks_recovery,
        has_totp: true,
        has_recovery: true,
        has_key: true,
        remember_days: Some(30),
        remember: true,
        notice: Some(CodeNotice::Wrong),
    };
    let totp = TotpOffer { id: text, text, uri: "otpauth://totp/a", size: 29, path: "M4 4h1" };
    let notice = Some(CodeNotice::Expired);
    let enrol = EnrolPage {
        layout,
        client,
        person,
        interaction: "4t6",
        csrf,
        has_keys: true,
        totp: Some(totp),
        notice,
    };
    let action = "https://shop.example/callback";
    let form_post = FormPostPage { layout, action, parameters: &[("state", text)] };
    vec![
        login(None).render().unwrap(),
        login(Some(LoginNotice::WrongCredentials)).render().unwrap(),
        second_factor(false).render().unwrap(),
        second_factor(true).render().unwrap(),
        enrol.render().unwrap(),
        RecoveryCodesPage { layout, codes: &[text], next: &format!("{base}/continue") }
            .render()
            .unwrap(),
        consent(Destination::Website(text.to_owned())).render().unwrap(),
        consent(Destination::Device(text.to_owned())).render().unwrap(),
        error.render().unwrap(),
        LogoutPage { layout, person, csrf, carried: &[("state", text)] }.render().unwrap(),
        SignedOutPage { layout }.render().unwrap(),
        HomePage { layout, issuer: text, person: Some(person) }.render().unwrap(),
        HomePage { layout, issuer: text, person: None }.render().unwrap(),
        form_post.render().unwrap(),
    ]
}

fn login(username: &str, notice: Option<LoginNotice>) -> String {
    let layout = Layout { base: "", assets_version: "5eal" };
    let client = Asker {
        name: "shop",
        client_uri: None,
        policy_uri: Some("javascript:alert(1)"),
        tos_uri: Some("data:text/html,<script>alert(1)</script>"),
    };
    LoginPage { layout, client, interaction: "i", csrf: "c", username, has_keys: false, notice }
        .render()
        .unwrap()
}

/// The values of an attribute, in the order of the page.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let opening = format!(" {attribute}=\"");
    page.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn ids_are_stable_and_unique() {
    let expected: [&[&str]; 14] = [
        &["username", "password", "login-submit"],
        &["login-notice", "username", "password", "login-submit"],
        &["code", "remember", "code-submit", "use-recovery", "switch"],
        &["code", "remember", "code-submit", "use-totp", "switch"],
        &["code", "totp-seed", "totp-uri", "enrol-submit", "switch"],
        &["recovery-codes", "continue"],
        &["consent-switch", "consent-deny", "consent-allow"],
        &["consent-switch", "consent-deny", "consent-allow"],
        &["error-code", "error-parameter", "error-description", "incident-code", "request-id"],
        &["logout-confirm"],
        &[],
        &["sign-out"],
        &[],
        &["form-post-submit"],
    ];
    for (page, expected) in all_pages("", "shop").iter().zip(expected) {
        let mut ids = values(page, "id");
        assert!(expected.iter().all(|id| ids.contains(id)), "{expected:?} in {page}");
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id stands twice in {page}");
    }
}

#[test]
fn a_callers_text_never_becomes_markup() {
    for page in all_pages("", HOSTILE) {
        let more = page.contains("form-post-submit") || page.contains("data-keys-at");
        let scripts = if more { 2 } else { 1 };
        assert_eq!(page.matches("<script").count(), scripts, "{page}");
        assert!(!page.contains("<img") && !page.contains(HOSTILE), "{page}");
    }
}

#[test]
fn pages_hold_nothing_the_content_security_policy_forbids() {
    for page in all_pages("", "shop") {
        for forbidden in ["style=", "<style", " on", "javascript:", "<iframe", "<base"] {
            let found = page.split('<').skip(1).any(|tag| {
                let tag = format!("<{}", tag.split('>').next().unwrap_or_default());
                tag.contains(forbidden)
            });
            assert!(!found, "{forbidden} in {page}");
        }
        assert!(page.contains("></script>"), "a script has a body in {page}");
    }
}

#[test]
fn files_and_forms_are_below_the_issuers_path() {
    for page in all_pages("/tenant1", "shop") {
        for address in [values(&page, "src"), values(&page, "action")].concat() {
            let is_clients = address.starts_with("https://shop.example/");
            assert!(is_clients || address.starts_with("/tenant1/"), "{address}");
        }
        for address in values(&page, "href") {
            let is_clients =
                address.starts_with("https://shop.example/") || address.starts_with("otpauth:");
            assert!(is_clients || address.starts_with("/tenant1/"), "{address}");
        }
        assert!(page.contains("/tenant1/assets/signet.css?v=5eal"));
    }
}

#[test]
fn only_an_address_on_the_web_becomes_a_link() {
    let page = login("", None);
    assert!(!page.contains("Privacy policy") && !page.contains("Terms of service"));
}

#[test]
fn a_notice_is_tied_to_the_inputs_it_blames() {
    let wrong = login("ada", Some(LoginNotice::WrongCredentials));
    assert_eq!(wrong.matches("aria-describedby=\"login-notice\"").count(), 2);
    assert_eq!(wrong.matches("aria-invalid").count(), 2);

    let busy = login("ada", Some(LoginNotice::TooBusy));
    assert!(busy.contains("role=\"alert\"") && !busy.contains("aria-invalid"));
    assert!(!login("ada", None).contains("login-notice"));
}

#[test]
fn the_cursor_waits_where_something_is_missing() {
    let focused = |page: String| {
        let before = page.split(" autofocus").next().unwrap().to_owned();
        values(&before, "id").last().map(|&id| id.to_owned())
    };
    assert_eq!(focused(login("", None)).as_deref(), Some("username"));
    assert_eq!(focused(login("ada", None)).as_deref(), Some("password"));
}
