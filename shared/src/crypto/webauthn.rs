//! Keys that sign for this server's address alone (Web Authentication Level 3): what a
//! browser is asked, and whether its answer is good.

use serde_json::Value;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, SecurityKey, SecurityKeyAuthentication, SecurityKeyRegistration,
    Webauthn, WebauthnBuilder,
};
use webauthn_rs_core::proto::{
    AttestationConveyancePreference, Credential, ResidentKeyRequirement,
};

use super::{CryptoError, base64url};
use crate::model::factor::FactorProof;
use crate::model::{Factor, FactorKind, User, UserId};

/// The address that keys are bound to, and who may ask them for it.
#[derive(Debug, Clone)]
pub struct KeyPolicy {
    /// The RP ID: a host, or a domain above it (§5.1.2).
    pub rp_id: String,
    /// The origins that may ask: this server's own first (§13.4.9).
    pub origins: Vec<Url>,
    /// The models of authenticators that may be enrolled; any if there are none. Browsers are
    /// believed on it: no manufacturer's certificate is looked at.
    pub models: Vec<Uuid>,
}

/// Asks and checks under one policy.
pub struct Ceremonies {
    webauthn: Webauthn,
    models: Vec<Uuid>,
}

/// A question for a browser.
#[derive(Debug)]
pub struct Question {
    /// What `navigator.credentials` is called with, as the JSON of §5.1.
    pub options: Value,
    /// What is needed to check the answer; secret until then.
    pub state: Vec<u8>,
}

/// Why an answer is not accepted, in fixed words for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// It is not the JSON that browsers make.
    #[error("malformed")]
    Malformed,
    /// It is no good answer to this question: another challenge, origin or signature.
    #[error("wrong_answer")]
    WrongAnswer,
    /// The key does not count on, so there may be two of it.
    #[error("cloned_key")]
    Cloned,
    /// Models like this one may not be enrolled.
    #[error("model_not_allowed")]
    Model,
}

impl KeyRefusal {
    /// The fixed word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongAnswer => "wrong_answer",
            Self::Cloned => "cloned_key",
            Self::Model => "model_not_allowed",
        }
    }
}

/// A key that has signed.
#[derive(Debug)]
pub struct Signed {
    /// What is known of it from now on, as JSON.
    pub credential: String,
    /// How often it says that it has signed; 0 if it does not count.
    pub sign_count: i64,
    /// What it proves (`amr`, RFC 8176 §2).
    pub methods: &'static [&'static str],
}

/// Kept in one device.
const HARDWARE: &[&str] = &["hwk", "user", "mfa"];
/// Kept in an account and carried from device to device.
const SOFTWARE: &[&str] = &["swk", "user", "mfa"];

impl Ceremonies {
    /// Under this policy.
    ///
    /// # Errors
    /// [`CryptoError::Webauthn`] if the RP ID does not belong to the first origin.
    pub fn new(policy: KeyPolicy) -> Result<Self, CryptoError> {
        let (own, related) = policy.origins.split_first().ok_or(CryptoError::Webauthn)?;
        let builder =
            WebauthnBuilder::new(&policy.rp_id, own).map_err(|_| CryptoError::Webauthn)?;
        let builder = related.iter().fold(builder, WebauthnBuilder::append_allowed_origin);
        let webauthn = builder.build().map_err(|_| CryptoError::Webauthn)?;
        Ok(Self { webauthn, models: policy.models })
    }

    /// Asks for a new key, another one than those that the person has.
    pub fn ask_for_new(
        &self,
        kind: FactorKind,
        user: &User,
        known: &[Factor],
    ) -> Result<Question, CryptoError> {
        let id = Uuid::parse_str(user.id.as_str()).map_err(|_| CryptoError::Webauthn)?;
        let (name, shown) = (user.username.as_str(), user.display_name());
        let known = known.iter().filter_map(credential).map(|known| known.cred_id).collect();
        let (mut options, state) = if kind == FactorKind::Passkey {
            let asked = self.webauthn.start_passkey_registration(id, name, shown, Some(known));
            let (options, state) = asked.map_err(|_| CryptoError::Webauthn)?;
            (options.public_key, to_bytes(&state)?)
        } else {
            let asked = self.webauthn.start_securitykey_registration(
                id,
                name,
                shown,
                Some(known),
                None,
                None,
            );
            let (options, state) = asked.map_err(|_| CryptoError::Webauthn)?;
            (options.public_key, to_bytes(&state)?)
        };
        if let (FactorKind::Passkey, Some(wanted)) = (kind, &mut options.authenticator_selection) {
            // The crate leaves it to the authenticator; who signs in without typing a name
            // needs a key that is found without one.
            wanted.resident_key = Some(ResidentKeyRequirement::Required);
            wanted.require_resident_key = true;
        }
        if let (FactorKind::SecurityKey, Some(extensions)) = (kind, &mut options.extensions) {
            // A key that need not ask for a PIN cannot be told never to sign without one:
            // browsers refuse to ask for both.
            extensions.cred_protect = None;
        }
        if !self.models.is_empty() {
            // Browsers hide the model otherwise.
            options.attestation = Some(AttestationConveyancePreference::Direct);
        }
        Ok(Question { options: to_value(&options)?, state })
    }

    /// Takes a new key: its id and what is known of it.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn take_new(
        &self,
        kind: FactorKind,
        state: &[u8],
        answer: &Value,
    ) -> Result<(FactorProof, Signed), KeyRefusal> {
        let answer: RegisterPublicKeyCredential =
            serde_json::from_value(answer.clone()).map_err(|_| KeyRefusal::Malformed)?;
        let new: Credential = if kind == FactorKind::Passkey {
            let state: PasskeyRegistration = from_bytes(state)?;
            self.webauthn.finish_passkey_registration(&answer, &state).map(Into::into)
        } else {
            let state: SecurityKeyRegistration = from_bytes(state)?;
            self.webauthn.finish_securitykey_registration(&answer, &state).map(Into::into)
        }
        .map_err(|error| refusal(&error))?;
        if !self.models.is_empty() {
            let model = model(answer.response.attestation_object.as_slice());
            if !model.is_some_and(|model| self.models.contains(&model)) {
                return Err(KeyRefusal::Model);
            }
        }
        let signed = signed(&new)?;
        let proof = FactorProof::Key {
            kind,
            credential_id: base64url(new.cred_id.as_slice()),
            credential: signed.credential.clone(),
            sign_count: signed.sign_count,
        };
        Ok((proof, signed))
    }

    /// Asks for any passkey: who signs with it says who is there.
    pub fn ask_for_passkey(&self) -> Result<Question, CryptoError> {
        let asked = self.webauthn.start_discoverable_authentication();
        let (options, state) = asked.map_err(|_| CryptoError::Webauthn)?;
        Ok(Question { options: to_value(&options.public_key)?, state: to_bytes(&state)? })
    }

    /// Whose passkey an answer says it is from, and the key's id in base64url.
    ///
    /// # Errors
    /// [`KeyRefusal::Malformed`].
    pub fn whose(&self, answer: &Value) -> Result<(UserId, String), KeyRefusal> {
        let answer = read(answer)?;
        let whose = self.webauthn.identify_discoverable_authentication(&answer);
        let (user, id) = whose.map_err(|_| KeyRefusal::Malformed)?;
        Ok((user.to_string().into(), base64url(id)))
    }

    /// Checks what a passkey has signed.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn check_passkey(
        &self,
        state: &[u8],
        answer: &Value,
        key: &Factor,
    ) -> Result<Signed, KeyRefusal> {
        let answer = read_unframed(answer)?;
        let state: DiscoverableAuthentication = from_bytes(state)?;
        let known = credential(key).ok_or(KeyRefusal::WrongAnswer)?;
        let checked = self.webauthn.finish_discoverable_authentication_v2(&answer, state, &known);
        after(known, &checked.map_err(|error| refusal(&error))?)
    }

    /// Asks for one of a person's keys, of whichever kind.
    pub fn ask_for_key(&self, factors: &[Factor]) -> Result<Question, CryptoError> {
        let keys: Vec<SecurityKey> =
            factors.iter().filter_map(credential).map(SecurityKey::from).collect();
        let asked = self.webauthn.start_securitykey_authentication(&keys);
        let (options, state) = asked.map_err(|_| CryptoError::Webauthn)?;
        let mut options = options.public_key;
        if factors.iter().any(|factor| factor.kind() == FactorKind::Passkey) {
            // It may be in the device itself, not in something that is plugged in.
            options.hints = None;
        }
        Ok(Question { options: to_value(&options)?, state: to_bytes(&state)? })
    }

    /// Checks what one of a person's keys has signed, and says which.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn check_key<'a>(
        &self,
        state: &[u8],
        answer: &Value,
        factors: &'a [Factor],
    ) -> Result<(&'a Factor, Signed), KeyRefusal> {
        let answer = read_unframed(answer)?;
        let state: SecurityKeyAuthentication = from_bytes(state)?;
        let checked = self.webauthn.finish_securitykey_authentication(&answer, &state);
        let checked = checked.map_err(|error| refusal(&error))?;
        let found = factors.iter().find_map(|factor| {
            let known = credential(factor)?;
            (known.cred_id == *checked.cred_id()).then_some((factor, known))
        });
        let (factor, known) = found.ok_or(KeyRefusal::WrongAnswer)?;
        Ok((factor, after(known, &checked)?))
    }
}

fn read(answer: &Value) -> Result<PublicKeyCredential, KeyRefusal> {
    serde_json::from_value(answer.clone()).map_err(|_| KeyRefusal::Malformed)
}

/// The same, if it was not made in a frame of another site's page: whoever shows this server in
/// a frame of theirs could have a person sign for what they do not see (§7.2 step 13). The crate
/// looks at this of new keys alone.
fn read_unframed(answer: &Value) -> Result<PublicKeyCredential, KeyRefusal> {
    let answer = read(answer)?;
    let said: ClientData = from_bytes(answer.response.client_data_json.as_slice())?;
    if said.cross_origin { Err(KeyRefusal::WrongAnswer) } else { Ok(answer) }
}

/// What the browser says of where it is (§5.8.1).
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(default)]
    cross_origin: bool,
}

fn refusal(error: &webauthn_rs::prelude::WebauthnError) -> KeyRefusal {
    tracing::debug!(%error, "a key's answer is not good");
    match error {
        webauthn_rs::prelude::WebauthnError::CredentialPossibleCompromise => KeyRefusal::Cloned,
        _ => KeyRefusal::WrongAnswer,
    }
}

/// What is known of a key, if the factor is one.
fn credential(factor: &Factor) -> Option<Credential> {
    match &factor.proof {
        FactorProof::Key { credential, .. } => serde_json::from_str(credential).ok(),
        FactorProof::Totp { .. } => None,
    }
}

/// What is known of a key after it has signed (§7.2 steps 22 to 25).
fn after(mut known: Credential, checked: &AuthenticationResult) -> Result<Signed, KeyRefusal> {
    known.counter = checked.counter();
    known.backup_state = checked.backup_state();
    signed(&known)
}

fn signed(known: &Credential) -> Result<Signed, KeyRefusal> {
    Ok(Signed {
        credential: serde_json::to_string(known).map_err(|_| KeyRefusal::Malformed)?,
        sign_count: known.counter.into(),
        methods: if known.backup_eligible { SOFTWARE } else { HARDWARE },
    })
}

/// The AAGUID of a new key (§6.5.1): behind the hash of the RP ID, the flags and the counter.
fn model(attestation_object: &[u8]) -> Option<Uuid> {
    let object: serde_cbor_2::Value = serde_cbor_2::from_slice(attestation_object).ok()?;
    let serde_cbor_2::Value::Map(members) = object else { return None };
    let name = serde_cbor_2::Value::Text("authData".to_owned());
    let serde_cbor_2::Value::Bytes(data) = members.get(&name)? else { return None };
    Uuid::from_slice(data.get(37..53)?).ok()
}

fn to_value(options: &impl serde::Serialize) -> Result<Value, CryptoError> {
    serde_json::to_value(options).map_err(|_| CryptoError::Webauthn)
}

fn to_bytes(state: &impl serde::Serialize) -> Result<Vec<u8>, CryptoError> {
    serde_json::to_vec(state).map_err(|_| CryptoError::Webauthn)
}

fn from_bytes<T: serde::de::DeserializeOwned>(state: &[u8]) -> Result<T, KeyRefusal> {
    serde_json::from_slice(state).map_err(|_| KeyRefusal::WrongAnswer)
}
