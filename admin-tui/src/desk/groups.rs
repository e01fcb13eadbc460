//! Groups of people and services.

use shared::admin::{Named, RoleHolder};
use shared::model::{Group, Role};
use shared::rules::{naming, person};
use shared::store::GroupMember;

use super::rows::{self, count, moment};
use super::{Tools, Trouble, holders, overtaken};
use crate::form_spec::{Field, FormSpec, Values, Whole};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Groups,
    columns: &[
        Column::share("name", "group", 20).sortable(),
        Column::share("description", "description", 28).sortable(),
        Column::fixed("created_at", "added", 19).sortable(),
    ],
    scopes: &[Kind::Users, Kind::Clients],
    whole: true,
    filter: "everything in the row",
    permission: "roles.read",
};

/// Members of a group that a detail shows.
const SHOWN: i64 = 200;

/// A page, in the order of names.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let groups = holders::groups(tools, query.scope.as_ref()).await?;
    Ok(rows::whole(groups.iter().map(row).collect(), query))
}

/// A row of the list.
pub(super) fn row(group: &Group) -> Row {
    let scope = scope(group);
    let link = |name: &str, kind| Link::new(name, Place::of(kind, &scope));
    Row {
        id: group.id.to_string(),
        cells: vec![group.name.clone(), group.description.clone(), moment(group.created_at)],
        links: vec![
            link("People", Kind::Users),
            link("Services", Kind::Clients),
            link("Roles", Kind::Roles),
        ],
        ..Row::default()
    }
}

fn scope(group: &Group) -> Scope {
    Scope::new(Kind::Groups, group.id.as_str(), group.name.as_str())
}

/// All about a group.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let group = tools.admin.get_group(&target.id).await?;
    let roles = tools.admin.list_roles_of(&RoleHolder::Group(target.id.clone())).await?;
    let (members, number) = tools.admin.list_members(&target.id, SHOWN).await?;
    Ok(told(&group, &roles, (&members, number), target))
}

/// What is known of it, in facts.
pub(super) fn told(
    group: &Group,
    roles: &[Role],
    (members, number): (&[GroupMember], i64),
    target: &Target,
) -> Detail {
    let shown = i64::try_from(members.len()).unwrap_or(i64::MAX);
    let of = if shown < number { format!("; the first {shown} are shown") } else { String::new() };
    let mut facts = vec![
        Fact::new("Name", &group.name),
        Fact::new("Id", group.id.as_str()),
        Fact::new("Description", &group.description),
        Fact::new("Added", moment(group.created_at)),
        Fact::new("Changed", moment(group.updated_at)),
        Fact::new("Members", format!("{number}{of}")),
    ];
    facts.extend(holders::belonging(&scope(group)));
    let none = |facts: Vec<Fact>, why: &str| {
        if facts.is_empty() { vec![Fact::new("", why)] } else { facts }
    };
    let roles = roles.iter().map(|role| {
        let place = Place::one(Kind::Roles, role.id.as_str(), &role.name);
        Fact::link("Role", &role.name, place)
    });
    let members = members.iter().map(|member| {
        let (label, kind) =
            if member.is_user { ("Person", Kind::Users) } else { ("Service", Kind::Clients) };
        let called = if member.is_user { &member.name } else { &member.id };
        Fact::link(label, called, Place::one(kind, member.id.as_str(), called))
    });
    let sections = vec![
        Section::new("Group", facts),
        Section::new("Roles", none(roles.collect(), "none: R gives one")),
        Section::new("Members", none(members.collect(), "nobody: J adds somebody")),
    ];
    Detail { id: target.id.clone(), title: group.name.clone(), state: String::new(), sections }
}

/// What an action wants to know.
pub(super) async fn form(
    tools: Tools<'_>,
    action: ActionId,
    target: &Target,
) -> Result<FormSpec, Trouble> {
    let name = &target.name;
    Ok(match action {
        ActionId::GroupAdd => {
            FormSpec::new("Add a group", own_fields(None)).checked(Whole::new(check))
        }
        ActionId::GroupEdit => {
            let group = tools.admin.get_group(&target.id).await?;
            FormSpec::new(format!("Edit {}", group.name), own_fields(Some(&group)))
                .of_version(group.version)
                .checked(Whole::new(check))
        }
        ActionId::GroupJoin => FormSpec::new(format!("Take somebody into {name}"), member_fields())
            .checked(Whole::new(check_member)),
        ActionId::GroupLeave => {
            FormSpec::new(format!("Take somebody out of {name}"), member_fields())
                .checked(Whole::new(check_member))
        }
        ActionId::GroupGiveRole | ActionId::GroupTakeRole => {
            return holders::form(tools, action, target).await;
        }
        _ => FormSpec::default(),
    })
}

fn own_fields(group: Option<&Group>) -> Vec<Field> {
    let text = |get: fn(&Group) -> &String| group.map(get).cloned().unwrap_or_default();
    vec![
        Field::text("group", ("Name", "What operators call it."), text(|group| &group.name)),
        Field::text(
            "description",
            ("Description", "What it is for, on one line."),
            text(|group| &group.description),
        ),
    ]
}

fn member_fields() -> Vec<Field> {
    vec![
        Field::text("user", ("Person", "User name, e-mail address or id; or a service."), ""),
        Field::text("client", ("Service", "Its client id; or a person."), ""),
    ]
}

fn check(values: &Values) -> Result<(), (&'static str, String)> {
    rows::checked("group", person::check_name("group", values.text("group")))?;
    rows::checked("description", naming::check_description(values.text("description")))
}

fn check_member(values: &Values) -> Result<(), (&'static str, String)> {
    match (values.filled("user"), values.filled("client")) {
        (None, None) => Err(("user", "say who: a person or a service".to_owned())),
        (Some(_), Some(_)) => Err(("client", "only one of the two can be meant".to_owned())),
        _ => Ok(()),
    }
}

fn member(values: &Values) -> Named {
    let client = || Named::Client(values.text("client").to_owned());
    values.filled("user").map_or_else(client, Named::User)
}

/// Who was meant, in words.
async fn who(tools: Tools<'_>, values: &Values) -> Result<String, Trouble> {
    Ok(match member(values) {
        Named::User(named) => tools.admin.get_user(&named).await?.username,
        Named::Client(id) => tools.admin.get_client(&id).await?.id.to_string(),
    })
}

/// What an action would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let Errand { action, target, values } = errand;
    let (id, name) = (target.id.as_str(), &target.name);
    let soon = "It counts from the next token on.".to_owned();
    Ok(Preview::of(match action {
        ActionId::GroupEdit => {
            let group = tools.admin.get_group(id).await?;
            overtaken(group.version, values, "group")?;
            let (_, members) = tools.admin.list_members(id, 0).await?;
            let members = count(members, "member", "members");
            let roles = holders::group_roles(tools, id).await?;
            let changes = [
                rows::change("Name", &group.name, values.text("group")),
                rows::change("Description", &group.description, values.text("description")),
            ];
            rows::changes(changes, format!("It has {members}; its roles: {roles}."))?
        }
        ActionId::GroupJoin => {
            let (who, roles) = (who(tools, values).await?, holders::group_roles(tools, id).await?);
            vec![format!("{who} comes into {name} and has its roles: {roles}."), soon]
        }
        ActionId::GroupLeave => {
            let (who, roles) = (who(tools, values).await?, holders::group_roles(tools, id).await?);
            vec![format!("{who} leaves {name} and loses its roles: {roles}."), soon]
        }
        ActionId::GroupDelete => {
            let (_, members) = tools.admin.list_members(id, 0).await?;
            let roles = holders::group_roles(tools, id).await?;
            let members = count(members, "member", "members");
            vec![format!("Deletes {name} for good. It has {members}; its roles: {roles}.")]
        }
        ActionId::GroupGiveRole | ActionId::GroupTakeRole => {
            return holders::preview(tools, errand).await;
        }
        _ => Vec::new(),
    }))
}

/// Does it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let Errand { action, target, values } = errand;
    let (admin, now, id) = (tools.admin, tools.now, target.id.as_str());
    let name = &target.name;
    Ok(match action {
        ActionId::GroupAdd => {
            let (name, words) = (values.text("group"), values.text("description"));
            let group = admin.add_group(name, words, now).await?;
            let place = Place::one(Kind::Groups, group.id.as_str(), &group.name);
            Performed::said(format!("The group {} is added.", group.name)).go_to(place)
        }
        ActionId::GroupEdit => {
            let mut group = admin.get_group(id).await?;
            overtaken(group.version, values, "group")?;
            values.text("group").clone_into(&mut group.name);
            values.text("description").clone_into(&mut group.description);
            let group = admin.change_group(group, now).await?;
            Performed::said(format!("The group {} is changed.", group.name))
        }
        ActionId::GroupJoin => {
            admin.add_member(id, &member(values), now).await?;
            Performed::said(format!("{} is in {name}.", who(tools, values).await?))
        }
        ActionId::GroupLeave => {
            admin.remove_member(id, &member(values), now).await?;
            Performed::said(format!("{} is no longer in {name}.", who(tools, values).await?))
        }
        ActionId::GroupDelete => {
            admin.delete_group(id, now).await?;
            let place = Place::List(Kind::Groups, None);
            Performed::said(format!("The group {name} is deleted.")).go_to(place)
        }
        _ => return holders::perform(tools, errand).await,
    })
}
