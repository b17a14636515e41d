//! Values that must never be seen, and the masking of text that might hold them.

pub mod mask;
pub mod placeholder;
pub mod stream;

use zeroize::Zeroizing;

/// A secret value. Deliberately without `Debug`, `Display`, `Serialize` and `PartialEq`; zeroed when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
