//! Drawing pages.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::model::incident::{AskedParams, Place};
use shared::model::{Client, IncidentCode, User};
use shared::rules::authorize::Notice;
use shared::rules::logout::Objection;
use shared::rules::why::masked;

use super::failure::Stale;
use super::page::{Asker, ErrorPage, Layout, Person, Wait};
use super::{assets, headers, incident, request_id};
use crate::app::App;

/// Where a page finds its files and forms.
pub(crate) fn layout(app: &App) -> Layout<'_> {
    Layout { base: app.config.issuer.path(), assets_version: assets::version() }
}

/// A client, as pages show it.
pub(crate) fn asker(client: &Client) -> Asker<'_> {
    Asker {
        name: &client.name,
        client_uri: client.links.home.as_deref(),
        policy_uri: client.links.policy.as_deref(),
        tos_uri: client.links.terms.as_deref(),
    }
}

/// A person, as pages name them.
pub(crate) fn person(user: &User) -> Person<'_> {
    Person { name: user.profile.name.as_deref(), username: &user.username }
}

/// Draws a page whose form ends, after redirects, at `redirect_uri` if anywhere.
pub(crate) fn draw(
    status: StatusCode,
    page: &impl Template,
    redirect_uri: Option<&str>,
) -> Response {
    let Ok(text) = page.render() else {
        tracing::error!("a page could not be drawn");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let policy = headers::content_security_policy(redirect_uri);
    let mut answer = (
        status,
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_FRAME_OPTIONS, "DENY"),
        ],
        text,
    )
        .into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    answer
}

impl Wait {
    /// The page that asks for it, as an answer that says so to programs too (RFC 6585 §4).
    pub(crate) fn answer(self, mut page: Response) -> Response {
        *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(self.seconds));
        page
    }
}

/// The page for a request that is not good enough to be answered.
pub(crate) fn notice(app: &App, notice: Notice, code: Option<IncidentCode>) -> Response {
    let refusal = notice.refusal();
    error(
        app,
        StatusCode::BAD_REQUEST,
        &Words {
            title: "This sign-in cannot start",
            explanation: "The application sent you here with a request that cannot be answered \
                          safely, so you were not sent back to it.",
            hint: Some(
                "Go back to the application and try again. If it happens again, tell the \
                        people who run it what stands below.",
            ),
            error: refusal.code.as_str(),
            parameter: notice.parameter(),
            description: Some(refusal.description),
            code,
        },
    )
}

/// The page for a request to sign out that is not followed.
pub(crate) fn objection(app: &App, objection: Objection, code: Option<IncidentCode>) -> Response {
    let refusal = objection.refusal();
    error(
        app,
        StatusCode::BAD_REQUEST,
        &Words {
            title: "You are not signed out",
            explanation: "The application asked for it in a way that cannot be followed safely.",
            hint: Some(
                "Open this server's own address to sign out here, and tell the people who run \
                 the application what stands below.",
            ),
            error: refusal.code.as_str(),
            parameter: objection.parameter(),
            description: Some(refusal.description),
            code,
        },
    )
}

/// The page for a form that is not accepted. That a sign-in ends with its time is nobody's
/// mistake; the rest can be a browser without cookies, or somebody's forgery.
pub(crate) fn stale(app: &App, stale: Stale) -> Response {
    let why = match stale {
        Stale::Expired => None,
        Stale::OtherBrowser => Some("the sign-in was started in another browser"),
        Stale::Forged => Some("the form came from another site"),
        Stale::Malformed => Some("the form cannot be read"),
    };
    let code = why.and_then(|why| {
        incident::put_down(app, Place::Form, ("invalid_request", why), AskedParams::default)
    });
    let (status, title, explanation) = match stale {
        Stale::Expired => (
            StatusCode::BAD_REQUEST,
            "This sign-in has ended",
            "It took too long, or it was finished already.",
        ),
        Stale::OtherBrowser => (
            StatusCode::BAD_REQUEST,
            "This sign-in belongs to another browser",
            "It was started in another browser or window, or this browser does not keep cookies.",
        ),
        Stale::Forged => (
            StatusCode::FORBIDDEN,
            "This form is not valid here",
            "It did not come from this site, or the page was open for too long.",
        ),
        Stale::Malformed => (
            StatusCode::BAD_REQUEST,
            "This form cannot be read",
            "What your browser sent is not what the page asked for.",
        ),
    };
    error(
        app,
        status,
        &Words {
            title,
            explanation,
            hint: Some("Go back to the application and sign in again."),
            error: "invalid_request",
            parameter: None,
            description: None,
            code,
        },
    )
}

/// The page for a request that no form and no link of a page makes.
pub(crate) fn not_taken(app: &App, status: StatusCode, why: &'static str) -> Response {
    let said = ("invalid_request", why);
    let code = incident::put_down(app, Place::NotTaken, said, AskedParams::default);
    error(
        app,
        status,
        &Words {
            title: "This request is not taken",
            explanation: "What your browser sent is not what this address is for.",
            hint: Some("Go back to the application and sign in again."),
            error: "invalid_request",
            parameter: None,
            description: Some(why),
            code,
        },
    )
}

/// The page for an error of the server.
pub(crate) fn fault(app: &App) -> Response {
    let said = ("server_error", "an error of the server");
    let code = incident::put_down(app, Place::Fault, said, AskedParams::default);
    error(
        app,
        StatusCode::INTERNAL_SERVER_ERROR,
        &Words {
            title: "Something went wrong here",
            explanation: "This is an error of the server, not of yours. It has been logged.",
            hint: Some(
                "Try again in a moment. If it happens again, tell the people who run this \
                        server the number below.",
            ),
            error: "server_error",
            parameter: None,
            description: None,
            code,
        },
    )
}

/// The page for an address that leads nowhere: perhaps an application took it for one of
/// this server's.
pub(crate) fn not_found(app: &App, path: &str) -> Response {
    let asked = || AskedParams { path: Some(masked(path)), ..AskedParams::default() };
    let said = ("not_found", "the address leads nowhere");
    let code = incident::put_down(app, Place::NotFound, said, asked);
    error(
        app,
        StatusCode::NOT_FOUND,
        &Words {
            title: "There is no such page",
            explanation: "The address leads nowhere on this server.",
            hint: None,
            error: "not_found",
            parameter: None,
            description: None,
            code,
        },
    )
}

/// What an error page says.
struct Words<'a> {
    title: &'a str,
    explanation: &'a str,
    hint: Option<&'a str>,
    error: &'a str,
    parameter: Option<&'a str>,
    description: Option<&'a str>,
    code: Option<IncidentCode>,
}

fn error(app: &App, status: StatusCode, words: &Words<'_>) -> Response {
    let page = ErrorPage {
        layout: layout(app),
        title: words.title,
        explanation: words.explanation,
        hint: words.hint,
        error: words.error,
        parameter: words.parameter,
        description: words.description,
        incident_code: words.code.as_ref().map(ToString::to_string),
        request_id: &request_id::current(),
    };
    draw(status, &page, None)
}
