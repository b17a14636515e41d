//! The log of a task: a tree of activities, each with its lines.

use serde_json::{Value, json};

use crate::store::now;
use crate::worker::mask::Masker;

/// Position of an activity in the tree: indexes of children from the root on.
pub(crate) type Path = [usize];

pub(crate) struct Log {
    root: Activity,
    next_number: u64,
    size: usize,
    /// Sensitive values that lines must not show.
    pub(crate) masker: Masker,
}

struct Activity {
    id: String,
    name: String,
    status: &'static str,
    started: Option<String>,
    ended: Option<String>,
    progress: (u64, String),
    elements: Vec<Element>,
    children: Vec<Activity>,
}

struct Element {
    category: String,
    text: String,
    at: String,
    number: u64,
}

impl Activity {
    fn new(id: String, name: &str) -> Self {
        Activity {
            id,
            name: name.to_owned(),
            status: "Pending",
            started: None,
            ended: None,
            progress: (0, String::new()),
            elements: Vec::new(),
            children: Vec::new(),
        }
    }

    fn any(&self, wanted: &dyn Fn(&Activity) -> bool) -> bool {
        wanted(self) || self.children.iter().any(|child| child.any(wanted))
    }

    fn json(&self, verbose: bool, tail: Option<usize>) -> Value {
        let shown: Vec<&Element> = self
            .elements
            .iter()
            .filter(|element| verbose || !matches!(element.category.as_str(), "Verbose" | "Trace"))
            .collect();
        let skipped = tail.map_or(0, |tail| shown.len().saturating_sub(tail));
        let elements: Vec<Value> = shown[skipped..]
            .iter()
            .map(|element| {
                json!({"Category": element.category, "MessageText": element.text, "Detail": null,
                       "OccurredAt": element.at, "Number": element.number})
            })
            .collect();
        let children: Vec<Value> = self.children.iter().map(|child| child.json(verbose, tail)).collect();
        json!({
            "Id": self.id, "Name": self.name, "Status": self.status, "Started": self.started, "Ended": self.ended,
            "ProgressPercentage": self.progress.0, "ProgressMessage": self.progress.1, "ShowAtSummaryLevel": false,
            "LogElements": elements, "Children": children,
        })
    }

    fn raw(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        out.push_str(&format!("\n{:20}| {indent}== {}: {} ==\n", "", self.status, self.name));
        for element in &self.elements {
            let time = element.at.get(11..19).unwrap_or_default();
            out.push_str(&format!("{time}   {:8} | {indent}  {}\n", element.category, element.text));
        }
        for child in &self.children {
            child.raw(depth + 1, out);
        }
    }
}

impl Log {
    pub(crate) fn new(task: &str, name: &str) -> Self {
        Log { root: Activity::new(task.to_owned(), name), next_number: 0, size: 0, masker: Masker::default() }
    }

    fn activity(&mut self, path: &Path) -> &mut Activity {
        path.iter().fold(&mut self.root, |activity, index| &mut activity.children[*index])
    }

    /// The id that artifacts and interruptions refer to.
    pub(crate) fn id(&mut self, path: &Path) -> String {
        self.activity(path).id.clone()
    }

    /// Opens the root.
    pub(crate) fn start(&mut self) {
        self.root.status = "Running";
        self.root.started = Some(now());
    }

    /// Opens a new child and returns its path.
    pub(crate) fn open(&mut self, parent: &Path, name: &str) -> Vec<usize> {
        let name = self.masker.mask(name);
        let activity = self.activity(parent);
        let index = activity.children.len();
        let mut child = Activity::new(format!("{}/{}", activity.id, index + 1), &name);
        child.status = "Running";
        child.started = Some(now());
        activity.children.push(child);
        [parent, &[index]].concat()
    }

    pub(crate) fn close(&mut self, path: &Path, status: &str) {
        let status = match status {
            "Success" => "Success",
            "SuccessWithWarning" => "SuccessWithWarning",
            "Skipped" => "Skipped",
            "Canceled" => "Canceled",
            _ => "Failed",
        };
        let activity = self.activity(path);
        activity.status = status;
        activity.ended = Some(now());
    }

    /// Adds a line, masked.
    pub(crate) fn write(&mut self, path: &Path, category: &str, text: &str) {
        let text = self.masker.mask(text);
        self.next_number += 1;
        self.size += text.len();
        let element = Element { category: category.to_owned(), text, at: now(), number: self.next_number };
        self.activity(path).elements.push(element);
    }

    pub(crate) fn progress(&mut self, path: &Path, percentage: u64, message: &str) {
        let message = self.masker.mask(message);
        self.activity(path).progress = (percentage.min(100), message);
    }

    /// Whether an activity, or one below it, has warned or failed.
    pub(crate) fn warned(&mut self, path: &Path) -> bool {
        self.activity(path).any(&has_trouble)
    }

    pub(crate) fn has_warnings_or_errors(&self) -> bool {
        self.root.any(&has_trouble)
    }

    /// `ActivityLogs` of the details; `tail` = at most so many lines of each activity.
    pub(crate) fn json(&self, verbose: bool, tail: Option<usize>) -> Value {
        json!([self.root.json(verbose, tail)])
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The whole log as text, below some words about the task.
    pub(crate) fn raw(&self, task: &Value) -> String {
        let mut out = String::new();
        for (label, field) in [
            ("Task ID", "Id"),
            ("Task status", "State"),
            ("Task queued", "QueueTime"),
            ("Task started", "StartTime"),
            ("Task duration", "Duration"),
        ] {
            out.push_str(&format!(
                "{:15} {}\n",
                format!("{label}:"),
                task[field].as_str().unwrap_or_default()
            ));
        }
        self.root.raw(0, &mut out);
        out
    }
}

fn has_trouble(activity: &Activity) -> bool {
    activity.elements.iter().any(|element| matches!(element.category.as_str(), "Warning" | "Error" | "Fatal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_masked_and_cut_by_tail() {
        let mut log = Log::new("ServerTasks-1", "Run it");
        log.masker.add("hunter22");
        log.start();
        let step = log.open(&[], "Step 1: Go");
        for line in ["one", "two hunter22", "three"] {
            log.write(&step, "Info", line);
        }
        log.write(&step, "Verbose", "quiet");
        let all = log.json(true, None);
        let lines = all[0]["Children"][0]["LogElements"].as_array().unwrap();
        assert_eq!(
            lines.iter().map(|line| line["Number"].as_u64().unwrap()).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
        let cut = log.json(false, Some(2));
        let texts: Vec<_> = cut[0]["Children"][0]["LogElements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["MessageText"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(texts, ["two ********", "three"]);
        log.write(&step, "Warning", "mind");
        assert!(log.has_warnings_or_errors());
    }
}
