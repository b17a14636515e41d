//! Values that octoferry itself puts into Octopus variables, so that a step reads them byte for byte: Octopus evaluates `#{…}` in every variable
//! that a script asks for, unless the server offers them as they are stored; and a value of one newline would mean that there is none.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::Secret;

/// What the names of these variables begin with: those by which a person gives secrets.
pub const VARIABLES: &str = "Octoferry.Secret.";
/// What a value in base64 begins with.
const PREFIX: &str = "octoferry-base64:";

/// The value as a variable is to hold it: in base64 where Octopus or the stream of secrets would alter it.
#[must_use]
pub fn written(value: &Secret) -> Secret {
    let text = value.expose();
    if text.contains("#{") || text == "\n" || text.starts_with(PREFIX) || text.trim() != text {
        return Secret::new(format!("{PREFIX}{}", *Zeroizing::new(STANDARD.encode(text))));
    }
    value.clone()
}

/// Takes the form of [`written`] back in the variables that may have it; the names of those that had. Others stay as they are.
pub fn read(secrets: &mut BTreeMap<String, Secret>) -> BTreeSet<String> {
    let mut exact = BTreeSet::new();
    for (name, secret) in secrets.iter_mut().filter(|(name, _)| name.starts_with(VARIABLES)) {
        let bytes = secret.expose().strip_prefix(PREFIX).and_then(|rest| STANDARD.decode(rest).ok());
        if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            *secret = Secret::new(text);
            exact.insert(name.clone());
        }
    }
    exact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_octopus_would_alter_comes_back_as_it_was() {
        let texts = ["plain", "a #{b} ##{c}", "\n", " spaces\n", "octoferry-base64:eA==", "ünïcode"];
        let mut secrets: BTreeMap<String, Secret> = texts
            .iter()
            .map(|text| (format!("{VARIABLES}{text}"), written(&Secret::new((*text).to_owned()))))
            .collect();
        assert!(secrets.values().all(|secret| !secret.expose().contains("#{")));
        let exact = read(&mut secrets);
        assert!(secrets.iter().all(|(name, secret)| name.strip_prefix(VARIABLES) == Some(secret.expose())));
        assert_eq!(exact.len(), 4);
        let users_own = Secret::new(format!("{PREFIX}eA=="));
        let mut secrets = BTreeMap::from([("Key".to_owned(), users_own)]);
        assert!(read(&mut secrets).is_empty());
    }
}
