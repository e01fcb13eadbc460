//! Plain HTTP, as everybody who talks to the server speaks it.

use std::fmt;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// Somebody who can reach the server under its issuer's name. Follows no redirects and
/// keeps no cookies.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    /// Scheme, host and port of the issuer.
    origin: String,
    /// Where the server really listens.
    address: SocketAddr,
    /// What a proxy in between adds.
    added: HeaderMap,
}

impl Http {
    pub(crate) fn new(origin: String, address: SocketAddr) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_mins(1))
            .no_proxy()
            .build()
            .expect("an HTTP client can be made");
        Self { client, origin, address, added: HeaderMap::new() }
    }

    /// With a header in every request, as a proxy or a liar adds it.
    pub(crate) fn adding(mut self, name: &'static str, value: &str) -> Self {
        self.added.append(name, value.parse().expect("a header can have this value"));
        self
    }

    /// Whether an address is on the server.
    pub(crate) fn is_here(&self, url: &str) -> bool {
        url.strip_prefix(&self.origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// A request to an address on the server, or to a path below its origin.
    pub(crate) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let path = url.strip_prefix(&self.origin).unwrap_or(url);
        assert!(path.is_empty() || path.starts_with('/'), "{url} is not on the server");
        let (_, host) = self.origin.split_once("://").expect("an origin has a scheme");
        self.client
            .request(method, format!("http://{}{path}", self.address))
            .header("host", host)
            .headers(self.added.clone())
    }

    /// Sends a request of the `http` crate, as `openidconnect` makes them.
    pub(crate) async fn send(
        &self,
        request: openidconnect::HttpRequest,
    ) -> Result<openidconnect::HttpResponse, reqwest::Error> {
        let (parts, body) = request.into_parts();
        let response = self
            .request(parts.method, &parts.uri.to_string())
            .headers(parts.headers)
            .body(body)
            .send()
            .await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut answer = openidconnect::HttpResponse::new(response.bytes().await?.to_vec());
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        answer(self.request(Method::GET, url)).await
    }

    pub(crate) async fn post(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        answer(self.request(Method::POST, url).form(form)).await
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    try_answer(request).await.expect("the server answers")
}

/// The same, with a server that may not live to answer.
pub(crate) async fn try_answer(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.text().await? })
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}\n{}", self.status, self.headers, self.body)
    }
}

impl Answer {
    /// A header, all its lines joined; empty if it is absent.
    pub(crate) fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.collect::<Vec<_>>().join(", ")
    }

    /// The media type without its parameters.
    pub(crate) fn media_type(&self) -> String {
        self.header("content-type").split(';').next().unwrap_or_default().trim().to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The code in the description of an OAuth error, if there is one.
    pub(crate) fn incident_code(&self) -> Option<String> {
        incident_code(self.json()["error_description"].as_str().unwrap_or_default())
    }

    /// Checks that it is an OAuth error as RFC 6749 §5.2 writes it.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, error: &str) {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(self.media_type(), "application/json", "{self}");
        assert!(self.header("cache-control").contains("no-store"), "{self}");
        let body = self.json();
        assert_eq!(body["error"], error, "{self}");
        let description = body["error_description"].as_str().unwrap_or_default();
        assert!(is_description(description), "{description}");
        assert!(body.get("access_token").is_none(), "{self}");
    }
}

/// Whether `error_description` keeps to its characters (RFC 6749 §4.1.2.1, §5.2).
pub(crate) fn is_description(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

/// The code at the end of an `error_description`, such as `(code K7QF-2M9P)`, if there is one.
pub(crate) fn incident_code(description: &str) -> Option<String> {
    let (_, code) = description.strip_suffix(')')?.rsplit_once(" (code ")?;
    let is_digit =
        |byte: u8| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(&byte));
    let is_code = code.len() == 9
        && code
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 { byte == b'-' } else { is_digit(byte) });
    assert!(is_code, "{code} is no code");
    Some(code.to_owned())
}

/// The header and the claims of a JWT whose signature nobody asks about.
pub(crate) fn read_jwt(jwt: &str) -> (Value, Value) {
    let part = |number| {
        let text = jwt.split('.').nth(number).expect("a JWT has three parts");
        let bytes = URL_SAFE_NO_PAD.decode(text).expect("they are base64url without padding");
        serde_json::from_slice(&bytes).expect("they are JSON")
    };
    (part(0), part(1))
}

/// This moment, in seconds since the epoch.
pub(crate) fn now() -> i64 {
    let elapsed = std::time::UNIX_EPOCH.elapsed().expect("the clock is right");
    i64::try_from(elapsed.as_secs()).expect("the clock is right")
}
