//! `check`: a space that can move, and everything that can be in the way.

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::support::{
    Ended, Run, fault, http, octoferry, pretended_package, sandbox_with, sandbox_with_empty_space,
    space_file, user_with,
};

fn check(source: &Sandbox, destination: &Sandbox) -> Run {
    octoferry(["check"]).source(source, "Letterbox").destination(destination, "Other")
}

fn servers() -> (Sandbox, Sandbox) {
    (sandbox_with("small-web"), sandbox_with_empty_space("Other"))
}

/// The space small-web, changed before it is loaded.
fn source_with(change: impl Fn(&mut Value)) -> Sandbox {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("small-web")).expect("it is there"))
            .expect("it is there");
    change(&mut dump["Documents"]["Spaces-2"]);
    Sandbox::launch(Options { documents: vec![dump], ..Options::default() }).expect("it is there")
}

/// The first document of a collection.
fn first<'a>(space: &'a mut Value, collection: &str) -> &'a mut Value {
    space[collection].as_object_mut().expect("it is there").values_mut().next().expect("it is there")
}

/// Weight and text of the findings of one check.
fn findings<'a>(report: &'a Value, check: &str) -> Vec<(&'a str, &'a str)> {
    let text = |finding: &'a Value, name: &str| finding[name].as_str().expect("a text");
    let all = report["Findings"].as_array().expect("it is there").iter();
    all.filter(|finding| finding["Check"] == check)
        .map(|finding| (text(finding, "Weight"), text(finding, "Text")))
        .collect()
}

#[track_caller]
fn found(ended: &Ended, check: &str, weight: &str, text: &str) {
    let report = ended.json();
    let findings = findings(&report, check);
    assert!(
        findings.iter().any(|finding| finding.0 == weight && finding.1.contains(text)),
        "{weight} {text:?} is none of {findings:#?}"
    );
}

#[test]
fn a_space_that_can_move_is_reported_with_what_is_left_to_a_person_and_nothing_is_written() {
    let (source, destination) = servers();
    let (before, beside) = (source.dump(), destination.dump());
    let ended = check(&source, &destination).arg("--json").ends_with(3);
    for check in ["source-reachable", "destination-reachable", "source-version", "destination-version"] {
        found(&ended, check, "Fine", "");
    }
    for check in ["source-permissions", "destination-permissions", "source-task-queue", "source-read"] {
        found(&ended, check, "Fine", "");
    }
    found(
        &ended,
        "destination-licence",
        "Fine",
        "Projects at the destination: 0 used, no limit, 1 more will come",
    );
    found(&ended, "destination-licence", "Fine", "Machines at the destination");
    found(&ended, "collisions", "Fine", "nothing under the names");
    found(&ended, "secrets", "Fine", "secrets are read by the runbooks");
    found(&ended, "backup", "Known", "back up the source");
    found(&ended, "shared-targets", "Known", "the same 3 targets");
    found(&ended, "lifecycles-without-phases", "Known", "\"Default Lifecycle\"");
    found(&ended, "package-retention", "Known", "30 days");
    found(&ended, "secrets-with-expressions", "Known", "can't be seen");
    found(&ended, "cost", "Known", "minutes where a server allows 200 a minute");
    found(&ended, "worker-pool", "Person", "the Octopus Server itself");
    let report = ended.json();
    assert!(report["Findings"].as_array().unwrap().iter().all(|finding| finding["Weight"] != "Stops"));
    let projects = report["Counts"].as_array().unwrap().iter().find(|count| count["Of"] == "projects");
    assert_eq!(projects, Some(&json!({"Of": "projects", "Source": 1, "Destination": 0})));
    assert!(report["Cost"]["DestinationRequests"].as_u64().unwrap() > 100, "{}", report["Cost"]);
    assert_eq!(report["Source"]["Space"], "Letterbox");

    let ended = check(&source, &destination).ends_with(3);
    ended.says("The migration can begin; what stands behind \"warning\" is for you.");
    assert!(ended.stdout.contains("projects"), "{}", ended.stdout);
    assert_eq!((source.dump(), destination.dump()), (before, beside));
    for sandbox in [&source, &destination] {
        assert!(sandbox.requests().iter().all(|request| request["Method"] == "GET"), "only reads");
    }
}

#[test]
fn what_is_not_given_is_wrong_usage() {
    let source = sandbox_with("small-web");
    octoferry(["check"]).source(&source, "Letterbox").ends_with(2).says("--destination-url");
}

#[test]
fn servers_that_can_not_be_reached_are_both_reported() {
    let source = sandbox_with("small-web");
    let ended = octoferry(["check"])
        .server("SOURCE", &source.url(), "Letterbox", "API-WRONGWRONGWRONG")
        .server("DESTINATION", "http://127.0.0.1:1", "Other", "API-X")
        .ends_with(1);
    ended
        .says("the source server")
        .says("does not accept the API key (401)")
        .says("the destination server http://127.0.0.1:1 can't be reached")
        .says("The migration can't begin")
        .never_says("API-WRONGWRONGWRONG");
    octoferry(["check"])
        .source(&source, "Letterbox")
        .destination(&source, "Spaces-2")
        .ends_with(1)
        .says("source and destination are the same space");
    octoferry(["check"])
        .source(&source, "Leterbox")
        .destination(&source, "Letterbox")
        .ends_with(1)
        .says("\"Letterbox\" (Spaces-2)")
        .says("ok  the destination server");
}

#[test]
fn old_servers_are_reported() {
    let server = |version: &str, load: bool| {
        let load = if load { vec![space_file("small-web")] } else { Vec::new() };
        let spaces = vec!["Other".to_owned()];
        Sandbox::launch(Options { load, spaces, server_version: version.to_owned(), ..Options::default() })
            .unwrap()
    };
    let old = server("2024.2.99", true);
    check(&old, &server("2025.2.1", false))
        .ends_with(1)
        .says("the source server is Octopus 2024.2.99; octoferry was made for 2024.4 and later")
        .says("makes lifecycles only on 2025.3 or later");
    check(&old, &server("2023.4.8166", false))
        .ends_with(1)
        .says("the Terraform provider needs 2024.4 or later");
    check(&old, &server("0.0.0-local", false)).ends_with(3).says("it can't be compared");
}

#[test]
fn missing_permissions_are_named() {
    let (source, destination) = servers();
    let reader = user_with(&source, &["SpaceView", "ProjectView"]);
    let writer = user_with(&destination, &["SpaceView", "EnvironmentView"]);
    let ended = octoferry(["check", "--json"])
        .server("SOURCE", &source.url(), "Letterbox", &reader)
        .server("DESTINATION", &destination.url(), "Other", &writer)
        .ends_with(1);
    found(&ended, "source-permissions", "Stops", "lacks permissions to read the space: AccountView, ");
    found(
        &ended,
        "source-permissions",
        "Stops",
        "to seed the space and run the runbooks: ActionTemplateCreate, ",
    );
    found(&ended, "source-read", "Stops", "(403)");
    found(&ended, "destination-permissions", "Stops", "EnvironmentCreate, EnvironmentEdit, ");
}

#[test]
fn a_server_that_shows_not_all_permissions_is_not_taken_at_its_word() {
    let (source, destination) = servers();
    let permissions = json!({
        "SpacePermissions": {
            "ProjectView": [{"SpaceId": "Spaces-2", "RestrictedToProjectIds": ["Projects-1"]}],
            "TenantView": [{"SpaceId": "Spaces-2"}],
        },
        "SystemPermissions": [], "IsPermissionsComplete": false,
    });
    fault(&source, json!({"path": "/permissions", "kind": "status", "status": 200, "body": permissions}));
    let ended = check(&source, &destination).arg("--json").ends_with(3);
    found(&ended, "source-permissions", "Person", "may be held all the same");
    found(
        &ended,
        "source-permissions",
        "Person",
        "only for some projects, environments or tenants: ProjectView",
    );
    fault(&destination, json!({"path": "/permissions", "kind": "status", "status": 403}));
    let ended = check(&source, &destination).arg("--json").ends_with(3);
    found(&ended, "destination-permissions", "Known", "doesn't tell what the key's owner may do");
}

#[test]
fn snapshots_need_a_permission_since_2026_3() {
    for (version, is_wanted) in [("2026.3.400", true), ("2026.2.9000", false)] {
        let source = Sandbox::launch(Options {
            load: vec![space_file("small-web")],
            server_version: version.to_owned(),
            ..Options::default()
        })
        .unwrap();
        let reader = user_with(&source, &["SpaceView"]);
        let destination = sandbox_with_empty_space("Other");
        let ended = octoferry(["check"])
            .server("SOURCE", &source.url(), "Letterbox", &reader)
            .destination(&destination, "Other")
            .ends_with(1);
        let said = ended.stdout + &ended.stderr;
        assert_eq!(said.contains("RunbookSnapshotCreate"), is_wanted, "{version}: {said}");
    }
}

#[test]
fn a_stopped_queue_and_maintenance_stop() {
    let destination = sandbox_with_empty_space("Other");
    let source = sandbox_with("small-web");
    let (_, mut space) = http(&source, "GET", "/api/spaces/Spaces-2", None);
    space["TaskQueueStopped"] = json!(true);
    http(&source, "PUT", "/api/spaces/Spaces-2", Some(&space));
    let maintenance = json!({"path": "/api/serverstatus$", "kind": "status", "status": 200, "body": {"IsInMaintenanceMode": true}});
    fault(&source, maintenance);
    let health = json!({"path": "/api/serverstatus/health$", "kind": "status", "status": 200, "body": {"IsEntireClusterReadOnly": true}});
    fault(&destination, health);
    let ended = check(&source, &destination).arg("--json").ends_with(1);
    found(
        &ended,
        "source-task-queue",
        "Stops",
        "the task queue of the source space \"Letterbox\" is stopped",
    );
    found(&ended, "source-maintenance", "Person", "this key's owner is one");
    found(&ended, "destination-health", "Stops", "read-only");
    let reader = user_with(&source, &["SpaceView"]);
    octoferry(["check"])
        .server("SOURCE", &source.url(), "Letterbox", &reader)
        .destination(&destination, "Other")
        .ends_with(1)
        .says("error: the source server is in maintenance mode");
}

#[test]
fn a_licence_without_room_stops_and_one_that_is_not_shown_does_not() {
    let (source, destination) = servers();
    let limits = |projects: u64, targets: u64| {
        json!({"Limits": [
            {"Name": "Projects", "CurrentUsage": 5, "EffectiveLimit": projects, "IsUnlimited": false},
            {"Name": "Targets", "CurrentUsage": 1, "EffectiveLimit": targets, "IsUnlimited": false},
        ]})
    };
    let told = |limits: Value| json!({"path": "licenses-current-status", "kind": "status", "status": 200, "body": limits, "times": 1});
    fault(&destination, told(limits(10, 3)));
    fault(&source, told(limits(5, 100)));
    let ended = check(&source, &destination).arg("--json").ends_with(1);
    found(
        &ended,
        "destination-licence",
        "Fine",
        "Projects at the destination: 5 of 10 used, 1 more will come",
    );
    found(&ended, "destination-licence", "Stops", "Machines: 1 of 3 are used, 3 more would come");
    found(&ended, "source-licence", "Stops", "Projects: 5 of 5 are used, 1 more would come");
    fault(
        &destination,
        json!({"path": "licenses-current-status", "kind": "status", "status": 403, "times": 1}),
    );
    fault(&source, json!({"path": "licenses-current-status", "kind": "status", "status": 403, "times": 1}));
    let ended = check(&source, &destination).arg("--json").ends_with(3);
    found(&ended, "destination-licence", "Known", "doesn't tell this user");
}

#[test]
fn accounts_that_do_not_allow_our_environment_are_named() {
    let (source, destination) = servers();
    let ended = check(&source, &destination).arg("--json").ends_with(3);
    found(&ended, "restricted-accounts", "Person", "account \"Letterbox backup\"");
    let source = source_with(|space| {
        for account in space["accounts"].as_object_mut().unwrap().values_mut() {
            account["EnvironmentIds"] = json!([]);
        }
    });
    let ended = check(&source, &sandbox_with_empty_space("Other")).arg("--json").ends_with(3);
    found(&ended, "restricted-accounts", "Fine", "");
    found(&ended, "spread", "Known", "octoferry spread would change, and collapse puts back");
}

#[test]
fn what_is_in_the_way_in_the_space_is_reported() {
    let source = source_with(|space| {
        let variables = first(space, "variables")["Variables"].as_array_mut().unwrap();
        variables.push(json!({"Id": "v-1", "Name": "OctopusPrintVariables", "Value": "True", "Type": "String", "Scope": {}}));
        variables.push(json!({
            "Id": "v-2", "Name": "Who", "Value": "", "Type": "String", "Scope": {},
            "Prompt": {"Label": "Who", "Description": "", "Required": true, "DisplaySettings": {}},
        }));
        let environment = first(space, "environments");
        environment["Name"] = json!("Octoferry");
        first(space, "projects")["IsDisabled"] = json!(true);
    });
    let ended = check(&source, &sandbox_with_empty_space("Other")).arg("--json").ends_with(1);
    found(&ended, "printed-variables", "Stops", "OctopusPrintVariables");
    found(&ended, "required-prompt", "Known", "\"Who\"");
    found(&ended, "names-of-octoferry", "Stops", "there is already a environment \"Octoferry\"");
    found(&ended, "disabled-projects", "Known", "\"Letterbox Web\"");
}

#[test]
fn projects_in_git_are_named() {
    let source = source_with(|space| {
        let project = first(space, "projects");
        project["IsVersionControlled"] = json!(true);
        project["PersistenceSettings"] = json!({
            "Type": "VersionControlled", "Url": "https://git.example/x.git", "DefaultBranch": "main", "BasePath": ".octopus",
            "ConversionState": {"VariablesAreInGit": true, "RunbooksAreInGit": true},
        });
    });
    let ended = check(&source, &sandbox_with_empty_space("Other")).arg("--json").ends_with(3);
    found(&ended, "runbooks-in-git", "Known", "the branch \"octoferry\" of the repository");
    found(
        &ended,
        "will-not-go",
        "Person",
        "the branch \"main\" of https://git.example/x.git (base path .octopus)",
    );
}

#[test]
fn linux_workers_are_looked_for() {
    let with = |system: &str, pool_is_default: bool| {
        source_with(|space| {
            let pools = space["workerpools"].as_object().unwrap();
            let pool =
                pools.values().find(|pool| pool["IsDefault"] == pool_is_default).unwrap()["Id"].clone();
            space["workers"] = json!({"Workers-1": {
                "Id": "Workers-1", "Name": "one", "SpaceId": "Spaces-2", "WorkerPoolIds": [pool], "IsDisabled": false,
                "OperatingSystem": system, "ShellName": "Unknown", "HealthStatus": "Healthy",
                "Endpoint": {"CommunicationStyle": "TentaclePassive", "Uri": "https://one.example:10933/", "Thumbprint": "AA"},
            }});
        })
    };
    let look = |system: &str, pool_is_default: bool, code: i32| {
        let source = with(system, pool_is_default);
        check(&source, &sandbox_with_empty_space("Other")).arg("--json").ends_with(code)
    };
    let fine = "the worker pool \"Default Worker Pool\", which seed takes, has Linux workers";
    found(&look("Linux", true, 3), "worker-pool", "Fine", fine);
    let fine = "the worker pool \"Office workers\", which seed takes, has Linux workers";
    found(&look("Linux", false, 3), "worker-pool", "Fine", fine);
    let (source, destination) = (with("Linux", false), sandbox_with_empty_space("New"));
    let folder = tempfile::tempdir().expect("a folder");
    octoferry(["seed", "--yes", "--backend", "local", "--backend-config", "path=/var/lib/states"])
        .option("--package", pretended_package(folder.path()))
        .source(&source, "Spaces-2")
        .destination(&destination, "New")
        .ends_with(0)
        .says("on the worker pool \"Office workers\"");
    found(&look("Windows", true, 1), "worker-pool", "Stops", "no worker of the space runs Linux");
    found(&look("Unknown", true, 3), "worker-pool", "Person", "can't be seen");
}

#[test]
fn names_that_are_taken_at_the_destination_are_reported() {
    let (source, destination) = servers();
    let (status, answer) =
        http(&destination, "POST", "/api/Spaces-2/environments", Some(&json!({"Name": "production"})));
    assert_eq!(status, 201, "{answer}");
    let ended = check(&source, &destination).arg("--json").ends_with(3);
    found(&ended, "collisions", "Person", "environments: \"Production\"");
}

#[test]
fn what_will_not_go_and_secrets_of_a_person_are_reported() {
    let ended = octoferry(["check", "--json"])
        .source(&sandbox_with("shop"), "Tallow & Wick")
        .destination(&sandbox_with_empty_space("Other"), "Other")
        .ends_with(3);
    found(&ended, "secrets-of-a-person", "Person", "Git credential");
    found(&ended, "will-not-go", "Known", "");
    let report = ended.json();
    let notes = report["Notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["code"] == "person-secret"), "{notes:#?}");
    assert!(
        !ended.stdout.contains("shop-2q9z-") && !ended.stderr.contains("shop-2q9z-"),
        "no secret is said"
    );
}

#[test]
fn teams_that_may_run_everywhere_are_named() {
    let (source, destination) = servers();
    let (_, role) = http(
        &source,
        "POST",
        "/api/userroles",
        Some(&json!({"Name": "Runner", "GrantedSpacePermissions": ["RunbookRunCreate"]})),
    );
    let (_, team) = http(
        &source,
        "POST",
        "/api/teams",
        Some(
            &json!({"Name": "On call", "SpaceId": "Spaces-2", "MemberUserIds": [], "ExternalSecurityGroups": []}),
        ),
    );
    let (status, answer) = http(
        &source,
        "POST",
        "/api/scopeduserroles",
        Some(&json!({"UserRoleId": role["Id"], "TeamId": team["Id"], "SpaceId": "Spaces-2"})),
    );
    assert_eq!(status, 201, "{answer}");
    let ended = check(&source, &destination).arg("--json").ends_with(3);
    found(&ended, "teams-that-may-run", "Known", "\"On call\"");
}

#[test]
fn a_seeded_space_is_checked_as_it_was() {
    let (source, destination) = servers();
    let folder = tempfile::tempdir().unwrap();
    octoferry(["seed", "--yes", "--backend", "local", "--backend-config", "path=/var/tmp/states"])
        .option("--package", pretended_package(folder.path()))
        .source(&source, "Letterbox")
        .destination(&destination, "Other")
        .ends_with(0);
    let ended = check(&source, &destination).arg("--json").ends_with(3);
    let report = ended.json();
    let projects =
        report["Counts"].as_array().unwrap().iter().find(|count| count["Of"] == "projects").cloned();
    assert_eq!(projects, Some(json!({"Of": "projects", "Source": 1, "Destination": 0})));
    assert!(findings(&report, "names-of-octoferry").is_empty());
}

#[test]
fn what_a_deployment_would_stop_at_is_told_before() {
    let destination = sandbox_with_empty_space("Other");
    let first = |collection: &str| {
        let (_, page) = http(&destination, "GET", &format!("/api/Spaces-2/{collection}?take=10"), None);
        page["Items"][0]["Id"].clone()
    };
    let project = json!({"Name": "Theirs", "ProjectGroupId": first("projectgroups"), "LifecycleId": first("lifecycles")});
    assert_eq!(http(&destination, "POST", "/api/Spaces-2/projects", Some(&project)).0, 201);
    let source = sandbox_with("small-web");
    fault(
        &source,
        json!({"path": "/api/octopusservernodes", "kind": "status", "status": 200,
                          "body": {"Items": [{"Name": "one", "IsInMaintenanceMode": true}]}}),
    );
    let ended = check(&source, &destination).arg("--json").ends_with(1);
    found(&ended, "defaults-in-use", "Person", "Default Lifecycle");
    found(&ended, "source-nodes", "Stops", "all nodes of the source server are drained");
}
