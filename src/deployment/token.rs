//! What Terraform gets for the secrets of a module: tokens ([`secret::token`]), for which the relay puts the secrets in place.
//!
//! The digest in a token is keyed, so that nobody who reads a state can try values. The key is the one of the modules, which `seed` made and
//! every step has: the same secret has the same token in every run. At a workstation without that key it is derived of the API key of the
//! destination, which is there anyway, can't be guessed, and lies beside no state; a new API key makes new tokens, which costs one more write of
//! each secret. A key kept with the state would let its readers try values; one made anew for each run would write all secrets each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use hmac::Mac as _;

use crate::deployment::supply::{Declared, Supply};
use crate::relay::{Held, Place, Tokens};
use module::manifest::{Manifest, SecretEntry};
use module::seal;
use secret::mask::Masker;
use secret::{Secret, token};
use terraform::exchange::Replacements;

/// What these digests are of, so that none made for another purpose passes for one.
const PURPOSE: &str = "octoferry token 1";
const KEY_PURPOSE: &str = "octoferry token key 1";
/// Resources whose requests go through the relay.
const OFFICIAL: &str = "octopusdeploy_";

/// The key of tokens.
pub struct Key(Secret);

impl Key {
    /// From the key of the modules, else from the API key of the destination.
    #[must_use]
    pub fn new(of_modules: Option<Secret>, api_key: &Secret) -> Self {
        Self(of_modules.unwrap_or_else(|| {
            Secret::new(seal::hex(&seal::keyed(api_key, &[KEY_PURPOSE]).finalize().into_bytes()))
        }))
    }

    /// What is another text for another key, and says nothing of it.
    #[must_use]
    pub fn mark(&self) -> String {
        seal::hex(&seal::keyed(&self.0, &["octoferry token key 1"]).finalize().into_bytes())
    }

    fn token(&self, place: &[&str], value: &Secret) -> String {
        let mut texts = vec![PURPOSE];
        texts.extend_from_slice(place);
        texts.push(value.expose());
        token::token(&seal::keyed(&self.0, &texts).finalize().into_bytes().into())
    }
}

/// What Terraform gets for the secrets that were supplied.
#[derive(Default)]
pub struct Given {
    /// Variable → token.
    tokens: BTreeMap<String, String>,
    /// Variables whose secret Terraform gets itself, with what uses it: octoferry is not on the way there.
    pub plain: BTreeMap<String, String>,
}

impl Given {
    /// Chooses for the variables of a module.
    #[must_use]
    pub fn new(manifest: &Manifest, supply: &Supply, declared: &Declared, key: &Key) -> Self {
        let mut given = Self::default();
        for (name, value) in supply.found.iter().filter(|(name, _)| declared.variables.contains(*name)) {
            let elsewhere: Vec<&str> =
                declared.users(name).filter(|address| !address.starts_with(OFFICIAL)).collect();
            if !elsewhere.is_empty() {
                given.plain.insert(name.clone(), elsewhere.join(", "));
            } else if !value.is_empty() {
                // No text at all says that there is no secret: that is none.
                let token = match entry(manifest, name) {
                    Some(entry) => {
                        let mut place = vec![entry.collection.name(), entry.field.as_str()];
                        place.extend(entry.key.iter().map(String::as_str));
                        key.token(&place, value)
                    }
                    None => key.token(&[name], value),
                };
                given.tokens.insert(name.clone(), token);
            }
        }
        given
    }

    /// Variable → what Terraform gets.
    pub fn texts<'a>(
        &'a self,
        found: &'a BTreeMap<String, Secret>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        found.iter().map(|(name, value)| {
            (name.as_str(), self.tokens.get(name).map_or_else(|| value.expose(), String::as_str))
        })
    }

    /// What the relay has to know.
    #[must_use]
    pub fn for_relay(&self, manifest: &Manifest, supply: &Supply, masker: &Arc<Masker>) -> Tokens {
        let held = self.tokens.iter().filter_map(|(name, token)| {
            let place = match entry(manifest, name) {
                Some(entry) => Place::Field {
                    collection: entry.collection.name().to_owned(),
                    key: entry.key.clone(),
                    field: entry.field.clone(),
                },
                None => Place::Hidden,
            };
            let value = supply.found.get(name)?.clone();
            Some((token.clone(), Held { name: name.clone(), value, place }))
        });
        Tokens::new(held.collect(), Arc::clone(masker))
    }

    /// What an older octoferry left in the state: secrets in the resources that use their variables.
    #[must_use]
    pub fn in_place_of_secrets(&self, supply: &Supply, declared: &Declared) -> Replacements {
        let mut replacements = Replacements::new();
        for (name, token) in &self.tokens {
            let Some(value) = supply.found.get(name) else { continue };
            for address in declared.users(name) {
                replacements.entry(address.to_owned()).or_default().push((value.clone(), token.clone()));
            }
        }
        replacements
    }
}

fn entry<'a>(manifest: &'a Manifest, name: &str) -> Option<&'a SecretEntry> {
    manifest.secrets.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_depends_on_key_place_and_value() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let key = |of_modules: Option<&str>, api: &str| Key::new(of_modules.map(secret), &secret(api));
        let made = key(Some("k"), "API-1").token(&["accounts", "Token", "a"], &secret("v"));
        let of = |key: &Key, place: &[&str], value: &str| key.token(place, &secret(value));
        assert_eq!(of(&key(Some("k"), "API-2"), &["accounts", "Token", "a"], "v"), made);
        for other in [
            of(&key(Some("other"), "API-1"), &["accounts", "Token", "a"], "v"),
            of(&key(None, "k"), &["accounts", "Token", "a"], "v"),
            of(&key(Some("k"), "API-1"), &["accounts", "Token", "b"], "v"),
            of(&key(Some("k"), "API-1"), &["accounts", "Token"], "v"),
            of(&key(Some("k"), "API-1"), &["accounts", "Token", "a"], "w"),
            of(&key(Some("k"), "API-1"), &["accounts", "Token", "av"], ""),
        ] {
            assert_ne!(other, made);
        }
        assert_ne!(of(&key(None, "API-1"), &["a"], "v"), of(&key(None, "API-2"), &["a"], "v"));
    }
}
