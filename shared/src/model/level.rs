//! What a person's proof of who they are is worth, and what they prove it with.

use super::words::words;

words! {
    /// What a sign-in is worth: the authentication context class (`acr`, Core §2), weakest
    /// first. By which names clients know them, the settings say.
    Level {
        /// One factor that a person knows.
        Password = "password",
        /// Two factors of different kinds.
        MultiFactor = "multi-factor",
        /// Nothing in it can be typed into the page of somebody else: a key that signs for
        /// this server's address alone, with a second factor.
        PhishingResistant = "phishing-resistant",
    }
}

words! {
    /// Whether a second factor is asked for.
    MfaPolicy {
        /// Not, unless a client asks for it.
        Off = "off",
        /// Of whoever has one.
        Optional = "optional",
        /// Of everybody; who has none enrols one while signing in.
        Required = "required",
    }
}

words! {
    /// What a person has beside a password.
    FactorKind {
        /// An application that makes codes (RFC 6238).
        Totp = "totp",
        /// A key that asks for a PIN, a face or a finger, and needs nothing beside it.
        Passkey = "passkey",
        /// A key that comes after a password.
        SecurityKey = "security-key",
    }
}

impl FactorKind {
    /// What a sign-in is worth once this was shown after a password.
    pub const fn level(self) -> Level {
        match self {
            Self::Totp => Level::MultiFactor,
            Self::Passkey | Self::SecurityKey => Level::PhishingResistant,
        }
    }

    /// Whether it is a key for `WebAuthn`.
    pub const fn is_key(self) -> bool {
        matches!(self, Self::Passkey | Self::SecurityKey)
    }
}

/// Adds words to a set of authentication methods (`amr`, RFC 8176 §2), each once.
#[must_use]
pub fn add_methods(amr: &str, new: &[&'static str]) -> String {
    let mut words: Vec<&str> = amr.split_ascii_whitespace().collect();
    for word in new {
        if !words.contains(word) {
            words.push(word);
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_in_the_order_of_their_worth() {
        assert!(Level::Password < Level::MultiFactor);
        assert!(Level::MultiFactor < Level::PhishingResistant);
        assert!(MfaPolicy::Off < MfaPolicy::Optional);
        assert!(MfaPolicy::Optional < MfaPolicy::Required);
    }

    #[test]
    fn a_method_is_named_once() {
        assert_eq!(add_methods("pwd", &["otp", "mfa"]), "pwd otp mfa");
        assert_eq!(add_methods("pwd otp mfa", &["otp", "mfa"]), "pwd otp mfa");
        assert_eq!(add_methods("", &["hwk"]), "hwk");
    }
}
