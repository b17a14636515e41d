//! Variable sets: values of every type, scopes of every kind, prompts.

use serde_json::{Map, Value, json};

use crate::making::Making;
use crate::text;

/// What scopes of an owner's variables may name besides what the whole space has.
#[derive(Default)]
pub(crate) struct Scopes {
    pub(crate) channels: Vec<String>,
    pub(crate) actions: Vec<String>,
    pub(crate) processes: Vec<String>,
}

/// The variables of a library set.
pub(crate) fn set(making: &mut Making, owner: &str, prefix: &str) {
    of_owner(making, owner, prefix, &Scopes::default(), 6);
}

pub(crate) fn of_owner(making: &mut Making, owner: &str, prefix: &str, scopes: &Scopes, most: usize) {
    let set = format!("variableset-{owner}");
    let mut variables = Vec::new();
    let mut taken: Vec<(String, Value)> = Vec::new();
    for _ in 0..making.chance.below(most + 1) {
        let stem = making.chance.one(&[
            "Value",
            "Odd \"name\"",
            "With ${x}",
            "a b",
            "a-b",
            "A.B",
            "Ключ",
            "[0]",
            "Key:Sub",
        ]);
        let name = format!("{prefix}.{stem}");
        let scope = scope(making, scopes);
        if taken.contains(&(name.clone(), scope.clone())) {
            continue;
        }
        taken.push((name.clone(), scope.clone()));
        let id = making.chance.uuid();
        let (kind, value) = typed(making, &set, &id);
        let sensitive = kind == "Sensitive";
        // A value that only the database can hold as it is has a type of its own.
        let prompt = if making.chance.percent(15) && (sensitive || kind == "String") {
            prompt(making)
        } else {
            Value::Null
        };
        variables.push(json!({
            "Description": making.words(), "Id": id, "IsEditable": true, "IsSensitive": sensitive, "Name": name, "Prompt": prompt, "Scope": scope,
            "Type": kind, "Value": value,
        }));
    }
    making.put("variables", json!({"Id": set, "OwnerId": owner, "Variables": variables, "Version": 1}));
}

fn typed(making: &mut Making, set: &str, id: &str) -> (&'static str, Value) {
    let accounts = [
        ("AmazonWebServicesAccount", "AmazonWebServicesAccount"),
        ("AzureAccount", "AzureServicePrincipal"),
        ("GoogleCloudAccount", "GoogleCloudAccount"),
        ("UsernamePasswordAccount", "UsernamePassword"),
        ("GenericOidcAccount", "GenericOidcAccount"),
    ];
    match making.chance.below(10) {
        0 | 1 => {
            making.secret(set, &format!("Variables/{id}"));
            return ("Sensitive", Value::Null);
        }
        2 => {
            let (kind, account) = making.chance.one(&accounts);
            let found = making.ids_with("accounts", "AccountType", account);
            if !found.is_empty() {
                return (kind, json!(making.chance.one(&found)));
            }
        }
        3 => {
            if let Some(certificate) = making.any("certificates") {
                return ("Certificate", json!(certificate));
            }
        }
        4 => {
            if let Some(pool) = making.any("workerpools") {
                return ("WorkerPool", json!(pool));
            }
        }
        _ => {}
    }
    let value = match making.chance.below(8) {
        0 => json!(""),
        1 => json!(making.chance.one(text::CONTROLS)),
        2 | 3 => json!(making.chance.one(text::BLOCKS)),
        4 => json!("long ".repeat(1200)),
        _ => json!(making.line()),
    };
    ("String", value)
}

fn scope(making: &mut Making, scopes: &Scopes) -> Value {
    let mut scope = Map::new();
    let mut add = |kind: &str, ids: Vec<String>| {
        if !ids.is_empty() {
            scope.insert(kind.to_owned(), json!(ids));
        }
    };
    if making.chance.percent(45) {
        add("Environment", making.some("environments", 2));
    }
    if making.chance.percent(12) {
        let roles: Vec<String> = text::ROLES.iter().map(|role| (*role).to_owned()).collect();
        add("Role", making.chance.some(&roles, 2));
    }
    if making.chance.percent(12) {
        add("Machine", making.some("machines", 2));
    }
    if making.chance.percent(12) {
        add("TenantTag", making.some_tags("Tenant"));
    }
    if making.chance.percent(15) {
        add("Channel", making.chance.some(&scopes.channels, 2));
    }
    if making.chance.percent(15) {
        add("Action", making.chance.some(&scopes.actions, 2));
    }
    if making.chance.percent(15) {
        add("ProcessOwner", making.chance.some(&scopes.processes, 2));
    }
    Value::Object(scope)
}

fn prompt(making: &mut Making) -> Value {
    let control = making.chance.one(&["SingleLineText", "MultiLineText", "Checkbox", "Select"]);
    let mut display = json!({"Octopus.ControlType": control});
    if control == "Select" {
        display["Octopus.SelectOptions"] =
            json!(making.chance.one(&["a|A\nb|B", "yes|Yes, \"please\"\nno|No ${x}"]));
    }
    json!({
        "Description": making.words(), "DisplaySettings": display, "Label": making.chance.one(&["", "Asked", "\"Which\" ${one}?"]), "Required": making.flag(),
    })
}
