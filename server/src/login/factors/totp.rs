//! Applications that make codes (TOTP, RFC 6238).

use std::fmt::Write;

use fast_qr::QRBuilder;
use shared::crypto::random;
use shared::crypto::seal::Purpose;
use shared::crypto::totp::Seed;
use shared::model::factor::{Factor, FactorProof};
use shared::model::{FactorId, Secret, Session, Timestamp, User, UserId};
use shared::rules::params::Params;
use shared::store::Tx;

use super::CODE_PROOF;
use super::challenge::Asked;
use super::enrolment::{self, Enrolled};
use crate::app::App;
use crate::login::session::Change;
use crate::login::visit::Visit;
use crate::web::client_ip::Caller;
use crate::web::failure::{BrowserFailure, Fault, Stale};
use crate::web::page::TotpOffer;

/// What an application is called whose owner gave it no name.
pub(in crate::login) const NAME: &str = "Authenticator app";

/// How long a person may take to bring a seed into their application.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(15);

/// A seed that was shown to a person in a session and counts once they have sent a code. There
/// is one at a time: a page that is loaded again shows the one that is in the application.
pub(in crate::login) struct Offer {
    /// Names it in the form.
    id: String,
    /// Whose application it is for.
    user: UserId,
    seed: Seed,
}

impl Offer {
    /// The one that waits for its code, or else a new one.
    pub(in crate::login) async fn make(
        app: &App,
        visit: &Visit,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let (session, user) = visit.signed_in()?;
        let browser_hash = visit.visitor.browser_hash();
        let asked = Asked { purpose: &purpose(session, user), browser_hash: &browser_hash };
        let new = Seed::generate()?;
        let (id, seed) = asked.keep_one(app, new.expose(), PATIENCE, now).await?;
        Ok(Self { id, user: user.id.clone(), seed: Seed::from_bytes(seed) })
    }

    /// The one that a form names, if it is this session's in this browser.
    async fn find(
        app: &App,
        visit: &Visit,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Fault> {
        let (session, user) = visit.signed_in()?;
        let browser_hash = visit.visitor.browser_hash();
        let asked = Asked { purpose: &purpose(session, user), browser_hash: &browser_hash };
        let seed = asked.find(app, id, now).await?.map(Seed::from_bytes);
        Ok(seed.map(|seed| Self { id: id.to_owned(), user: user.id.clone(), seed }))
    }

    /// What a page shows of it.
    pub(in crate::login) fn shown(&self, app: &App, user: &User) -> Result<Shown, Fault> {
        let uri = self.seed.to_uri(app.config.issuer.host(), &user.username)?;
        let code = QRBuilder::new(uri.expose().as_str()).build();
        let code = code.map_err(|_| Fault::Answer("a QR code cannot be drawn"))?;
        let mut path = String::new();
        for row in 0..code.size {
            for (column, module) in code[row].iter().enumerate() {
                if module.value() {
                    // Writing to a String does not fail.
                    let _ = write!(path, "M{} {}h1v1h-1z", column + QUIET, row + QUIET);
                }
            }
        }
        Ok(Shown {
            id: self.id.clone(),
            text: Secret::new(grouped(self.seed.to_text()?.expose())),
            uri,
            size: code.size + 2 * QUIET,
            path: Secret::new(path),
        })
    }

    /// The factor that it becomes, if this is its code now, and the code's period.
    fn confirm(
        &self,
        app: &App,
        name: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<(Factor, i64)>, Fault> {
        let Some(period) = self.seed.period_of(code, now)? else { return Ok(None) };
        let id: FactorId = random::id(now)?;
        let sealed_seed = app.master.seal(Purpose::TotpSeed, id.as_str(), self.seed.expose())?;
        let factor = Factor {
            id,
            user_id: self.user.clone(),
            name: name.to_owned(),
            proof: FactorProof::Totp { sealed_seed },
            created_at: now,
            last_used_at: None,
        };
        Ok(Some((factor, period)))
    }
}

/// What came of the code that a person typed on the page with an offer.
pub(in crate::login) enum Enrolment {
    /// The offer is not good any more.
    Expired,
    /// It is not the offer's code.
    Wrong(Offer),
    /// The application counts, once this unit of work is committed.
    Done(Box<Added>),
}

/// An application that counts from now on.
pub(in crate::login) struct Added {
    /// Still to be committed.
    pub(in crate::login) tx: Tx,
    /// The session, to which the code was a second factor.
    pub(in crate::login) change: Change,
    /// Recovery codes, with the person's first factor.
    pub(in crate::login) codes: Option<Vec<Secret<String>>>,
}

/// Makes the offered seed count that a form names, if it brings its code.
pub(in crate::login) async fn enrol(
    app: &App,
    visit: &mut Visit,
    params: &Params,
    caller: &Caller,
    now: Timestamp,
) -> Result<Enrolment, BrowserFailure> {
    let id = params.get("offer").unwrap_or_default();
    let Some(offer) = Offer::find(app, visit, id, now).await? else {
        return Ok(Enrolment::Expired);
    };
    let name = enrolment::name(params.get("name"), NAME);
    let code = params.get("code").unwrap_or_default();
    let Some((factor, period)) = offer.confirm(app, &name, code, now)? else {
        return Ok(Enrolment::Wrong(offer));
    };
    let mut tx = visit.begin_change(app, now).await?;
    if !tx.redeem_challenge(&offer.id).await? {
        return Err(Stale::Expired.into());
    }
    let Enrolled::Done(codes) = enrolment::write(&mut tx, visit, caller, &factor).await? else {
        return Err(Stale::Expired.into());
    };
    tx.redeem_totp_period(&factor.id, period, now).await?;
    let change = Change::second(visit, CODE_PROOF)?;
    change.write(&mut tx, visit, now).await?;
    Ok(Enrolment::Done(Box::new(Added { tx, change, codes })))
}

/// Modules around a QR code that stay white (ISO/IEC 18004 §9.1).
const QUIET: usize = 4;

/// What a page shows of an offer.
pub(in crate::login) struct Shown {
    id: String,
    text: Secret<String>,
    uri: Secret<String>,
    /// Width and height of the QR code in modules.
    size: usize,
    /// The path of its black modules.
    path: Secret<String>,
}

impl Shown {
    /// For the template.
    pub(in crate::login) fn offer(&self) -> TotpOffer<'_> {
        TotpOffer {
            id: &self.id,
            text: self.text.expose(),
            uri: self.uri.expose(),
            size: self.size,
            path: self.path.expose(),
        }
    }
}

/// In groups of four letters, as people type them.
fn grouped(text: &str) -> String {
    let mut grouped = String::new();
    for (position, letter) in text.chars().enumerate() {
        if position > 0 && position % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(letter);
    }
    grouped
}

fn purpose(session: &Session, user: &User) -> String {
    format!("totp {} {}", user.id, session.id)
}
