//! The list for people over time: a migration writes the parts that it knows anew and leaves the rest of the file. Ticks and what people have
//! written stay.
//!
//! A line of octoferry's own ends with a mark that Markdown does not show; what stands behind it, and every line without one, is a person's.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Behind each line that octoferry writes.
const MARK: &str = "<!-- octoferry -->";
const HEADING: &str = "# What is left to you";
const NOTHING: &str = "Nothing.";

/// What is left of the space or of a project, as this migration knows it.
pub(super) struct Part {
    /// `Project Shop`.
    pub(super) title: String,
    pub(super) items: Vec<Item>,
    /// Whether the lines that stand there from before may still be true: it was not deployed this time.
    pub(super) keep: bool,
}

/// Something to do.
pub(super) struct Item {
    /// The beginning of the text, which stays the same when the reason is another.
    pub(super) key: String,
    pub(super) text: String,
}

/// The file's new text. `is_all`: what is no part of this any more is gone from the source.
#[must_use]
pub(super) fn merged(old: &str, parts: &[Part], is_all: bool) -> String {
    let (head, sections) = parsed(old);
    let mut text = format!("{HEADING}\n");
    for line in head {
        let _ = writeln!(text, "{line}");
    }
    let mut any = false;
    let mut add = |title: &str, lines: Vec<String>| {
        let filled = lines.iter().position(|line| !line.trim().is_empty());
        let Some(first) = filled else { return };
        any = true;
        let _ = write!(text, "\n## {title}\n\n{}\n", lines[first..].join("\n").trim_end());
    };
    let mut written = BTreeSet::new();
    // In the order of the file; what is new stands behind it.
    for Section { title, lines } in &sections {
        match parts.iter().find(|part| part.title == *title) {
            Some(part) => add(title, part.lines(lines)),
            None if is_all => add(title, peoples(lines)),
            None => add(title, lines.iter().map(|line| (*line).to_owned()).collect()),
        }
        written.insert(*title);
    }
    for part in parts.iter().filter(|part| !written.contains(part.title.as_str())) {
        add(&part.title, part.lines(&[]));
    }
    if !any {
        let _ = write!(text, "\n{NOTHING}\n");
    }
    text
}

struct Section<'t> {
    title: &'t str,
    lines: Vec<&'t str>,
}

/// What people have put above the first section, and the sections.
fn parsed(old: &str) -> (Vec<&str>, Vec<Section<'_>>) {
    let mut head = Vec::new();
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in old.lines() {
        match (line.strip_prefix("## "), sections.last_mut()) {
            (Some(title), _) => sections.push(Section { title: title.trim(), lines: Vec::new() }),
            (None, Some(section)) => section.lines.push(line),
            (None, None) if line == HEADING || line == NOTHING => {}
            (None, None) => head.push(line),
        }
    }
    while head.last().is_some_and(|line| line.trim().is_empty()) {
        head.pop();
    }
    (head, sections)
}

/// A line of octoferry's own: whether it is ticked, its text, and what a person has written behind it.
fn own(line: &str) -> Option<(bool, &str, &str)> {
    let (text, comment) = line.split_once(MARK)?;
    let (tick, text) = task(text)?;
    Some((tick, text.trim_end(), comment.trim()))
}

fn task(line: &str) -> Option<(bool, &str)> {
    let open = line.strip_prefix("- [ ] ").map(|text| (false, text));
    open.or_else(|| {
        line.strip_prefix("- [x] ").or_else(|| line.strip_prefix("- [X] ")).map(|text| (true, text))
    })
}

fn peoples(lines: &[&str]) -> Vec<String> {
    lines.iter().filter(|line| own(line).is_none()).map(|line| (*line).to_owned()).collect()
}

impl Part {
    /// The lines of the section: those that still hold where they were, each with what people have written below it; new ones behind them.
    fn lines(&self, old: &[&str]) -> Vec<String> {
        let shown = |tick: bool, text: &str, comment: &str| {
            let tick = if tick { 'x' } else { ' ' };
            let space = if comment.is_empty() { "" } else { " " };
            format!("- [{tick}] {text} {MARK}{space}{comment}")
        };
        let mut lines = Vec::new();
        let mut there = BTreeSet::new();
        for line in old {
            let Some((tick, text, comment)) = own(line) else {
                lines.push((*line).to_owned());
                continue;
            };
            let item = self.items.iter().position(|item| text.starts_with(&item.key));
            match item.filter(|index| !there.contains(index)) {
                Some(index) => {
                    there.insert(index);
                    lines.push(shown(tick, &self.items[index].text, comment));
                }
                None if self.keep && item.is_none() => lines.push((*line).to_owned()),
                // It is done; what a person has written about it stays with it.
                None if !comment.is_empty() && item.is_none() => lines.push(shown(true, text, comment)),
                None => {}
            }
        }
        let new = self.items.iter().enumerate().filter(|(index, _)| !there.contains(index));
        lines.extend(new.map(|(_, item)| shown(false, &item.text, "")));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(title: &str, texts: &[&str]) -> Part {
        let items = texts.iter().map(|text| {
            let key = text.split_inclusive(": ").next().unwrap_or_default().to_owned();
            Item { key, text: (*text).to_owned() }
        });
        Part { title: title.to_owned(), items: items.collect(), keep: false }
    }

    #[test]
    fn a_run_for_one_project_leaves_the_others_and_what_people_wrote() {
        let first = merged(
            "",
            &[
                part("Space Shop", &["Feed: none"]),
                part("Project A", &["Key: none", "Rule"]),
                part("Project B", &[]),
            ],
            true,
        );
        expect_test::expect![[r#"
            # What is left to you

            ## Space Shop

            - [ ] Feed: none <!-- octoferry -->

            ## Project A

            - [ ] Key: none <!-- octoferry -->
            - [ ] Rule <!-- octoferry -->
        "#]]
        .assert_eq(&first);
        let edited = first
            .replace("# What is left to you\n", "# What is left to you\n\nAsk Bob on Friday.\n")
            .replace(
                "- [ ] Key: none <!-- octoferry -->",
                "- [x] Key: none <!-- octoferry --> Ann has it\n  since Monday",
            )
            .replace("- [ ] Rule", "- [ ] Tell the team\n- [ ] Rule");
        let second = merged(&edited, &[part("Project A", &["Key: refused", "New"])], false);
        expect_test::expect![[r#"
            # What is left to you

            Ask Bob on Friday.

            ## Space Shop

            - [ ] Feed: none <!-- octoferry -->

            ## Project A

            - [x] Key: refused <!-- octoferry --> Ann has it
              since Monday
            - [ ] Tell the team
            - [ ] New <!-- octoferry -->
        "#]]
        .assert_eq(&second);
        assert_eq!(
            merged(&second, &[part("Project A", &["Key: refused", "New"])], false),
            second,
            "same again"
        );
        let failed = Part { keep: true, ..part("Project A", &["Not deployed"]) };
        let third = merged(&second, &[failed], false);
        assert!(third.contains("Key: refused") && third.contains("- [ ] Not deployed"), "{third}");
        // All is done, and the space's own part is gone.
        let last = merged(&third, &[part("Project A", &[])], true);
        assert!(!last.contains("Space Shop") && !last.contains("Not deployed"), "{last}");
        assert!(
            last.contains("- [x] Key: refused <!-- octoferry --> Ann has it")
                && last.contains("Tell the team")
        );
    }

    #[test]
    fn nothing_is_said_when_nothing_is_left() {
        let nothing = merged("", &[part("Space Shop", &[])], true);
        assert_eq!(nothing, "# What is left to you\n\nNothing.\n");
        assert_eq!(merged(&nothing, &[part("Space Shop", &[])], true), nothing);
        assert!(!merged(&nothing, &[part("Space Shop", &["Rule"])], true).contains("Nothing."));
    }

    #[test]
    fn two_items_that_begin_alike_are_two_lines() {
        let twice = [part("P", &["Key: a", "Key: b"])];
        let first = merged("", &twice, true);
        assert_eq!(first.matches("Key: ").count(), 2);
        assert_eq!(merged(&first, &twice, true), first);
    }
}
