//! What the application says when it cannot go on.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::id_token::Distrust;
use super::page;

/// Why the person gets another page than the one they asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("There is no such page here.")]
    NotFound,
    /// A form that another site made the browser send.
    #[error("This form was sent by another site, so nothing was done.")]
    CrossSite,
    /// No sign-in of this browser has that `state`.
    #[error("The answer belongs to no sign-in that this browser has begun, so it was dropped.")]
    ForeignAnswer,
    /// RFC 9207 §2.4: the answer comes from somebody else.
    #[error("The answer does not name the issuer that was asked, so it was dropped.")]
    ForeignIssuer,
    /// The provider's answer to the sign-in is an error (RFC 6749 §4.1.2.1).
    #[error("{}", explain(error))]
    Refused { error: String, description: Option<String> },
    #[error("The provider at {issuer} did not tell where its endpoints are.")]
    Undiscovered { issuer: String, reason: String },
    /// An endpoint could not be asked, or gave an answer that means nothing.
    #[error("The provider's {endpoint} endpoint gave no usable answer.")]
    Unanswered { endpoint: &'static str, reason: String },
    #[error("What the provider sent could not be trusted, so it was dropped.")]
    Untrusted(#[from] Distrust),
    #[error("This page could not be drawn.")]
    Undrawn(#[from] askama::Error),
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::ForeignAnswer | Self::ForeignIssuer | Self::Refused { .. } => {
                StatusCode::BAD_REQUEST
            }
            Self::Undiscovered { .. } | Self::Unanswered { .. } | Self::Untrusted(_) => {
                StatusCode::BAD_GATEWAY
            }
            Self::Undrawn(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::Refused { error, .. } if error == "access_denied" => "You said no",
            Self::Undiscovered { .. } | Self::Unanswered { .. } => "The provider did not answer",
            Self::Untrusted(_) => "The provider was not believed",
            Self::Undrawn(_) => "Something went wrong",
            Self::CrossSite => "Nothing was done",
            _ => "The sign-in did not finish",
        }
    }

    /// What a developer wants to know beside the sentence.
    fn detail(&self) -> Option<String> {
        match self {
            Self::Refused { description, .. } => description.clone(),
            Self::Undiscovered { reason, .. } | Self::Unanswered { reason, .. } => {
                Some(reason.clone())
            }
            Self::Untrusted(distrust) => Some(shared::causes(distrust)),
            _ => None,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            // The causes stay out of the log: they may quote what the provider sent.
            tracing::warn!(status = status.as_u16(), "demo application: {self}");
        }
        let code = match &self {
            Self::Refused { error, .. } => Some(error.as_str()),
            _ => None,
        };
        let page = page::Error {
            title: self.title(),
            text: self.to_string(),
            code,
            detail: self.detail(),
        };
        match page::draw(&page) {
            Ok(html) => (status, html).into_response(),
            Err(_) => (status, self.to_string()).into_response(),
        }
    }
}

/// The meaning of an error code for the person in front of the page.
fn explain(error: &str) -> &'static str {
    match error {
        "access_denied" => {
            "You did not allow this application to know you. That is fine: it learned nothing."
        }
        "login_required" | "interaction_required" | "consent_required" => {
            "The provider needs to talk to you before it can sign you in."
        }
        "temporarily_unavailable" | "server_error" => {
            "The provider cannot sign you in at the moment."
        }
        _ => "The provider refused the sign-in that this application asked for.",
    }
}
