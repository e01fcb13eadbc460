//! Pairwise subjects: the same person under another name in each sector (Core §8.1).

use super::token;
use crate::model::{Secret, UserId};

/// Makes pairwise subjects from a secret that all servers share.
#[derive(Debug, Clone)]
pub struct Pairwise(Secret<String>);

impl Pairwise {
    /// With this secret.
    pub fn new(secret: Secret<String>) -> Self {
        Self(secret)
    }

    /// The name of a person in a sector, which is a host: always the same, and nobody else
    /// can tell whose it is.
    pub fn subject(&self, sector: &str, user: &UserId) -> String {
        // Neither a host nor an id has a blank.
        token::bind(self.0.expose(), &format!("{sector} {user}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_name_in_each_sector() {
        let pairwise = Pairwise::new(Secret::from("s"));
        let ada = pairwise.subject("shop.example", &"ada".into());
        assert_eq!(ada, pairwise.subject("shop.example", &"ada".into()));
        assert_ne!(ada, pairwise.subject("wiki.example", &"ada".into()));
        assert_ne!(ada, pairwise.subject("shop.example", &"eve".into()));
        assert!(ada.len() <= 255 && !ada.contains("ada"));
        let other = Pairwise::new(Secret::from("t"));
        assert_ne!(ada, other.subject("shop.example", &"ada".into()));
    }
}
