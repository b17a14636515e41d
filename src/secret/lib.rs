//! Values that must never be seen, and the masking of text that might hold them.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

pub mod exact;
pub mod mask;
pub mod placeholder;
pub mod stream;
pub mod token;

use zeroize::Zeroizing;

use failure::Failure;

/// What octoferry enters at a prompt of the space that must be answered and has no default. Whatever holds it is no value of the source.
pub const UNANSWERED: &str = "octoferry-has-no-answer";

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

/// Random bytes that nobody can guess, from the system.
///
/// # Errors
/// When the system gives none.
pub fn random() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut random = Zeroizing::new([0_u8; 32]);
    let mut filled = 0;
    while filled < random.len() {
        filled += rustix::rand::getrandom(&mut random[filled..], rustix::rand::GetRandomFlags::empty())
            .map_err(|error| Failure::failed(format!("the system gives no random numbers: {error}")))?;
    }
    Ok(random)
}
