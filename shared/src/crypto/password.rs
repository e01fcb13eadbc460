//! Passwords: Argon2id with a bound on how many are hashed at once.
//!
//! A hash takes one core and 19 MiB for about 14 ms. Without a bound, 200 people
//! signing in at once would take 4 GB and make each other wait for all; so there
//! is one permit per core, each with its own memory, which is used again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};

use super::{CryptoError, random, token};
use crate::model::Secret;
use crate::room::{Patience, Room};

/// The OWASP minimum for Argon2id: m = 19456 KiB, t = 2, p = 1.
const PARAMS: Params = Params::DEFAULT;

/// Hashes and checks passwords, a bounded number at a time.
#[derive(Debug, Clone)]
pub struct Hasher {
    room: Room,
    memory: Arc<Memory>,
    /// A hash of nothing that anybody knows, to be checked where there is no person.
    decoy: Arc<str>,
}

/// What came of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is wrong.
    Wrong,
    /// It is right.
    Right,
    /// It is right, and its hash was made with other parameters than today's.
    RightButOld,
}

/// Why a password was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many others were waiting; say 503 and when to come again.
    #[error("too many passwords are being checked at this moment")]
    Busy,
    /// A fault.
    #[error(transparent)]
    Fault(#[from] CryptoError),
}

/// Blocks that hashes ran in, kept for the next ones.
#[derive(Debug, Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

impl Hasher {
    /// A hasher that works on `permits` passwords at once and lets others wait for
    /// `wait`.
    pub fn new(permits: usize, wait: Duration) -> Result<Self, CryptoError> {
        let memory = Arc::new(Memory::default());
        let decoy = phc(&random::bytes()?, &random::bytes::<DECOY_LENGTH>()?)?;
        let room = Room::new(permits, Patience::always(wait));
        Ok(Self { room, memory, decoy: decoy.into() })
    }

    /// The PHC string of a password under today's parameters and a fresh salt.
    pub async fn hash(&self, password: Secret<String>) -> Result<String, HashError> {
        self.run(move |memory| hash(&password, memory)).await
    }

    /// Checks a password against its hash, or against a decoy where there is none, so
    /// that a name that does not exist takes the time of one that does.
    pub async fn verify(
        &self,
        password: Secret<String>,
        expected: Option<String>,
    ) -> Result<Verdict, HashError> {
        let known = expected.is_some();
        let phc = expected.unwrap_or_else(|| self.decoy.to_string());
        let verdict = self.run(move |memory| verify(&password, &phc, memory)).await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Memory) -> Result<T, CryptoError> + Send + 'static,
    ) -> Result<T, HashError> {
        let seat = self.room.enter().await.ok_or(HashError::Busy)?;
        let memory = Arc::clone(&self.memory);
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&memory);
            drop(seat);
            result
        });
        Ok(done.await.map_err(|_| CryptoError::Interrupted)??)
    }
}

impl Memory {
    fn with<T>(&self, params: &Params, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let kept = self.lock().pop().unwrap_or_default();
        let mut blocks = kept;
        blocks.resize(params.block_count(), Block::new());
        let result = work(&mut blocks);
        self.lock().push(blocks);
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(password: &Secret<String>, memory: &Memory) -> Result<String, CryptoError> {
    let salt = random::bytes()?;
    let output = derive(password, &salt, &PARAMS, memory)?;
    phc(&salt, &output)
}

/// As many bytes as a hash has.
const DECOY_LENGTH: usize = 32;

/// A hash as text, as the PHC has agreed on it.
fn phc(salt: &[u8; Salt::RECOMMENDED_LENGTH], output: &[u8]) -> Result<String, CryptoError> {
    let phc = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: (&PARAMS).try_into().map_err(|_| CryptoError::MalformedHash)?,
        salt: Some(Salt::new(salt).map_err(|_| CryptoError::MalformedHash)?),
        hash: Some(Output::new(output).map_err(|_| CryptoError::MalformedHash)?),
    };
    Ok(phc.to_string())
}

fn verify(password: &Secret<String>, phc: &str, memory: &Memory) -> Result<Verdict, CryptoError> {
    let stored = PasswordHash::new(phc).map_err(|_| CryptoError::MalformedHash)?;
    let params = Params::try_from(&stored).map_err(|_| CryptoError::MalformedHash)?;
    let (ARGON2ID_IDENT, Some(salt), Some(expected)) = (stored.algorithm, stored.salt, stored.hash)
    else {
        return Err(CryptoError::MalformedHash);
    };
    let current = (params.m_cost(), params.t_cost(), params.p_cost())
        == (PARAMS.m_cost(), PARAMS.t_cost(), PARAMS.p_cost());
    let output = derive(password, salt.as_ref(), &params, memory)?;

    let right =
        aws_lc_rs::constant_time::verify_slices_are_equal(&output, expected.as_bytes()).is_ok();
    Ok(match (right, current) {
        (false, _) => Verdict::Wrong,
        (true, true) => Verdict::Right,
        (true, false) => Verdict::RightButOld,
    })
}

fn derive(
    password: &Secret<String>,
    salt: &[u8],
    params: &Params,
    memory: &Memory,
) -> Result<Vec<u8>, CryptoError> {
    let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    memory
        .with(params, |blocks| {
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
                .hash_password_into_with_memory(
                    password.expose().as_bytes(),
                    salt,
                    &mut output,
                    blocks,
                )
        })
        .map_err(|_| CryptoError::MalformedHash)?;
    Ok(output)
}

/// How long a given client secret must be to count as random.
const RANDOM_SECRET_LENGTH: usize = 32;
/// What the store keeps of one that is begins so.
const RANDOM: &str = "sha256:";

/// Whether what the store keeps is of a client's secret that somebody may guess.
pub fn is_guessable(stored: &str) -> bool {
    !stored.starts_with(RANDOM)
}

impl Hasher {
    /// What the store keeps of a client's secret: SHA-256 where it is long enough to
    /// be random, Argon2id where a person may have made it up.
    pub async fn hash_client_secret(&self, secret: Secret<String>) -> Result<String, HashError> {
        if secret.expose().len() >= RANDOM_SECRET_LENGTH {
            return Ok(format!("{RANDOM}{}", token::hash(secret.expose())));
        }
        self.hash(secret).await
    }

    /// Whether this is the client's secret.
    pub async fn verify_client_secret(
        &self,
        secret: Secret<String>,
        stored: &str,
    ) -> Result<bool, HashError> {
        if let Some(expected) = stored.strip_prefix(RANDOM) {
            return Ok(token::matches(&token::hash(secret.expose()), expected));
        }
        Ok(self.verify(secret, Some(stored.to_owned())).await? != Verdict::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Hasher {
        Hasher::new(1, Duration::from_millis(10)).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_right_or_wrong_and_nobody_is_wrong() {
        let hasher = hasher();
        let phc = hasher.hash("correct horse".into()).await.unwrap();

        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let verdict = hasher.verify("correct horse".into(), Some(phc.clone())).await.unwrap();
        assert_eq!(verdict, Verdict::Right);
        assert_eq!(hasher.verify("wrong".into(), Some(phc)).await.unwrap(), Verdict::Wrong);
        assert_eq!(hasher.verify("correct horse".into(), None).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_with_older_parameters_is_right_but_old() {
        let old = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$";
        let output = derive(
            &"password".into(),
            b"somesaltsomesalt",
            &Params::new(64, 1, 1, Some(32)).unwrap(),
            &Memory::default(),
        )
        .unwrap();
        let phc = format!("{old}{}", Output::new(&output).unwrap());
        let verdict = hasher().verify("password".into(), Some(phc)).await.unwrap();
        assert_eq!(verdict, Verdict::RightButOld);
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_sent_away() {
        let hasher = hasher();
        let held = hasher.room.enter().await.unwrap();
        assert!(matches!(hasher.hash("x".into()).await, Err(HashError::Busy)));
        drop(held);
        assert!(hasher.hash("x".into()).await.is_ok());
    }

    #[tokio::test]
    async fn client_secrets_long_and_short_are_recognised() {
        let hasher = hasher();
        for secret in ["a short one", "0123456789abcdef0123456789abcdef"] {
            let stored = hasher.hash_client_secret(secret.into()).await.unwrap();
            assert!(hasher.verify_client_secret(secret.into(), &stored).await.unwrap());
            assert!(!hasher.verify_client_secret("other".into(), &stored).await.unwrap());
            assert_eq!(is_guessable(&stored), secret.len() < 32);
        }
    }
}
