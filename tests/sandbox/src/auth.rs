//! Who asks: API keys and their users.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};

use crate::server::Server;
use crate::store::SERVER;

/// What is known of a key. Keys are kept beside the documents: no answer and no dump has them.
struct Kept {
    /// Id of its user.
    user: String,
    /// Id of its entry in the user's list; empty: it has none.
    id: String,
    expires: Option<DateTime<Utc>>,
}

/// By API key.
#[derive(Default)]
pub(crate) struct Keys(BTreeMap<String, Kept>);

impl Keys {
    pub(crate) fn add(&mut self, key: String, user: &str) {
        self.0.insert(key, Kept { user: user.to_owned(), id: String::new(), expires: None });
    }

    pub(crate) fn add_listed(&mut self, key: String, user: &str, id: &str, expires: Option<DateTime<Utc>>) {
        self.0.insert(key, Kept { user: user.to_owned(), id: id.to_owned(), expires });
    }

    pub(crate) fn remove_all_of(&mut self, user: &str) {
        self.0.retain(|_, kept| kept.user != user);
    }

    pub(crate) fn remove_listed(&mut self, id: &str) {
        self.0.retain(|_, kept| kept.id != id);
    }

    /// The user whose key the request carries, as `X-Octopus-ApiKey` or as a bearer.
    pub(crate) fn user_of(&self, headers: &HeaderMap) -> Option<&str> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let key = text("x-octopus-apikey").or_else(|| text("authorization")?.strip_prefix("Bearer "))?;
        let kept = self.0.get(key.trim())?;
        kept.expires.is_none_or(|end| end > Utc::now()).then_some(kept.user.as_str())
    }
}

/// Id of the user who asks; empty: nobody. The keys of a user who was made inactive open nothing.
pub(crate) fn user_of(server: &Server, headers: &HeaderMap) -> String {
    let user = server.keys.user_of(headers).unwrap_or_default();
    let is_active = server.store.get(SERVER, "users", user).is_none_or(|user| user["IsActive"] != false);
    if is_active { user.to_owned() } else { String::new() }
}

/// A new key as the server makes them: `API-` and 30 capitals and digits.
pub(crate) fn new_api_key() -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bytes = [0u8; 30];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let key: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    format!("API-{key}")
}
