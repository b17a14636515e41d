//! Names for Terraform, made of names for people: labels and file names.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longer labels and file names are cut and get a suffix.
const LONGEST: usize = 80;

/// The label for a name: lower case, other characters `_`; `Production (US)` → `production_us`. A name that has no letter
/// or digit of ASCII is known by a short digest. The same name has always the same label.
#[must_use]
pub fn label(name: &str) -> String {
    let words = words(name, '_');
    let label = match words.chars().next() {
        None => format!("x{}", digest(name)),
        Some(first) if first.is_ascii_digit() => format!("_{words}"),
        Some(_) => words,
    };
    shortened(&label, name, '_')
}

/// The same for a file's name: `roll-through-the-web-servers`.
#[must_use]
pub fn file_name(name: &str) -> String {
    let words = words(name, '-');
    // Windows has no files of these names, whatever the ending.
    let numbered = words.strip_prefix("com").or_else(|| words.strip_prefix("lpt"));
    let is_port = matches!(numbered.map(str::as_bytes), Some([digit]) if digit.is_ascii_digit());
    if words.is_empty() || is_port || matches!(words.as_str(), "con" | "prn" | "aux" | "nul") {
        return format!("{words}x{}", digest(name));
    }
    shortened(&words, name, '-')
}

fn words(name: &str, separator: char) -> String {
    let mut out = String::new();
    for letter in name.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            out.push(letter);
        } else if !out.is_empty() && !out.ends_with(separator) {
            out.push(separator);
        }
    }
    out.trim_end_matches(separator).to_owned()
}

fn shortened(text: &str, name: &str, separator: char) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let start = text.get(..LONGEST - 7).unwrap_or(text).trim_end_matches(separator);
    format!("{start}{separator}{}", digest(name))
}

/// Six hexadecimal digits that depend on the text alone.
#[must_use]
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

/// Labels that are taken, by name space (a kind, the variables, a folder).
#[derive(Debug, Default)]
pub struct Names {
    taken: BTreeMap<String, BTreeSet<String>>,
    /// Id at the source → the label that it has in the last module.
    known: BTreeMap<String, String>,
    /// Name space and id → the label that it keeps.
    kept: BTreeMap<(String, String), String>,
}

impl Names {
    /// With the labels of the last module, by ids at the source.
    #[must_use]
    pub fn after(known: BTreeMap<String, String>) -> Self {
        Self { known, ..Self::default() }
    }

    /// Keeps for these things the labels that they have in the last module, whatever they are called now. To be said before anything claims a
    /// label in the name space. A thing that is gone keeps none: its label is free for who bears its name now.
    pub fn keep<'a>(&mut self, space: &str, ids: impl IntoIterator<Item = &'a str>) {
        for id in ids {
            let Some(label) = self.known.get(id) else { continue };
            if self.taken.entry(space.to_owned()).or_default().insert(label.clone()) {
                self.kept.insert((space.to_owned(), id.to_owned()), label.clone());
            }
        }
    }

    /// The label that was kept for a thing, else one that is claimed for it.
    pub fn claim_for(&mut self, id: &str, space: &str, wanted: &str, distinct: &str) -> String {
        match self.kept.remove(&(space.to_owned(), id.to_owned())) {
            Some(label) => label,
            None => self.claim(space, wanted, distinct),
        }
    }

    /// The wanted label if it is free, else with a short suffix made of `distinct`, which no other claimer has. Claim in the order
    /// in which things were made: then a new neighbour renames nothing.
    pub fn claim(&mut self, space: &str, wanted: &str, distinct: &str) -> String {
        let taken = self.taken.entry(space.to_owned()).or_default();
        let mut label = wanted.to_owned();
        let mut round = 0;
        while !taken.insert(label.clone()) {
            let seed = if round == 0 { distinct.to_owned() } else { format!("{distinct} {round}") };
            label = format!("{wanted}_{}", digest(&seed));
            round += 1;
        }
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_from_names() {
        assert_eq!(label("Production (US)"), "production_us");
        assert_eq!(label("Crème brûlée"), "creme_brulee");
        assert_eq!(label("1 early"), "_1_early");
        assert_eq!(label("Москва"), format!("x{}", digest("Москва")));
        assert_ne!(label("🚀"), label("🔥"));
        assert!(label(&"a".repeat(500)).len() <= LONGEST);
    }

    #[test]
    fn file_names_never_leave_their_folder() {
        assert_eq!(file_name("../../outside"), "outside");
        assert_eq!(file_name(".."), format!("x{}", digest("..")));
        assert_ne!(file_name("CON"), "con");
    }

    #[test]
    fn only_the_newcomer_of_two_that_collide_gets_a_suffix() {
        let mut names = Names::default();
        assert_eq!(names.claim("environments", "a_b", "A B"), "a_b");
        assert_eq!(names.claim("environments", "a_b", "a-b"), format!("a_b_{}", digest("a-b")));
        assert_eq!(names.claim("accounts", "a_b", "a-b"), "a_b");
    }

    #[test]
    fn what_is_renamed_keeps_its_label_and_what_is_gone_leaves_it() {
        let known = [("E-1", "one"), ("E-2", "two"), ("E-3", "three")];
        let mut names =
            Names::after(known.map(|(id, label)| (id.to_owned(), label.to_owned())).into_iter().collect());
        names.keep("e", ["E-1", "E-2", "E-9"]);
        // Two are renamed crosswise, the third was deleted and made again, and a new one bears a name that is not free.
        assert_eq!(names.claim_for("E-1", "e", "two", "Two"), "one");
        assert_eq!(names.claim_for("E-2", "e", "one", "One"), "two");
        assert_eq!(names.claim_for("E-9", "e", "three", "Three"), "three");
        assert_eq!(names.claim_for("E-10", "e", "one", "one"), format!("one_{}", digest("one")));
    }

    proptest::proptest! {
        #[test]
        fn labels_are_identifiers(name in "\\PC{0,120}") {
            let label = label(&name);
            proptest::prop_assert!(label.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'));
            proptest::prop_assert!(!label.is_empty() && !label.starts_with(|letter: char| letter.is_ascii_digit()));
        }
    }
}
