//! What the fuzz targets share. Each says, of whatever comes from outside, what must hold
//! then; that nothing panics is the least of it.

use shared::model::{Client, ClientKind, GrantType, Scope, Timestamp};

/// What this provider calls itself.
pub const ISSUER: &str = "https://id.example";

/// A client of this kind that may do whatever concerns people.
pub fn client(kind: ClientKind) -> Client {
    let redirect_uri = match kind {
        ClientKind::Native => "http://127.0.0.1/cb?x=1",
        ClientKind::Web | ClientKind::Spa | ClientKind::Service => "https://shop.example/cb?x=1",
    };
    Client {
        redirect_uris: vec![redirect_uri.into(), "https://shop.example/other".into()],
        post_logout_redirect_uris: vec![
            "https://shop.example/bye?x=1".into(),
            "https://shop.example/bye".into(),
        ],
        scope: Scope::parse("openid profile email offline_access").expect("it is a scope"),
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        resources: vec!["https://api.example/".into()],
        ..Client::new("shop".into(), "Shop", kind, Timestamp(0))
    }
}

/// The input as a letter, which chooses what is done, and the text after it.
pub fn letter_and_text(input: &[u8]) -> Option<(u8, &str)> {
    let (&letter, text) = input.split_first()?;
    Some((letter, std::str::from_utf8(text).ok()?))
}
