//! `grant_type=client_credentials` (RFC 6749 §4.4): a machine that works for itself.

use shared::model::{Action, Actor, AuditEvent, Client, Timestamp};
use shared::rules::params::Params;

use crate::app::App;
use crate::oauth::credentials;
use crate::token::mint::{self, TokenAnswer};
use crate::token::permitted;
use crate::web::failure::ClientFailure;

/// Gives a client an access token of its own: no ID token, as nobody signed in, and no
/// refresh token, as it can come again at any time (§4.4.3).
///
/// Nothing is stored but the audit event: the token lives while its client does, unless
/// it is taken back by its name.
pub(crate) async fn exchange(
    app: &App,
    client: &Client,
    params: &Params,
    now: Timestamp,
) -> Result<TokenAnswer, ClientFailure> {
    let scope = credentials::negotiate(params, client)?;
    let decision = permitted::for_service(app, client, &scope, params).await?;
    let minted = mint::for_machine(app, client, &decision, now)?;
    let event = AuditEvent::new(Action::TokenIssued, Actor::Client(client.id.clone()), now)
        .client(&client.id)
        .detail("client_credentials")
        .evidence(minted.evidence);
    app.journal.add(event).await;
    Ok(minted.answer)
}
