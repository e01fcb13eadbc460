//! What can be done with APIs, their permissions and their scopes.

use shared::admin::{NewApi, NewPermission, NewScope};
use shared::model::{Api, ApiScope, Catalogue};
use shared::rules::{naming, person, resource};

use super::{find, stands_for};
use crate::desk::rows::{self, checked, count, names, yes_or_no};
use crate::desk::{Tools, Trouble, overtaken};
use crate::form_spec::{Field, FormSpec, Values, Whole};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Target};
use crate::source::{Errand, Performed, Preview};

const NAME: (&str, &str) = ("Name", "What operators call it.");
const ROLES: (&str, &str) =
    ("Tell roles", "Whether its tokens say in roles which roles are behind them.");
const PERMISSIONS: (&str, &str) =
    ("Tell permissions", "Whether its tokens say in permissions which are behind them.");
const DESCRIPTION: (&str, &str) =
    ("Description", "What it is; people read it when they are asked for it.");

/// What is asked of a permission that is to be added.
pub(in crate::desk) fn permission_fields() -> Vec<Field> {
    let help = "What the API calls it, such as reports:read.";
    let without = "Applications cannot ask for it by a scope of its name.";
    vec![
        Field::text("permission", ("Permission", help), ""),
        Field::text("description", DESCRIPTION, ""),
        Field::flag("without_scope", ("Without a scope", without), false),
    ]
}

/// What an action wants to know.
pub(in crate::desk) async fn form(
    tools: Tools<'_>,
    action: ActionId,
    target: &Target,
) -> Result<FormSpec, Trouble> {
    if action == ActionId::ApiAdd {
        let help = "An absolute URI: the aud of its tokens, and the resource of requests.";
        let fields = vec![
            Field::text("identifier", ("Identifier", help), "https://"),
            Field::text("api_name", NAME, ""),
            Field::flag("tells_roles", ROLES, false),
            Field::flag("tells_permissions", PERMISSIONS, false),
        ];
        return Ok(FormSpec::new("Add an API", fields).checked(Whole::new(check)));
    }
    let catalogue = tools.admin.catalogue().await?;
    let api = find(&catalogue, &target.id)?;
    let title = &api.identifier;
    Ok(match action {
        ActionId::ApiEdit => {
            let fields = vec![
                Field::text("api_name", NAME, &api.name),
                Field::flag("tells_roles", ROLES, api.tells_roles),
                Field::flag("tells_permissions", PERMISSIONS, api.tells_permissions),
            ];
            FormSpec::new(format!("Edit {title}"), fields)
                .of_version(api.version)
                .checked(Whole::new(check_name))
        }
        ActionId::ApiAddPermission => {
            FormSpec::new(format!("Add a permission to {title}"), permission_fields())
                .checked(Whole::new(check_permission))
        }
        ActionId::ApiSetScope => {
            let (api, all) = (api.clone(), catalogue.clone());
            let known = names(super::scopes(&api, &all).map(|scope| scope.name.as_str()));
            let title = format!("Set a scope of {title}; it has: {known}");
            FormSpec::new(title, scope_fields())
                .of_version(api.version)
                .checked(Whole::new(move |values| check_scope(values, &api, &all)))
        }
        ActionId::ApiDeleteScope => {
            let words: Vec<_> =
                super::scopes(api, &catalogue).map(|each| each.name.clone()).collect();
            let first = words.first().cloned();
            let first = first.ok_or_else(|| Trouble::Refused("it has no scope".to_owned()))?;
            let label = ("Scope", "Left and Right choose, and letters find one.");
            let field = Field::choice("scope_name", label, words, first);
            FormSpec::new(format!("Delete a scope of {title}"), vec![field])
        }
        _ => FormSpec::default(),
    })
}

fn scope_fields() -> Vec<Field> {
    let name = "As applications ask for it. Of one that is there, what is left empty stays.";
    let permissions = "What it stands for, one a line: all of these, or it is not given.";
    vec![
        Field::text("scope_name", ("Scope", name), ""),
        Field::lines("permissions", ("Permissions", permissions), Vec::new()),
        Field::text("description", DESCRIPTION, ""),
    ]
}

fn check(values: &Values) -> Result<(), (&'static str, String)> {
    if !resource::is_resource(values.text("identifier")) {
        return Err(("identifier", "it is an absolute URI without a fragment".to_owned()));
    }
    check_name(values)
}

/// Checks the form of a new permission by the rules of the store.
pub(in crate::desk) fn check_permission(values: &Values) -> Result<(), (&'static str, String)> {
    checked("permission", naming::check_permission(values.text("permission")))?;
    if !values.flag("without_scope") {
        checked("permission", naming::check_scope(values.text("permission")))?;
    }
    checked("description", naming::check_description(values.text("description")))
}

fn check_name(values: &Values) -> Result<(), (&'static str, String)> {
    checked("api_name", person::check_name("name", values.text("api_name")))
}

fn check_scope(
    values: &Values,
    api: &Api,
    catalogue: &Catalogue,
) -> Result<(), (&'static str, String)> {
    checked("scope_name", naming::check_scope(values.text("scope_name")))?;
    checked("description", naming::check_description(values.text("description")))?;
    let mut of_api = catalogue.permissions.iter().filter(|each| each.api_id == api.id);
    for name in values.lines("permissions") {
        if !of_api.clone().any(|each| each.name == name) {
            let known = names(of_api.by_ref().take(8).map(|each| each.name.as_str()));
            return Err(("permissions", format!("there is no {name}; there are: {known}")));
        }
    }
    Ok(())
}

/// What an action would do.
pub(in crate::desk) async fn preview(
    tools: Tools<'_>,
    errand: &Errand,
) -> Result<Preview, Trouble> {
    let Errand { action, target, values } = errand;
    if *action == ActionId::ApiAdd {
        return Ok(Preview::default());
    }
    let catalogue = tools.admin.catalogue().await?;
    let api = find(&catalogue, &target.id)?;
    let name = &api.identifier;
    let permissions = catalogue.permissions.iter().filter(|each| each.api_id == api.id).count();
    let permissions = count(permissions, "permission", "permissions");
    let all: Vec<_> = super::scopes(api, &catalogue).collect();
    let scopes = count(all.len(), "scope", "scopes");
    Ok(Preview::of(match action {
        ActionId::ApiEdit => {
            overtaken(api.version, values, "API")?;
            let tells = |name, before, key: &str| {
                rows::change(name, yes_or_no(before), yes_or_no(values.flag(key)))
            };
            let changes = [
                rows::change(NAME.0, &api.name, values.text("api_name")),
                tells(ROLES.0, api.tells_roles, "tells_roles"),
                tells(PERMISSIONS.0, api.tells_permissions, "tells_permissions"),
            ];
            let asked = askers(tools, &all).await?;
            let soon = "It counts from the next token on";
            let touched = format!("{soon}; {asked} may ask for its {scopes}.");
            rows::changes(changes, touched)?
        }
        ActionId::ApiDisable => vec![
            format!("Nobody gets tokens for {name} any more; those that are out stay good."),
            format!("Withholds {scopes} that {} may ask for.", askers(tools, &all).await?),
        ],
        ActionId::ApiEnable => vec![format!("{name} gets tokens again.")],
        ActionId::ApiDelete => {
            vec![format!("Deletes {name} for good. It has {permissions} and {scopes}.")]
        }
        ActionId::ApiSetScope => scope_lines(tools, values, api, &catalogue).await?,
        ActionId::ApiDeleteScope => {
            let scope = values.text("scope_name");
            vec![format!("Nobody gets the scope {scope} of {name} any more.")]
        }
        _ => Vec::new(),
    }))
}

/// What becomes of a scope that is set; nothing to ask if it is new.
async fn scope_lines(
    tools: Tools<'_>,
    values: &Values,
    api: &Api,
    catalogue: &Catalogue,
) -> Result<Vec<String>, Trouble> {
    let name = values.text("scope_name");
    let Some((before, _)) = catalogue.scope(name).filter(|(scope, _)| scope.api_id == api.id)
    else {
        return Ok(Vec::new());
    };
    let now = stands_for(before, catalogue);
    let then = values.lines("permissions");
    let change = if then.is_empty() {
        format!("{name} goes on to stand for {now}.")
    } else {
        format!("{name} stands for {now} and will stand for {}.", names(then))
    };
    Ok(vec![change, format!("{} may ask for it.", askers(tools, &[before]).await?)])
}

/// How many clients may ask for one of these scopes, in words.
async fn askers(tools: Tools<'_>, scopes: &[&ApiScope]) -> Result<String, Trouble> {
    let askers = tools.admin.list_askers(scopes).await?;
    Ok(count(askers.len(), "client", "clients"))
}

/// Does it.
pub(in crate::desk) async fn perform(
    tools: Tools<'_>,
    errand: &Errand,
) -> Result<Performed, Trouble> {
    let Errand { action, target, values } = errand;
    let (admin, now, id) = (tools.admin, tools.now, target.id.as_str());
    let name = &target.name;
    Ok(match action {
        ActionId::ApiAdd => {
            let new = NewApi {
                identifier: values.text("identifier").to_owned(),
                name: values.text("api_name").to_owned(),
                tells_roles: values.flag("tells_roles"),
                tells_permissions: values.flag("tells_permissions"),
            };
            let api = admin.add_api(new, now).await?;
            let place = Place::one(Kind::Apis, api.id.as_str(), &api.identifier);
            Performed::said(format!("{} is added.", api.identifier)).go_to(place)
        }
        ActionId::ApiEdit => {
            let mut api = admin.get_api(id).await?;
            overtaken(api.version, values, "API")?;
            values.text("api_name").clone_into(&mut api.name);
            api.tells_roles = values.flag("tells_roles");
            api.tells_permissions = values.flag("tells_permissions");
            admin.change_api(api, now).await?;
            Performed::said(format!("{name} is changed."))
        }
        ActionId::ApiDisable | ActionId::ApiEnable => {
            let disable = *action == ActionId::ApiDisable;
            let mut api = admin.get_api(id).await?;
            let done = if disable { "disabled" } else { "enabled" };
            if api.disabled_at.is_some() == disable {
                return Err(Trouble::Refused(format!("the API is {done} already")));
            }
            api.disabled_at = disable.then_some(now);
            admin.change_api(api, now).await?;
            Performed::said(format!("{name} is {done}."))
        }
        ActionId::ApiDelete => {
            admin.delete_api(id, now).await?;
            let place = Place::List(Kind::Apis, None);
            Performed::said(format!("{name} is deleted.")).go_to(place)
        }
        ActionId::ApiAddPermission => return add_permission(tools, id, values).await,
        ActionId::ApiSetScope => {
            let new = NewScope {
                name: values.text("scope_name").to_owned(),
                description: Some(values.text("description").to_owned())
                    .filter(|words| !words.is_empty()),
                permissions: Some(values.lines("permissions")).filter(|names| !names.is_empty()),
                version: values.version(),
            };
            admin.put_scope(id, &new, now).await?;
            Performed::said(format!("The scope {} is set.", new.name))
        }
        _ => {
            let scope = values.text("scope_name");
            admin.delete_scope(id, scope, now).await?;
            Performed::said(format!("The scope {scope} is deleted."))
        }
    })
}

/// Adds a permission to an API.
pub(in crate::desk) async fn add_permission(
    tools: Tools<'_>,
    api: &str,
    values: &Values,
) -> Result<Performed, Trouble> {
    let new = NewPermission {
        name: values.text("permission").to_owned(),
        description: values.text("description").to_owned(),
        with_scope: !values.flag("without_scope"),
    };
    let with = if new.with_scope { ", and a scope of its name" } else { "" };
    let permission = tools.admin.add_permission(api, new, tools.now).await?;
    Ok(Performed::said(format!("{} is added{with}.", permission.name)))
}
