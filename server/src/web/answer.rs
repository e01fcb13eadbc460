//! How the client hears what came of a sign-in: by a redirect, or by a form that the
//! browser posts (RFC 6749 §4.1.2, Form Post Response Mode §2).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::model::interaction::ResponseMode;
use shared::model::{IncidentCode, Request, Secret};
use shared::rules::authorize::Returned;
use url::form_urlencoded;

use super::failure::Fault;
use super::html;
use super::incident::described;
use super::page::FormPostPage;
use crate::app::App;

/// A redirect after which the browser fetches with GET, whatever it sent before: a
/// password never goes on to the client (RFC 9700 §4.12).
pub(crate) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        tracing::error!("a redirect has characters that no header can hold");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::CACHE_CONTROL, NO_STORE)])
        .into_response()
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An answer on its way: where to, how, and what it says.
struct Answer<'a> {
    redirect_uri: &'a str,
    response_mode: ResponseMode,
    parameters: Vec<(&'a str, &'a str)>,
}

/// Sends the code.
pub(crate) fn code(app: &App, request: &Request, code: &Secret<String>) -> Result<Response, Fault> {
    let answer = Answer {
        redirect_uri: &request.redirect_uri,
        response_mode: request.response_mode,
        parameters: vec![("code", code.expose())],
    };
    send(app, answer, request.state.as_deref())
}

/// Sends an error that is nobody's mistake.
pub(crate) fn error(app: &App, returned: &Returned) -> Result<Response, Fault> {
    incident(app, returned, None)
}

/// Sends an error with the code by which the operator finds what it is about.
pub(crate) fn incident(
    app: &App,
    returned: &Returned,
    code: Option<&IncidentCode>,
) -> Result<Response, Fault> {
    let refusal = returned.refusal;
    let description = described(refusal, code);
    let answer = Answer {
        redirect_uri: &returned.redirect_uri,
        response_mode: returned.response_mode,
        parameters: vec![("error", refusal.code.as_str()), ("error_description", &description)],
    };
    send(app, answer, returned.state.as_deref())
}

/// Adds the client's state and the issuer's name, so that a client of two providers
/// knows whose answer it is (RFC 9207 §2), and sends it all.
fn send<'a>(
    app: &'a App,
    mut answer: Answer<'a>,
    state: Option<&'a str>,
) -> Result<Response, Fault> {
    answer.parameters.extend(state.map(|state| ("state", state)));
    answer.parameters.push(("iss", app.config.issuer.as_str()));
    match answer.response_mode {
        ResponseMode::Query => redirect(&answer),
        ResponseMode::FormPost => Ok(form(app, &answer)),
    }
}

/// A redirect URI's own query is kept (RFC 6749 §3.1.2).
fn redirect(answer: &Answer<'_>) -> Result<Response, Fault> {
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&answer.parameters).finish();
    let separator = match answer.redirect_uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let location = format!("{}{separator}{query}", answer.redirect_uri);
    if HeaderValue::from_str(&location).is_err() {
        return Err(Fault::Answer("a redirect URI cannot stand in a header"));
    }
    Ok(see_other(&location))
}

fn form(app: &App, answer: &Answer<'_>) -> Response {
    let page = FormPostPage {
        layout: html::layout(app),
        action: answer.redirect_uri,
        parameters: &answer.parameters,
    };
    html::draw(StatusCode::OK, &page, Some(answer.redirect_uri))
}
