//! Steps by name: rules of channels, the package that gives a version or makes a release, sources of triggers. A server looks such a name up in
//! the project's process. One that is not there makes it refuse the document, and the lists that have it (`The resource 'Deploy it' was not
//! found`, OctopusDeploy/Issues 7521, 7961, 8247), unless the project is stored in Git, where any name passes (9600). At the destination no
//! project is stored in Git.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CHOOSE, LIMIT, Settling, name_of};
use documents::collection::Collection;
use documents::inventory::Inventory;

/// The actions of the deployment processes that were read, by project.
pub(super) struct Steps<'a>(BTreeMap<&'a str, Vec<&'a Value>>);

/// In which field a list names steps, and what of a step: its field and the list in the action.
struct Named {
    step: &'static str,
    part: &'static str,
    parts: &'static str,
}

const PACKAGE: Named = Named { step: "DeploymentAction", part: "PackageReference", parts: "Packages" };
const PACKAGE_BY_SLUG: Named =
    Named { step: "DeploymentActionSlug", part: "PackageReference", parts: "Packages" };
const DEPENDENCY: Named =
    Named { step: "DeploymentActionSlug", part: "GitDependencyName", parts: "GitDependencies" };

/// What is wrong with a name.
enum Wrong {
    /// No step or part of it has this name.
    Gone(String),
    /// A part is named by its id, as older servers did (OctopusDeploy/Issues 8247); this is its name.
    ById(String),
}

impl<'a> Steps<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut steps: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for process in inventory.all(Collection::DeploymentProcesses) {
            let Some(project) = process.text("ProjectId") else { continue };
            let actions = process.list("Steps").iter().filter_map(|step| step["Actions"].as_array());
            steps.entry(project).or_default().extend(actions.flatten());
        }
        Self(steps)
    }

    /// What is wrong where a project names a step; a process that was not read may have anything.
    fn wrong(&self, project: &str, named: &Named, value: &Value) -> Option<Wrong> {
        let actions = self.0.get(project)?;
        let step = value[named.step].as_str().filter(|step| !step.is_empty() && !step.contains("#{"))?;
        let is = |field: &Value| field.as_str().is_some_and(|own| own.to_lowercase() == step.to_lowercase());
        let mut bearers =
            actions.iter().filter(|action| ["Name", "Slug", "Id"].iter().any(|field| is(&action[*field])));
        let Some(first) = bearers.next() else {
            return Some(Wrong::Gone(format!(
                "the step \"{step}\", which the deployment process does not have"
            )));
        };
        let part = value[named.part].as_str().filter(|part| !part.is_empty())?;
        let parts: Vec<&Value> = std::iter::once(first)
            .chain(bearers)
            .filter_map(|action| action[named.parts].as_array())
            .flatten()
            .collect();
        let has = |field: &str| parts.iter().find(|one| one[field] == part);
        match (has("Name"), has("Id").and_then(|one| one["Name"].as_str())) {
            (Some(_), _) => None,
            (None, Some(name)) => Some(Wrong::ById(name.to_owned())),
            (None, None) => {
                Some(Wrong::Gone(format!("\"{part}\" of the step \"{step}\", which does not have it")))
            }
        }
    }
}

/// The note on a part that is named by its id.
fn named_by_id(value: &Value, named: &Named, name: &str) -> String {
    let id = value[named.part].as_str().unwrap_or_default();
    format!("names \"{name}\" by its id, {id}: by its name at the destination")
}

impl Settling<'_> {
    /// False: the document is left out.
    pub(super) fn settle_steps(&mut self, value: &mut Value) -> bool {
        match self.collection {
            Collection::Channels => {
                for (rules, of_steps, named) in [
                    ("Rules", "ActionPackages", &PACKAGE),
                    ("GitResourceRules", "GitDependencyActions", &DEPENDENCY),
                ] {
                    self.rules(value, rules, of_steps, named);
                }
                true
            }
            Collection::Projects => {
                self.version(value);
                self.release(value);
                true
            }
            // Steps of a runbook may be meant by what runs one.
            Collection::ProjectTriggers if value["Action"]["ActionType"] == "RunRunbook" => true,
            Collection::ProjectTriggers => {
                [("Packages", &PACKAGE_BY_SLUG), ("Sources", &DEPENDENCY)].into_iter().all(|(list, named)| {
                    let at = ["Filter".to_owned(), list.to_owned()];
                    self.parts(&mut value["Filter"], list, &at, named)
                })
            }
            _ => true,
        }
    }

    fn owner(&self) -> String {
        let field = if self.collection == Collection::Projects { "Id" } else { "ProjectId" };
        self.document.text(field).unwrap_or_default().to_owned()
    }

    /// Rules that are for no step any more go.
    fn rules(&mut self, channel: &mut Value, rules: &str, of_steps: &str, named: &Named) {
        let Some(items) = channel.get_mut(rules).and_then(Value::as_array_mut) else { return };
        let mut index = 0;
        items.retain_mut(|rule| {
            let at = [rules.to_owned(), name_of(rule, index), of_steps.to_owned()];
            index += 1;
            self.parts(rule, of_steps, &at, named)
        });
    }

    /// Drops what names no step; false: nothing is left of what was there.
    fn parts(&mut self, holder: &mut Value, list: &str, at: &[String], named: &Named) -> bool {
        let Some(items) = holder.get_mut(list).and_then(Value::as_array_mut) else { return true };
        let project = self.owner();
        let had_some = !items.is_empty();
        let (mut gone, mut renamed) = (Vec::new(), Vec::new());
        items.retain_mut(|item| match self.steps.wrong(&project, named, item) {
            None => true,
            Some(Wrong::ById(name)) => {
                renamed.push(named_by_id(item, named, &name));
                item[named.part] = json!(name);
                true
            }
            Some(Wrong::Gone(what)) => {
                gone.push(what);
                false
            }
        });
        let is_gone = had_some && items.is_empty();
        let outcome = match (is_gone, self.collection) {
            (false, _) => "that is dropped".to_owned(),
            (true, Collection::ProjectTriggers) => {
                format!("\"{}\" could never apply, so it is left out", self.document.name())
            }
            (true, _) => "the rule is for nothing, so it is left out".to_owned(),
        };
        for text in renamed {
            self.say(at, &text, "");
        }
        if !gone.is_empty() {
            let text = format!("names {}: {outcome}", gone.join(" and "));
            let is_rule = is_gone && self.collection == Collection::Channels;
            let at = if is_rule { &at[..at.len() - 1] } else { at };
            self.say(at, &text, if is_gone { LIMIT } else { "" });
        }
        !is_gone
    }

    /// Without the package, versions go by the template that is there, or by the server's own.
    fn version(&mut self, project: &mut Value) {
        let strategy = &mut project["VersioningStrategy"];
        let at = ["VersioningStrategy".to_owned(), "DonorPackage".to_owned()];
        match self.steps.wrong(self.document.id(), &PACKAGE, &strategy["DonorPackage"]) {
            None => {}
            Some(Wrong::ById(name)) => {
                let text = named_by_id(&strategy["DonorPackage"], &PACKAGE, &name);
                strategy["DonorPackage"][PACKAGE.part] = json!(name);
                self.say(&at, &text, "");
            }
            Some(Wrong::Gone(what)) => {
                let has_template = strategy["Template"].as_str().is_some_and(|template| !template.is_empty());
                if has_template {
                    strategy["DonorPackage"] = Value::Null;
                    strategy["DonorPackageStepId"] = Value::Null;
                } else {
                    *strategy = Value::Null;
                }
                let how = if has_template { "its template" } else { "the server's usual template" };
                self.say(
                    &at[..if has_template { 2 } else { 1 }],
                    &format!("names {what}: versions go by {how}"),
                    CHOOSE,
                );
            }
        }
    }

    /// Without the package no release is made by itself.
    fn release(&mut self, project: &mut Value) {
        let strategy = &mut project["ReleaseCreationStrategy"];
        let at = ["ReleaseCreationStrategy".to_owned(), "ReleaseCreationPackage".to_owned()];
        match self.steps.wrong(self.document.id(), &PACKAGE, &strategy["ReleaseCreationPackage"]) {
            None => {}
            Some(Wrong::ById(name)) => {
                let text = named_by_id(&strategy["ReleaseCreationPackage"], &PACKAGE, &name);
                strategy["ReleaseCreationPackage"][PACKAGE.part] = json!(name);
                self.say(&at, &text, "");
            }
            Some(Wrong::Gone(what)) => {
                *strategy = Value::Null;
                let was_on = project["AutoCreateRelease"] == true;
                self.say(
                    &["ReleaseCreationStrategy".to_owned()],
                    &format!("names {what}: no release is made by itself"),
                    CHOOSE,
                );
                if was_on {
                    project["AutoCreateRelease"] = json!(false);
                    self.say(&["AutoCreateRelease".to_owned()], "goes with its package", "");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dead::settle;
    use documents::document::Document;

    fn inventory(collection: Collection, mut document: Value) -> Inventory {
        let mut inventory = Inventory::default();
        inventory.space = Document::new(json!({"Id": "Spaces-2", "Name": "Source"}));
        document["Id"] = json!(if collection == Collection::Projects { "Projects-1" } else { "Document-1" });
        document["Name"] = json!("The document");
        document["ProjectId"] = json!("Projects-1");
        inventory.insert(collection, Document::new(document).unwrap());
        inventory
    }

    /// What is left of it (without its names) in a project with one step, and the notes.
    fn became(collection: Collection, document: Value) -> (Option<Value>, Vec<String>) {
        let mut inventory = inventory(collection, document);
        let package = json!([{"Id": "p-1", "Name": ""}, {"Id": "p-2", "Name": "extra"}]);
        let action = json!({"Id": "a-1", "Name": "Ship it", "Slug": "ship", "Packages": package,
            "GitDependencies": [{"Name": "charts"}]});
        let process = json!({"Id": "deploymentprocess-Projects-1", "ProjectId": "Projects-1", "Steps": [{"Name": "Ship it", "Actions": [action]}]});
        inventory.insert(Collection::DeploymentProcesses, Document::new(process).unwrap());
        let inventory = settle(inventory);
        let left = inventory.all(collection).next().cloned().map(|document| {
            let mut fields = document.into_value();
            fields
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !["Id", "Name", "ProjectId"].contains(&name.as_str()));
            fields
        });
        (left, inventory.settled.into_iter().map(|one| format!("{}: {}", one.field, one.text)).collect())
    }

    #[test]
    fn what_names_a_step_that_is_there_stays() {
        let rules = json!([{"ActionPackages": [{"DeploymentAction": "ship IT", "PackageReference": "extra"}, {"DeploymentAction": "ship"}]}]);
        let git = json!([{"GitDependencyActions": [{"DeploymentActionSlug": "ship", "GitDependencyName": "charts"}]}]);
        let donor = json!({"DeploymentAction": "Ship it", "PackageReference": ""});
        for (collection, document) in [
            (Collection::Channels, json!({"Rules": rules, "GitResourceRules": git})),
            (Collection::Channels, json!({"Rules": [{"ActionPackages": []}], "GitResourceRules": null})),
            (
                Collection::Projects,
                json!({"VersioningStrategy": {"DonorPackage": donor}, "ReleaseCreationStrategy": {"ReleaseCreationPackage": donor}}),
            ),
            (Collection::Projects, json!({"VersioningStrategy": null, "ReleaseCreationStrategy": {}})),
            (
                Collection::ProjectTriggers,
                json!({"Filter": {"Packages": [{"DeploymentActionSlug": "ship"}], "Sources": []}}),
            ),
        ] {
            assert_eq!(became(collection, document.clone()), (Some(document), vec![]));
        }
    }

    #[test]
    fn rules_and_sources_lose_steps_that_are_gone() {
        let of = |name: &str| json!({"DeploymentAction": name});
        let (left, said) = became(
            Collection::Channels,
            json!({"Rules": [
                {"Name": "both", "ActionPackages": [of("Ship it"), of("Gone")]},
                {"Name": "part", "ActionPackages": [{"DeploymentAction": "Ship it", "PackageReference": "old"}, of("Ship it")]},
                {"Name": "none", "ActionPackages": [of("Gone")]}],
                "GitResourceRules": [{"GitDependencyActions": [{"DeploymentActionSlug": "ship", "GitDependencyName": "old"}]}]}),
        );
        let kept = json!([{"Name": "both", "ActionPackages": [of("Ship it")]}, {"Name": "part", "ActionPackages": [of("Ship it")]}]);
        assert_eq!(left, Some(json!({"Rules": kept, "GitResourceRules": []})));
        assert_eq!(
            said,
            [
                "Rules/both/ActionPackages: names the step \"Gone\", which the deployment process does not have: that is dropped",
                "Rules/part/ActionPackages: names \"old\" of the step \"Ship it\", which does not have it: that is dropped",
                "Rules/none: names the step \"Gone\", which the deployment process does not have: the rule is for nothing, so it is left out",
                "GitResourceRules/0: names \"old\" of the step \"ship\", which does not have it: the rule is for nothing, so it is left out",
            ]
        );
    }

    #[test]
    fn a_package_named_by_its_id_gets_its_name() {
        let (left, said) = became(
            Collection::Channels,
            json!({"Rules": [{"ActionPackages": [{"DeploymentAction": "Ship it", "PackageReference": "p-2"}]}]}),
        );
        assert_eq!(
            left.unwrap()["Rules"][0]["ActionPackages"],
            json!([{"DeploymentAction": "Ship it", "PackageReference": "extra"}])
        );
        assert_eq!(said.len(), 1);
        let donor = json!({"DeploymentAction": "Ship it", "PackageReference": "p-2"});
        let (left, said) =
            became(Collection::Projects, json!({"VersioningStrategy": {"DonorPackage": donor}}));
        assert_eq!(left.unwrap()["VersioningStrategy"]["DonorPackage"]["PackageReference"], "extra");
        assert_eq!(said.len(), 1);
    }

    #[test]
    fn versions_and_releases_of_a_step_that_is_gone() {
        let donor = json!({"DeploymentAction": "Gone", "PackageReference": ""});
        let (left, said) = became(
            Collection::Projects,
            json!({"AutoCreateRelease": true, "VersioningStrategy": {"DonorPackage": donor, "DonorPackageStepId": "a-1", "Template": "1.i"},
                "ReleaseCreationStrategy": {"ReleaseCreationPackage": donor}}),
        );
        assert_eq!(
            left,
            Some(
                json!({"AutoCreateRelease": false, "VersioningStrategy": {"DonorPackage": null, "DonorPackageStepId": null, "Template": "1.i"},
                "ReleaseCreationStrategy": null})
            )
        );
        let fields: Vec<&str> = said.iter().filter_map(|said| said.split(':').next()).collect();
        assert_eq!(
            fields,
            ["VersioningStrategy/DonorPackage", "ReleaseCreationStrategy", "AutoCreateRelease"]
        );
        let (left, said) =
            became(Collection::Projects, json!({"VersioningStrategy": {"DonorPackage": donor}}));
        assert_eq!((left.unwrap()["VersioningStrategy"].clone(), said.len()), (Value::Null, 1));
    }

    #[test]
    fn a_trigger_that_waits_for_nothing_is_left_out() {
        let filter =
            json!({"Packages": [{"DeploymentActionSlug": "gone"}, {"DeploymentActionSlug": "ship"}]});
        let (left, said) = became(Collection::ProjectTriggers, json!({"Filter": filter}));
        assert_eq!(left.unwrap()["Filter"]["Packages"], json!([{"DeploymentActionSlug": "ship"}]));
        assert_eq!(said.len(), 1);
        let filter = json!({"Sources": [{"DeploymentActionSlug": "gone"}]});
        let (left, said) = became(Collection::ProjectTriggers, json!({"Filter": filter}));
        assert_eq!(left, None);
        assert_eq!(
            said,
            [
                ": Filter/Sources names the step \"gone\", which the deployment process does not have: \"The document\" could never apply, so it is left out"
            ]
        );
    }

    #[test]
    fn a_process_that_was_not_read_may_have_anything() {
        let rules = json!([{"ActionPackages": [{"DeploymentAction": "Gone"}]}]);
        let inventory = settle(inventory(Collection::Channels, json!({"Rules": rules})));
        assert_eq!(inventory.settled, []);
    }
}
