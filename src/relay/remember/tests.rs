//! What is remembered, and what each write makes forgotten.

use axum::http::HeaderMap;
use serde_json::json;

use super::*;

fn begin(memory: &Remember, method: &Method, path: &str) -> Result<Answer, Box<Begun>> {
    memory.begin(&Request::new(method.clone(), path))
}

/// Sends a request, which the server answers with this document unless the memory does; what was answered.
fn send(memory: &Remember, method: &Method, path: &str, document: Value) -> Value {
    let answer = match begin(memory, method, path) {
        Ok(answer) => answer,
        Err(begun) => {
            let answer = answered(document);
            memory.ended(*begun, Some(&answer));
            answer
        }
    };
    serde_json::from_slice(&answer.body).unwrap()
}

fn answered(document: Value) -> Answer {
    Answer { status: StatusCode::OK, headers: HeaderMap::new(), body: document.to_string().into() }
}

const SET: &str = "/api/Spaces-1/variables/variableset-Projects-1";
const PROJECT: &str = "/api/Spaces-1/projects/Projects-1";

#[test]
fn what_was_read_is_remembered_until_something_is_written() {
    let memory = Remember::default();
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!(1)), 1);
    assert_eq!(send(&memory, &Method::GET, "/api/spaces-1/Projects/projects-1", json!(2)), 1);
    assert_eq!(send(&memory, &Method::GET, &format!("{PROJECT}?x=1"), json!(3)), 3);
    assert_eq!(send(&memory, &Method::GET, "/api/spaces/Spaces-1/projects/Projects-1", json!(4)), 1);
    send(&memory, &Method::POST, "/api/Spaces-1/runbooks", json!(5));
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!(6)), 1, "a runbook is no part of it");
    send(&memory, &Method::POST, "/api/Spaces-1/something-new", json!(7));
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!(8)), 8);
    memory.written(&Method::PUT, &Address::parse(PROJECT));
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!(9)), 9, "octoferry's own writes count");
}

#[test]
fn a_write_makes_forgotten_what_it_may_have_changed_and_no_more() {
    let paths = [
        "lifecycles?take=9",
        "environments/Environments-1",
        "environments/Environments-1/machines",
        "variables/variableset-Projects-1",
        "tenants/Tenants-1",
        "tenants/Tenants-1/projectvariables",
        "projects/Projects-1/runbooks",
        "deploymentprocesses/deploymentprocess-Projects-1",
        "actiontemplates/A-1/versions/2",
    ];
    let forgets = |method: Method, path: &str| -> Vec<&str> {
        let memory = Remember::default();
        for path in paths {
            send(&memory, &Method::GET, &format!("/api/Spaces-1/{path}"), json!("old"));
        }
        send(&memory, &method, &format!("/api/Spaces-1/{path}"), json!({}));
        let is_new = |path: &&&str| {
            send(&memory, &Method::GET, &format!("/api/Spaces-1/{path}"), json!("new")) == "new"
        };
        paths.iter().filter(is_new).copied().collect()
    };
    assert_eq!(forgets(Method::POST, "environments"), [paths[2]]);
    assert_eq!(forgets(Method::PUT, "environments/Environments-1"), [paths[1], paths[2]]);
    assert_eq!(forgets(Method::PUT, "tenants/Tenants-1/commonvariables"), [] as [&str; 0]);
    assert_eq!(forgets(Method::PUT, "tenants/Tenants-1/projectvariables"), [paths[5]]);
    assert_eq!(forgets(Method::POST, "tenants/Tenants-1/variables"), [paths[5]]);
    assert_eq!(forgets(Method::PUT, "tenants/Tenants-1"), [paths[2], paths[4], paths[5]]);
    assert_eq!(forgets(Method::PUT, "tenants/Tenants-2"), [paths[2]]);
    assert_eq!(forgets(Method::POST, "projects"), [paths[2], paths[6]]);
    assert_eq!(forgets(Method::PUT, "projects/Projects-2"), [paths[2], paths[5], paths[6]]);
    assert_eq!(forgets(Method::POST, "runbooks"), [paths[2], paths[6]]);
    let inside = [paths[2], paths[3], paths[4], paths[5], paths[6], paths[7]];
    assert_eq!(forgets(Method::POST, "projects/Projects-1/git/convert"), inside);
    assert_eq!(forgets(Method::DELETE, "lifecycles/Lifecycles-1"), paths);
    assert_eq!(forgets(Method::PUT, "tagsets/TagSets-1"), paths);
    assert_eq!(forgets(Method::POST, "teams"), [paths[2]]);
    assert_eq!(forgets(Method::PUT, "variables/variableset-Projects-1"), [paths[3]]);
}

#[test]
fn a_plan_asks_for_what_was_written() {
    let memory = Remember::default();
    let set = json!({"Id": "variableset-Projects-1", "Variables": [], "ScopeValues": {}});
    send(&memory, &Method::GET, SET, set.clone());
    send(&memory, &Method::GET, PROJECT, json!("project"));
    memory.apply_begins();
    send(&memory, &Method::PUT, SET, set.clone());
    assert_eq!(send(&memory, &Method::GET, SET, json!("new")), set);
    memory.plan_begins();
    assert_eq!(send(&memory, &Method::GET, SET, json!("new")), "new");
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!("new")), "project");
}

#[test]
fn what_a_write_answers_is_the_document() {
    let memory = Remember::default();
    memory.is_looked_at_later(true);
    let tenant = json!({"Id": "Tenants-1", "Name": "a"});
    let at = "/api/Spaces-1/tenants/Tenants-1";
    send(&memory, &Method::POST, "/api/Spaces-1/tenants", tenant.clone());
    memory.plan_begins();
    assert_eq!(send(&memory, &Method::GET, at, json!("new")), tenant);
    let linked = json!({"Id": "Tenants-1", "Name": "b"});
    send(&memory, &Method::PUT, at, linked.clone());
    send(&memory, &Method::PUT, &format!("{at}/projectvariables"), json!({"Variables": []}));
    assert_eq!(send(&memory, &Method::GET, at, json!("new")), linked);
    // Somebody else may have put it otherwise than the last to be answered.
    let (first, second) =
        (begin(&memory, &Method::PUT, at).unwrap_err(), begin(&memory, &Method::PUT, at).unwrap_err());
    memory.ended(*first, Some(&answered(tenant.clone())));
    memory.ended(*second, Some(&answered(linked)));
    assert_eq!(send(&memory, &Method::GET, at, json!("new")), "new");
    let certificate = json!({"Id": "Certificates-1"});
    send(&memory, &Method::POST, "/api/Spaces-1/certificates", certificate);
    assert_eq!(send(&memory, &Method::GET, "/api/Spaces-1/certificates/Certificates-1", json!("new")), "new");
}

#[test]
fn a_tag_set_that_is_only_added_to_changes_nothing_else() {
    let memory = Remember::default();
    let at = "/api/Spaces-1/tagsets/TagSets-1";
    let set = |names: &[&str]| {
        let tags: Vec<Value> = names.iter().map(|name| json!({"Name": name})).collect();
        json!({"Id": "TagSets-1", "Name": "Region", "Tags": tags})
    };
    let put = |names: &[&str]| {
        let request = Request::new(Method::PUT, at).with_body(set(names).to_string());
        let begun = memory.begin(&request).unwrap_err();
        memory.ended(*begun, Some(&answered(set(names))));
    };
    send(&memory, &Method::GET, at, set(&["East"]));
    send(&memory, &Method::GET, PROJECT, json!("project"));
    put(&["West", "East"]);
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!("new")), "project");
    assert_eq!(send(&memory, &Method::GET, at, json!("new")), set(&["West", "East"]));
    put(&["West", "Far east"]);
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!("new")), "new", "what had the tag has another");
}

#[test]
fn the_values_of_a_tenant_are_for_a_plan_as_a_write_has_answered() {
    let memory = Remember::default();
    memory.is_looked_at_later(true);
    let at = "/api/Spaces-1/tenants/Tenants-1/projectvariables?IncludeMissingVariables=";
    let values = json!({"Variables": [1]});
    memory.apply_begins();
    send(&memory, &Method::PUT, at, values.clone());
    assert_eq!(send(&memory, &Method::GET, at, json!("new")), "new", "there may be more to be made");
    let to = "/api/Spaces-1/tenants/Tenants-1/projectvariables";
    send(&memory, &Method::PUT, to, values.clone());
    assert_eq!(send(&memory, &Method::GET, &format!("{to}?x=1"), json!("new")), "new");
    send(&memory, &Method::PUT, to, values.clone());
    memory.plan_begins();
    assert_eq!(send(&memory, &Method::GET, at, json!("new")), values, "by its own address too");
    send(&memory, &Method::PUT, "/api/Spaces-1/tenants/Tenants-1", json!({"Id": "Tenants-1"}));
    assert_eq!(send(&memory, &Method::GET, at, json!("new")), "new");
}

#[test]
fn what_is_written_in_part_is_read_again_after_some_time() {
    let memory = Remember::default();
    let others = "/api/Spaces-1/lifecycles?take=9";
    for path in [PROJECT, others] {
        send(&memory, &Method::GET, path, json!("old"));
    }
    for remembered in memory.lock().answers.values_mut() {
        remembered.about.since -= GOOD_FOR;
    }
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!("new")), "old", "a plan writes nothing");
    memory.apply_begins();
    assert_eq!(send(&memory, &Method::GET, others, json!("new")), "old");
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!("new")), "new");
}

#[test]
fn a_written_variable_set_is_known_and_changes_nothing_else() {
    let memory = Remember::default();
    let of_version = |version: u32, scopes: Value| json!({"Id": "variableset-Projects-1", "Version": version, "Variables": [], "ScopeValues": scopes});
    let set = |version: u32| of_version(version, json!({"Roles": []}));
    send(&memory, &Method::GET, SET, set(1));
    send(&memory, &Method::GET, PROJECT, json!("project"));
    send(&memory, &Method::GET, "/api/Spaces-1/variables?ids=x", json!("list"));
    send(&memory, &Method::PUT, SET, of_version(2, json!({})));
    assert_eq!(send(&memory, &Method::GET, SET, set(9)), set(2));
    assert_eq!(send(&memory, &Method::GET, PROJECT, json!("other")), "project");
    assert_eq!(send(&memory, &Method::GET, "/api/Spaces-1/variables?ids=x", json!("new")), "new");
    // An answer that is not the document tells nothing.
    send(&memory, &Method::PUT, SET, json!({"Id": "variableset-Projects-1"}));
    assert_eq!(send(&memory, &Method::GET, SET, set(10)), set(10));
}

#[test]
fn what_was_asked_during_a_write_is_not_remembered() {
    let memory = Remember::default();
    let read = begin(&memory, &Method::GET, SET).unwrap_err();
    let write = begin(&memory, &Method::PUT, SET).unwrap_err();
    memory.ended(*read, Some(&answered(json!("old"))));
    assert!(begin(&memory, &Method::GET, SET).is_err());
    let read = begin(&memory, &Method::GET, SET).unwrap_err();
    memory.ended(*write, Some(&answered(json!("no document"))));
    memory.ended(*read, Some(&answered(json!("old or new"))));
    assert!(begin(&memory, &Method::GET, SET).is_err());
}

#[test]
fn a_refused_write_forgets_everything() {
    let memory = Remember::default();
    send(&memory, &Method::GET, PROJECT, json!("project"));
    let write = begin(&memory, &Method::PUT, SET).unwrap_err();
    memory.ended(*write, None);
    assert!(begin(&memory, &Method::GET, PROJECT).is_err());
}

#[test]
fn what_the_server_is_lasts() {
    let memory = Remember::default();
    send(&memory, &Method::GET, "/api/", json!("root"));
    send(&memory, &Method::DELETE, "/api/Spaces-1/environments/Environments-1", json!(1));
    assert_eq!(send(&memory, &Method::GET, "/api", json!("other")), "root");
    send(&memory, &Method::PUT, "/api/spaces/Spaces-1", json!(2));
    assert_eq!(send(&memory, &Method::GET, "/api", json!("other")), "other");
}
