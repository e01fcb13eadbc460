//! The one place where randomness comes from.

use super::{CryptoError, base64url};
use crate::model::{InteractionId, Secret, Timestamp};

/// `N` bytes nobody can guess.
pub fn bytes<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| CryptoError::Random)?;
    Ok(bytes)
}

/// A secret of 256 bits as 43 characters of base64url: codes, tokens, cookies, client secrets.
pub fn secret() -> Result<Secret<String>, CryptoError> {
    Ok(Secret::new(base64url(&bytes::<32>()?)))
}

/// A fresh `UUIDv7`, so that ids sort by the time they were made (RFC 9562 §5.7).
pub fn id<T: From<String>>(now: Timestamp) -> Result<T, CryptoError> {
    let millis = u64::try_from(now.0.div_euclid(1000)).unwrap_or(0);
    let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &bytes()?).into_uuid();
    Ok(T::from(uuid.to_string()))
}

/// The id of a new interaction: it stands in addresses, so it must not be guessable.
pub fn interaction_id() -> Result<InteractionId, CryptoError> {
    Ok(base64url(&bytes::<16>()?).into())
}

/// The `jti` of a token: 96 random bits.
pub fn token_id() -> Result<String, CryptoError> {
    Ok(base64url(&bytes::<12>()?))
}
