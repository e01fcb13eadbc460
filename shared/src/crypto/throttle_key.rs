//! The keys that failures to sign in are counted by, the same at every door.

use super::token;
use crate::model::UserId;
use crate::model::user::login_key;

/// Of passwords, by the name as it was typed: the store does not tell who was tried.
pub fn of_name(typed: &str) -> String {
    format!("name {}", token::hash(&login_key(typed)))
}

/// Of a person's second factors.
pub fn of_codes(user: &UserId) -> String {
    format!("codes {user}")
}
