//! What the `UserInfo` endpoint says (Core §5.3).

use axum::http::header::{ACCEPT, AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{Request, StatusCode};
use openidconnect::core::CoreUserInfoClaims;
use openidconnect::{AccessToken, HttpResponse, SubjectIdentifier};
use serde_json::Value;

use super::failure::Failure;
use super::provider::Provider;

/// An answer of the `UserInfo` endpoint, good or bad.
pub(super) struct UserInfo {
    pub(super) status: StatusCode,
    /// Why a token was not accepted (RFC 6750 §3).
    pub(super) challenge: Option<String>,
    /// The body, indented if it is JSON.
    pub(super) body: String,
    /// What to call the person.
    pub(super) name: Option<String>,
}

impl UserInfo {
    /// Asks who the access token speaks for.
    ///
    /// # Errors
    /// [`Failure::Unanswered`] if nobody answers, or the answer is about somebody else: claims
    /// of another `sub` must not be used (Core §5.3.2).
    pub(super) async fn ask(
        provider: &Provider,
        access_token: &AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<Self, Failure> {
        let metadata = provider.metadata().await?;
        let endpoint = metadata
            .userinfo_endpoint()
            .ok_or_else(|| unanswered("the provider's metadata do not name it".to_owned()))?;
        // Sent by hand: the client's own request would keep the claims and drop the header
        // that says why a token is refused.
        let request = Request::get(endpoint.as_str())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", access_token.secret()))
            .body(Vec::new())
            .map_err(|error| unanswered(shared::causes(&error)))?;
        let http = provider.http_client();
        let answer = http(request).await.map_err(|error| unanswered(shared::causes(&error)))?;
        Self::read(&answer, subject)
    }

    fn read(answer: &HttpResponse, subject: &SubjectIdentifier) -> Result<Self, Failure> {
        let status = answer.status();
        if status == StatusCode::OK {
            CoreUserInfoClaims::from_json::<reqwest::Error>(answer.body(), Some(subject))
                .map_err(|error| unanswered(shared::causes(&error)))?;
        }
        let json: Option<Value> = serde_json::from_slice(answer.body()).ok();
        let text = |member| json.as_ref()?.get(member)?.as_str().map(str::to_owned);
        let challenge = answer.headers().get(WWW_AUTHENTICATE);
        Ok(Self {
            status,
            challenge: challenge.and_then(|value| value.to_str().ok()).map(str::to_owned),
            name: text("name").or_else(|| text("preferred_username")),
            body: json.map_or_else(
                || String::from_utf8_lossy(answer.body()).into_owned(),
                |json| format!("{json:#}"),
            ),
        })
    }

    /// The answer in one line.
    pub(super) fn summary(&self) -> String {
        match &self.challenge {
            Some(challenge) => format!("{}, {challenge}", self.status),
            None => self.status.to_string(),
        }
    }
}

fn unanswered(reason: String) -> Failure {
    Failure::Unanswered { endpoint: "UserInfo", reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: StatusCode, body: &str) -> Result<UserInfo, Failure> {
        let mut answer = HttpResponse::new(body.as_bytes().to_vec());
        *answer.status_mut() = status;
        answer.headers_mut().insert(WWW_AUTHENTICATE, "Bearer error=\"x\"".parse().unwrap());
        UserInfo::read(&answer, &SubjectIdentifier::new("alice".into()))
    }

    #[test]
    fn claims_about_somebody_else_are_dropped() {
        assert!(read(StatusCode::OK, r#"{"sub":"alice","name":"Alice"}"#).is_ok());
        assert!(read(StatusCode::OK, r#"{"sub":"mallory","name":"Alice"}"#).is_err());
        assert!(read(StatusCode::OK, "<html>").is_err());
    }

    #[test]
    fn a_claim_this_application_does_not_know_is_shown_too() {
        let answer = read(StatusCode::OK, r#"{"sub":"alice","team":"blue"}"#).unwrap();
        assert!(answer.body.contains("\"team\": \"blue\""), "{}", answer.body);
    }

    #[test]
    fn a_refusal_tells_why() {
        let answer = read(StatusCode::UNAUTHORIZED, "").unwrap();
        assert_eq!(answer.summary(), "401 Unauthorized, Bearer error=\"x\"");
    }
}
