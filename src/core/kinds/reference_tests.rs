//! What the vendor's published API allows, against what the provider takes: see `tests/reference/README.md`.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::convert::{self, SecretSources};
use crate::hcl::{Block, Expr, Item};
use crate::kinds;
use crate::kinds::testing::inventory;
use crate::selection::Selection;
use documents::collection::Collection;
use documents::inventory::Inventory;

fn file(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(path);
    serde_json::from_slice(&std::fs::read(path).expect("the file")).expect("JSON")
}

/// Puts a value at a way like `Phases/[]/Name`; objects that are missing are made.
fn put(document: &mut Value, way: &str, value: &Value) {
    let mut place = document;
    for name in way.split('/') {
        place = if name == "[]" {
            if place.as_array().is_none_or(Vec::is_empty) {
                *place = json!([null]);
            }
            &mut place[0]
        } else {
            &mut place[name]
        };
    }
    *place = value.clone();
}

/// The texts of an argument that are written as they are.
fn texts(value: &Expr) -> Vec<&str> {
    match value {
        Expr::Text(text) => vec![text],
        Expr::List(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Ways to what Terraform shall ignore in a block that is a set, which it can't.
fn check_ignored(block: &Block, schema: &Value, problems: &mut Vec<String>) {
    let mut ignored = Vec::new();
    block.clone().take_ignored().into_iter().for_each(|way| ignored.push(way));
    for way in ignored {
        if let Some((set, _)) =
            way.split_once('[').filter(|(name, _)| schema["blocks"][name]["nesting"] == "set")
        {
            problems.push(format!("ignores {way}, and {set} is a set"));
        }
    }
}

/// What the provider would refuse of a block: its values, and required arguments that are missing.
fn check(block: &Block, way: &str, schema: &Value, values: &Value, problems: &mut Vec<String>) {
    let attributes: Vec<(&str, &Expr)> =
        block.attributes.iter().map(|attribute| (attribute.name.as_str(), &attribute.value)).collect();
    check_arguments(&attributes, way, schema, values, problems);
    for inner in block.blocks.iter().filter(|inner| inner.kind != "lifecycle") {
        let inner_way = format!("{way}{}.", inner.kind);
        check(inner, &inner_way, &schema["blocks"][&inner.kind], values, problems);
    }
}

fn check_arguments(
    attributes: &[(&str, &Expr)],
    way: &str,
    schema: &Value,
    values: &Value,
    problems: &mut Vec<String>,
) {
    for (name, value) in attributes {
        let way = format!("{way}{name}");
        if let Some(accepted) = values[&way].as_array() {
            for text in texts(value).into_iter().filter(|text| !accepted.iter().any(|other| other == text)) {
                problems.push(format!("{way} = {text:?}"));
            }
        }
        if let Expr::Object(pairs) = value {
            let inner: Vec<(&str, &Expr)> =
                pairs.iter().map(|(name, value)| (name.as_str(), value)).collect();
            check_arguments(&inner, &format!("{way}."), &schema["attributes"][name], values, problems);
        }
    }
    for (name, attribute) in schema["attributes"].as_object().into_iter().flatten() {
        if attribute["required"] == true && !attributes.iter().any(|(given, _)| given == name) {
            problems.push(format!("{way}{name} is missing"));
        }
    }
}

/// Values that stand for themselves: they tell the resource or block, or are what the provider makes without being told.
const UNWRITTEN: &[(&str, &str, &[&str])] = &[
    ("lifecycles", "ReleaseRetentionPolicy/Strategy", &["Default"]),
    ("deploymentprocesses", "Steps/[]/Condition", &["Success"]),
    ("deploymentprocesses", "Steps/[]/PackageRequirement", &["LetOctopusDecide"]),
    ("deploymentprocesses", "Steps/[]/StartTrigger", &["StartAfterPrevious"]),
    ("deploymentprocesses", "Steps/[]/Type", &["Step"]),
    ("projecttriggers", "Action/ActionType", &["RunRunbook"]),
    ("projecttriggers", "Filter/FilterType", &["CronExpressionSchedule", "OnceDailySchedule"]),
];

/// The space of the test with this document in the place of others of its collection.
fn with(collection: &str, document: &Value, all: &Value) -> Inventory {
    let mut documents: Map<String, Value> = Map::new();
    let of_project = ["projects", "runbooks"];
    for other in of_project.iter().filter(|other| **other != collection) {
        documents.insert((*other).to_owned(), json!([all[*other]["document"]]));
    }
    documents.insert(collection.to_owned(), json!([document]));
    inventory(&Value::Object(documents))
}

#[test]
fn no_value_of_the_reference_makes_an_invalid_module_or_is_lost() {
    let all = file("reference/enumerations.json");
    let accepted = file("reference/provider-values.json");
    let schema = file("schema/octopusdeploy-1.17.0.json");
    let (selection, sources) = (Selection::default(), SecretSources::default());
    let mut problems = Vec::new();
    let mut tried = 0;
    for (collection, entry) in all.as_object().expect("collections") {
        for (way, values) in entry["values"].as_object().expect("fields") {
            for value in values.as_array().expect("values") {
                tried += 1;
                let mut document = entry["document"].clone();
                put(&mut document, way, value);
                let inventory = with(collection, &document, &all);
                let project = inventory.get(Collection::Projects, "Projects-1").expect("it is there");
                let mut told = String::new();
                let space = convert::space(&kinds::ALL, &inventory, &selection, &sources);
                let project = convert::project(&kinds::ALL, &inventory, project, &selection, &sources);
                for context in [space, project] {
                    for block in context.files.values().flatten().filter_map(|item| match item {
                        Item::Block(block) if block.kind == "resource" => Some(block),
                        _ => None,
                    }) {
                        let resource = &block.labels[0];
                        let mut found = Vec::new();
                        check(block, "", &schema["resources"][resource], &accepted[resource], &mut found);
                        check_ignored(block, &schema["resources"][resource], &mut found);
                        problems.extend(
                            found.iter().map(|what| format!("{collection} {way} {value}: {resource} {what}")),
                        );
                        block.walk("", &mut |_, expression| told.push_str(&format!("{expression:?}")));
                    }
                    told.push_str(&serde_json::to_string(&context.finish).expect("JSON"));
                    let about = |note: &&module::manifest::Note| note.collection().name() == collection;
                    context.notes.iter().filter(about).for_each(|note| told.push_str(&note.text));
                }
                let text = value.as_str().unwrap_or_default();
                let unwritten = UNWRITTEN
                    .iter()
                    .any(|(of, at, texts)| of == collection && at == way && texts.contains(&text));
                let left_out = crate::kinds::SPACE
                    .iter()
                    .chain(crate::kinds::PROJECT)
                    .any(|kind| kind.collection.name() == collection && kind.leaves_out(way, text));
                if !unwritten && !left_out && !told.contains(text) {
                    problems.push(format!("{collection} {way} {value} is lost"));
                }
            }
        }
    }
    assert!(tried > 150, "{tried}");
    assert_eq!(problems, Vec::<String>::new());
}

/// Whether a note is about the field at this way, not about something inside it.
fn is_about(note: &module::manifest::Note, way: &str) -> bool {
    let of_field: Vec<&str> = note.field().split('/').collect();
    let of_way: Vec<&str> = way.split('/').collect();
    of_field.len() == of_way.len()
        && of_field.iter().zip(&of_way).all(|(field, name)| *name == "[]" || field == name)
}

#[test]
fn every_field_of_the_reference_is_known() {
    let all = file("reference/fields.json");
    let enumerations = file("reference/enumerations.json");
    let (selection, sources) = (Selection::default(), SecretSources::default());
    let odd = [json!(7), json!({"odd": 1})];
    // Of another form they are no links, and noted.
    let links = [json!({"Self": "/api/odd"})];
    let mut unknown = Vec::new();
    let mut tried = 0;
    for (collection, entry) in all.as_object().expect("collections") {
        let ways = entry["fields"].as_array().expect("fields");
        for way in ways.iter().filter_map(Value::as_str).filter(|way| !KEYS.contains(way)) {
            tried += 1;
            for value in if way.ends_with("Links") { &links[..] } else { &odd[..] } {
                let mut document = entry["document"].clone();
                put(&mut document, way, value);
                let inventory = with(collection, &document, &enumerations);
                let project = inventory.get(Collection::Projects, "Projects-1").expect("it is there");
                let space = convert::space(&kinds::ALL, &inventory, &selection, &sources);
                let project = convert::project(&kinds::ALL, &inventory, project, &selection, &sources);
                let notes = space.notes.iter().chain(&project.notes);
                let of_field = |note: &&module::manifest::Note| {
                    note.code == "unknown-field"
                        && note.collection().name() == collection
                        && is_about(note, way)
                };
                unknown
                    .extend(notes.filter(of_field).map(|note| format!("{collection} {way}: {}", note.text)));
            }
        }
    }
    assert!(tried > 500, "{tried}");
    assert_eq!(unknown, Vec::<String>::new());
}

/// By these the documents of the test are found again.
const KEYS: &[&str] = &["Id", "ProjectId", "OwnerId", "RunbookId", "SpaceId"];
