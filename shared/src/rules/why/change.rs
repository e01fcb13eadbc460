//! The one change that would have let a request pass.

use super::{Case, Cause};
use crate::quoted;
use crate::rules::client_fields;

impl Case<'_> {
    /// The change, as something that somebody can do: the people of the application, or the
    /// operator.
    pub(super) fn change(&self, nearest: Option<&str>) -> String {
        let fixed = match self.cause {
            Cause::ClientUnknown
            | Cause::ClientDisabled
            | Cause::RedirectUriMissing
            | Cause::RedirectUriForeign
            | Cause::LogoutUriForeign
            | Cause::CodeRedirectUri => return self.change_of_address(nearest),
            Cause::ScopeForeign
            | Cause::ServiceScopeForeign
            | Cause::ScopeWider
            | Cause::ResourceForeign
            | Cause::CodesNotAllowed
            | Cause::GrantTypeForeign => return self.change_of_wish(nearest),
            Cause::AuthMethodOther
            | Cause::AuthMissing
            | Cause::SecretUnexpected
            | Cause::SecretWrong
            | Cause::SecretNotStored => return self.change_of_proof(nearest),
            cause => of_application(cause)
                .or_else(|| of_assertion(cause))
                .or_else(|| of_token(cause))
                .or_else(|| of_grant(cause)),
        };
        let fixed = fixed.map_or_else(|| self.change_elsewhere(), str::to_owned);
        match nearest {
            Some(nearest) if self.cause.parameter().is_some() => {
                format!("{fixed} Meant is probably {nearest}.")
            }
            _ => fixed,
        }
    }

    /// The command that adds values to what a client is registered with.
    fn adding(&self, field: &str, values: &str) -> String {
        let id = self.incident.facts.asked.client_id.as_deref().unwrap_or("ID");
        let registered = self.client.zip(client_fields::field(field));
        let registered = registered.map(|(client, field)| (field.get)(client)).unwrap_or_default();
        let known: Vec<_> = registered.split_whitespace().collect();
        let added = values.split_whitespace().filter(|value| !known.contains(value));
        let all: Vec<_> = known.iter().copied().chain(added).collect();
        let assignment = quoted(&format!("{field}={}", all.join(" ")));
        format!("signet client change {} {assignment}", quoted(id))
    }

    fn change_of_address(&self, nearest: Option<&str>) -> String {
        let asked = &self.incident.facts.asked;
        let sent = |value: &Option<String>| value.clone().unwrap_or_default();
        let near = self.compared().is_some_and(|compared| compared.is_near());
        match (self.cause, nearest) {
            (Cause::ClientUnknown, Some(id)) => {
                format!("Let the application send client_id={id}, if that is the client it is.")
            }
            (Cause::ClientUnknown, None) => format!(
                "Register the client: signet client add --id {} with its --name and --kind.",
                quoted(&sent(&asked.client_id))
            ),
            (Cause::ClientDisabled, _) => {
                format!(
                    "Enable the client again: signet client enable {}",
                    quoted(&sent(&asked.client_id))
                )
            }
            (Cause::RedirectUriForeign, nearest) => {
                let uri = sent(&asked.redirect_uri);
                if let Some(other) =
                    self.others.iter().find(|each| each.redirect_uris.contains(&uri))
                {
                    return format!(
                        "Let the application send client_id={}: its redirect_uri is registered for that client.",
                        other.id
                    );
                }
                match nearest.filter(|_| near) {
                    Some(uri) => format!(
                        "Let the application send redirect_uri={uri}, exactly as it is registered."
                    ),
                    None => format!(
                        "If the address is the application's, register it: {}",
                        self.adding("redirect_uris", &uri)
                    ),
                }
            }
            (Cause::LogoutUriForeign, Some(uri)) if near => {
                format!(
                    "Let the application send post_logout_redirect_uri={uri}, exactly as it is registered."
                )
            }
            (Cause::LogoutUriForeign, _) => format!(
                "If the address is the application's, register it: {}",
                self.adding("post_logout_redirect_uris", &sent(&asked.post_logout_redirect_uri))
            ),
            (_, Some(uri)) => {
                format!(
                    "Let the application send redirect_uri={uri}, as in the request that it got the code for."
                )
            }
            (_, None) => {
                "Let the application send the redirect_uri that is registered for it.".to_owned()
            }
        }
    }

    fn change_of_wish(&self, nearest: Option<&str>) -> String {
        let asked = &self.incident.facts.asked;
        let wished = asked.resources.first().cloned().unwrap_or_default();
        match (self.cause, nearest) {
            (Cause::ScopeWider, _) => "Let the application refresh without scope, or with no more than the person \
                allowed; for more, let it send the person to /authorize again."
                .to_owned(),
            (Cause::ScopeForeign | Cause::ServiceScopeForeign, Some(word)) => {
                format!("Let the application ask for scope {word} instead, if that is meant.")
            }
            (Cause::ScopeForeign | Cause::ServiceScopeForeign, None) => format!(
                "If the client may have it, register it: {}",
                self.adding("scope", asked.scope.as_deref().unwrap_or_default())
            ),
            (Cause::ResourceForeign, Some(uri)) if self.compared().is_some_and(|both| both.is_near()) => {
                format!("Let the application send resource={uri}, exactly as it is registered.")
            }
            (Cause::ResourceForeign, _) if self.incident.facts.credential.is_some() => {
                "Let the application name the resource at /authorize already; a token is only for what was asked there."
                    .to_owned()
            }
            (Cause::ResourceForeign, _) => {
                format!(
                    "If the client may have it, register it: {}",
                    self.adding("resources", &wished)
                )
            }
            (Cause::CodesNotAllowed, _) => {
                format!(
                    "If people sign in there, register it: {}",
                    self.adding("grant_types", "authorization_code")
                )
            }
            _ => format!(
                "If the client may use it, register it: {}",
                self.adding("grant_types", asked.grant_type.as_deref().unwrap_or_default())
            ),
        }
    }

    fn change_of_proof(&self, nearest: Option<&str>) -> String {
        let id = self.client.map(|client| client.id.to_string()).unwrap_or_default();
        match (self.cause, nearest) {
            (Cause::SecretWrong | Cause::SecretNotStored, _) => format!(
                "Let the application use the secret that it was given, or give it another: signet client rotate-secret {id}"
            ),
            (Cause::SecretUnexpected, _) => {
                "Let the application leave out the secret and send client_id alone; it keeps no secret.".to_owned()
            }
            (_, Some(method)) => format!(
                "Let the application prove itself by {method}, which it is registered with (token_endpoint_auth_method)."
            ),
            (_, None) => "Let the application prove itself in the way that it is registered with.".to_owned(),
        }
    }

    /// What no application can mend alone.
    fn change_elsewhere(&self) -> String {
        match self.cause {
            Cause::ServerFault => format!(
                "Look for {} in the log of the server; the application needs no change.",
                self.incident.facts.request_id
            ),
            Cause::OtherBrowser => "Let the person begin the sign-in anew in one browser that keeps cookies.".to_owned(),
            Cause::FormForged | Cause::FormMalformed => {
                "Let the person open the application again; nobody may send these forms but the pages themselves."
                    .to_owned()
            }
            _ => format!("Mend what the error says: {}.", self.incident.facts.description),
        }
    }
}

fn of_application(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::ClientIdMissing => "Let the application send its client_id.",
        Cause::ParameterRepeated => "Let the application send the parameter once.",
        Cause::Malformed => {
            "Let the application send its parameters as UTF-8 in one place: the query of a GET or the body of a POST."
        }
        Cause::ScopeMalformed => {
            "Let the application send the scope as words of printable ASCII with single spaces."
        }
        Cause::RolesPermitNothing => {
            "Give the person or service a role that permits it (`signet role give`), or let a \
             role of theirs permit it (`signet role permit`)."
        }
        Cause::ScopeMissing => "Let the application send a scope, with openid in it.",
        Cause::RequestObject | Cause::RequestUri => {
            "Let the application send plain parameters instead."
        }
        Cause::RegistrationParameter => "Let the operator register the client: signet client add",
        Cause::ResponseTypeOther | Cause::ResponseTypeMissing => {
            "Let the application send response_type=code."
        }
        Cause::ResponseModeOther => {
            "Let the application send response_mode=query or form_post, or leave it out."
        }
        Cause::ValueNoText => {
            "Let the application send state, nonce, login_hint and acr_values without control characters."
        }
        Cause::ValueTooLong => "Let the application send a shorter state, nonce or login_hint.",
        Cause::PkceMissing => {
            "Let the application use PKCE: send a code_challenge and code_challenge_method=S256."
        }
        Cause::ChallengeMalformed => {
            "Let the application send the SHA-256 of its code_verifier in base64url without padding: 43 characters."
        }
        Cause::ChallengeMethod => {
            "Let the application send code_challenge_method=S256, with the challenge made so."
        }
        Cause::PromptUnknown => {
            "Let the application send prompt with none, login, consent or select_account."
        }
        Cause::PromptContradictory => {
            "Let the application send prompt=none alone, or without none."
        }
        Cause::MaxAgeMalformed => "Let the application send max_age as a whole number of seconds.",
        Cause::HintForeign => {
            "Let the application send an ID token that it was given by this very issuer."
        }
        Cause::ClaimsMalformed => {
            "Let the application send claims as a JSON object with userinfo and id_token in it."
        }
        Cause::HintOfOtherClient => {
            "Let the application send its own client_id, or leave it out beside the hint."
        }
        Cause::LogoutUriNobodys => "Let the application send client_id or id_token_hint beside it.",
        Cause::MethodOther => "Let the application use the method that the Allow header names.",
        Cause::BodyTooLarge => "Let the application send less; 64 KiB are enough for any request.",
        Cause::BodyBroken => "Let the application send the whole body within half a minute.",
        Cause::AddressUnknown => {
            "Let the application take the addresses from /.well-known/openid-configuration below the issuer."
        }
        _ => return None,
    })
}

fn of_assertion(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::AssertionType => {
            "Let the application send client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer."
        }
        Cause::AssertionMalformed => "Let the application send a signed JWT in its compact form.",
        Cause::AssertionAlgorithm => {
            "Let the application sign with one of token_endpoint_auth_signing_alg_values_supported."
        }
        Cause::AssertionKey => {
            "Let the application name (kid) and use a key of its registered JWK set, or publish the new one there."
        }
        Cause::AssertionSignature => {
            "Let the application sign with the private half of the key that it names."
        }
        Cause::AssertionClient => "Let the application claim its client_id as iss and as sub.",
        Cause::AssertionAudience => "Let the application claim this server's issuer as aud.",
        Cause::AssertionTime => "Let the application write exp, nbf and iat as seconds since 1970.",
        Cause::AssertionEndless => "Let the application claim an exp, such as a minute from now.",
        Cause::AssertionExpired => {
            "Let the application make a fresh assertion for each request, and set its clock right."
        }
        Cause::AssertionLasting => "Let the application claim an exp within the hour.",
        Cause::AssertionEarly => "Let the application set its clock right: iat or nbf is to come.",
        Cause::AssertionNameless => "Let the application claim a jti that it never uses again.",
        Cause::AssertionReplayed => {
            "Let the application make a fresh assertion, with another jti, for each request."
        }
        Cause::KeysMissing => {
            "Register the client's keys: signet client change ID jwks_uri=URL, or jwks=JSON."
        }
        Cause::KeysUnreachable => {
            "Let the application publish a JWK set at its jwks_uri, where this server can fetch it over https."
        }
        _ => return None,
    })
}

fn of_token(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::ParametersInQuery => "Let the application send all parameters in the body.",
        Cause::NotAForm => {
            "Let the application send application/x-www-form-urlencoded, and say so in Content-Type."
        }
        Cause::GrantTypeMissing => "Let the application send a grant_type.",
        Cause::GrantTypeUnknown => {
            "Let the application send grant_type=authorization_code, refresh_token or client_credentials."
        }
        Cause::AuthorizationUnreadable => {
            "Let the application send HTTP Basic with client_id and secret form-encoded, joined by a colon, in base64."
        }
        Cause::AuthTwice => {
            "Let the application prove itself in one way alone, the one that it is registered with."
        }
        Cause::ClientIdContradictory => {
            "Let the application send the same client_id everywhere, or leave it out of the body."
        }
        Cause::IntrospectionPublic => "Let a client with a secret ask about tokens.",
        Cause::TokenMissing => "Let the application send the token in the parameter token.",
        Cause::CodeMissing => "Let the application send the code that it was given.",
        Cause::CodeUnknown => {
            "Let the application send the code as it came, whole and decoded once, to the server that gave it."
        }
        Cause::CodeOfOtherClient => {
            "Let the application redeem the code as the client that asked for it."
        }
        Cause::CodeExpired => {
            "Let the application redeem a code at once; code_lifetime says how long it may wait."
        }
        Cause::CodeUsed => {
            "Let the application redeem each code once; for more, let it use a refresh token."
        }
        Cause::VerifierMissing => {
            "Let the application send the code_verifier that it made the code_challenge of."
        }
        Cause::VerifierWrong => {
            "Let the application keep the code_verifier with the state of each sign-in and send that one."
        }
        Cause::VerifierUnexpected => {
            "Let the application send a code_challenge whenever it will send a code_verifier."
        }
        _ => return None,
    })
}

fn of_grant(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::RefreshTokenMissing => "Let the application send its refresh_token.",
        Cause::RefreshTokenUnknown => {
            "Let the application send the refresh token that it was given last."
        }
        Cause::RefreshTokenOfOtherClient => {
            "Let the application refresh as the client that the token was given to."
        }
        Cause::RefreshTokenExpired => {
            "Let the application send the person to /authorize again; refresh_token_lifetime says how long it may wait."
        }
        Cause::RefreshTokenReused => {
            "Let the application store the new refresh token of each answer, and let the person sign in again."
        }
        Cause::TheftSuspected => {
            "Let the person sign in again, and look in the audit log who used the refresh token twice: signet audit list"
        }
        Cause::CodeReplayed => {
            "Let the application redeem each code once, and let the person sign in again."
        }
        Cause::UserDisabled => {
            "Enable the person's account, if they may sign in again: signet user enable NAME"
        }
        Cause::ConsentWithdrawn => {
            "Let the application send the person to /authorize, where they can allow it again."
        }
        Cause::GrantExpired => {
            "Let the application send the person to /authorize again; grant_lifetime says how long a grant lasts."
        }
        Cause::ResourceGone => {
            "If the API is to take tokens again, enable it (signet api enable URI) and register it with the client; else let the application send the person to /authorize for another."
        }
        Cause::GrantOver
        | Cause::TokensGivenBack
        | Cause::SignedOut
        | Cause::PasswordSet
        | Cause::FactorsReset
        | Cause::SessionEnded
        | Cause::RevokedByOperator
        | Cause::ClientWasDisabled
        | Cause::SubjectsChanged => {
            "Let the application send the person to /authorize to sign in again."
        }
        _ => return None,
    })
}
