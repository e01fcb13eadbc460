//! What `/authorize` would do now, and why: the server's own decisions, run dry.

use serde_json::Value;

use super::{Admin, AdminError, not_found};
use crate::config::Config;
use crate::crypto::keyring::Keyring;
use crate::crypto::subject::Pairwise;
use crate::crypto::verifier::Verifier;
use crate::model::id_token::IdClaims;
use crate::model::{
    Catalogue, Client, Grant, Held, Level, OperatorPermission, Refusal, Request, Scope, Session,
    Standing, Timestamp, User,
};
use crate::rules::acr::AcrNames;
use crate::rules::authorize::{self, Notice, Provider, Rejection};
use crate::rules::next_step::{self, Page, Step, Wish};
use crate::rules::params::Params;
use crate::rules::rbac::{self, Asking, Decision};
use crate::rules::sign_in::{self, SignedIn};
use crate::rules::token_claims::{self, Terms};
use crate::rules::{claims, findings, registration};
use crate::store::{Find, View};

/// What the server decides with, beside the store.
pub struct Site<'a> {
    config: &'a Config,
    acr_names: AcrNames,
    pairwise: Pairwise,
    verifier: Verifier,
}

impl Site<'_> {
    /// Checks the signatures of this server's tokens.
    pub(super) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The query of an authorization request, which may be its whole address.
    fn query_of<'r>(&self, request: &'r str) -> Result<&'r str, AdminError> {
        let request = request.split('#').next().unwrap_or_default().trim();
        if !request.starts_with("http://") && !request.starts_with("https://") {
            // The addresses in a query may have question marks of their own.
            let is_path = request.starts_with(['/', '?']);
            let query = request.split_once('?').filter(|_| is_path).map(|(_, query)| query);
            return Ok(query.unwrap_or(request));
        }
        let (address, query) = request.split_once('?').unwrap_or((request, ""));
        let here = format!("{}/authorize", self.config.issuer.as_str().trim_end_matches('/'));
        if address == here {
            return Ok(query);
        }
        Err(AdminError::Invalid(format!(
            "the request goes to {address}, and this server is {here}"
        )))
    }
}

/// In which session the person is supposed to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supposed {
    /// In their newest live one; in none if they have none.
    Newest,
    /// In this live one.
    This(String),
    /// In none: nobody is signed in.
    None,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The authorization request: a URL, or its query.
    pub request: String,
    /// By user name, address or id; nobody if absent.
    pub user: Option<String>,
    /// In which session they are supposed to be.
    pub session: Supposed,
}

/// What would happen.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// The client, where one was named.
    pub client_name: Option<String>,
    /// What was looked at, in order, and whether it lets the sign-in go on.
    pub checks: Vec<(bool, String)>,
    /// What comes of it.
    pub outcome: Outcome,
    /// Each scope that was asked for, whether it would be in a token, and why.
    pub scopes: Vec<(String, bool, String)>,
    /// What would be minted, at once or after the pages that are due.
    pub tokens: Option<Tokens>,
}

/// What comes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An error page; nobody is sent anywhere.
    ErrorPage(Notice),
    /// The client is told an error.
    Error(Refusal),
    /// This page is shown.
    Page(Page),
    /// The client gets a code at once.
    Code,
}

/// The claims that would be minted for the code.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Of the access token. What is made up for each token is left out.
    pub access_token: Value,
    /// Of the ID token, with `openid`.
    pub id_token: Option<Value>,
    /// The answer of `/userinfo`, with `openid` and if the token is for this server.
    pub userinfo: Option<Value>,
    /// Whether a refresh token comes with them.
    pub refresh_token: bool,
}

impl Admin {
    /// Opens what the server decides with.
    ///
    /// # Errors
    /// [`AdminError::MasterKey`], [`AdminError::Invalid`].
    pub async fn open_site<'a>(&self, config: &'a Config) -> Result<Site<'a>, AdminError> {
        let master = Self::read_master_key(&config.master_key_file)?;
        let acr_names =
            config.acr_names().map_err(|error| AdminError::Invalid(error.to_string()))?;
        let records = self.store.view().await?.list_signing_keys().await?;
        let ring = Keyring::default().renewed(records, &master)?;
        Ok(Site {
            config,
            acr_names,
            pairwise: self.open_pairwise(&master).await?,
            verifier: Verifier::new(&ring, config.issuer.as_str())?,
        })
    }

    /// Says what `/authorize` would do with a request now. Nothing is changed.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person or live session of theirs.
    pub async fn predict(
        &self,
        site: &Site<'_>,
        asked: &Asked,
        now: Timestamp,
    ) -> Result<Prediction, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        self.may(OperatorPermission::ClientsRead).await?;
        if asked.user.is_some() {
            self.may(OperatorPermission::UsersRead).await?;
            self.may(OperatorPermission::SessionsRead).await?;
        }
        let user = match &asked.user {
            Some(named) => Some(self.find_named_user(named).await?),
            None => None,
        };
        let mut view = self.store.view().await?;
        let session = match &user {
            Some(user) => supposed(&mut view, user, &asked.session, now).await?,
            None => None,
        };
        let catalogue = view.find_catalogue().await?;
        let query = site.query_of(&asked.request)?;
        let (client, request) = match understand(&mut view, site, query, &catalogue).await? {
            Ok(understood) => understood,
            Err((client_name, outcome, why)) => {
                let checks = vec![(false, why)];
                return Ok(Prediction {
                    client_name,
                    checks,
                    outcome,
                    scopes: vec![],
                    tokens: None,
                });
            }
        };
        let mut case =
            Case { site, client: &client, request: &request, catalogue: &catalogue, now };
        case.predict(&mut view, user.as_ref(), session.as_ref()).await
    }
}

/// The session in which somebody is supposed to be.
async fn supposed(
    view: &mut View,
    user: &User,
    supposed: &Supposed,
    now: Timestamp,
) -> Result<Option<Session>, AdminError> {
    if !user.is_active() {
        return Ok(None);
    }
    let find = Find { filter: user.id.to_string(), limit: 1, ..Find::default() };
    match supposed {
        Supposed::None => Ok(None),
        Supposed::Newest => {
            let newest = view.find_sessions(&find, now).await?.items.into_iter().next();
            Ok(newest.map(|found| found.session))
        }
        Supposed::This(id) => {
            let found = view.find_any_session(&id.as_str().into()).await?;
            let found = found.filter(|found| {
                let session = &found.session;
                session.user_id == user.id && found.ended_at.is_none() && now < session.expires_at
            });
            let found = found.ok_or_else(|| not_found("live session of this person", id))?;
            Ok(Some(found.session))
        }
    }
}

/// A request that starts no sign-in: the client's name, what comes of it, and why.
type Rejected = (Option<String>, Outcome, String);

/// Reads a request as the server does.
async fn understand(
    view: &mut View,
    site: &Site<'_>,
    query: &str,
    catalogue: &Catalogue,
) -> Result<Result<(Client, Request), Rejected>, AdminError> {
    let shown = |name: Option<String>, notice: Notice| {
        Ok(Err((name, Outcome::ErrorPage(notice), sentence(notice.refusal().description))))
    };
    let Ok(params) = Params::parse(query.as_bytes()) else {
        return shown(None, Notice::Malformed);
    };
    let id = match authorize::client_id(&params) {
        Ok(id) => id,
        Err(Rejection::Shown(notice)) => return shown(None, notice),
        Err(Rejection::Returned(_)) => return shown(None, Notice::Malformed),
    };
    if registration::check_id(id).is_err() {
        return shown(None, Notice::UnknownClient);
    }
    let Some(client) = view.find_client(&id.into()).await? else {
        return shown(None, Notice::UnknownClient);
    };
    let provider = Provider {
        issuer: site.config.issuer.as_str(),
        catalogue,
        whose_token: &|token| site.verifier.id_token_hint(token).map(|hint| hint.subject),
    };
    match authorize::check(&params, &client, &provider) {
        Ok(request) => Ok(Ok((client, request))),
        Err(Rejection::Shown(notice)) => shown(Some(client.name), notice),
        Err(Rejection::Returned(returned)) => {
            let refusal = returned.refusal;
            let why = sentence(refusal.description);
            Ok(Err((Some(client.name), Outcome::Error(refusal), why)))
        }
    }
}

/// A description as a sentence.
fn sentence(description: &str) -> String {
    format!("{description}.")
}

/// A request that can be answered.
struct Case<'a> {
    site: &'a Site<'a>,
    client: &'a Client,
    request: &'a Request,
    catalogue: &'a Catalogue,
    now: Timestamp,
}

impl Case<'_> {
    async fn predict(
        &mut self,
        view: &mut View,
        user: Option<&User>,
        session: Option<&Session>,
    ) -> Result<Prediction, AdminError> {
        let (site, client, request) = (self.site, self.client, self.request);
        let mut checks = vec![(true, "The request is understood.".to_owned())];
        if user.is_some_and(|user| !user.is_active()) {
            checks.push((false, "The person is disabled and cannot sign in.".to_owned()));
        }
        let rules = site.config.sign_in_rules();
        let known = match (user, session) {
            (Some(user), Some(session)) => {
                // Which browser it is, is not known here: it is not a remembered one.
                let standing: Standing = view.find_standing(&user.id, "", self.now).await?;
                let consent = if sign_in::needs_consent(client, None) {
                    view.find_consent(&user.id, &client.id).await?
                } else {
                    None
                };
                let subject = site.pairwise.subject(client, &user.id);
                let who = SignedIn {
                    session,
                    just_now: false,
                    subject: &subject,
                    standing: &standing,
                    answered: None,
                    consent: consent.as_ref(),
                };
                sign_in::known(rules, client, request, Some(who))
            }
            _ => sign_in::known(rules, client, request, None),
        };
        let wish = Wish::read(request, &site.acr_names);
        let (step, found) = next_step::explain(wish, known, self.now);
        checks.extend(found.into_iter().map(|one| (findings::passes(one), findings::words(one))));
        let outcome = match step {
            Step::Refused(refusal) => Outcome::Error(refusal),
            Step::Done => Outcome::Code,
            Step::Page(page) => Outcome::Page(page),
        };
        let held = match user {
            Some(user) => view.find_user_held(&user.id).await?,
            None => Held::default(),
        };
        let decision = self.decide(&held);
        let scopes = decision
            .scopes
            .iter()
            .map(|(name, reason)| {
                (name.clone(), reason.is_given(), findings::scope_words(reason, self.catalogue))
            })
            .collect();
        let tokens = match (user, outcome) {
            (None, _) | (_, Outcome::Error(_) | Outcome::ErrorPage(_)) => None,
            _ if decision.scope.is_empty() && !request.scope.is_empty() => {
                checks.push((false, "Nothing of the scope is left for a token.".to_owned()));
                None
            }
            (Some(user), Outcome::Page(Page::Consent) | Outcome::Code) => {
                Some(self.tokens(user, session, &decision)?)
            }
            // How they will have signed in by then, nobody knows.
            (Some(user), Outcome::Page(_)) => {
                Some(self.tokens(user, session, &decision)?.without_sign_in())
            }
        };
        Ok(Prediction { client_name: Some(client.name.clone()), checks, outcome, scopes, tokens })
    }

    fn decide(&self, held: &Held) -> Decision {
        let asking = Asking {
            asked: &self.request.scope,
            registered: &self.client.scope,
            allowed: None,
            held,
            resources: &self.request.resources,
            issuer: self.site.config.issuer.as_str(),
        };
        rbac::decide(asking, self.catalogue)
    }

    fn tokens(
        &self,
        user: &User,
        session: Option<&Session>,
        decision: &Decision,
    ) -> Result<Tokens, AdminError> {
        let Self { site, client, request, now, .. } = *self;
        let grant = self.grant(user, session);
        let subject = site.pairwise.subject(client, &user.id);
        let issuer = site.config.issuer.as_str();
        let lifetimes = site.config.token_lifetimes();
        let terms = Terms { issuer, client, decision, lifetimes, now };
        let has_openid = decision.scope.contains(crate::model::scope::OPENID);
        let access = terms.access_token(String::new(), &grant, &subject, 1);
        let id_token = has_openid
            .then(|| terms.id_token(&grant, user, &subject, String::new()))
            .map(|claims| IdClaims { nonce: request.nonce.clone(), ..claims });
        let userinfo = (has_openid && access.aud.contains(issuer)).then(|| {
            let mut told =
                claims::told(user, &decision.scope, &request.claims.userinfo, &client.scope);
            told.insert("sub".to_owned(), Value::from(subject.clone()));
            Value::Object(told)
        });
        Ok(Tokens {
            access_token: without(&access, &["jti", "grant_id"])?,
            id_token: id_token.map(|claims| without(&claims, &["at_hash"])).transpose()?,
            userinfo,
            refresh_token: token_claims::may_refresh(client, &request.scope),
        })
    }

    /// The family that the code would lead to.
    fn grant(&self, user: &User, session: Option<&Session>) -> Grant {
        let Self { site, client, request, now, .. } = *self;
        let level = session.map_or(Level::Password, |session| session.level);
        let told = site.acr_names.answer(&request.essential_acr, &request.acr_values, level);
        Grant {
            id: "".into(),
            user_id: user.id.clone(),
            client_id: client.id.clone(),
            session_id: session.map_or_else(|| "".into(), |session| session.id.clone()),
            scope: Scope::clone(&request.scope),
            resources: request.resources.clone(),
            claims: request.claims.clone(),
            outlives_session: false,
            seen_generation: 0,
            auth_time: session.map_or(now, |session| session.auth_time),
            amr: session.map_or_else(|| "pwd".to_owned(), |session| session.amr.clone()),
            acr: site.acr_names.name(told).to_owned(),
            created_at: now,
            expires_at: now.plus(site.config.grant_lifetime.0),
            revoked_at: None,
        }
    }
}

impl Tokens {
    /// The same without what tells how and when the person signed in.
    fn without_sign_in(mut self) -> Self {
        for document in std::iter::once(&mut self.access_token).chain(&mut self.id_token) {
            if let Value::Object(members) = document {
                members.retain(|name, _| !["acr", "amr", "auth_time", "sid"].contains(&&**name));
            }
        }
        self
    }
}

/// Claims as a document, without those that are made up for each token.
fn without(claims: &impl serde::Serialize, left_out: &[&str]) -> Result<Value, AdminError> {
    let document = serde_json::to_value(claims);
    let mut document = document.map_err(|fault| AdminError::Invalid(fault.to_string()))?;
    if let Value::Object(members) = &mut document {
        members.retain(|name, value| !left_out.contains(&name.as_str()) && *value != "");
    }
    Ok(document)
}
