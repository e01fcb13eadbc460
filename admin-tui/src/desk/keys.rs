//! Signing keys.

use shared::admin::KeyMaker;
use shared::model::{KeyState, SigningKeyRecord};
use shared::rules::key_rotation::Policy;

use super::rows::{self, moment, moment_or};
use super::{Tools, Trouble};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, ListSpec, Mark, Page, Query, Row, Section, Width};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Keys,
    columns: &[
        Column { key: "kid", name: "key id", width: Width::Share(20), sortable: true },
        Column { key: "alg", name: "signs with", width: Width::Fixed(10), sortable: true },
        Column { key: "state", name: "state", width: Width::Fixed(8), sortable: true },
        Column { key: "since", name: "", width: Width::Fixed(33), sortable: false },
        Column { key: "created_at", name: "made", width: Width::Fixed(19), sortable: true },
    ],
    scopes: &[],
    whole: true,
    filter: "ids, algorithms and states",
    permission: "keys.read",
};

/// A page, the newest first.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let keys = tools.admin.list_keys().await?;
    Ok(rows::whole(keys.iter().map(row).collect(), query))
}

fn since(key: &SigningKeyRecord) -> String {
    let (words, at) = match key.state {
        KeyState::Next => ("signs from", key.activates_at),
        KeyState::Active => ("signs since", key.activated_at),
        KeyState::Retired => ("signed until", key.retired_at),
    };
    at.map(|at| format!("{words} {}", moment(at))).unwrap_or_default()
}

fn row(key: &SigningKeyRecord) -> Row {
    Row {
        id: key.kid.clone(),
        cursor: key.kid.clone(),
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
        links: Vec::new(),
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
    let sections = vec![Section { title: "Signing key".to_owned(), facts }];
    let state = key.state.to_string();
    Ok(Detail { id: target.id.clone(), title: key.kid, state, sections })
}

/// What an action would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    if errand.action == ActionId::KeyRotate {
        let lines = vec![
            "The next key of each algorithm signs as soon as everybody can know it.".to_owned(),
            "The keys that sign now stay published while their tokens live.".to_owned(),
        ];
        return Ok(Preview { lines, word: None });
    }
    let live = tools.admin.count_tokens_of_key(&errand.target.id, tools.now).await?;
    let lines = vec![
        "The key is taken out of use at once; clients may not have heard of the next.".to_owned(),
        format!("{} access tokens and {} ID tokens die.", live.access_tokens, live.id_tokens),
    ];
    Ok(Preview { lines, word: Some("revoke".to_owned()) })
}

/// Does it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let Tools { admin, config, now } = tools;
    let go_to = Some(Place::List(Kind::Keys, None));
    if errand.action == ActionId::KeyRotate {
        let signs_for = config.signing_key_rotation.0;
        let policy = Policy { signs_for, jwks_cache: config.jwks_cache_lifetime.0 };
        let rotations = admin.rotate_keys(None, policy, now).await?.into_iter();
        let words =
            rotations.map(|next| format!("{} signs from {}", next.alg, moment(next.signs_at)));
        let said = format!("{}.", words.collect::<Vec<_>>().join(", "));
        return Ok(Performed { said, secret: None, go_to });
    }
    let master = admin.open_master_key(&config.master_key_file).await?;
    let maker = KeyMaker { master, rsa_bits: config.signing_key_bits.0 };
    let live = admin.revoke_key(&maker, &errand.target.id, now).await?;
    let said = format!(
        "The key is revoked; {} access tokens and {} ID tokens died.",
        live.access_tokens, live.id_tokens
    );
    Ok(Performed { said, secret: None, go_to })
}
