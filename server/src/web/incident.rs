//! Errors that somebody has to mend, put down with what was asked.

use shared::model::incident::{AskedParams, Facts, Place};
use shared::model::{ErrorCode, IncidentCode, Refusal};
use shared::rules::params::Params;

use super::request_id;
use crate::app::App;

/// What happens every day and is nobody's mistake: who is not signed in, says no, or comes
/// when too many others do.
fn is_everyday(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::LoginRequired
            | ErrorCode::ConsentRequired
            | ErrorCode::InteractionRequired
            | ErrorCode::AccessDenied
            | ErrorCode::TemporarilyUnavailable
            | ErrorCode::UnmetAuthenticationRequirements
    )
}

/// What was asked, read from the parameters of a request, which may be unreadable.
pub(crate) fn asked<E>(params: Result<Params, E>) -> AskedParams {
    params.map(|params| AskedParams::read(&params)).unwrap_or_default()
}

/// Puts down a refusal and gives its code, unless it is an everyday one or there are too many.
pub(crate) fn refused(
    app: &App,
    place: Place,
    refusal: Refusal,
    asked: impl FnOnce() -> AskedParams,
) -> Option<IncidentCode> {
    if is_everyday(refusal.code) {
        return None;
    }
    put_down(app, place, (refusal.code.as_str(), refusal.description), asked)
}

/// Puts down anything else: an error and its description.
pub(crate) fn put_down(
    app: &App,
    place: Place,
    said: (&str, &str),
    asked: impl FnOnce() -> AskedParams,
) -> Option<IncidentCode> {
    let permit = app.incidents.admit(place, app.now())?;
    app.incidents.add(permit, facts(place, said, asked()))
}

/// The facts that all incidents have.
pub(crate) fn facts(place: Place, (error, description): (&str, &str), asked: AskedParams) -> Facts {
    Facts {
        place,
        error: error.to_owned(),
        description: description.to_owned(),
        request_id: request_id::current(),
        asked,
        credential: None,
        assertion: None,
    }
}

/// A description with the code at its end, in the characters that it may have (RFC 6749 §5.2).
pub(crate) fn described(refusal: Refusal, code: Option<&IncidentCode>) -> String {
    match code {
        Some(code) => format!("{} (code {code})", refusal.description),
        None => refusal.description.to_owned(),
    }
}
