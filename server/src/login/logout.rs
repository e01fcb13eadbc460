//! Out again, by the person's own wish or a client's (RP-Initiated Logout).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use shared::crypto::token;
use shared::model::incident::AskedParams;
use shared::model::{Client, SessionId};
use shared::rules::logout::{self, EndSession, Objection};
use shared::rules::params::Params;
use shared::rules::registration;
use url::form_urlencoded;

use super::session;
use super::visit::Visitor;
use crate::app::App;
use crate::web::answer::see_other;
use crate::web::cookie::{self, Kind};
use crate::web::failure::{BrowserFailure, Stale};
use crate::web::page::{LogoutPage, SignedOutPage};
use crate::web::{csrf, form, html};

/// What the form's CSRF value is bound to.
const PURPOSE: &str = "logout";

/// `GET /logout`: asks first, since any site may send a browser here, unless the client
/// shows that it means the very person who is signed in.
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let answer = async {
        let params = form::query(&uri).map_err(|_| Objection::Malformed)?;
        let (asked, client, destination) = understand(&app, &params).await?;
        let visitor = Visitor::read(&app, &headers, app.now()).await?;
        let Some((session, user)) = &visitor.signed_in else {
            return Ok(leave(&app, destination.as_deref()));
        };
        let name = client.as_ref().map_or_else(String::new, |client| app.subject(client, &user.id));
        let signed_in = (name.as_str(), &session.id);
        if logout::must_ask(&asked, signed_in) && !is_vouched_for(&app, &asked, signed_in, &params)
        {
            return Ok(ask(&app, &visitor, &asked, destination.as_deref()));
        }
        end(&app, &visitor).await?;
        Ok(leave(&app, destination.as_deref()))
    };
    let asked = || to_explain(&app, form::query(&uri));
    answer.await.unwrap_or_else(|failure: BrowserFailure| failure.answer_to(&app, asked))
}

/// `POST /logout`, from any site (§2): comes without the `SameSite=Lax` cookies, so the
/// browser is sent to ask the same again, with them. The hint stays behind: what is posted is not
/// meant for histories and logs.
pub(crate) async fn post(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = async {
        let params = form::body(&headers, &body).map_err(|_| Objection::Malformed)?;
        let (asked, ..) = understand(&app, &params).await?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(carried(&asked));
        let EndSession { client_id, hinted_subject, hinted_session, .. } = &asked;
        if let (Some(client), Some(subject), Some(session)) =
            (client_id, hinted_subject, hinted_session)
        {
            query.append_pair(VOUCHER, &voucher(&app, client, (subject, session)));
        }
        Ok(see_other(&app.config.issuer.at(&format!("/logout?{}", query.finish()))))
    };
    let asked = || to_explain(&app, form::body(&headers, &body));
    answer.await.unwrap_or_else(|failure: BrowserFailure| failure.answer_to(&app, asked))
}

/// `POST /logout/confirm`: the person says yes on our own page.
pub(crate) async fn confirm(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = async {
        let params = form::body(&headers, &body).map_err(|_| Stale::Malformed)?;
        let visitor = Visitor::read(&app, &headers, app.now()).await?;
        csrf::check(&visitor.browser, PURPOSE, params.get("csrf"))?;
        let (_, _, destination) = understand(&app, &params).await?;
        end(&app, &visitor).await?;
        Ok(leave(&app, destination.as_deref()))
    };
    let asked = || to_explain(&app, form::body(&headers, &body));
    answer.await.unwrap_or_else(|failure: BrowserFailure| failure.answer_to(&app, asked))
}

/// What is asked, by which client, and where the browser goes afterwards.
async fn understand(
    app: &App,
    params: &Params,
) -> Result<(EndSession, Option<Client>, Option<String>), BrowserFailure> {
    let keys = app.keys.current();
    let asked = logout::read(params, |token| keys.verifier.id_token_hint(token))?;
    let client = match &asked.client_id {
        Some(id) => {
            registration::check_id(id).map_err(|_| Objection::UnknownClient)?;
            let found = app.store.view().await?.find_client(&id.as_str().into()).await?;
            let found = found.filter(|client| client.disabled_at.is_none());
            Some(found.ok_or(Objection::UnknownClient)?)
        }
        None => None,
    };
    let destination = logout::destination(&asked, client.as_ref())?;
    Ok((asked, client, destination))
}

/// The parameter that stands for a hint which was posted.
const VOUCHER: &str = "voucher";

/// Says that a hint about this person and this session was shown by this client. It ends with
/// the session: no address in a log signs anybody out of a later one.
fn voucher(app: &App, client: &str, (subject, session): (&str, &SessionId)) -> String {
    token::bind(app.device_key.expose(), &format!("logout {client} {subject} {session}"))
}

/// Whether a hint about the person who is signed in was posted before.
fn is_vouched_for(
    app: &App,
    asked: &EndSession,
    signed_in: (&str, &SessionId),
    params: &Params,
) -> bool {
    let (Some(client), Some(given)) = (&asked.client_id, params.get(VOUCHER)) else { return false };
    token::matches(given, &voucher(app, client, signed_in))
}

/// What is asked again, as parameters. The hint is not among them.
fn carried(asked: &EndSession) -> Vec<(&'static str, &str)> {
    [
        ("client_id", &asked.client_id),
        ("post_logout_redirect_uri", &asked.redirect_uri),
        ("state", &asked.state),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    .collect()
}

/// What explains an objection: the client may be named by its hint alone.
fn to_explain<E>(app: &App, params: Result<Params, E>) -> AskedParams {
    let Ok(params) = params else { return AskedParams::default() };
    let mut asked = AskedParams::read(&params);
    if asked.client_id.is_none() {
        let keys = app.keys.current();
        let hint = params.get("id_token_hint").and_then(|hint| keys.verifier.id_token_hint(hint));
        asked.client_id = hint.map(|hint| hint.client_id.to_string());
    }
    asked
}

/// Ends the session and the grants that do not outlive it.
async fn end(app: &App, visitor: &Visitor) -> Result<(), BrowserFailure> {
    let now = app.now();
    let Some((session, _)) = &visitor.signed_in else { return Ok(()) };
    let mut tx = app.store.begin().await?;
    session::end(&mut tx, session, now).await?;
    Ok(tx.commit().await?)
}

fn ask(app: &App, visitor: &Visitor, asked: &EndSession, destination: Option<&str>) -> Response {
    let Some((_, user)) = &visitor.signed_in else { return leave(app, destination) };
    // What the form brings back is looked at anew. The hint is not needed again: the
    // person has answered for themselves.
    let page = LogoutPage {
        layout: html::layout(app),
        person: html::person(user),
        csrf: &csrf::value(&visitor.browser, PURPOSE),
        carried: &carried(asked),
    };
    let page = html::draw(StatusCode::OK, &page, destination);
    (visitor.cookies(app), page).into_response()
}

/// Where the browser goes when nobody is signed in any more.
fn leave(app: &App, destination: Option<&str>) -> Response {
    let cookies = cookie::forget(app, CookieJar::new(), Kind::Session);
    let answer = destination.map_or_else(
        || html::draw(StatusCode::OK, &SignedOutPage { layout: html::layout(app) }, None),
        see_other,
    );
    (cookies, answer).into_response()
}
