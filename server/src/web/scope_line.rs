//! Scopes in the words of pages.

use std::borrow::Cow;

use shared::model::{Api, ApiScope};

/// One thing a client asks for, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScopeLine<'a> {
    /// What it is.
    pub(crate) title: &'a str,
    /// What that means.
    pub(crate) detail: Cow<'a, str>,
    /// Whether this person allowed it to this client before.
    pub(crate) already_allowed: bool,
    /// Whether this person cannot do it themselves at this moment.
    pub(crate) beyond: bool,
}

impl<'a> ScopeLine<'a> {
    /// Puts a scope token into words; one nobody knows stands for itself.
    pub(crate) fn of(scope: &'a str, already_allowed: bool) -> Self {
        let (title, detail) = match scope {
            "openid" => (
                "Recognize you",
                "By an identifier that is the same every time you sign in. \
                 It says nothing else about you.",
            ),
            "profile" => (
                "See your profile",
                "Your name and username, and what else is on record: \
                 picture, websites, gender, birthday, time zone, language.",
            ),
            "email" => (
                "See your e-mail address",
                "The address, and whether it was confirmed to be yours.",
            ),
            "address" => ("See your postal address", "As it is on record here."),
            "phone" => {
                ("See your phone number", "The number, and whether it was confirmed to be yours.")
            }
            "offline_access" => (
                "Keep access while you are away",
                "It can use what you allow here without asking you again, \
                 also when you are not using it.",
            ),
            other => (other, "A permission known here by this name only."),
        };
        Self { title, detail: Cow::Borrowed(detail), already_allowed, beyond: false }
    }

    /// A scope of an API, in the words of those who run it.
    pub(crate) fn of_api(scope: &'a ApiScope, api: &Api, already_allowed: bool) -> Self {
        let named = scope.description.is_empty();
        let title = if named { &scope.name } else { &scope.description };
        let detail = if named { api.name.clone() } else { format!("{}: {}", api.name, scope.name) };
        Self { title, detail: Cow::Owned(detail), already_allowed, beyond: false }
    }

    /// What stands on the page, for those who have to know later what was shown.
    pub(crate) fn words(&self) -> String {
        format!("{}: {}", self.title, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_scope_stands_for_itself() {
        assert_eq!(ScopeLine::of("orders:read", false).title, "orders:read");
        assert_ne!(ScopeLine::of("email", false).title, "email");
    }
}
