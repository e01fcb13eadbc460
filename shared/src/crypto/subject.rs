//! The names by which clients know people: the same for all, or another in each sector
//! (Core §8.1).

use super::token;
use crate::model::{Client, Secret, UserId};

/// Makes pairwise subjects from a secret that all servers share.
#[derive(Debug, Clone)]
pub struct Pairwise(Secret<String>);

impl Pairwise {
    /// With this secret.
    pub fn new(secret: Secret<String>) -> Self {
        Self(secret)
    }

    /// The name by which a client knows a person (Core §8).
    pub fn subject(&self, client: &Client, user: &UserId) -> String {
        match client.pairwise_sector() {
            Some(sector) => self.in_sector(&sector, user),
            None => user.to_string(),
        }
    }

    /// The name of a person in a sector, which is a host: always the same, and nobody else
    /// can tell whose it is.
    fn in_sector(&self, sector: &str, user: &UserId) -> String {
        // Neither a host nor an id has a blank.
        token::bind(self.0.expose(), &format!("{sector} {user}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::SubjectType;
    use crate::model::{ClientKind, Timestamp};

    #[test]
    fn a_person_has_one_name_in_each_sector() {
        let pairwise = Pairwise::new(Secret::from("s"));
        let ada = pairwise.in_sector("shop.example", &"ada".into());
        assert_eq!(ada, pairwise.in_sector("shop.example", &"ada".into()));
        assert_ne!(ada, pairwise.in_sector("wiki.example", &"ada".into()));
        assert_ne!(ada, pairwise.in_sector("shop.example", &"eve".into()));
        assert!(ada.len() <= 255 && !ada.contains("ada"));
        let other = Pairwise::new(Secret::from("t"));
        assert_ne!(ada, other.in_sector("shop.example", &"ada".into()));
    }

    #[test]
    fn only_a_client_that_wants_it_is_told_a_name_of_its_sector() {
        let pairwise = Pairwise::new(Secret::from("s"));
        let mut client = Client::new("shop".into(), "Shop", ClientKind::Web, Timestamp(0));
        client.redirect_uris = vec!["https://shop.example/cb".to_owned()];
        assert_eq!(pairwise.subject(&client, &"ada".into()), "ada");
        client.subject_type = SubjectType::Pairwise;
        let told = pairwise.subject(&client, &"ada".into());
        assert_eq!(told, pairwise.in_sector("shop.example", &"ada".into()));
    }
}
