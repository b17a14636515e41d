//! Steps and actions that the provider can't carry: those of the new step framework, with their settings in `Inputs`. Its client forgets these
//! with every update of the process, so Terraform never sees such steps: they are taken out of what it reads and put back into what it writes.

use serde_json::{Value, json};

/// What was taken out of a process.
#[derive(Debug, Default, Clone)]
pub(super) struct Foreign {
    steps: Vec<Part>,
    /// With the id of the step that each is in.
    actions: Vec<(String, Part)>,
}

#[derive(Debug, Clone)]
struct Part {
    /// Id of the one before it; empty at the beginning.
    before: String,
    document: Value,
}

impl Foreign {
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.actions.is_empty()
    }

    /// Takes them out of a process.
    pub(super) fn take_out(process: &mut Value) -> Self {
        let mut foreign = Self::default();
        let Some(steps) = process["Steps"].as_array_mut() else { return foreign };
        foreign.steps =
            taken(steps, |step| has_inputs(step) || step["Actions"].get(0).is_some_and(has_inputs));
        for step in steps {
            let id = id(step);
            if let Some(actions) = step["Actions"].as_array_mut() {
                foreign.actions.extend(taken(actions, has_inputs).into_iter().map(|part| (id.clone(), part)));
            }
        }
        foreign
    }

    /// Puts them back; the names of those that came back. Actions go with a step that Terraform takes away.
    pub(super) fn put_back(&self, process: &mut Value) -> Vec<String> {
        let mut names = Vec::new();
        for (step, part) in &self.actions {
            let steps = process["Steps"].as_array_mut().into_iter().flatten();
            if let Some(actions) =
                steps.filter(|other| id(other) == *step).find_map(|step| step["Actions"].as_array_mut())
            {
                names.extend(insert(actions, part));
            }
        }
        if !self.steps.is_empty() && process["Steps"].is_null() {
            process["Steps"] = json!([]);
        }
        if let Some(steps) = process["Steps"].as_array_mut() {
            names.extend(self.steps.iter().filter_map(|part| insert(steps, part)));
        }
        names
    }
}

fn taken(items: &mut Vec<Value>, is_foreign: impl Fn(&Value) -> bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut before = String::new();
    items.retain(|item| {
        let foreign = is_foreign(item);
        if foreign {
            parts.push(Part { before: before.clone(), document: item.clone() });
        }
        before = id(item);
        !foreign
    });
    parts
}

fn insert(items: &mut Vec<Value>, part: &Part) -> Option<String> {
    let known = id(&part.document);
    if items.iter().any(|item| id(item) == known) {
        return None;
    }
    let place = match items.iter().position(|item| id(item) == part.before) {
        Some(before) => before + 1,
        None if part.before.is_empty() => 0,
        // Terraform took the one before it away.
        None => items.len(),
    };
    items.insert(place, part.document.clone());
    Some(part.document["Name"].as_str().unwrap_or_default().to_owned())
}

fn has_inputs(part: &Value) -> bool {
    ["Inputs", "Items"].iter().any(|field| match &part[*field] {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    })
}

fn id(item: &Value) -> String {
    item["Id"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_back_where_they_were() {
        let step = |id: &str| json!({"Id": id, "Name": id, "Actions": [{"Id": format!("{id}1")}]});
        let mut framework = step("s");
        framework["Actions"][0]["Inputs"] = json!({"a": 1});
        let mut mixed = step("m");
        mixed["Actions"].as_array_mut().unwrap().push(json!({"Id": "m2", "Inputs": {"a": 1}}));
        let before = json!({"Steps": [step("a"), framework, mixed, step("b")]});
        let mut process = before.clone();
        let foreign = Foreign::take_out(&mut process);
        assert!(!foreign.is_empty() && !process.to_string().contains("Inputs"));
        assert_eq!(process["Steps"].as_array().unwrap().len(), 3);
        assert_eq!(foreign.put_back(&mut process).len(), 2);
        assert_eq!(process, before);
        assert!(foreign.put_back(&mut process).is_empty());
    }
}
