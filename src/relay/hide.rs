//! Secrets that the provider can only write as plain text, and would wipe at each update: sensitive properties of steps, sensitive defaults
//! of templates. Terraform never sees them: they are taken out of what it reads and put back, as "keep", into what it writes. The same holds
//! for whole steps that the provider can't carry (`foreign`).
//!
//! Between Terraform's reading and writing nobody else can have changed them: a process with another `Version` is refused by the server.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::relay::address::Address;
use crate::relay::defaults::Defaults;
use crate::relay::foreign::Foreign;
use crate::relay::log::Intervention;
use crate::relay::request::Request;
use failure::Failure;
use octopus::client::Client;

/// What was hidden, and what must not be.
#[derive(Default)]
pub(super) struct Hide {
    /// Document id → id of the step, action or template → names of hidden properties (empty name: the default).
    hidden: Mutex<HashMap<String, Hidden>>,
    /// Process id → its steps that Terraform doesn't see at all.
    foreign: Mutex<HashMap<String, Foreign>>,
    defaults: Defaults,
    steps: Mutex<Steps>,
}

/// Which steps the module makes as templated ones. It alone decides whose secrets Terraform knows of: an action says which template it is made of
/// also where the provider writes it as a plain step.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    /// Id at the destination, of a child step that of its action → whether it is a templated one.
    pub ids: HashMap<String, bool>,
    /// The same by name, for those that are not there yet: whether it is one of a runbook, and its name. None: some are, others are not.
    pub names: HashMap<(bool, String), Option<bool>>,
}

impl Steps {
    /// The ids of the actions of a process that are made by plain steps.
    fn plain(&self, process: &Value) -> BTreeSet<String> {
        let mut plain = BTreeSet::new();
        let is_runbook = process["RunbookId"].as_str().is_some_and(|id| !id.is_empty());
        for step in process["Steps"].as_array().into_iter().flatten() {
            for (index, action) in step["Actions"].as_array().into_iter().flatten().enumerate() {
                let own = if index == 0 { step } else { action };
                let text = |field: &str| own[field].as_str().unwrap_or_default().to_owned();
                let known = self.ids.get(&text("Id")).copied();
                let is_templated = known.or_else(|| *self.names.get(&(is_runbook, text("Name")))?);
                if is_templated == Some(false) {
                    plain.extend(action["Id"].as_str().map(str::to_owned));
                }
            }
        }
        plain
    }
}

type Hidden = BTreeMap<String, BTreeSet<String>>;

/// What kind of document it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Process,
    Templates,
}

fn owner(address: &Address) -> Option<Owner> {
    match address.parts().as_slice() {
        ["deploymentprocesses" | "runbookprocesses", ..] => Some(Owner::Process),
        ["projects" | "libraryvariablesets"] | ["projects" | "libraryvariablesets", _] => {
            Some(Owner::Templates)
        }
        _ => None,
    }
}

impl Hide {
    /// Whether answers of this address may hold such secrets.
    #[expect(clippy::unused_self, reason = "as its neighbour's")]
    pub(super) fn looks_at(&self, address: &Address) -> bool {
        owner(address).is_some()
    }

    /// Takes them out of an answer, one document or a list; whether there were any.
    pub(super) async fn hide(
        &self,
        client: &Client,
        address: &Address,
        answer: &mut Value,
    ) -> Result<bool, Failure> {
        let Some(owner) = owner(address) else { return Ok(false) };
        let documents = match answer.get_mut("Items").and_then(Value::as_array_mut) {
            Some(items) => items.iter_mut().collect(),
            None => vec![answer],
        };
        let mut any = false;
        for document in documents {
            any |= self.hide_in(client, owner, address, document).await?;
        }
        Ok(any)
    }

    async fn hide_in(
        &self,
        client: &Client,
        owner: Owner,
        address: &Address,
        document: &mut Value,
    ) -> Result<bool, Failure> {
        let mut any = false;
        if owner == Owner::Process {
            self.defaults.learn(client, &address.prefix, document).await?;
            if let Some(id) = document["Id"].as_str().map(str::to_lowercase) {
                let foreign = Foreign::take_out(document);
                any = !foreign.is_empty();
                self.foreign().insert(id, foreign);
            }
        }
        Ok(self.take_out(owner, document) || any)
    }

    fn take_out(&self, owner: Owner, document: &mut Value) -> bool {
        let Some(id) = document["Id"].as_str().map(str::to_lowercase) else { return false };
        let mut hidden = Hidden::new();
        let plain = match owner {
            Owner::Process => self.steps().plain(document),
            Owner::Templates => BTreeSet::new(),
        };
        each_part(owner, document, |part, id| {
            let mut names = BTreeSet::new();
            match owner {
                Owner::Process => {
                    if let Some(properties) = part.get_mut("Properties").and_then(Value::as_object_mut) {
                        let shown =
                            if plain.contains(&id) { BTreeSet::new() } else { self.defaults.of(properties) };
                        names = properties
                            .iter()
                            .filter(|(name, value)| value.is_object() && !shown.contains(*name))
                            .map(|(name, _)| name.clone())
                            .collect();
                        properties.retain(|name, _| !names.contains(name));
                    }
                }
                Owner::Templates => {
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
        request: &Request,
        document: &mut Value,
    ) -> Result<Vec<Intervention>, Failure> {
        let address = &request.address;
        let (Some(owner), true, Some(id)) =
            (owner(address), request.is(&Method::PUT), address.segments.get(1))
        else {
            return Ok(Vec::new());
        };
        if !self.lock().contains_key(id)
            && let Some(mut current) = client.find(&address.path).await?
        {
            self.hide_in(client, owner, address, &mut current).await?;
        }
        let hidden = self.lock().get(id).cloned().unwrap_or_default();
        let mut changes = Vec::new();
        each_part(owner, document, |part, id| {
            let name = part.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
            for property in hidden.get(&id).into_iter().flatten() {
                let (fields, key) = match owner {
                    Owner::Process => {
                        (part.get_mut("Properties").and_then(Value::as_object_mut), property.as_str())
                    }
                    Owner::Templates => (Some(&mut *part), "DefaultValue"),
                };
                let Some(fields) = fields else { continue };
                if is_nothing(fields.get(key)) {
                    fields.insert(key.to_owned(), json!({"HasValue": true, "NewValue": null, "Hint": null}));
                    let place = format!("{}/{name}/{key}", address.kind());
                    changes.push(Intervention { what: "kept the secret that Terraform doesn't know", place });
                }
            }
        });
        let foreign = self.foreign().get(id).cloned().unwrap_or_default();
        for name in foreign.put_back(document) {
            let place = format!("{}/{name}", address.kind());
            changes.push(Intervention { what: "kept the step that the provider can't carry", place });
        }
        Ok(changes)
    }

    /// Says which steps the module that comes next has.
    pub(super) fn expect(&self, steps: Steps) {
        *self.steps() = steps;
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn foreign(&self) -> MutexGuard<'_, HashMap<String, Foreign>> {
        self.foreign.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Hidden>> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
fn each_part(owner: Owner, document: &mut Value, mut with: impl FnMut(&mut Map<String, Value>, String)) {
    let mut visit = |part: &mut Value| {
        if let Some(fields) = part.as_object_mut()
            && let Some(id) =
                fields.get("Id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned)
        {
            with(fields, id);
        }
    };
    let list = if owner == Owner::Process { "Steps" } else { "Templates" };
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
        let path = "/api/Spaces-1/deploymentprocesses/deploymentprocess-Projects-1";
        let update = Request::new(Method::PUT, path);
        let secret = json!({"HasValue": true, "NewValue": null, "Hint": null});
        let mut read = json!({"Id": "deploymentprocess-Projects-1", "Steps": [{"Id": "s", "Properties": {}, "Actions": [
            {"Id": "a", "Name": "Install", "Properties": {"Plain": "1", "Secret": secret}}
        ]}]});
        let client = crate::relay::tests::no_server();
        assert!(hide.hide(&client, &update.address, &mut read).await.ok().unwrap());
        assert_eq!(read["Steps"][0]["Actions"][0]["Properties"], json!({"Plain": "1"}));

        let mut written = read.clone();
        written["Steps"][0]["Actions"][0]["Properties"]["Plain"] = json!("2");
        let changes = hide.put_back(&client, &update, &mut written).await.ok().unwrap();
        assert_eq!(written["Steps"][0]["Actions"][0]["Properties"], json!({"Plain": "2", "Secret": secret}));
        assert_eq!(changes[0].place, "deploymentprocesses/Install/Secret");
    }

    #[test]
    fn the_module_decides_which_step_is_a_templated_one() {
        let steps = Steps {
            ids: HashMap::from([("s1".to_owned(), false), ("a3".to_owned(), true)]),
            names: HashMap::from([
                ((false, "Other".to_owned()), Some(false)),
                ((false, "Child".to_owned()), Some(false)),
                ((true, "Other".to_owned()), Some(true)),
            ]),
        };
        let process = |runbook: &str| {
            json!({"RunbookId": runbook, "Steps": [
                {"Id": "s1", "Name": "Tell", "Actions": [{"Id": "a1", "Name": "Tell"}, {"Id": "a3", "Name": "Child"}]},
                {"Id": "s2", "Name": "Other", "Actions": [{"Id": "a2", "Name": "Called otherwise"}]},
            ]})
        };
        assert_eq!(steps.plain(&process("")), BTreeSet::from(["a1".to_owned(), "a2".to_owned()]));
        assert_eq!(steps.plain(&process("Runbooks-1")), BTreeSet::from(["a1".to_owned()]));
    }

    #[tokio::test]
    async fn a_template_keeps_its_secret_default_and_a_new_plain_one_wins() {
        let hide = Hide::default();
        let update = Request::new(Method::PUT, "/api/Spaces-1/projects/Projects-1");
        let mut read = json!({"Id": "Projects-1", "Templates": [{"Id": "t", "Name": "x", "DefaultValue": {"HasValue": true}}]});
        let client = crate::relay::tests::no_server();
        assert!(hide.hide(&client, &update.address, &mut read).await.ok().unwrap());
        assert_eq!(read["Templates"][0]["DefaultValue"], "");
        hide.put_back(&client, &update, &mut read).await.ok().unwrap();
        assert_eq!(read["Templates"][0]["DefaultValue"]["HasValue"], true);
        let mut plain = json!({"Templates": [{"Id": "t", "DefaultValue": "said"}]});
        assert!(hide.put_back(&client, &update, &mut plain).await.ok().unwrap().is_empty());
    }
}
