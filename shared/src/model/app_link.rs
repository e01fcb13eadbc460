//! Applications on phones that belong to this server's address: they may use its passkeys.

use std::fmt;

/// An Android application, by its package name and the SHA-256 of the certificate that it is
/// signed with; written `com.example.app:14:6D:E9:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndroidApp {
    /// Such as `com.example.app`.
    pub package: String,
    /// SHA-256 of the signing certificate.
    pub fingerprint: [u8; 32],
}

impl AndroidApp {
    /// Reads the form above; case does not matter in the fingerprint.
    pub fn parse(text: &str) -> Option<Self> {
        let (package, hex) = text.split_once(':')?;
        let is_name = |part: &str| {
            let starts = part.starts_with(|first: char| first.is_ascii_alphabetic());
            starts && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let bytes: Option<Vec<u8>> = hex.split(':').map(byte).collect();
        let fingerprint = bytes?.try_into().ok()?;
        let good = package.contains('.') && package.split('.').all(is_name);
        good.then(|| Self { package: package.to_owned(), fingerprint })
    }

    /// The fingerprint in upper-case hexadecimal with colons, as Digital Asset Links have it.
    pub fn fingerprint_text(&self) -> String {
        self.fingerprint.map(|byte| format!("{byte:02X}")).join(":")
    }
}

fn byte(hex: &str) -> Option<u8> {
    let two = hex.len() == 2 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
    two.then(|| u8::from_str_radix(hex, 16).ok())?
}

impl fmt::Display for AndroidApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.package, self.fingerprint_text())
    }
}

/// An Apple application, by its team and bundle: `ABCDE12345.com.example.app`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppleApp(String);

impl AppleApp {
    /// Reads the form above.
    pub fn parse(text: &str) -> Option<Self> {
        let (team, bundle) = text.split_once('.')?;
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        let good = team.len() == 10
            && team.bytes().all(capital)
            && !bundle.is_empty()
            && bundle.bytes().all(plain);
        good.then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppleApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn android_applications_read_back() {
        let fingerprint = ["0a"; 32].join(":");
        let app = AndroidApp::parse(&format!("com.example.app:{fingerprint}")).unwrap();
        assert_eq!(app.to_string(), format!("com.example.app:{}", fingerprint.to_uppercase()));
        for text in [
            "com.example.app".to_owned(),
            format!("app:{fingerprint}"),
            format!("com..app:{fingerprint}"),
            format!("com.9app:{fingerprint}"),
            format!("com.example.app:{fingerprint}:0a"),
            format!("com.example.app:{}", fingerprint.replacen("0a", "+a", 1)),
        ] {
            assert_eq!(AndroidApp::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn apple_applications_are_a_team_and_a_bundle() {
        assert!(AppleApp::parse("ABCDE12345.com.example.app").is_some());
        for text in ["com.example.app", "abcde12345.com.example", "ABCDE12345.", "ABCDE12345.a b"] {
            assert_eq!(AppleApp::parse(text), None, "{text}");
        }
    }
}
