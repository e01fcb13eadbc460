//! `/account/factors/totp`: adds an application that makes codes.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use shared::model::Level;

use super::{Proof, csrf_value, done, enter, enter_with, factors, read};
use crate::app::App;
use crate::login::factors::enrolment::{self, Enrolled};
use crate::login::factors::totp::{self, Offer};
use crate::login::session::{self, Change};
use crate::login::visit::Visit;
use crate::web::account_page::TotpPage;
use crate::web::failure::{BrowserFailure, Stale};
use crate::web::html;
use crate::web::page::{CodeNotice, RecoveryCodesPage, TotpOffer};

const PATH: &str = "/account/factors/totp";

/// `GET /account/factors/totp`
pub(crate) async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    let page = async {
        let visit = enter(&app, &headers, PATH, Proof::Recent).await?;
        let (_, user) = visit.signed_in()?;
        let browser = visit.visitor.browser_hash();
        let offer = Offer::make(&app, &user.id, browser, app.now()).await?;
        let page = draw(&app, &visit, &offer, None)?;
        Ok((visit.visitor.cookies(&app), page).into_response())
    };
    page.await.unwrap_or_else(|failure: BrowserFailure| failure.answer(&app))
}

/// `POST /account/factors/totp`
pub(crate) async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = async {
        let params = read(&headers, &body)?;
        let mut visit = enter_with(&app, &headers, PATH, Proof::Recent, &params).await?;
        let now = app.now();
        let (_, user) = visit.signed_in()?;
        let browser = visit.visitor.browser_hash();
        let id = params.get("offer").unwrap_or_default();
        let Some(offer) = Offer::find(&app, id, &user.id, &browser, now).await? else {
            let offer = Offer::make(&app, &user.id, browser, now).await?;
            return draw(&app, &visit, &offer, Some(CodeNotice::Expired));
        };
        let name = enrolment::name(params.get("name"), totp::NAME);
        let code = params.get("code").unwrap_or_default();
        let Some((factor, period)) = offer.confirm(&app, &name, code, now)? else {
            return draw(&app, &visit, &offer, Some(CodeNotice::Wrong));
        };
        let mut tx = visit.begin(&app, now).await?;
        if !tx.redeem_challenge(&offer.id).await? {
            return Err(Stale::Expired.into());
        }
        let Enrolled::Done(codes) = enrolment::write(&mut tx, &factor, now).await? else {
            return Err(Stale::Expired.into());
        };
        tx.redeem_totp_period(&factor.id, period, now).await?;
        // The code was a second factor, too: it is not asked for again at the next page.
        let proof = session::Proof { methods: totp::METHODS, level: Level::MultiFactor };
        let change = Change::second(&mut visit, proof)?;
        change.write(&mut tx, &visit, now).await?;
        tx.commit().await?;
        let next = app.config.issuer.at(factors::PATH);
        let answer = match &codes {
            Some(codes) => {
                let codes: Vec<_> = codes.iter().map(|code| code.expose().as_str()).collect();
                let layout = html::layout(&app);
                let page = RecoveryCodesPage { layout, codes: &codes, next: &next };
                html::draw(StatusCode::OK, &page, None)
            }
            None => done(&app, factors::PATH, "added"),
        };
        Ok((change.cookie(&app), answer).into_response())
    };
    answer.await.unwrap_or_else(|failure: BrowserFailure| failure.answer(&app))
}

fn draw(
    app: &App,
    visit: &Visit,
    offer: &Offer,
    notice: Option<CodeNotice>,
) -> Result<Response, BrowserFailure> {
    let (_, user) = visit.signed_in()?;
    let (picture, text, uri) = (offer.picture(app, user)?, offer.text()?, offer.uri(app, user)?);
    let page = TotpPage {
        layout: html::layout(app),
        csrf: &csrf_value(visit)?,
        totp: TotpOffer {
            id: &offer.id,
            text: text.expose(),
            uri: uri.expose(),
            size: picture.size,
            path: picture.path.expose(),
        },
        notice,
    };
    Ok(html::draw(StatusCode::OK, &page, None))
}
