//! What was found on the way to a step, in words for operators.

use super::next_step::Finding;
use super::rbac::Reason;
use crate::model::Catalogue;

/// Whether what was found lets the sign-in go on.
pub fn passes(finding: Finding) -> bool {
    matches!(
        finding,
        Finding::SignedIn(..)
            | Finding::JustNow
            | Finding::Enough(_)
            | Finding::Allowed
            | Finding::SaidYes
    )
}

/// What was found, in a sentence.
pub fn words(finding: Finding) -> String {
    match finding {
        Finding::Nobody => "Nobody is signed in.".to_owned(),
        Finding::SignedIn(at, level) => format!("Signed in at {at}, which is worth {level}."),
        Finding::WantsFresh => {
            "The client wants a fresh sign-in (prompt=login or max_age=0).".to_owned()
        }
        Finding::WantsChoice => {
            "The client wants the person to choose who they are (prompt=select_account).".to_owned()
        }
        Finding::TooOld(age) => {
            format!("The sign-in is older than the {} s that max_age allows.", age.as_secs())
        }
        Finding::JustNow => "They signed in for this very request, which is enough.".to_owned(),
        Finding::SomebodyElse => {
            "The client expects somebody else (id_token_hint or the claim sub).".to_owned()
        }
        Finding::UnknownDemand => {
            "The client insists on an acr that nobody here has heard of.".to_owned()
        }
        Finding::Enough(level) => format!("The sign-in has to be worth {level}, and is."),
        Finding::NeedsFactor(level) => {
            format!("The sign-in has to be worth {level}; the person has a factor for that.")
        }
        Finding::NeedsEnrolment(level) => {
            format!("The sign-in has to be worth {level}; the person has no factor for that.")
        }
        Finding::BeyondReach(level) => {
            format!("The sign-in has to be worth {level}, which nobody can enrol here.")
        }
        Finding::TooOldToEnrol => {
            "A factor is added only to a sign-in of the last minutes.".to_owned()
        }
        Finding::Allowed => {
            "The person allowed all of it before, or nobody has to be asked.".to_owned()
        }
        Finding::NotAllowed => "The person has not allowed all of it yet.".to_owned(),
        Finding::SaidYes => "The person has just said yes.".to_owned(),
        Finding::SaidNo => "The person has just said no.".to_owned(),
        Finding::WantsConsent => {
            "The client wants the person to be asked again (prompt=consent).".to_owned()
        }
        Finding::NotProven => "The client's redirect URI has a scheme of its own, which another \
                               application may have taken: the person has to be there."
            .to_owned(),
        Finding::WantsSilence => {
            "A page is due, and the client wants none (prompt=none).".to_owned()
        }
    }
}

/// Why a scope is given or withheld, in a sentence.
pub fn scope_words(reason: &Reason, catalogue: &Catalogue) -> String {
    match reason {
        Reason::NeedsNone => "given: it stands for no permission".to_owned(),
        Reason::Permitted => "given: roles permit all that it stands for".to_owned(),
        Reason::NotRegistered => "withheld: the client may not ask for it".to_owned(),
        Reason::NotAllowed => "withheld: the person has not allowed it".to_owned(),
        Reason::OtherApi => "withheld: the token is for other APIs".to_owned(),
        Reason::ApiDisabled => "withheld: its API is disabled".to_owned(),
        Reason::NoScope => {
            "withheld: it is the name of a permission, and no scope stands for that".to_owned()
        }
        Reason::Lacks(permissions) => {
            let named = permissions.iter().map(|id| {
                catalogue.permission(id).map_or(id.as_str(), |permission| permission.name.as_str())
            });
            format!("withheld: no role permits {}", named.collect::<Vec<_>>().join(", "))
        }
    }
}
