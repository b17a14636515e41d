//! What Terraform says while it works (`-json`: one JSON object per line), as lines for a person and as diagnostics.

use serde_json::Value;

use secret::mask::Masker;

/// An error or a warning of Terraform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// `error` or `warning`.
    pub severity: String,
    pub summary: String,
    pub detail: String,
    /// Address of the resource, where there is one.
    pub address: String,
    /// `file.tf:12`, where there is one.
    pub place: String,
}

impl Diagnostic {
    /// An error with nothing but a text.
    #[must_use]
    pub fn error(text: &str) -> Self {
        Self {
            severity: "error".to_owned(),
            summary: text.to_owned(),
            detail: String::new(),
            address: String::new(),
            place: String::new(),
        }
    }

    fn parse(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let place = match (value["range"]["filename"].as_str(), value["range"]["start"]["line"].as_u64()) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            _ => String::new(),
        };
        Self {
            severity: text("severity"),
            summary: text("summary"),
            detail: text("detail"),
            address: text("address"),
            place,
        }
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == "error"
    }

    /// Masks secrets in all its parts.
    pub fn mask(&mut self, masker: &Masker) {
        for text in [&mut self.summary, &mut self.detail, &mut self.address] {
            *text = masker.mask(text);
        }
    }

    /// As one text: where, what, why.
    #[must_use]
    pub fn text(&self) -> String {
        let place: Vec<&str> = [self.address.as_str(), self.place.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let mut text = match place.as_slice() {
            [] => self.summary.clone(),
            place => format!("{}: {}", place.join(", "), self.summary),
        };
        for line in self.detail.trim().lines() {
            text.push_str("\n    ");
            text.push_str(line);
        }
        text
    }
}

/// Reads the lines as they come and turns them into few, readable ones.
#[derive(Debug, Default)]
pub struct Progress {
    talks: bool,
    total: usize,
    done: usize,
    pub diagnostics: Vec<Diagnostic>,
}

impl Progress {
    /// Collects diagnostics, says nothing.
    #[must_use]
    pub fn quiet() -> Self {
        Self::default()
    }

    /// One line for each resource of this many that is done.
    #[must_use]
    pub fn of_apply(total: usize) -> Self {
        Self { talks: true, total, ..Self::default() }
    }

    /// Takes a line; `Some`: what to tell a person.
    pub fn line(&mut self, line: &str) -> Option<String> {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            return (self.talks && !line.trim().is_empty()).then(|| line.to_owned());
        };
        let hook = &message["hook"];
        let address = hook["resource"]["addr"].as_str().unwrap_or_default();
        let action = hook["action"].as_str().unwrap_or_default();
        let seconds = hook["elapsed_seconds"].as_f64().unwrap_or_default();
        match message["type"].as_str()? {
            "diagnostic" => {
                self.diagnostics.push(Diagnostic::parse(&message["diagnostic"]));
                None
            }
            _ if !self.talks => None,
            "apply_complete" if action != "read" && action != "noop" => {
                self.done += 1;
                let past = match action {
                    "create" => "made",
                    "update" => "changed",
                    "delete" => "destroyed",
                    other => other,
                };
                let id = hook["id_value"].as_str().map(|id| format!(" ({id})")).unwrap_or_default();
                Some(format!("  [{}/{}] {past} {address}{id}", self.done, self.total))
            }
            "apply_errored" if action != "read" => Some(format!("  failed: {address}")),
            // Terraform says it every ten seconds for each resource; twice a minute is enough.
            "apply_progress" if (seconds as u64).is_multiple_of(30) && seconds > 0.0 => {
                Some(format!("  still at {address} after {seconds} s"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apply_is_one_line_per_resource() {
        let mut progress = Progress::of_apply(2);
        let lines = [
            r#"{"type":"version","terraform":"1.11.4"}"#,
            r#"{"type":"apply_start","hook":{"resource":{"addr":"a.b"},"action":"create"}}"#,
            r#"{"type":"apply_complete","hook":{"resource":{"addr":"data.x.y"},"action":"read"}}"#,
            r#"{"type":"apply_progress","hook":{"resource":{"addr":"a.b"},"action":"create","elapsed_seconds":10}}"#,
            r#"{"type":"apply_complete","hook":{"resource":{"addr":"a.b"},"action":"create","id_key":"id","id_value":"X-1","elapsed_seconds":11}}"#,
            r#"{"type":"apply_errored","hook":{"resource":{"addr":"a.c"},"action":"create"}}"#,
            r#"{"type":"diagnostic","diagnostic":{"severity":"error","summary":"no","detail":"because\nso","address":"a.c","range":{"filename":"x.tf","start":{"line":3}}}}"#,
        ];
        let said: Vec<String> = lines.iter().filter_map(|line| progress.line(line)).collect();
        assert_eq!(said, ["  [1/2] made a.b (X-1)", "  failed: a.c"]);
        assert_eq!(progress.diagnostics[0].text(), "a.c, x.tf:3: no\n    because\n    so");
    }
}
