//! The provider as the application knows it: by what it publishes.

use std::pin::Pin;
use std::sync::Arc;

use openidconnect::core::{CoreClient, CoreProviderMetadata};
use openidconnect::{
    ClientId, ClientSecret, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IssuerUrl, RedirectUrl, url,
};
use serde::Deserialize;
use tokio::sync::RwLock;

use super::failure::Failure;
use super::{Settings, SetupError};

/// How long the provider may take over one answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// An OpenID Connect client made of discovered metadata.
pub(super) type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A request under way.
type Sending = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send>>;

/// Which of its two registrations the application signs a person in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Registration {
    /// Keeps no secret, as an application in a browser or on a telephone; PKCE alone protects
    /// its codes.
    Public,
    /// Keeps a secret on a server and proves itself with it.
    Confidential,
}

impl Registration {
    /// The word in the application's paths.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Confidential => "confidential",
        }
    }
}

/// The provider, and the two ways this application is registered there.
pub(super) struct Provider {
    issuer: IssuerUrl,
    public: Registered,
    confidential: Registered,
    http: reqwest::Client,
    metadata: RwLock<Option<Arc<CoreProviderMetadata>>>,
}

/// One registration, as the provider's operator handed it over.
struct Registered {
    id: ClientId,
    secret: Option<ClientSecret>,
    redirect_uri: RedirectUrl,
}

impl Provider {
    /// Reads the settings; asks nothing of the provider yet.
    pub(super) fn new(settings: Settings) -> Result<Self, SetupError> {
        let callback = |registration: Registration| {
            let address = format!("{}/callback/{}", settings.own_url, registration.as_str());
            address_of(RedirectUrl::new, address)
        };
        let public = Registered {
            id: ClientId::new(settings.public_client_id),
            secret: None,
            redirect_uri: callback(Registration::Public)?,
        };
        let confidential = Registered {
            id: ClientId::new(settings.confidential_client_id),
            secret: Some(ClientSecret::new(settings.confidential_client_secret)),
            redirect_uri: callback(Registration::Confidential)?,
        };
        // A provider that redirects these requests is not the one that was asked, and an
        // outgoing proxy of this machine has no way to a provider on it.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()?;
        let issuer = address_of(IssuerUrl::new, settings.issuer)?;
        Ok(Self { issuer, public, confidential, http, metadata: RwLock::new(None) })
    }

    /// Who signs people in here.
    pub(super) fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// The provider's own page for ending its session.
    pub(super) fn logout_page(&self) -> String {
        format!("{}/logout", self.issuer.as_str().trim_end_matches('/'))
    }

    /// The `client_id` of a registration.
    pub(super) fn client_id(&self, registration: Registration) -> &ClientId {
        &self.registered(registration).id
    }

    /// A client for one registration.
    pub(super) async fn client(&self, registration: Registration) -> Result<Client, Failure> {
        let metadata = self.metadata().await?;
        let own = self.registered(registration);
        let client = CoreClient::from_provider_metadata(
            CoreProviderMetadata::clone(&metadata),
            own.id.clone(),
            own.secret.clone(),
        );
        Ok(client.set_redirect_uri(own.redirect_uri.clone()))
    }

    /// What the provider publishes, asked for once.
    pub(super) async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, Failure> {
        if let Some(known) = self.metadata.read().await.as_ref() {
            return Ok(Arc::clone(known));
        }
        self.discover().await
    }

    /// Asks the provider anew: its keys may have changed since (Core §10.1.1).
    pub(super) async fn discover(&self) -> Result<Arc<CoreProviderMetadata>, Failure> {
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http_client())
            .await
            .map_err(|error| Failure::Undiscovered {
                issuer: self.issuer.to_string(),
                reason: shared::causes(&error),
            })?;

        let found = Arc::new(found);
        *self.metadata.write().await = Some(Arc::clone(&found));
        Ok(found)
    }

    /// The HTTP client that `openidconnect` is given: a closure that borrows nothing, so that
    /// its futures may move between threads.
    pub(super) fn http_client(&self) -> impl Fn(HttpRequest) -> Sending + use<> {
        let http = self.http.clone();
        move |request| Box::pin(send(http.clone(), request))
    }

    fn registered(&self, registration: Registration) -> &Registered {
        match registration {
            Registration::Public => &self.public,
            Registration::Confidential => &self.confidential,
        }
    }
}

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let response = http.execute(request.try_into()?).await?;
    let mut answer = HttpResponse::new(Vec::new());
    *answer.status_mut() = response.status();
    answer.headers_mut().clone_from(response.headers());
    *answer.body_mut() = response.bytes().await?.to_vec();
    Ok(answer)
}

fn address_of<T>(
    read: impl Fn(String) -> Result<T, url::ParseError>,
    address: String,
) -> Result<T, SetupError> {
    read(address.clone()).map_err(|source| SetupError::Address { address, source })
}
