//! Applications.

use std::time::Duration;

use super::revisions::Topic;
use super::row::{from_json, read, row, to_json};
use super::search::anywhere;
use super::{Result, StoreError, Tx, View, lock, run};
use crate::model::client::{
    ClientKeys, ConsentPolicy, Introspection, Links, OfflineAccess, Pkce, SubjectType, TokenPolicy,
};
use crate::model::{
    AndroidApp, AppleApp, AuthMethod, Client, ClientId, ClientKind, GrantType, MfaPolicy, Scope,
    SigningAlg, Timestamp,
};

row!(ClientRow {
    id: String,
    name: String,
    kind: String,
    auth_method: String,
    secret_hash: Option<String>,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    scope: String,
    grant_types: String,
    pkce: String,
    introspection: String,
    jwks: Option<String>,
    jwks_uri: Option<String>,
    resources: String,
    consent: String,
    offline_access: String,
    access_token_lifetime: Option<i64>,
    id_token_lifetime: Option<i64>,
    refresh_token_lifetime: Option<i64>,
    id_token_alg: String,
    userinfo_alg: Option<String>,
    mfa: Option<String>,
    android_apps: String,
    apple_apps: String,
    subject_type: String,
    sector_identifier: Option<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    disabled_at: Option<i64>,
    own_tokens_since: Option<i64>,
    version: i64,
    created_at: i64,
    updated_at: i64,
});

/// A statement that gives whole clients.
macro_rules! select_clients {
    ($($which:expr),+) => {
        concat!(
            "SELECT id, name, kind, auth_method, secret_hash, redirect_uris,
                 post_logout_redirect_uris, scope, grant_types, pkce, introspection, jwks,
                 jwks_uri, resources, consent, offline_access, access_token_lifetime,
                 id_token_lifetime, refresh_token_lifetime, id_token_alg, userinfo_alg,
                 mfa, android_apps, apple_apps, subject_type, sector_identifier, client_uri,
                 logo_uri, policy_uri, tos_uri,
                 disabled_at, own_tokens_since, version, created_at, updated_at
             FROM clients ",
            $($which),+
        )
    };
}
pub(super) use select_clients;

impl TryFrom<ClientRow> for Client {
    type Error = StoreError;

    fn try_from(row: ClientRow) -> Result<Self> {
        let tokens = token_policy(&row)?;
        let grant_types = row.grant_types.split_whitespace().map(GrantType::parse).collect();
        Ok(Self {
            id: row.id.into(),
            name: row.name,
            kind: column("kind", ClientKind::parse(&row.kind))?,
            auth_method: column("auth_method", AuthMethod::parse(&row.auth_method))?,
            secret_hash: row.secret_hash,
            keys: row.jwks.map(ClientKeys::Inline).or(row.jwks_uri.map(ClientKeys::At)),
            redirect_uris: list("redirect_uris", &row.redirect_uris)?,
            post_logout_redirect_uris: list(
                "post_logout_redirect_uris",
                &row.post_logout_redirect_uris,
            )?,
            scope: column("scope", Scope::parse(&row.scope).ok())?,
            grant_types: column("grant_types", grant_types)?,
            pkce: column("pkce", Pkce::parse(&row.pkce))?,
            introspection: column("introspection", Introspection::parse(&row.introspection))?,
            resources: list("resources", &row.resources)?,
            consent: column("consent", ConsentPolicy::parse(&row.consent))?,
            offline_access: column("offline_access", OfflineAccess::parse(&row.offline_access))?,
            tokens,
            android_apps: apps("android_apps", &row.android_apps, AndroidApp::parse)?,
            apple_apps: apps("apple_apps", &row.apple_apps, AppleApp::parse)?,
            mfa: row.mfa.map(|word| column("mfa", MfaPolicy::parse(&word))).transpose()?,
            subject_type: column("subject_type", SubjectType::parse(&row.subject_type))?,
            sector_identifier: row.sector_identifier,
            links: Links {
                home: row.client_uri,
                logo: row.logo_uri,
                policy: row.policy_uri,
                terms: row.tos_uri,
            },
            disabled_at: row.disabled_at.map(Timestamp),
            own_tokens_since: Timestamp(row.own_tokens_since.unwrap_or(row.created_at)),
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

fn token_policy(row: &ClientRow) -> Result<TokenPolicy> {
    let userinfo_alg = match &row.userinfo_alg {
        Some(word) => Some(column("userinfo_alg", SigningAlg::parse(word))?),
        None => None,
    };
    Ok(TokenPolicy {
        access_token_lifetime: row.access_token_lifetime.and_then(from_seconds),
        id_token_lifetime: row.id_token_lifetime.and_then(from_seconds),
        refresh_token_lifetime: row.refresh_token_lifetime.and_then(from_seconds),
        id_token_alg: column("id_token_alg", SigningAlg::parse(&row.id_token_alg))?,
        userinfo_alg,
    })
}

fn column<T>(name: &'static str, value: Option<T>) -> Result<T> {
    read("clients", name, value)
}

fn list(name: &'static str, text: &str) -> Result<Vec<String>> {
    from_json("clients", name, text)
}

fn apps<T>(name: &'static str, text: &str, parse: fn(&str) -> Option<T>) -> Result<Vec<T>> {
    column(name, list(name, text)?.iter().map(|app| parse(app)).collect())
}

fn from_seconds(seconds: i64) -> Option<Duration> {
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

fn to_seconds(span: Option<Duration>) -> Option<i64> {
    span.and_then(|span| i64::try_from(span.as_secs()).ok())
}

/// The columns of a client that are not as its fields are.
struct Columns {
    redirect_uris: String,
    post_logout_redirect_uris: String,
    scope: String,
    grant_types: String,
    jwks: Option<String>,
    jwks_uri: Option<String>,
    resources: String,
    android_apps: String,
    apple_apps: String,
}

impl Columns {
    fn of(client: &Client) -> Result<Self> {
        let android_apps: Vec<_> = client.android_apps.iter().map(ToString::to_string).collect();
        let apple_apps: Vec<_> = client.apple_apps.iter().map(ToString::to_string).collect();
        let grant_types: Vec<_> = client.grant_types.iter().map(|each| each.as_str()).collect();
        let (jwks, jwks_uri) = match client.keys.clone() {
            Some(ClientKeys::Inline(jwks)) => (Some(jwks), None),
            Some(ClientKeys::At(uri)) => (None, Some(uri)),
            None => (None, None),
        };
        Ok(Self {
            redirect_uris: to_json(&client.redirect_uris)?,
            post_logout_redirect_uris: to_json(&client.post_logout_redirect_uris)?,
            scope: client.scope.to_string(),
            grant_types: grant_types.join(" "),
            jwks,
            jwks_uri,
            resources: to_json(&client.resources)?,
            android_apps: to_json(&android_apps)?,
            apple_apps: to_json(&apple_apps)?,
        })
    }
}

/// A statement whose parameters 1 to 31 are what a client is like.
macro_rules! bound {
    ($statement:literal, $client:expr, $columns:expr) => {
        sqlx::query($statement)
            .bind($client.id.as_str())
            .bind(&$client.name)
            .bind($client.kind.as_str())
            .bind($client.auth_method.as_str())
            .bind(&$client.secret_hash)
            .bind(&$columns.redirect_uris)
            .bind(&$columns.post_logout_redirect_uris)
            .bind(&$columns.scope)
            .bind(&$columns.grant_types)
            .bind($client.pkce.as_str())
            .bind($client.introspection.as_str())
            .bind(&$columns.jwks)
            .bind(&$columns.jwks_uri)
            .bind(&$columns.resources)
            .bind($client.consent.as_str())
            .bind($client.offline_access.as_str())
            .bind(to_seconds($client.tokens.access_token_lifetime))
            .bind(to_seconds($client.tokens.id_token_lifetime))
            .bind(to_seconds($client.tokens.refresh_token_lifetime))
            .bind($client.tokens.id_token_alg.as_str())
            .bind($client.tokens.userinfo_alg.map(SigningAlg::as_str))
            .bind($client.subject_type.as_str())
            .bind(&$client.sector_identifier)
            .bind(&$client.links.home)
            .bind(&$client.links.logo)
            .bind(&$client.links.policy)
            .bind(&$client.links.terms)
            .bind($client.updated_at.0)
            .bind($client.mfa.map(MfaPolicy::as_str))
            .bind(&$columns.android_apps)
            .bind(&$columns.apple_apps)
    };
}

/// What was deleted with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientRemoval {
    /// How many grants, dead or alive, went with it.
    pub grants: u64,
    /// How many remembered consents went with it.
    pub consents: u64,
}

impl View {
    /// What clients want their tokens signed with.
    pub async fn list_signing_algs(&mut self) -> Result<Vec<SigningAlg>> {
        let words: Vec<String> = run!(
            self,
            fetch_all,
            sqlx::query_scalar(
                "SELECT id_token_alg FROM clients WHERE disabled_at IS NULL
                 UNION
                 SELECT userinfo_alg FROM clients
                 WHERE disabled_at IS NULL AND userinfo_alg IS NOT NULL"
            )
        )?;
        let alg = |word: &String| read("clients", "id_token_alg", SigningAlg::parse(word));
        words.iter().map(alg).collect()
    }

    /// The client with this id, disabled or not.
    pub async fn find_client(&mut self, id: &ClientId) -> Result<Option<Client>> {
        let row: Option<ClientRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_clients!("WHERE id = $1")).bind(id.as_str())
        )?;
        row.map(Client::try_from).transpose()
    }

    /// At most `limit` clients in the order of their ids, after the one named.
    pub async fn list_clients(&mut self, after: &str, limit: i64) -> Result<Vec<Client>> {
        let rows: Vec<ClientRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(select_clients!("WHERE id > $1 ORDER BY id LIMIT $2"))
                .bind(after)
                .bind(limit)
        )?;
        rows.into_iter().map(Client::try_from).collect()
    }

    /// The live token families of a client, and the consents to it.
    pub async fn count_of_client(
        &mut self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<ClientRemoval> {
        let grants: i64 = run!(
            self,
            fetch_one,
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM grants
                 WHERE client_id = $1 AND revoked_at IS NULL AND expires_at > $2"
            )
            .bind(id.as_str())
            .bind(now.0)
        )?;
        let consents: i64 = run!(
            self,
            fetch_one,
            sqlx::query_scalar("SELECT COUNT(*) FROM consents WHERE client_id = $1")
                .bind(id.as_str())
        )?;
        Ok(ClientRemoval {
            grants: u64::try_from(grants).unwrap_or(0),
            consents: u64::try_from(consents).unwrap_or(0),
        })
    }

    /// The clients that may ask for a scope, disabled ones too, by their ids.
    pub async fn list_clients_with_scope(&mut self, scope: &str) -> Result<Vec<Client>> {
        let rows: Vec<ClientRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(select_clients!(
                "WHERE ' ' || scope || ' ' LIKE $1 ESCAPE '\\' ORDER BY id"
            ))
            .bind(anywhere(&format!(" {scope} ")))
        )?;
        let clients = rows.into_iter().map(Client::try_from);
        // SQLite finds words that differ by case alone, too.
        let may_ask =
            |client: &Result<Client>| client.as_ref().map_or(true, |it| it.scope.contains(scope));
        clients.filter(may_ask).collect()
    }

    /// The ids of the clients that may name an API.
    pub async fn list_clients_with_resource(&mut self, identifier: &str) -> Result<Vec<String>> {
        Ok(run!(
            self,
            fetch_all,
            sqlx::query_scalar(
                "SELECT id FROM clients WHERE resources LIKE $1 ESCAPE '\\' ORDER BY id"
            )
            .bind(anywhere(&to_json(&identifier)?))
        )?)
    }
}

impl Tx {
    /// Adds a client; false if its id is taken.
    pub async fn add_client(&mut self, client: &Client) -> Result<bool> {
        let columns = Columns::of(client)?;
        let added = run!(
            self,
            execute,
            bound!(
                "INSERT INTO clients (id, name, kind, auth_method, secret_hash, redirect_uris,
                     post_logout_redirect_uris, scope, grant_types, pkce, introspection, jwks,
                     jwks_uri, resources, consent, offline_access, access_token_lifetime,
                     id_token_lifetime, refresh_token_lifetime, id_token_alg, userinfo_alg,
                     subject_type, sector_identifier, client_uri, logo_uri, policy_uri, tos_uri,
                     updated_at, mfa, android_apps, apple_apps, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                     $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)
                 ON CONFLICT DO NOTHING",
                client,
                columns
            )
            .bind(client.created_at.0)
        )?;
        self.bump(Topic::Clients).await?;
        Ok(added == 1)
    }

    /// Changes everything about a client but its id, whether it is disabled and when it was
    /// added, if nobody changed it since `client.version`; false if somebody did.
    pub async fn set_client(&mut self, client: &Client) -> Result<bool> {
        let columns = Columns::of(client)?;
        let changed = run!(
            self,
            execute,
            bound!(
                "UPDATE clients SET name = $2, kind = $3, auth_method = $4, secret_hash = $5,
                     redirect_uris = $6, post_logout_redirect_uris = $7, scope = $8,
                     grant_types = $9, pkce = $10, introspection = $11, jwks = $12,
                     jwks_uri = $13, resources = $14, consent = $15, offline_access = $16,
                     access_token_lifetime = $17, id_token_lifetime = $18,
                     refresh_token_lifetime = $19, id_token_alg = $20, userinfo_alg = $21,
                     subject_type = $22, sector_identifier = $23, client_uri = $24,
                     logo_uri = $25, policy_uri = $26, tos_uri = $27, updated_at = $28,
                     mfa = $29, android_apps = $30, apple_apps = $31, version = version + 1
                 WHERE id = $1 AND version = $32",
                client,
                columns
            )
            .bind(client.version)
        )?;
        self.bump(Topic::Clients).await?;
        Ok(changed == 1)
    }

    /// Disables a client, or lets it work again; false if it already is so, or gone.
    pub async fn set_client_disabled(
        &mut self,
        id: &ClientId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let statement = if disabled {
            "UPDATE clients SET disabled_at = $2, updated_at = $2, version = version + 1
             WHERE id = $1 AND disabled_at IS NULL"
        } else {
            "UPDATE clients SET disabled_at = NULL, own_tokens_since = $2, updated_at = $2,
                 version = version + 1
             WHERE id = $1 AND disabled_at IS NOT NULL"
        };
        let changed = run!(self, execute, sqlx::query(statement).bind(id.as_str()).bind(now.0))?;
        self.bump(Topic::Clients).await?;
        Ok(changed == 1)
    }

    /// Locks a client against being deleted until this unit of work ends; false if it is
    /// gone or disabled.
    pub async fn lock_live_client(&mut self, id: &ClientId) -> Result<bool> {
        lock!(
            self,
            "SHARE",
            "SELECT 1 FROM clients WHERE id = $1 AND disabled_at IS NULL",
            id.as_str()
        )
    }

    /// Sets the hash of a client's secret.
    pub async fn set_client_secret(
        &mut self,
        id: &ClientId,
        hash: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE clients SET secret_hash = $2, updated_at = $3, version = version + 1
                 WHERE id = $1"
            )
            .bind(id.as_str())
            .bind(hash)
            .bind(now.0)
        )?;
        self.bump(Topic::Clients).await?;
        Ok(changed == 1)
    }

    /// Deletes a client with its grants, codes, refresh tokens and consents.
    pub async fn delete_client(
        &mut self,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<ClientRemoval>> {
        let id = id.as_str();
        let found = run!(
            self,
            execute,
            sqlx::query("UPDATE clients SET disabled_at = $2 WHERE id = $1").bind(id).bind(now.0)
        )?;
        if found == 0 {
            return Ok(None);
        }
        let consents =
            run!(self, execute, sqlx::query("DELETE FROM consents WHERE client_id = $1").bind(id))?;
        for statement in DELETE_WHAT_IS_ITS {
            run!(self, execute, sqlx::query(*statement).bind(id))?;
        }
        let grants =
            run!(self, execute, sqlx::query("DELETE FROM grants WHERE client_id = $1").bind(id))?;
        run!(
            self,
            execute,
            sqlx::query("DELETE FROM client_assertions WHERE client_id = $1").bind(id)
        )?;
        run!(self, execute, sqlx::query("DELETE FROM clients WHERE id = $1").bind(id))?;
        self.bump(Topic::Clients).await?;
        Ok(Some(ClientRemoval { grants, consents }))
    }
}

/// What goes with a client before its grants, in the order in which it hangs together.
const DELETE_WHAT_IS_ITS: &[&str] = &[
    "DELETE FROM interactions WHERE client_id = $1",
    "DELETE FROM client_roles WHERE client_id = $1",
    "DELETE FROM group_clients WHERE client_id = $1",
    // Whoever refreshes locks the grant before its tokens: in another order two would wait for
    // each other.
    "UPDATE grants SET revoked_at = revoked_at WHERE client_id = $1 AND revoked_at IS NULL",
    "DELETE FROM refresh_tokens WHERE grant_id IN (SELECT id FROM grants WHERE client_id = $1)",
    "DELETE FROM authorization_codes
     WHERE grant_id IN (SELECT id FROM grants WHERE client_id = $1)",
];
