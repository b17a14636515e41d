//! Library variable sets, script modules, step templates.

use serde_json::{Value, json};

use crate::making::Making;
use crate::variable;

pub(crate) fn make(making: &mut Making) {
    for _ in 0..making.chance.below(3) {
        library(making);
    }
    for _ in 0..making.chance.below(3) {
        script_module(making);
    }
    for _ in 0..making.chance.below(3) {
        step_template(making);
    }
}

/// Templates of variables: what tenants fill in, what steps made of a template ask for.
pub(crate) fn templates(
    making: &mut Making,
    owner: &str,
    list: &str,
    prefix: &str,
    most: usize,
) -> Vec<Value> {
    let mut templates = Vec::new();
    for number in 0..making.chance.below(most + 1) {
        let id = making.chance.uuid();
        let control = making.chance.one(&[
            "SingleLineText",
            "SingleLineText",
            "MultiLineText",
            "Checkbox",
            "Select",
            "Sensitive",
        ]);
        let mut display = json!({"Octopus.ControlType": control});
        let default = match control {
            "Sensitive" if making.chance.percent(40) => {
                making.secret(owner, &format!("{list}/{id}/DefaultValue"))
            }
            // The provider's argument is a text: nothing is an empty one.
            "Sensitive" => json!(""),
            "Checkbox" => json!(making.chance.one(&["True", "False"])),
            "Select" => {
                display["Octopus.SelectOptions"] =
                    json!(making.chance.one(&["a|A\nb|B \"b\"", "1|One", "x|${X}\ny|Y: %{y}\n|empty"]));
                json!(making.chance.one(&["a", "b", ""]))
            }
            "MultiLineText" => making.words(),
            _ => json!(making.line()),
        };
        templates.push(json!({
            "DefaultValue": default, "DisplaySettings": display, "HelpText": making.words(), "Id": id,
            "Label": making.chance.one(&["", "Label", "With \"quotes\" and ${x}"]), "Name": format!("{prefix}.Value{number}"),
        }));
    }
    templates
}

/// The secret default of a template comes in a run for a tenant, never with a deployment of modules alone.
pub(crate) fn allow_defaults(making: &mut Making, collection: &str, key: &str, templates: &[Value]) {
    let secret = |template: &&Value| template["DefaultValue"]["HasValue"] == true;
    for name in templates.iter().filter(secret).filter_map(|template| template["Name"].as_str()) {
        let why = "API: a template's secret default is a variable only in a run for a tenant without a value";
        let field = format!("Templates/{name}/DefaultValue");
        making.allow(collection, &field, why, key);
        making.allow_secret(collection, &field, why, key);
    }
}

fn library(making: &mut Making) {
    let id = making.id("LibraryVariableSets");
    let name = making.name("libraryvariablesets");
    let number = id.rsplit('-').next().unwrap_or_default().to_owned();
    let templates = templates(making, &id, "Templates", &format!("Common{number}"), 3);
    allow_defaults(making, "libraryvariablesets", &name, &templates);
    let document = json!({
        "ContentType": "Variables", "Description": making.optional("libraryvariablesets", &name, "Description"), "Id": id, "Name": name, "Templates": templates,
        "VariableSetId": format!("variableset-{id}"),
    });
    making.put("libraryvariablesets", document);
    variable::set(making, &id, &format!("Library{number}"));
}

fn script_module(making: &mut Making) {
    let id = making.id("LibraryVariableSets");
    let name = making.name("libraryvariablesets");
    let (body, syntax) =
        (making.script(), making.chance.one(&["Bash", "PowerShell", "CSharp", "Python", "FSharp"]));
    let mut document = json!({
        "ContentType": "ScriptModule", "Description": making.optional("libraryvariablesets", &name, "Description"), "Id": id, "Name": name, "Templates": [],
        "VariableSetId": format!("variableset-{id}"), "scriptBody": body, "syntax": syntax,
    });
    // Copies of the variables, which not every server has.
    if making.flag() {
        for field in ["scriptBody", "syntax"] {
            document.as_object_mut().expect("an object").shift_remove(field);
            making.allow("libraryvariablesets", field, "made up: the copy of a variable is not there", &name);
        }
    }
    making.put("libraryvariablesets", document);
    let variable = |making: &mut Making, name: String, value: &str| {
        json!({"Description": "", "Id": making.chance.uuid(), "IsEditable": true, "IsSensitive": false, "Name": name, "Prompt": null, "Scope": {},
            "Type": "String", "Value": value})
    };
    let variables = vec![
        variable(making, format!("Octopus.Script.Module[{name}]"), &body),
        variable(making, format!("Octopus.Script.Module.Language[{name}]"), syntax),
    ];
    making.put(
        "variables",
        json!({"Id": format!("variableset-{id}"), "OwnerId": id, "Variables": variables, "Version": 1}),
    );
}

fn step_template(making: &mut Making) {
    let id = making.id("ActionTemplates");
    let name = making.name("actiontemplates");
    let number = id.rsplit('-').next().unwrap_or_default().to_owned();
    let mut parameters = templates(making, &id, "Parameters", &format!("Template{number}"), 3);
    let mut packages = Vec::new();
    if making.chance.percent(40) {
        making.allow(
            "actiontemplates",
            "Packages/*/Name",
            "provider 1.17.0: its client leaves out an empty text",
            &name,
        );
        let feeds = making.ids("feeds");
        packages.push(json!({
            "AcquisitionLocation": making.chance.one(&["Server", "ExecutionTarget", "NotAcquired"]), "FeedId": making.chance.one(&feeds),
            "Id": making.chance.uuid(), "Name": making.chance.one(&["", "tools"]), "PackageId": "Random.Tools",
            "Properties": {"Extract": making.chance.one(&["True", "False"]), "PackageParameterName": "", "Purpose": "", "SelectionMode": "immediate"},
        }));
    }
    for parameter in &mut parameters {
        parameter["Name"] = json!(parameter["Name"].as_str().unwrap_or_default());
    }
    let document = json!({
        "ActionType": "Octopus.Script", "CommunityActionTemplateId": null, "Description": making.optional("actiontemplates", &name, "Description"), "GitDependencies": [], "Id": id, "Inputs": [],
        "Name": name, "Packages": packages, "Parameters": parameters,
        "Properties": {"Octopus.Action.Script.ScriptBody": making.script(), "Octopus.Action.Script.ScriptSource": "Inline",
            "Octopus.Action.Script.Syntax": making.chance.one(&["Bash", "PowerShell"])},
        "StepPackageId": null, "Version": 0,
    });
    making.put("actiontemplates", document);
}
