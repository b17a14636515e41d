//! The list as CSV, for a spreadsheet.

use super::Report;

/// A heading and a row for each item (RFC 4180). No cell begins a formula: spreadsheets would run it.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut rows = String::from("section,project,subject,text,place,commands,state\r\n");
    for item in &report.items {
        let commands = item.commands.join("\n");
        let state = format!("{:?}", item.state);
        let project = item.project.as_deref().unwrap_or_default();
        let place = item.place.as_deref().unwrap_or_default();
        let cells = [item.section.title(), project, &item.subject, &item.text, place, &commands, &state];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        rows.push_str(&cells.join(","));
        rows.push_str("\r\n");
    }
    rows
}

fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}
