//! Answers that travel in a form (OAuth 2.0 Form Post Response Mode §2).

use crate::harness::on_every_database;

/// 42 (FP §2): the code travels in a form, whatever the state looks like, and is good.
#[test]
fn a_code_travels_in_a_form_and_is_good() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let state = "\"><script>alert('1')</script>&amp;%26";
        let request = shop.request().with("response_mode", "form_post").with("state", state);
        let login = browser.open(&request.url()).await.page();
        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        let page = browser.press(&consent, "consent-allow", &[]).await.page();

        let returned = page.form_post();
        assert_eq!(returned.url.as_str(), shop.redirect_uri);
        assert_eq!(returned.names(), ["code", "iss", "state"]);
        shop.redeem(&request, &returned).await;
    });
}

/// 43 (FP §2, MRT §5): errors travel as codes do: those of the request, of a silent one, and a no.
#[test]
fn errors_travel_in_a_form_too() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let request = shop.request().with("response_mode", "form_post").with("state", "s");

        for (name, wrong, error) in
            [("prompt", "none", "login_required"), ("scope", "unheard_of", "invalid_scope")]
        {
            let page = browser.open(&request.clone().with(name, wrong).url()).await.page();
            let returned = page.form_post();
            returned.assert_error(error, server.issuer());
            assert_eq!(returned.get("state"), Some("s"));
        }

        let login = browser.open(&request.url()).await.page();
        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        let page = browser.press(&consent, "consent-deny", &[]).await.page();
        page.form_post().assert_error("access_denied", server.issuer());
    });
}
