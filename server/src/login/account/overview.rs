//! `/account`: where everything is.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::{Proof, enter};
use crate::app::App;
use crate::web::account_page::OverviewPage;
use crate::web::failure::answered;
use crate::web::html;

const PATH: &str = "/account";

/// `GET /account`
pub(crate) async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visit = enter(&app, &headers, PATH, Proof::Usual).await?;
        let (_, user) = visit.signed_in()?;
        let page = OverviewPage { layout: html::layout(&app), person: html::person(user) };
        Ok(html::draw(StatusCode::OK, &page, None))
    })
    .await
}
