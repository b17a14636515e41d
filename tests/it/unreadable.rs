//! What the provider can't read: values that its client refuses or crashes on, kept by the source, or written by hand at the destination between two
//! migrations. Each migration goes on, and what the module says is there.

use octopus_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::support::{http, space_file};
use crate::years::Years;

/// Changes a document of the destination, found by its name.
#[track_caller]
fn by_hand(years: &Years, collection: &str, name: &str, change: impl FnOnce(&mut Value)) {
    let (prefix, list) = match collection {
        "deploymentfreezes" => ("/api".to_owned(), "DeploymentFreezes"),
        _ => (format!("/api/{}", years.space()), "Items"),
    };
    let (_, page) = http(&years.destination, "GET", &format!("{prefix}/{collection}?skip=0&take=1000"), None);
    let mut all = page[list].as_array().expect("documents").iter();
    let mut document = all.find(|document| document["Name"] == name).expect("the document").clone();
    change(&mut document);
    let path = format!("{prefix}/{collection}/{}", document["Id"].as_str().expect("an id"));
    let (status, answer) = http(&years.destination, "PUT", &path, Some(&document));
    assert_eq!(status, 200, "{path}: {answer}");
}

/// The document of the destination's server.
fn there(years: &Years, collection: &str, name: &str) -> Value {
    let dump = years.destination.dump();
    let spaces = dump["Documents"].as_object().expect("spaces").values();
    let mut documents = spaces.filter_map(|space| space[collection].as_object()).flat_map(|all| all.values());
    let found = documents.rfind(|document| document["Name"] == name).cloned();
    found.unwrap_or_else(|| panic!("{collection} {name} is not there"))
}

/// Changes the variables of a project.
#[track_caller]
fn change_variables(years: &Years, project: &str, change: impl FnOnce(&mut Value)) {
    let set = there(years, "projects", project)["VariableSetId"].clone();
    let path = format!("/api/{}/variables/{}", years.space(), set.as_str().expect("an id"));
    let (_, mut variables) = http(&years.destination, "GET", &path, None);
    change(&mut variables["Variables"]);
    let (status, answer) = http(&years.destination, "PUT", &path, Some(&variables));
    assert_eq!(status, 200, "{answer}");
}

fn named<'v>(variables: &'v mut Value, name: &str) -> &'v mut Value {
    let mut all = variables.as_array_mut().expect("variables").iter_mut();
    all.find(|variable| variable["Name"] == name).unwrap_or_else(|| panic!("no variable {name}"))
}

fn template(list: &str) -> impl Fn(&mut Value) {
    let list = list.to_owned();
    move |document| {
        let by_hand = json!({"Id": "7d1c0c52-41f0-4f0d-9f3b-0000000000ff", "Name": "By.Hand", "Label": null, "HelpText": null, "DefaultValue": null,
            "DisplaySettings": {"Octopus.ControlType": "SingleLineText"}});
        document[&list].as_array_mut().expect("templates").push(by_hand);
    }
}

#[test]
fn what_people_write_at_the_destination_stops_nothing() {
    let years = Years::from(crate::support::sandbox_with("operations"));
    let policy =
        || json!({"Strategy": "Count", "QuantityToKeep": 4, "ShouldKeepForever": false, "Unit": "Days"});
    by_hand(&years, "lifecycles", "Voyage", |lifecycle| {
        lifecycle["Phases"][0]["ReleaseRetentionPolicy"] = policy();
        lifecycle["Phases"][1]["TentacleRetentionPolicy"] = policy();
        let mut more = lifecycle["Phases"][0].clone();
        more["Name"] = json!("Of somebody else");
        more["Id"] = Value::Null;
        more["AutomaticDeploymentTargets"] = json!([]);
        more["OptionalDeploymentTargets"] = json!([]);
        lifecycle["Phases"].as_array_mut().expect("phases").push(more);
    });
    by_hand(&years, "deploymentfreezes", "Regatta", |freeze| {
        freeze["RecurringSchedule"] =
            json!({"EndType": "Never", "Type": "Daily", "Unit": 1, "UserUtcOffsetInMinutes": 120});
    });
    by_hand(&years, "projecttriggers", "Newest to the sea", |trigger| {
        trigger["Action"]["SourceEnvironmentIds"] = json!([]);
    });
    by_hand(&years, "projecttriggers", "While it is light", |trigger| {
        assert_eq!(trigger["Filter"]["FilterType"], "ContinuousDailySchedule");
        trigger["Filter"]["RunAfter"] = Value::Null;
    });
    by_hand(&years, "projects", "Lighthouse", |project| {
        project["ExtensionSettings"] = json!([{"ExtensionId": "servicenow-integration",
            "Values": {"ServiceNowChangeControlled": false, "ServiceNowConnectionId": null, "StandardChangeTemplateName": null}}]);
    });
    by_hand(&years, "environments", "Drydock", |environment| {
        environment["ExtensionSettings"] =
            json!([{"ExtensionId": "jira-integration", "Values": {"JiraEnvironmentType": null}}]);
    });
    by_hand(&years, "projects", "Tickets", template("Templates"));
    by_hand(&years, "actiontemplates", "Signal the harbour", template("Parameters"));
    // Pump.Reason is asked no more, and Pump.Hours asks for one of no choices.
    change_variables(&years, "Tickets", |variables| {
        named(variables, "Pump.Reason")["Prompt"] = Value::Null;
        named(variables, "Pump.Hours")["Prompt"]["DisplaySettings"] =
            json!({"Octopus.ControlType": "Select", "Octopus.SelectOptions": "by hand"});
    });
    years.migrate();
    change_variables(&years, "Tickets", |variables| {
        assert_eq!(named(variables, "Pump.Reason")["Prompt"]["Label"], "Reason");
        let asked = &named(variables, "Pump.Hours")["Prompt"]["DisplaySettings"];
        assert_eq!(asked["Octopus.SelectOptions"], "2|Two\n8|All night");
    });
    let phases = there(&years, "lifecycles", "Voyage")["Phases"].as_array().expect("phases").len();
    assert_eq!(phases, 2);
    // Terraform has written the freeze's parts meanwhile, or not: it recurs as somebody has said.
    assert_eq!(there(&years, "deploymentfreezes", "Regatta")["RecurringSchedule"]["Type"], "Daily");
}

/// A freeze that somebody deletes comes again, with its parts; the provider would take these out of the old one first, and fail for ever.
#[test]
fn a_freeze_that_was_deleted_at_the_destination_comes_again() {
    let years = Years::from(crate::support::sandbox_with("operations"));
    let freeze = there(&years, "deploymentfreezes", "Regatta");
    let path = format!("/api/deploymentfreezes/{}", freeze["Id"].as_str().expect("an id"));
    assert_eq!(http(&years.destination, "DELETE", &path, None).0, 200);
    years.migrate();
    let again = there(&years, "deploymentfreezes", "Regatta");
    assert_ne!(again["Id"], freeze["Id"]);
    for scope in ["ProjectEnvironmentScope", "TenantProjectEnvironmentScope"] {
        assert_eq!(again[scope], freeze[scope]);
    }
}

/// As it is where the provider dies behind the module and before its variables, or somebody deletes them: its updates make none.
#[test]
fn a_script_module_without_its_variables_gets_them_again() {
    let years = Years::from(crate::support::sandbox_with("shop"));
    let set = there(&years, "libraryvariablesets", "Chat")["VariableSetId"].clone();
    let path = format!("/api/{}/variables/{}", years.space(), set.as_str().expect("an id"));
    let (_, before) = http(&years.destination, "GET", &path, None);
    let mut without = before.clone();
    without["Variables"] = json!([]);
    assert_eq!(http(&years.destination, "PUT", &path, Some(&without)).0, 200);
    years.migrate();
    let (_, after) = http(&years.destination, "GET", &path, None);
    let values = |set: &Value| {
        let all = set["Variables"].as_array().expect("variables").iter();
        let mut values: Vec<(String, String)> =
            all.map(|variable| (variable["Name"].to_string(), variable["Value"].to_string())).collect();
        values.sort();
        values
    };
    assert_eq!(values(&after), values(&before));
}

/// The source's own: addresses that the provider writes as Go writes them, flags that are expressions, parameters of templates without ids or with the
/// same.
#[test]
fn addresses_and_ids_of_the_source_that_the_provider_writes_otherwise() {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("shop")).expect("the space")).expect("JSON");
    let of_space = &mut dump["Documents"]["Spaces-2"];
    for (number, model, name, endpoint) in [
        (90, "Machines-4", "Bound", json!({"ClusterUrl": "#{K8s.Url}", "SkipTlsVerification": "#{Skip}"})),
        (91, "Machines-4", "With a space", json!({"ClusterUrl": "https://k8s.example/a b"})),
        (92, "Machines-1", "In capitals", json!({"Uri": "HTTPS://barn-02.example:10933/"})),
        (93, "Machines-3", "Any host", json!({"Host": "#{Host}", "Uri": "ssh://#{Host}:22/", "Port": 22})),
    ] {
        let mut machine = of_space["machines"][model].clone();
        let id = format!("Machines-{number}");
        machine["Id"] = json!(id);
        machine["Name"] = json!(name);
        machine["Slug"] = json!(format!("machine-{number}"));
        for (field, value) in endpoint.as_object().expect("fields") {
            machine["Endpoint"][field] = value.clone();
        }
        machine["Uri"] = machine["Endpoint"]["Uri"].clone();
        of_space["machines"][&id] = machine;
    }
    let parameter = |id: Value, name: &str| json!({"Id": id, "Name": name, "Label": "", "HelpText": "", "DefaultValue": null, "DisplaySettings": {"Octopus.ControlType": "SingleLineText"}});
    let same = json!("7d1c0c52-41f0-4f0d-9f3b-0000000000aa");
    for (id, name, ids) in [
        ("ActionTemplates-90", "Without ids", [Value::Null, json!("")]),
        ("ActionTemplates-91", "With one id", [same.clone(), same]),
    ] {
        let mut template = of_space["actiontemplates"]["ActionTemplates-1"].clone();
        let [first, second] = ids;
        template["Id"] = json!(id);
        template["Name"] = json!(name);
        template["Parameters"] = json!([parameter(first, "A.One"), parameter(second, "A.Two")]);
        of_space["actiontemplates"][id] = template;
    }
    let source = Sandbox::launch(Options { documents: vec![dump], ..Options::default() }).expect("it starts");
    let years = Years::from(source);
    years.migrate();
    let endpoint = |name: &str, field: &str| there(&years, "machines", name)["Endpoint"][field].clone();
    assert_eq!(endpoint("Bound", "ClusterUrl"), "#{K8s.Url}");
    assert_eq!(endpoint("Bound", "SkipTlsVerification"), "#{Skip}");
    assert_eq!(endpoint("With a space", "ClusterUrl"), "https://k8s.example/a b");
    assert_eq!(endpoint("In capitals", "Uri"), "HTTPS://barn-02.example:10933/");
    assert_eq!(endpoint("Any host", "Host"), "#{Host}");
    for name in ["Without ids", "With one id"] {
        let template = there(&years, "actiontemplates", name);
        let all = template["Parameters"].as_array().expect("parameters").iter();
        let ids: std::collections::BTreeSet<&str> =
            all.filter_map(|parameter| parameter["Id"].as_str()).collect();
        assert_eq!(ids.len(), 2, "{template}");
    }
}

/// The source's own: what the provider refuses to write, and what it could not read where finish has written it.
#[test]
fn values_of_the_source_that_the_provider_refuses_or_can_not_read() {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("operations")).expect("the space")).expect("JSON");
    let of_space = &mut dump["Documents"]["Spaces-2"];
    let service_now = json!({"ServiceNowChangeControlled": true, "ServiceNowConnectionId": "c", "StandardChangeTemplateName": null});
    of_space["projects"]["Projects-1"]["ExtensionSettings"] =
        json!([{"ExtensionId": "servicenow-integration", "Values": service_now}]);
    of_space["environments"]["Environments-4"]["ExtensionSettings"] =
        json!([{"ExtensionId": "jira-integration", "Values": {"JiraEnvironmentType": null}}]);
    let lifecycle = &mut of_space["lifecycles"]["Lifecycles-4"];
    let counted = |quantity: u8, unit: &str| json!({"Strategy": "Count", "QuantityToKeep": quantity, "ShouldKeepForever": false, "Unit": unit});
    lifecycle["ReleaseRetentionPolicy"] = counted(0, "Items");
    lifecycle["Phases"][0]["ReleaseRetentionPolicy"] = counted(3, "Weeks");
    let runbooks = of_space["runbooks"].as_object_mut().expect("runbooks");
    runbooks.values_mut().next().expect("a runbook")["RunRetentionPolicy"] =
        json!({"QuantityToKeep": 100, "ShouldKeepForever": false, "Unit": null});
    let policies = of_space["machinepolicies"].as_object_mut().expect("policies");
    let mut policy = policies.values().next().expect("a policy").clone();
    policy["Id"] = json!("MachinePolicies-90");
    policy["Name"] = json!("Held");
    policy["Slug"] = json!("held");
    policy["IsDefault"] = json!(false);
    policy["MachineUpdatePolicy"]["KubernetesAgentUpdateBehavior"] = json!("Block");
    policies.insert("MachinePolicies-90".to_owned(), policy.clone());
    policy["Id"] = json!("MachinePolicies-91");
    policy["Name"] = json!("Of tomorrow");
    policy["Slug"] = json!("of-tomorrow");
    policy["MachineUpdatePolicy"]["TentacleUpdateBehavior"] = json!("NextWeek");
    policies.insert("MachinePolicies-91".to_owned(), policy);
    dump["Documents"]["Server"]["deploymentfreezes"]["DeploymentFreezes-1"]["ProjectEnvironmentScope"]["Projects-1"] =
        json!([]);
    let source = Sandbox::launch(Options { documents: vec![dump], ..Options::default() }).expect("it starts");
    let years = Years::from(source);
    years.migrate();
    let lifecycle = there(&years, "lifecycles", "Voyage");
    assert_eq!(lifecycle["ReleaseRetentionPolicy"]["QuantityToKeep"], 0);
    assert_eq!(lifecycle["Phases"][0]["ReleaseRetentionPolicy"]["Unit"], "Weeks");
    let update = |name: &str| there(&years, "machinepolicies", name)["MachineUpdatePolicy"].clone();
    assert_eq!(update("Held")["KubernetesAgentUpdateBehavior"], "Block");
    assert_eq!(update("Of tomorrow")["TentacleUpdateBehavior"], "NextWeek");
}

/// A tenant that somebody deletes: the provider can't read the values that the projects' states have of it.
#[test]
fn tenants_that_were_deleted_at_the_destination_come_again_with_their_values() {
    let years = Years::from(crate::support::sandbox_with("shop"));
    let (_, page) =
        http(&years.destination, "GET", &format!("/api/{}/tenants?take=1000", years.space()), None);
    let tenants = page["Items"].as_array().expect("tenants").clone();
    assert!(!tenants.is_empty());
    for tenant in &tenants {
        let path = format!("/api/{}/tenants/{}", years.space(), tenant["Id"].as_str().expect("an id"));
        assert_eq!(http(&years.destination, "DELETE", &path, None).0, 200, "{path}");
    }
    years.migrate().says("which are not at the destination any more");
    for tenant in &tenants {
        let again = there(&years, "tenants", tenant["Name"].as_str().expect("a name"));
        assert_ne!(again["Id"], tenant["Id"]);
        assert_eq!(again["ProjectEnvironments"], tenant["ProjectEnvironments"]);
    }
    years.migrate().never_says("which are not at the destination any more");
}

/// Values that somebody deletes, of tenants that stay: the provider goes on knowing them, and fails when they are to change.
#[test]
fn tenants_values_that_were_deleted_at_the_destination_come_again_when_they_change() {
    let years = Years::from(crate::support::sandbox_with("shop"));
    let all = |years: &Years| {
        let mut plain = Vec::new();
        for tenant in years.at_destination("tenants") {
            for route in ["projectvariables", "commonvariables"] {
                let id = tenant["Id"].as_str().expect("an id");
                let path = format!("/api/{}/tenants/{id}/{route}", years.space());
                let (status, values) = http(&years.destination, "GET", &path, None);
                assert_eq!(status, 200, "{path}");
                let values = values["Variables"].as_array().expect("values").clone();
                plain.extend(values.into_iter().map(|value| (path.clone(), value)));
            }
        }
        plain
    };
    let before = all(&years);
    assert!(before.len() > 10);
    for path in before.iter().map(|(path, _)| path).collect::<std::collections::BTreeSet<_>>() {
        assert_eq!(http(&years.destination, "PUT", path, Some(&json!({"Variables": []}))).0, 200, "{path}");
    }
    assert!(all(&years).is_empty());
    // What is the same at the source stays deleted, as somebody wanted it.
    years.migrate().never_says("the state forgets");
    let mut changed = 0;
    for tenant in crate::years::list(&years.source, "Spaces-2", "tenants") {
        for route in ["projectvariables", "commonvariables"] {
            let path = format!("/api/Spaces-2/tenants/{}/{route}", tenant["Id"].as_str().expect("an id"));
            let (_, mut values) = http(&years.source, "GET", &path, None);
            for value in values["Variables"].as_array_mut().expect("values") {
                let template = value["Template"]["DisplaySettings"]["Octopus.ControlType"].clone();
                if template == "SingleLineText" && value["Value"].is_string() {
                    value["Value"] = json!("another");
                    changed += 1;
                }
            }
            assert_eq!(http(&years.source, "PUT", &path, Some(&values)).0, 200, "{path}");
        }
    }
    assert!(changed > 2, "{changed}");
    years.migrate().says("values of tenants, which were deleted at the destination");
    let again = all(&years);
    assert_eq!(again.iter().filter(|(_, value)| value["Value"] == "another").count(), changed);
    years.migrate().never_says("the state forgets");
}
