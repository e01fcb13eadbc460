//! The page of tokens and its buttons. Each button does one thing and returns to the page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, Redirect};
use axum_extra::extract::CookieJar;

use super::App;
use super::access_token::{self, Decoded};
use super::failure::Failure;
use super::page::{self, RefreshView, TokenView};
use super::session::SignedIn;
use super::tokens::{Exchanged, Family, Report, Step, Tokens, shortened};
use super::user_info::UserInfo;

/// Draws what the application holds.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    SignedIn(tokens): SignedIn,
) -> Result<Html<String>, Failure> {
    let access_token = tokens.access_token.secret();
    let verdict = access_token::check(&app.provider, access_token).await?;
    page::draw(&page::Tokens {
        name: &tokens.name,
        registration: tokens.registration.as_str(),
        client_id: app.provider.client_id(tokens.registration),
        report: tokens.report.as_ref(),
        id_token: TokenView {
            raw: &tokens.id_token.raw,
            decoded: Decoded::read(&tokens.id_token.raw),
        },
        checked: &tokens.id_token.checked,
        access_token: TokenView { raw: access_token, decoded: Decoded::read(access_token) },
        unfit: verdict.err().map(|unfit| unfit.to_string()),
        user_info: &tokens.user_info,
        refresh: RefreshView::of(&tokens.family),
    })
}

/// Uses the refresh token, as an application does when its access token has expired.
pub(super) async fn refresh(
    State(app): State<Arc<App>>,
    SignedIn(mut tokens): SignedIn,
) -> Result<Redirect, Failure> {
    let Family::Alive { newest, generation, .. } = &tokens.family else {
        return Ok(back());
    };
    let asked = presented("POST /token with the refresh token", &shortened(newest), *generation);
    tokens.report = Some(match tokens.present(&app.provider, newest).await? {
        Exchanged::Granted(response) => {
            tokens.renew(&app.provider, &response).await?;
            refreshed(asked, &tokens)
        }
        Exchanged::Refused(refusal) => {
            tokens.family = Family::Revoked;
            let answered = format!("{refusal}. Only a new sign-in helps now.");
            report("The refresh token was refused", vec![Step { asked, answered }])
        }
    });
    Ok(back())
}

/// Uses a spent refresh token, as a thief would, and looks at what is left of its family.
pub(super) async fn reuse(
    State(app): State<Arc<App>>,
    SignedIn(mut tokens): SignedIn,
) -> Result<Redirect, Failure> {
    let Family::Alive { newest, used: Some(used), generation } = &tokens.family else {
        return Ok(back());
    };
    let spent = presented("A thief uses the spent refresh token", &shortened(used), generation - 1);
    let latest = presented("This application uses its newest", &shortened(newest), *generation);

    let stolen = tokens.present(&app.provider, used).await?;
    let detected = matches!(stolen, Exchanged::Refused(_));
    let mut steps = vec![Step { asked: spent, answered: outcome(&stolen) }];

    let own = tokens.present(&app.provider, newest).await?;
    steps.push(Step { asked: latest, answered: outcome(&own) });
    let revoked = match own {
        Exchanged::Granted(response) => {
            tokens.renew(&app.provider, &response).await?;
            false
        }
        Exchanged::Refused(_) => {
            tokens.family = Family::Revoked;
            true
        }
    };

    let answer = UserInfo::ask(&app.provider, &tokens.access_token, &tokens.id_token.subject);
    tokens.user_info = answer.await?;
    steps.push(Step {
        asked: "It calls UserInfo with the access token of the same sign-in".to_owned(),
        answered: tokens.user_info.summary(),
    });
    tokens.report = Some(report(verdict(detected, revoked), steps));
    Ok(back())
}

/// Asks `UserInfo` again.
pub(super) async fn ask_user_info(
    State(app): State<Arc<App>>,
    SignedIn(mut tokens): SignedIn,
) -> Result<Redirect, Failure> {
    let answer = UserInfo::ask(&app.provider, &tokens.access_token, &tokens.id_token.subject);
    tokens.user_info = answer.await?;
    let asked = "GET /userinfo with the access token".to_owned();
    let answered = tokens.user_info.summary();
    tokens.report = Some(report("UserInfo was called", vec![Step { asked, answered }]));
    Ok(back())
}

/// Forgets the person here, then leads to the provider's page, where its session can be ended.
pub(super) async fn sign_out(State(app): State<Arc<App>>, jar: CookieJar) -> (CookieJar, Redirect) {
    let logout = app.provider.logout_page();
    (app.sessions.delete(jar), Redirect::to(&logout))
}

fn back() -> Redirect {
    Redirect::to("/tokens")
}

fn report(title: &'static str, steps: Vec<Step>) -> Report {
    Report { title, steps }
}

fn presented(deed: &str, token: &str, generation: u32) -> String {
    format!("{deed} {token} (generation {generation})")
}

fn outcome(exchanged: &Exchanged) -> String {
    match exchanged {
        Exchanged::Granted(_) => "200 OK: new tokens".to_owned(),
        Exchanged::Refused(refusal) => refusal.to_string(),
    }
}

fn refreshed(asked: String, tokens: &Tokens) -> Report {
    let Family::Alive { newest, generation, .. } = &tokens.family else {
        return report("New tokens", vec![Step { asked, answered: "200 OK".to_owned() }]);
    };
    let answered = format!(
        "200 OK: a new access token and the refresh token {} (generation {generation})",
        shortened(newest)
    );
    report("The refresh token was rotated", vec![Step { asked, answered }])
}

fn verdict(detected: bool, revoked: bool) -> &'static str {
    match (detected, revoked) {
        (true, true) => "Reuse was detected: the whole family is revoked",
        (true, false) => "The spent token was refused, its family still works",
        (false, _) => "The spent token was accepted",
    }
}
