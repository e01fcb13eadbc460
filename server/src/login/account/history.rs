//! `/account/history`: what happened to a person's account.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use shared::model::Action;
use shared::store::{RecordedEvent, UserEvent};
use url::form_urlencoded::byte_serialize;

use super::{Proof, enter, looking, moment};
use crate::app::App;
use crate::web::account_page::{EventLine, HistoryPage};
use crate::web::failure::{Stale, answered};
use crate::web::{form, html};

const PATH: &str = "/account/history";

/// How many events a page shows.
const PAGE: i64 = 50;

/// `GET /account/history`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visit = enter(&app, &headers, PATH, Proof::Usual).await?;
        let (_, user) = visit.signed_in()?;
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        let after = params.get("after");
        let part = looking(&app, &visit)?.list_user_events(&user.id, after, PAGE).await?;
        let lines: Vec<_> = part.items.iter().map(line).collect();
        let earlier = part.next.map(|next| byte_serialize(next.as_bytes()).collect::<String>());
        let page =
            HistoryPage { layout: html::layout(&app), events: &lines, earlier: earlier.as_deref() };
        Ok(html::draw(StatusCode::OK, &page, None))
    })
    .await
}

fn line(each: &UserEvent) -> EventLine<'_> {
    let event = &each.event;
    let action = Action::parse(&event.action);
    EventLine {
        at: moment(event.at),
        what: match action {
            Some(action) => words(action),
            None => &event.action,
        },
        by_operator: is_by_operator(event),
        failed: matches!(
            action,
            Some(
                Action::LoginFailed
                    | Action::LoginThrottled
                    | Action::SecondFactorFailed
                    | Action::TokenTheftSuspected
                    | Action::CodeReplayed
            )
        ),
        application: each.client_name.as_deref().or(event.client_id.as_deref()),
        address: event.address.as_deref(),
    }
}

/// Whether somebody with an operator's rights did it: from the machine, or signed in as another.
fn is_by_operator(event: &RecordedEvent) -> bool {
    let is_other = || event.user_id.as_ref().is_none_or(|about| *about != event.actor);
    event.actor_kind == "operator" || event.actor_kind == "user" && is_other()
}

/// What happened, as its owner understands it.
const fn words(action: Action) -> &'static str {
    match action {
        Action::UserAdded => "Account made",
        Action::UserPasswordSet => "New password set",
        Action::PasswordChanged => "Password changed",
        Action::ProfileChanged => "Profile changed",
        Action::UserChanged => "Account changed",
        Action::UserDisabled => "Account disabled",
        Action::UserEnabled => "Account enabled again",
        Action::UserDeleted => "Account deleted",
        Action::LoginSucceeded => "Signed in",
        Action::LoginFailed => "Sign-in failed",
        Action::LoginThrottled => "Sign-in refused after too many attempts",
        Action::ConsoleEntered => "Signed in as an operator",
        Action::SecondFactorSucceeded => "Second factor shown",
        Action::SecondFactorFailed => "Wrong second factor",
        Action::RecoveryCodeUsed => "Recovery code used",
        Action::RecoveryCodesMade => "New recovery codes made",
        Action::FactorAdded => "Second factor added",
        Action::FactorRenamed => "Second factor renamed",
        Action::FactorRemoved => "Second factor removed",
        Action::FactorsReset => "All second factors removed",
        Action::BrowsersForgotten => "Remembered browsers forgotten",
        Action::LoggedOut => "Signed out",
        Action::SessionEnded => "Session ended",
        Action::SessionsEnded => "Sessions ended",
        Action::ConsentGranted => "Application allowed",
        Action::ConsentDenied => "Application denied",
        Action::ConsentWithdrawn => "Permission withdrawn from an application",
        Action::CodeIssued => "Signed in to an application",
        Action::CodeReplayed => "A sign-in code was used twice; the application is signed out",
        Action::TokenIssued => "Tokens given to an application",
        Action::TokenRefreshed => "Tokens renewed by an application",
        Action::TokenRevoked => "Tokens of an application ended",
        Action::TokenRefreshOverlapped => "Tokens renewed twice at the same moment",
        Action::TokenRefreshRetried => "Tokens renewed again after a lost answer",
        Action::TokenTheftSuspected => "Stolen tokens suspected; the application is signed out",
        Action::RoleGiven => "Role given",
        Action::RoleTaken => "Role taken away",
        Action::GroupJoined => "Put into a group",
        Action::GroupLeft => "Taken out of a group",
        // These are about nobody.
        Action::RoleAdded
        | Action::RoleChanged
        | Action::RoleDeleted
        | Action::RolePermitted
        | Action::RoleForbidden
        | Action::GroupAdded
        | Action::GroupChanged
        | Action::GroupDeleted
        | Action::ApiAdded
        | Action::ApiChanged
        | Action::ApiDeleted
        | Action::PermissionAdded
        | Action::PermissionChanged
        | Action::PermissionDeleted
        | Action::ScopeAdded
        | Action::ScopeChanged
        | Action::ScopeDeleted
        | Action::ClientAdded
        | Action::ClientChanged
        | Action::ClientDisabled
        | Action::ClientEnabled
        | Action::ClientSecretRotated
        | Action::ClientDeleted
        | Action::ClientAuthenticationFailed
        | Action::KeyCreated
        | Action::KeyRotationScheduled
        | Action::KeyActivated
        | Action::KeyForgotten
        | Action::KeyRevoked
        | Action::GlassBroken => action.as_str(),
    }
}
