//! What a token is for, by the roles that stand at this moment.

use shared::model::{Catalogue, Client, ErrorCode, Grant, Held, Refusal, Scope};
use shared::rules::params::Params;
use shared::rules::rbac::{self, Asking, Decision};
use shared::rules::resource;

use crate::app::App;
use crate::web::failure::ClientFailure;

const NOTHING: Refusal =
    ErrorCode::InvalidScope.because("nothing that was asked for is permitted to this subject");
const NO_API: Refusal =
    ErrorCode::InvalidTarget.because("no API that the sign-in was for takes tokens any more");

/// What of a scope a person's token is for. Roles are looked at anew for each token, so one
/// that was given or taken counts from the next on.
///
/// # Errors
/// `invalid_target`, or `invalid_scope` if nothing is left.
pub(super) async fn for_person(
    app: &App,
    client: &Client,
    grant: &Grant,
    scope: &Scope,
    params: &Params,
) -> Result<Decision, ClientFailure> {
    let catalogue = app.catalogue.get(&app.store).await?;
    let issuer = app.config.issuer.as_str();
    // What was named at the sign-in may since have been disabled, or taken from the client.
    let nameable = rbac::nameable(client, &catalogue);
    let named = grant.resources.iter().filter(|name| *name == issuer || nameable.contains(name));
    let named: Vec<_> = named.cloned().collect();
    if named.is_empty() && !grant.resources.is_empty() {
        return Err(NO_API.into());
    }
    let mut allowed = named.clone();
    allowed.extend(catalogue.audience_of(&grant.scope).into_iter().map(str::to_owned));
    let mut resources = resource::asked(params, &allowed, issuer)?;
    if resources.is_empty() {
        resources = named;
    }
    let held = if catalogue.needs_roles(scope) {
        app.store.view().await?.find_user_held(&grant.user_id).await?
    } else {
        Held::default()
    };
    decide(app, client, scope, &resources, (&held, &catalogue))
}

/// What of a scope a service's own token is for.
///
/// # Errors
/// `invalid_target`, or `invalid_scope` if nothing is left.
pub(super) async fn for_service(
    app: &App,
    client: &Client,
    scope: &Scope,
    params: &Params,
) -> Result<Decision, ClientFailure> {
    let catalogue = app.catalogue.get(&app.store).await?;
    let issuer = app.config.issuer.as_str();
    let nameable = rbac::nameable(client, &catalogue);
    let mut resources = resource::asked(params, &nameable, issuer)?;
    if resources.is_empty() && !client.resources.is_empty() {
        // All that it was given, as it does not say which.
        resources = nameable;
    }
    let held = if catalogue.needs_roles(scope) {
        app.store.view().await?.find_client_held(&client.id).await?
    } else {
        Held::default()
    };
    decide(app, client, scope, &resources, (&held, &catalogue))
}

fn decide(
    app: &App,
    client: &Client,
    scope: &Scope,
    resources: &[String],
    (held, catalogue): (&Held, &Catalogue),
) -> Result<Decision, ClientFailure> {
    let asking = Asking {
        asked: scope,
        registered: &client.scope,
        // What was granted is what the person allowed.
        allowed: None,
        held,
        resources,
        issuer: app.config.issuer.as_str(),
    };
    let decision = rbac::decide(asking, catalogue);
    if decision.scope.is_empty() && !scope.is_empty() {
        return Err(NOTHING.into());
    }
    Ok(decision)
}
