//! What a client may ask of `/logout` (OpenID Connect RP-Initiated Logout 1.0).

use super::params::Params;
use crate::model::{Client, ErrorCode, IdTokenHint, Refusal, SessionId};

/// What a request to sign out says, before the client is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndSession {
    /// Who asks: by `client_id`, or as the one that the hint was made for.
    pub client_id: Option<String>,
    /// Whom the hint is about, by the name that the client knows.
    pub hinted_subject: Option<String>,
    /// The session that the hint was made in.
    pub hinted_session: Option<SessionId>,
    /// Where the browser should go afterwards.
    pub redirect_uri: Option<String>,
    /// Given back untouched.
    pub state: Option<String>,
}

/// Why a request to sign out is shown to the person and not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// `id_token_hint` is no ID token of this server.
    ForeignHint,
    /// `client_id` is not whom the hint was made for (§2).
    OtherClient,
    /// There is no such client.
    UnknownClient,
    /// `post_logout_redirect_uri` comes without a word of whose it is (§2, §3).
    NobodysRedirectUri,
    /// `post_logout_redirect_uri` is not registered (§3).
    ForeignRedirectUri,
    /// A parameter comes twice, or cannot be read.
    Malformed,
}

impl Objection {
    /// The parameter at fault.
    pub const fn parameter(self) -> Option<&'static str> {
        match self {
            Self::ForeignHint => Some("id_token_hint"),
            Self::OtherClient | Self::UnknownClient => Some("client_id"),
            Self::NobodysRedirectUri | Self::ForeignRedirectUri => Some("post_logout_redirect_uri"),
            Self::Malformed => None,
        }
    }

    /// The refusal, for those who must mend it.
    pub const fn refusal(self) -> Refusal {
        ErrorCode::InvalidRequest.because(match self {
            Self::ForeignHint => "id_token_hint is no ID token of this server",
            Self::OtherClient => "client_id is not the client of id_token_hint",
            Self::UnknownClient => "client_id is not known here",
            Self::NobodysRedirectUri => {
                "post_logout_redirect_uri needs id_token_hint or client_id beside it"
            }
            Self::ForeignRedirectUri => {
                "post_logout_redirect_uri is not registered for this client"
            }
            Self::Malformed => "the parameters cannot be read",
        })
    }
}

/// Understands the parameters; `read_hint` reads an ID token of this server, expired or not.
///
/// # Errors
/// [`Objection`], for what can be objected to before the client is known.
pub fn read(
    params: &Params,
    read_hint: impl Fn(&str) -> Option<IdTokenHint>,
) -> Result<EndSession, Objection> {
    params.check_unique().map_err(|_| Objection::Malformed)?;
    let hint = match params.get("id_token_hint") {
        Some(text) => Some(read_hint(text).ok_or(Objection::ForeignHint)?),
        None => None,
    };
    let text = |name| params.get(name).map(str::to_owned);
    let named = text("client_id");
    let hinted = hint.as_ref().map(|hint| hint.client_id.to_string());
    if let (Some(named), Some(hinted)) = (&named, &hinted)
        && named != hinted
    {
        return Err(Objection::OtherClient);
    }
    let client_id = named.or(hinted);
    let redirect_uri = text("post_logout_redirect_uri");
    if redirect_uri.is_some() && client_id.is_none() {
        return Err(Objection::NobodysRedirectUri);
    }
    let (hinted_subject, hinted_session) =
        hint.map_or((None, None), |hint| (Some(hint.subject), hint.session_id));
    let state = text("state");
    Ok(EndSession { client_id, hinted_subject, hinted_session, redirect_uri, state })
}

/// Where the browser goes once nobody is signed in: the registered address with the
/// state and nothing else, or nowhere (§3).
///
/// # Errors
/// [`Objection::ForeignRedirectUri`].
pub fn destination(
    asked: &EndSession,
    client: Option<&Client>,
) -> Result<Option<String>, Objection> {
    let Some(uri) = &asked.redirect_uri else { return Ok(None) };
    let registered = client.is_some_and(|client| client.post_logout_redirect_uris.contains(uri));
    if !registered {
        return Err(Objection::ForeignRedirectUri);
    }
    let Some(state) = &asked.state else { return Ok(Some(uri.clone())) };
    let separator = if uri.contains('?') { '&' } else { '?' };
    let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
    Ok(Some(format!("{uri}{separator}state={state}")))
}

/// Whether the person must be asked first: always, but where the client shows by a hint
/// that it means the very person who is signed in, and this very session (§2, §6).
///
/// `signed_in` is that person, by the name that the client knows, and their session.
pub fn must_ask(asked: &EndSession, (subject, session): (&str, &SessionId)) -> bool {
    asked.hinted_subject.as_deref() != Some(subject)
        || asked.hinted_session.as_ref().is_some_and(|hinted| hinted != session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::authorize::tests::client;

    fn hint(text: &str) -> Option<IdTokenHint> {
        (text == "adas").then(|| IdTokenHint {
            subject: "ada".into(),
            client_id: "shop".into(),
            session_id: Some("s".into()),
        })
    }

    fn asked(query: &str) -> Result<EndSession, Objection> {
        read(&Params::parse(query.as_bytes()).unwrap(), hint)
    }

    const URI: &str = "post_logout_redirect_uri=https://shop.example/bye?x=1";

    #[test]
    fn a_hint_names_the_person_and_the_client() {
        let asked = asked("id_token_hint=adas").unwrap();
        assert_eq!(asked.client_id.as_deref(), Some("shop"));
        let session = "s".into();
        assert!(!must_ask(&asked, ("ada", &session)));
        assert!(must_ask(&asked, ("eve", &session)));
        assert!(must_ask(&asked, ("ada", &"later".into())));
    }

    #[test]
    fn without_a_hint_the_person_is_always_asked() {
        let session = "s".into();
        assert!(must_ask(&asked("").unwrap(), ("ada", &session)));
        assert!(must_ask(&asked("client_id=shop").unwrap(), ("ada", &session)));
    }

    #[test]
    fn each_objection_has_its_reason() {
        for (query, objection) in [
            ("id_token_hint=evil", Objection::ForeignHint),
            ("id_token_hint=adas&client_id=wiki", Objection::OtherClient),
            (URI, Objection::NobodysRedirectUri),
            ("state=a&state=b", Objection::Malformed),
        ] {
            assert_eq!(asked(query), Err(objection), "{query}");
        }
    }

    #[test]
    fn the_browser_goes_to_a_registered_address_with_its_state_alone() {
        let client = client();
        let to = |query: &str| destination(&asked(query).unwrap(), Some(&client));
        let with_state = to(&format!("client_id=shop&state=a%26b&{URI}"));
        assert_eq!(with_state, Ok(Some("https://shop.example/bye?x=1&state=a%26b".to_owned())));
        let without = to(&format!("client_id=shop&{URI}"));
        assert_eq!(without, Ok(Some("https://shop.example/bye?x=1".to_owned())));
        assert_eq!(to("client_id=shop&state=s"), Ok(None));

        for foreign in ["https://shop.example/bye", "https://shop.example/Bye?x=1"] {
            let query = format!("client_id=shop&post_logout_redirect_uri={foreign}");
            assert_eq!(to(&query), Err(Objection::ForeignRedirectUri), "{foreign}");
        }
    }
}
