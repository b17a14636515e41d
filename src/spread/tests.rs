//! Spread and collapse over whole spaces: what changes, and that nothing resolves differently.

mod resolved;

use expect_test::expect;
use serde_json::{Value, json};

use super::{collapse, spread};
use crate::mark::name;
use crate::seeded::{self};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

const OCTOFERRY: &str = "Environments-9";

fn shop() -> Inventory {
    let dump: Value = serde_json::from_str(include_str!("../../tests/spaces/shop/space.json")).unwrap();
    let mut inventory = Inventory::from_dump(&dump, "Spaces-2").unwrap();
    add(&mut inventory, Collection::Environments, environment());
    inventory
}

fn environment() -> Value {
    json!({"Id": OCTOFERRY, "Name": name::ENVIRONMENT, "Description": name::description("Where the runbooks run.")})
}

fn add(inventory: &mut Inventory, collection: Collection, document: Value) {
    inventory.insert(collection, Document::new(document).unwrap());
}

/// Does what the server does with a written set: new variables get ids, values of sensitive ones are hidden.
pub(crate) fn apply(inventory: &mut Inventory, plan: &super::Plan) {
    for change in &plan.changes {
        let mut document = change.after.clone();
        if let Some(Value::Array(variables)) = document.fields_mut().get_mut("Variables") {
            for (index, variable) in variables.iter_mut().enumerate() {
                let id = variable["Id"].as_str().map_or_else(|| format!("new-{index}"), str::to_owned);
                variable["Id"] = json!(id);
                if variable["Type"] == "Sensitive" {
                    variable["Value"] = Value::Null;
                }
            }
        }
        inventory.insert(change.collection, document);
    }
}

fn print(plan: &super::Plan) -> String {
    let mut text = String::new();
    for change in &plan.changes {
        text += &format!("{}\n", change.owner);
        for line in &change.lines {
            text += &format!("  {}\n    {} -> {}\n", line.what, line.readers_before, line.readers_after);
        }
    }
    for left in &plan.left {
        text += &format!("left: {left}\n");
    }
    text
}

#[test]
fn the_shop_is_spread_and_collapsed() {
    let before = shop();
    let mut inventory = before.clone();
    let plan = spread(&inventory, OCTOFERRY);
    expect![[r#"
        library set "Watching"
          Trace.Key is also scoped to the environment Octoferry
            in Production, Production (US) -> in Production, Production (US), Octoferry
        project "Storefront Web"
          Payment.Key is renamed to Storefront-Web.Payment.Key.Production_Production-US; Payment.Key becomes #{Storefront-Web.Payment.Key.Production_Production-US}
            in Production, Production (US) -> in Production, Production (US), Octoferry
          Payment.Key is renamed to Storefront-Web.Payment.Key.Staging; Payment.Key becomes #{Storefront-Web.Payment.Key.Staging}
            in Staging -> in Staging, Octoferry
          Payment.Key is renamed to Storefront-Web.Payment.Key.checkout; Payment.Key becomes #{Storefront-Web.Payment.Key.checkout}
            role checkout -> everywhere
          Payment.Key is renamed to Storefront-Web.Payment.Key.Contract-Gold; Payment.Key becomes #{Storefront-Web.Payment.Key.Contract-Gold}
            tenants with Contract/Gold -> everywhere
          Payment.Key is renamed to Storefront-Web.Payment.Key.Unscoped; Payment.Key becomes #{Storefront-Web.Payment.Key.Unscoped}
            everywhere -> everywhere
          Payment.Key is renamed to Storefront-Web.Payment.Key.Preview; Payment.Key becomes #{Storefront-Web.Payment.Key.Preview}
            channel Preview -> everywhere
          Payment.Key is renamed to Storefront-Web.Payment.Key.Production_Refund-an-order; Payment.Key becomes #{Storefront-Web.Payment.Key.Production_Refund-an-order}
            in Production; process Refund an order -> in Production, Octoferry
          Payment.Key is renamed to Storefront-Web.Payment.Key.Buy-a-candle_Unpack-the-site; Payment.Key becomes #{Storefront-Web.Payment.Key.Buy-a-candle_Unpack-the-site}
            step Buy a candle, Unpack the site -> everywhere
        account "AWS main"
          allows the environment Octoferry (it is restricted to other environments)
            1 environments, 1 tenants or tags too -> 2 environments, 1 tenants or tags too
        certificate "shop.tallowandwick.example"
          allows the environment Octoferry (it is restricted to other environments)
            2 environments -> 3 environments
    "#]].assert_eq(&print(&plan));
    apply(&mut inventory, &plan);
    assert_eq!(print(&spread(&inventory, OCTOFERRY)), "", "the second time nothing changes");
    assert!(
        super::readable(&inventory, Some(OCTOFERRY)).values().all(Result::is_ok),
        "every secret is readable"
    );

    let (prepared, sources) = seeded::prepare(inventory.clone());
    let (without_environment, _) = seeded::prepare(before.clone());
    assert_eq!(prepared, without_environment, "convert sees the original space");
    assert_eq!(
        sources.variables["variableset-Projects-5/46b8e664-a959-543d-9d7f-948473b47d4b"].as_deref(),
        Ok("Storefront-Web.Payment.Key.Staging")
    );

    let plan = collapse::collapse(&inventory);
    apply(&mut inventory, &plan);
    assert_eq!(inventory, before);
    assert_eq!(print(&collapse::collapse(&inventory)), "");
}

#[test]
fn what_a_person_edited_since_is_left_alone() {
    let mut inventory = shop();
    let plan = spread(&inventory, OCTOFERRY);
    apply(&mut inventory, &plan);
    let set = inventory.get_mut(Collection::Variables, "variableset-Projects-5").unwrap();
    for variable in set.fields_mut()["Variables"].as_array_mut().unwrap() {
        if variable["Value"] == "#{Storefront-Web.Payment.Key.Staging}" {
            variable["Value"] = json!("by hand");
        }
    }
    let edited = "project \"Storefront Web\": Payment.Key was spread and then edited by hand";
    assert_eq!(spread(&inventory, OCTOFERRY).left, [edited]);
    assert!(spread(&inventory, OCTOFERRY).changes.is_empty());
    let plan = collapse::collapse(&inventory);
    assert_eq!(plan.left, [edited]);
    apply(&mut inventory, &plan);
    let names: Vec<&str> = inventory
        .get(Collection::Variables, "variableset-Projects-5")
        .unwrap()
        .list("Variables")
        .iter()
        .filter(|variable| variable["Type"] == "Sensitive")
        .map(|variable| variable["Name"].as_str().unwrap())
        .filter(|name| name.contains('-'))
        .collect();
    assert_eq!(names, ["Storefront-Web.Payment.Key.Staging"]);
}

/// Who rotates a secret finds the variable in its place, makes it sensitive and enters the new value there.
#[test]
fn a_secret_that_a_person_rotated_since_is_the_new_one_everywhere() {
    let before = space(vec![
        variable("a", "Key", json!({"Role": ["web"]}), true),
        variable("b", "Key", json!({}), true),
    ]);
    let mut inventory = before.clone();
    let plan = spread(&inventory, OCTOFERRY);
    apply(&mut inventory, &plan);
    let set = inventory.get_mut(Collection::Variables, "variableset-Projects-1").unwrap();
    let variables = set.fields_mut()["Variables"].as_array_mut().unwrap();
    let rotated = variables.iter_mut().find(|variable| variable["Value"] == "#{Shop.Key.web}").unwrap();
    let fields = rotated.as_object_mut().unwrap();
    fields.insert("Id".to_owned(), json!("rotated"));
    fields.insert("Type".to_owned(), json!("Sensitive"));
    fields.insert("IsSensitive".to_owned(), json!(true));
    fields.insert("Value".to_owned(), Value::Null);

    // What goes to the destination is the new value, under the old name, and nothing of the old one.
    let (prepared, sources) = seeded::prepare(inventory.clone());
    let exported = prepared.get(Collection::Variables, "variableset-Projects-1").unwrap();
    let exported: Vec<_> =
        exported.list("Variables").iter().map(|variable| (&variable["Id"], &variable["Name"])).collect();
    assert_eq!(exported, [(&json!("rotated"), &json!("Key")), (&json!("b"), &json!("Key"))]);
    // As it stands no run can read it: migrate asks, and the next spread mends it.
    assert!(sources.variables["variableset-Projects-1/rotated"].is_err());
    assert!(!sources.variables.contains_key("variableset-Projects-1/a"), "the old value is read by nobody");

    let mut again = inventory.clone();
    let plan = spread(&again, OCTOFERRY);
    assert_eq!(
        plan.changes[0].lines[0].what,
        "Key was changed by a person since: that value stays; the old one, Shop.Key.web, goes"
    );
    apply(&mut again, &plan);
    let readable = super::readable(&again, Some(OCTOFERRY));
    assert_eq!(readable["variableset-Projects-1/rotated"].as_deref(), Ok("Shop.Key.web-2"));
    assert!(!readable.contains_key("variableset-Projects-1/a"));

    // Undone, the person's value is there, spread again or not.
    for mut spread in [inventory, again] {
        let plan = collapse::collapse(&spread);
        apply(&mut spread, &plan);
        let set = spread.get(Collection::Variables, "variableset-Projects-1").unwrap().list("Variables");
        let left: Vec<_> =
            set.iter().map(|variable| (&variable["Id"], &variable["Name"], &variable["Scope"])).collect();
        assert_eq!(
            left,
            [
                (&json!("rotated"), &json!("Key"), &json!({"Role": ["web"]})),
                (&json!("b"), &json!("Key"), &json!({}))
            ]
        );
        assert_eq!(collapse::collapse(&spread), super::Plan::default());
    }
}

/// A set as the wizard of the existing tools leaves it: every secret has a unique name and no scope.
#[test]
fn a_set_that_was_spread_before_is_used_as_it_is() {
    let mut inventory = space(vec![
        variable("a", "Key_Unscoped", json!({}), true),
        variable("b", "Key_Production", json!({}), true),
        json!({"Id": "c", "Name": "Key", "Value": "#{Key_Unscoped}", "Type": "String", "IsSensitive": false, "Scope": {}}),
        json!({"Id": "d", "Name": "Key", "Value": "#{Key_Production}", "Type": "String", "IsSensitive": false,
               "Scope": {"Environment": ["Environments-1"]}}),
    ]);
    let plan = spread(&inventory, OCTOFERRY);
    assert_eq!(print(&plan), "");
    apply(&mut inventory, &plan);
    let names: Vec<_> =
        super::readable(&inventory, Some(OCTOFERRY)).into_values().map(Result::unwrap).collect();
    assert_eq!(names, ["Key_Unscoped", "Key_Production"]);
}

#[test]
fn a_set_that_another_tool_spread_is_reported() {
    let inventory = space(vec![
        variable("a", "Key_Unscoped", json!({}), true),
        json!({"Id": "c", "Name": "Key", "Value": "#{Key_Unscoped}", "Type": "String", "IsSensitive": false, "Scope": {}}),
    ]);
    let notes = spread(&inventory, OCTOFERRY).notes;
    assert_eq!(notes.len(), 1);
    assert!(notes[0].starts_with("project \"Shop\": 1 secrets were given names"), "{notes:?}");
}

#[test]
fn in_git_the_replacement_is_sensitive_and_collapse_finds_it() {
    let mut inventory = space(vec![
        variable("a", "Key", json!({"Role": ["web"]}), true),
        variable("b", "Only", json!({}), true),
    ]);
    let project = inventory.get_mut(Collection::Projects, "Projects-1").unwrap();
    project.fields_mut().insert(
        "PersistenceSettings".to_owned(),
        json!({"Type": "VersionControlled", "ConversionState": {"VariablesAreInGit": true}}),
    );
    let before = inventory.clone();
    let plan = spread(&inventory, OCTOFERRY);
    let variables = plan.changes[0].after.list("Variables");
    assert_eq!(
        (&variables[0]["Type"], &variables[0]["Value"]),
        (&json!("Sensitive"), &json!("#{Shop.Key.web}"))
    );
    assert!(variables.iter().all(|variable| variable["IsSensitive"] == true), "nothing becomes a commit");
    assert!(plan.notes[0].contains("stored in Git"));
    apply(&mut inventory, &plan);
    assert_eq!(print(&spread(&inventory, OCTOFERRY)), "");
    let plan = collapse::collapse(&inventory);
    apply(&mut inventory, &plan);
    assert_eq!(inventory, before);
}

#[test]
fn a_replacement_whose_secret_is_gone_is_named() {
    let mut inventory = space(vec![variable("a", "Key", json!({"Role": ["web"]}), true)]);
    let plan = spread(&inventory, OCTOFERRY);
    apply(&mut inventory, &plan);
    let set = inventory.get_mut(Collection::Variables, "variableset-Projects-1").unwrap();
    set.fields_mut()["Variables"].as_array_mut().unwrap().pop();
    let plan = collapse::collapse(&inventory);
    assert!(plan.changes.is_empty());
    assert_eq!(plan.left, ["project \"Shop\": Key was spread and then edited by hand"]);
}

/// Variables of a cloned project have the ids of the original's.
#[test]
fn a_secret_called_as_runs_call_their_own_gets_another_name() {
    let secret = |id: &str, name: &str| variable(id, name, json!({}), true);
    let mut inventory = space(vec![
        secret("a", "Octopus.Action.Script.Syntax"),
        secret("b", "env:TOKEN"),
        secret("c", "OctopusKey"),
        secret("d", "Key"),
    ]);
    let plan = spread(&inventory, OCTOFERRY);
    let renamed: Vec<&str> = plan.changes[0].lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(renamed, ["Octopus.Action.Script.Syntax", "env:TOKEN", "OctopusKey"]);
    apply(&mut inventory, &plan);
    for name in super::readable(&inventory, Some(OCTOFERRY)).into_values().map(Result::unwrap) {
        let name = name.to_lowercase();
        assert!(!name.starts_with("octopus") && !name.starts_with("env:"), "{name}");
    }
}

#[test]
fn names_of_owners_make_no_name_that_a_run_sets() {
    let mut inventory = space(vec![variable("a", "Key", json!({"Role": ["web"]}), true)]);
    let mut project = inventory.get(Collection::Projects, "Projects-1").unwrap().clone();
    for name in ["Octopus", "Octoferry"] {
        project.fields_mut().insert("Name".to_owned(), json!(name));
        inventory.insert(Collection::Projects, project.clone());
        let plan = spread(&inventory, OCTOFERRY);
        let secret =
            plan.changes[0].after.list("Variables").iter().find(|variable| variable["Id"] == "a").unwrap();
        assert_eq!(secret["Name"], format!("Of-{name}.Key.web"));
    }
}

#[test]
fn clones_are_reported_apart() {
    let mut inventory = space(vec![variable("a", "Key", json!({"Role": ["web"]}), true)]);
    add(
        &mut inventory,
        Collection::Projects,
        json!({"Id": "Projects-2", "Name": "Clone", "VariableSetId": "variableset-Projects-2", "IncludedLibraryVariableSetIds": []}),
    );
    let variables = vec![variable("a", "Key", json!({"Role": ["web"]}), true)];
    add(
        &mut inventory,
        Collection::Variables,
        json!({"Id": "variableset-Projects-2", "OwnerId": "Projects-2", "Variables": variables}),
    );
    let plan = spread(&inventory, OCTOFERRY);
    apply(&mut inventory, &plan);
    let names: Vec<_> =
        super::readable(&inventory, Some(OCTOFERRY)).into_values().map(Result::unwrap).collect();
    assert_eq!(names, ["Shop.Key.web", "Clone.Key.web"]);
}

#[test]
fn restricted_accounts_gain_the_environment_and_lose_it_again() {
    let mut inventory = space(Vec::new());
    let account = json!({"Id": "Accounts-1", "Name": "AWS", "AccountType": "AmazonWebServicesAccount", "Description": "For builds.",
        "EnvironmentIds": ["Environments-1"], "TenantedDeploymentParticipation": "Tenanted"});
    add(&mut inventory, Collection::Accounts, account.clone());
    let plan = spread(&inventory, OCTOFERRY);
    expect![[r#"
        account "AWS"
          allows the environment Octoferry (it is restricted to other environments and to tenants)
            1 environments, tenants only -> 2 environments, no tenant named
    "#]]
    .assert_eq(&print(&plan));
    let before = inventory.clone();
    apply(&mut inventory, &plan);
    let after = inventory.get(Collection::Accounts, "Accounts-1").unwrap();
    assert_eq!(after.get("EnvironmentIds").unwrap(), &json!(["Environments-1", OCTOFERRY]));
    assert_eq!(after.text("TenantedDeploymentParticipation"), Some("TenantedOrUntenanted"));
    assert_eq!(print(&spread(&inventory, OCTOFERRY)), "");
    assert_eq!(
        seeded::prepare(inventory.clone())
            .0
            .get(Collection::Accounts, "Accounts-1")
            .unwrap()
            .clone()
            .into_value(),
        account
    );
    let plan = collapse::collapse(&inventory);
    apply(&mut inventory, &plan);
    assert_eq!(inventory, before);
}

#[test]
fn accounts_allow_the_tenants_whose_secrets_are_read_in_runs_of_their_own() {
    let scope = json!({});
    let refers = |id: &str, to: &str| {
        let mut variable = variable(id, &format!("Account.{id}"), scope.clone(), false);
        variable["Type"] = json!("AmazonWebServicesAccount");
        variable["Value"] = json!(to);
        variable
    };
    let variables = (1..=4).map(|number| refers(&format!("v{number}"), &format!("Accounts-{number}")));
    let mut inventory = space(variables.collect());
    let account = |id: u8, participation: &str, environments: Value, tenants: Value| {
        json!({"Id": format!("Accounts-{id}"), "Name": format!("A{id}"), "AccountType": "Token", "Description": "",
               "EnvironmentIds": environments, "TenantedDeploymentParticipation": participation, "TenantIds": tenants, "TenantTags": []})
    };
    let before = [
        account(1, "Untenanted", json!([]), json!([])),
        account(2, "TenantedOrUntenanted", json!([]), json!(["Tenants-7"])),
        // Not allowed in the tenant's environment.
        account(3, "Untenanted", json!(["Environments-2", OCTOFERRY]), json!([])),
        account(4, "TenantedOrUntenanted", json!([]), json!([])),
    ];
    before.iter().for_each(|account| add(&mut inventory, Collection::Accounts, account.clone()));
    add(&mut inventory, Collection::Environments, json!({"Id": "Environments-1", "Name": "Live"}));
    add(
        &mut inventory,
        Collection::Tenants,
        json!({"Id": "Tenants-1", "Name": "Fils", "TenantTags": [], "ProjectEnvironments": {"Projects-1": ["Environments-1"]}}),
    );
    add(
        &mut inventory,
        Collection::TenantVariableValues,
        json!({"Id": "TenantVariables-1", "TenantId": "Tenants-1", "ProjectId": "Projects-1", "TemplateId": "t",
               "EnvironmentIds": ["Environments-1"], "Value": {"HasValue": true}}),
    );
    assert!(spread(&inventory, OCTOFERRY).changes.is_empty(), "without the runbook there are no such runs");
    add(
        &mut inventory,
        Collection::Runbooks,
        json!({"Id": "Runbooks-9", "Name": name::TENANT_SECRETS_RUNBOOK, "ProjectId": "Projects-1"}),
    );

    assert_eq!(super::tenant_runs::unreadable(&inventory).len(), 1);
    let plan = spread(&inventory, OCTOFERRY);
    expect![[r#"
        account "A1"
          allows runs for "Fils", whose secret values can be read only so
            every environment -> every environment, 1 tenants or tags too
        account "A2"
          allows runs for "Fils", whose secret values can be read only so
            every environment, 1 tenants or tags too -> every environment, 2 tenants or tags too
        account "A3"
          allows "Live" too, where secret values of tenants are read; allows runs for "Fils", whose secret values can be read only so
            2 environments -> 3 environments, 1 tenants or tags too
        account "A4"
          allows runs for "Fils", whose secret values can be read only so
            every environment, no tenant named -> every environment, 1 tenants or tags too
    "#]]
    .assert_eq(&print(&plan));
    apply(&mut inventory, &plan);
    let tenant = inventory.get(Collection::Tenants, "Tenants-1").unwrap();
    for id in ["Accounts-1", "Accounts-2", "Accounts-3", "Accounts-4"] {
        let account = inventory.get(Collection::Accounts, id).unwrap();
        assert!(!super::account::refuses(account, "Environments-1", tenant), "{id}");
    }
    assert!(spread(&inventory, OCTOFERRY).changes.is_empty(), "again there is nothing to do");
    assert!(super::tenant_runs::unreadable(&inventory).is_empty());

    let back = collapse::collapse(&inventory);
    apply(&mut inventory, &back);
    for account in before {
        let id = account["Id"].as_str().unwrap();
        assert_eq!(inventory.get(Collection::Accounts, id).unwrap().clone().into_value(), account);
    }
}

#[test]
fn a_prompted_secret_stays_sensitive_at_its_prompt() {
    let mut secret = variable("a", "Key", json!({"Role": ["web"]}), true);
    secret["Prompt"] = json!({"Label": "Key", "Required": true});
    let mut inventory = space(vec![secret]);
    let before = inventory.clone();
    let plan = spread(&inventory, OCTOFERRY);
    let variables = plan.changes[0].after.list("Variables").to_vec();
    assert_eq!(variables[0]["Type"], "Sensitive");
    assert_eq!(variables[0]["Value"], "#{Shop.Key.web}");
    assert_eq!(variables[0]["Prompt"]["Label"], "Key");
    assert_eq!(variables[1]["Prompt"], Value::Null);
    apply(&mut inventory, &plan);
    let plan = collapse::collapse(&inventory);
    apply(&mut inventory, &plan);
    assert_eq!(inventory, before);
}

/// One project `Shop` with these variables, and library sets `One` and `Two`, the first linked.
fn space(variables: Vec<Value>) -> Inventory {
    resolved::space_with(variables, Vec::new(), Vec::new())
}

fn variable(id: &str, variable_name: &str, scope: Value, sensitive: bool) -> Value {
    let (kind, value) =
        if sensitive { ("Sensitive", Value::Null) } else { ("String", json!(format!("plain {id}"))) };
    json!({"Id": id, "Name": variable_name, "Value": value, "Description": "", "Scope": scope, "Type": kind,
           "IsSensitive": sensitive, "IsEditable": true, "Prompt": null})
}
