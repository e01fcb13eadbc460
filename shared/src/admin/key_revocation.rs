//! Taking a signing key out of use in an emergency.

use serde_json::{Value, json};

use super::keys::{make, no_key};
use super::{Admin, AdminError, KeyMaker};
use crate::model::{Action, KeyState, OperatorPermission, SigningAlg, SigningKeyRecord, Timestamp};
use crate::rules::key_rotation::LONGEST_TOKEN;
use crate::store::Tx;

/// How many tokens a key has signed that are good at this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiveTokens {
    /// Access tokens.
    pub access_tokens: u64,
    /// ID tokens.
    pub id_tokens: u64,
}

/// Events that are read at once.
const PAGE: i64 = 5000;

impl Admin {
    /// How many tokens would die with a key. Those whose grant was revoked and those that
    /// were given back are dead already.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn count_tokens_of_key(
        &self,
        kid: &str,
        now: Timestamp,
    ) -> Result<LiveTokens, AdminError> {
        self.get_key(kid).await?;
        let mut live = LiveTokens::default();
        let mut view = self.store.view().await?;
        let given_back = view.list_revoked_tokens().await?;
        let mut after = (now.minus(LONGEST_TOKEN), String::new());
        loop {
            let page = view.list_issuing_events(&after.0, &after.1, PAGE).await?;
            for event in &page {
                let Ok(said) = serde_json::from_str::<Value>(&event.evidence) else { continue };
                let is_live = |token: &str| {
                    let token = said.get(token);
                    let of = |name: &str| token.and_then(|token| token.get(name));
                    let text = |name: &str| of(name).and_then(Value::as_str);
                    text("kid") == Some(kid)
                        && of("exp").and_then(Value::as_i64).is_some_and(|exp| exp > now.seconds())
                        && text("jti").is_none_or(|jti| !given_back.contains(jti))
                };
                live.access_tokens += u64::from(is_live("access_token"));
                live.id_tokens += u64::from(is_live("id_token"));
            }
            match page.into_iter().last() {
                Some(last) => after = (last.at, last.id),
                None => return Ok(live),
            }
        }
    }

    /// Takes a key out of use at once: what it signed is worth nothing from now on. If it
    /// signs, another signs in its place from the same moment, which clients may not have
    /// heard of yet.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn revoke_key(
        &self,
        maker: &KeyMaker,
        kid: &str,
        now: Timestamp,
    ) -> Result<LiveTokens, AdminError> {
        self.may(OperatorPermission::KeysWrite).await?;
        let live = self.count_tokens_of_key(kid, now).await?;
        let alg = self.get_key(kid).await?.alg;
        let mut spare = None;
        loop {
            let mut tx = self.store.begin().await?;
            // What it is used for is only certain now: servers rotate keys meanwhile.
            let Some(state) = tx.delete_signing_key(kid).await? else {
                return Err(no_key(kid));
            };
            let revoked = json!({
                "kid": kid,
                "alg": alg.as_str(),
                "state": state.as_str(),
                "access_tokens": live.access_tokens,
                "id_tokens": live.id_tokens,
            });
            tx.add_audit_event(self.event(Action::KeyRevoked, now).evidence(revoked));
            if state != KeyState::Active || self.replace(&mut tx, alg, spare.as_ref(), now).await? {
                tx.commit().await?;
                return Ok(live);
            }
            // Nothing is changed until there is one to take its place: servers that find none
            // would go on with the old one, and so would everybody if this process died here.
            drop(tx);
            spare = Some(make(maker, alg, KeyState::Active, now).await?);
        }
    }

    /// Lets the next key sign, or else the spare one; false if there is neither.
    async fn replace(
        &self,
        tx: &mut Tx,
        alg: SigningAlg,
        spare: Option<&SigningKeyRecord>,
        now: Timestamp,
    ) -> Result<bool, AdminError> {
        let keys = tx.list_signing_keys().await?;
        let next = keys.iter().find(|key| key.alg == alg && key.state == KeyState::Next);
        if let Some(next) = next {
            tx.activate_signing_key(&next.kid, now).await?;
            tx.add_audit_event(self.key_event(Action::KeyActivated, &next.kid, now));
            return Ok(true);
        }
        let Some(spare) = spare else { return Ok(false) };
        self.add_record(tx, spare).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::admin::testing;
    use crate::crypto::keyring::Keyring;

    #[tokio::test]
    async fn whatever_is_revoked_a_key_signs() {
        let (maker, (_folder, admin)) = (testing::maker(), testing::admin().await);
        let now = Timestamp::from_seconds(1_000_000);
        admin.open_keyring(&maker, &Keyring::default(), now).await.unwrap();
        admin.add_key(&maker, SigningAlg::Rs256, KeyState::Next, now).await.unwrap();
        let kids = async |state| {
            let keys = admin.list_keys().await.unwrap();
            let kids = keys.into_iter().filter(|key| key.state == state).map(|key| key.kid);
            kids.collect::<Vec<_>>()
        };
        let (first, next) = (kids(KeyState::Active).await, kids(KeyState::Next).await);
        admin.revoke_key(&maker, &first[0], now).await.unwrap();
        assert_eq!(kids(KeyState::Active).await, next);
        // Again, before anybody has made another next one.
        admin.revoke_key(&maker, &next[0], now).await.unwrap();
        let third = kids(KeyState::Active).await;
        assert_eq!(third.len(), 1);
        assert_ne!(third, next);
        assert!(admin.revoke_key(&maker, &next[0], now).await.is_err(), "it is gone");
        assert_eq!(kids(KeyState::Active).await, third);

        // Also where the process dies while it makes one: then nothing was done.
        let slow = KeyMaker { rsa_bits: 4096, ..maker };
        let revoked = admin.revoke_key(&slow, &third[0], now);
        let died = tokio::time::timeout(Duration::from_millis(20), revoked).await.is_err();
        assert_eq!(kids(KeyState::Active).await.len(), 1);
        assert!(!died || kids(KeyState::Active).await == third);
    }
}
