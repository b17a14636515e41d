//! Provisional ids: what parts of a document (variables, steps) are called until the document has been sent and the server has given them ids.
//! Terraform knows them for the time of one apply; no server ever gets one.

use std::collections::{BTreeMap, BTreeSet};

/// What has become of some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids {
    /// Provisional id → the one that the server has given.
    pub real: BTreeMap<String, String>,
    /// Those of what is sent later.
    pub awaited: BTreeSet<String>,
}

/// What each begins with.
pub const PREFIX: &str = "octoferry-draft-";
/// Digits behind that: of the run, and of the number.
const DIGITS: usize = 16 + 8;

/// The id of this number in a run, of which the first 16 digits are taken.
#[must_use]
pub fn id(run: &str, number: u32) -> String {
    format!("{PREFIX}{run:0>16.16}{number:08x}")
}

/// Whether one may be in it; where there is none in bytes, none of their texts holds one.
#[must_use]
pub fn is_in(bytes: &[u8]) -> bool {
    next(&String::from_utf8_lossy(bytes)).is_some()
}

/// All that are in a text, in order.
pub fn all(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (start, end) = next(rest)?;
        let found = &rest[start..end];
        rest = &rest[end..];
        Some(found)
    })
}

/// The text with others in their place; `None` when there is none in it. One for which there is no other stays.
pub fn replaced<'t>(text: &'t str, with: impl Fn(&str) -> Option<&'t str>) -> Option<String> {
    let mut made = String::new();
    let mut rest = text;
    while let Some((start, end)) = next(rest) {
        let id = &rest[start..end];
        made.push_str(&rest[..start]);
        made.push_str(with(id).unwrap_or(id));
        rest = &rest[end..];
    }
    (rest.len() < text.len()).then(|| made + rest)
}

/// Where the next one is.
fn next(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find(PREFIX)?;
        let end = start + PREFIX.len() + DIGITS;
        let digits = text.get(start + PREFIX.len()..end);
        if digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            return Some((start, end));
        }
        from = start + PREFIX.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_found_and_replaced() {
        let (one, two) = (id("0123456789abcdef0123", 1), id("ab", 255));
        assert_eq!(one, "octoferry-draft-0123456789abcdef00000001");
        assert_eq!(two, "octoferry-draft-00000000000000ab000000ff");
        let text = format!("process:{one}:{two} octoferry-draft-no");
        assert_eq!(all(&text).collect::<Vec<_>>(), [one.as_str(), two.as_str()]);
        let with = |id: &str| (id == one).then_some("real");
        assert_eq!(replaced(&text, with), Some(format!("process:real:{two} octoferry-draft-no")));
        assert_eq!(replaced("nothing", with), None);
        assert!(is_in(text.as_bytes()) && !is_in(b"octoferry-draft-0123"));
    }
}
