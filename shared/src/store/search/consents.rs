//! Looking through what people allowed, and what they said over time.

use super::{
    Find, Order, Page, Whose, With, beginning, moment_cursor, of_crowd, of_crowd_among_next,
    of_people, read_moment,
};
use crate::crypto::random;
use crate::model::consent::{Change, Said};
use crate::model::{ClientId, Consent, Scope, Timestamp, UserId};
use crate::store::consents::ConsentRow;
use crate::store::row::{from_json, read, row, to_json};
use crate::store::{Result, StoreError, Tx, View, run};

row!(Names { username: String, client_name: String });

/// A consent, as operators look at it.
#[derive(Debug, Clone)]
pub struct FoundConsent {
    /// What was allowed.
    pub consent: Consent,
    /// Who allowed it.
    pub username: String,
    /// What the client is called.
    pub client_name: String,
}

impl TryFrom<With<ConsentRow, Names>> for FoundConsent {
    type Error = StoreError;

    fn try_from(With(consent, names): With<ConsentRow, Names>) -> Result<Self> {
        let Names { username, client_name } = names;
        Ok(Self { consent: Consent::try_from(consent)?, username, client_name })
    }
}

row!(ChangeRow {
    at: i64,
    user_id: String,
    client_id: String,
    change: String,
    actor_kind: String,
    actor: String,
    scope: String,
    words: String,
});

/// Something that was said to an application, or taken back, as it was written down.
#[derive(Debug, Clone)]
pub struct ConsentChange {
    /// When.
    pub at: Timestamp,
    /// About whom.
    pub user_id: UserId,
    /// To whom.
    pub client_id: ClientId,
    /// What.
    pub change: Change,
    /// What kind of actor did it: `user`, `operator` or `system`.
    pub actor_kind: String,
    /// Their name or id.
    pub actor: String,
    /// What it is about.
    pub scope: Scope,
    /// The words that stood on the page.
    pub words: Vec<String>,
}

impl TryFrom<ChangeRow> for ConsentChange {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self> {
        Ok(Self {
            at: Timestamp(row.at),
            user_id: row.user_id.into(),
            client_id: row.client_id.into(),
            change: read("consent_changes", "change", Change::parse(&row.change))?,
            actor_kind: row.actor_kind,
            actor: row.actor,
            scope: read("consent_changes", "scope", Scope::parse(&row.scope).ok())?,
            words: from_json("consent_changes", "words", &row.words)?,
        })
    }
}

/// A statement that gives consents with the names of both sides.
macro_rules! select_consents {
    ($($which:expr),+) => {
        concat!(
            "SELECT user_id, client_id, consents.scope AS scope, granted_at,
                 consents.updated_at AS updated_at, username, clients.name AS client_name
             FROM consents JOIN users ON users.id = user_id
                 JOIN clients ON clients.id = client_id ",
            $($which),+
        )
    };
}

/// The consents after one, in either direction.
macro_rules! part_of_consents {
    ($which:expr, $oldest_first:expr) => {
        if $oldest_first {
            select_consents!(
                "WHERE (consents.updated_at, user_id || ' ' || client_id) > ($1, $2)",
                $which,
                " ORDER BY consents.updated_at, user_id || ' ' || client_id LIMIT $3"
            )
        } else {
            select_consents!(
                "WHERE (consents.updated_at, user_id || ' ' || client_id) < ($1, $2)",
                $which,
                " ORDER BY consents.updated_at DESC, user_id || ' ' || client_id DESC LIMIT $3"
            )
        }
    };
}

impl View {
    /// A part of what people allowed, the newest first unless it is wanted otherwise. The
    /// filter is a person or a client; see [`View::whose`].
    pub async fn find_consents(&mut self, find: &Find) -> Result<Page<FoundConsent>> {
        let oldest_first = matches!(find.order, Order::Reversed | Order::Oldest);
        let after = read_moment(find.after.as_deref(), !oldest_first);
        let limit = find.limit.saturating_add(1);
        let probe = of_crowd_among_next!(
            "consents",
            "updated_at",
            "user_id || ' ' || client_id",
            "",
            oldest_first
        );
        let whose = self.whose_of_next(&find.filter, probe, (&after, limit), None).await?;
        let (at, both) = after;
        let (statement, value) = match whose {
            Whose::All => (part_of_consents!("", oldest_first), None),
            Whose::User(id) => (part_of_consents!(" AND user_id = $4", oldest_first), Some(id)),
            Whose::People(start) => {
                (part_of_consents!(of_people!("$4"), oldest_first), Some(start))
            }
            Whose::Crowd(start) => {
                (part_of_consents!(of_crowd!("$4"), oldest_first), Some(beginning(&start)))
            }
            Whose::Client(id) | Whose::Session(id) | Whose::One(id) => {
                (part_of_consents!(" AND client_id = $4", oldest_first), Some(id))
            }
        };
        let rows: Vec<With<ConsentRow, Names>> = match value {
            None => {
                run!(self, fetch_all, sqlx::query_as(statement).bind(at).bind(&both).bind(limit))
            }
            Some(value) => run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(at).bind(&both).bind(limit).bind(&value)
            ),
        }?;
        let found = rows.into_iter().map(FoundConsent::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(found, find.limit, |found| {
            let Consent { user_id, client_id, updated_at, .. } = &found.consent;
            moment_cursor(*updated_at, &format!("{user_id} {client_id}"))
        }))
    }

    /// What a person and a client have come to over time, the newest first.
    pub async fn list_consent_changes(
        &mut self,
        user: &UserId,
        client: &ClientId,
    ) -> Result<Vec<ConsentChange>> {
        let rows: Vec<ChangeRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT at, user_id, client_id, change, actor_kind, actor, scope, words
                 FROM consent_changes WHERE user_id = $1 AND client_id = $2
                 ORDER BY id DESC LIMIT 200"
            )
            .bind(user.as_str())
            .bind(client.as_str())
        )?;
        rows.into_iter().map(ConsentChange::try_from).collect()
    }
}

impl Tx {
    /// Writes down what was said to an application, or taken back.
    pub async fn add_consent_change(&mut self, said: &Said) -> Result<()> {
        let id: String = random::id(said.at)?;
        let (actor_kind, actor) = said.actor.parts();
        let words = to_json(&said.words)?;
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO consent_changes (id, at, user_id, client_id, change, actor_kind,
                     actor, scope, words)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            )
            .bind(&id)
            .bind(said.at.0)
            .bind(said.user_id.as_str())
            .bind(said.client_id.as_str())
            .bind(said.change.as_str())
            .bind(actor_kind)
            .bind(actor)
            .bind(said.scope.to_string())
            .bind(&words)
        )?;
        Ok(())
    }
}
