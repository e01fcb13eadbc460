//! What is written when a person has a new factor.

use shared::model::{Action, Factor, Secret};
use shared::store::Tx;

use super::recovery;
use crate::login::visit::Visit;
use crate::web::client_ip::Caller;
use crate::web::failure::Fault;

/// What a person gets who has enrolled a factor.
pub(in crate::login) enum Enrolled {
    /// The factor counts. With the first one come recovery codes, to be shown this once.
    Done(Option<Vec<Secret<String>>>),
    /// Somebody has this very key already.
    Taken,
}

/// Writes it all down, as something that whoever is signed in did.
pub(in crate::login) async fn write(
    tx: &mut Tx,
    visit: &Visit,
    caller: &Caller,
    factor: &Factor,
) -> Result<Enrolled, Fault> {
    if !tx.add_factor(factor).await? {
        return Ok(Enrolled::Taken);
    }
    let now = factor.created_at;
    let event = visit
        .own_event(Action::FactorAdded, caller, now)?
        .detail(factor.kind().as_str())
        .evidence(serde_json::json!({"factor": factor.id.as_str()}));
    tx.add_audit_event(event);
    let codes = match tx.count_recovery_codes(&factor.user_id).await? {
        0 => Some(recovery::make(tx, visit, caller, now).await?),
        _ => None,
    };
    Ok(Enrolled::Done(codes))
}

/// What a person calls a factor: what they typed, or what it is.
pub(in crate::login) fn name(typed: Option<&str>, otherwise: &str) -> String {
    let typed = typed.unwrap_or_default().replace(char::is_control, " ");
    let typed: String = typed.trim().chars().take(LONGEST_NAME).collect();
    // Where it is cut there may be a blank.
    let typed = typed.trim_end();
    if typed.is_empty() { otherwise.to_owned() } else { typed.to_owned() }
}

/// Characters.
const LONGEST_NAME: usize = 60;
