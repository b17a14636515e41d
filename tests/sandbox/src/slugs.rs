//! Slugs made of names, as the server makes them.

/// Lower case, each run of other characters one `-`; what has no ASCII letter or digit is `unnamed`.
/// `taken` says whether another document has it: then `-2`, `-3`, … is added.
pub(crate) fn slug(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "unnamed" } else { slug };
    let numbered = (2u32..).map(|number| format!("{slug}-{number}"));
    std::iter::once(slug.to_owned())
        .chain(numbered)
        .find(|slug| !taken(slug))
        .expect("there is always a free number")
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn follows_names() {
        let free = |_: &str| false;
        for (name, expected) in [
            ("A B", "a-b"),
            ("Slash / dot. / end.", "slash-dot-end"),
            ("Größe", "gr-e"),
            ("🚀", "unnamed"),
            ("../up and out", "up-and-out"),
        ] {
            assert_eq!(slug(name, free), expected);
        }
        assert_eq!(slug("A.B", |slug| slug == "a-b" || slug == "a-b-2"), "a-b-3");
    }
}
