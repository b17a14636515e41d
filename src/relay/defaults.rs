//! Which parameters of a step template have a secret default. The provider shows these in `unmanaged_parameters` of every step made of the
//! template (1.17.0: its plan demands them there) and sends them as "keep", so they are not hidden from it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use documents::property::{TEMPLATE_ID, TEMPLATE_VERSION};
use failure::Failure;
use octopus::client::Client;

/// Template id and version → names of its parameters with a secret default. A version of a template never changes.
#[derive(Default)]
pub(super) struct Defaults(Mutex<HashMap<Version, BTreeSet<String>>>);

type Version = (String, String);

impl Defaults {
    /// Asks for the templates that the steps of a process are made of, as far as they aren't known.
    pub(super) async fn learn(&self, client: &Client, prefix: &str, process: &Value) -> Result<(), Failure> {
        for (template, version) in used_by(process) {
            let key = (template, version);
            if self.lock().contains_key(&key) {
                continue;
            }
            // GET {space}/actiontemplates/{id}/versions/{n}; a template that is gone has no defaults.
            let path = format!("{prefix}/actiontemplates/{}/versions/{}", key.0, key.1);
            let template = client.find(&path).await?.unwrap_or_default();
            let secret = |parameter: &&Value| parameter["DefaultValue"]["HasValue"] == true;
            let parameters = template["Parameters"].as_array().into_iter().flatten().filter(secret);
            let names =
                parameters.filter_map(|parameter| Some(parameter["Name"].as_str()?.to_owned())).collect();
            self.lock().insert(key, names);
        }
        Ok(())
    }

    /// The names for an action with these properties; empty for one that is made of no template.
    pub(super) fn of(&self, properties: &Map<String, Value>) -> BTreeSet<String> {
        version(properties).and_then(|key| self.lock().get(&key).cloned()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Version, BTreeSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn version(properties: &Map<String, Value>) -> Option<Version> {
    let text = |name: &str| properties.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Some((text(TEMPLATE_ID)?, text(TEMPLATE_VERSION)?))
}

/// Only actions with a secret property matter.
fn used_by(process: &Value) -> BTreeSet<Version> {
    let steps = process["Steps"].as_array().into_iter().flatten();
    let actions = steps.flat_map(|step| step["Actions"].as_array().into_iter().flatten());
    let properties = actions.filter_map(|action| action["Properties"].as_object());
    properties.filter(|properties| properties.values().any(Value::is_object)).filter_map(version).collect()
}
