//! Prompts of variables: what a person takes away from one at the destination. The provider (1.17.0, `resource_variable.go`,
//! `schemas/variable_prompt_options.go`) crashes where its state has a prompt and the server's variable has none, or a choice without options. It is
//! shown one that no module writes, so that the plan sets the module's again; in what the client sends back with the whole set it is taken away. And the
//! client (2.111.0, `resources/display_settings.go`) forgets of a prompt's control what it does not know: it is put back as it was.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::relay::address::Address;
use crate::relay::log::Intervention;
use crate::relay::request::Request;

/// The label of a prompt that is not there.
const GONE: &str = "(octoferry: the destination has no prompt here)";

const CONTROL: &str = "Octopus.ControlType";
const OPTIONS: &str = "Octopus.SelectOptions";

#[derive(Default)]
pub(super) struct Prompts {
    /// Ids of the variables that have a prompt in Terraform's state.
    known: Mutex<BTreeSet<String>>,
    /// Id of a variable → how its prompt is shown at the destination, where the client would send something else.
    controls: Mutex<HashMap<String, Value>>,
}

impl Prompts {
    pub(super) fn looks_at(address: &Address) -> bool {
        matches!(address.parts().as_slice(), ["variables", _])
    }

    /// What the state of the module has that comes next.
    pub(super) fn expect(&self, known: BTreeSet<String>) {
        *lock(&self.known) = known;
    }

    /// Shows a variable set so that it can be read; what was changed.
    pub(super) fn show(&self, address: &Address, set: &mut Value) -> Vec<Intervention> {
        let mut changes = Vec::new();
        if !Self::looks_at(address) {
            return changes;
        }
        let known = lock(&self.known);
        let mut controls = lock(&self.controls);
        for variable in set["Variables"].as_array_mut().into_iter().flatten() {
            let Some(id) = variable["Id"].as_str().map(str::to_owned) else { continue };
            let place = format!("variables/{}", variable["Name"].as_str().unwrap_or_default());
            if variable["Prompt"].is_null() && known.contains(&id) {
                variable["Prompt"] = json!({"Label": GONE, "Description": "", "Required": false});
                let what = "shown with a prompt, without which the provider crashes";
                changes.push(Intervention { what, place });
                continue;
            }
            let Some(control) =
                variable["Prompt"].get_mut("DisplaySettings").filter(|value| value.is_object())
            else {
                continue;
            };
            let shown = as_known(control);
            if shown == *control {
                continue;
            }
            controls.insert(id, control.clone());
            if control[CONTROL] == "Select" && shown[CONTROL] == "" {
                *control = shown;
                let what = "shown without the choice that has no options, on which the provider crashes";
                changes.push(Intervention { what, place });
            }
        }
        changes
    }

    /// Takes away what only Terraform was shown, and puts back what the client has forgotten; what was changed.
    pub(super) fn put_back(&self, request: &Request, set: &mut Value) -> Vec<Intervention> {
        let mut changes = Vec::new();
        if !request.is(&Method::PUT) || !Self::looks_at(&request.address) {
            return changes;
        }
        let controls = lock(&self.controls);
        for variable in set["Variables"].as_array_mut().into_iter().flatten() {
            let place = format!("variables/{}", variable["Name"].as_str().unwrap_or_default());
            if variable["Prompt"]["Label"] == GONE {
                if let Some(fields) = variable.as_object_mut() {
                    fields.shift_remove("Prompt");
                }
                let what = "written without the prompt that only Terraform was shown";
                changes.push(Intervention { what, place });
                continue;
            }
            let Some(there) = variable["Id"].as_str().and_then(|id| controls.get(id)) else { continue };
            let Some(control) = variable["Prompt"].get_mut("DisplaySettings") else { continue };
            if *control == as_known(there) && control != there {
                *control = there.clone();
                let what = "kept what the provider's client forgets of a prompt's control";
                changes.push(Intervention { what, place });
            }
        }
        changes
    }
}

/// A prompt's control as the client sends it back; a choice without options becomes one that no module writes.
fn as_known(control: &Value) -> Value {
    let mut known = Map::new();
    let kind = control[CONTROL].as_str().unwrap_or_default();
    let lines = control[OPTIONS].as_str().unwrap_or_default().split('\n');
    let options: Vec<&str> = lines.filter(|line| line.contains('|')).collect();
    let kind = if kind == "Select" && options.is_empty() { "" } else { kind };
    known.insert(CONTROL.to_owned(), json!(kind));
    if !options.is_empty() {
        known.insert(OPTIONS.to_owned(), json!(options.join("\n")));
    }
    Value::Object(known)
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &str = "/api/Spaces-1/variables/variableset-Projects-1";

    fn variable(prompt: &Value) -> Value {
        json!({"Id": "a", "Name": "Asked", "Value": "x", "Prompt": prompt})
    }

    fn set(prompt: &Value) -> Value {
        json!({"Variables": [variable(prompt), {"Id": "b", "Name": "Never asked", "Prompt": null}]})
    }

    #[test]
    fn a_prompt_that_is_gone_is_shown_and_never_written() {
        let prompts = Prompts::default();
        let update = Request::new(Method::PUT, SET);
        let mut shown = set(&Value::Null);
        // Terraform's state has none either.
        assert!(prompts.show(&update.address, &mut shown).is_empty());
        prompts.expect(BTreeSet::from(["a".to_owned()]));
        assert_eq!(prompts.show(&update.address, &mut shown).len(), 1);
        assert_eq!(shown["Variables"][0]["Prompt"]["Label"], GONE);
        assert!(shown["Variables"][1]["Prompt"].is_null());
        assert_eq!(prompts.put_back(&update, &mut shown).len(), 1);
        assert!(shown["Variables"][0].get("Prompt").is_none());
        let asked = json!({"Label": "How many?"});
        let mut written = set(&asked);
        assert!(prompts.put_back(&update, &mut written).is_empty());
        assert_eq!(written, set(&asked));
    }

    #[test]
    fn what_the_client_forgets_of_a_control_stays() {
        let update = Request::new(Method::PUT, SET);
        for (there, shown, sent) in [
            (json!({CONTROL: "Select"}), json!({CONTROL: ""}), json!({CONTROL: ""})),
            (json!({CONTROL: "Select", OPTIONS: "a\nb"}), json!({CONTROL: ""}), json!({CONTROL: ""})),
            (
                json!({CONTROL: "Select", OPTIONS: "a|A\nb"}),
                json!({CONTROL: "Select", OPTIONS: "a|A\nb"}),
                json!({CONTROL: "Select", OPTIONS: "a|A"}),
            ),
            (json!({}), json!({}), json!({CONTROL: ""})),
            (
                json!({CONTROL: "Of tomorrow", "Size": 3}),
                json!({CONTROL: "Of tomorrow", "Size": 3}),
                json!({CONTROL: "Of tomorrow"}),
            ),
        ] {
            let prompts = Prompts::default();
            let with = |control: &Value| set(&json!({"Label": "l", "DisplaySettings": control}));
            let mut document = with(&there);
            prompts.show(&update.address, &mut document);
            assert_eq!(document, with(&shown), "{there}");
            let mut written = with(&sent);
            assert_eq!(prompts.put_back(&update, &mut written).len(), 1, "{there}");
            assert_eq!(written, with(&there));
            let mut other = with(&json!({CONTROL: "Checkbox"}));
            assert!(prompts.put_back(&update, &mut other).is_empty());
        }
    }
}
