//! The page on which a person adds a second factor, because this sign-in needs one.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use shared::model::{Level, Timestamp};
use shared::rules::next_step::{Page, Step};
use shared::rules::params::Params;

use super::factors::recovery;
use super::factors::totp::{self, Added, Enrolment, Offer, Shown};
use super::visit::Visit;
use super::{advance, consent};
use crate::app::App;
use crate::web::client_ip::Caller;
use crate::web::failure::{BrowserFailure, Stale, answered};
use crate::web::page::{CodeNotice, EnrolPage};
use crate::web::{csrf, form, html};

/// What the form's CSRF value is bound to.
const PAGE: &str = "enrol";

/// `GET /enrol`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let now = app.now();
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        let step = advance::decide(&app, &visit, now).await?;
        let Step::Page(Page::Enrol(level)) = step else {
            return advance::take(&app, &visit, step, now).await;
        };
        // Where only a key is enough, nothing else is offered, and nothing kept for it.
        if level > Level::MultiFactor {
            return draw(&app, &visit, None, None);
        }
        let offer = Offer::make(&app, &visit, now).await?;
        draw(&app, &visit, Some(&offer), None)
    })
    .await
}

/// `POST /enrol`
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let now = app.now();
        let params = form::body(&headers, &body).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        csrf::check(&visit.visitor.browser, &visit.purpose(PAGE), params.get("csrf"))?;
        let step = advance::decide(&app, &visit, now).await?;
        let Step::Page(Page::Enrol(level)) = step else {
            return advance::take(&app, &visit, step, now).await;
        };
        if params.get("decision") == Some("switch") {
            return consent::switch(&app, &visit, now).await;
        }
        if level > Level::MultiFactor {
            return draw(&app, &visit, None, None);
        }
        confirm(&app, visit, &params, &caller, now).await
    })
    .await
}

/// Makes the offered seed count, if this is its code, and goes on.
async fn confirm(
    app: &App,
    mut visit: Visit,
    params: &Params,
    caller: &Caller,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let added = match totp::enrol(app, &mut visit, params, caller, now).await? {
        Enrolment::Expired => {
            let offer = Offer::make(app, &visit, now).await?;
            return draw(app, &visit, Some(&offer), Some(CodeNotice::Expired));
        }
        Enrolment::Wrong(offer) => {
            return draw(app, &visit, Some(&offer), Some(CodeNotice::Wrong));
        }
        Enrolment::Done(added) => *added,
    };
    let Added { mut tx, change, codes } = added;
    let cookies = change.cookies_of_known(app, &visit);
    if !tx.set_interaction_facts(&visit.interaction).await? {
        return Err(Stale::Expired.into());
    }
    tx.commit().await?;
    let answer = if let Some(codes) = codes {
        let next = format!("/continue?interaction={}", visit.interaction.id);
        recovery::show(app, &codes, &next)
    } else {
        let step = advance::decide(app, &visit, now).await?;
        advance::take(app, &visit, step, now).await?
    };
    Ok((cookies, answer).into_response())
}

fn draw(
    app: &App,
    visit: &Visit,
    offer: Option<&Offer>,
    notice: Option<CodeNotice>,
) -> Result<Response, BrowserFailure> {
    let (_, user) = visit.signed_in()?;
    let shown = offer.map(|offer| offer.shown(app, user)).transpose()?;
    let page = EnrolPage {
        layout: html::layout(app),
        client: html::asker(&visit.client),
        person: html::person(user),
        interaction: visit.interaction.id.as_str(),
        csrf: &csrf::value(&visit.visitor.browser, &visit.purpose(PAGE)),
        has_keys: app.has_keys(),
        totp: shown.as_ref().map(Shown::offer),
        notice,
    };
    Ok(visit.draw(app, &page))
}
