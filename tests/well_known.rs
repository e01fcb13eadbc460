//! Documents by which browsers and phones learn who belongs to this server's address.

use serde_json::{Value, json};

use crate::harness::http::Answer;
use crate::harness::on_every_database_with;
use crate::harness::server::Server;

/// The SHA-256 of a certificate, as Android writes it.
fn fingerprint(byte: &str) -> String {
    [byte; 32].join(":")
}

async fn document(server: &Server, name: &str) -> Value {
    let answer: Answer = server.get(&format!("/.well-known/{name}")).await;
    assert_eq!(answer.status, 200, "{answer}");
    // Phones look at the type, and follow no redirect.
    assert_eq!(answer.media_type(), "application/json", "{answer}");
    answer.json()
}

/// Digital Asset Links (with both relations that Credential Manager asks for); Associated Domains; Web Authentication Level 3 §5.11.1; Passkey
/// Endpoints §2: what the settings and the applications say, and nothing else.
#[test]
fn applications_and_sites_that_may_use_passkeys_are_published() {
    let android = format!("com.example.house:{}", fingerprint("0a"));
    let settings = [
        ("SIGNET_ANDROID_APPS", android.as_str()),
        ("SIGNET_APPLE_APPS", "ABCDE12345.com.example.house"),
        ("SIGNET_PASSKEY_ORIGINS", "https://shop.example"),
    ];
    on_every_database_with(&settings, async |server| {
        let links = document(&server, "assetlinks.json").await;
        assert_eq!(links.as_array().unwrap().len(), 1, "{links}");
        let app = format!("com.example.shop:{}", fingerprint("FF"));
        let apple = "ABCDE12345.com.example.shop";
        let more = ["--android-app", &app, "--apple-app", apple];
        server.client_with("shop", "native", &more);
        // Servers notice new clients in a fraction of a second.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;

        let links = document(&server, "assetlinks.json").await;
        assert_eq!(
            links[1],
            json!({
                "relation": [
                    "delegate_permission/common.handle_all_urls",
                    "delegate_permission/common.get_login_creds",
                ],
                "target": {
                    "namespace": "android_app",
                    "package_name": "com.example.shop",
                    "sha256_cert_fingerprints": [fingerprint("FF")],
                },
            })
        );
        let apps = document(&server, "apple-app-site-association").await;
        let both = ["ABCDE12345.com.example.house", apple];
        assert_eq!(apps, json!({"webcredentials": {"apps": both}}));
        let sites = document(&server, "webauthn").await;
        assert_eq!(sites, json!({"origins": [server.issuer(), "https://shop.example"]}));
        let page = format!("{}/account/factors", server.issuer());
        let endpoints = document(&server, "passkey-endpoints").await;
        assert_eq!(endpoints, json!({"enroll": page, "manage": page}));
    });
}
