//! Codes that an application makes of a shared seed and the time (TOTP, RFC 6238).

use totp_rs::{Algorithm, Builder};

use super::{CryptoError, random};
use crate::model::{Secret, Timestamp};

/// What authenticator applications support: the others are ignored by many of them.
const DIGITS: u8 = 6;
/// In seconds.
const PERIOD: u64 = 30;
/// How many periods a clock may be off, either way (RFC 6238 §5.2).
const DRIFT: u16 = 1;

/// The seed that one application shares with us: 160 bits, as RFC 4226 §4 recommends.
#[derive(Debug, Clone)]
pub struct Seed(Secret<Vec<u8>>);

impl Seed {
    /// Makes a new one.
    pub fn generate() -> Result<Self, CryptoError> {
        Ok(Self(Secret::new(random::bytes::<20>()?.to_vec())))
    }

    /// One that was kept.
    pub const fn from_bytes(bytes: Secret<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// What is kept, sealed.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// In base32, as people type it (RFC 4648 §6).
    pub fn to_text(&self) -> Result<Secret<String>, CryptoError> {
        Ok(Secret::new(self.codes("", "")?.secret().to_base32()))
    }

    /// What a QR code says to an application: whose codes they are, and for which server.
    pub fn to_uri(&self, issuer: &str, account: &str) -> Result<Secret<String>, CryptoError> {
        let uri = self.codes(issuer, account)?.to_url().map_err(|_| CryptoError::Totp)?;
        Ok(Secret::new(uri))
    }

    /// The period whose code this is, counted from the Unix epoch, if it is one of now or of
    /// the periods before and after. Compared in constant time.
    pub fn period_of(&self, code: &str, now: Timestamp) -> Result<Option<i64>, CryptoError> {
        // Applications show codes in two groups; people type the blank too.
        let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let seconds = u64::try_from(now.seconds()).unwrap_or(0);
        let period = self.codes("", "")?.check(&code, seconds);
        Ok(period.and_then(|period| i64::try_from(period).ok()))
    }

    fn codes(&self, issuer: &str, account: &str) -> Result<totp_rs::Totp, CryptoError> {
        // A colon ends the issuer in such an address.
        let plain = |text: &str| text.replace(':', ".");
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_step_duration(PERIOD)
            .with_skew(DRIFT)
            .with_secret(self.expose().to_vec())
            .with_issuer(Some(plain(issuer)))
            .with_account_name(plain(account))
            .build()
            .map_err(|_| CryptoError::Totp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Seed {
        Seed::from_bytes(Secret::new(b"12345678901234567890".to_vec()))
    }

    /// The vectors of RFC 6238 appendix B for SHA-1, of which the last six digits count.
    #[test]
    fn codes_agree_with_rfc_6238() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_seconds(seconds);
            assert_eq!(seed().period_of(code, now).unwrap(), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_one_period_before_and_after_its_own() {
        // The code of the period from 30 to 59.
        for (seconds, good) in [(0, true), (29, true), (59, true), (89, true), (90, false)] {
            let period = seed().period_of("287082", Timestamp::from_seconds(seconds)).unwrap();
            assert_eq!(period, good.then_some(1), "at {seconds}");
        }
    }

    #[test]
    fn a_code_may_be_typed_with_the_blank_that_applications_show() {
        let period = seed().period_of(" 287 082", Timestamp::from_seconds(59)).unwrap();
        assert_eq!(period, Some(1));
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        for code in ["", "28708", "0287082", "287-082", "abcdef", "\u{661}87082"] {
            assert_eq!(
                seed().period_of(code, Timestamp::from_seconds(59)).unwrap(),
                None,
                "{code}"
            );
        }
    }

    #[test]
    fn an_application_reads_whose_codes_they_are() {
        let uri = seed().to_uri("id.example:8443", "ada@example.org").unwrap();
        assert_eq!(
            uri.expose(),
            "otpauth://totp/id.example.8443:ada%40example.org\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=id.example.8443"
        );
        assert_eq!(seed().to_text().unwrap().expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(!format!("{:?}", seed()).contains("49"));
    }
}
