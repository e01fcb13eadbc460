//! The page at the issuer's own address.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::visit::Visitor;
use crate::app::App;
use crate::web::failure::answered;
use crate::web::html;
use crate::web::page::HomePage;

/// `GET /`: what this is, and who is signed in.
pub(crate) async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visitor = Visitor::read(&app, &headers, app.now()).await?;
        let page = HomePage {
            layout: html::layout(&app),
            issuer: app.config.issuer.as_str(),
            person: visitor.signed_in.as_ref().map(|(_, user)| html::person(user)),
        };
        Ok(html::draw(StatusCode::OK, &page, None))
    })
    .await
}
