//! What a state holds: which resources are there, by address and id. Values, which may be secrets, are never kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::moves;
use failure::{Failure, FailureKind};
use module::identities::Identities;

/// The managed resources of a state: address without its index → ids of its instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub resources: BTreeMap<String, Vec<String>>,
    /// Addresses of steps → how they are imported: the ids of their process, of the parent of a child step, and their own.
    pub steps: BTreeMap<String, String>,
    /// Ids of lifecycles → which policies each of their phases has.
    pub phases: BTreeMap<String, Vec<Policies>>,
    /// Ids of the variables that have a prompt.
    pub prompted: BTreeSet<String>,
    /// Addresses of tenants' values → the id of the tenant.
    pub of_tenants: BTreeMap<String, String>,
    /// What they are at the source, as the last apply has kept it.
    pub identities: Identities,
}

const VALUES_OF_TENANTS: [&str; 2] =
    ["octopusdeploy_tenant_common_variable", "octopusdeploy_tenant_project_variable"];

/// Whether a phase of a lifecycle has a policy of its own for releases, and for files on Tentacles.
pub type Policies = [bool; 2];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    module: Option<String>,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    attributes: Option<Attributes>,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(default)]
    id: Option<serde_json::Value>,
    #[serde(default)]
    process_id: Option<serde_json::Value>,
    #[serde(default)]
    parent_id: Option<serde_json::Value>,
    #[serde(default)]
    tenant_id: Option<serde_json::Value>,
    #[serde(default)]
    phase: Option<Vec<Phase>>,
    #[serde(default)]
    prompt: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
struct Phase {
    #[serde(default)]
    release_retention_with_strategy: Option<Vec<serde::de::IgnoredAny>>,
    #[serde(default)]
    tentacle_retention_with_strategy: Option<Vec<serde::de::IgnoredAny>>,
}

impl Phase {
    fn policies(&self) -> Policies {
        let policies = [&self.release_retention_with_strategy, &self.tentacle_retention_with_strategy];
        policies.map(|policy| policy.as_ref().is_some_and(|blocks| !blocks.is_empty()))
    }
}

/// Whether Terraform gave no state at all: nothing is kept.
#[must_use]
pub fn is_blank(state: &[u8]) -> bool {
    state.iter().all(u8::is_ascii_whitespace)
}

impl State {
    /// Reads `terraform state pull`; nothing at all is an empty state.
    ///
    /// # Errors
    /// When it is no state.
    pub fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        if is_blank(bytes) {
            return Ok(Self::default());
        }
        let file: File = serde_json::from_slice(bytes).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::new(FailureKind::Terraform, format!("the state is not as Terraform writes it ({place})"))
        })?;
        let mut resources: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut steps, mut phases) = (BTreeMap::new(), BTreeMap::new());
        let (mut prompted, mut of_tenants) = (BTreeSet::new(), BTreeMap::new());
        for resource in file.resources.into_iter().filter(|resource| resource.mode == "managed") {
            let prefix = resource.module.map(|module| format!("{module}.")).unwrap_or_default();
            let address = format!("{prefix}{}.{}", resource.kind, resource.name);
            let ids = resources.entry(address.clone()).or_default();
            for instance in resource.instances {
                let attributes = instance.attributes.unwrap_or_default();
                if resource.kind.ends_with("_step") && attributes.process_id.is_some() {
                    let parts = [&attributes.process_id, &attributes.parent_id, &attributes.id];
                    let parts: Vec<&str> =
                        parts.into_iter().flatten().filter_map(|part| part.as_str()).collect();
                    steps.insert(address.clone(), parts.join(":"));
                }
                let id = attributes.id;
                let id = id.as_ref().and_then(|id| id.as_str()).unwrap_or_default().to_owned();
                if let Some(all) = attributes.phase.filter(|_| resource.kind == "octopusdeploy_lifecycle") {
                    phases.insert(id.clone(), all.iter().map(Phase::policies).collect());
                }
                let tenant = attributes.tenant_id.as_ref().and_then(|id| id.as_str());
                if let Some(tenant) = tenant.filter(|_| VALUES_OF_TENANTS.contains(&resource.kind.as_str())) {
                    of_tenants.insert(address.clone(), tenant.to_owned());
                }
                let prompt = attributes.prompt.as_ref().and_then(|blocks| blocks.as_array());
                if resource.kind == "octopusdeploy_variable" && prompt.is_some_and(|all| !all.is_empty()) {
                    prompted.insert(id.clone());
                }
                ids.push(id);
            }
        }
        let identities =
            serde_json::from_slice(bytes).map(|state| moves::identities_of(&state)).unwrap_or_default();
        Ok(Self { resources, steps, phases, prompted, of_tenants, identities })
    }

    /// Whether something of this address is there; an index is ignored.
    #[must_use]
    pub fn has(&self, address: &str) -> bool {
        self.resources.get(without_index(address)).is_some_and(|instances| !instances.is_empty())
    }

    /// Whether something with this id is there, under whatever address.
    #[must_use]
    pub fn has_id(&self, id: &str) -> bool {
        self.resources.values().flatten().any(|known| known == id)
    }

    /// What this state has and the other has not: address and id.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Vec<(String, String)> {
        let mut more = Vec::new();
        for (address, ids) in &self.resources {
            let known = other.resources.get(address);
            let new = ids.iter().filter(|id| !known.is_some_and(|known| known.contains(id)));
            more.extend(new.map(|id| (address.clone(), id.clone())));
        }
        more
    }
}

/// `type.name[0]` → `type.name`.
fn without_index(address: &str) -> &str {
    address.split_once('[').map_or(address, |(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_ids_are_read() {
        let text = br#"{"version": 4, "resources": [
            {"mode": "data", "type": "octopusdeploy_feeds", "name": "x", "instances": [{"attributes": {"id": "1"}}]},
            {"mode": "managed", "type": "octopusdeploy_process_child_step", "name": "warm_up", "instances": [{"attributes": {"id": "a", "process_id": "p", "parent_id": "s"}}]},
            {"mode": "managed", "type": "octopusdeploy_lifecycle", "name": "long", "instances": [{"attributes": {"id": "Lifecycles-1", "phase": [
                {"name": "a", "release_retention_with_strategy": [{"strategy": "Count"}], "tentacle_retention_with_strategy": null},
                {"name": "b", "release_retention_with_strategy": [], "tentacle_retention_with_strategy": null}]}}]},
            {"mode": "managed", "type": "octopusdeploy_variable", "name": "asked", "instances": [{"attributes": {"id": "v", "prompt": [{"label": "l"}]}}]},
            {"mode": "managed", "type": "octopusdeploy_variable", "name": "plain", "instances": [{"attributes": {"id": "w", "prompt": []}}]},
            {"mode": "managed", "type": "octopusdeploy_environment", "name": "test", "instances": [{"attributes": {"id": "Environments-1", "name": "s3cret"}}]}
        ]}"#;
        let state = State::parse(text).ok().unwrap();
        assert!(state.has("octopusdeploy_environment.test"));
        assert_eq!(state.steps["octopusdeploy_process_child_step.warm_up"], "p:s:a");
        assert_eq!(state.phases["Lifecycles-1"], [[true, false], [false, false]]);
        assert_eq!(state.prompted, BTreeSet::from(["v".to_owned()]));
        assert!(state.has("octopusdeploy_environment.test[0]"));
        assert!(!state.has("octopusdeploy_feeds.x"));
        assert!(state.has_id("Environments-1") && !state.has_id("1"));
        assert_eq!(
            state.beyond(&State::default()),
            [
                ("octopusdeploy_environment.test".to_owned(), "Environments-1".to_owned()),
                ("octopusdeploy_lifecycle.long".to_owned(), "Lifecycles-1".to_owned()),
                ("octopusdeploy_process_child_step.warm_up".to_owned(), "a".to_owned()),
                ("octopusdeploy_variable.asked".to_owned(), "v".to_owned()),
                ("octopusdeploy_variable.plain".to_owned(), "w".to_owned())
            ]
        );
        assert_eq!(State::parse(b"\n").ok().unwrap(), State::default());
    }
}
