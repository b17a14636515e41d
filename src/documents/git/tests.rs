//! What becomes of a project stored in Git: branch and database merged into an ordinary one.

use expect_test::expect;
use serde_json::{Value, json};

use super::*;
use crate::collection::Collection;

/// Two projects in Git, the first with two branches; one ordinary one.
fn space() -> Inventory {
    let state = json!({"VariablesAreInGit": true, "RunbooksAreInGit": true});
    let in_git = |id: &str| {
        json!({"Id": id, "Name": id, "VariableSetId": format!("variableset-{id}"), "IsVersionControlled": true,
            "DeploymentProcessId": format!("deploymentprocess-{id}"), "ReleaseNotesTemplate": "old", "ProvisioningRunbookId": "do-it",
            "PersistenceSettings": {"Type": "VersionControlled", "DefaultBranch": "main", "ConversionState": state}})
    };
    let step = |name: &str| json!({"Name": name, "Actions": [{"Name": name, "WorkerPoolId": "linux", "Environments": ["prod", "Environments-2"]}]});
    let branch = |name: &str, variables: Value| {
        json!({"Id": format!("Projects-1/{name}"), "ProjectId": "Projects-1", "Name": name, "Commits": [],
            "DeploymentProcess": {"Steps": [step(name)]},
            "DeploymentSettings": {"ReleaseNotesTemplate": "new", "ConnectivityPolicy": {"TargetRoles": ["web"]}},
            "Variables": variables,
            "Runbooks": [{"Name": "Do it", "Slug": "do-it", "Environments": ["prod"], "Process": {"Steps": [step("run")]}}]})
    };
    let dump = json!({"Documents": {"Spaces-1": {
        "environments": {"Environments-1": {"Id": "Environments-1", "Name": "Production", "Slug": "prod"},
                         "Environments-2": {"Id": "Environments-2", "Name": "Test", "Slug": "test"}},
        "workerpools": {"WorkerPools-1": {"Id": "WorkerPools-1", "Name": "Linux", "Slug": "linux"}},
        "projects": {"Projects-1": in_git("Projects-1"), "Projects-2": in_git("Projects-2"),
                     "Projects-3": {"Id": "Projects-3", "Name": "Plain", "PersistenceSettings": {"Type": "Database"}}},
        "variables": {"variableset-Projects-1": {"Id": "variableset-Projects-1", "OwnerId": "Projects-1", "Version": 7, "Variables": [
            {"Id": "s", "Name": "Secret", "Type": "Sensitive", "IsSensitive": true, "Value": null},
            {"Id": "x", "Name": "Stray", "Type": "String", "Value": "nobody sees it"}]}},
        "projecttriggers": {"ProjectTriggers-1": {"Id": "ProjectTriggers-1", "ProjectId": "Projects-1", "Action": {"RunbookId": "do-it"}}},
        "gitbranches": {
            "Projects-1/main": branch("main", json!([
                {"Id": "p", "Name": "Plain", "Type": "String", "Value": "of main", "Scope": {"Environment": ["prod"], "ProcessOwner": ["do-it"]}}])),
            "Projects-1/a": branch("a", json!([])),
            "Projects-2/main": {"Id": "Projects-2/main", "ProjectId": "Projects-2", "Name": "main", "Unread": "No way to git.example."}
        }
    }}});
    Inventory::from_dump(&dump, "Spaces-1").expect("the space")
}

fn get<'a>(inventory: &'a Inventory, collection: Collection, id: &str) -> &'a Document {
    inventory.get(collection, id).unwrap_or_else(|| panic!("{collection} {id}"))
}

fn text(document: &Document) -> String {
    Value::Object(document.fields().clone()).to_string()
}

#[test]
fn a_branch_and_the_secrets_of_the_database_make_an_ordinary_project() {
    let mut inventory = space();
    into_ordinary(&mut inventory);

    let names: Vec<&str> = get(&inventory, Collection::Variables, "variableset-Projects-1")
        .list("Variables")
        .iter()
        .filter_map(|variable| variable["Name"].as_str())
        .collect();
    assert_eq!(names, ["Plain", "Secret"], "of the branch, then of the database; stray ones are gone");
    let set = get(&inventory, Collection::Variables, "variableset-Projects-1");
    assert_eq!(set.get("Version"), Some(&json!(7)));
    assert_eq!(
        set.list("Variables")[0]["Scope"],
        json!({"Environment": ["Environments-1"], "ProcessOwner": ["Runbooks-do-it-Projects-1"]})
    );
    expect![[r#"{"Id":"deploymentprocess-Projects-1","ProjectId":"Projects-1","SpaceId":null,"Steps":[{"Name":"main","Actions":[{"Name":"main","WorkerPoolId":"WorkerPools-1","Environments":["Environments-1","Environments-2"]}]}]}"#]].assert_eq(&text(get(&inventory, Collection::DeploymentProcesses, "deploymentprocess-Projects-1")));
    expect![[r#"{"Id":"deploymentsettings-Projects-1","ProjectId":"Projects-1","SpaceId":null}"#]]
        .assert_eq(&text(get(&inventory, Collection::DeploymentSettings, "deploymentsettings-Projects-1")));
    expect![[r#"{"Id":"Runbooks-do-it-Projects-1","ProjectId":"Projects-1","SpaceId":null,"Slug":"do-it","RunbookProcessId":"RunbookProcess-Runbooks-do-it-Projects-1","PublishedRunbookSnapshotId":null,"Name":"Do it","Environments":["Environments-1"]}"#]].assert_eq(&text(get(&inventory, Collection::Runbooks, "Runbooks-do-it-Projects-1")));
    expect![[r#"{"Id":"RunbookProcess-Runbooks-do-it-Projects-1","ProjectId":"Projects-1","SpaceId":null,"RunbookId":"Runbooks-do-it-Projects-1","Steps":[{"Name":"run","Actions":[{"Name":"run","WorkerPoolId":"WorkerPools-1","Environments":["Environments-1","Environments-2"]}]}]}"#]].assert_eq(&text(get(
        &inventory,
        Collection::RunbookProcesses,
        "RunbookProcess-Runbooks-do-it-Projects-1",
    )));
    let project = get(&inventory, Collection::Projects, "Projects-1");
    assert!(!project.flag("IsVersionControlled"));
    assert_eq!(project.text("ReleaseNotesTemplate"), Some("new"));
    assert_eq!(project.get("ProjectConnectivityPolicy"), Some(&json!({"TargetRoles": ["web"]})));
    assert_eq!(project.text("ProvisioningRunbookId"), Some("Runbooks-do-it-Projects-1"));
    let trigger = get(&inventory, Collection::ProjectTriggers, "ProjectTriggers-1");
    assert_eq!(trigger.get("Action"), Some(&json!({"RunbookId": "Runbooks-do-it-Projects-1"})));
    assert_eq!(kept(&inventory, project), Kept::Branch("main"));
    assert_eq!(inventory.all(BRANCHES).count(), 2, "the other branch is gone");
}

#[test]
fn what_could_not_be_read_stays_as_it_is_and_is_reported() {
    let mut inventory = space();
    let before = get(&inventory, Collection::Projects, "Projects-2").clone();
    assert!(matches!(
        kept(&inventory, get(&inventory, Collection::Projects, "Projects-1")),
        Kept::Unread { .. }
    ));
    into_ordinary(&mut inventory);
    assert_eq!(get(&inventory, Collection::Projects, "Projects-2"), &before);
    let unread = Kept::Unread { branch: "main", why: "No way to git.example." };
    assert_eq!(kept(&inventory, &before), unread);
    assert_eq!(kept(&inventory, get(&inventory, Collection::Projects, "Projects-3")), Kept::Database);
    let again = inventory.clone();
    into_ordinary(&mut inventory);
    assert!(inventory == again, "once is enough");
}

#[test]
fn plain_variables_in_the_database_stay_where_variables_are_not_in_git() {
    let mut inventory = space();
    let branch = inventory.get_mut(BRANCHES, "Projects-1/main").expect("the branch");
    branch.fields_mut().insert("Variables".to_owned(), Value::Null);
    into_ordinary(&mut inventory);
    assert_eq!(get(&inventory, Collection::Variables, "variableset-Projects-1").list("Variables").len(), 2);
}
