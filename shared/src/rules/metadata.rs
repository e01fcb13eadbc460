//! What the provider says about itself (OpenID Connect Discovery §3, RFC 8414 §2).

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthUrl, AuthenticationContextClass, IssuerUrl, JsonWebKeySetUrl,
    LanguageTag, ProviderMetadata, ResponseTypes, TokenUrl, UserInfoUrl,
};
use serde::{Deserialize, Serialize};

use super::acr::AcrNames;
use super::claims;
use crate::model::{AuthMethod, SigningAlg, scope};

/// Members that the `openidconnect` crate does not know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Additions {
    /// RFC 8414 §2; `plain` is not offered.
    code_challenge_methods_supported: Vec<String>,
    /// RP-Initiated Logout §2.1
    end_session_endpoint: String,
    /// RFC 8414 §2
    introspection_endpoint: String,
    /// RFC 8414 §2
    introspection_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 8414 §2
    introspection_endpoint_auth_signing_alg_values_supported: Vec<CoreJwsSigningAlgorithm>,
    /// RFC 8414 §2
    revocation_endpoint: String,
    /// RFC 8414 §2
    revocation_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 8414 §2
    revocation_endpoint_auth_signing_alg_values_supported: Vec<CoreJwsSigningAlgorithm>,
    /// RFC 9207 §3
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Additions {}

/// The metadata document.
pub type Metadata = ProviderMetadata<
    Additions,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What is served, said once; a test holds it against what the server really does.
///
/// # Errors
/// If the issuer is no URL, which the settings' check has ruled out.
pub fn metadata(issuer: &str, acr: &AcrNames) -> Result<Metadata, url::ParseError> {
    let at = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
    let methods = |all: &[AuthMethod]| all.iter().map(ToString::to_string).collect();
    let assertions = assertion_algorithms();
    let additions = Additions {
        end_session_endpoint: at("/logout"),
        introspection_endpoint: at("/introspect"),
        introspection_endpoint_auth_methods_supported: methods(&[
            AuthMethod::ClientSecretBasic,
            AuthMethod::ClientSecretPost,
            AuthMethod::PrivateKeyJwt,
        ]),
        introspection_endpoint_auth_signing_alg_values_supported: assertions.clone(),
        revocation_endpoint: at("/revoke"),
        revocation_endpoint_auth_methods_supported: methods(AuthMethod::ALL),
        revocation_endpoint_auth_signing_alg_values_supported: assertions,
        code_challenge_methods_supported: vec!["S256".to_owned()],
        authorization_response_iss_parameter_supported: true,
    };
    let levels = acr.all().iter().cloned().map(AuthenticationContextClass::new).collect();
    let scopes = scope::KNOWN.map(|name| openidconnect::Scope::new(name.to_owned())).to_vec();
    let claims = claims::SUPPORTED
        .into_iter()
        .chain(["iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"])
        .map(|name| CoreClaimName::new(name.to_owned()))
        .collect();
    Ok(ProviderMetadata::new(
        IssuerUrl::new(issuer.to_owned())?,
        AuthUrl::new(at("/authorize"))?,
        JsonWebKeySetUrl::new(at("/jwks"))?,
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public, CoreSubjectIdentifierType::Pairwise],
        signing_algorithms(),
        additions,
    )
    .set_token_endpoint(Some(TokenUrl::new(at("/token"))?))
    .set_userinfo_endpoint(Some(UserInfoUrl::new(at("/userinfo"))?))
    .set_scopes_supported(Some(scopes))
    .set_response_modes_supported(Some(vec![CoreResponseMode::Query, CoreResponseMode::FormPost]))
    .set_grant_types_supported(Some(vec![
        CoreGrantType::AuthorizationCode,
        CoreGrantType::RefreshToken,
        CoreGrantType::ClientCredentials,
    ]))
    .set_token_endpoint_auth_methods_supported(Some(vec![
        CoreClientAuthMethod::ClientSecretBasic,
        CoreClientAuthMethod::ClientSecretPost,
        CoreClientAuthMethod::PrivateKeyJwt,
        CoreClientAuthMethod::None,
    ]))
    .set_token_endpoint_auth_signing_alg_values_supported(Some(assertion_algorithms()))
    .set_userinfo_signing_alg_values_supported(Some(signing_algorithms()))
    .set_acr_values_supported(Some(levels))
    .set_claims_supported(Some(claims))
    .set_claim_types_supported(Some(vec![CoreClaimType::Normal]))
    .set_ui_locales_supported(Some(vec![LanguageTag::new("en".to_owned())]))
    .set_claims_parameter_supported(Some(true))
    .set_request_parameter_supported(Some(false))
    .set_request_uri_parameter_supported(Some(false)))
}

/// What clients may sign assertions with.
fn assertion_algorithms() -> Vec<CoreJwsSigningAlgorithm> {
    vec![
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        CoreJwsSigningAlgorithm::RsaSsaPssSha384,
        CoreJwsSigningAlgorithm::RsaSsaPssSha512,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        CoreJwsSigningAlgorithm::EdDsa,
    ]
}

/// What ID tokens and the answers of `/userinfo` may be signed with.
fn signing_algorithms() -> Vec<CoreJwsSigningAlgorithm> {
    let word = |alg: &SigningAlg| match alg {
        SigningAlg::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        SigningAlg::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        SigningAlg::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        SigningAlg::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
    };
    SigningAlg::ALL.iter().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_neither_null_nor_empty_members() {
        let names = AcrNames::new(["password", "multi-factor", "phishing-resistant"]).unwrap();
        let document = metadata("https://id.example/tenant", &names).unwrap();
        let serde_json::Value::Object(members) = serde_json::to_value(document).unwrap() else {
            panic!("no object");
        };
        for (name, value) in &members {
            assert!(!value.is_null(), "{name}");
            assert!(value.as_array().is_none_or(|array| !array.is_empty()), "{name}");
        }
        assert_eq!(members["issuer"], "https://id.example/tenant");
        assert_eq!(members["token_endpoint"], "https://id.example/tenant/token");
    }
}
