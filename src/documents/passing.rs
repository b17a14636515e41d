//! A name between two names, for the time in which they change hands.

/// What something is called between two names, so that another one can have its own. Servers take names of up to 200 letters.
#[must_use]
pub fn passing_name(name: &str) -> String {
    let start: String = name.chars().take(160).collect();
    format!("{start} until it is renamed")
}
