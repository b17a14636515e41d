//! The cutover: the source stops to start work by itself, the destination begins. What stood before is kept in a journal at the source,
//! so that it can be taken back, and so that a later serialize still sees the space as people left it.

pub mod journal;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use module::manifest::{Held, Manifest};
use octopus::role::Role;

/// One switch of one document, before and after the cutover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Switch {
    pub side: Role,
    /// The project that it is switched with; none: with the space. Journals of an older octoferry don't have it.
    #[serde(default, with = "documents::optional_text")]
    pub project: Option<String>,
    pub collection: Collection,
    /// Id on its side.
    pub id: String,
    /// For people: `trigger "Nightly" of "Web"`.
    pub subject: String,
    pub field: String,
    pub before: Value,
    pub after: Value,
}

impl Switch {
    /// Whether both are about the same field of the same document.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        (self.side, &self.collection, &self.id, &self.field)
            == (other.side, &other.collection, &other.id, &other.field)
    }

    /// For the plan: `source: trigger "Nightly" of "Web": IsDisabled false → true`.
    #[must_use]
    pub fn described(&self) -> String {
        let shown = |value: &Value| match value {
            Value::Bool(_) | Value::Null => value.to_string(),
            _ => "…".to_owned(),
        };
        let (side, before, after) = (self.side.name(), shown(&self.before), shown(&self.after));
        format!("{side}: {}: {} {before} → {after}", self.subject, self.field)
    }

    fn of_project(self, project: &Document) -> Self {
        Self { project: Some(project.name().to_owned()), ..self }
    }

    fn of_source(
        collection: Collection,
        document: &Document,
        subject: String,
        field: &str,
        after: bool,
    ) -> Self {
        Self {
            side: Role::Source,
            project: None,
            collection,
            id: document.id().to_owned(),
            subject,
            field: field.to_owned(),
            before: json!(!after),
            after: json!(after),
        }
    }
}

/// What is to be switched off at the source: triggers and automatic releases of these projects, then the projects themselves; with
/// `shared`, the targets and subscriptions of the space as well. What is off already is not named.
#[must_use]
pub fn stops(inventory: &Inventory, projects: &[&Document], shared: bool) -> Vec<Switch> {
    let mut switches = Vec::new();
    let is_on = |document: &&Document| !document.flag("IsDisabled");
    for project in projects {
        for trigger in inventory.of(Collection::ProjectTriggers, project.id()).filter(is_on) {
            let subject = format!("trigger {:?} of {:?}", trigger.name(), project.name());
            let switch = Switch::of_source(Collection::ProjectTriggers, trigger, subject, "IsDisabled", true);
            switches.push(switch.of_project(project));
        }
    }
    if shared {
        for (collection, noun) in
            [(Collection::Subscriptions, "subscription"), (Collection::Machines, "target")]
        {
            for document in inventory.all(collection).filter(is_on) {
                let subject = format!("{noun} {:?}", document.name());
                switches.push(Switch::of_source(collection, document, subject, "IsDisabled", true));
            }
        }
    }
    for project in projects {
        let subject = || format!("project {:?}", project.name());
        if project.flag("AutoCreateRelease") {
            let switch =
                Switch::of_source(Collection::Projects, project, subject(), "AutoCreateRelease", false);
            switches.push(switch.of_project(project));
        }
        if is_on(project) {
            let switch = Switch::of_source(Collection::Projects, project, subject(), "IsDisabled", true);
            switches.push(switch.of_project(project));
        }
    }
    switches
}

/// What a module holds back at the destination, in the order in which it is switched on: how releases are made comes before that they are.
#[must_use]
pub fn starts(manifest: &Manifest) -> Vec<&Held> {
    let mut held: Vec<&Held> = manifest.held.iter().collect();
    held.sort_by_key(|held| held.source.is_boolean());
    held
}

/// Takes the journal out of what was read of the source: its switches. One that can't be read says nothing here; the command says why.
#[must_use]
pub fn take(inventory: &mut Inventory) -> Vec<Switch> {
    let Some((set, variables)) = journal::place(inventory) else { return Vec::new() };
    inventory.remove(Collection::LibraryVariableSets, &set);
    let variables = inventory.remove(Collection::Variables, &variables);
    variables.and_then(|variables| journal::parse(&variables).ok()).unwrap_or_default()
}

/// The space as it stood before these switches, in memory. What a person has changed since stays as it is.
pub fn as_it_stood(inventory: &mut Inventory, switches: Vec<Switch>) {
    for switch in switches {
        if switch.side == Role::Source
            && let Some(document) = inventory.get_mut(switch.collection, &switch.id)
            && document.get(&switch.field) == Some(&switch.after)
        {
            document.fields_mut().insert(switch.field, switch.before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory() -> Inventory {
        let mut inventory = Inventory::default();
        for (collection, document) in [
            (
                Collection::Projects,
                json!({"Id": "Projects-1", "Name": "Web", "IsDisabled": false, "AutoCreateRelease": true}),
            ),
            (Collection::Projects, json!({"Id": "Projects-2", "Name": "Old", "IsDisabled": true})),
            (
                Collection::ProjectTriggers,
                json!({"Id": "ProjectTriggers-1", "Name": "Nightly", "ProjectId": "Projects-1", "IsDisabled": false}),
            ),
            (
                Collection::ProjectTriggers,
                json!({"Id": "ProjectTriggers-2", "Name": "Never", "ProjectId": "Projects-1", "IsDisabled": true}),
            ),
            (Collection::Machines, json!({"Id": "Machines-1", "Name": "web-1", "IsDisabled": false})),
            (Collection::Subscriptions, json!({"Id": "Subscriptions-1", "Name": "Failures"})),
        ] {
            inventory.insert(collection, Document::new(document).unwrap());
        }
        inventory
    }

    #[test]
    fn only_what_is_on_is_switched_off_and_projects_come_last() {
        let inventory = inventory();
        let projects: Vec<&Document> = inventory.all(Collection::Projects).collect();
        let lines: Vec<String> = stops(&inventory, &projects, true).iter().map(Switch::described).collect();
        assert_eq!(
            lines,
            [
                r#"source: trigger "Nightly" of "Web": IsDisabled false → true"#,
                r#"source: subscription "Failures": IsDisabled false → true"#,
                r#"source: target "web-1": IsDisabled false → true"#,
                r#"source: project "Web": AutoCreateRelease true → false"#,
                r#"source: project "Web": IsDisabled false → true"#,
            ]
        );
        assert!(stops(&inventory, &projects[1..], false).is_empty());
    }

    #[test]
    fn the_space_is_seen_as_people_left_it() {
        let before = inventory();
        let projects: Vec<&Document> = before.all(Collection::Projects).collect();
        let switches = stops(&before, &projects, true);
        let mut after = before.clone();
        for switch in &switches {
            let document = after.get_mut(switch.collection, &switch.id).unwrap();
            document.fields_mut().insert(switch.field.clone(), switch.after.clone());
        }
        // Somebody needs the target again: that is a person's word.
        after
            .get_mut(Collection::Machines, "Machines-1")
            .unwrap()
            .fields_mut()
            .insert("IsDisabled".into(), json!(false));
        let (set, variables) =
            journal::documents("LibraryVariableSets-9", "variableset-LibraryVariableSets-9", &switches);
        after.insert(Collection::LibraryVariableSets, Document::new(set).unwrap());
        after.insert(Collection::Variables, Document::new(variables).unwrap());
        let recorded = take(&mut after);
        as_it_stood(&mut after, recorded);
        for (collection, id) in [
            (Collection::Projects, "Projects-1"),
            (Collection::Machines, "Machines-1"),
            (Collection::ProjectTriggers, "ProjectTriggers-1"),
        ] {
            assert_eq!(after.get(collection, id), before.get(collection, id));
        }
        assert_eq!(
            (after.all(Collection::LibraryVariableSets).count(), after.all(Collection::Variables).count()),
            (0, 0)
        );
    }
}
