//! The list as Markdown: a line for each item, to be ticked.

use std::fmt::Write as _;

use super::item::plain;
use super::{Report, Section};

/// Same list, same bytes.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut text = String::from("# What is left to people\n\n");
    let _ = writeln!(text, "Source: {}  ", plain(&report.source));
    if let Some(destination) = &report.destination {
        let _ = writeln!(text, "Destination: {}  ", plain(destination));
    }
    if let Some((equal, all)) = report.equal {
        let _ = writeln!(text, "Equal: {equal} of {all} documents  ");
    }
    for section in Section::ALL {
        if report.count(section) == 0 {
            continue;
        }
        let _ = write!(text, "\n## {} ({})\n\n", section.title(), report.count(section));
        for item in report.of(section) {
            let of = item.project.as_ref().map(|project| format!("{}: ", plain(project))).unwrap_or_default();
            let _ = writeln!(text, "- [ ] {of}{}", item.line());
        }
    }
    if report.items.is_empty() {
        text.push_str("\nNothing.\n");
    }
    text
}
