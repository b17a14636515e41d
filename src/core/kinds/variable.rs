//! Variables of projects and of library sets: one resource for each value.

use serde_json::{Map, Value, json};

use super::text_value::{by_control_type, text_or_file};
use super::variable_scope;
use crate::convert::SecretSources;
use crate::convert::context::{At, Context, Subject, is_portable};
use crate::convert::fields::{Fields, is_empty, odd, read};
use crate::convert::model::*;
use crate::convert::names::label;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use documents::document::Document;
use module::manifest::FinishStep;

const RESOURCE: &str = "octopusdeploy_variable";
const DISPLAY: &str = "the provider does not know this way to ask for a value";

/// Variables of the module's project.
pub(super) const PROJECT: Kind = Kind {
    collection: Collection::Variables,
    noun: "project variable",
    file: "project_variables.tf",
    of: |document| document.text("OwnerId").is_some_and(|owner| owner.starts_with("Projects-")),
    // Frozen copies of snapshots have ids of their own.
    belongs: |document, project| document.id() == format!("variableset-{project}"),
    keep: Some(keep),
    expand: Some(expand),
    expands_to: &[RESOURCE],
    ..Kind::DEFAULT
};

/// Variables of library sets; those of script modules are part of these.
pub(super) const LIBRARY: Kind = Kind {
    noun: "library variable",
    file: "library_variables.tf",
    of: |document| {
        document.text("OwnerId").is_some_and(|owner| {
            owner.starts_with("LibraryVariableSets-") && document.id() == format!("variableset-{owner}")
        })
    },
    belongs: |_, _| false,
    ..PROJECT
};

pub(super) const SET: &[Field] = &[
    ignored("OwnerId", "the set is found by its owner"),
    ignored("ScopeValues", "names of what could be chosen; the server makes them"),
    ignored("Version", "counts changes; the server keeps it"),
    ID,
    SPACE_ID,
];

const VARIABLE: &[Field] = &[
    block("Prompt", PROMPT),
    ignored("IsEditable", "the server's own word on whether this view of the set can be edited"),
    ID,
];

const PROMPT: &[Field] = &[
    plain("Label"),
    plain("Description"),
    flag("Required").named("is_required"),
    custom("DisplaySettings", display_settings).writes(&["display_settings"]),
];

/// Types that the provider knows (1.17.0, `schemas/variable.go`).
const TYPES: &[&str] = &[
    "String",
    "Sensitive",
    "AmazonWebServicesAccount",
    "AzureAccount",
    "GoogleCloudAccount",
    "UsernamePasswordAccount",
    "GenericOidcAccount",
    "Certificate",
    "WorkerPool",
];

/// A variable on its way into the module.
struct Planned<'i> {
    fields: &'i Map<String, Value>,
    label: String,
    at: At,
    /// What it is at the source: a cloned project has the variable ids of the original.
    identity: String,
}

impl Planned<'_> {
    fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn scope(&self) -> Map<String, Value> {
        self.fields.get("Scope").and_then(Value::as_object).cloned().unwrap_or_default()
    }

    fn is_sensitive(&self) -> bool {
        self.text("Type") == "Sensitive" || self.fields.get("IsSensitive") == Some(&Value::Bool(true))
    }

    fn address(&self) -> Expr {
        Expr::reference(RESOURCE).attribute(&self.label)
    }

    /// Whether the provider could take one for the other when it looks for what it has just made: it compares neither ids nor
    /// the values of secrets, and of scopes only whether one is in the other.
    fn resembles(&self, other: &Self) -> bool {
        ["Name", "Description"].iter().all(|field| self.text(field) == other.text(field))
            && self.is_sensitive() == other.is_sensitive()
            && (self.is_sensitive()
                || (self.text("Type") == other.text("Type") && self.text("Value") == other.text("Value")))
    }
}

fn identity(set: &Document, variable: &Value) -> String {
    format!("{}/{}", set.id(), variable["Id"].as_str().unwrap_or_default())
}

fn keep(context: &mut Context<'_>, subject: &Subject<'_>) {
    let variables = subject.document.list("Variables").iter();
    let ids: Vec<String> = variables.map(|variable| identity(subject.document, variable)).collect();
    context.names.keep(RESOURCE, ids.iter().map(String::as_str));
}

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let inventory = context.inventory;
    let Some(document) = inventory.get(Collection::Variables, subject.document.id()) else { return };
    let owner_id = document.text("OwnerId").unwrap_or_default();
    let collection = if owner_id.starts_with("Projects-") {
        Collection::Projects
    } else {
        Collection::LibraryVariableSets
    };
    let Some(owner) = inventory.get(collection, owner_id) else {
        context.note(
            &subject.at,
            "dangling",
            &format!("belongs to {owner_id}, which the source space does not have; it is left out"),
            "",
        );
        return;
    };
    // The body and the language of a script module are part of its own resource.
    if owner.text("ContentType") == Some("ScriptModule") {
        return;
    }
    let mut planned = read(context, &subject.at, document.fields(), |context, fields| {
        fields.carry(context, SET, &mut Block::default());
        plan(context, &subject.at, document, fields.list("Variables"), owner, collection)
    });
    planned.sort_by(|a, b| a.label.cmp(&b.label));
    if planned.is_empty() {
        return;
    }
    if collection != Collection::Projects {
        context.add_comment(subject.file, owner.name());
    }
    let owner_expression = context.reference(&subject.at, collection, owner_id);
    for variable in &planned {
        let mut block = resource(context, variable, &owner_expression, owner, collection);
        let smaller = planned.iter().filter(|other| {
            other.label != variable.label
                && other.resembles(variable)
                && variable_scope::is_within(&other.scope(), &variable.scope())
        });
        block.depends_on.extend(smaller.map(Planned::address));
        context.made_part(&variable.at.target, &variable.at.path, &block.address());
        context.add(subject.file, block);
    }
}

fn plan<'i>(
    context: &mut Context<'i>,
    set_at: &At,
    document: &Document,
    items: &'i [Value],
    owner: &Document,
    collection: Collection,
) -> Vec<Planned<'i>> {
    let mut planned: Vec<Planned<'i>> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut at = set_at.field("Variables");
        at.path.push(json!(index));
        let Some(fields) = item.as_object() else {
            odd(context, &at, item);
            continue;
        };
        let name = fields.get("Name").and_then(Value::as_str).unwrap_or_default();
        if !context.selection.keeps_variable(document.id(), owner.id(), name) {
            continue;
        }
        at.path.pop();
        at.path.push(locator(context, items, item, name, index));
        at.owner = format!("variable \"{name}\"");
        let scope = fields.get("Scope").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut wanted = label(name);
        if collection != Collection::Projects {
            wanted =
                format!("{}_{wanted}", context.label_of(owner.id()).unwrap_or_else(|| label(owner.name())));
        }
        for part in variable_scope::names(context, &scope) {
            wanted = format!("{wanted}_{}", label(&part).trim_start_matches('_'));
        }
        let id = fields.get("Id").and_then(Value::as_str).unwrap_or_default();
        let variable = Planned { fields, label: label(&wanted), at, identity: identity(document, item) };
        if by_finish(context, set_at, &variable, document, owner) {
            continue;
        }
        if planned.iter().any(|other| {
            other.resembles(&variable) && variable_scope::is_same(&other.scope(), &variable.scope())
        }) {
            let mut at = set_at.field("Variables");
            at.path.push(json!({ "Name": name }));
            context.note(
                &at,
                "not-carried",
                &format!(
                    "there is another variable \"{name}\" with the same scope that the provider can't tell from this one; only the first is carried"
                ),
                "Remove one of the two at the source.");
            continue;
        }
        let label = context.names.claim_for(&variable.identity, RESOURCE, &variable.label, id);
        let mut variable = Planned { label, ..variable };
        variable.at.prefix = if collection == Collection::Projects {
            format!("variable_{}", variable.label)
        } else {
            variable.label.clone()
        };
        variable.at.id = id.to_owned();
        planned.push(variable);
    }
    planned
}

/// Whether the whole value is the id of a project that this module does not make. It may come later, and the other way round: as a lookup such a
/// value would stop the whole module, and two projects that name each other would wait for each other.
fn names_project(context: &Context<'_>, variable: &Planned<'_>) -> bool {
    !variable.is_sensitive() && context.is_another_project(variable.text("Value"))
}

/// Leaves a variable to finish, if the provider does not know a kind of its scope or its value is a project that may come later; whether it did.
fn by_finish(
    context: &mut Context<'_>,
    set_at: &At,
    variable: &Planned<'_>,
    document: &Document,
    owner: &Document,
) -> bool {
    let scope = variable.scope();
    let mut unknown = variable_scope::unknown(&scope).peekable();
    let names_project = names_project(context, variable);
    if unknown.peek().is_none() && !names_project {
        return false;
    }
    let at = variable.at.clone();
    let portable = context.portable(&Value::Object(scope.clone()));
    let locator = json!({"Name": variable.text("Name"), "Scope": portable});
    if at.path.last() != Some(&locator) && at.path.last() != Some(&json!({"Name": variable.text("Name")}))
        || !is_portable(&portable)
    {
        let kinds: Vec<&str> = unknown.map(|(kind, _)| kind.as_str()).collect();
        // One of several that are told apart by their place alone.
        if kinds.is_empty() {
            return false;
        }
        let text = format!(
            "the variable \"{}\" is limited by {}, which names something that can't be found at the destination; it is not carried, since without the limit it would be valid everywhere",
            variable.text("Name"),
            kinds.join(", ")
        );
        context.note(&at, "not-carried", &text, "Make it by hand at the destination.");
        return true;
    }
    if names_project {
        context.note_followed(&at.field("Value"), variable.text("Value"));
    }
    let mut item: Map<String, Value> = variable.fields.clone();
    item.shift_remove("Id");
    item.shift_remove("IsEditable");
    if variable.is_sensitive() {
        item.shift_remove("Value");
    }
    let item = context.portable(&Value::Object(item));
    let (target, path) = (set_at.target.clone(), set_at.field("Variables").path);
    context.finish(FinishStep::Item { target, path, after: Vec::new(), item });
    if variable.is_sensitive() {
        let mut place = set_at.field("Variables");
        place.path.push(locator);
        place.prefix = format!("variable_{}", variable.label);
        place.owner.clone_from(&at.owner);
        let set = owner.text("VariableSetId").unwrap_or(document.id());
        let key = SecretSources::key(set, variable.text("Id"));
        context.variable_secret_of_finish(
            &place.field("Value"),
            &key,
            &format!("Value of \"{}\"", variable.text("Name")),
        );
    }
    true
}

/// How finish finds the variable in its set: by name, and by scope where several have the name.
fn locator(context: &mut Context<'_>, items: &[Value], item: &Value, name: &str, index: usize) -> Value {
    let namesakes: Vec<&Value> = items.iter().filter(|other| other["Name"] == name).collect();
    if namesakes.len() == 1 {
        return json!({ "Name": name });
    }
    let scope = |item: &Value| item["Scope"].as_object().cloned().unwrap_or_default();
    if namesakes.iter().filter(|other| variable_scope::is_same(&scope(other), &scope(item))).count() == 1 {
        let scope = context.portable(&Value::Object(scope(item)));
        return json!({ "Name": name, "Scope": scope });
    }
    json!(index)
}

fn resource(
    context: &mut Context<'_>,
    variable: &Planned<'_>,
    owner_id: &Expr,
    owner: &Document,
    collection: Collection,
) -> Block {
    let mut block = Block::resource(RESOURCE, &variable.label).made_of(&variable.identity);
    block.set("owner_id", owner_id.clone());
    read(context, &variable.at, variable.fields, |context, fields| {
        let name = context.text(&fields.at("Name"), fields.text("Name"));
        block.set("name", name);
        fields.carry(context, [plain("Description")], &mut block);
        fields.ignore("IsSensitive", "a sensitive variable has a type of its own for the provider");
        if variable.is_sensitive() {
            fields.ignore("Type", "the provider knows one type of secret");
            fields.ignore("Value", "the API hides it");
            secret_value(context, variable, owner, collection, &mut block);
        } else {
            value(context, variable, fields, &mut block);
        }
        fields.carry(context, VARIABLE, &mut block);
        variable_scope::scope(context, fields, &mut block);
    });
    block
}

fn secret_value(
    context: &mut Context<'_>,
    variable: &Planned<'_>,
    owner: &Document,
    collection: Collection,
    block: &mut Block,
) {
    let mut description = format!("Value of \"{}\"", variable.text("Name"));
    if collection != Collection::Projects {
        description.push_str(&format!(" in the library variable set \"{}\"", owner.name()));
    }
    let names: Vec<String> =
        variable_scope::names(context, &variable.scope()).iter().map(|name| format!("\"{name}\"")).collect();
    if !names.is_empty() {
        description.push_str(&format!(" for {}", names.join(", ")));
    }
    let set =
        owner.text("VariableSetId").map_or_else(|| format!("variableset-{}", owner.id()), str::to_owned);
    let key = SecretSources::key(&set, &variable.at.id);
    let expression = context.variable_secret(&variable.at.field("Value"), &key, &description);
    block.set("type", "Sensitive");
    block.set("is_sensitive", true);
    block.set("sensitive_value", expression);
}

fn value(context: &mut Context<'_>, variable: &Planned<'_>, fields: &mut Fields<'_>, block: &mut Block) {
    let at = fields.at("Value");
    let kind = fields.text("Type");
    let known = TYPES.contains(&kind);
    block.set("type", if known { kind } else { "String" });
    if !known && !kind.is_empty() {
        const NO_TYPE: &str = "the provider refuses this type of variable";
        context.set(&fields.at("Type"), &Value::String(kind.to_owned()), NO_TYPE);
        block.ignore_changes("type");
    }
    match fields.take("Value") {
        Value::String(text) if kind == "String" => {
            let expression = text_or_file(context, &at, "files/variables", &variable.label, text);
            block.set("value", expression);
        }
        Value::String(text) => {
            let expression = by_control_type(context, &at, kind, text);
            block.set("value", expression);
        }
        Value::Null => {
            context.set(&at, &Value::Null, "the provider sends an empty text for a variable without value")
        }
        other => odd(context, &at, other),
    }
}

/// How a person is asked. The provider knows four ways; a server gives a prompt without one its own.
fn display_settings(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    if is_empty(value) {
        return;
    }
    let control = value["Octopus.ControlType"].as_str().unwrap_or_default();
    let options = value["Octopus.SelectOptions"].as_str().unwrap_or_default();
    let only_known = value.as_object().is_some_and(|fields| {
        fields.iter().all(|(name, value)| {
            matches!(name.as_str(), "Octopus.ControlType" | "Octopus.SelectOptions") || is_empty(value)
        })
    });
    let lines: Vec<&str> = if options.is_empty() { Vec::new() } else { options.split('\n').collect() };
    if control == "Select" && !lines.iter().any(|line| line.contains('|')) {
        // The provider dies when it reads one (1.17.0, `variable_prompt_options.go`), so the destination must not have it either.
        let text =
            "is a choice without options, which the provider can't bear: the destination asks for a text";
        context.note(at, "odd-value", text, "Give the choice options at the source.");
        return;
    }
    let carried = only_known
        && match control {
            "SingleLineText" | "MultiLineText" | "Checkbox" => lines.is_empty(),
            "Select" => lines.iter().all(|line| line.contains('|')),
            _ => false,
        };
    if !carried {
        context.set(at, value, DISPLAY);
        return;
    }
    let mut inner = Block::new("display_settings", &[]).with("control_type", control);
    let at = at.field("Octopus.SelectOptions");
    for line in lines {
        let (option, name) = line.split_once('|').unwrap_or((line, ""));
        let option = context.text(&at, option);
        let name = context.text(&at, name);
        inner.blocks.push(Block::new("select_option", &[]).with("value", option).with("display_name", name));
    }
    block.blocks.push(inner);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert_project;

    #[test]
    fn a_variable_whose_scope_the_provider_does_not_know_is_never_valid_everywhere() {
        let documents = json!({
            "tenants": [{"Id": "Tenants-1", "Name": "One"}, {"Id": "Tenants-2", "Name": "Two"}],
            "variables": [{"Id": "variableset-Projects-1", "OwnerId": "Projects-1", "Variables": [
                {"Id": "a", "Name": "Size", "Type": "String", "Value": "1", "Scope": {"Environment": ["Environments-1"], "Tenant": ["Tenants-1"]}},
                {"Id": "b", "Name": "Size", "Type": "String", "Value": "2", "Scope": {"Environment": ["Environments-1"], "Tenant": ["Tenants-2"]}},
                {"Id": "c", "Name": "Key", "Type": "Sensitive", "IsSensitive": true, "Value": null, "Scope": {"TargetTagParameter": ["tags"]}},
                {"Id": "d", "Name": "Lost", "Type": "String", "Value": "3", "Scope": {"ProcessTemplateStep": ["Steps-17"]}}
            ]}]
        });
        expect![[r#"
            --- finish {"do":"item","target":{"collection":"variables","key":["projects","Tickets"]},"path":["Variables"],"after":[],"item":{"Name":"Size","Type":"String","Value":"1","Scope":{"Environment":[{"$ref":{"collection":"environments","key":["Production"]}}],"Tenant":[{"$ref":{"collection":"tenants","key":["One"]}}]}}}
            --- finish {"do":"item","target":{"collection":"variables","key":["projects","Tickets"]},"path":["Variables"],"after":[],"item":{"Name":"Size","Type":"String","Value":"2","Scope":{"Environment":[{"$ref":{"collection":"environments","key":["Production"]}}],"Tenant":[{"$ref":{"collection":"tenants","key":["Two"]}}]}}}
            --- finish {"do":"item","target":{"collection":"variables","key":["projects","Tickets"]},"path":["Variables"],"after":[],"item":{"Name":"Key","Type":"Sensitive","IsSensitive":true,"Scope":{"TargetTagParameter":["tags"]}}}
            --- finish {"do":"set","target":{"collection":"variables","key":["projects","Tickets"]},"path":["Variables",{"Name":"Key","Scope":{"TargetTagParameter":["tags"]}},"Value"],"value":{"secret":"variable_key"}}
            --- note not-carried ["projects", "Tickets"] Variables/Lost: the variable "Lost" is limited by ProcessTemplateStep, which names something that can't be found at the destination; it is not carried, since without the limit it would be valid everywhere
        "#]].assert_eq(&convert_project("project_variables.tf", &documents));
    }
}
