//! What a plan would do. Of the values only names of attributes are kept: the values may be secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::memory_file::MemoryFile;
use failure::{Failure, FailureKind};

/// A plan in memory, and its changes.
pub struct Plan {
    pub file: MemoryFile,
    /// What is not as it should be, in Terraform's order; nothing that stays as it is.
    pub changes: Vec<Change>,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub address: String,
    /// Terraform type: `octopusdeploy_environment`.
    pub kind: String,
    pub action: Action,
    /// Whether it is taken over from the destination, whatever happens to it then.
    pub imported: bool,
    /// Attributes that change.
    pub attributes: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Only taken into the state.
    Import,
    Create,
    Update,
    Destroy,
    /// Destroyed and made anew.
    Replace,
    /// Out of the state, but not destroyed.
    Forget,
}

impl Action {
    fn verb(self) -> &'static str {
        match self {
            Self::Import => "take over",
            Self::Create => "make",
            Self::Update => "change",
            Self::Destroy => "destroy",
            Self::Replace => "destroy and make anew",
            Self::Forget => "forget",
        }
    }
}

impl Plan {
    /// Reads `terraform show -json`.
    ///
    /// # Errors
    /// When it is no such thing.
    pub fn parse(file: MemoryFile, shown: &[u8]) -> Result<Self, Failure> {
        let value: Value = serde_json::from_slice(shown).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::new(FailureKind::Terraform, format!("the plan is not as Terraform writes it ({place})"))
        })?;
        let changes = value["resource_changes"].as_array().map_or(&[][..], Vec::as_slice);
        let changes =
            changes.iter().filter(|change| change["mode"] == "managed").filter_map(change).collect();
        Ok(Self { file, changes })
    }

    /// How many resources an apply would report.
    #[must_use]
    pub fn changing(&self) -> usize {
        let count = |action| self.changes.iter().filter(|change| change.action == action).count();
        count(Action::Create) + count(Action::Update) + count(Action::Destroy) + 2 * count(Action::Replace)
    }

    /// `3 to make, 1 to change, nothing to destroy`.
    #[must_use]
    pub fn summary(&self) -> String {
        let count =
            |wanted: &[Action]| self.changes.iter().filter(|change| wanted.contains(&change.action)).count();
        let imported = self.changes.iter().filter(|change| change.imported).count();
        let mut parts = vec![
            format!("{} to make", count(&[Action::Create, Action::Replace])),
            format!("{} to change", count(&[Action::Update])),
            format!("{} to destroy", count(&[Action::Destroy, Action::Replace])),
        ];
        if imported > 0 {
            parts.push(format!("{imported} to take over"));
        }
        parts.join(", ")
    }

    /// What would be destroyed, though others use it, or it may hold what nobody can bring back.
    #[must_use]
    pub fn precious_destroyed(&self) -> Vec<&Change> {
        self.changes
            .iter()
            .filter(|change| {
                matches!(change.action, Action::Destroy | Action::Replace) && is_precious(&change.kind)
            })
            .collect()
    }
}

impl Change {
    /// One line: `change octopusdeploy_environment.test: description, sort_order`.
    #[must_use]
    pub fn text(&self) -> String {
        let names: Vec<&str> = self.attributes.iter().map(String::as_str).collect();
        match (self.action, names.is_empty()) {
            (Action::Update | Action::Replace, false) => {
                format!("{} {}: {}", self.action.verb(), self.address, names.join(", "))
            }
            _ => format!("{} {}", self.action.verb(), self.address),
        }
    }
}

fn change(value: &Value) -> Option<Change> {
    let actions: Vec<&str> =
        value["change"]["actions"].as_array()?.iter().filter_map(Value::as_str).collect();
    let imported = value["change"]["importing"].is_object();
    let action = match actions.as_slice() {
        ["create"] => Action::Create,
        ["update"] => Action::Update,
        ["delete"] => Action::Destroy,
        ["delete", "create"] | ["create", "delete"] => Action::Replace,
        ["forget"] => Action::Forget,
        ["no-op"] if imported => Action::Import,
        _ => return None,
    };
    let mut attributes = BTreeSet::new();
    if matches!(action, Action::Update | Action::Replace) {
        let (before, after) = (&value["change"]["before"], &value["change"]["after"]);
        let unknown = &value["change"]["after_unknown"];
        let names =
            [before, after, unknown].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys());
        for name in names {
            let will_be_known = !unknown[name].as_bool().unwrap_or(false);
            if !will_be_known || before[name] != after[name] {
                attributes.insert(name.clone());
            }
        }
    }
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Some(Change { address: text("address"), kind: text("type"), action, imported, attributes })
}

/// What a rerun may not destroy unasked: what others use, and what may hold a secret that a person has entered. The rest are parts that the module
/// alone fills: variables, steps, tags, triggers, links, values.
fn is_precious(kind: &str) -> bool {
    const PARTS: &[&str] = &[
        "octopusdeploy_variable",
        "octopusdeploy_process",
        "octopusdeploy_process_step",
        "octopusdeploy_process_child_step",
        "octopusdeploy_process_templated_step",
        "octopusdeploy_process_templated_child_step",
        "octopusdeploy_process_steps_order",
        "octopusdeploy_process_child_steps_order",
        "octopusdeploy_tag",
        "octopusdeploy_channel",
        "octopusdeploy_runbook",
        "octopusdeploy_project_versioning_strategy",
        "octopusdeploy_tenant_project",
        "octopusdeploy_tenant_project_variable",
        "octopusdeploy_tenant_common_variable",
        "octopusdeploy_deployment_freeze_project",
        "octopusdeploy_deployment_freeze_tenant",
        "octopusdeploy_project_deployment_freeze",
        "octopusdeploy_scoped_user_role",
    ];
    !PARTS.contains(&kind)
        && !kind.ends_with("_trigger")
        && !kind.ends_with("_retention_policy")
        && kind.starts_with("octopusdeploy_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted_and_named_without_values() {
        let shown = br#"{"resource_changes": [
            {"address": "octopusdeploy_environment.a", "mode": "managed", "type": "octopusdeploy_environment", "change": {"actions": ["no-op"]}},
            {"address": "octopusdeploy_lifecycle.d", "mode": "managed", "type": "octopusdeploy_lifecycle", "change": {"actions": ["no-op"], "importing": {"id": "L-1"}}},
            {"address": "octopusdeploy_tenant.t", "mode": "managed", "type": "octopusdeploy_tenant", "change": {"actions": ["delete"]}},
            {"address": "octopusdeploy_variable.v", "mode": "managed", "type": "octopusdeploy_variable", "change": {"actions": ["delete"]}},
            {"address": "octopusdeploy_token_account.k", "mode": "managed", "type": "octopusdeploy_token_account", "change": {
                "actions": ["update"], "before": {"token": "s3cret", "name": "x"}, "after": {"token": "other", "name": "x"}, "after_unknown": {"slug": true}}},
            {"address": "octopusdeploy_docker_container_registry.f", "mode": "managed", "type": "octopusdeploy_docker_container_registry", "change": {"actions": ["delete", "create"]}},
            {"address": "data.x.y", "mode": "data", "type": "x", "change": {"actions": ["read"]}}
        ]}"#;
        let plan = Plan::parse(MemoryFile::empty("test").ok().unwrap(), shown).ok().unwrap();
        assert_eq!(plan.summary(), "1 to make, 1 to change, 3 to destroy, 1 to take over");
        let texts: Vec<String> = plan.changes.iter().map(Change::text).collect();
        assert_eq!(texts[3], "change octopusdeploy_token_account.k: slug, token");
        assert_eq!(plan.precious_destroyed().len(), 2);
        // A replacement is reported twice: as destroyed and as made.
        assert_eq!(plan.changing(), 5);
    }
}
