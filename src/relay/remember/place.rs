//! Under what an answer is remembered.

use crate::relay::address::Address;

/// What an address is about: `/api/spaces-1/tenants`, and the document of that list that it is or lies below.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) list: String,
    pub(super) document: Option<String>,
}

impl Place {
    pub(super) fn of(address: &Address) -> Self {
        let prefix = address.prefix.to_lowercase();
        // `all`, `v2`, `summary`: other views of the list.
        let is_id = |text: &&String| text.contains('-') && text.bytes().any(|byte| byte.is_ascii_digit());
        let list = format!("{prefix}/{}", address.segments.first().map_or("", String::as_str));
        let document = address.segments.get(1).filter(is_id).map(|id| format!("{list}/{id}"));
        Self { list, document }
    }

    pub(super) fn key(&self) -> &str {
        self.document.as_ref().unwrap_or(&self.list)
    }
}

/// Addresses are matched without case, as servers do, and a space may be named in two ways.
pub(super) fn key(address: &Address) -> String {
    let key = key_without_query(address);
    match address.path_and_query.split_once('?') {
        Some((_, query)) => format!("{key}?{query}"),
        None => key,
    }
}

/// Under what the whole of it is remembered.
pub(super) fn key_without_query(address: &Address) -> String {
    let mut key = address.prefix.to_lowercase();
    for segment in &address.segments {
        key.push('/');
        key.push_str(segment);
    }
    key
}
