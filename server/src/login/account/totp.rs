//! `/account/factors/totp`: adds an application that makes codes.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Proof, csrf_value, done, enter, enter_with, factors, read};
use crate::app::App;
use crate::login::factors::totp::{self, Added, Enrolment, Offer};
use crate::login::factors::{enrolment, recovery};
use crate::login::visit::Visit;
use crate::web::account_page::TotpPage;
use crate::web::client_ip::Caller;
use crate::web::failure::{BrowserFailure, answered};
use crate::web::html;
use crate::web::page::CodeNotice;

const PATH: &str = "/account/factors/totp";

/// `GET /account/factors/totp`
pub(crate) async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visit = enter(&app, &headers, PATH, Proof::Recent).await?;
        let offer = Offer::make(&app, &visit, app.now()).await?;
        let page = draw(&app, &visit, &offer, totp::NAME, None)?;
        Ok((visit.visitor.cookies(&app), page).into_response())
    })
    .await
}

/// `POST /account/factors/totp`
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let params = read(&headers, &body)?;
        let mut visit = enter_with(&app, &headers, PATH, Proof::Begun, &params).await?;
        let now = app.now();
        let name = enrolment::name(params.get("name"), totp::NAME);
        let added = match totp::enrol(&app, &mut visit, &params, &caller, now).await? {
            Enrolment::Expired => {
                let visit = enter(&app, &headers, PATH, Proof::Recent).await?;
                let offer = Offer::make(&app, &visit, now).await?;
                return draw(&app, &visit, &offer, &name, Some(CodeNotice::Expired));
            }
            Enrolment::Wrong(offer) => {
                return draw(&app, &visit, &offer, &name, Some(CodeNotice::Wrong));
            }
            Enrolment::Done(added) => *added,
        };
        let Added { tx, change, codes } = added;
        tx.commit().await?;
        let answer = match &codes {
            Some(codes) => recovery::show(&app, codes, factors::PATH),
            None => done(&app, factors::PATH, "added"),
        };
        Ok((change.cookies_of_known(&app, &visit), answer).into_response())
    })
    .await
}

fn draw(
    app: &App,
    visit: &Visit,
    offer: &Offer,
    name: &str,
    notice: Option<CodeNotice>,
) -> Result<Response, BrowserFailure> {
    let (_, user) = visit.signed_in()?;
    let shown = offer.shown(app, user)?;
    let page = TotpPage {
        layout: html::layout(app),
        csrf: &csrf_value(visit)?,
        totp: shown.offer(),
        name,
        notice,
    };
    Ok(html::draw(StatusCode::OK, &page, None))
}
