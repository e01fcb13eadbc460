//! `signet demo`: all of it on one machine, in one command, with nothing left behind.

mod relying_party;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use clap::Args;
use shared::admin::{AddedClient, Admin, NewUser};
use shared::config::Config;
use shared::model::profile::Address;
use shared::model::{Actor, Client, ClientKind, GrantType, Profile, Scope, Secret};
use tokio::net::TcpListener;

use crate::app::{App, now};
use crate::serve;

/// How to run the demo.
#[derive(Args)]
pub(crate) struct Options {
    /// Port of the provider; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of the application; 0 takes a free one
    #[arg(long, default_value_t = 8081)]
    app_port: u16,
}

/// Who can sign in.
const USERNAME: &str = "ada";
/// Told to everybody who runs the demo: its store is new, and gone afterwards.
const PASSWORD: &str = "analytical engine";

/// Runs provider and application until SIGTERM or SIGINT.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let provider = listen(options.port).await?;
    let application = listen(options.app_port).await?;
    let issuer = url_of(&provider)?;
    let own_url = url_of(&application)?;

    let path = |name: &str| folder.path().join(name).display().to_string();
    let settings = [
        ("SIGNET_ISSUER", issuer.clone()),
        ("SIGNET_LISTEN", provider.local_addr()?.to_string()),
        ("SIGNET_DATABASE_URL", format!("sqlite:{}", path("signet.db"))),
        ("SIGNET_MASTER_KEY_FILE", path("master.key")),
        // The application shows what happens to a stolen token, at once.
        ("SIGNET_REFRESH_RETRY_WINDOW", "0s".to_owned()),
        ("SIGNET_SHUTDOWN_GRACE", "2s".to_owned()),
        ("SIGNET_LOG_LEVEL", "warn".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let config = Config::load(None, settings)?;
    serve::log(&config);
    let app = App::open(config).await?;
    let clients = populate(&app, &own_url).await?;

    let router = relying_party::router(relying_party::Settings {
        issuer: issuer.clone(),
        own_url: own_url.clone(),
        public_client_id: clients.public,
        confidential_client_id: clients.confidential,
        confidential_client_secret: clients.secret,
    })?;
    let mut stop = serve::signals()?;
    let stopped = stop.clone();
    let demo = tokio::spawn(async move {
        let wait = async move { drop(stop.wait_for(|stop| *stop).await) };
        axum::serve(application, router).with_graceful_shutdown(wait).await
    });
    announce(&issuer, &own_url)?;
    serve::serve(app, provider, stopped).await?;
    demo.abort();
    Ok(())
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let hint = "choose others with --port and --app-port";
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}; {hint}"))
}

fn url_of(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(format!("http://localhost:{}", listener.local_addr()?.port()))
}

/// The ids that the application is given.
struct Clients {
    public: String,
    confidential: String,
    secret: String,
}

/// A person and two clients, made as an operator makes them.
async fn populate(app: &App, own_url: &str) -> anyhow::Result<Clients> {
    let admin = Admin::new(app.store.clone(), app.hasher.clone(), Actor::System);
    admin.add_user(person(), now()).await?;
    let public = client("Demo app (on your phone)", ClientKind::Spa, own_url, "public");
    let public = admin.add_client(public, None, now()).await?;
    let web = client("Demo app (on a server)", ClientKind::Web, own_url, "confidential");
    let AddedClient { client, secret } = admin.add_client(web, None, now()).await?;
    Ok(Clients {
        public: public.client.id.to_string(),
        confidential: client.id.to_string(),
        secret: secret.map(|secret| secret.expose().clone()).unwrap_or_default(),
    })
}

fn person() -> NewUser {
    let text = |text: &str| Some(text.to_owned());
    NewUser {
        username: USERNAME.to_owned(),
        email: text("ada@example.org"),
        email_verified: true,
        profile: Profile {
            name: text("Ada Lovelace"),
            given_name: text("Ada"),
            family_name: text("Lovelace"),
            birthdate: text("1815-12-10"),
            zoneinfo: text("Europe/London"),
            locale: text("en-GB"),
            address: Some(Address { locality: text("London"), ..Address::default() }),
            ..Profile::default()
        },
        password: Some(Secret::from(PASSWORD)),
    }
}

fn client(name: &str, kind: ClientKind, own_url: &str, callback: &str) -> Client {
    Client {
        redirect_uris: vec![format!("{own_url}/callback/{callback}")],
        post_logout_redirect_uris: vec![own_url.to_owned()],
        scope: shared::model::scope::KNOWN.into_iter().collect::<Scope>(),
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        ..Client::new("".into(), name, kind, now())
    }
}

fn announce(issuer: &str, own_url: &str) -> std::io::Result<()> {
    writeln!(
        std::io::stdout(),
        "\n  Signet demo\n\n  \
         Open the application   {own_url}\n  \
         Sign in as             {USERNAME}\n  \
         with the password      {PASSWORD}\n\n  \
         The provider           {issuer}\n  \
         Its metadata           {issuer}/.well-known/openid-configuration\n\n  \
         Everything is in a temporary folder and gone when you press Ctrl-C.\n"
    )
}
