//! `/account/profile`: what is on record about a person, which applications may be told.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use shared::admin::{AdminError, NewProfile};
use shared::model::profile::Address;
use shared::model::{Profile, User};
use shared::rules::params::Params;

use super::draft::Draft;
use super::{Proof, acting, csrf_value, done, enter, read, sentence};
use crate::app::App;
use crate::login::visit::Visit;
use crate::web::account_page::{Field, ProfilePage};
use crate::web::client_ip::Caller;
use crate::web::failure::{Fault, Stale, answered};
use crate::web::{form, html};

const PATH: &str = "/account/profile";

/// `GET /account/profile`
pub(crate) async fn get(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    answered(&app, async {
        let visit = enter(&app, &headers, PATH, Proof::Recent).await?;
        let (_, user) = visit.signed_in()?;
        let params = form::query(&uri).map_err(|_| Stale::Malformed)?;
        if let Some(id) = params.get("draft")
            && let Some(draft) = Draft::find(&app, &visit, id).await?
        {
            return Ok(draw(&app, &visit, &draft, Said::Problem(NOT_YET))?);
        }
        let known = NewProfile { email: user.email.clone(), profile: user.profile.clone() };
        let said = if params.get("done").is_some() { Said::Done } else { Said::Nothing };
        Ok(draw(&app, &visit, &Draft::new(&known, &version(user)), said)?)
    })
    .await
}

/// `POST /account/profile`
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answered(&app, async {
        let params = read(&headers, &body)?;
        let new = typed(&params);
        let old = params.get("version").unwrap_or_default();
        let visit = Draft::new(&new, old).enter(&app, &headers, PATH, &params).await?;
        let (_, user) = visit.signed_in()?;
        let draft = Draft::new(&new, &version(user));
        if old != draft.version {
            return Ok(draw(&app, &visit, &draft, Said::Problem(CHANGED))?);
        }
        match acting(&app, &visit, &caller)?.set_profile(user, new, app.now()).await {
            Ok(()) => Ok(done(&app, PATH, "saved")),
            Err(AdminError::Invalid(problem)) => {
                Ok(draw(&app, &visit, &draft, Said::Problem(&sentence(&problem)))?)
            }
            Err(AdminError::Conflict(_)) => {
                let taken = "This e-mail address cannot be used here.";
                Ok(draw(&app, &visit, &draft, Said::Problem(taken))?)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// What the page says of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said<'a> {
    Nothing,
    /// It is saved.
    Done,
    /// It is not saved, for this reason.
    Problem(&'a str),
}

const CHANGED: &str = "It was changed in another window meanwhile. Look at it and save again.";
const NOT_YET: &str =
    "It is not saved yet, as you had to sign in again first. Look at it and save again.";

/// Names the record that a form shows.
fn version(user: &User) -> String {
    user.updated_at.0.to_string()
}

/// What was typed; what is left empty is not on record any more.
fn typed(params: &Params) -> NewProfile {
    let text = |name| {
        let typed = params.get(name).unwrap_or_default().trim();
        (!typed.is_empty()).then(|| typed.replace("\r\n", "\n"))
    };
    let address = Address {
        formatted: text("formatted"),
        street_address: text("street_address"),
        locality: text("locality"),
        region: text("region"),
        postal_code: text("postal_code"),
        country: text("country"),
    };
    let profile = Profile {
        name: text("name"),
        given_name: text("given_name"),
        family_name: text("family_name"),
        middle_name: text("middle_name"),
        nickname: text("nickname"),
        preferred_username: text("preferred_username"),
        profile: text("profile"),
        picture: text("picture"),
        website: text("website"),
        gender: text("gender"),
        birthdate: text("birthdate"),
        zoneinfo: text("zoneinfo"),
        locale: text("locale"),
        phone_number: text("phone_number"),
        phone_number_verified: None,
        address: (address != Address::default()).then_some(address),
    };
    NewProfile { email: text("email"), profile }
}

fn draw(app: &App, visit: &Visit, shown: &Draft, said: Said<'_>) -> Result<Response, Fault> {
    let (_, user) = visit.signed_in()?;
    let typed = shown.typed();
    let address = typed.profile.address.clone().unwrap_or_default();
    let groups = groups(&typed, &address, user);
    let problem = if let Said::Problem(problem) = said { Some(problem) } else { None };
    let page = ProfilePage {
        layout: html::layout(app),
        csrf: &csrf_value(visit)?,
        version: &shown.version,
        groups: &groups,
        done: said == Said::Done,
        problem,
    };
    Ok(html::draw(StatusCode::OK, &page, None))
}

/// The fields in the order of the page, by their headings.
fn groups<'a>(
    shown: &'a NewProfile,
    address: &'a Address,
    user: &User,
) -> [(&'static str, Vec<Field<'a>>); 4] {
    let p = &shown.profile;
    let verified = |is: bool| if is { "Confirmed to be yours." } else { "Not confirmed." };
    let same_email = shown.email == user.email && shown.email.is_some();
    let same_phone = p.phone_number == user.profile.phone_number && p.phone_number.is_some();
    let phone_verified = user.profile.phone_number_verified == Some(true);
    [
        (
            "Your name",
            vec![
                Field::new("name", "Full name", p.name.as_deref(), "name"),
                Field::new("given_name", "Given names", p.given_name.as_deref(), "given-name"),
                Field::new(
                    "middle_name",
                    "Middle names",
                    p.middle_name.as_deref(),
                    "additional-name",
                ),
                Field::new("family_name", "Family name", p.family_name.as_deref(), "family-name"),
                Field::new("nickname", "Nickname", p.nickname.as_deref(), "nickname"),
                Field::new(
                    "preferred_username",
                    "Short name",
                    p.preferred_username.as_deref(),
                    "off",
                ),
            ],
        ),
        (
            "How to reach you",
            vec![
                Field::new("email", "E-mail address", shown.email.as_deref(), "email")
                    .mode("email")
                    .hint(if same_email { verified(user.email_verified) } else { "" }),
                Field::new("phone_number", "Phone number", p.phone_number.as_deref(), "tel")
                    .mode("tel")
                    .hint(if same_phone { verified(phone_verified) } else { "" }),
            ],
        ),
        (
            "About you",
            vec![
                Field::new("birthdate", "Birthday", p.birthdate.as_deref(), "bday")
                    .hint("YYYY-MM-DD, YYYY alone, or 0000-MM-DD without the year."),
                Field::new("gender", "Gender", p.gender.as_deref(), "sex"),
                Field::new("zoneinfo", "Time zone", p.zoneinfo.as_deref(), "off")
                    .hint("Such as Europe/Paris."),
                Field::new("locale", "Language", p.locale.as_deref(), "language")
                    .hint("Such as en-GB."),
                Field::new("picture", "Picture", p.picture.as_deref(), "photo")
                    .mode("url")
                    .hint("A web address."),
                Field::new("website", "Website", p.website.as_deref(), "url")
                    .mode("url")
                    .hint("A web address."),
                Field::new("profile", "Profile page", p.profile.as_deref(), "off")
                    .mode("url")
                    .hint("A web address."),
            ],
        ),
        (
            "Postal address",
            vec![
                Field::new("formatted", "As on an envelope", address.formatted.as_deref(), "off")
                    .with_lines()
                    .hint("Applications may show this in place of the parts below."),
                Field::new(
                    "street_address",
                    "Street",
                    address.street_address.as_deref(),
                    "street-address",
                )
                .with_lines(),
                Field::new(
                    "postal_code",
                    "Postal code",
                    address.postal_code.as_deref(),
                    "postal-code",
                ),
                Field::new("locality", "City", address.locality.as_deref(), "address-level2"),
                Field::new("region", "Region", address.region.as_deref(), "address-level1"),
                Field::new("country", "Country", address.country.as_deref(), "country-name"),
            ],
        ),
    ]
}
