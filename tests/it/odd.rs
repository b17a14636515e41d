//! Spaces with one odd thing each (`tests/cases`): all that lives arrives, the oddity is one note that names document and field, the second plan
//! is empty, and nothing differs but what a note names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::support::{fault, http, octoferry, space_file, terraform_config};

/// The destination's space.
const NEW: &str = "New";

struct Move {
    source: Sandbox,
    destination: Sandbox,
    work: tempfile::TempDir,
}

impl Move {
    /// Serializes and deploys a case: a second plan is empty, and nothing differs that no note explains.
    fn of(case: &str) -> Self {
        Self::after(case, |_| {})
    }

    /// The same to a destination that was changed before.
    fn after(case: &str, change: impl FnOnce(&Sandbox)) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(format!("{case}.json"));
        Self::from(Options { load: vec![file], ..Options::default() }, change)
    }

    /// The same of `small-web` with a change in what its server holds.
    fn with(change: impl FnOnce(&mut Value)) -> Self {
        Self::of_space("small-web", change)
    }

    /// The same of a space of `tests/spaces`.
    fn of_space(space: &str, change: impl FnOnce(&mut Value)) -> Self {
        let mut dump =
            serde_json::from_slice(&std::fs::read(space_file(space)).expect("the space")).expect("JSON");
        change(&mut dump);
        Self::from(Options { documents: vec![dump], ..Options::default() }, |_| {})
    }

    fn from(options: Options, change: impl FnOnce(&Sandbox)) -> Self {
        let destination = Options { spaces: vec![NEW.to_owned()], ..Options::default() };
        let moved = Self {
            source: Sandbox::launch(options).expect("the source starts"),
            destination: Sandbox::launch(destination).expect("the destination starts"),
            work: tempfile::tempdir().expect("a folder"),
        };
        change(&moved.destination);
        octoferry(["serialize", "all"])
            .option("--out", moved.modules())
            .source(&moved.source, "Spaces-2")
            .ends_with(3);
        moved.deploy().ends_with(3);
        moved.deploy().arg("--plan").ends_with(0);
        octoferry(["verify", "--notes"])
            .arg(moved.modules())
            .source(&moved.source, "Spaces-2")
            .destination(&moved.destination, NEW)
            .ends_with(0);
        moved
    }

    fn modules(&self) -> PathBuf {
        self.work.path().join("modules")
    }

    fn deploy(&self) -> crate::support::Run {
        octoferry(["deploy", "--placeholders"])
            .state_below(&self.work.path().join("state"))
            .arg(self.modules())
            .destination(&self.destination, NEW)
            .env("TF_CLI_CONFIG_FILE", terraform_config())
    }

    /// `collection field` of the notes with this code, each once.
    #[track_caller]
    fn notes(&self, code: &str, expected: &[&str]) {
        let mut found = BTreeSet::new();
        for path in crate::support::files_below(&self.modules()) {
            if path.ends_with("octoferry.json") {
                let text = std::fs::read(self.modules().join(path)).expect("a manifest");
                let manifest: Value = serde_json::from_slice(&text).expect("JSON");
                for note in
                    manifest["notes"].as_array().expect("notes").iter().filter(|note| note["code"] == code)
                {
                    let text = |field: &str| note[field].as_str().unwrap_or_default().to_owned();
                    assert!(
                        found.insert(format!("{} {}", text("collection"), text("field"))),
                        "{note} is not alone"
                    );
                }
            }
        }
        assert_eq!(found, expected.iter().map(|&note| note.to_owned()).collect(), "notes of {code}");
    }

    /// A document of the destination by name.
    fn arrived(&self, collection: &str, name: &str) -> Value {
        let dump = self.destination.dump();
        let spaces = dump["Documents"].as_object().expect("spaces").values();
        let mut documents =
            spaces.filter_map(|space| space[collection].as_object()).flat_map(|all| all.values());
        let found = documents.rfind(|document| document["Name"] == name).cloned();
        found.unwrap_or_else(|| panic!("{collection} {name} is not there"))
    }

    /// The variables of the destination's project.
    fn variables(&self, project: &str) -> Vec<Value> {
        let id = self.arrived("projects", project)["VariableSetId"].as_str().expect("an id").to_owned();
        let dump = self.destination.dump();
        let mut spaces = dump["Documents"].as_object().expect("spaces").values();
        let set = spaces.find_map(|space| space["variables"].get(&id)).expect("the set");
        set["Variables"].as_array().expect("a list").clone()
    }
}

#[test]
fn nothing_dead_stops_a_project() {
    let moved = Move::of("dangling");
    moved.notes(
        "dead-reference",
        &[
            "deploymentprocesses Steps/Gone channel/Actions/Gone channel/Channels",
            "deploymentprocesses Steps/Gone env/Actions/Gone env/Environments",
            "deploymentprocesses Steps/Gone excluded/Actions/Gone excluded/ExcludedEnvironments",
            "deploymentprocesses Steps/Gone feed/Actions/Gone feed/Packages/x/FeedId",
            "deploymentprocesses Steps/Gone release/Actions/Gone release/Packages/0/PackageId",
            "deploymentprocesses Steps/Gone release/Actions/Gone release/Properties/Octopus.Action.DeployRelease.ProjectId",
            "deploymentprocesses Steps/Gone tag/Actions/Gone tag/TenantTags",
            "deploymentprocesses Steps/Gone team/Actions/Gone team/Properties/Octopus.Action.Manual.ResponsibleTeamIds",
            "deploymentprocesses Steps/Gone template/Actions/Gone template/Properties/Octopus.Action.Template.Id",
            "deploymentprocesses Steps/Gone template/Actions/Gone template/Properties/Octopus.Action.Template.Version",
            "variables Variables/Gone.Account/Value",
            "variables Variables/Gone.Cert/Value",
            "variables Variables/Gone.Channel/Scope/Channel",
            "variables Variables/Gone.Env/Scope/Environment",
            "variables Variables/Gone.EnvAndOne/Scope/Environment",
            "variables Variables/Gone.Machine/Scope/Machine",
            "variables Variables/Gone.Pool/Value",
            "variables Variables/Gone.Process/Scope/ProcessOwner",
            "variables Variables/Gone.Secret/Scope/Environment",
        ],
    );
    let text = moved.destination.dump().to_string();
    for dead in ["Feeds-77", "Projects-77", "Accounts-77", "WorkerPools-77", "Teams-77", "Certificates-77"] {
        assert!(!text.contains(dead), "{dead} is at the destination");
    }
    let variables = moved.variables("Letterbox Web");
    let named = |name: &str| variables.iter().filter(|variable| variable["Name"] == name).count();
    // What could never apply must not apply everywhere.
    assert_eq!(["Gone.Env", "Gone.Secret", "Gone.Machine", "Gone.EnvAndOne"].map(named), [0, 0, 0, 1]);
}

#[test]
fn values_with_dead_scopes() {
    Move::of("dangling-scope").notes(
        "dead-reference",
        &[
            "variables Variables/Gone.Channel/Scope/Channel",
            "variables Variables/Gone.Machine/Scope/Machine",
            "variables Variables/Gone.MachineAndOne/Scope/Machine",
        ],
    );
}

#[test]
fn a_release_of_a_project_that_is_gone() {
    Move::of("deploy-release-gone").notes(
        "dead-reference",
        &[
            "deploymentprocesses Steps/Gone release/Actions/Gone release/Packages/0/PackageId",
            "deploymentprocesses Steps/Gone release/Actions/Gone release/Properties/Octopus.Action.DeployRelease.ProjectId",
        ],
    );
}

#[test]
fn a_pool_that_is_gone() {
    Move::of("worker-pool-variable-gone").notes("dead-reference", &["variables Variables/Gone.Pool/Value"]);
}

#[test]
fn an_empty_entry_is_none() {
    Move::of("included-sets-empty").notes("dead-reference", &["projects IncludedLibraryVariableSetIds"]);
}

#[test]
fn a_tenants_environment_that_is_gone() {
    Move::of("tenant-gone-environment").notes("dead-reference", &["tenants ProjectEnvironments/Orders API"]);
}

#[test]
fn a_container_with_a_feed_and_no_image() {
    Move::of("container-no-image").notes("dead-reference", &[]);
}

#[test]
fn a_choice_without_options() {
    Move::of("prompt-no-options").notes("odd-value", &["variables Variables/Pr.One/Prompt/DisplaySettings"]);
}

#[test]
fn a_hidden_parameter_with_a_default_in_plain_text() {
    Move::of("bound-default").notes("default", &["actiontemplates Parameters/Tell.Second/DefaultValue"]);
}

/// Names of a collection at the destination, in order.
fn names(sandbox: &Sandbox, collection: &str) -> Vec<String> {
    let (_, page) = http(sandbox, "GET", &format!("/api/Spaces-2/{collection}?take=1000"), None);
    let items = page["Items"].as_array().into_iter().flatten();
    let mut names: Vec<String> = items.filter_map(|item| Some(item["Name"].as_str()?.to_owned())).collect();
    names.sort();
    names
}

#[test]
fn what_every_server_makes_is_known_again_under_another_name() {
    let rename = |destination: &Sandbox, collection: &str, to: &str| {
        let (_, page) = http(destination, "GET", &format!("/api/Spaces-2/{collection}?take=10"), None);
        let mut document = page["Items"][0].clone();
        document["Name"] = to.into();
        let path = format!("/api/Spaces-2/{collection}/{}", document["Id"].as_str().expect("an id"));
        assert_eq!(http(destination, "PUT", &path, Some(&document)).0, 200);
    };
    let renamed = |destination: &Sandbox| {
        rename(destination, "lifecycles", "Theirs");
        rename(destination, "projectgroups", "Theirs");
        rename(destination, "workerpools", "Theirs");
        rename(destination, "machinepolicies", "Theirs");
    };
    for moved in [Move::of("renamed-defaults"), Move::after("renamed-defaults", renamed)] {
        for (collection, expected) in [
            ("lifecycles", &["Letterbox hotfix", "Letterbox releases", "Standard"][..]),
            ("projectgroups", &["Everything else", "Letterbox"]),
            ("workerpools", &["Main pool", "Office workers"]),
            ("machinepolicies", &["House policy"]),
        ] {
            assert_eq!(names(&moved.destination, collection), expected, "{collection}");
        }
        for (collection, slug) in
            [("lifecycles", "default-lifecycle"), ("workerpools", "default-worker-pool")]
        {
            let (_, page) =
                http(&moved.destination, "GET", &format!("/api/Spaces-2/{collection}?take=10"), None);
            let found = page["Items"].as_array().expect("items").iter().filter(|item| item["Slug"] == slug);
            assert_eq!(found.count(), 1, "{page}");
        }
    }
}

#[test]
fn values_that_say_nothing_in_every_way() {
    Move::of("odd-values").notes("dead-reference", &[]);
}

#[test]
fn nothing_in_its_other_form() {
    Move::of("other-nothing").notes("dead-reference", &[]);
}

#[test]
fn a_project_without_a_lifecycle_is_left_out_and_nothing_else() {
    let moved = Move::with(|dump| {
        let of_space = &mut dump["Documents"]["Spaces-2"];
        let mut bare = of_space["projects"]["Projects-1"].clone();
        for (field, value) in [
            ("Id", json!("Projects-9")),
            ("Name", json!("Bare")),
            ("Slug", json!("bare")),
            ("LifecycleId", Value::Null),
            ("VariableSetId", json!("variableset-Projects-9")),
            ("DeploymentProcessId", json!("deploymentprocess-Projects-9")),
        ] {
            bare[field] = value;
        }
        of_space["projects"]["Projects-9"] = bare;
        of_space["variables"]["variableset-Projects-9"] = json!({"Id": "variableset-Projects-9",
            "OwnerId": "Projects-9", "SpaceId": "Spaces-2", "Version": 0, "Variables": []});
        of_space["deploymentprocesses"]["deploymentprocess-Projects-9"] = json!({"Id": "deploymentprocess-Projects-9",
            "ProjectId": "Projects-9", "SpaceId": "Spaces-2", "Version": 0, "Steps": []});
    });
    moved.notes("not-carried", &["projects "]);
    assert_eq!(names(&moved.destination, "projects"), ["Letterbox Web"]);
}

/// A variable of a library set or project in a dump.
fn add_variable(dump: &mut Value, owner: &str, name: &str, value: &str, scope: &Value) {
    let set = &mut dump["Documents"]["Spaces-2"]["variables"][format!("variableset-{owner}")]["Variables"];
    let number = set.as_array().expect("variables").len();
    set.as_array_mut().expect("variables").push(json!({"Id": format!("0dd0dd00-0000-4000-8000-{number:012}"),
        "Name": name, "Value": value, "Type": "String", "Scope": scope, "IsEditable": true, "IsSensitive": false,
        "Description": "", "Prompt": null}));
}

/// Values that are projects, of the space and of projects that name each other, wait for these and stop nothing; so do scopes of triggers, and a
/// template whose steps deploy a project.
#[test]
fn what_names_a_project_before_it_is_there_waits_for_it() {
    let moved = Move::of_space("shop", |dump| {
        add_variable(dump, "LibraryVariableSets-1", "Odd.Project", "Projects-5", &json!({}));
        add_variable(
            dump,
            "LibraryVariableSets-1",
            "Odd.Limited",
            "x",
            &json!({"Trigger": ["ProjectTriggers-1"]}),
        );
        add_variable(dump, "Projects-5", "Odd.Other", "Projects-6", &json!({}));
        add_variable(dump, "Projects-6", "Odd.Other", "Projects-5", &json!({}));
        dump["Documents"]["Spaces-2"]["actiontemplates"]["ActionTemplates-9"] = json!({
            "Id": "ActionTemplates-9", "Name": "Deploy the search", "ActionType": "Octopus.DeployRelease", "SpaceId": "Spaces-2",
            "Version": 2, "Parameters": [], "Properties": {"Octopus.Action.DeployRelease.ProjectId": "Projects-4"},
            "Packages": [{"Id": "p", "Name": "", "PackageId": "Projects-4", "FeedId": "Feeds-4", "AcquisitionLocation": "NotAcquired", "Properties": {}}]});
    });
    let id = |name: &str| moved.arrived("projects", name)["Id"].as_str().expect("an id").to_owned();
    let value = |project: &str| {
        let variables = moved.variables(project);
        variables.iter().find(|variable| variable["Name"] == "Odd.Other").expect("the variable")["Value"]
            .clone()
    };
    assert_eq!(value("Storefront Web"), id("Shared Database"));
    assert_eq!(value("Shared Database"), id("Storefront Web"));
    let template = moved.arrived("actiontemplates", "Deploy the search");
    assert_eq!(template["Properties"]["Octopus.Action.DeployRelease.ProjectId"], id("Search"));
    assert_eq!(template["Packages"][0]["PackageId"], id("Search"));
    let (_, page) =
        http(&moved.destination, "GET", "/api/Spaces-2/libraryvariablesets?partialName=Database", None);
    let set = page["Items"][0]["VariableSetId"].as_str().expect("an id").to_owned();
    let (_, set) = http(&moved.destination, "GET", &format!("/api/Spaces-2/variables/{set}"), None);
    let of = |name: &str| {
        set["Variables"].as_array().expect("a list").iter().find(|item| item["Name"] == name).cloned()
    };
    assert_eq!(of("Odd.Project").expect("the variable")["Value"], id("Storefront Web"));
    let trigger = moved.arrived("projecttriggers", "New machine in the barn");
    assert_eq!(of("Odd.Limited").expect("the variable")["Scope"]["Trigger"], json!([trigger["Id"]]));
}

/// A person's words that look like ids are words, also to `verify`: names of things, packages.
#[test]
fn words_that_look_like_ids() {
    let moved = Move::of_space("shop", |dump| {
        let of_space = &mut dump["Documents"]["Spaces-2"];
        of_space["tenants"]["Tenants-1"]["Name"] = json!("Tenants-2");
        of_space["environments"]["Environments-1"]["Name"] = json!("Projects-1");
        let action =
            &mut of_space["deploymentprocesses"]["deploymentprocess-Projects-1"]["Steps"][0]["Actions"][0];
        action["Packages"][0]["PackageId"] = json!("Projects-2");
        action["Properties"]["Octopus.Action.Package.PackageId"] = json!("Projects-2");
    });
    moved.notes("id-in-text", &[]);
    moved.notes("project-cycle", &[]);
    let process = moved.arrived("projects", "Warehouse Sync")["DeploymentProcessId"].clone();
    let path = format!("/api/Spaces-2/deploymentprocesses/{}", process.as_str().expect("an id"));
    let (_, process) = http(&moved.destination, "GET", &path, None);
    assert_eq!(process["Steps"][0]["Actions"][0]["Packages"][0]["PackageId"], "Projects-2");
}

/// What the provider's client refuses or crashes on is made by finish; a trigger on a date of the month has no day of the week.
#[test]
fn what_the_providers_client_can_not_read() {
    let moved = Move::of_space("shop", |dump| {
        let of_space = &mut dump["Documents"]["Spaces-2"];
        let mut add = |collection: &str, prefix: &str, documents: &[Value]| {
            for (number, document) in documents.iter().enumerate() {
                let id = format!("{prefix}-{}", 90 + number);
                of_space[collection][&id] = document.clone();
                of_space[collection][&id]["Id"] = json!(id);
                of_space[collection][&id]["Slug"] = json!(format!("{}-{number}", prefix.to_lowercase()));
            }
        };
        let untenanted = "Untenanted";
        add(
            "accounts",
            "Accounts",
            &[
                json!({"Name": "Nothing", "AccountType": "None", "TenantedDeploymentParticipation": untenanted}),
                json!({"Name": "All", "AccountType": "UsernamePassword", "Username": "ops", "TenantedDeploymentParticipation": untenanted}),
                json!({"Name": "Half", "AccountType": "AzureOidc", "SubscriptionNumber": null, "TenantId": null, "ClientId": null,
                "TenantedDeploymentParticipation": untenanted}),
            ],
        );
        add(
            "feeds",
            "Feeds",
            &[
                json!({"Name": "User alone", "FeedType": "AzureContainerRegistry", "FeedUri": "https://a.example", "Username": "u"}),
                json!({"Name": "Nobody's buckets", "FeedType": "GcsStorage", "Project": "p", "UseServiceAccountKey": false}),
            ],
        );
        let filter = &mut of_space["projecttriggers"]["ProjectTriggers-3"]["Filter"];
        filter["MonthlyScheduleType"] = json!("DateOfMonth");
        filter["DateOfMonth"] = json!("L");
        filter["DayOfWeek"] = Value::Null;
        filter["DayNumberOfMonth"] = Value::Null;
    });
    assert_eq!(moved.arrived("accounts", "Nothing")["AccountType"], "None");
    assert_eq!(moved.arrived("accounts", "All")["Username"], "ops");
    assert_eq!(moved.arrived("feeds", "User alone")["Username"], "u");
    assert_eq!(moved.arrived("projecttriggers", "New index each month")["Filter"]["DayOfWeek"], Value::Null);
}

/// The provider crashes on a cluster whose authentication names nothing, whatever its type is, and refuses an SSH worker without an account.
#[test]
fn clusters_and_workers_that_name_no_account_or_certificate() {
    let types = ["KubernetesStandard", "KubernetesCertificate", "KubernetesPodService"];
    let moved = Move::of_space("infrastructure", |dump| {
        let workers = dump["Documents"]["Spaces-2"]["workers"].as_object_mut().expect("workers");
        let by_ssh = |worker: &&mut Value| worker["Endpoint"]["CommunicationStyle"] == "Ssh";
        workers.values_mut().find(by_ssh).expect("a worker")["Endpoint"]["AccountId"] = json!("");
        let machines = &mut dump["Documents"]["Spaces-2"]["machines"];
        let of_cluster = |machine: &&Value| {
            machine["Endpoint"]["Authentication"]["AuthenticationType"] == "KubernetesStandard"
        };
        let mut all = machines.as_object().expect("machines").values();
        let model = all.find(of_cluster).expect("a cluster").clone();
        for (number, name) in types.iter().enumerate() {
            let mut machine = model.clone();
            let id = format!("Machines-{}", 900 + number);
            machine["Id"] = json!(id);
            machine["Name"] = json!(name);
            machine["Slug"] = json!(name.to_lowercase());
            machine["Endpoint"]["Authentication"] = json!({"AuthenticationType": name, "AccountId": null, "ClientCertificate": "", "TokenPath": ""});
            machines[&id] = machine;
        }
    });
    for name in types {
        let arrived = moved.arrived("machines", name);
        assert_eq!(arrived["Endpoint"]["Authentication"]["AuthenticationType"], name);
    }
}

#[test]
fn a_text_of_a_free_tag_set_waits_for_the_set() {
    let moved = Move::with(|dump| {
        let of_space = &mut dump["Documents"]["Spaces-2"];
        of_space["tagsets"]["TagSets-9"] = json!({"Id": "TagSets-9", "Name": "Remark", "Type": "FreeText", "Scopes": ["Tenant", "Environment"],
            "SortOrder": 4, "SpaceId": "Spaces-2", "Tags": []});
        of_space["tenants"]["Tenants-9"] = json!({"Id": "Tenants-9", "Name": "Told", "Slug": "told", "SpaceId": "Spaces-2",
            "ProjectEnvironments": {}, "TenantTags": ["Remark/in any words"]});
        let environments = of_space["environments"].as_object_mut().expect("environments");
        environments.values_mut().for_each(|one| one["EnvironmentTags"] = json!(["Remark/in other words"]));
    });
    assert_eq!(moved.arrived("tenants", "Told")["TenantTags"], json!(["Remark/in any words"]));
}

#[test]
fn a_team_that_is_called_like_one_of_the_server_is_a_team_of_its_own() {
    let moved = Move::of_space("operations", |dump| {
        dump["Documents"]["Server"]["teams"]["Teams-1"]["Name"] = json!("Everyone");
    });
    let (_, page) = http(&moved.destination, "GET", "/api/teams?includeSystem=true&take=100", None);
    let teams = page["Items"].as_array().expect("teams").iter();
    let ids: Vec<&str> =
        teams.filter(|team| team["Name"] == "Everyone").filter_map(|team| team["Id"].as_str()).collect();
    assert!(ids.len() == 2 && ids.contains(&"teams-everyone"), "{page}");
}

#[test]
fn a_slug_that_did_not_stay_is_said() {
    let destination = Options { spaces: vec![NEW.to_owned()], ..Options::default() };
    let moved = Move {
        source: crate::support::sandbox_with("small-web"),
        destination: Sandbox::launch(destination).expect("the destination starts"),
        work: tempfile::tempdir().expect("a folder"),
    };
    let (_, page) = http(&moved.source, "GET", "/api/Spaces-2/environments?take=100", None);
    let mut environment = page["Items"][0].clone();
    environment["Slug"] = json!("quite-another");
    let path = format!("/api/Spaces-2/environments/{}", environment["Id"].as_str().expect("an id"));
    assert_eq!(http(&moved.source, "PUT", &path, Some(&environment)).0, 200);
    octoferry(["serialize", "all"])
        .option("--out", moved.modules())
        .source(&moved.source, "Spaces-2")
        .ends_with(3);
    // A server that takes the document and keeps its own slug.
    let answer = json!({"method": "PUT", "path": "/environments/Environments-", "kind": "status", "status": 200, "body": {}});
    fault(&moved.destination, answer);
    let name = environment["Name"].as_str().expect("a name");
    let said = moved.deploy().ends_with(3);
    let line = said.stderr.lines().find(|line| line.contains("the destination did not keep it"));
    let line = line.unwrap_or_else(|| panic!("{}", said.stderr));
    assert!(line.contains("Slug") && line.contains(name), "{line}");
}

/// Puts these in the place of what stands in fields of such a name, wherever one stands that says something.
fn say(value: &mut Value, instead: &[(&str, &str)]) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match instead.iter().find(|(field, _)| field == name).filter(|_| value.is_string()) {
                    Some((_, text)) => *value = json!(text),
                    None => say(value, instead),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| say(item, instead)),
        _ => {}
    }
}

/// A server looks up the steps that channels and projects name, and refuses what is not there.
#[test]
fn names_of_steps_that_are_gone() {
    let moved = Move::of_space("operations", |dump| {
        let gone = "0ddaaaaa-0000-4000-8000-000000000001";
        let instead = [
            ("DeploymentAction", "gone-step"),
            ("DeploymentActionSlug", "gone-step"),
            ("DonorPackageStepId", gone),
            ("ReleaseCreationPackageStepId", gone),
        ];
        let space = &mut dump["Documents"]["Spaces-2"];
        for collection in ["channels", "projects", "deploymentsettings"] {
            say(&mut space[collection], &instead);
        }
        let triggers = space["projecttriggers"].as_object_mut().expect("triggers");
        let fares = triggers.values_mut().find(|trigger| trigger["Name"] == "New fares");
        say(fares.expect("a trigger that waits for a package"), &instead);
    });
    moved.notes(
        "dead-reference",
        &[
            "channels GitResourceRules/0",
            "channels Rules/0",
            "projects AutoCreateRelease",
            "projects ReleaseCreationStrategy",
            "projects ReleaseCreationStrategy/ReleaseCreationPackageStepId",
            "projects VersioningStrategy",
            "projects VersioningStrategy/DonorPackageStepId",
            "projecttriggers ",
        ],
    );
    let dump = moved.destination.dump().to_string();
    assert!(!dump.contains("gone-step"), "a name that the server does not know is there");
}
