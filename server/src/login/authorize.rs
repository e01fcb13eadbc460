//! `/authorize`: where a client sends a person (Core §3.1.2).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use shared::crypto::random;
use shared::model::{Catalogue, Client, Interaction, Request, Timestamp};
use shared::rules::authorize::{self, Notice, Rejection};
use shared::rules::params::Params;
use shared::rules::registration;

use super::advance;
use super::visit::{Visit, Visitor};
use crate::app::App;
use crate::web::answer::see_other;
use crate::web::failure::{BrowserFailure, answered};
use crate::web::{form, incident};

/// `GET /authorize`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let asked = || incident::asked(form::query(&uri));
    from_query(&app, &uri, &headers).await.unwrap_or_else(|failure| failure.answer_to(&app, asked))
}

/// `POST /authorize`, from any site (Core §3.1.2.1).
pub(crate) async fn post(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = || incident::asked(form::body(&headers, &body));
    let answer = from_form(&app, &uri, &headers, &body).await;
    answer.unwrap_or_else(|failure| failure.answer_to(&app, asked))
}

async fn from_query(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<Response, BrowserFailure> {
    let now = app.now();
    let params = form::query(uri).map_err(|_| Notice::Malformed)?;
    let (client, request) = understand(app, &params).await?;
    let visitor = Visitor::read(app, headers, now).await?;
    let interaction = interaction(app, &client, request, Some(visitor.browser_hash()), now)?;
    advance::first(app, &Visit { visitor, interaction, client }, now).await
}

/// A form from another site comes without the `SameSite=Lax` cookies: what it asks is
/// kept, and the browser sent to fetch it, this time with its cookies.
async fn from_form(
    app: &App,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, BrowserFailure> {
    let now = app.now();
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Notice::Malformed.into());
    }
    let params = form::body(headers, body).map_err(|_| Notice::Malformed)?;
    let (client, request) = understand(app, &params).await?;
    let interaction = interaction(app, &client, request, None, now)?;
    let mut tx = app.store.begin().await?;
    tx.add_interaction(&interaction, now).await?;
    tx.commit().await?;
    Ok(see_other(&app.config.issuer.at(&format!("/continue?interaction={}", interaction.id))))
}

/// `GET /continue`: comes back for what it asked by a form.
pub(crate) async fn resume(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let now = app.now();
        let params = form::query(&uri).map_err(|_| Notice::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        let step = advance::decide(&app, &visit, now).await?;
        advance::take(&app, &visit, step, now).await
    })
    .await
}

async fn understand(app: &App, params: &Params) -> Result<(Arc<Client>, Request), BrowserFailure> {
    let id = authorize::client_id(params)?;
    registration::check_id(id).map_err(|_| Notice::UnknownClient)?;
    let id = id.into();
    let found = app.clients.find(&app.store, &id).await?.ok_or(Notice::UnknownClient)?;
    let catalogue = app.catalogue.get(&app.store).await?;
    match understand_of(app, params, &found.client, &catalogue) {
        // What was registered a moment ago counts.
        Err(_) if !found.is_fresh => {
            let fresh = app.clients.find_fresh(&app.store, &id).await?;
            let client = fresh.ok_or(Notice::UnknownClient)?;
            let request = understand_of(app, params, &client, &catalogue)?;
            Ok((client, request))
        }
        understood => Ok((found.client, understood?)),
    }
}

fn understand_of(
    app: &App,
    params: &Params,
    client: &Client,
    catalogue: &Catalogue,
) -> Result<Request, Rejection> {
    let keys = app.keys.current();
    let provider = authorize::Provider {
        issuer: app.config.issuer.as_str(),
        catalogue,
        whose_token: &|token| keys.verifier.id_token_hint(token).map(|hint| hint.subject),
    };
    authorize::check(params, client, &provider)
}

fn interaction(
    app: &App,
    client: &Client,
    request: Request,
    browser_hash: Option<String>,
    now: Timestamp,
) -> Result<Interaction, BrowserFailure> {
    Ok(Interaction {
        id: random::interaction_id()?,
        browser_hash,
        client_id: Some(client.id.clone()),
        request,
        session_id: None,
        consent: None,
        expires_at: now.plus(app.config.interaction_lifetime.0),
        finished_at: None,
    })
}
