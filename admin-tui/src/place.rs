//! Where in the console one can be.

use shared::model::{IncidentCode, Secret};

/// A kind of thing that there are many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// People.
    Users,
    /// Applications.
    Clients,
    /// Resource servers.
    Apis,
    /// What may be done at an API.
    Permissions,
    /// Bundles of permissions.
    Roles,
    /// People by what they have in common.
    Groups,
    /// Browsers in which somebody is signed in.
    Sessions,
    /// What one sign-in gave a client.
    Grants,
    /// What people allowed clients, remembered until it is withdrawn.
    Consents,
    /// Signing keys.
    Keys,
    /// What happened.
    Audit,
    /// Who can obtain a permission; there is no list of these.
    Holders,
}

impl Kind {
    /// All of which there are lists, in the order of menus.
    pub(crate) const ALL: [Self; 11] = [
        Self::Users,
        Self::Clients,
        Self::Apis,
        Self::Permissions,
        Self::Roles,
        Self::Groups,
        Self::Sessions,
        Self::Grants,
        Self::Consents,
        Self::Keys,
        Self::Audit,
    ];

    /// The word for scripts, as in `--screen users`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Clients => "clients",
            Self::Apis => "apis",
            Self::Permissions => "permissions",
            Self::Roles => "roles",
            Self::Groups => "groups",
            Self::Sessions => "sessions",
            Self::Grants => "grants",
            Self::Consents => "consents",
            Self::Keys => "keys",
            Self::Audit => "audit",
            Self::Holders => "who-can",
        }
    }

    /// What screens call many of them.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Clients => "Clients",
            Self::Apis => "APIs",
            Self::Permissions => "Permissions",
            Self::Roles => "Roles",
            Self::Groups => "Groups",
            Self::Sessions => "Sessions",
            Self::Grants => "Grants",
            Self::Consents => "Consents",
            Self::Keys => "Keys",
            Self::Audit => "Audit",
            Self::Holders => "Who can",
        }
    }

    /// Reads the word for scripts.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The one thing that a list is about, such as the person whose sessions it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its id.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
}

impl Scope {
    /// This one.
    pub(crate) fn new(kind: Kind, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: name.into() }
    }

    /// It as a thing of its own.
    pub(crate) fn target(&self) -> Target {
        Target { kind: self.kind, id: self.id.clone(), name: self.name.clone(), scope: None }
    }
}

/// One thing among many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its id; empty where nothing that exists is meant.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    /// What the list was about that it stands in.
    pub(crate) scope: Option<Scope>,
}

impl Target {
    /// This one.
    pub(crate) fn new(kind: Kind, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: name.into(), scope: None }
    }

    /// It as what a list is about.
    pub(crate) fn as_scope(&self) -> Scope {
        Scope::new(self.kind, self.id.as_str(), self.name.as_str())
    }

    /// No thing that exists: what is to be made, or all of them.
    pub(crate) fn none(kind: Kind, scope: Option<Scope>) -> Self {
        Self { kind, id: String::new(), name: String::new(), scope }
    }
}

/// What is asked of Why.
#[derive(Debug, Clone)]
pub(crate) struct WhyAsked {
    /// A code, a token or a request; empty where the parts below say it.
    pub(crate) what: Secret<String>,
    /// Who is in the browser.
    pub(crate) user: String,
    /// In which session: an id, `none`, or empty for the newest.
    pub(crate) session: String,
    /// Which client asks.
    pub(crate) client: String,
    /// For what.
    pub(crate) scope: String,
    /// `prompt`
    pub(crate) prompt: String,
    /// `max_age`, in seconds
    pub(crate) max_age: String,
    /// `acr_values`
    pub(crate) acr_values: String,
}

/// What it is that Why is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// A request that is put together from its parts.
    Parts,
    /// A request as an application sends it.
    Request,
    /// A code of something that went wrong.
    Code,
    /// Anything else: a token.
    Token,
}

impl WhyAsked {
    /// What it is about.
    pub(crate) fn about(&self) -> About {
        let what = self.what.expose().trim();
        if what.is_empty() {
            About::Parts
        } else if what.contains("client_id=") || what.contains("://") {
            About::Request
        } else if IncidentCode::parse(what).is_some() {
            About::Code
        } else {
            About::Token
        }
    }

    fn parts(&self) -> [&str; 8] {
        let Self { what, user, session, client, scope, prompt, max_age, acr_values } = self;
        [what.expose(), user, session, client, scope, prompt, max_age, acr_values]
    }
}

impl PartialEq for WhyAsked {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for WhyAsked {}

/// Where one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The first screen.
    Home,
    /// Many things, perhaps only those of one other.
    List(Kind, Option<Scope>),
    /// One thing.
    Detail(Target),
    /// The question what would happen, or why it did not.
    Why,
    /// Its answer.
    Because(WhyAsked),
    /// Before anything is shown.
    SignIn,
}

impl Place {
    /// The page of one thing.
    pub(crate) fn one(kind: Kind, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Detail(Target::new(kind, id, name))
    }

    /// The list of those that belong to something.
    pub(crate) fn of(kind: Kind, scope: &Scope) -> Self {
        Self::List(kind, Some(scope.clone()))
    }

    /// What is looked at here, if it is of a kind.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::List(kind, _) => Some(*kind),
            Self::Detail(target) => Some(target.kind),
            Self::Home | Self::Why | Self::Because(_) | Self::SignIn => None,
        }
    }

    /// The way here in words, the widest first.
    pub(crate) fn crumbs(&self) -> Vec<String> {
        let of = |scope: &Option<Scope>| {
            scope
                .iter()
                .flat_map(|scope| [scope.kind.title().to_owned(), scope.name.clone()])
                .collect::<Vec<_>>()
        };
        match self {
            Self::Home => vec!["Home".to_owned()],
            Self::Why => vec!["Why".to_owned()],
            Self::Because(_) => vec!["Why".to_owned(), "Because".to_owned()],
            Self::SignIn => vec!["Sign in".to_owned()],
            Self::List(kind, scope) => {
                let mut crumbs = of(scope);
                crumbs.push(kind.title().to_owned());
                crumbs
            }
            Self::Detail(target) => {
                let mut crumbs = of(&target.scope);
                crumbs.extend([target.kind.title().to_owned(), target.name.clone()]);
                crumbs
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_that_is_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.word()), Some(kind));
        }
        assert_eq!(Kind::parse("nothing"), None);
    }

    #[test]
    fn a_way_names_what_it_leads_through() {
        let ada = Scope { kind: Kind::Users, id: "1".to_owned(), name: "ada".to_owned() };
        let sessions = Place::List(Kind::Sessions, Some(ada));
        assert_eq!(sessions.crumbs(), ["Users", "ada", "Sessions"]);
    }
}
