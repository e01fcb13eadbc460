//! The check of an ID token (Core §3.1.3.7, §3.1.3.8, §12.2).

use openidconnect::core::CoreTokenResponse;
use openidconnect::{
    AccessTokenHash, ClaimsVerificationError, Nonce, OAuth2TokenResponse,
    SignatureVerificationError, SigningError, SubjectIdentifier, TokenResponse,
};

use super::failure::Failure;
use super::provider::{Client, Provider, Registration};

/// An ID token that was checked.
pub(super) struct IdToken {
    /// As it travelled.
    pub(super) raw: String,
    /// Whom it is about.
    pub(super) subject: SubjectIdentifier,
    /// What was checked, in the claims' own names.
    pub(super) checked: Vec<&'static str>,
}

/// What an ID token must agree with.
#[derive(Clone, Copy)]
pub(super) enum Expected<'a> {
    /// The sign-in that asked for it.
    SignIn(&'a Nonce),
    /// The ID token of the sign-in that is refreshed: the same person, and the same nonce if any.
    Refresh(&'a SubjectIdentifier, &'a Nonce),
}

/// Why an ID token is not believed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Distrust {
    #[error("there is no ID token")]
    Missing,
    #[error("the ID token does not hold")]
    Claims(#[from] ClaimsVerificationError),
    #[error("the ID token's key is not usable")]
    Key(#[from] SignatureVerificationError),
    #[error("at_hash cannot be computed")]
    Hash(#[from] SigningError),
    #[error("at_hash belongs to another access token")]
    ForeignAccessToken,
    #[error("the refreshed ID token is about somebody else")]
    ForeignSubject,
}

impl Distrust {
    /// Whether newer keys might change the verdict.
    fn is_unknown_key(&self) -> bool {
        let unknown = SignatureVerificationError::NoMatchingKey;
        matches!(self, Self::Claims(ClaimsVerificationError::SignatureVerification(error)) if *error == unknown)
    }
}

/// Checks the ID token of a token response; asks for newer keys once if its key is unknown.
pub(super) async fn check(
    provider: &Provider,
    registration: Registration,
    response: &CoreTokenResponse,
    expected: Expected<'_>,
) -> Result<IdToken, Failure> {
    let client = provider.client(registration).await?;
    match check_with(&client, response, expected) {
        Err(distrust) if distrust.is_unknown_key() => {
            provider.discover().await?;
            let client = provider.client(registration).await?;
            Ok(check_with(&client, response, expected)?)
        }
        checked => Ok(checked?),
    }
}

fn check_with(
    client: &Client,
    response: &CoreTokenResponse,
    expected: Expected<'_>,
) -> Result<IdToken, Distrust> {
    let token = response.id_token().ok_or(Distrust::Missing)?;
    let verifier = client.id_token_verifier();
    let mut checked = vec!["signature", "iss", "aud", "exp"];
    let claims = match expected {
        Expected::SignIn(nonce) => token.claims(&verifier, nonce)?,
        Expected::Refresh(subject, nonce) => {
            let claims = token.claims(&verifier, |found: Option<&Nonce>| same(found, nonce))?;
            if claims.subject() != subject {
                return Err(Distrust::ForeignSubject);
            }
            checked.push("sub");
            claims
        }
    };
    if claims.nonce().is_some() {
        checked.push("nonce");
    }
    if let Some(hash) = claims.access_token_hash() {
        let key = token.signing_key(&verifier)?;
        let own = AccessTokenHash::from_token(response.access_token(), token.signing_alg()?, key)?;
        if own != *hash {
            return Err(Distrust::ForeignAccessToken);
        }
        checked.push("at_hash");
    }
    Ok(IdToken { raw: token.to_string(), subject: claims.subject().clone(), checked })
}

/// A refreshed ID token need not have a nonce, but must not have another (Core §12.2).
fn same(found: Option<&Nonce>, original: &Nonce) -> Result<(), String> {
    match found {
        Some(found) if found.secret() != original.secret() => Err("nonce mismatch".to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refreshed_id_token_has_the_old_nonce_or_none() {
        let nonce = |text: &str| Nonce::new(text.to_owned());
        assert!(same(None, &nonce("n1")).is_ok());
        assert!(same(Some(&nonce("n1")), &nonce("n1")).is_ok());
        assert!(same(Some(&nonce("n2")), &nonce("n1")).is_err());
    }

    #[test]
    fn only_an_unknown_key_is_worth_asking_for_newer_ones() {
        let claims =
            |error| Distrust::Claims(ClaimsVerificationError::SignatureVerification(error));
        assert!(claims(SignatureVerificationError::NoMatchingKey).is_unknown_key());
        assert!(!claims(SignatureVerificationError::NoSignature).is_unknown_key());
        assert!(!Distrust::Missing.is_unknown_key());
    }
}
