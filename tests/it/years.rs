//! What happens over time: things are renamed, change names, come first, go and come again at the source, between migrations with what people have
//! entered at the destination. Each keeps its identity there, and its secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Ended, Run, http, octoferry, sandbox_with, sandbox_with_empty_space, terraform_config};

/// The destination's space, and its id.
const NEW: &str = "New";

/// Two servers between which a space is moved again and again.
pub(crate) struct Years {
    pub(crate) source: Sandbox,
    pub(crate) destination: Sandbox,
    work: tempfile::TempDir,
}

/// Id → name.
pub(crate) type Names = BTreeMap<String, String>;

impl Years {
    pub(crate) fn with(space: &str) -> Self {
        Self::from(sandbox_with(space))
    }

    /// After the first migration from this server.
    pub(crate) fn from(source: Sandbox) -> Self {
        let years = Self {
            source,
            destination: sandbox_with_empty_space(NEW),
            work: tempfile::tempdir().expect("a folder"),
        };
        years.migrate();
        years
    }

    pub(crate) fn modules(&self) -> PathBuf {
        self.work.path().join("modules")
    }

    pub(crate) fn serialize(&self) {
        octoferry(["serialize", "all"])
            .option("--out", self.modules())
            .source(&self.source, "Spaces-2")
            .ends_with_one_of(&[0, 3]);
    }

    pub(crate) fn deploy(&self) -> Run {
        self.deploy_of(&self.modules())
    }

    /// One module, or those below a folder.
    pub(crate) fn deploy_of(&self, folder: &Path) -> Run {
        octoferry(["deploy", "--placeholders"])
            .state_below(&self.work.path().join("state"))
            .arg(folder)
            .destination(&self.destination, NEW)
            .env("TF_CLI_CONFIG_FILE", terraform_config())
    }

    /// Once more; everything arrives, and nothing is made anew.
    pub(crate) fn migrate(&self) -> Ended {
        self.serialize();
        let (_, ended) = self.deploy().ends_with_one_of(&[0, 3]);
        ended.never_says("the second plan would still");
        ended
    }

    pub(crate) fn space(&self) -> String {
        let (_, spaces) = http(&self.destination, "GET", "/api/spaces?take=100", None);
        let space = spaces["Items"].as_array().expect("spaces").iter().find(|space| space["Name"] == NEW);
        space.expect("the space")["Id"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn at_destination(&self, collection: &str) -> Vec<Value> {
        list(&self.destination, &self.space(), collection)
    }

    pub(crate) fn names(&self, collection: &str) -> Names {
        let text = |document: &Value, field: &str| document[field].as_str().unwrap_or_default().to_owned();
        let all = self.at_destination(collection);
        all.iter().map(|document| (text(document, "Id"), text(document, "Name"))).collect()
    }

    /// Changes each document of a collection of the source.
    #[track_caller]
    pub(crate) fn change(&self, collection: &str, mut with: impl FnMut(&mut Value)) {
        for document in list(&self.source, "Spaces-2", collection) {
            let path = format!("/api/Spaces-2/{collection}/{}", document["Id"].as_str().expect("an id"));
            let mut after = http(&self.source, "GET", &path, None).1;
            let before = after.clone();
            with(&mut after);
            if after != before {
                let (status, answer) = http(&self.source, "PUT", &path, Some(&after));
                assert_eq!(status, 200, "{path}: {answer}");
            }
        }
    }

    /// Enters a secret at the destination wherever there is one in this field; the ids of the documents.
    fn enter(&self, collection: &str, field: &str) -> Vec<String> {
        let mut entered = Vec::new();
        for mut document in self.at_destination(collection) {
            if document[field]["HasValue"].is_boolean() {
                document[field] = json!({"HasValue": true, "NewValue": "by hand", "Hint": null});
                let id = document["Id"].as_str().expect("an id").to_owned();
                let path = format!("/api/{}/{collection}/{id}", self.space());
                assert_eq!(http(&self.destination, "PUT", &path, Some(&document)).0, 200);
                entered.push(id);
            }
        }
        assert!(!entered.is_empty());
        entered
    }

    #[track_caller]
    fn assert_entered(&self, ids: &[String], field: &str) {
        let secrets = self.destination.dump()["Secrets"].clone();
        for id in ids {
            assert_eq!(secrets[id][field], "by hand", "{id}");
        }
    }
}

pub(crate) fn list(server: &Sandbox, space: &str, collection: &str) -> Vec<Value> {
    let (_, page) = http(server, "GET", &format!("/api/{space}/{collection}?take=1000"), None);
    page["Items"].as_array().expect("documents").clone()
}

pub(crate) fn is_made(document: &Value) -> bool {
    !["BuiltIn", "OctopusProject"].iter().any(|kind| document["FeedType"] == *kind)
        && document["IsSystem"] != true
}

fn call(document: &mut Value, name: String) {
    document["Name"] = json!(name);
}

/// Collections whose documents have a resource, or are made by finish, and a route of their own.
pub(crate) const KINDS: [&str; 23] = [
    "environments",
    "accounts",
    "feeds",
    "lifecycles",
    "projectgroups",
    "certificates",
    "tagsets",
    "tenants",
    "machines",
    "workers",
    "machinepolicies",
    "workerpools",
    "libraryvariablesets",
    "actiontemplates",
    "projects",
    "channels",
    "runbooks",
    "projecttriggers",
    "git-credentials",
    "proxies",
    "subscriptions",
    "insightsreports",
    "teams",
];

/// Those that the space `shop` tells the most of; `identity.rs` has all.
fn kinds() -> impl Iterator<Item = &'static str> {
    const OTHERS: [&str; 4] = ["workers", "subscriptions", "insightsreports", "teams"];
    KINDS.into_iter().filter(|kind| !OTHERS.contains(kind))
}

#[test]
fn whatever_is_renamed_stays_what_it_is_and_keeps_what_people_entered() {
    let years = Years::with("shop");
    let before: Vec<Names> = kinds().map(|kind| years.names(kind)).collect();
    let (feeds, accounts) = (years.enter("feeds", "Password"), years.enter("accounts", "Token"));
    for kind in kinds() {
        years.change(kind, |document| {
            if document["IsSystem"] == true {
                return;
            }
            if is_made(document) {
                let name = format!("{} two", document["Name"].as_str().expect("a name"));
                call(document, name);
            }
            // Tags and templates too.
            for part in ["Tags", "Templates"] {
                for part in document[part].as_array_mut().into_iter().flatten() {
                    let name = format!("{}X", part["Name"].as_str().expect("a name"));
                    call(part, name);
                }
            }
        });
    }
    years.migrate();
    for (kind, before) in kinds().zip(before) {
        let after = years.names(kind);
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "{kind}");
        for (id, name) in
            before.iter().filter(|(_, name)| !name.ends_with("(built-in)") && *name != "[System] Tag Set")
        {
            assert_eq!(after[id], format!("{name} two"), "{kind}");
        }
    }
    years.assert_entered(&feeds, "Password");
    years.assert_entered(&accounts, "Token");
}

/// Two change names, at the source with a name in between.
fn exchange(years: &Years, kind: &str) {
    let mut all: Vec<Value> = list(&years.source, "Spaces-2", kind).into_iter().filter(is_made).collect();
    all.retain(|document| document["IsDefault"] != true);
    let (one, two) = (all[0].clone(), all[1].clone());
    for (whose, name) in
        [(&one, "in between".into()), (&two, one["Name"].clone()), (&one, two["Name"].clone())]
    {
        let path = format!("/api/Spaces-2/{kind}/{}", whose["Id"].as_str().expect("an id"));
        let mut document = http(&years.source, "GET", &path, None).1;
        document["Name"] = name;
        assert_eq!(http(&years.source, "PUT", &path, Some(&document)).0, 200, "{path}");
    }
}

#[test]
fn two_that_change_names_stay_what_they_are_also_when_the_last_module_is_lost() {
    const EXCHANGED: [&str; 5] = ["environments", "feeds", "tenants", "libraryvariablesets", "machines"];
    let years = Years::with("shop");
    let before = EXCHANGED.map(|kind| years.names(kind));
    let feeds = years.enter("feeds", "Password");
    EXCHANGED.iter().for_each(|kind| exchange(&years, kind));
    years.migrate();
    for (kind, before) in EXCHANGED.iter().zip(&before) {
        let after = years.names(kind);
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{kind}");
        assert_eq!(after.iter().filter(|(id, name)| before[*id] != **name).count(), 2, "{kind}");
    }
    // Back again, and all that is left is Terraform's state.
    EXCHANGED.iter().for_each(|kind| exchange(&years, kind));
    std::fs::remove_dir_all(years.modules()).expect("the modules are gone");
    years.migrate();
    assert_eq!(EXCHANGED.map(|kind| years.names(kind)), before);
    years.assert_entered(&feeds, "Password");
}

/// Names of the templates of library sets and projects → their ids.
fn templates(years: &Years) -> Names {
    let mut found = Names::new();
    for kind in ["libraryvariablesets", "projects"] {
        for document in years.at_destination(kind) {
            for template in document["Templates"].as_array().into_iter().flatten() {
                let text = |field: &str| template[field].as_str().unwrap_or_default().to_owned();
                found.insert(text("Name"), text("Id"));
            }
        }
    }
    found
}

#[test]
fn templates_keep_their_ids_wherever_they_stand() {
    let years = Years::with("shop");
    let before = templates(&years);
    let mut number = 0;
    for kind in ["libraryvariablesets", "projects"] {
        years.change(kind, |document| {
            let templates = document["Templates"].as_array_mut().expect("a list");
            let Some(mut first) = templates.first().cloned() else { return };
            number += 1;
            first["Id"] = json!(format!("6f1f7b0a-0000-4000-8000-{number:012}"));
            first["Name"] = json!(format!("New.First.{number}"));
            templates.reverse();
            templates.insert(0, first);
        });
    }
    years.migrate();
    let after = templates(&years);
    assert_eq!(after.len(), before.len() + number);
    for (name, id) in &before {
        assert_eq!(&after[name], id, "{name}");
    }
    years.migrate().is_settled();
}

/// What a module does not say of an item of a list, Terraform takes from the one that stood at the same place before.
#[test]
fn what_stands_in_a_list_takes_nothing_of_its_neighbour() {
    let years = Years::with("shop");
    let environments = list(&years.source, "Spaces-2", "environments");
    let first = environments[0]["Id"].clone();
    let turn = |part: &'static str| {
        move |document: &mut Value| document[part].as_array_mut().expect("a list").reverse()
    };
    years.change("lifecycles", |lifecycle| {
        if let Some([phase, _, ..]) = lifecycle["Phases"].as_array_mut().map(Vec::as_mut_slice) {
            phase["AutomaticDeploymentTargets"] = json!([first]);
            phase["OptionalDeploymentTargets"] = json!([]);
            phase["IsOptionalPhase"] = json!(true);
            phase["MinimumEnvironmentsBeforePromotion"] = json!(1);
        }
    });
    years.migrate();
    years.change("lifecycles", turn("Phases"));
    years.change("actiontemplates", turn("Parameters"));
    years.migrate().is_settled();
    let says = |document: &Value, list: &str, fields: &[&str]| -> Vec<Value> {
        let items = document[list].as_array().into_iter().flatten();
        items.map(|item| fields.iter().map(|field| item[*field].clone()).collect()).collect()
    };
    const PHASE: [&str; 3] = ["Name", "IsOptionalPhase", "MinimumEnvironmentsBeforePromotion"];
    const PARAMETER: [&str; 4] = ["Name", "Label", "HelpText", "DefaultValue"];
    let mut checked = 0;
    for (kind, part, fields) in
        [("lifecycles", "Phases", &PHASE[..]), ("actiontemplates", "Parameters", &PARAMETER[..])]
    {
        let there = years.at_destination(kind);
        for source in list(&years.source, "Spaces-2", kind) {
            let same = there.iter().find(|other| other["Name"] == source["Name"]).expect("it is there");
            assert_eq!(says(same, part, fields), says(&source, part, fields), "{}", source["Name"]);
            let counts = |document: &Value| -> Vec<usize> {
                let phases = document["Phases"].as_array().into_iter().flatten();
                phases
                    .map(|phase| phase["AutomaticDeploymentTargets"].as_array().map_or(0, Vec::len))
                    .collect()
            };
            assert_eq!(counts(same), counts(&source), "{}", source["Name"]);
            checked += 1;
        }
    }
    assert!(checked > 4);
}

/// Terraform does not know it, and nothing but its name told it from the others.
#[test]
fn the_channel_that_came_with_a_project_stays_what_it_is_whatever_it_is_called() {
    let years = Years::with("shop");
    let text = |document: &Value, field: &str| document[field].as_str().expect("a text").to_owned();
    let channels = list(&years.source, "Spaces-2", "channels");
    let other = channels.iter().find(|channel| channel["Name"] != "Default").expect("another one");
    let project = other["ProjectId"].clone();
    let made =
        channels.iter().find(|channel| channel["Name"] == "Default" && channel["ProjectId"] == project);
    let (made, other) = (text(made.expect("the first one"), "Id"), text(other, "Id"));
    let called = |id: &str, name: &str| {
        years.change("channels", |channel| {
            if channel["Id"] == id {
                call(channel, name.to_owned());
            }
        });
    };
    let at_destination = |name: &str| {
        let names = years.names("channels");
        let mut of_name = names.iter().filter(|(_, there)| *there == name).map(|(id, _)| id.clone());
        let found = of_name.next().unwrap_or_else(|| panic!("no {name}: {names:?}"));
        assert_eq!(of_name.next(), None, "{name}");
        found
    };
    called(&made, "Trunk");
    called(&other, "Branch");
    years.migrate();
    let (trunk, branch) = (at_destination("Trunk"), at_destination("Branch"));
    called(&made, "Stem");
    years.migrate();
    assert_eq!(at_destination("Stem"), trunk);
    // They change names.
    called(&made, "aside");
    called(&other, "Stem");
    called(&made, "Branch");
    years.migrate();
    assert_eq!([at_destination("Branch"), at_destination("Stem")], [trunk, branch]);
    years.migrate().never_says("gives its name");
}

#[test]
fn a_step_that_lags_behind_its_template_is_not_made_anew() {
    let years = Years::with("shop");
    years.change("actiontemplates", |template| template["Description"] = json!("Another version."));
    years.migrate().never_says("destroyed octopusdeploy_process");
    // It stays so.
    years.migrate().never_says("to change, 1 to destroy");
}

#[test]
fn what_holds_secrets_or_goes_in_numbers_is_not_destroyed_unasked() {
    let years = Years::with("shop");
    let set = list(&years.source, "Spaces-2", "projects")
        .into_iter()
        .find(|project| project["Name"] == "Storefront Web")
        .expect("the project")["VariableSetId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/api/Spaces-2/variables/{set}");
    let whole = http(&years.source, "GET", &path, None).1;
    let with = |variables: Vec<Value>| {
        let mut set = http(&years.source, "GET", &path, None).1;
        set["Variables"] = json!(variables);
        assert_eq!(http(&years.source, "PUT", &path, Some(&set)).0, 200);
        years.serialize();
    };
    let variables = whole["Variables"].as_array().expect("variables").clone();
    // A placeholder stands for it, or what a person has entered since.
    with(variables.iter().filter(|variable| variable["Type"] != "Sensitive").cloned().collect());
    years.deploy().ends_with(1).says("a person may have entered its secret");
    // No list is empty all at once.
    with(variables.iter().filter(|variable| variable["Type"] == "Sensitive").cloned().collect());
    years.deploy().ends_with(1).says("more than a person is likely to delete");
    years.deploy().arg("--allow-destroy").ends_with(3);
}

#[test]
fn a_child_step_that_is_moved_to_another_step_is_made_anew_only_when_that_is_allowed() {
    let years = Years::with("shop");
    // The provider knows a child step by its parent, so it replaces this one; a person has entered its secret at the destination.
    let has_child = |process: &&Value| process.to_string().contains("\"Tell operations\"");
    let mut there = years.at_destination("deploymentprocesses");
    there.retain(|process| has_child(&process));
    for step in there[0]["Steps"].as_array_mut().expect("steps") {
        for action in step["Actions"].as_array_mut().expect("actions") {
            if action["Name"] == "Tell operations" {
                action["Properties"]["Tell.Key"] =
                    json!({"HasValue": true, "NewValue": "by hand", "Hint": null});
            }
        }
    }
    let path =
        format!("/api/{}/deploymentprocesses/{}", years.space(), there[0]["Id"].as_str().expect("an id"));
    assert_eq!(http(&years.destination, "PUT", &path, Some(&there[0])).0, 200);
    let mut moved = 0;
    years.change("deploymentprocesses", |process| {
        let steps = process["Steps"].as_array_mut().expect("steps");
        let from = steps.iter().position(|step| step["Actions"].as_array().is_some_and(|all| all.len() > 2));
        let Some(from) = from else { return };
        let to = (0..steps.len()).find(|at| *at != from).expect("another step");
        let child = steps[from]["Actions"].as_array_mut().expect("actions").pop().expect("a child step");
        steps[to]["Actions"].as_array_mut().expect("actions").push(child);
        moved += 1;
    });
    assert_eq!(moved, 1);
    years.serialize();
    years.deploy().ends_with(1).says("it holds a secret that no run can read").says("--allow-destroy");
    years.deploy().arg("--allow-destroy").ends_with(3).is_settled();
}
