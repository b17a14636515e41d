//! What a server makes of a name when nobody gives a slug.

/// The slug of a name: lower case, letters and digits of ASCII, runs of everything else one `-`.
///
/// Assumption: as seen in documents that servers answered; another server may treat letters outside of ASCII differently. It is only used to
/// tell slugs that somebody chose from slugs that come by themselves, so a wrong guess costs a superfluous or a missing finish step.
#[must_use]
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_of_ascii_letters_digits_and_single_hyphens() {
        assert_eq!(slug_of("Bring the store's schema up to date"), "bring-the-store-s-schema-up-to-date");
        assert_eq!(slug_of("a/b\\c:d*e?\"f\"<g>|h"), "a-b-c-d-e-f-g-h");
        assert_eq!(slug_of("Naïve Café"), "na-ve-caf");
        assert_eq!(slug_of("🙂"), "");
    }
}
