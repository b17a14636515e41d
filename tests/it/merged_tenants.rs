//! What several modules write to tenants reaches the destination once: a tenant with all its links, and each list of its values. What others do meanwhile
//! stays, what the server refuses is named.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::lost::kill;
use crate::merged::{has_draft, said};
use crate::modules::Modules as Move;
use crate::support::{fault, http, until};

/// The requests about tenants, by method and route, with how often each.
pub(crate) fn about_tenants(requests: &[(String, String)]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (method, path) in requests.iter().filter(|(_, path)| path.contains("/tenant")) {
        let route: Vec<&str> = path.split('/').skip(3).collect();
        let route: Vec<&str> =
            route.iter().map(|part| if part.starts_with("Tenants-") { "{id}" } else { part }).collect();
        *counts.entry(format!("{method} {}", route.join("/"))).or_default() += 1;
    }
    counts
}

#[test]
fn each_tenant_more_costs_four_requests_more() {
    let counts = ["T10", "T20"].map(|size| about_tenants(&Move::of_size(size).requests_of_a_deployment()));
    let [ten, twenty] = counts.each_ref().map(|counts| counts.values().sum::<usize>());
    assert!(twenty - ten <= 10 * 4, "{counts:#?}");
}

impl Move {
    /// A document of the destination by its name.
    fn document_named(&self, list: &str, name: &str) -> Value {
        let all = self.get(&format!("/api/Spaces-2/{list}/all"));
        let found = all.as_array().expect("a list").iter().find(|one| one["Name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {list}")).clone()
    }

    fn id(&self, list: &str, name: &str) -> String {
        self.document_named(list, name)["Id"].as_str().expect("an id").to_owned()
    }

    fn values(&self, tenant: &str, of: &str) -> String {
        format!("/api/Spaces-2/tenants/{}/{of}", self.id("tenants", tenant))
    }

    /// The values of all tenants: whose, for what, where, and what; sorted.
    fn values_of_tenants(&self) -> Vec<String> {
        let mut found = Vec::new();
        for tenant in self.get("/api/Spaces-2/tenants/all").as_array().expect("tenants") {
            for of in ["projectvariables", "commonvariables"] {
                let values = self.get(&self.values(tenant["Name"].as_str().expect("a name"), of));
                for value in values["Variables"].as_array().expect("values") {
                    let template = value["Template"]["Name"].as_str().expect("a template");
                    let environments = value["Scope"]["EnvironmentIds"].as_array().map_or(0, Vec::len);
                    found
                        .push(format!("{} {template} in {environments}: {}", tenant["Name"], value["Value"]));
                }
            }
        }
        found.sort();
        found
    }

    /// Names of the projects of each tenant.
    fn links(&self) -> BTreeMap<String, Vec<String>> {
        let projects = self.get("/api/Spaces-2/projects/all");
        let name = |id: &String| {
            let mut projects = projects.as_array().expect("projects").iter();
            projects.find(|project| project["Id"] == id.as_str()).expect("the project")["Name"].to_string()
        };
        let links = |tenant: &Value| {
            let mut names: Vec<String> =
                tenant["ProjectEnvironments"].as_object().expect("links").keys().map(name).collect();
            names.sort();
            (tenant["Name"].to_string(), names)
        };
        self.get("/api/Spaces-2/tenants/all").as_array().expect("tenants").iter().map(links).collect()
    }

    /// Deploys, and does something when two of three projects are there, and nothing of tenants was sent.
    fn deploy_with_tenants_while(&self, does: impl Fn(&Self)) -> std::process::Output {
        let slow = json!({"method": "POST", "path": "/api/Spaces-2/projects$", "kind": "slow", "milliseconds": 6000, "after": 2});
        fault(&self.destination, slow);
        let log = self.work.path().join("log");
        let mut child = self.deploy().start(Stdio::from(fs::File::create(&log).expect("a log")));
        let is_project =
            |request: &&Value| request["Method"] == "POST" && request["Path"] == "/api/Spaces-2/projects";
        until("two projects", || {
            assert!(
                child.try_wait().expect("its state").is_none(),
                "{}",
                fs::read_to_string(&log).unwrap_or_default()
            );
            self.destination.requests().iter().filter(is_project).count() >= 2
        });
        does(self);
        let status = child.wait().expect("its end");
        std::process::Output { status, stdout: Vec::new(), stderr: fs::read(log).expect("its log") }
    }
}

#[test]
fn what_a_person_changes_of_tenants_while_projects_are_deployed_stays() {
    let one = Move::of_size("T10");
    let ended = one.deploy_with_tenants_while(|one| {
        // Of this tenant the module links the first project alone.
        let mut tenant = one.document_named("tenants", "Customer 3");
        let (project, environment) = (one.document_named("projects", "Service 2"), one.id("environments", "Test"));
        let project_id = project["Id"].as_str().expect("an id");
        tenant["ProjectEnvironments"] = json!({project_id: [environment]});
        tenant["Slug"] = json!("by-hand");
        one.put(&format!("/api/Spaces-2/tenants/{}", tenant["Id"].as_str().expect("an id")), &tenant);
        let value = json!({"ProjectId": project_id, "TemplateId": project["Templates"][0]["Id"], "Value": "by hand",
            "Scope": {"EnvironmentIds": [environment]}});
        one.put(&one.values("Customer 3", "projectvariables"), &json!({"Variables": [value]}));
    });
    assert_eq!(ended.status.code(), Some(3), "{}", said(&ended));
    let is_so = |one: &Move| {
        let tenant = one.document_named("tenants", "Customer 3");
        assert_eq!(tenant["Slug"], "by-hand", "{tenant}");
        assert_eq!(one.links()["\"Customer 3\""], ["\"Service 1\"", "\"Service 2\""]);
        let values = one.values_of_tenants();
        let of_tenant: Vec<&String> =
            values.iter().filter(|value| value.starts_with("\"Customer 3\"")).collect();
        assert_eq!(of_tenant.len(), 3, "{of_tenant:#?}");
        assert!(of_tenant.iter().any(|value| value.contains("by hand")), "{of_tenant:#?}");
    };
    is_so(&one);
    assert!(!has_draft(&one.states()));
    one.deploy().ends_with(3).is_settled();
    is_so(&one);
}

#[test]
fn a_value_that_the_server_refuses_is_named_and_all_others_are_set() {
    let one = Move::of_size("T10");
    let value_of_a_person = |one: &Move| {
        let (project, environment) =
            (one.document_named("projects", "Service 1"), one.id("environments", "Production"));
        json!({"ProjectId": project["Id"], "TemplateId": project["Templates"][0]["Id"], "Value": "by hand",
            "Scope": {"EnvironmentIds": [environment]}})
    };
    let ended = one.deploy_with_tenants_while(|one| {
        let mut tenant = one.document_named("tenants", "Customer 1");
        let value = value_of_a_person(one);
        tenant["ProjectEnvironments"] =
            json!({value["ProjectId"].as_str().expect("an id"): value["Scope"]["EnvironmentIds"]});
        one.put(&format!("/api/Spaces-2/tenants/{}", tenant["Id"].as_str().expect("an id")), &tenant);
        one.put(&one.values("Customer 1", "projectvariables"), &json!({"Variables": [value]}));
    });
    let text = said(&ended);
    assert_eq!(ended.status.code(), Some(1), "{text}");
    let tenant = one.id("tenants", "Customer 1");
    assert!(text.contains(&format!("value \"Service1.Schema\" of {tenant} \"Customer 1\": ")), "{text}");
    assert!(text.contains("A template has two values for the same scope"), "{text}");
    assert_eq!(text.matches("  value \"").count(), 1, "{text}");
    assert!(text.contains("1 of 4 modules failed: \"Service 1\""), "{text}");
    let values = one.values_of_tenants();
    // Ten tenants, of which seven have two projects, each with a value, and all one for the library set.
    assert_eq!(values.len(), 10 + 7 + 10, "{values:#?}");
    let others = values.iter().filter(|value| !value.contains("by hand"));
    assert!(others.clone().count() == 26 && !has_draft(&one.states()), "{values:#?}");
    // The person's value goes, and the next run makes exactly what was missing.
    let path = one.values("Customer 1", "projectvariables");
    let mut there = one.get(&path);
    there["Variables"].as_array_mut().expect("values").retain(|value| value["Value"] != "by hand");
    one.put(&path, &json!({ "Variables": there["Variables"] }));
    one.deploy().ends_with(3).is_settled();
    let after = one.values_of_tenants();
    assert!(others.into_iter().all(|value| after.contains(value)), "{after:#?}");
    assert!(after.len() == 27 && !after.iter().any(|value| value.contains("by hand")), "{after:#?}");
}

#[test]
fn a_link_that_the_server_refuses_is_named_with_its_tenant_and_all_others_are_made() {
    let whole = Move::of_size("T10");
    whole.deploy().ends_with(3);
    let one = Move::of_size("T10");
    // The tenant with both of its links, and with the first alone.
    let refuses = json!({"method": "PUT", "path": "/tenants/Tenants-1$", "kind": "status", "status": 400, "times": 2,
        "body": {"ErrorMessage": "The project is not for this tenant.", "Errors": []}});
    fault(&one.destination, refuses);
    let ended = one.deploy().ends_with(1);
    let text = &ended.stderr;
    let name = one.get("/api/Spaces-2/tenants/Tenants-1")["Name"].clone();
    let (all, mut wanted) = (one.links(), whole.links());
    let links = &wanted[&name.to_string()];
    assert_eq!(links.len(), 2, "{wanted:?}");
    let missing =
        links.iter().find(|link| !all[&name.to_string()].contains(link)).expect("a missing link").clone();
    assert!(
        text.contains(&format!("link {missing} of Tenants-1 {name}: The project is not for this tenant.")),
        "{missing}: {text}"
    );
    assert_eq!(text.matches("  link \"").count(), 1, "{text}");
    assert!(text.contains(&format!("modules failed: {missing}")), "{text}");
    wanted.get_mut(&name.to_string()).expect("the tenant").retain(|link| *link != missing);
    assert_eq!(all, wanted, "all others are linked");
    assert!(!has_draft(&one.states()));
    one.deploy().ends_with(3).is_settled();
    assert_eq!((one.links(), one.values_of_tenants()), (whole.links(), whole.values_of_tenants()));
}

#[test]
fn what_becomes_of_tenants_is_found_when_answers_get_lost() {
    let whole = Move::of_size("T10");
    whole.deploy().ends_with(3);
    let one = Move::of_size("T10");
    for (path, kind) in [
        ("tenants/Tenants-1$", "drop-after"),
        ("tenants/Tenants-2$", "drop"),
        ("tenants/Tenants-3/projectvariables", "drop-after"),
        ("tenants/Tenants-4/projectvariables", "drop"),
        ("tenants/Tenants-5/projectvariables", "stale-version"),
        ("tenants/Tenants-6/commonvariables", "drop-after"),
    ] {
        fault(&one.destination, json!({"method": "PUT", "path": path, "kind": kind, "times": 1}));
    }
    one.deploy().ends_with_one_of(&[1, 3]);
    assert!(!has_draft(&one.states()));
    one.deploy().ends_with(3).is_settled();
    assert_eq!((one.links(), one.values_of_tenants()), (whole.links(), whole.values_of_tenants()));
    one.deploy().ends_with(3).says("unchanged since the last deployment");
}

#[test]
fn a_deployment_that_was_killed_while_it_sent_tenants_is_completed() {
    let whole = Move::of_size("T10");
    whole.deploy().ends_with(3);
    let one = Move::of_size("T10");
    let sent = |one: &Move| {
        let is_it = |request: &&Value| {
            request["Method"] == "PUT"
                && request["Path"].as_str().is_some_and(|path| path.contains("/tenants/"))
        };
        one.destination.requests().iter().filter(is_it).count()
    };
    let mut kills = 0;
    for after in [0, 4, 9, 13] {
        fault(
            &one.destination,
            json!({"method": "PUT", "path": "/tenants/", "kind": "late", "milliseconds": 60}),
        );
        let before = sent(&one);
        let mut child = one.deploy().start(Stdio::null());
        until("a write", || child.try_wait().expect("its state").is_some() || sent(&one) > before + after);
        if child.try_wait().expect("its state").is_none() {
            kill(child.id(), &one);
            kills += 1;
        }
        child.wait().expect("its end");
        assert_eq!(http(&one.destination, "DELETE", "/sandbox/faults", None).0, 200);
    }
    assert!(kills >= 2, "{kills} kills");
    one.deploy().ends_with(3).is_settled();
    assert_eq!((one.links(), one.values_of_tenants()), (whole.links(), whole.values_of_tenants()));
    assert!(!has_draft(&one.states()));
    one.deploy().ends_with(3).says("unchanged since the last deployment");
}

#[test]
fn an_older_server_gets_all_values_of_a_tenant_in_one_document() {
    let mut one = Move::of_size("T10");
    one.destination = Sandbox::launch(Options {
        spaces: vec!["New".to_owned()],
        feature_toggles: [("CommonVariableScopingFeatureToggle".to_owned(), false)].into(),
        ..Options::default()
    })
    .expect("a sandbox");
    let counts = about_tenants(&one.requests_of_a_deployment());
    for route in ["POST tenants", "PUT tenants/{id}", "POST tenants/{id}/variables"] {
        assert_eq!(counts.get(route), Some(&10), "{route}: {counts:#?}");
    }
    let of_values = |one: &Move| {
        let all = one.get("/api/Spaces-2/tenantvariables/all");
        let tenants = all.as_array().expect("tenants").iter();
        let texts =
            tenants.map(|tenant| json!([tenant["ProjectVariables"], tenant["LibraryVariables"]]).to_string());
        texts.map(|text| text.matches("value of customer").count()).sum::<usize>()
    };
    assert_eq!(of_values(&one), 27);
    one.deploy().ends_with(3).says("unchanged since the last deployment");
    assert!(!has_draft(&one.states()));
}
