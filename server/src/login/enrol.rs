//! The page on which a person adds a second factor, because this sign-in needs one.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use shared::model::{Level, Secret, Timestamp};
use shared::rules::next_step::Step;
use shared::rules::params::Params;

use super::factors::enrolment::{self, Enrolled};
use super::factors::totp::{self, Offer};
use super::session::{Change, Proof};
use super::visit::Visit;
use super::{advance, consent};
use crate::app::App;
use crate::web::cookie::join;
use crate::web::failure::{BrowserFailure, Stale};
use crate::web::page::{CodeNotice, EnrolPage, RecoveryCodesPage, TotpOffer};
use crate::web::{csrf, form, html};

/// What the form's CSRF value is bound to.
const PAGE: &str = "enrol";

/// `GET /enrol`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let page = async {
        let now = app.now();
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        let step = advance::decide(&app, &visit, now).await?;
        let Step::Enrol(level) = step else {
            return advance::take(&app, &visit, step, now).await;
        };
        let (_, user) = visit.signed_in()?;
        let offer = Offer::make(&app, &user.id, visit.visitor.browser_hash(), now).await?;
        draw(&app, &visit, level, &offer, None)
    };
    page.await.unwrap_or_else(|failure: BrowserFailure| failure.answer(&app))
}

/// `POST /enrol`
pub(crate) async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = async {
        let now = app.now();
        let params = form::body(&headers, &body).map_err(|_| Stale::Malformed)?;
        let visit = Visit::find(&app, &headers, &params, now).await?;
        csrf::check(&visit.visitor.browser, &visit.purpose(PAGE), params.get("csrf"))?;
        let step = advance::decide(&app, &visit, now).await?;
        let Step::Enrol(level) = step else {
            return advance::take(&app, &visit, step, now).await;
        };
        if params.get("decision") == Some("switch") {
            return consent::switch(&app, &visit, now).await;
        }
        confirm(&app, visit, level, &params, now).await
    };
    answer.await.unwrap_or_else(|failure: BrowserFailure| failure.answer(&app))
}

/// Makes the offered seed count, if this is its code.
async fn confirm(
    app: &App,
    mut visit: Visit,
    level: Level,
    params: &Params,
    now: Timestamp,
) -> Result<Response, BrowserFailure> {
    let (_, user) = visit.signed_in()?;
    let browser = visit.visitor.browser_hash();
    let id = params.get("offer").unwrap_or_default();
    let Some(offer) = Offer::find(app, id, &user.id, &browser, now).await? else {
        let offer = Offer::make(app, &user.id, browser, now).await?;
        return draw(app, &visit, level, &offer, Some(CodeNotice::Expired));
    };
    let name = enrolment::name(params.get("name"), totp::NAME);
    let code = params.get("code").unwrap_or_default();
    let Some((factor, period)) = offer.confirm(app, &name, code, now)? else {
        return draw(app, &visit, level, &offer, Some(CodeNotice::Wrong));
    };
    let proof = Proof { methods: totp::METHODS, level: Level::MultiFactor };
    let mut tx = visit.begin(app, now).await?;
    if !tx.redeem_challenge(&offer.id).await? {
        return Err(Stale::Expired.into());
    }
    let Enrolled::Done(codes) = enrolment::write(&mut tx, &factor, now).await? else {
        return Err(Stale::Expired.into());
    };
    tx.redeem_totp_period(&factor.id, period, now).await?;
    let change = Change::second(&mut visit, proof)?;
    change.write(&mut tx, &visit, now).await?;
    let (_, user) = visit.signed_in()?;
    let cookies = join(change.cookie(app), &visit.visitor.device.known_to(app, &user.id));
    if !tx.set_interaction_facts(&visit.interaction).await? {
        return Err(Stale::Expired.into());
    }
    tx.commit().await?;
    let answer = if let Some(codes) = codes {
        show_codes(app, &visit, &codes)
    } else {
        let step = advance::decide(app, &visit, now).await?;
        advance::take(app, &visit, step, now).await?
    };
    Ok((cookies, answer).into_response())
}

fn show_codes(app: &App, visit: &Visit, codes: &[Secret<String>]) -> Response {
    let next = app.config.issuer.at(&format!("/continue?interaction={}", visit.interaction.id));
    let codes: Vec<_> = codes.iter().map(|code| code.expose().as_str()).collect();
    visit.draw(app, &RecoveryCodesPage { layout: html::layout(app), codes: &codes, next: &next })
}

fn draw(
    app: &App,
    visit: &Visit,
    level: Level,
    offer: &Offer,
    notice: Option<CodeNotice>,
) -> Result<Response, BrowserFailure> {
    let (_, user) = visit.signed_in()?;
    let (picture, text, uri) = (offer.picture(app, user)?, offer.text()?, offer.uri(app, user)?);
    let page = EnrolPage {
        layout: html::layout(app),
        client: html::asker(&visit.client),
        person: html::person(user),
        interaction: visit.interaction.id.as_str(),
        csrf: &csrf::value(&visit.visitor.browser, &visit.purpose(PAGE)),
        has_keys: app.has_keys(),
        totp: (level <= Level::MultiFactor).then_some(TotpOffer {
            id: &offer.id,
            text: text.expose(),
            uri: uri.expose(),
            size: picture.size,
            path: picture.path.expose(),
        }),
        notice,
    };
    Ok(visit.draw(app, &page))
}
