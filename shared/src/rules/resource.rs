//! Which APIs a token may be for (RFC 8707).

use url::Url;

use super::params::Params;
use crate::model::{ErrorCode, Refusal};

/// Whether this can name an API: an absolute URI without a fragment (RFC 8707 §2).
pub fn is_resource(text: &str) -> bool {
    text.len() <= 2000
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains('#')
        && Url::parse(text).is_ok()
}

/// The APIs that a request names; each must be among the allowed ones, or be this server
/// itself, by its issuer.
///
/// # Errors
/// `invalid_target`.
pub fn asked(params: &Params, allowed: &[String], issuer: &str) -> Result<Vec<String>, Refusal> {
    let mut resources = Vec::new();
    for resource in params.get_all("resource") {
        if resource != issuer && !allowed.iter().any(|each| each == resource) {
            return Err(ErrorCode::InvalidTarget.because("resource is not one of this client's"));
        }
        if !resources.iter().any(|each| each == resource) {
            resources.push(resource.to_owned());
        }
    }
    Ok(resources)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";

    fn asked_with(query: &str) -> Result<Vec<String>, Refusal> {
        let params = Params::parse(query.as_bytes()).unwrap();
        asked(&params, &["https://api.example/".to_owned()], ISSUER)
    }

    #[test]
    fn only_what_is_allowed_and_this_server_are_given() {
        assert_eq!(asked_with(""), Ok(vec![]));
        assert_eq!(
            asked_with("resource=https://api.example/&resource=https://id.example").unwrap(),
            ["https://api.example/", ISSUER]
        );
        for other in ["https://api.example", "https://other.example/", "x"] {
            let refusal = asked_with(&format!("resource={other}")).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::InvalidTarget, "{other}");
        }
    }

    #[test]
    fn what_can_name_an_api() {
        assert!(is_resource("https://api.example/v1?x=1") && is_resource("urn:example:api"));
        for text in ["", "api", "/v1", "https://api.example/#f", "https://api.example/ x"] {
            assert!(!is_resource(text), "{text}");
        }
    }
}
