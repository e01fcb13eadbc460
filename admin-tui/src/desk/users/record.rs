//! What is on record about a person, as a form.

use shared::admin::NewUser;
use shared::model::profile::Address;
use shared::model::{Profile, User};
use shared::rules::{password_policy, person};

use crate::form_spec::{Field, Values, Whole};

/// A claim that is a text: its key in the form, its label, what to type, and its place.
struct Claim {
    key: &'static str,
    label: &'static str,
    help: &'static str,
    get: fn(&Profile) -> &Option<String>,
    set: fn(&mut Profile, Option<String>),
}

/// Spelled in the form as the rules do when they name what is wrong.
macro_rules! claim {
    ($key:ident, $label:literal, $help:literal) => {
        Claim {
            key: stringify!($key),
            label: $label,
            help: $help,
            get: |profile| &profile.$key,
            set: |profile, text| profile.$key = text,
        }
    };
}

/// A member of the postal address.
macro_rules! member {
    ($key:ident, $label:literal, $help:literal) => {
        Claim {
            key: concat!("address.", stringify!($key)),
            label: $label,
            help: $help,
            get: |profile| profile.address.as_ref().map_or(&None, |address| &address.$key),
            set: |profile, text| {
                if text.is_some() || profile.address.is_some() {
                    profile.address.get_or_insert_default().$key = text;
                }
            },
        }
    };
}

const CLAIMS: &[Claim] = &[
    claim!(given_name, "Given name", "Given or first names."),
    claim!(family_name, "Family name", "Surnames or last names."),
    claim!(middle_name, "Middle name", "Middle names."),
    claim!(nickname, "Nickname", "Casual name."),
    claim!(preferred_username, "Short name", "The user name stands in where it is empty."),
    claim!(phone_number, "Phone number", "In E.164, such as +1 425 555 1212."),
    claim!(birthdate, "Birthdate", "YYYY-MM-DD, 0000-MM-DD or YYYY."),
    claim!(gender, "Gender", "In the person's own word."),
    claim!(locale, "Language", "A language tag, such as en-GB."),
    claim!(zoneinfo, "Time zone", "Such as Europe/Paris."),
    claim!(profile, "Profile page", "An http or https URL."),
    claim!(picture, "Picture", "An http or https URL."),
    claim!(website, "Web site", "An http or https URL."),
    member!(street_address, "Street", "Street and house number; may have several lines."),
    member!(postal_code, "Postal code", "Of the postal address."),
    member!(locality, "City", "Of the postal address."),
    member!(region, "Region", "State, province or prefecture."),
    member!(country, "Country", "Of the postal address."),
    member!(formatted, "Whole address", "The whole address, with line breaks."),
];

/// Whether a claim may have several lines.
fn has_lines(key: &str) -> bool {
    matches!(key, "address.street_address" | "address.formatted")
}

/// The fields of a person that is to be added.
pub(super) fn add_fields() -> Vec<Field> {
    let help = "At least 15 characters; empty if they get one later.";
    vec![
        Field::text("username", ("User name", "What they will type to sign in."), ""),
        Field::text("full_name", ("Full name", "What pages call them; may be empty."), ""),
        Field::text("email", ("E-mail", "Also good to sign in with; may be empty."), ""),
        Field::flag("email_verified", VERIFIED, false),
        Field::secret("password", ("Password", help)).checked(password_problem),
    ]
}

const VERIFIED: (&str, &str) =
    ("E-mail verified", "Whether somebody has proved that it is theirs; of another, say so anew.");

/// The fields of a person that is on record.
pub(super) fn edit_fields(user: &User) -> Vec<Field> {
    let email = user.email.clone().unwrap_or_default();
    let name = user.profile.name.clone().unwrap_or_default();
    let verified = user.profile.phone_number_verified.unwrap_or(false);
    let mut fields = vec![
        Field::text("username", ("User name", "What they type to sign in."), &user.username),
        Field::text("full_name", ("Full name", "What pages call them; may be empty."), name),
        Field::text("email", ("E-mail", "Also good to sign in with; may be empty."), email),
        Field::flag("email_verified", VERIFIED, user.email_verified),
    ];
    for claim in CLAIMS {
        let text = (claim.get)(&user.profile).clone().unwrap_or_default();
        let words = (claim.label, claim.help);
        fields.push(if has_lines(claim.key) {
            Field::lines(claim.key, words, text.lines().map(str::to_owned).collect())
        } else {
            Field::text(claim.key, words, text)
        });
        if claim.key == "phone_number" {
            let words = ("Number verified", "Whether somebody has proved that it is theirs.");
            fields.push(Field::flag("phone_number_verified", words, verified));
        }
    }
    fields
}

/// The person as the form has them. Another address is verified only if that was said too.
pub(super) fn read(before: &User, values: &Values) -> User {
    let mut user = before.clone();
    values.text("username").clone_into(&mut user.username);
    user.email = values.filled("email");
    let of_this_address = user.email == before.email || values.touched.contains(&"email_verified");
    user.email_verified = values.flag("email_verified") && user.email.is_some() && of_this_address;
    let profile = &mut user.profile;
    profile.name = values.filled("full_name");
    for claim in CLAIMS {
        let text = values.plain(claim.key).filter(|text| !text.is_empty());
        (claim.set)(profile, text);
    }
    profile.address = profile.address.take().filter(|address| *address != Address::default());
    let number = profile.phone_number.as_ref();
    profile.phone_number_verified = number.map(|_| values.flag("phone_number_verified"));
    user
}

/// The person that is to be added.
pub(super) fn read_new(values: &Values) -> NewUser {
    NewUser {
        username: values.text("username").to_owned(),
        email: values.filled("email"),
        email_verified: values.flag("email_verified"),
        profile: Profile { name: values.filled("full_name"), ..Profile::default() },
        password: values.secret("password"),
    }
}

/// Checks the form of a person on record by the rules of the store.
pub(super) fn check_edit(before: User) -> Whole {
    Whole::new(move |values| {
        let user = read(&before, values);
        check(&user.username, user.email.as_deref(), &user.profile)
    })
}

/// The same for one that is to be added.
pub(super) fn check_add() -> Whole {
    Whole::new(|values| {
        let new = read_new(values);
        check(&new.username, new.email.as_deref(), &new.profile)
    })
}

fn check(
    username: &str,
    email: Option<&str>,
    profile: &Profile,
) -> Result<(), (&'static str, String)> {
    let checked = person::check_username(username)
        .and_then(|()| email.map_or(Ok(()), person::check_email))
        .and_then(|()| person::check_profile(profile));
    checked.map_err(|invalid| {
        let field = if invalid.field == "name" { "full_name" } else { invalid.field };
        (field, invalid.problem.to_owned())
    })
}

fn password_problem(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    password_policy::check(text, false, &[]).map_err(|error| error.to_string())
}

/// What of a person's record differs, by the names that the form has for it.
pub(super) fn changed(before: &User, after: &User) -> Vec<&'static str> {
    let own = [
        ("User name", before.username != after.username),
        ("Full name", before.profile.name != after.profile.name),
        ("E-mail", before.email != after.email),
        ("E-mail verified", before.email_verified != after.email_verified),
        (
            "Number verified",
            before.profile.phone_number_verified != after.profile.phone_number_verified,
        ),
    ];
    let claims = CLAIMS.iter();
    let claims = claims
        .map(|claim| (claim.label, (claim.get)(&before.profile) != (claim.get)(&after.profile)));
    own.into_iter().chain(claims).filter_map(|(name, differs)| differs.then_some(name)).collect()
}
