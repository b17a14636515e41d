//! Masking of sensitive values in what a task logs.
//!
//! As a server does it: exact text, at least four characters, line by line. So a value of several lines is not
//! found, and neither is one that was encoded: a test that looks for leaks sees them here as it would there.

/// What stands in the log in place of a sensitive value.
pub const MASK: &str = "********";

const SHORTEST: usize = 4;

/// The values to hide; the longest first, so that one value inside another leaves nothing of the other.
#[derive(Default, Clone)]
pub struct Masker {
    values: Vec<String>,
}

impl Masker {
    pub fn add(&mut self, value: &str) {
        if value.chars().count() < SHORTEST || self.values.iter().any(|known| known == value) {
            return;
        }
        let place = self.values.partition_point(|known| known.len() >= value.len());
        self.values.insert(place, value.to_owned());
    }

    pub fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), MASK);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_values_of_four_characters_are_hidden_longest_first() {
        let mut masker = Masker::default();
        for value in ["abcd", "abc", "abcdefg", "two\nlines"] {
            masker.add(value);
        }
        assert_eq!(masker.mask("abc abcd ABCD abcdefg two"), "abc ******** ABCD ******** two");
    }
}
