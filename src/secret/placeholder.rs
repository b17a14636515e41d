//! What stands where a secret should be that nobody could supply: recognisable, and valid for the argument.
//!
//! Every placeholder begins with [`PREFIX`], or, where base64 is wanted, with the same in base64. A placeholder never overwrites what a person
//! has entered since: the relay keeps what is there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The beginning of every placeholder. Its length is a multiple of three, so that its base64 is the beginning of the whole's base64.
pub const PREFIX: &str = "octoferry-placeholder";
/// [`PREFIX`] in base64.
pub const BASE64_PREFIX: &str = "b2N0b2ZlcnJ5LXBsYWNlaG9sZGVy";

/// A certificate of nobody, without a key: servers look into what they are given. Text before the first line is allowed (RFC 7468).
const CERTIFICATE: &str = include_str!("placeholder.pem");

/// What the server takes for a value of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// Any text in base64.
    Base64,
    /// A certificate in base64.
    Certificate,
}

/// The placeholder for a secret of this name.
#[must_use]
pub fn placeholder(name: &str, form: Form) -> String {
    let text = format!("{PREFIX} {name}");
    match form {
        Form::Text => text,
        Form::Base64 => STANDARD.encode(text),
        Form::Certificate => STANDARD.encode(format!("{PREFIX}\n{CERTIFICATE}")),
    }
}

/// Whether a text is a placeholder.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    text.starts_with(PREFIX) || text.starts_with(BASE64_PREFIX)
}

/// Whether a placeholder may stand somewhere in these bytes.
#[must_use]
pub fn may_be_in(bytes: &[u8]) -> bool {
    let holds = |prefix: &str| bytes.windows(prefix.len()).any(|window| window == prefix.as_bytes());
    holds(PREFIX) || holds(BASE64_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_recognised() {
        assert_eq!(STANDARD.encode(PREFIX), BASE64_PREFIX);
        for form in [Form::Text, Form::Base64, Form::Certificate] {
            let placeholder = placeholder("some_name", form);
            assert!(is_placeholder(&placeholder), "{placeholder}");
            assert!(may_be_in(format!("{{\"a\":\"{placeholder}\"}}").as_bytes()));
        }
        assert!(!is_placeholder("octoferry"));
    }
}
