//! Encryption at rest: AES-256-GCM under keys derived from a master key that is never in the store.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf};
use zeroize::Zeroize;

use super::{CryptoError, base64url, from_base64url, random};
use crate::model::Secret;

/// What a sealed value is for. Each purpose has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Private signing keys.
    SigningKey,
    /// Random values that all servers share.
    SharedSecret,
    /// What authenticator applications make codes of.
    TotpSeed,
    /// What is needed to check an answer that is still to come.
    Challenge,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SigningKey => b"signet signing key",
            Self::SharedSecret => b"signet shared secret",
            Self::TotpSeed => b"signet totp seed",
            Self::Challenge => b"signet challenge",
        }
    }
}

/// The key that all sealed values hang on: 32 bytes, kept in a file beside the store.
#[derive(Clone)]
pub struct MasterKey {
    bytes: Secret<[u8; 32]>,
    id: String,
}

impl MasterKey {
    /// Makes a new one.
    pub fn generate() -> Result<Self, CryptoError> {
        Ok(Self::from_bytes(random::bytes()?))
    }

    /// Reads the base64 text of a key file.
    ///
    /// # Errors
    /// [`CryptoError::MalformedMasterKey`] unless it is 32 bytes.
    pub fn parse(text: &str) -> Result<Self, CryptoError> {
        let mut decoded = from_base64url(text.trim()).ok_or(CryptoError::MalformedMasterKey)?;
        let bytes = decoded.as_slice().try_into().map_err(|_| CryptoError::MalformedMasterKey);
        decoded.zeroize();
        Ok(Self::from_bytes(bytes?))
    }

    /// The text for a key file.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(base64url(self.bytes.expose()))
    }

    /// Names the key without telling it.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut labelled = b"signet master key id".to_vec();
        labelled.extend_from_slice(&bytes);
        let hash = digest::digest(&digest::SHA256, &labelled);
        labelled.zeroize();
        let id = base64url(hash.as_ref().get(..6).unwrap_or_default());
        Self { bytes: Secret::new(bytes), id }
    }

    /// Encrypts `plain`; `place` (a row's id) is authenticated, so that a sealed
    /// value does not open in another row.
    ///
    /// The text is `1.<master key id>.<nonce and ciphertext>`.
    pub fn seal(&self, purpose: Purpose, place: &str, plain: &[u8]) -> Result<String, CryptoError> {
        let nonce: [u8; NONCE_LEN] = random::bytes()?;
        let mut sealed = plain.to_vec();
        self.key(purpose)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| CryptoError::Altered)?;
        let mut envelope = nonce.to_vec();
        envelope.append(&mut sealed);
        Ok(format!("1.{}.{}", self.id, base64url(&envelope)))
    }

    /// Decrypts what [`MasterKey::seal`] made for the same purpose and place.
    ///
    /// # Errors
    /// [`CryptoError::ForeignMasterKey`], or [`CryptoError::Altered`].
    pub fn open(
        &self,
        purpose: Purpose,
        place: &str,
        sealed: &str,
    ) -> Result<Secret<Vec<u8>>, CryptoError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some("1"), Some(id), Some(envelope)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(CryptoError::Altered);
        };
        if id != self.id {
            return Err(CryptoError::ForeignMasterKey {
                sealed_under: id.to_owned(),
                at_hand: self.id.clone(),
            });
        }
        let envelope = from_base64url(envelope).ok_or(CryptoError::Altered)?;
        let (nonce, ciphertext) =
            envelope.split_at_checked(NONCE_LEN).ok_or(CryptoError::Altered)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::Altered)?;
        let mut buffer = ciphertext.to_vec();
        let plain = self
            .key(purpose)?
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut buffer)
            .map_err(|_| CryptoError::Altered)?
            .to_vec();
        buffer.zeroize();
        Ok(Secret::new(plain))
    }

    fn key(&self, purpose: Purpose) -> Result<LessSafeKey, CryptoError> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"signet at rest");
        let derived = salt.extract(self.bytes.expose());
        let info = [purpose.label()];
        let okm = derived.expand(&info, &AES_256_GCM).map_err(|_| CryptoError::Altered)?;
        Ok(LessSafeKey::new(UnboundKey::from(okm)))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_in_its_place_and_under_its_key() {
        let key = MasterKey::generate().unwrap();
        let sealed = key.seal(Purpose::SigningKey, "row 1", b"private").unwrap();

        assert_eq!(key.open(Purpose::SigningKey, "row 1", &sealed).unwrap().expose(), b"private");
        assert!(matches!(
            key.open(Purpose::SigningKey, "row 2", &sealed),
            Err(CryptoError::Altered)
        ));
        assert!(matches!(
            MasterKey::generate().unwrap().open(Purpose::SigningKey, "row 1", &sealed),
            Err(CryptoError::ForeignMasterKey { .. })
        ));
    }

    #[test]
    fn an_altered_value_does_not_open() {
        let key = MasterKey::generate().unwrap();
        let sealed = key.seal(Purpose::SigningKey, "", b"private").unwrap();
        for position in sealed.rfind('.').unwrap() + 1..sealed.len() - 1 {
            let mut altered = sealed.clone().into_bytes();
            altered[position] = if altered[position] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(key.open(Purpose::SigningKey, "", &altered).is_err(), "at {position}");
        }
    }

    #[test]
    fn a_key_file_reads_back() {
        let key = MasterKey::generate().unwrap();
        let again = MasterKey::parse(&format!("{}\n", key.to_text().expose())).unwrap();
        assert_eq!(again.id(), key.id());
        assert!(MasterKey::parse("c2hvcnQ").is_err());
        assert!(!format!("{key:?}").contains(key.to_text().expose()));
    }
}
