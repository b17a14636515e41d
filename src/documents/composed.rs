//! Texts in Unicode's composed form (NFC): Terraform has every text so, whatever form it has at a server.

use unicode_normalization::UnicodeNormalization as _;

/// Whether two texts are the same once they are composed.
#[must_use]
pub fn is_same_composed(text: &str, other: &str) -> bool {
    text.nfc().eq(other.nfc())
}
