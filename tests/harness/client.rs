//! Relying parties. What they believe, the `openidconnect` crate has verified with the
//! published keys; what they send may be anything.

use std::str::FromStr;

use openidconnect::core::{
    CoreClient, CoreIdToken, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, TokenResponse,
};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::form_urlencoded;

use super::browser::{Browser, Returned};
use super::cli::Person;
use super::http::{self, Answer, Http, read_jwt};
use super::server::Site;

/// A client of the `openidconnect` crate, which has just read the metadata and the keys.
/// A macro, because the type has a name of twenty parameters.
macro_rules! client {
    ($party:expr) => {{
        let party: &RelyingParty = $party;
        let http = |request| party.http.send(request);
        let issuer = IssuerUrl::new(party.issuer.clone()).expect("the issuer is a URL");
        let metadata = CoreProviderMetadata::discover_async(issuer, &http).await;
        let secret = match party.auth {
            Auth::None => None,
            Auth::Basic | Auth::Post => Some(ClientSecret::new(party.secret.clone())),
        };
        let auth_type =
            if party.auth == Auth::Post { AuthType::RequestBody } else { AuthType::BasicAuth };
        CoreClient::from_provider_metadata(
            metadata.expect("the metadata can be read"),
            ClientId::new(party.id.clone()),
            secret,
        )
        .set_auth_type(auth_type)
    }};
}

/// Parameters that can be bent before they are sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn new(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(each, _)| each == name).map_or("", |(_, value)| value)
    }

    /// With this parameter once, with this value.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).also(name, value)
    }

    /// With one more parameter, whether it was there before or not.
    pub(crate) fn also(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(each, _)| each != name);
        self
    }

    pub(crate) fn reversed(mut self) -> Self {
        self.0.reverse();
        self
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    pub(crate) fn borrowed(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    pub(crate) fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// A sign-in that a relying party asks for, with what it remembers of it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) params: Params,
    pub(crate) verifier: String,
    endpoint: String,
}

impl Request {
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        Self { params: self.params.with(name, value), ..self }
    }

    pub(crate) fn also(self, name: &str, value: &str) -> Self {
        Self { params: self.params.also(name, value), ..self }
    }

    pub(crate) fn without(self, name: &str) -> Self {
        Self { params: self.params.without(name), ..self }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}?{}", self.endpoint, self.params.encoded())
    }
}

/// How a relying party proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    None,
    Basic,
    Post,
}

/// A client of the server.
#[derive(Debug, Clone)]
pub(crate) struct RelyingParty {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) redirect_uri: String,
    pub(crate) auth: Auth,
    pub(crate) id_token_alg: CoreJwsSigningAlgorithm,
    pub(crate) issuer: String,
    pub(crate) http: Http,
}

/// What a relying party got and has verified.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
    /// The claims of the ID token; null if there is none.
    pub(crate) claims: Value,
    pub(crate) scope: Option<String>,
}

impl Tokens {
    #[track_caller]
    pub(crate) fn refresh(&self) -> &str {
        self.refresh_token.as_deref().expect("there is a refresh token")
    }
}

impl Site {
    /// Adds a web application with a secret.
    pub(crate) fn client(&self, name: &str) -> RelyingParty {
        self.client_with(name, "web", &[])
    }

    /// Adds an application that runs in a browser and has no secret.
    pub(crate) fn app(&self, name: &str) -> RelyingParty {
        self.client_with(name, "spa", &[])
    }

    /// Adds an application of this kind, with more words for the command.
    pub(crate) fn client_with(&self, name: &str, kind: &str, more: &[&str]) -> RelyingParty {
        let mut args = vec!["client", "add", "--name", name, "--id", name, "--kind", kind];
        let usual = format!("https://{name}.example/cb");
        if !more.contains(&"--redirect-uri") && kind != "service" {
            args.extend(["--redirect-uri", &usual]);
        }
        args.extend(more);
        let added = self.cli(&args).done();
        let auth = match added["token_endpoint_auth_method"].as_str() {
            Some("client_secret_basic") => Auth::Basic,
            Some("client_secret_post") => Auth::Post,
            _ => Auth::None,
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        RelyingParty {
            id: text(&added["client_id"]),
            secret: text(&added["client_secret"]),
            redirect_uri: text(&added["redirect_uris"][0]),
            auth,
            id_token_alg: CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            issuer: self.issuer().to_owned(),
            http: self.http(),
        }
    }
}

impl RelyingParty {
    /// A request as it should be: PKCE, state, nonce, and the scope `openid`.
    pub(crate) fn request(&self) -> Request {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let params = Params::new(&[
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", "openid"),
            ("state", CsrfToken::new_random().secret()),
            ("nonce", Nonce::new_random().secret()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]);
        let endpoint = self.at("/authorize");
        Request { params, verifier: verifier.secret().clone(), endpoint }
    }

    /// A request for a refresh token. A web application has to ask for consent each time.
    pub(crate) fn offline_request(&self) -> Request {
        let request = self.request().with("scope", "openid offline_access");
        if self.auth == Auth::None { request } else { request.with("prompt", "consent") }
    }

    /// Signs somebody in for a request and redeems the code.
    pub(crate) async fn sign_in(
        &self,
        browser: &Browser,
        person: &Person,
        request: Request,
    ) -> Tokens {
        let returned = browser.sign_in(&request.url(), person).await;
        self.redeem(&request, &returned).await
    }

    /// Redeems the code that came back, as `openidconnect` does, and verifies all of it.
    pub(crate) async fn redeem(&self, request: &Request, returned: &Returned) -> Tokens {
        assert_eq!(returned.get("state").unwrap_or_default(), request.params.get("state"));
        assert_eq!(returned.get("iss"), Some(&*self.issuer));
        let http = |request| self.http.send(request);
        let redirect_uri = RedirectUrl::new(self.redirect_uri.clone()).expect("it is a URL");
        let answer = client!(self)
            .set_redirect_uri(redirect_uri)
            .exchange_code(AuthorizationCode::new(returned.code().to_owned()))
            .expect("there is a token endpoint")
            .set_pkce_verifier(PkceCodeVerifier::new(request.verifier.clone()))
            .request_async(&http)
            .await
            .expect("the code is good");
        let nonce = Some(request.params.get("nonce")).filter(|nonce| !nonce.is_empty());
        self.verified(&answer, nonce).await
    }

    /// Refreshes as `openidconnect` does, and verifies what comes.
    pub(crate) async fn refreshed(&self, refresh_token: &str) -> Tokens {
        let http = |request| self.http.send(request);
        let answer = client!(self)
            .exchange_refresh_token(&RefreshToken::new(refresh_token.to_owned()))
            .expect("there is a token endpoint")
            .request_async(&http)
            .await
            .expect("the refresh token is good");
        self.verified(&answer, None).await
    }

    async fn verified(&self, answer: &CoreTokenResponse, nonce: Option<&str>) -> Tokens {
        let access_token = answer.access_token().secret().clone();
        let id_token = answer.id_token().map(ToString::to_string);
        let claims = match &id_token {
            Some(id_token) => self.verify(id_token, nonce, Some(&access_token)).await,
            None => Value::Null,
        };
        let scope = answer
            .scopes()
            .map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
        Tokens {
            access_token,
            refresh_token: answer.refresh_token().map(|token| token.secret().clone()),
            id_token,
            claims,
            scope,
        }
    }

    /// Verifies an ID token with the keys that are published now and gives its claims
    /// (Core §3.1.3.7).
    pub(crate) async fn verify(
        &self,
        id_token: &str,
        nonce: Option<&str>,
        access_token: Option<&str>,
    ) -> Value {
        let client = client!(self);
        // The one algorithm that the client is registered for, and no other.
        let verifier = client.id_token_verifier().set_allowed_algs([self.id_token_alg.clone()]);
        let parsed = CoreIdToken::from_str(id_token).expect("an ID token is a JWT");
        let same_nonce = |found: Option<&Nonce>| {
            let found = found.map(|nonce| nonce.secret().as_str());
            if found == nonce { Ok(()) } else { Err(format!("nonce {found:?}")) }
        };
        let claims = parsed.claims(&verifier, same_nonce).expect("the ID token verifies");
        if let (Some(expected), Some(access_token)) = (claims.access_token_hash(), access_token) {
            let access_token = AccessToken::new(access_token.to_owned());
            let algorithm = parsed.signing_alg().expect("its algorithm is known");
            let key = parsed.signing_key(&verifier).expect("its key is published");
            let actual = AccessTokenHash::from_token(&access_token, algorithm, key);
            assert_eq!(&actual.expect("the hash can be made"), expected, "at_hash");
        }
        read_jwt(id_token).1
    }

    /// What a token request for this code has to say.
    pub(crate) fn code_form(&self, request: &Request, returned: &Returned) -> Params {
        Params::new(&[
            ("grant_type", "authorization_code"),
            ("code", returned.code()),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &request.verifier),
        ])
    }

    /// Sends a token request with this client's own authentication.
    pub(crate) async fn token(&self, form: &Params) -> Answer {
        http::answer(self.token_request(form)).await
    }

    /// The same to a server that may not live to answer.
    pub(crate) async fn try_token(&self, form: &Params) -> Option<Answer> {
        http::try_answer(self.token_request(form)).await.ok()
    }

    /// Sends a form to an endpoint with this client's own authentication.
    pub(crate) async fn post(&self, path: &str, form: &Params) -> Answer {
        http::answer(self.call(path, form)).await
    }

    /// Asks what a token is worth.
    pub(crate) async fn introspect(&self, token: &str) -> Value {
        let answer = self.post("/introspect", &Params::new(&[("token", token)])).await;
        assert_eq!(answer.status, 200, "{answer}");
        answer.json()
    }

    fn token_request(&self, form: &Params) -> RequestBuilder {
        self.call("/token", form)
    }

    fn call(&self, path: &str, form: &Params) -> RequestBuilder {
        let form = match self.auth {
            Auth::None => form.clone().with("client_id", &self.id),
            Auth::Post => {
                form.clone().with("client_id", &self.id).with("client_secret", &self.secret)
            }
            Auth::Basic => form.clone(),
        };
        let request = self.http.request(Method::POST, &self.at(path)).form(form.pairs());
        match self.auth {
            Auth::Basic => request.header("authorization", basic(&self.id, &self.secret)),
            _ => request,
        }
    }

    /// Sends a refresh request.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        let grant = ("grant_type", "refresh_token");
        self.token(&Params::new(&[grant, ("refresh_token", refresh_token)])).await
    }

    /// Asks who the access token is about.
    pub(crate) async fn userinfo(&self, access_token: &str) -> Answer {
        let request = self.http.request(Method::GET, &self.at("/userinfo"));
        http::answer(request.bearer_auth(access_token)).await
    }

    /// An address below the issuer.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer.trim_end_matches('/'))
    }
}

/// HTTP Basic credentials as clients must write them: both parts form-encoded first
/// (RFC 6749 §2.3.1).
pub(crate) fn basic(id: &str, secret: &str) -> String {
    use base64::Engine;
    let encoded =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = format!("{}:{}", encoded(id), encoded(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}
