//! The consent page: who asks, for what, and yes or no.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use shared::model::consent::{Change, Said};
use shared::model::interaction::ConsentAnswer;
use shared::model::{Action, Actor, AuditEvent, Catalogue, Scope, Timestamp};
use shared::rules::claims;
use shared::rules::next_step::{Page, Step};
use shared::rules::redirect_uri::Destination;

use super::visit::Visit;
use super::{advance, session};
use crate::app::App;
use crate::web::answer::see_other;
use crate::web::failure::{BrowserFailure, Fault, Stale, answered};
use crate::web::page::ConsentPage;
use crate::web::scope_line::ScopeLine;
use crate::web::{csrf, form, html};

/// `GET /consent`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let now = app.now();
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        let step = advance::decide(&app, &visit, now).await?;
        if step != Step::Page(Page::Consent) {
            return advance::take(&app, &visit, step, now).await;
        }
        Ok(draw(&app, &visit).await?)
    })
    .await
}

/// `POST /consent`
pub(crate) async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    answered(&app, async {
        let now = app.now();
        let params = form::body(&headers, &body).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        csrf::check(&visit.visitor.browser, &visit.purpose("consent"), params.get("csrf"))?;
        let step = advance::decide(&app, &visit, now).await?;
        if step != Step::Page(Page::Consent) {
            return advance::take(&app, &visit, step, now).await;
        }
        match params.get("decision") {
            Some("allow") => decided(&app, visit, ConsentAnswer::Allowed, now).await,
            Some("deny") => decided(&app, visit, ConsentAnswer::Denied, now).await,
            Some("switch") => switch(&app, &visit, now).await,
            _ => Err(Stale::Malformed.into()),
        }
    })
    .await
}

/// Writes the answer down, remembers a yes, and goes on.
async fn decided(
    app: &App,
    mut visit: Visit,
    answer: ConsentAnswer,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let session = visit.signed_in()?.0.id.clone();
    visit.interaction.consent = Some((answer, session));
    let step = advance::decide(app, &visit, now).await?;
    let (session, user) = visit.signed_in()?;
    let action = match answer {
        ConsentAnswer::Allowed => Action::ConsentGranted,
        ConsentAnswer::Denied => Action::ConsentDenied,
    };

    let asked = asked(&visit);
    let mut said = Said {
        at: now,
        user_id: user.id.clone(),
        client_id: visit.client.id.clone(),
        change: Change::Denied,
        actor: Actor::User(user.id.clone()),
        words: words(app, &visit, &asked).await?,
        scope: asked,
    };
    let mut tx = visit.begin(app, now).await?;
    let before = tx.hold_consent(&user.id, &visit.client.id).await?.map(|consent| consent.scope);
    if answer == ConsentAnswer::Allowed {
        let scope =
            before.as_ref().map_or_else(|| said.scope.clone(), |one| one.union(&said.scope));
        tx.set_consent(&user.id, &visit.client.id, &scope, now).await?;
        said.change = if before.is_some() { Change::Widened } else { Change::Granted };
        said.scope = said.scope.minus(&before.unwrap_or_default());
    }
    // Saying yes once more to what was allowed before changes nothing.
    if answer == ConsentAnswer::Denied || said.change == Change::Granted || !said.scope.is_empty() {
        tx.add_consent_change(&said).await?;
    }
    let event = AuditEvent::new(action, Actor::User(user.id.clone()), now)
        .user(&user.id)
        .client(&visit.client.id)
        .session(&session.id);
    tx.add_audit_event(event);
    advance::take_in(app, &visit, step, tx, now).await
}

/// Signs the person out here, so that the sign-in page is due again.
pub(super) async fn switch(
    app: &App,
    visit: &Visit,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let (session, _) = visit.signed_in()?;
    let mut tx = app.store.begin().await?;
    session::end(&mut tx, session, now).await?;
    tx.commit().await?;
    let page = format!("/login?interaction={}", visit.interaction.id);
    Ok(see_other(&app.config.issuer.at(&page)))
}

async fn draw(app: &App, visit: &Visit) -> Result<Response, Fault> {
    let (_, user) = visit.signed_in()?;
    let consent = app.store.view().await?.find_consent(&user.id, &visit.client.id).await?;
    let before = consent.map(|consent| consent.scope).unwrap_or_default();
    let asked = asked(visit);
    let catalogue = app.catalogue.get(&app.store).await?;
    let mut scopes = lines(&asked, &before, &catalogue);
    if catalogue.needs_roles(&asked) {
        let held = app.store.view().await?.find_user_held(&user.id).await?;
        for (line, scope) in scopes.iter_mut().zip(asked.iter()) {
            let needed = catalogue.scope(scope).map(|(scope, _)| &scope.permissions);
            line.beyond = needed.is_some_and(|all| !all.iter().all(|one| held.permits(one)));
        }
    }
    let redirect_uri = visit.interaction.request.redirect_uri.as_str();
    let page = ConsentPage {
        layout: html::layout(app),
        client: html::asker(&visit.client),
        person: html::person(user),
        interaction: visit.interaction.id.as_str(),
        csrf: &csrf::value(&visit.visitor.browser, &visit.purpose("consent")),
        scopes: &scopes,
        destination: Destination::of(redirect_uri),
    };
    Ok(visit.draw(app, &page))
}

/// What is asked, a line a scope.
pub(super) fn lines<'a>(
    asked: &'a Scope,
    before: &Scope,
    catalogue: &'a Catalogue,
) -> Vec<ScopeLine<'a>> {
    let line = |name: &'a str| match catalogue.scope(name) {
        Some((scope, api)) => ScopeLine::of_api(scope, api, before.contains(name)),
        None => ScopeLine::of(name, before.contains(name)),
    };
    asked.iter().map(line).collect()
}

/// The words that stood on the page: who asked, and for what.
async fn words(app: &App, visit: &Visit, asked: &Scope) -> Result<Vec<String>, Fault> {
    let catalogue = app.catalogue.get(&app.store).await?;
    let lines = lines(asked, &Scope::default(), &catalogue);
    let question = format!("Allow {}?", visit.client.name);
    Ok(std::iter::once(question).chain(lines.iter().map(ScopeLine::words)).collect())
}

fn asked(visit: &Visit) -> Scope {
    let request = &visit.interaction.request;
    claims::consent_scope(&request.scope, &request.claims)
}
