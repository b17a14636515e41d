//! References by slug or name in what comes from Git.
//!
//! In the files of a repository documents are called by their slugs, in those of servers before 2022.3 by their names. Assumption: most servers
//! answer ids all the same; where one doesn't, a text that is no id but the slug or name of one document stands for that.

use serde_json::Value;

use crate::collection::Collection;
use crate::document::Document;
use crate::inventory::Inventory;

/// Puts ids where a branch calls environments, channels, targets, worker pools and feeds otherwise.
pub(super) fn resolve(inventory: &Inventory, project: &str, branch: &mut Document) {
    let resolver = Resolver { inventory, project };
    let fields = branch.fields_mut();
    if let Some(process) = fields.get_mut("DeploymentProcess") {
        resolver.process(process);
    }
    for variable in fields.get_mut("Variables").and_then(Value::as_array_mut).into_iter().flatten() {
        for (kind, collection) in [
            ("Environment", Collection::Environments),
            ("Channel", Collection::Channels),
            ("Machine", Collection::Machines),
        ] {
            resolver.each(variable.pointer_mut(&format!("/Scope/{kind}")), collection);
        }
    }
    for runbook in fields.get_mut("Runbooks").and_then(Value::as_array_mut).into_iter().flatten() {
        resolver.each(runbook.get_mut("Environments"), Collection::Environments);
        if let Some(process) = runbook.get_mut("Process") {
            resolver.process(process);
        }
    }
}

struct Resolver<'a> {
    inventory: &'a Inventory,
    project: &'a str,
}

impl Resolver<'_> {
    fn process(&self, process: &mut Value) {
        let steps = process.get_mut("Steps").and_then(Value::as_array_mut).into_iter().flatten();
        let actions =
            steps.filter_map(|step| step.get_mut("Actions").and_then(Value::as_array_mut)).flatten();
        for action in actions {
            self.each(action.get_mut("Environments"), Collection::Environments);
            self.each(action.get_mut("ExcludedEnvironments"), Collection::Environments);
            self.each(action.get_mut("Channels"), Collection::Channels);
            self.one(action.get_mut("WorkerPoolId"), Collection::WorkerPools);
            self.one(action.pointer_mut("/Container/FeedId"), Collection::Feeds);
            let packages = action.get_mut("Packages").and_then(Value::as_array_mut).into_iter().flatten();
            packages.for_each(|package| self.one(package.get_mut("FeedId"), Collection::Feeds));
        }
    }

    fn each(&self, list: Option<&mut Value>, collection: Collection) {
        for value in list.and_then(Value::as_array_mut).into_iter().flatten() {
            self.one(Some(value), collection);
        }
    }

    fn one(&self, value: Option<&mut Value>, collection: Collection) {
        let Some(value) = value else { return };
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return };
        if self.inventory.get(collection, text).is_some() {
            return;
        }
        let ours = |document: &&Document| {
            collection != Collection::Channels || document.text("ProjectId") == Some(self.project)
        };
        let called = |field: &str| {
            let mut found = self.inventory.all(collection).filter(ours);
            found.find(|document| document.text(field) == Some(text))
        };
        if let Some(document) = called("Slug").or_else(|| called("Name")) {
            *value = Value::from(document.id());
        }
    }
}
