//! Why a request went wrong: what failed, what would have been nearest to right, and the one
//! change that would have let it pass.
//!
//! What was refused is told its caller in fixed words that give nothing away. The operator,
//! who was given the code of the incident, is told everything.

mod asked;
mod cause;
mod change;
mod compare;
mod expected;
mod since;

pub use asked::masked;
pub use cause::Cause;
pub use compare::Comparison;

use crate::model::incident::Credential;
use crate::model::{Client, Incident};

/// What an incident comes down to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The cause, in one word.
    pub cause: Cause,
    /// What failed, in a sentence or two.
    pub what: String,
    /// The parameter at fault, if it is one.
    pub parameter: Option<String>,
    /// What was sent beside what would have been right, where both are known.
    pub compared: Option<Comparison>,
    /// The value that was probably meant.
    pub nearest: Option<String>,
    /// The one change that would have let it pass.
    pub change: String,
    /// What was changed since, if the same request would pass now.
    pub since: Option<String>,
}

/// An incident with what is needed to understand it.
struct Case<'a> {
    cause: Cause,
    incident: &'a Incident,
    /// The client that was named, as it is now.
    client: Option<&'a Client>,
    /// Clients that may have been meant.
    others: &'a [Client],
}

/// Explains an incident. `client` is the client that was named, as it is now; `others` are
/// clients that may have been meant.
pub fn explain(incident: &Incident, client: Option<&Client>, others: &[Client]) -> Explanation {
    let cause = Cause::of(incident, client);
    let matter = Case { cause, incident, client, others };
    let compared = matter.compared();
    let nearest = matter.nearest(compared.as_ref());
    let repeated = || incident.facts.asked.repeated.clone();
    Explanation {
        cause,
        what: matter.what(),
        parameter: cause.parameter().map(str::to_owned).or_else(repeated),
        change: matter.change(nearest.as_deref()),
        compared,
        nearest,
        since: matter.since(),
    }
}

impl Case<'_> {
    /// The sentence for the cause, and what is known beyond it.
    fn what(&self) -> String {
        let asked = &self.incident.facts.asked;
        let detail = match self.cause {
            Cause::ChallengeMalformed => {
                asked.code_challenge_length.map(|length| format!("It has {length} characters."))
            }
            Cause::VerifierWrong => {
                asked.code_verifier_length.map(|length| format!("It has {length} characters."))
            }
            Cause::ParameterRepeated => {
                asked.repeated.as_ref().map(|name| format!("It is {name}."))
            }
            Cause::AuthTwice => Some(format!("It sent {}.", asked.auth_methods.join(" and "))),
            Cause::ServerFault => {
                let id = &self.incident.facts.request_id;
                Some(format!("The log has the reason under the request id {id}."))
            }
            _ => self.incident.facts.credential.as_ref().map(history),
        };
        let sentence = self.cause.sentence();
        detail.map_or_else(|| sentence.to_owned(), |detail| format!("{sentence} {detail}"))
    }
}

/// What became of a code or a refresh token.
fn history(credential: &Credential) -> String {
    let Credential { client_id, issued_at, expires_at, used_at, revoked_at, .. } = credential;
    let used = used_at.as_ref().map(|at| format!("; it was used at {at}"));
    let revoked = revoked_at.as_ref().map(|at| format!("; what was granted was revoked at {at}"));
    format!(
        "It was given to client {client_id} at {issued_at}; its end is {expires_at}{}{}.",
        used.unwrap_or_default(),
        revoked.unwrap_or_default()
    )
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
