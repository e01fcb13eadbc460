//! What the `openidconnect` crate builds and reads by itself, from the metadata alone: no
//! word of a request or an answer is ours. Its sign-ins and refreshes are in the harness.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdToken,
    CoreRevocableToken,
};
use openidconnect::{
    AccessToken, AuthType, AuthenticationContextClass, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, IntrospectionUrl, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl,
    RequestTokenError, RevocationUrl, Scope, TokenIntrospectionResponse, TokenResponse,
};

use crate::harness::assertion::{Key, claims, jwks};
use crate::harness::authenticator::Authenticator;
use crate::harness::client::RelyingParty;
use crate::harness::database::Durability;
use crate::harness::{on_every_database, on_every_database_with, on_every_site};

/// The client as an application makes it.
macro_rules! client {
    ($party:expr, $metadata:expr) => {{
        let party: &RelyingParty = $party;
        let metadata: &ProviderMetadataWithLogout = $metadata;
        CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(party.id.clone()),
            Some(ClientSecret::new(party.secret.clone())),
        )
        .set_auth_type(AuthType::BasicAuth)
    }};
}

async fn metadata(party: &RelyingParty) -> ProviderMetadataWithLogout {
    let http = |request| party.http.send(request);
    let issuer = IssuerUrl::new(party.issuer.clone()).expect("the issuer is a URL");
    let read = ProviderMetadataWithLogout::discover_async(issuer, &http).await;
    read.expect("the metadata can be read")
}

/// A client that asks for more than the session has: `acr`, `amr` and `auth_time` are what
/// happened (Core §2, RFC 9470 §4).
#[test]
fn it_steps_up() {
    on_every_database_with(&[("SIGNET_MFA", "off")], async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let shop = server.client("shop");
        let metadata = metadata(&shop).await;
        let redirect_uri = RedirectUrl::new(shop.redirect_uri.clone()).expect("it is a URL");
        let client = client!(&shop, &metadata).set_redirect_uri(redirect_uri);
        let http = |request| shop.http.send(request);
        let request = |level: &str| {
            let flow = CoreAuthenticationFlow::AuthorizationCode;
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let request = client
                .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
                .set_max_age(Duration::from_mins(10))
                .add_auth_context_value(AuthenticationContextClass::new(level.to_owned()))
                .set_pkce_challenge(challenge);
            let (url, _, nonce) = request.url();
            (url, verifier, nonce)
        };
        let redeem = async |code: &str, verifier, nonce: &Nonce| {
            let code = AuthorizationCode::new(code.to_owned());
            let exchange = client.exchange_code(code).expect("there is a token endpoint");
            let answer = exchange.set_pkce_verifier(verifier).request_async(&http).await;
            let answer = answer.expect("the code is good");
            let id_token = answer.id_token().expect("there is an ID token");
            let claims = id_token.claims(&client.id_token_verifier(), nonce).expect("it verifies");
            let level = claims.auth_context_ref().expect("there is an acr").to_string();
            let methods = claims.auth_method_refs().expect("there is an amr");
            let methods: Vec<_> = methods.iter().map(|each| each.to_string()).collect();
            (level, methods, claims.auth_time().expect("max_age was asked for"))
        };

        let (url, verifier, nonce) = request("password");
        let returned = browser.sign_in(url.as_str(), &ada).await;
        let (level, methods, _) = redeem(returned.code(), verifier, &nonce).await;
        assert_eq!((level.as_str(), methods.as_slice()), ("password", &["pwd".to_owned()][..]));

        let offer = browser.open(&format!("{}/account/factors/totp", server.issuer())).await.page();
        let phone = Authenticator::scan(&offer);
        browser.press(&offer, "enrol-submit", &[("code", &phone.code(-1))]).await.page();
        let other = server.browser();
        let (url, verifier, nonce) = request("password");
        let returned = other.sign_in(url.as_str(), &ada).await;
        let (level, _, before) = redeem(returned.code(), verifier, &nonce).await;
        assert_eq!(level, "password");
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let (url, verifier, nonce) = request("multi-factor");
        let page = other.open(url.as_str()).await.page();
        let returned = other.show(&page, &phone.code(0)).await.returned();
        let (level, methods, after) = redeem(returned.code(), verifier, &nonce).await;
        assert_eq!(level, "multi-factor");
        assert_eq!(methods, ["pwd", "otp", "mfa"]);
        assert_eq!(after, before, "who shows more does not sign in anew");
    });
}

/// A sign-in answered by a form, its silent renewal, `max_age`, and the sign-out that the
/// application asks for (Core §3.1.2.1, Form Post §2, RP-Initiated Logout §2).
#[test]
fn it_signs_in_by_a_form_renews_silently_and_signs_out() {
    on_every_database(async |server| {
        let ada = server.add_user("ada");
        let bye = "https://shop.example/bye";
        let shop = server.client_with("shop", "web", &["--post-logout-redirect-uri", bye]);
        let browser = server.browser();
        let metadata = metadata(&shop).await;
        let redirect_uri = RedirectUrl::new(shop.redirect_uri.clone()).expect("it is a URL");
        let client = client!(&shop, &metadata).set_redirect_uri(redirect_uri);
        let http = |request| shop.http.send(request);
        let redeem = async |code: &str, verifier, nonce: &Nonce| {
            let answer = client
                .exchange_code(AuthorizationCode::new(code.to_owned()))
                .expect("there is a token endpoint")
                .set_pkce_verifier(verifier)
                .request_async(&http)
                .await
                .expect("the code is good");
            let id_token = answer.id_token().expect("there is an ID token").clone();
            let claims = id_token.claims(&client.id_token_verifier(), nonce).expect("it verifies");
            (claims.auth_time().expect("max_age was asked for"), id_token)
        };
        let request = || {
            let flow = CoreAuthenticationFlow::AuthorizationCode;
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
            (request.set_pkce_challenge(challenge), verifier)
        };

        let (asked, verifier) = request();
        let asked = asked.add_extra_param("response_mode", "form_post");
        let (url, state, nonce) = asked.set_max_age(Duration::from_secs(1)).url();
        let login = browser.open(url.as_str()).await.page();
        let consent = browser.enter(&login, &ada.username, &ada.password).await.page();
        let answered = browser.press(&consent, "consent-allow", &[]).await.page();
        let returned = answered.form_post();
        assert_eq!(returned.get("state"), Some(state.secret().as_str()));
        let (first, id_token) = redeem(returned.code(), verifier, &nonce).await;

        let silently = async |id_token: &CoreIdToken, age: Option<u64>| {
            let (asked, verifier) = request();
            let asked = asked.add_prompt(CoreAuthPrompt::None).set_id_token_hint(id_token);
            let (url, _, nonce) = asked.set_max_age(Duration::from_secs(age.unwrap_or(600))).url();
            (browser.open(url.as_str()).await.returned(), verifier, nonce)
        };
        let (returned, verifier, nonce) = silently(&id_token, None).await;
        let (second, id_token) = redeem(returned.code(), verifier, &nonce).await;
        assert_eq!(first, second, "it is the same sign-in");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (returned, ..) = silently(&id_token, Some(1)).await;
        returned.assert_error("login_required", server.issuer());

        let endpoint = metadata.additional_metadata().end_session_endpoint.clone();
        let url = LogoutRequest::from(endpoint.expect("sign-out is offered"))
            .set_id_token_hint(&id_token)
            .set_post_logout_redirect_uri(
                PostLogoutRedirectUrl::new(bye.to_owned()).expect("it is a URL"),
            )
            .set_state(CsrfToken::new("later".to_owned()))
            .http_get_url();
        let left = browser.open(url.as_str()).await.returned();
        assert_eq!(left.url.as_str(), format!("{bye}?state=later"));
        let (returned, ..) = silently(&id_token, None).await;
        returned.assert_error("login_required", server.issuer());
    });
}

/// A service's own token, introspection and revocation (RFC 6749 §4.4, RFC 7662 §2,
/// RFC 7009 §2).
#[test]
fn it_works_for_itself_asks_after_tokens_and_gives_them_back() {
    on_every_site(Durability::Relaxed, async |mut site| {
        // The crate gives tokens back over https alone.
        site.set("SIGNET_ISSUER", "https://id.example");
        let server = site.start().await;
        let batch = server.client_with("batch", "service", &["--scope", "orders:read"]);
        let metadata = metadata(&batch).await;
        let at = |path: &str| format!("{}{path}", batch.issuer);
        let client = client!(&batch, &metadata)
            .set_introspection_url(IntrospectionUrl::new(at("/introspect")).expect("it is a URL"))
            .set_revocation_url(RevocationUrl::new(at("/revoke")).expect("it is a URL"));
        let http = |request| batch.http.send(request);
        let scope = Scope::new("orders:read".to_owned());
        let answer = client
            .exchange_client_credentials()
            .expect("there is a token endpoint")
            .add_scope(scope.clone())
            .request_async(&http)
            .await
            .expect("a service gets a token");
        assert!(answer.id_token().is_none() && answer.refresh_token().is_none());

        let is_active = async |token: &AccessToken| {
            let told = client.introspect(token).request_async(&http).await;
            told.expect("a client may ask after its own tokens").active()
        };
        let token = answer.access_token();
        assert!(is_active(token).await);
        client
            .revoke_token(CoreRevocableToken::from(token.clone()))
            .expect("revocation is offered")
            .request_async(&http)
            .await
            .expect("it can be given back");
        assert!(!is_active(token).await);

        let refused = client
            .exchange_client_credentials()
            .expect("there is a token endpoint")
            .add_scope(Scope::new("orders:write".to_owned()))
            .request_async(&http)
            .await;
        match refused {
            Err(RequestTokenError::ServerResponse(answer)) => {
                assert_eq!(*answer.error(), CoreErrorResponseType::InvalidScope);
            }
            other => panic!("{other:?}"),
        }
    });
}

/// An application that proves who it is by what it signs instead of by a secret (Core §9, RFC
/// 7523 §2.2): a sign-in, a refresh, and a token for itself.
#[test]
fn it_signs_in_with_a_key_instead_of_a_secret() {
    on_every_database(async |server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let key = Key::new(Algorithm::PS256, "k");
        let path = server.path("shop.jwks").display().to_string();
        std::fs::write(&path, jwks(&[&key])).expect("the file can be written");
        let grants = ["authorization_code", "refresh_token", "client_credentials"];
        let mut more = vec!["--auth-method", "private_key_jwt", "--jwks", &path];
        more.extend(grants.iter().flat_map(|grant| ["--grant-type", *grant]));
        more.extend(["--scope", "openid offline_access orders:read"]);
        let shop = server.client_with("shop", "web", &more);
        assert_eq!(shop.secret, "", "it has no secret");
        let metadata = metadata(&shop).await;
        let id = ClientId::new(shop.id.clone());
        let redirect_uri = RedirectUrl::new(shop.redirect_uri.clone()).expect("it is a URL");
        let client =
            CoreClient::from_provider_metadata(metadata, id, None).set_redirect_uri(redirect_uri);
        let http = |request| shop.http.send(request);
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let audience = client.token_uri().expect("there is a token endpoint").to_string();
        let assertion = || key.sign(&claims(&shop.id, &audience));

        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, _, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("offline_access".to_owned()))
            .add_prompt(CoreAuthPrompt::Consent)
            .set_pkce_challenge(challenge)
            .url();
        let returned = browser.sign_in(url.as_str(), &ada).await;
        let answer = client
            .exchange_code(AuthorizationCode::new(returned.code().to_owned()))
            .expect("there is a token endpoint")
            .set_pkce_verifier(verifier)
            .add_extra_param("client_assertion_type", kind)
            .add_extra_param("client_assertion", assertion())
            .request_async(&http)
            .await
            .expect("the code is good");
        let id_token = answer.id_token().expect("there is an ID token");
        let told = id_token.claims(&client.id_token_verifier(), &nonce).expect("it verifies");
        assert_eq!(told.subject().as_str(), ada.id);
        let token = answer.refresh_token().expect("there is a refresh token");
        let refresh = || client.exchange_refresh_token(token).expect("there is a token endpoint");
        match refresh().request_async(&http).await {
            Err(RequestTokenError::ServerResponse(answer)) => {
                assert_eq!(*answer.error(), CoreErrorResponseType::InvalidClient);
            }
            other => panic!("without a proof it is nobody: {other:?}"),
        }
        refresh()
            .add_extra_param("client_assertion_type", kind)
            .add_extra_param("client_assertion", assertion())
            .request_async(&http)
            .await
            .expect("the refresh token is good");
        client
            .exchange_client_credentials()
            .expect("there is a token endpoint")
            .add_scope(Scope::new("orders:read".to_owned()))
            .add_extra_param("client_assertion_type", kind)
            .add_extra_param("client_assertion", assertion())
            .request_async(&http)
            .await
            .expect("it works for itself, too");
    });
}
