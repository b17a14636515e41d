//! What Terraform gets in place of a secret: a text that says nothing of the value to anybody without the key, and is another one for each value.
//!
//! So neither variables, plan, state, the provider nor its log hold a secret, and a changed secret is still a change. octoferry's relay puts the
//! value in its place on the way to the destination. Every token has the same form, which is base64 as well as plain text, so that it may
//! stand in any argument of the provider (1.17.0 wants no more of one than that it is not empty).

use std::fmt::Write as _;

/// The beginning of every token. A multiple of four characters of the base64 alphabet, as the whole is.
pub const PREFIX: &str = "octoferrytoken01";
/// How many bytes of the digest a token carries: nobody finds two values with the same ones.
const BYTES: usize = 24;

/// The token with this digest.
#[must_use]
pub fn token(digest: &[u8; 32]) -> String {
    digest[..BYTES].iter().fold(PREFIX.to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a token, or something that looks like one, is in a text.
#[must_use]
pub fn is_in(text: &str) -> bool {
    text.contains(PREFIX)
}

/// The same for bytes.
#[must_use]
pub fn may_be_in(bytes: &[u8]) -> bool {
    bytes.windows(PREFIX.len()).any(|window| window == PREFIX.as_bytes())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_token_is_base64_and_recognised() {
        let token = token(&[0xa5; 32]);
        assert_eq!(token.len(), 64);
        assert!(STANDARD.decode(&token).is_ok());
        assert!(is_in(&token) && may_be_in(format!("{{\"a\":\"{token}\"}}").as_bytes()));
        assert!(!is_in("octoferry-placeholder"));
    }
}
