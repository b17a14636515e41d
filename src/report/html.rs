//! The list as one page that needs nothing else: counts, progress, a filter, the items, and a map of the projects and what they share.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Project, Report, Section};

/// Height of a line of the map, in pixels.
const LINE: usize = 18;

/// The whole page. Same list, same bytes.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut page = String::from(HEAD);
    let _ = write!(page, "<h1>What is left to people</h1><p>Source: {}", escaped(&report.source));
    if let Some(destination) = &report.destination {
        let _ = write!(page, "<br>Destination: {}", escaped(destination));
    }
    page.push_str("</p><ul class=\"counts\">");
    if let Some((equal, all)) = report.equal {
        let _ = write!(page, "<li><b>{equal} of {all}</b>documents are equal</li>");
    }
    if report.projects.iter().any(|project| project.moved.is_some()) {
        let moved = report.projects.iter().filter(|project| project.moved == Some(true)).count();
        let _ = write!(
            page,
            "<li><b>{moved} of {}</b>projects are at the destination</li>",
            report.projects.len()
        );
    }
    for section in Section::ALL {
        let _ = write!(page, "<li><b>{}</b>{}</li>", report.count(section), section.title());
    }
    page.push_str("</ul><p><label>Show only what holds <input id=\"filter\" type=\"search\"></label></p>");
    for section in Section::ALL {
        if report.count(section) == 0 {
            continue;
        }
        let _ = write!(
            page,
            "<h2>{}</h2><table><thead><tr><th>Project</th><th>What</th><th>To do</th></tr></thead><tbody>",
            section.title()
        );
        for item in report.of(section) {
            let _ = write!(
                page,
                "<tr><td>{}</td><td>{}</td><td>{}",
                escaped(&item.project),
                escaped(&item.subject),
                escaped(&item.text)
            );
            for command in &item.commands {
                let _ = write!(page, "<br><code>{}</code>", escaped(command));
            }
            page.push_str("</td></tr>");
        }
        page.push_str("</tbody></table>");
    }
    if !report.projects.is_empty() {
        page.push_str("<h2>Projects and what they share</h2>");
        map(&mut page, &report.projects);
    }
    page.push_str(TAIL);
    page
}

/// Projects at the left, library variable sets at the right, a line from each project to what it uses.
fn map(page: &mut String, projects: &[Project]) {
    let sets: Vec<&String> =
        projects.iter().flat_map(|project| &project.uses).collect::<BTreeSet<_>>().into_iter().collect();
    let height = (projects.len().max(sets.len()) + 1) * LINE;
    let y_of = |index: usize, count: usize| (height * (2 * index + 1)) / (2 * count.max(1));
    let _ = write!(
        page,
        "<svg viewBox=\"0 0 900 {height}\" role=\"img\" aria-label=\"Projects and library variable sets\">"
    );
    for (index, project) in projects.iter().enumerate() {
        let y = y_of(index, projects.len());
        for (at, _) in sets.iter().enumerate().filter(|(_, set)| project.uses.contains(set)) {
            let _ = write!(page, "<path d=\"M310 {y} L590 {}\"/>", y_of(at, sets.len()));
        }
        let class = match project.moved {
            Some(true) if project.open == 0 => "done",
            Some(true) => "moved",
            _ => "open",
        };
        let after = if project.after.is_empty() {
            String::new()
        } else {
            format!(", after {}", project.after.join(", "))
        };
        let _ = write!(
            page,
            "<text class=\"{class}\" x=\"300\" y=\"{}\" text-anchor=\"end\">{} ({})<title>{} open{}</title></text>",
            y + 4,
            escaped(&project.name),
            project.open,
            project.open,
            escaped(&after)
        );
    }
    for (index, set) in sets.iter().enumerate() {
        let _ = write!(page, "<text x=\"600\" y=\"{}\">{}</text>", y_of(index, sets.len()) + 4, escaped(set));
    }
    page.push_str("</svg>");
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>What is left to people</title><style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #1b2733; background: #fff }
.counts { display: flex; flex-wrap: wrap; gap: .8em; padding: 0; list-style: none }
.counts li { border: 1px solid #c9d4df; border-radius: 6px; padding: .5em .9em; max-width: 11em; font-size: 13px }
.counts b { display: block; font-size: 20px }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .35em .6em; border-bottom: 1px solid #e3e9ef }
th { color: #52606d; font-weight: 600 } td:first-child { white-space: nowrap } code { background: #f1f4f7; padding: .1em .3em; overflow-wrap: anywhere }
svg { width: 100%; height: auto; font-size: 12px } path { stroke: #9fb3c8; fill: none; opacity: .6 }
.done { fill: #1f7a3d } .moved { fill: #9a6700 } .open { fill: #b42318 }
</style></head><body>
"#;

const TAIL: &str = r#"<script>
document.getElementById("filter").addEventListener("input", function () {
  var wanted = this.value.toLowerCase();
  document.querySelectorAll("tbody tr").forEach(function (row) { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
});
</script></body></html>
"#;
