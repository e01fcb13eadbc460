//! Wherever the issuer is: below a path, with a slash at its end, behind a proxy.

use jsonwebtoken::Algorithm;

use crate::harness::assertion::{Key, claims, jwks, proven};
use crate::harness::cli::Person;
use crate::harness::client::Params;
use crate::harness::database::Durability;
use crate::harness::on_every_site;
use crate::harness::server::Server;

/// 3, 4 (Disc §3, RFC 8414 §2), 171 (Disc §4.1): the issuer may have a path, end with a slash, or be https with a
/// proxy in between.
#[test]
fn a_sign_in_works_whatever_the_issuer() {
    on_every_site(Durability::Relaxed, async |site| {
        for path in ["/tenant1", "/a/b.c", "/", "/tenant1/"] {
            let mut other = site.twin();
            other.set_issuer_path(path);
            assert_whole_sign_in(other.start().await, path.trim_end_matches('/')).await;
        }
        let mut behind_proxy = site.twin();
        behind_proxy.set("SIGNET_ISSUER", "https://id.example/sso");
        assert_whole_sign_in(behind_proxy.start().await, "/sso").await;
    });
}

async fn assert_whole_sign_in(server: Server, path: &str) {
    let name = format!("user{}", server.address().port());
    let (ada, browser) = (server.add_user(&name), server.browser());
    let app = server.app(&format!("app{}", server.address().port()));
    let issuer = server.issuer();

    let found = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(found["issuer"], *issuer);
    for (name, value) in found.as_object().expect("the metadata is an object") {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let below = value.as_str().and_then(|url| url.strip_prefix(issuer));
            // An issuer has a scheme, so that every endpoint is absolute, and https if it is.
            assert!(below.is_some_and(|path| path.len() > 1), "{name}: {value}");
        }
    }
    let inserted = format!("/.well-known/oauth-authorization-server{path}");
    assert_eq!(server.http().get(&inserted).await.json()["issuer"], *issuer);
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(server.http().get(probe).await.status, 200, "{probe}");
    }

    let request = app.offline_request();
    let login = browser.open(&request.url()).await.page();
    assert!(login.url.as_str().starts_with(issuer.trim_end_matches('/')), "{login}");
    let styles = login.select("link[rel='stylesheet']", |link| {
        link.value().attr("href").unwrap_or_default().to_owned()
    });
    let style = login.url.join(&styles[0]).expect("a stylesheet has an address");
    assert_eq!(server.http().get(style.as_str()).await.status, 200, "{style}");

    let returned = browser.sign_in(&request.url(), &ada).await;
    assert_eq!(returned.get("iss"), Some(issuer));
    let tokens = app.redeem(&request, &returned).await;
    assert_eq!(tokens.claims["iss"], *issuer);
    let tokens = app.refreshed(tokens.refresh()).await;
    assert_eq!(app.userinfo(&tokens.access_token).await.json()["sub"], *ada.id);
    assert_machines(&server).await;
    assert_form_post_and_logout(&server, &ada).await;
    let logout = browser.open(&app.at("/logout")).await.page();
    browser.press(&logout, "logout-confirm", &[]).await.page();
    let silent = app.request().with("prompt", "none");
    browser.open(&silent.url()).await.returned().assert_error("login_required", issuer);

    let https = issuer.starts_with("https");
    let cookies = browser.set_cookies();
    for cookie in &cookies {
        assert_eq!(cookie.starts_with("__Host-"), https, "{cookie}");
        assert_eq!(cookie.contains("Secure"), https, "{cookie}");
    }
    let page = server.get("/").await;
    assert_eq!(!page.header("strict-transport-security").is_empty(), https, "{page}");
}

/// A machine that proves itself with a key for the very endpoint that it calls (Core §9) asks
/// about its token and gives it back.
async fn assert_machines(server: &Server) {
    let key = Key::new(Algorithm::ES256, "k");
    let name = format!("batch{}", server.address().port());
    let path = server.path(&name).display().to_string();
    std::fs::write(&path, jwks(&[&key])).expect("the file can be written");
    let batch = server.client_with(&name, "service", &["--jwks", &path]);
    let call = async |path: &str, form: &[(&str, &str)]| {
        let assertion = key.sign(&claims(&batch.id, &batch.at(path)));
        let form = proven(Params::new(form), &assertion);
        batch.http.post(&batch.at(path), &form.borrowed()).await
    };
    let answer = call("/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, 200, "{answer}");
    let body = answer.json();
    let token = [("token", body["access_token"].as_str().expect("there is a token"))];
    let told = call("/introspect", &token).await.json();
    assert_eq!((&told["active"], &told["iss"]), (&true.into(), &server.issuer().into()));
    assert_eq!(call("/revoke", &token).await.status, 200);
    assert_eq!(call("/introspect", &token).await.json()["active"], false);
}

/// A code that travels in a form, which sends itself, and a sign-out that leads back.
async fn assert_form_post_and_logout(server: &Server, ada: &Person) {
    let name = format!("shop{}", server.address().port());
    let bye = "https://shop.example/bye";
    let more = ["--first-party", "--post-logout-redirect-uri", bye];
    let (shop, browser) = (server.client_with(&name, "web", &more), server.browser());
    let request = shop.request().with("response_mode", "form_post");
    let page = browser.log_in(&request.url(), ada).await.page();
    for script in page.select("script", |script| script.value().attr("src").map(str::to_owned)) {
        let script = page.url.join(&script.expect("no script stands in the page")).unwrap();
        assert_eq!(server.http().get(script.as_str()).await.media_type(), "text/javascript");
    }
    let tokens = shop.redeem(&request, &page.form_post()).await;
    let hint = tokens.id_token.expect("there is an ID token");
    let form = [("id_token_hint", &*hint), ("post_logout_redirect_uri", bye)];
    let url = format!("{}?{}", shop.at("/logout"), Params::new(&form).encoded());
    assert_eq!(browser.open(&url).await.returned().url.as_str(), bye);
    let silent = browser.open(&shop.request().with("prompt", "none").url()).await.returned();
    silent.assert_error("login_required", server.issuer());
}
