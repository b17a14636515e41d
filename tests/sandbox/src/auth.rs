//! Who asks: API keys and their users.

use std::collections::BTreeMap;

use axum::http::HeaderMap;

/// API key → id of its user. Keys are kept beside the documents: no answer and no dump has them.
#[derive(Default)]
pub(crate) struct Keys(BTreeMap<String, String>);

impl Keys {
    pub(crate) fn add(&mut self, key: String, user: &str) {
        self.0.insert(key, user.to_owned());
    }

    pub(crate) fn remove_all_of(&mut self, user: &str) {
        self.0.retain(|_, owner| owner != user);
    }

    /// The user whose key the request carries, as `X-Octopus-ApiKey` or as a bearer.
    pub(crate) fn user_of(&self, headers: &HeaderMap) -> Option<&str> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let key = text("x-octopus-apikey").or_else(|| text("authorization")?.strip_prefix("Bearer "))?;
        self.0.get(key.trim()).map(String::as_str)
    }
}

/// A new key as the server makes them: `API-` and 30 capitals and digits.
pub(crate) fn new_api_key() -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bytes = [0u8; 30];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let key: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    format!("API-{key}")
}
