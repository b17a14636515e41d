//! What a plan would do. Of the values only names of attributes are kept, but for those of tags: the values may be secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::memory_file::MemoryFile;
use crate::planned_tags::{self, PlannedTag};
use failure::{Failure, FailureKind};
use secret::placeholder::is_placeholder;

/// A plan in memory, and its changes.
pub struct Plan {
    pub file: MemoryFile,
    /// What is not as it should be, in Terraform's order; nothing that stays as it is.
    pub changes: Vec<ResourceChange>,
    /// The tags that it makes and changes.
    pub tags: Vec<PlannedTag>,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceChange {
    pub address: String,
    /// Terraform type: `octopusdeploy_environment`.
    pub kind: String,
    pub action: Action,
    /// Whether it is taken over from the destination, whatever happens to it then.
    pub imported: bool,
    /// Attributes that change.
    pub attributes: BTreeSet<String>,
    /// Whether a placeholder of ours stood in it: a person may have entered what belongs there, since the destination shows no secret.
    pub holds_placeholder: bool,
    /// Of a step that goes: the ids of its process and of the step.
    pub step: Option<(String, String)>,
    /// Of what is there: its id.
    pub id: String,
    /// The names that it has and that it gets; empty where there is none.
    pub name_before: String,
    pub name_after: String,
    /// Of a tag: its set.
    pub parent: String,
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
        Ok(Self { file, changes, tags: planned_tags::of_plan(&value) })
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

    /// What would be destroyed.
    pub fn destroyed(&self) -> impl Iterator<Item = &ResourceChange> {
        self.changes.iter().filter(|change| matches!(change.action, Action::Destroy | Action::Replace))
    }

    /// What would be destroyed, though others use it, or it may hold what nobody can bring back.
    #[must_use]
    pub fn precious_destroyed(&self) -> Vec<&ResourceChange> {
        self.destroyed().filter(|change| is_precious(&change.kind) || change.holds_placeholder).collect()
    }

    /// Types of which more would go at once than a person is likely to delete, with how many go and how many there are: `there` counts by type.
    /// Steps are left out: they go with their process, and no right hides one.
    #[must_use]
    pub fn shrunken(&self, there: &BTreeMap<String, usize>) -> Vec<(String, usize, usize)> {
        /// So many go one by one, by hand.
        const BY_HAND: usize = 4;
        let mut gone: BTreeMap<&str, usize> = BTreeMap::new();
        for change in self.changes.iter().filter(|change| change.action == Action::Destroy) {
            *gone.entry(&change.kind).or_default() += 1;
        }
        let count = |kind: &str| there.get(kind).copied().unwrap_or_default();
        gone.into_iter()
            .filter(|(kind, _)| {
                kind.starts_with("octopusdeploy_") && !kind.starts_with("octopusdeploy_process")
            })
            .filter(|(kind, gone)| *gone > BY_HAND && gone * 3 > count(kind))
            .map(|(kind, gone)| (kind.to_owned(), gone, count(kind)))
            .collect()
    }
}

impl ResourceChange {
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

fn change(value: &Value) -> Option<ResourceChange> {
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
    let (kind, before) = (text("type"), &value["change"]["before"]);
    let after = &value["change"]["after"];
    let text_of = |values: &Value, name: &str| values[name].as_str().unwrap_or_default().to_owned();
    let either = |name: &str| {
        Some(text_of(before, name)).filter(|text| !text.is_empty()).unwrap_or_else(|| text_of(after, name))
    };
    let is_step = kind.starts_with("octopusdeploy_process_") && kind.ends_with("step");
    Some(ResourceChange {
        address: text("address"),
        action,
        imported,
        attributes,
        holds_placeholder: holds_placeholder(before),
        step: is_step.then(|| (either("process_id"), text_of(before, "id"))),
        id: text_of(before, "id"),
        name_before: text_of(before, "name"),
        name_after: text_of(after, "name"),
        parent: either("tag_set_id"),
        kind,
    })
}

fn holds_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => is_placeholder(text),
        Value::Array(items) => items.iter().any(holds_placeholder),
        Value::Object(fields) => fields.values().any(holds_placeholder),
        _ => false,
    }
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
        let texts: Vec<String> = plan.changes.iter().map(ResourceChange::text).collect();
        assert_eq!(texts[3], "change octopusdeploy_token_account.k: slug, token");
        assert_eq!(plan.precious_destroyed().len(), 2);
        // A replacement is reported twice: as destroyed and as made.
        assert_eq!(plan.changing(), 5);
    }

    #[test]
    fn what_holds_a_placeholder_and_what_goes_in_numbers_is_reported() {
        let change = |kind: &str, number: usize, before: &str| {
            format!(
                r#"{{"address": "{kind}.v{number}", "mode": "managed", "type": "{kind}", "change": {{"actions": ["delete"], "before": {before}}}}}"#
            )
        };
        let mut changes =
            vec![change("octopusdeploy_variable", 0, r#"{"sensitive_value": "octoferry-placeholder x"}"#)];
        changes.extend((0..5).map(|number| change("octopusdeploy_runbook", number, "{}")));
        changes.extend((0..4).map(|number| change("octopusdeploy_channel", number, "{}")));
        changes.push(change("octopusdeploy_process_child_step", 0, r#"{"process_id": "p", "id": "s"}"#));
        let shown = format!(r#"{{"resource_changes": [{}]}}"#, changes.join(","));
        let plan = Plan::parse(MemoryFile::empty("test").ok().unwrap(), shown.as_bytes()).ok().unwrap();
        let precious: Vec<&str> =
            plan.precious_destroyed().iter().map(|change| change.address.as_str()).collect();
        assert_eq!(precious, ["octopusdeploy_variable.v0"]);
        let there = |runbooks: usize| {
            BTreeMap::from([
                ("octopusdeploy_runbook".to_owned(), runbooks),
                ("octopusdeploy_channel".to_owned(), 4),
            ])
        };
        assert_eq!(plan.shrunken(&there(14)), [("octopusdeploy_runbook".to_owned(), 5, 14)]);
        assert_eq!(plan.shrunken(&there(15)), []);
        assert_eq!(plan.changes.last().unwrap().step, Some(("p".to_owned(), "s".to_owned())));
    }
}
