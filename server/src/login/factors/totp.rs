//! Applications that make codes (TOTP, RFC 6238).

use std::fmt::Write;

use fast_qr::QRBuilder;
use shared::crypto::random;
use shared::crypto::seal::Purpose;
use shared::crypto::totp::Seed;
use shared::model::factor::{Factor, FactorProof};
use shared::model::{FactorId, Secret, Timestamp, User, UserId};
use shared::store::{Challenge, Tx};

use crate::app::App;
use crate::web::failure::Fault;

/// What an application is called whose owner gave it no name.
pub(in crate::login) const NAME: &str = "Authenticator app";

/// What a code proves.
pub(in crate::login) const METHODS: &[&str] = &["otp", "mfa"];

/// How long a person may take to bring a seed into their application.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(15);

/// A seed that was shown to a person in a browser and counts once they have sent a code.
pub(in crate::login) struct Offer {
    /// Names it in the form.
    pub(in crate::login) id: String,
    /// Whose application it is for.
    user: UserId,
    seed: Seed,
}

impl Offer {
    /// Makes one.
    pub(in crate::login) async fn make(
        app: &App,
        user: &UserId,
        browser_hash: String,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let id = random::token_id()?;
        let seed = Seed::generate()?;
        let challenge = Challenge {
            purpose: purpose(user),
            browser_hash,
            sealed_state: app.master.seal(Purpose::Challenge, &id, seed.expose())?,
            expires_at: now.plus(PATIENCE),
            id: id.clone(),
        };
        let mut tx = app.store.begin().await?;
        tx.add_challenge(&challenge).await?;
        tx.commit().await?;
        Ok(Self { id, user: user.clone(), seed })
    }

    /// The one that a form names, if it is this person's in this browser.
    pub(in crate::login) async fn find(
        app: &App,
        id: &str,
        user: &UserId,
        browser_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Fault> {
        let mut view = app.store.view().await?;
        let sealed = view.find_challenge(id, &purpose(user), browser_hash, now).await?;
        let Some(sealed) = sealed else { return Ok(None) };
        let seed = Seed::from_bytes(app.master.open(Purpose::Challenge, id, &sealed)?);
        Ok(Some(Self { id: id.to_owned(), user: user.clone(), seed }))
    }

    /// The seed as text, in groups of four.
    pub(in crate::login) fn text(&self) -> Result<Secret<String>, Fault> {
        let text = self.seed.to_text()?;
        let mut grouped = String::new();
        for (position, letter) in text.expose().chars().enumerate() {
            if position > 0 && position % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(letter);
        }
        Ok(Secret::new(grouped))
    }

    /// The address that an application reads.
    pub(in crate::login) fn uri(&self, app: &App, user: &User) -> Result<Secret<String>, Fault> {
        Ok(self.seed.to_uri(app.config.issuer.host(), &user.username)?)
    }

    /// A picture of that address: the path of a square as large as its first part says.
    pub(in crate::login) fn picture(&self, app: &App, user: &User) -> Result<Picture, Fault> {
        let code = QRBuilder::new(self.uri(app, user)?.expose().as_str()).build();
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
        Ok(Picture { size: code.size + 2 * QUIET, path: Secret::new(path) })
    }

    /// The factor that it becomes, if this is its code now, and the code's period.
    pub(in crate::login) fn confirm(
        &self,
        app: &App,
        name: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<(Factor, i64)>, Fault> {
        let Some(period) = self.seed.period_of(&digits(code), now)? else { return Ok(None) };
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

/// Modules around a QR code that stay white (ISO/IEC 18004 §9.1).
const QUIET: usize = 4;

/// A QR code.
pub(in crate::login) struct Picture {
    /// Width and height in modules.
    pub(in crate::login) size: usize,
    /// The path of its black modules.
    pub(in crate::login) path: Secret<String>,
}

/// Accepts a code for one of these factors; of several callers with the same code exactly
/// one is told so, and no code of that or an earlier period is accepted again.
pub(in crate::login) async fn accept(
    app: &App,
    tx: &mut Tx,
    factors: &[Factor],
    code: &str,
    now: Timestamp,
) -> Result<Option<FactorId>, Fault> {
    let code = digits(code);
    for factor in factors {
        let FactorProof::Totp { sealed_seed } = &factor.proof else { continue };
        let seed = app.master.open(Purpose::TotpSeed, factor.id.as_str(), sealed_seed)?;
        let Some(period) = Seed::from_bytes(seed).period_of(&code, now)? else { continue };
        if tx.redeem_totp_period(&factor.id, period, now).await? {
            return Ok(Some(factor.id.clone()));
        }
    }
    Ok(None)
}

/// Applications show codes in two groups; people type the blank too.
fn digits(code: &str) -> String {
    code.chars().filter(|letter| !letter.is_whitespace()).collect()
}

fn purpose(user: &UserId) -> String {
    format!("totp {user}")
}
