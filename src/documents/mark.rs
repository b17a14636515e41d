//! How seed marks what it makes.

/// Last line of the description of everything that seed makes. A thing with one of octoferry's names but without this line is somebody's own,
/// and is never touched.
pub const MARK: &str = "Made by octoferry seed; octoferry unseed removes it.";

/// Whether a description says that seed made the thing.
#[must_use]
pub fn is_marked(description: &str) -> bool {
    description.trim_end().ends_with(MARK)
}
