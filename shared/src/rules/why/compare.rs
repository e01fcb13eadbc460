//! Two texts that should have been the same.

use url::Url;

/// What was sent beside what would have been right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What was sent.
    pub sent: String,
    /// The nearest value that is registered, or was expected.
    pub registered: String,
    /// How many characters are the same before the first that is not.
    pub position: usize,
    /// In which way they differ, in words.
    pub difference: String,
}

impl Comparison {
    /// Holds what was sent against the nearest of several values.
    pub fn with_nearest<'a>(
        sent: &str,
        registered: impl IntoIterator<Item = &'a str>,
    ) -> Option<Self> {
        let nearest = registered.into_iter().min_by_key(|each| distance(sent, each))?;
        let same = sent.chars().zip(nearest.chars()).take_while(|(one, other)| one == other);
        Some(Self {
            position: same.count(),
            difference: difference(sent, nearest),
            sent: sent.to_owned(),
            registered: nearest.to_owned(),
        })
    }

    /// Whether the two are so alike that one may have been meant for the other.
    pub fn is_near(&self) -> bool {
        let longest = self.sent.chars().count().max(self.registered.chars().count());
        distance(&self.sent, &self.registered) * 2 <= longest
    }
}

/// How many characters have to be put in, left out or changed to make one of the other
/// (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, c) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, d) in row.iter_mut().skip(1).zip(&other) {
            let changed = diagonal + usize::from(c != *d);
            diagonal = *cell;
            left = changed.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// In which way two texts differ, the plainest way first.
fn difference(sent: &str, registered: &str) -> String {
    if sent == registered {
        return "they differ in what is not kept".to_owned();
    }
    if sent.trim() == registered.trim() {
        return "a blank at the beginning or the end".to_owned();
    }
    if sent.strip_suffix('/') == Some(registered) {
        return "a trailing slash".to_owned();
    }
    if registered.strip_suffix('/') == Some(sent) {
        return "no trailing slash".to_owned();
    }
    if sent.eq_ignore_ascii_case(registered) {
        return "other case".to_owned();
    }
    between_addresses(sent, registered).unwrap_or_else(|| "other characters".to_owned())
}

fn between_addresses(sent: &str, registered: &str) -> Option<String> {
    let (Ok(one), Ok(other)) = (Url::parse(sent), Url::parse(registered)) else {
        return registered.contains("://").then(|| "not an absolute URI".to_owned());
    };
    if one.scheme() != other.scheme() {
        return Some(format!("{} instead of {}", one.scheme(), other.scheme()));
    }
    if one.host_str() != other.host_str() {
        let host = |url: &Url| url.host_str().unwrap_or("none").to_owned();
        return Some(format!("another host: {} instead of {}", host(&one), host(&other)));
    }
    if !one.username().is_empty() || one.password().is_some() {
        return Some("a user name before the host".to_owned());
    }
    if one.port() != other.port() {
        let port = |url: &Url| url.port().map_or("none".to_owned(), |port| port.to_string());
        return Some(format!("another port: {} instead of {}", port(&one), port(&other)));
    }
    if one.fragment().is_some() {
        return Some("a fragment after #".to_owned());
    }
    if one == other {
        return Some("the same address, spelled in another way".to_owned());
    }
    if one.path() != other.path() {
        let alike = one.path().eq_ignore_ascii_case(other.path());
        return Some(if alike { "other case" } else { "another path" }.to_owned());
    }
    Some(
        match (one.query(), other.query()) {
            (Some(_), None) => "a query that is not registered",
            (None, Some(_)) => "no query",
            _ => "another query",
        }
        .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_in_which_addresses_differ_has_words() {
        let registered = "https://shop.example/cb";
        for (sent, position, difference) in [
            ("https://shop.example/cb/", 23, "a trailing slash"),
            ("https://shop.example/CB", 21, "other case"),
            ("https://SHOP.example/cb", 8, "other case"),
            ("http://shop.example/cb", 4, "http instead of https"),
            ("https://shop.example:8443/cb", 20, "another port: 8443 instead of none"),
            ("https://shop.example:443/cb", 20, "the same address, spelled in another way"),
            (
                "https://www.shop.example/cb",
                8,
                "another host: www.shop.example instead of shop.example",
            ),
            ("https://shop.example/cb?x=1", 23, "a query that is not registered"),
            ("https://shop.example/cb#f", 23, "a fragment after #"),
            ("https://***@shop.example/cb", 8, "a user name before the host"),
            ("https://shop.example/callback", 22, "another path"),
            ("https://shop.example/c%62", 22, "another path"),
            ("https://shop.example/cb ", 23, "a blank at the beginning or the end"),
            ("/cb", 0, "not an absolute URI"),
            ("https://shop.example/cb", 23, "they differ in what is not kept"),
        ] {
            let compared = Comparison::with_nearest(sent, [registered]).unwrap();
            assert_eq!(
                (compared.position, compared.difference.as_str()),
                (position, difference),
                "{sent}"
            );
        }
        let compared =
            Comparison::with_nearest("https://a.example", ["https://a.example/"]).unwrap();
        assert_eq!(compared.difference, "no trailing slash");
        let compared =
            Comparison::with_nearest("https://a.example/?x=1", ["https://a.example/?x=2"]);
        assert_eq!(compared.unwrap().difference, "another query");
    }

    #[test]
    fn the_nearest_is_the_one_with_the_fewest_changes() {
        let words = ["openid", "profile", "email"];
        let nearest = |sent| Comparison::with_nearest(sent, words).unwrap();
        assert_eq!(nearest("e-mail").registered, "email");
        assert_eq!(nearest("profil").registered, "profile");
        assert!(nearest("profil").is_near() && !nearest("orders").is_near());
        assert_eq!(Comparison::with_nearest("x", []), None);
        for (one, other, changes) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), changes);
            assert_eq!(distance(other, one), changes);
        }
    }
}
