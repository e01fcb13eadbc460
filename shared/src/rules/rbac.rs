//! What of a scope is given, and why: what the client asked, of what it may ask, of what the
//! person allowed, of what their roles permit.

use std::collections::BTreeSet;

use crate::model::scope::{KNOWN, OPENID};
use crate::model::{Api, Catalogue, Client, Held, PermissionId, Scope};

/// What is asked of a token.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// What the client asked for.
    pub asked: &'a Scope,
    /// What it may ask for.
    pub registered: &'a Scope,
    /// What the person allowed; absent where nobody has to be asked.
    pub allowed: Option<&'a Scope>,
    /// What the person has, or the service.
    pub held: &'a Held,
    /// The APIs that were named; if none was, the token is for those that the scope is of.
    pub resources: &'a [String],
    /// This server's name, for tokens that are for no API.
    pub issuer: &'a str,
}

/// Why a scope is given or withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Given: it stands for no permission of any API.
    NeedsNone,
    /// Given: roles permit all that it stands for.
    Permitted,
    /// Withheld: the client may not ask for it.
    NotRegistered,
    /// Withheld: the person did not allow it.
    NotAllowed,
    /// Withheld: the token is for other APIs than the one it is of.
    OtherApi,
    /// Withheld: its API is disabled.
    ApiDisabled,
    /// Withheld: it is the name of a permission, and no scope stands for that.
    NoScope,
    /// Withheld: no role permits these.
    Lacks(Vec<PermissionId>),
}

impl Reason {
    /// Whether the scope is given.
    pub const fn is_given(&self) -> bool {
        matches!(self, Self::NeedsNone | Self::Permitted)
    }
}

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Each scope that was asked for, and what became of it.
    pub scopes: Vec<(String, Reason)>,
    /// What is given.
    pub scope: Scope,
    /// Whom the token is for (`aud`).
    pub audience: Vec<String>,
    /// The roles that the token tells, where its API wants that.
    pub roles: Option<Vec<String>>,
    /// The permissions that the token tells, where its API wants that.
    pub permissions: Option<Vec<String>>,
}

impl Decision {
    /// What was asked for and is not given.
    pub fn withheld(&self) -> impl Iterator<Item = &str> {
        let withheld = self.scopes.iter().filter(|(_, reason)| !reason.is_given());
        withheld.map(|(name, _)| name.as_str())
    }
}

/// Decides what of a scope is given.
///
/// A scope that stands for permissions is given if roles permit *all* of them: an API that
/// looks at nothing but `scope` must not be told more than the person may do. So no client
/// can ask an administrator's permission into somebody else's token.
pub fn decide(asking: Asking<'_>, catalogue: &Catalogue) -> Decision {
    let scopes: Vec<_> = asking
        .asked
        .iter()
        .map(|name| (name.to_owned(), reason(name, asking, catalogue)))
        .collect();
    let given = scopes.iter().filter(|(_, reason)| reason.is_given());
    let scope: Scope = given.map(|(name, _)| name.as_str()).collect();
    let audience = audience(&scope, asking, catalogue);
    let (roles, permissions) = told(&scope, &audience, asking, catalogue);
    Decision { scopes, scope, audience, roles, permissions }
}

fn reason(name: &str, asking: Asking<'_>, catalogue: &Catalogue) -> Reason {
    if !asking.registered.contains(name) {
        return Reason::NotRegistered;
    }
    if asking.allowed.is_some_and(|allowed| !allowed.contains(name)) {
        return Reason::NotAllowed;
    }
    let Some((scope, api)) = catalogue.scope(name) else {
        // An API that looks at nothing but `scope` would take it for the permission.
        let is_taken = catalogue.has_permission_named(name) && !KNOWN.contains(&name);
        return if is_taken { Reason::NoScope } else { Reason::NeedsNone };
    };
    if api.disabled_at.is_some() {
        return Reason::ApiDisabled;
    }
    if !asking.resources.is_empty() && !asking.resources.contains(&api.identifier) {
        return Reason::OtherApi;
    }
    let lacks: Vec<_> =
        scope.permissions.iter().filter(|each| !asking.held.permits(each)).cloned().collect();
    match (lacks.is_empty(), scope.permissions.is_empty()) {
        (true, true) => Reason::NeedsNone,
        (true, false) => Reason::Permitted,
        (false, _) => Reason::Lacks(lacks),
    }
}

/// Whom the token is for: the APIs that were named or, if none was, those that the scope is
/// of, and this server where it has something to tell as well (RFC 8707 §2, RFC 9068 §3).
fn audience(scope: &Scope, asking: Asking<'_>, catalogue: &Catalogue) -> Vec<String> {
    if !asking.resources.is_empty() {
        return asking.resources.to_vec();
    }
    let mut audience: Vec<_> =
        catalogue.audience_of(scope).into_iter().map(str::to_owned).collect();
    if audience.is_empty() || scope.contains(OPENID) {
        audience.push(asking.issuer.to_owned());
    }
    audience
}

/// What the token tells beside its scope. Only where it is for one API, and something of it is
/// given: with several, nobody could tell whose permissions they are.
fn told(
    scope: &Scope,
    audience: &[String],
    asking: Asking<'_>,
    catalogue: &Catalogue,
) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let mut others = audience.iter().filter(|name| *name != asking.issuer);
    let (Some(identifier), None) = (others.next(), others.next()) else { return (None, None) };
    let Some(api) = catalogue.api_at(identifier) else { return (None, None) };
    let given = given_permissions(scope, api, catalogue);
    let roles = api.tells_roles.then(|| {
        let behind = asking.held.roles.iter();
        let behind = behind.filter(|role| !role.permissions.is_disjoint(&given));
        let names: BTreeSet<_> = behind.map(|role| role.name.clone()).collect();
        names.into_iter().collect()
    });
    let permissions = api.tells_permissions.then(|| {
        let names = given.iter().filter_map(|id| catalogue.permission(id));
        let names: BTreeSet<_> = names.map(|permission| permission.name.clone()).collect();
        names.into_iter().collect()
    });
    (roles, permissions)
}

/// What the scopes that were given stand for at this API.
fn given_permissions(scope: &Scope, api: &Api, catalogue: &Catalogue) -> BTreeSet<PermissionId> {
    let given = catalogue.scopes.iter();
    let given = given.filter(|each| each.api_id == api.id && scope.contains(&each.name));
    given.flat_map(|each| each.permissions.iter().cloned()).collect()
}

/// The APIs that a client may name: those it was given, and those of the scopes it may ask for.
pub fn nameable(client: &Client, catalogue: &Catalogue) -> Vec<String> {
    let disabled = |name: &str| catalogue.api_at(name).is_some_and(|api| api.disabled_at.is_some());
    let mut names: Vec<_> =
        client.resources.iter().filter(|name| !disabled(name)).cloned().collect();
    for name in catalogue.audience_of(&client.scope) {
        if !names.iter().any(|each| each == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
#[path = "rbac_tests.rs"]
mod tests;
