//! Names of projects that change hands between two migrations. Each project has a module of its own, deployed with the others or alone, in any
//! order; what a project has at the destination stays its own: its id, what people have entered, and what refers to it.

use std::collections::BTreeMap;

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Ended, fault, http, sandbox_with_empty_space};
use crate::years::{Years, list};

const BY_HAND: &str = "entered by hand";

/// Three projects that a variable of a library set is limited to, one each; at the destination somebody has entered a secret in each.
struct Three {
    years: Years,
    /// Id at the source → id at the destination.
    ids: BTreeMap<String, String>,
}

fn text(document: &Value, field: &str) -> String {
    document[field].as_str().unwrap_or_default().to_owned()
}

fn post(server: &Sandbox, kind: &str, document: &Value) -> Value {
    let (status, made) = http(server, "POST", &format!("/api/Spaces-2/{kind}"), Some(document));
    assert!((200..300).contains(&status), "{kind}: {made}");
    made
}

fn make_project(source: &Sandbox, name: &str, sets: &[String]) -> Value {
    let first = |kind: &str| list(source, "Spaces-2", kind)[0]["Id"].clone();
    let project = json!({"Name": name, "LifecycleId": first("lifecycles"), "ProjectGroupId": first("projectgroups"),
                         "IncludedLibraryVariableSetIds": sets});
    let project = post(source, "projects", &project);
    let path = format!("/api/Spaces-2/variables/{}", text(&project, "VariableSetId"));
    let mut set = http(source, "GET", &path, None).1;
    set["Variables"] = json!([
        {"Id": "", "Name": "Token", "Type": "Sensitive", "IsSensitive": true, "Value": "of the source", "Scope": {}},
        {"Id": "", "Name": "Own", "Type": "String", "Value": text(&project, "Id"), "Scope": {}},
    ]);
    assert_eq!(http(source, "PUT", &path, Some(&set)).0, 200);
    project
}

impl Three {
    fn new(names: [&str; 3]) -> Self {
        let source = sandbox_with_empty_space("Shop");
        let set = json!({"Name": "Limited", "ContentType": "Variables"});
        let set = post(&source, "libraryvariablesets", &set);
        let projects = names.map(|name| make_project(&source, name, &[text(&set, "Id")]));
        let path = format!("/api/Spaces-2/variables/{}", text(&set, "VariableSetId"));
        let mut variables = http(&source, "GET", &path, None).1;
        let limited = projects.each_ref().map(|project| {
            let id = text(project, "Id");
            json!({"Id": "", "Name": format!("Of.{id}"), "Type": "String", "Value": "x", "Scope": {"Project": [id]}})
        });
        variables["Variables"] = json!(limited);
        assert_eq!(http(&source, "PUT", &path, Some(&variables)).0, 200);
        let years = Years::from(source);
        let there: BTreeMap<String, String> =
            years.names("projects").into_iter().map(|(id, name)| (name, id)).collect();
        let ids = projects.iter().map(|project| (text(project, "Id"), there[&text(project, "Name")].clone()));
        let three = Self { ids: ids.collect(), years };
        three.enter();
        three
    }

    fn enter(&self) {
        for project in self.years.at_destination("projects") {
            let path = format!("/api/{}/variables/{}", self.years.space(), text(&project, "VariableSetId"));
            let mut set = http(&self.years.destination, "GET", &path, None).1;
            for variable in set["Variables"].as_array_mut().expect("variables") {
                if variable["Type"] == "Sensitive" {
                    variable["Value"] = json!(BY_HAND);
                }
            }
            assert_eq!(http(&self.years.destination, "PUT", &path, Some(&set)).0, 200);
        }
    }

    /// Renames projects of the source, with names in between.
    fn rename(&self, to: &[(&str, &str)]) {
        let all = list(&self.years.source, "Spaces-2", "projects");
        let put = |id: &str, name: &str| {
            let path = format!("/api/Spaces-2/projects/{id}");
            let mut project = http(&self.years.source, "GET", &path, None).1;
            project["Name"] = json!(name);
            assert_eq!(http(&self.years.source, "PUT", &path, Some(&project)).0, 200, "{path}");
        };
        let id = |name: &str| {
            text(all.iter().find(|project| project["Name"] == *name).expect("the project"), "Id")
        };
        for (from, _) in to {
            put(&id(from), &format!("{from} in between"));
        }
        for (from, to) in to {
            put(&id(from), to);
        }
    }

    fn delete(&self, name: &str) {
        let all = list(&self.years.source, "Spaces-2", "projects");
        let project = all.iter().find(|project| project["Name"] == *name).expect("the project");
        let path = format!("/api/Spaces-2/projects/{}", text(project, "Id"));
        // Nothing refers to it any more.
        for set in list(&self.years.source, "Spaces-2", "libraryvariablesets") {
            let path = format!("/api/Spaces-2/variables/{}", text(&set, "VariableSetId"));
            let mut variables = http(&self.years.source, "GET", &path, None).1;
            let limited = |variable: &Value| variable["Scope"]["Project"] != json!([project["Id"]]);
            variables["Variables"].as_array_mut().expect("variables").retain(limited);
            assert_eq!(http(&self.years.source, "PUT", &path, Some(&variables)).0, 200);
        }
        assert_eq!(http(&self.years.source, "DELETE", &path, None).0, 200);
        // What `serialize all` says to do with its folder.
        std::fs::remove_dir_all(self.years.modules().join("projects").join(text(project, "Slug")))
            .expect("its module");
    }

    /// The folders of the modules: the space's, then the projects' by the names that these have.
    fn modules(&self, projects: &[&str]) -> Vec<std::path::PathBuf> {
        let all = list(&self.years.source, "Spaces-2", "projects");
        let slug = |name: &&str| {
            text(all.iter().find(|project| project["Name"] == **name).expect("the project"), "Slug")
        };
        let folders = projects.iter().map(|name| self.years.modules().join("projects").join(slug(name)));
        [self.years.modules().join("space")].into_iter().chain(folders).collect()
    }

    /// As `migrate` does it: one module after the other, each by a run of its own.
    fn one_by_one(&self, projects: &[&str]) {
        self.years.serialize();
        for module in self.modules(projects) {
            self.years.deploy_of(&module).ends_with_one_of(&[0, 3]).1.is_settled();
        }
    }

    /// All is as at the source, and what was there is where it was.
    #[track_caller]
    fn is_whole(&self) {
        let there = self.years.names("projects");
        for project in list(&self.years.source, "Spaces-2", "projects") {
            let Some(id) = self.ids.get(&text(&project, "Id")) else { continue };
            assert_eq!(there.get(id), Some(&text(&project, "Name")), "{id}");
        }
        let dump = self.years.destination.dump();
        let documents = &dump["Documents"][self.years.space()];
        for (source, id) in self.ids.iter().filter(|(_, id)| there.contains_key(*id)) {
            let set = text(&documents["projects"][id], "VariableSetId");
            let secrets = dump["Secrets"][&set].as_object().cloned().unwrap_or_default();
            assert_eq!(secrets.values().collect::<Vec<_>>(), [BY_HAND], "{id}");
            let variables = documents["variables"][&set]["Variables"].as_array().expect("variables").clone();
            let own = variables.iter().find(|variable| variable["Name"] == "Own").expect("its own id");
            assert_eq!(own["Value"], **id, "{id}");
            let sets = documents["variables"].as_object().expect("sets").values();
            let mut all = sets.flat_map(|set| set["Variables"].as_array().expect("variables"));
            let limited = all.find(|variable| variable["Name"] == format!("Of.{source}"));
            if let Some(limited) = limited {
                assert_eq!(limited["Scope"]["Project"], json!([id]), "what is limited to {source}");
            }
        }
        let passing = there.values().find(|name| name.contains("until it is renamed"));
        assert_eq!(passing, None);
    }

    /// The next migration has nothing to do.
    #[track_caller]
    fn rests(&self) -> Ended {
        self.years.serialize();
        let (_, ended) = self.years.deploy().ends_with_one_of(&[0, 3]);
        ended.is_settled().never_says(" to make, 1 to change").never_says("is now");
        self.is_whole();
        ended
    }
}

#[test]
fn projects_that_change_names_keep_what_they_have() {
    for changes in [&[("A", "C"), ("C", "B"), ("B", "A")][..], &[("C", "B"), ("B", "D"), ("A", "C")]] {
        let three = Three::new(["A", "B", "C"]);
        three.rename(changes);
        three.years.migrate();
        three.is_whole();
        three.rests();
    }
}

#[test]
fn also_when_each_is_deployed_alone_in_any_order() {
    for (changes, order) in
        [(&[("A", "B"), ("B", "A")][..], ["A", "B", "C"]), (&[("A", "B"), ("B", "D")], ["B", "D", "C"])]
    {
        let three = Three::new(["A", "B", "C"]);
        three.rename(changes);
        three.one_by_one(&order);
        three.is_whole();
        three.rests();
    }
}

#[test]
fn a_deployment_that_ended_in_between_is_completed() {
    for after in [0, 2] {
        let three = Three::new(["A", "B", "C"]);
        three.rename(&[("A", "B"), ("B", "C"), ("C", "A")]);
        three.years.serialize();
        let space = three.years.space();
        fault(
            &three.years.destination,
            json!({"method": "PUT", "path": format!("/api/{space}/projects/"), "kind": "drop", "after": after, "times": 20}),
        );
        three.years.deploy().ends_with(1);
        http(&three.years.destination, "DELETE", "/sandbox/faults", None);
        three.years.migrate();
        three.is_whole();
        three.rests();
    }
}

#[test]
fn a_new_project_gets_the_name_of_one_that_was_renamed() {
    let three = Three::new(["A", "B", "C"]);
    three.rename(&[("A", "Z")]);
    make_project(&three.years.source, "A", &[]);
    three.years.migrate();
    three.is_whole();
    three.rests();
    assert_eq!(three.years.names("projects").len(), 4);
    // Alone, before the other one's module.
    three.rename(&[("B", "Y")]);
    make_project(&three.years.source, "B", &[]);
    three.one_by_one(&["B", "A", "Z", "Y", "C"]);
    three.is_whole();
    assert_eq!(three.years.names("projects").len(), 5);
}

#[test]
fn a_deleted_project_is_nobody_elses_and_goes_when_that_is_allowed() {
    let three = Three::new(["A", "B", "C"]);
    three.delete("A");
    let said = "the project \"A\" (Projects-1) is gone from the source, and stays";
    three.years.migrate().says(said);
    // Made again under its name: another one, which gets nothing of the first.
    make_project(&three.years.source, "A", &[]);
    three.years.serialize();
    three
        .years
        .deploy()
        .ends_with(1)
        .says("the destination has these already")
        .says(said)
        .says("nothing was written");
    assert_eq!(three.years.names("projects").len(), 3);
    three
        .years
        .deploy()
        .arg("--allow-destroy")
        .ends_with_one_of(&[0, 3])
        .1
        .says("deleted the project \"A\"")
        .is_settled();
    three.is_whole();
    three.rests().never_says("is gone from the source");
    assert_eq!(three.years.names("projects").len(), 3);

    // One that is renamed to the name of another one that is gone.
    three.delete("B");
    three.rename(&[("C", "B")]);
    three.years.serialize();
    three.years.deploy().ends_with(1).says("can't have its name").says("--allow-destroy");
    three
        .years
        .deploy()
        .arg("--allow-destroy")
        .ends_with_one_of(&[0, 3])
        .1
        .says("deleted the project \"B\"")
        .is_settled();
    three.is_whole();
    three.rests();
    assert_eq!(three.years.names("projects").len(), 2);
}
