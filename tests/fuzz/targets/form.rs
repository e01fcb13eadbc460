//! Forms with their media type, and Basic credentials.
//!
//! An input is a header's value, a line break and a body.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use shared::rules::basic;
use shared::rules::params::{Malformed, Params};
use url::form_urlencoded::byte_serialize;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |&byte| byte == b'\n');
    let (header, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // What is not text does not come out of a header.
    if let Ok(header) = std::str::from_utf8(header) {
        only_a_form_is_read_as_one(header, body);
        what_was_read_reads_back(header);
    }
    credentials_end_at_their_first_colon(body);
    if let Some((id, secret)) = std::str::from_utf8(body).ok().and_then(|b| b.split_once('\n')) {
        credentials_come_as_they_were(id, secret);
    }
});

fn only_a_form_is_read_as_one(content_type: &str, body: &[u8]) {
    let named = content_type.to_ascii_lowercase();
    let is_form = named
        .trim_start()
        .strip_prefix("application/x-www-form-urlencoded")
        .is_some_and(|rest| rest.trim_start().is_empty() || rest.trim_start().starts_with(';'));
    let (form, plain) = (Params::parse_form(Some(content_type), body), Params::parse(body));
    match form {
        Ok(form) => {
            assert!(is_form);
            assert_eq!(form.encode(), plain.expect("it was read").encode());
        }
        Err(Malformed::NotAForm) => assert!(!is_form),
        Err(malformed) => assert_eq!(Some(malformed), plain.err()),
    }
    assert_eq!(Params::parse_form(None, body).err(), Some(Malformed::NotAForm));
}

/// As RFC 6749 §2.3.1 has a client write them.
fn header_of(id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

fn credentials_come_as_they_were(id: &str, secret: &str) {
    let (read_id, read_secret) = basic::read(&header_of(id, secret)).expect("it is well formed");
    assert_eq!((read_id.as_str(), read_secret.expose().as_str()), (id, secret));
}

fn what_was_read_reads_back(header: &str) {
    let Some((id, secret)) = basic::read(header) else { return };
    assert!(header.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")));
    credentials_come_as_they_were(&id, secret.expose());
}

/// Clients that do not form-encode are read too, as far as that changes nothing.
fn credentials_end_at_their_first_colon(decoded: &[u8]) {
    let read = basic::read(&format!("basic {}", STANDARD.encode(decoded)));
    let parts = std::str::from_utf8(decoded).ok().and_then(|text| text.split_once(':'));
    assert_eq!(read.is_some(), parts.is_some());
    let (Some((id, secret)), Some((raw_id, raw_secret))) = (read, parts) else { return };
    for (read, raw) in [(&id, raw_id), (secret.expose(), raw_secret)] {
        if !raw.contains(['%', '+']) {
            assert_eq!(read, raw);
        }
    }
}
