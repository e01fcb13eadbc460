//! Signing keys.

use shared::admin::KeyMaker;
use shared::model::{KeyState, SigningAlg, SigningKeyRecord};
use shared::rules::key_rotation::Policy;

use super::rows::{self, count, moment, moment_or, names};
use super::{Tools, Trouble};
use crate::form_spec::{ALL, Field, FormSpec, Values};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, ListSpec, Mark, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Keys,
    columns: &[
        Column::share("kid", "key id", 16).sortable(),
        Column::fixed("alg", "signs with", 10).sortable(),
        Column::fixed("state", "state", 7).sortable(),
        Column::fixed("since", "signs", 31),
        Column::fixed("created_at", "made", 19).sortable(),
    ],
    scopes: &[],
    whole: true,
    filter: "everything in the row",
    permission: "keys.read",
};

/// A page, the newest first.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let keys = tools.admin.list_keys().await?;
    Ok(rows::whole(keys.iter().map(row).collect(), query))
}

fn since(key: &SigningKeyRecord) -> String {
    let (words, at) = match key.state {
        KeyState::Next => ("from", key.activates_at),
        KeyState::Active => ("since", key.activated_at),
        KeyState::Retired => ("no more since", key.retired_at),
    };
    at.map(|at| format!("{words} {}", moment(at))).unwrap_or_default()
}

fn row(key: &SigningKeyRecord) -> Row {
    Row {
        id: key.kid.clone(),
        cells: vec![
            key.kid.clone(),
            key.alg.to_string(),
            key.state.to_string(),
            since(key),
            moment(key.created_at),
        ],
        mark: match key.state {
            KeyState::Next => Mark::Soon,
            KeyState::Active => Mark::None,
            KeyState::Retired => Mark::Off,
        },
        ..Row::default()
    }
}

/// All about a key.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let keys = tools.admin.list_keys().await?;
    let key = keys.into_iter().find(|key| key.kid == target.id);
    let key = key.ok_or_else(|| Trouble::Refused("there is no such key any more".to_owned()))?;
    let facts = vec![
        Fact::new("Key id", &key.kid),
        Fact::new("Signs with", key.alg.as_str()),
        Fact::new("State", key.state.as_str()),
        Fact::new("Made", moment(key.created_at)),
        Fact::new("Is to sign from", moment_or(key.activates_at, "not decided")),
        Fact::new("Signs since", moment_or(key.activated_at, "not yet")),
        Fact::new("Signed until", moment_or(key.retired_at, "not over")),
    ];
    let live = rows::if_seen(tools.admin.count_tokens_of_key(&key.kid, tools.now).await)?;
    let mut sections = vec![Section::new("Signing key", facts)];
    if let Some(live) = live {
        let facts = vec![
            Fact::new("Access tokens", live.access_tokens.to_string()),
            Fact::new("ID tokens", live.id_tokens.to_string()),
        ];
        sections.push(Section::new("Signed by it, and good at this moment", facts));
    }
    let state = key.state.to_string();
    Ok(Detail { id: target.id.clone(), title: key.kid, state, sections })
}

/// Asks whose next key is to sign, where there are several.
pub(super) async fn form(tools: Tools<'_>, action: ActionId) -> Result<FormSpec, Trouble> {
    let keys = tools.admin.list_keys().await?;
    let next = keys.iter().filter(|key| key.state == KeyState::Next);
    let algs: Vec<_> = next.map(|key| key.alg.to_string()).collect();
    if action != ActionId::KeyRotate || algs.len() < 2 {
        return Ok(FormSpec::default());
    }
    let choices = std::iter::once(ALL.to_owned()).chain(algs).collect();
    let words = ("Algorithm", "The next key of it signs as soon as everybody can know it.");
    Ok(FormSpec::new("Rotate signing keys", vec![Field::choice("alg", words, choices, ALL)]))
}

fn algorithm(values: &Values) -> Option<SigningAlg> {
    SigningAlg::parse(values.text("alg"))
}

/// What an action would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let keys = tools.admin.list_keys().await?;
    if errand.action == ActionId::KeyRotate {
        let alg = algorithm(&errand.values);
        let is_meant = |key: &&SigningKeyRecord| alg.is_none_or(|alg| alg == key.alg);
        let next = keys.iter().filter(|key| key.state == KeyState::Next);
        let next: Vec<_> = next.filter(is_meant).collect();
        let mut lines = vec![format!(
            "{} as soon as everybody can know it: {}.",
            count(next.len(), "next key signs", "next keys sign"),
            names(next.iter().map(|key| format!("{} ({})", key.kid, key.alg)))
        )];
        lines.push("The keys that sign now stay published while their tokens live.".to_owned());
        return Ok(Preview::of(lines));
    }
    let live = tools.admin.count_tokens_of_key(&errand.target.id, tools.now).await?;
    let key = keys.iter().find(|key| key.kid == errand.target.id);
    let state = key.map_or("", |key| key.state.as_str());
    let mut lines = vec![
        format!("Takes the {state} key {} out of use at once.", errand.target.id),
        format!(
            "{} and {} that it signed die.",
            count(live.access_tokens, "live access token", "live access tokens"),
            count(live.id_tokens, "live ID token", "live ID tokens")
        ),
    ];
    if state == KeyState::Active.as_str() {
        let text = "Another signs in its place; clients may not have heard of that one yet.";
        lines.push(text.to_owned());
    }
    Ok(Preview::typed(lines, "revoke"))
}

/// Does it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let Tools { admin, config, now } = tools;
    let place = Place::List(Kind::Keys, None);
    if errand.action == ActionId::KeyRotate {
        let signs_for = config.signing_key_rotation.0;
        let policy = Policy { signs_for, jwks_cache: config.jwks_cache_lifetime.0 };
        let rotations =
            admin.rotate_keys(algorithm(&errand.values), policy, now).await?.into_iter();
        let words =
            rotations.map(|next| format!("{} signs from {}", next.alg, moment(next.signs_at)));
        let said = format!("{}.", words.collect::<Vec<_>>().join(", "));
        return Ok(Performed::said(said).go_to(place));
    }
    let master = admin.open_master_key(&config.master_key_file).await?;
    let maker = KeyMaker { master, rsa_bits: config.signing_key_bits.0 };
    let live = admin.revoke_key(&maker, &errand.target.id, now).await?;
    let said = format!(
        "The key is revoked; {} and {} died.",
        count(live.access_tokens, "access token", "access tokens"),
        count(live.id_tokens, "ID token", "ID tokens")
    );
    Ok(Performed::said(said).go_to(place))
}
