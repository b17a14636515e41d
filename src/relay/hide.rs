//! Secrets that the provider can only write as plain text, and would wipe at each update: sensitive properties of steps, sensitive defaults
//! of templates. Terraform never sees them: they are taken out of what it reads and put back, as "keep", into what it writes.
//!
//! Between Terraform's reading and writing nobody else can have changed them: a process with another `Version` is refused by the server.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::octopus::client::Client;
use crate::relay::address::Address;
use crate::relay::log::Change;

/// What was hidden: document id → id of the step, action or template → names of hidden properties (empty name: the default).
#[derive(Default)]
pub(super) struct Hide {
    hidden: Mutex<HashMap<String, Hidden>>,
    /// Template and version → parameters that have a secret default. A templated step that doesn't name such a parameter has, for the
    /// provider, an empty text there ("unmanaged parameter").
    defaults: Mutex<HashMap<(String, String), BTreeSet<String>>>,
}

type Hidden = BTreeMap<String, BTreeSet<String>>;

/// What kind of document it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Process,
    Templates,
}

fn holder(address: &Address) -> Option<Holder> {
    match address.parts().as_slice() {
        ["deploymentprocesses" | "runbookprocesses", ..] => Some(Holder::Process),
        ["projects" | "libraryvariablesets"] | ["projects" | "libraryvariablesets", _] => {
            Some(Holder::Templates)
        }
        _ => None,
    }
}

impl Hide {
    /// Whether answers of this address may hold such secrets.
    #[expect(clippy::unused_self, reason = "as its neighbour's")]
    pub(super) fn looks_at(&self, address: &Address) -> bool {
        holder(address).is_some()
    }

    /// Finds out which parameters of the templates in an answer have secret defaults.
    pub(super) async fn learn(&self, client: &Client, address: &Address, answer: &Value) {
        if holder(address) != Some(Holder::Process) {
            return;
        }
        for template in self.unknown_templates(answer) {
            let path = format!("{}/actiontemplates/{}/versions/{}", address.prefix, template.0, template.1);
            // A template that can't be read has nothing that the provider could read either.
            let found = client.find(&path).await.ok().flatten().unwrap_or(Value::Null);
            let parameters = found["Parameters"].as_array().into_iter().flatten();
            let names = parameters
                .filter(|parameter| parameter["DefaultValue"]["HasValue"] == true)
                .filter_map(|parameter| parameter["Name"].as_str().map(str::to_owned))
                .collect();
            lock(&self.defaults).insert(template, names);
        }
    }

    /// Templates of actions with secrets that nothing is known of yet.
    fn unknown_templates(&self, process: &Value) -> BTreeSet<(String, String)> {
        let known = lock(&self.defaults);
        let steps = process["Steps"].as_array().into_iter().flatten();
        let actions = steps.filter_map(|step| step["Actions"].as_array()).flatten();
        let with_secret = |properties: &&Value| {
            properties.as_object().is_some_and(|properties| properties.values().any(Value::is_object))
        };
        actions
            .map(|action| &action["Properties"])
            .filter(with_secret)
            .filter_map(template_of)
            .filter(|template| !known.contains_key(template))
            .collect()
    }

    /// Takes them out of an answer, one document or a list; whether there were any.
    pub(super) fn hide(&self, address: &Address, answer: &mut Value) -> bool {
        let Some(holder) = holder(address) else { return false };
        match answer.get_mut("Items").and_then(Value::as_array_mut) {
            // Not short-circuiting: every document is looked at.
            Some(items) => {
                items.iter_mut().filter_map(|item| self.hide_in(holder, item).then_some(())).count() > 0
            }
            None => self.hide_in(holder, answer),
        }
    }

    fn hide_in(&self, holder: Holder, document: &mut Value) -> bool {
        let Some(id) = document["Id"].as_str().map(str::to_lowercase) else { return false };
        let mut hidden = Hidden::new();
        each_part(holder, document, |part, id| {
            let mut names = BTreeSet::new();
            match holder {
                Holder::Process => {
                    if let Some(properties) = part.get_mut("Properties").and_then(Value::as_object_mut) {
                        names = properties
                            .iter()
                            .filter(|(_, value)| value.is_object())
                            .map(|(name, _)| name.clone())
                            .collect();
                        let template = template_of(&Value::Object(properties.clone()));
                        let defaults = lock(&self.defaults);
                        let unmanaged = template.and_then(|template| defaults.get(&template));
                        let unmanaged = |name: &String| unmanaged.is_some_and(|names| names.contains(name));
                        properties.retain(|name, _| !names.contains(name) || unmanaged(name));
                        for name in names.iter().filter(|name| unmanaged(name)) {
                            properties.insert(name.clone(), json!(""));
                        }
                    }
                }
                Holder::Templates => {
                    if part.get("DefaultValue").is_some_and(Value::is_object) {
                        part.insert("DefaultValue".to_owned(), json!(""));
                        names.insert(String::new());
                    }
                }
            }
            if !names.is_empty() {
                hidden.insert(id, names);
            }
        });
        let any = !hidden.is_empty();
        self.lock().insert(id, hidden);
        any
    }

    /// Puts them back into what Terraform writes; what it has never read through us is read first.
    pub(super) async fn put_back(
        &self,
        client: &Client,
        method: &Method,
        address: &Address,
        document: &mut Value,
    ) -> Result<Vec<Change>, Failure> {
        let (Some(holder), true, Some(id)) =
            (holder(address), *method == Method::PUT, address.segments.get(1))
        else {
            return Ok(Vec::new());
        };
        if !self.lock().contains_key(id)
            && let Some(mut current) = client.find(&address.path).await?
        {
            self.hide_in(holder, &mut current);
        }
        let hidden = self.lock().get(id).cloned().unwrap_or_default();
        let mut changes = Vec::new();
        each_part(holder, document, |part, id| {
            let name = part.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
            for property in hidden.get(&id).into_iter().flatten() {
                let (fields, key) = match holder {
                    Holder::Process => {
                        (part.get_mut("Properties").and_then(Value::as_object_mut), property.as_str())
                    }
                    Holder::Templates => (Some(&mut *part), "DefaultValue"),
                };
                let Some(fields) = fields else { continue };
                if is_nothing(fields.get(key)) {
                    fields.insert(key.to_owned(), json!({"HasValue": true, "NewValue": null, "Hint": null}));
                    let place = format!("{}/{name}/{key}", address.kind());
                    changes.push(Change { what: "kept the secret that Terraform doesn't know", place });
                }
            }
        });
        Ok(changes)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Hidden>> {
        lock(&self.hidden)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The template that an action is made of, and its version.
fn template_of(properties: &Value) -> Option<(String, String)> {
    let text = |name: &str| properties[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Some((text("Octopus.Action.Template.Id")?, text("Octopus.Action.Template.Version")?))
}

/// Whether Terraform says nothing about a value.
fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Object(fields)) => fields.get("NewValue").is_none_or(Value::is_null),
        Some(_) => false,
    }
}

/// Steps and actions of a process, templates of the others; each with its id. Those without an id are new.
fn each_part(holder: Holder, document: &mut Value, mut with: impl FnMut(&mut Map<String, Value>, String)) {
    let mut visit = |part: &mut Value| {
        if let Some(fields) = part.as_object_mut()
            && let Some(id) =
                fields.get("Id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned)
        {
            with(fields, id);
        }
    };
    let list = if holder == Holder::Process { "Steps" } else { "Templates" };
    for part in document.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
        visit(part);
        for action in part.get_mut("Actions").and_then(Value::as_array_mut).into_iter().flatten() {
            visit(action);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_keeps_its_secret_property() {
        let hide = Hide::default();
        let address = Address::parse("/api/Spaces-1/deploymentprocesses/deploymentprocess-Projects-1");
        let secret = json!({"HasValue": true, "NewValue": null, "Hint": null});
        let mut read = json!({"Id": "deploymentprocess-Projects-1", "Steps": [{"Id": "s", "Properties": {}, "Actions": [
            {"Id": "a", "Name": "Install", "Properties": {"Plain": "1", "Secret": secret}}
        ]}]});
        assert!(hide.hide(&address, &mut read));
        assert_eq!(read["Steps"][0]["Actions"][0]["Properties"], json!({"Plain": "1"}));

        let client = crate::relay::tests::no_server();
        let mut written = read.clone();
        written["Steps"][0]["Actions"][0]["Properties"]["Plain"] = json!("2");
        let changes = hide.put_back(&client, &Method::PUT, &address, &mut written).await.ok().unwrap();
        assert_eq!(written["Steps"][0]["Actions"][0]["Properties"], json!({"Plain": "2", "Secret": secret}));
        assert_eq!(changes[0].place, "deploymentprocesses/Install/Secret");
    }

    #[tokio::test]
    async fn a_template_keeps_its_secret_default_and_a_new_plain_one_wins() {
        let hide = Hide::default();
        let address = Address::parse("/api/Spaces-1/projects/Projects-1");
        let mut read = json!({"Id": "Projects-1", "Templates": [{"Id": "t", "Name": "x", "DefaultValue": {"HasValue": true}}]});
        assert!(hide.hide(&address, &mut read));
        assert_eq!(read["Templates"][0]["DefaultValue"], "");
        let client = crate::relay::tests::no_server();
        hide.put_back(&client, &Method::PUT, &address, &mut read).await.ok().unwrap();
        assert_eq!(read["Templates"][0]["DefaultValue"]["HasValue"], true);
        let mut plain = json!({"Templates": [{"Id": "t", "DefaultValue": "said"}]});
        assert!(hide.put_back(&client, &Method::PUT, &address, &mut plain).await.ok().unwrap().is_empty());
    }
}
