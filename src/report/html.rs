//! The list as one page that needs nothing else: counts, progress, a filter, the items, and a map of the projects and what they share.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Project, Report, Section};

/// Height of a line of the map, in pixels.
const LINE: usize = 18;
/// Up to so many projects their progress is unfolded from the start.
const FEW: usize = 40;

/// The whole page. Same list, same bytes.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut page = String::from(HEAD);
    let _ = write!(page, "<h1>What is left to people</h1><p>Source: {}", escaped(&report.source));
    if let Some(destination) = &report.destination {
        let _ = write!(page, "<br>Destination: {}", escaped(destination));
    }
    page.push_str("</p>");
    counts(&mut page, report);
    if !report.projects.is_empty() {
        progress(&mut page, report);
    }
    filters(&mut page, report);
    Section::ALL.into_iter().for_each(|section| items(&mut page, report, section));
    if !report.projects.is_empty() {
        page.push_str("<section><h2>Projects and what they share</h2>");
        map(&mut page, &report.projects);
        page.push_str("</section>");
    }
    page.push_str(TAIL);
    page
}

/// The numbers that a reader wants first.
fn counts(page: &mut String, report: &Report) {
    page.push_str("<ul class=\"counts\">");
    let mut count = |number: String, what: &str| {
        let _ = write!(page, "<li><b>{number}</b>{what}</li>");
    };
    if let Some((equal, all)) = report.equal {
        count(format!("{equal} of {all}"), "documents are equal");
    }
    if report.projects.iter().any(|project| project.moved.is_some()) {
        let moved = report.projects.iter().filter(|project| project.moved == Some(true)).count();
        count(format!("{moved} of {}", report.projects.len()), "projects are at the destination");
    }
    count(report.secrets.read.to_string(), "secrets that a step reads");
    count(report.secrets.entered.to_string(), "secrets that people have entered");
    count(report.secrets.open.to_string(), "secrets that people must enter");
    if report.secrets.forgotten > 0 {
        count(report.secrets.forgotten.to_string(), "secrets of which nobody can tell any more");
    }
    for section in Section::ALL.into_iter().filter(|section| *section != Section::Secrets) {
        count(report.count(section).to_string(), section.title());
    }
    page.push_str("</ul>");
}

/// What of the list is shown: by words, by section, by project.
fn filters(page: &mut String, report: &Report) {
    page.push_str("<form><label>Show only what holds <input id=\"filter\" type=\"search\"></label> ");
    page.push_str("<label>of <select id=\"section\"><option value=\"\">all sections</option>");
    for section in Section::ALL.into_iter().filter(|section| report.count(*section) > 0) {
        let _ = write!(page, "<option>{}</option>", section.title());
    }
    page.push_str(
        "</select></label> <label>and <select id=\"project\"><option value=\"\">all projects</option>",
    );
    for project in &report.projects {
        let _ = write!(page, "<option>{}</option>", escaped(&project.name));
    }
    page.push_str("</select></label> <output id=\"shown\"></output></form>");
}

fn items(page: &mut String, report: &Report, section: Section) {
    if report.count(section) == 0 {
        return;
    }
    let title = section.title();
    let _ = write!(
        page,
        "<section class=\"list\" data-section=\"{title}\"><h2>{title}</h2><table><thead><tr><th>Project</th><th>What</th><th>To do</th></tr></thead><tbody>",
    );
    for item in report.of(section) {
        let _ = write!(
            page,
            "<tr data-project=\"{0}\"><td>{0}</td><td>{1}</td><td>{2}",
            escaped(item.project.as_deref().unwrap_or_default()),
            escaped(&item.subject),
            escaped(&item.whole())
        );
        for command in &item.commands {
            let _ = write!(page, "<br><code>{}</code>", escaped(command));
        }
        page.push_str("</td></tr>");
    }
    page.push_str("</tbody></table></section>");
}

/// A line for each project: how far it is, and what is open.
fn progress(page: &mut String, report: &Report) {
    let open = if report.projects.len() > FEW { "" } else { " open" };
    let _ = write!(
        page,
        "<details{open}><summary><h2>Progress by project</h2></summary><table class=\"progress\"><thead><tr><th>Project</th><th>State</th><th>Open</th><th>Waits for</th></tr></thead><tbody>"
    );
    for project in &report.projects {
        let (class, state) = state(project);
        let _ = write!(
            page,
            "<tr><td>{}</td><td class=\"{class}\">{state}</td><td>{}</td><td>{}</td></tr>",
            escaped(&project.name),
            project.open,
            escaped(&project.after.join(", "))
        );
    }
    page.push_str("</tbody></table></details>");
}

/// How far a project is, as a class of the page and in words.
fn state(project: &Project) -> (&'static str, &'static str) {
    match project.moved {
        Some(true) if project.open == 0 => ("done", "moved, nothing left"),
        Some(true) => ("moved", "moved, with something left"),
        Some(false) => ("open", "not moved yet"),
        None => ("", "at the source"),
    }
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
        let (class, _) = state(project);
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
th { color: #52606d; font-weight: 600 } td { overflow-wrap: anywhere } select, input { max-width: 100% } code { background: #f1f4f7; padding: .1em .3em; overflow-wrap: anywhere }
form { margin: 1em 0 } summary h2 { display: inline-block; margin: .4em 0 } output { color: #52606d } svg { width: 100%; height: auto; font-size: 12px } path { stroke: #9fb3c8; fill: none; opacity: .6 }
.done { fill: #1f7a3d; color: #1f7a3d } .moved { fill: #9a6700; color: #9a6700 } .open { fill: #b42318; color: #b42318 }
</style></head><body>
"#;

const TAIL: &str = r#"<script>
var words = document.getElementById("filter"), section = document.getElementById("section"), project = document.getElementById("project");
function show() {
  var count = 0;
  document.querySelectorAll("section.list").forEach(function (list) {
    var any = false;
    list.querySelectorAll("tbody tr").forEach(function (row) {
      row.hidden = !row.textContent.toLowerCase().includes(words.value.toLowerCase())
        || (project.value !== "" && row.dataset.project !== project.value);
      any = any || !row.hidden;
    });
    list.hidden = !any || (section.value !== "" && list.dataset.section !== section.value);
    if (!list.hidden) { count += list.querySelectorAll("tbody tr:not([hidden])").length; }
  });
  document.getElementById("shown").textContent = count + " shown";
}
[words, section, project].forEach(function (field) { field.addEventListener("input", show); });
document.querySelector("form").addEventListener("submit", function (event) { event.preventDefault(); });
show();
</script></body></html>
"#;
