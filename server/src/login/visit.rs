//! A browser that comes back to a sign-in in progress.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use shared::crypto::{random, token};
use shared::model::{
    Action, Actor, AuditEvent, Client, Interaction, InteractionId, Secret, Session, Timestamp, User,
};
use shared::rules::authorize::Notice;
use shared::rules::params::Params;
use shared::store::Tx;

use crate::app::App;
use crate::web::client_ip::Caller;
use crate::web::cookie::{self, Kind};
use crate::web::device::Device;
use crate::web::failure::{BrowserFailure, Fault, Stale};
use crate::web::html;

/// Who is at the other end: the browser, and who is signed in in it.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// The secret of the browser's cookie.
    pub(crate) browser: Secret<String>,
    /// Whether the browser had that cookie, or has to be given it.
    pub(crate) known: bool,
    /// The device, as those know it who signed in on it.
    pub(crate) device: Device,
    /// Who is signed in, if anybody is and may be.
    pub(crate) signed_in: Option<(Session, User)>,
}

impl Visitor {
    /// Reads the cookies and finds the session.
    pub(crate) async fn read(
        app: &App,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let cookie = cookie::read(app, headers, Kind::Browser);
        let known = cookie.is_some();
        let browser = match cookie {
            Some(secret) => secret,
            None => random::secret()?,
        };
        let signed_in = match cookie::read(app, headers, Kind::Session) {
            Some(secret) => find_session(app, &secret, now).await?,
            None => None,
        };
        Ok(Self { browser, known, device: Device::read(app, headers)?, signed_in })
    }

    /// The hash by which interactions know this browser.
    pub(crate) fn browser_hash(&self) -> String {
        token::hash(self.browser.expose())
    }

    /// Cookies that name this browser from now on, if it had no name.
    pub(crate) fn cookies(&self, app: &App) -> CookieJar {
        let jar = CookieJar::new();
        if self.known { jar } else { cookie::set(app, jar, Kind::Browser, &self.browser) }
    }
}

async fn find_session(
    app: &App,
    secret: &Secret<String>,
    now: Timestamp,
) -> Result<Option<(Session, User)>, Fault> {
    let mut view = app.store.view().await?;
    let Some(session) = view.find_session(&token::hash(secret.expose()), now).await? else {
        return Ok(None);
    };
    let user = view.find_user(&session.user_id).await?;
    Ok(user.filter(User::is_active).map(|user| (session, user)))
}

/// A sign-in in progress, in the browser that it is bound to.
#[derive(Debug)]
pub(crate) struct Visit {
    /// Who is here.
    pub(crate) visitor: Visitor,
    /// What was asked, and the facts so far.
    pub(crate) interaction: Interaction,
    /// Who asked; this server's own pages stand here as a client too.
    pub(crate) client: Arc<Client>,
}

impl Visit {
    /// Finds the interaction that a page or a form names, and binds it to this browser
    /// if it is bound to none.
    ///
    /// # Errors
    /// [`Stale`], if it is over, or another browser's.
    pub(crate) async fn find(
        app: &App,
        headers: &HeaderMap,
        params: &Params,
        now: Timestamp,
    ) -> Result<Self, BrowserFailure> {
        let id: InteractionId = params.get("interaction").ok_or(Stale::Expired)?.into();
        Self::find_by_id(app, headers, &id, now).await
    }

    /// The same, by the interaction's id.
    ///
    /// # Errors
    /// [`Stale`], if it is over, or another browser's.
    pub(crate) async fn find_by_id(
        app: &App,
        headers: &HeaderMap,
        id: &InteractionId,
        now: Timestamp,
    ) -> Result<Self, BrowserFailure> {
        let visitor = Visitor::read(app, headers, now).await?;
        let mut view = app.store.view().await?;
        let interaction = view.find_interaction(id).await?.ok_or(Stale::Expired)?;
        if interaction.finished_at.is_some() || now >= interaction.expires_at {
            return Err(Stale::Expired.into());
        }
        drop(view);
        let client = match &interaction.client_id {
            Some(id) => app.clients.find(&app.store, id).await?.ok_or(Stale::Expired)?.client,
            None => Arc::clone(&app.own_pages),
        };

        match &interaction.browser_hash {
            Some(bound) if token::matches(bound, &visitor.browser_hash()) => {}
            Some(_) => return Err(Stale::OtherBrowser.into()),
            None => {
                let mut tx = app.store.begin().await?;
                if !tx.set_interaction_browser(id, &visitor.browser_hash()).await? {
                    return Err(Stale::OtherBrowser.into());
                }
                tx.commit().await?;
            }
        }
        Ok(Self { visitor, interaction, client })
    }

    /// Begins a unit of work during which neither the client goes nor whoever is signed in.
    ///
    /// # Errors
    /// [`Notice::UnknownClient`] and [`Stale::Expired`], if they went before.
    pub(crate) async fn begin(&self, app: &App, now: Timestamp) -> Result<Tx, BrowserFailure> {
        let mut tx = app.store.begin().await?;
        self.lock_client(&mut tx).await?;
        if let Some((session, _)) = &self.visitor.signed_in
            && !tx.lock_live_session(&session.id, now).await?
        {
            return Err(Stale::Expired.into());
        }
        Ok(tx)
    }

    /// The same, for what makes more of the session: one after the other.
    ///
    /// # Errors
    /// [`Notice::UnknownClient`] and [`Stale::Expired`], if they went before.
    pub(crate) async fn begin_change(
        &self,
        app: &App,
        now: Timestamp,
    ) -> Result<Tx, BrowserFailure> {
        let (session, _) = self.signed_in()?;
        let mut tx = app.store.begin().await?;
        self.lock_client(&mut tx).await?;
        if !tx.lock_session_to_change(&session.id, now).await? {
            return Err(Stale::Expired.into());
        }
        Ok(tx)
    }

    /// Locks the client against being deleted.
    ///
    /// # Errors
    /// [`Notice::UnknownClient`], if it went before.
    pub(crate) async fn lock_client(&self, tx: &mut Tx) -> Result<(), BrowserFailure> {
        match &self.interaction.client_id {
            Some(id) if !tx.lock_live_client(id).await? => Err(Notice::UnknownClient.into()),
            _ => Ok(()),
        }
    }

    /// Who is signed in, where a step is due that only comes after that.
    pub(crate) fn signed_in(&self) -> Result<(&Session, &User), Fault> {
        let signed_in = self.visitor.signed_in.as_ref().ok_or(Fault::Answer("nobody is here"))?;
        Ok((&signed_in.0, &signed_in.1))
    }

    /// Something that happened in this sign-in.
    pub(crate) fn event(
        &self,
        action: Action,
        actor: Actor,
        caller: &Caller,
        now: Timestamp,
    ) -> AuditEvent {
        let mut event = AuditEvent::new(action, actor, now).address(caller.address);
        event.client_id.clone_from(&self.interaction.client_id);
        event
    }

    /// Something that whoever is signed in did.
    pub(crate) fn own_event(
        &self,
        action: Action,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<AuditEvent, Fault> {
        let (session, user) = self.signed_in()?;
        let event = self.event(action, Actor::User(user.id.clone()), caller, now);
        Ok(event.user(&user.id).session(&session.id))
    }

    /// Draws a page of this sign-in.
    pub(crate) fn draw(&self, app: &App, page: &impl Template) -> Response {
        let redirect_uri = Some(self.interaction.request.redirect_uri.as_str());
        let page = html::draw(StatusCode::OK, page, redirect_uri);
        (self.visitor.cookies(app), page).into_response()
    }

    /// What a form's CSRF value is bound to.
    pub(crate) fn purpose(&self, page: &str) -> String {
        format!("{page} {}", self.interaction.id)
    }
}
