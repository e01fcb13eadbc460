//! What somebody typed into a form who has to sign in again before it counts: it is kept,
//! sealed, for them in this browser, and shown once they are back.

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use shared::admin::NewProfile;
use shared::model::{Profile, User};
use shared::rules::next_step::Step;
use shared::rules::params::Params;

use super::{Proof, csrf, enter, enter_with, knock, purpose};
use crate::app::App;
use crate::login::advance;
use crate::login::factors::challenge::Asked;
use crate::login::visit::Visit;
use crate::web::failure::{BrowserFailure, Fault};

/// A profile that is not saved yet.
#[derive(Serialize, Deserialize)]
pub(super) struct Draft {
    /// Which record was changed.
    pub(super) version: String,
    email: Option<String>,
    profile: Profile,
}

impl Draft {
    /// What was typed, and over which record.
    pub(super) fn new(typed: &NewProfile, version: &str) -> Self {
        let NewProfile { email, profile } = typed.clone();
        Self { version: version.to_owned(), email, profile }
    }

    /// The profile as it was typed.
    pub(super) fn typed(&self) -> NewProfile {
        NewProfile { email: self.email.clone(), profile: self.profile.clone() }
    }

    /// Lets in as for any form of the account. Whoever has to sign in again first comes back to
    /// what they typed.
    ///
    /// # Errors
    /// [`BrowserFailure::Detour`], `Stale::Forged`.
    pub(super) async fn enter(
        self,
        app: &App,
        headers: &HeaderMap,
        path: &str,
        form: &Params,
    ) -> Result<Visit, BrowserFailure> {
        let visit = knock(app, headers, path, Proof::Recent).await?;
        let is_here = visit.visitor.signed_in.is_some();
        if is_here && advance::decide(app, &visit, app.now()).await? != Step::Done {
            csrf::check(&visit.visitor.browser, &purpose(&visit)?, form.get("csrf"))?;
            let id = self.keep(app, &visit).await?;
            return enter(app, headers, &format!("{path}?draft={id}"), Proof::Recent).await;
        }
        enter_with(app, headers, path, Proof::Recent, form).await
    }

    async fn keep(&self, app: &App, visit: &Visit) -> Result<String, Fault> {
        let browser_hash = visit.visitor.browser_hash();
        let asked = Asked { purpose: &of(visit.signed_in()?.1), browser_hash: &browser_hash };
        let text = serde_json::to_vec(self).map_err(|_| Fault::Answer("a draft is no JSON"))?;
        asked.keep(app, &text, app.config.interaction_lifetime.0, app.now()).await
    }

    /// The one of this name, if it is of whoever is signed in, in this browser.
    pub(super) async fn find(app: &App, visit: &Visit, id: &str) -> Result<Option<Self>, Fault> {
        let browser_hash = visit.visitor.browser_hash();
        let asked = Asked { purpose: &of(visit.signed_in()?.1), browser_hash: &browser_hash };
        let text = asked.find(app, id, app.now()).await?;
        Ok(text.and_then(|text| serde_json::from_slice(text.expose()).ok()))
    }
}

/// What it is kept for.
fn of(user: &User) -> String {
    format!("profile {}", user.id)
}
