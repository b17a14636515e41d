//! Whole spaces through the conversion: the same bytes each time, nothing lost, nothing that panics.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::kinds;
use crate::modules::{project, space};

pub(super) fn inventory(name: &str) -> Inventory {
    let path = format!("{}/tests/spaces/{name}/space.json", concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let text = std::fs::read(path).expect("the space's file");
    Inventory::from_dump(&serde_json::from_slice(&text).expect("JSON"), "Spaces-2").expect("the space")
}

#[test]
fn the_same_space_gives_the_same_bytes() {
    let inventory = inventory("shop");
    let once = space(&inventory, &Selection::default(), &SecretSources::default()).expect("a module");
    let twice = space(&inventory, &Selection::default(), &SecretSources::default()).expect("a module");
    assert_eq!(once.all_files(), twice.all_files());
    assert!(once.files.contains_key("environments.tf"));
}

/// No table can be wrong about it: what stands in a document and nowhere else must be noted.
#[test]
fn a_field_that_nobody_has_heard_of_is_noted_wherever_it_stands() {
    let mut inventory = inventory("shop");
    let collections: Vec<Collection> = inventory.collections().collect();
    let mut planted = 0;
    for kind in kinds::SPACE.iter().filter(|kind| collections.contains(&kind.collection)) {
        let ids: Vec<String> =
            inventory.all(kind.collection).map(|document| document.id().to_owned()).collect();
        for id in ids {
            let document = inventory.get_mut(kind.collection, &id).expect("it is there");
            document.fields_mut().insert("Planted".to_owned(), Value::from(true));
            planted += 1;
        }
    }
    let module = space(&inventory, &Selection::default(), &SecretSources::default()).expect("a module");
    for kind in kinds::SPACE {
        for document in inventory.all(kind.collection) {
            let target = Context::new(
                &kinds::ALL,
                &inventory,
                &SecretSources::default(),
                &Selection::default(),
                Scope::Space,
            )
            .target(kind.collection, document);
            let noted = module.manifest.notes.iter().any(|note| {
                note.code == "unknown-field"
                    && note.collection() == kind.collection
                    && note.key() == target.key
                    && note.field() == "Planted"
            });
            // Variable sets of projects are in the projects' modules.
            assert!(
                noted || kind.collection == Collection::Variables,
                "{} {:?}",
                kind.collection,
                target.key
            );
        }
    }
    assert!(planted > 40);
}

static SHOP: std::sync::LazyLock<Inventory> = std::sync::LazyLock::new(|| inventory("shop"));

/// Any JSON, with ids and names of the space in it.
fn any_value() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        "\\PC{0,12}",
        Just("Environments-1".to_owned()),
        Just("Accounts-404".to_owned()),
        Just("Projects-1,Feeds-3".to_owned()),
        Just("{\"a\":\"Environments-1\"}".to_owned()),
        Just("Region/EU".to_owned()),
        Just("00:00:01.5".to_owned()),
        Just("e\u{301}".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("Id|Name|HasValue|Value|[A-Z][a-z]{0,5}", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Paths to every value in a document.
fn paths(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (name, child) in children {
        path.push(name);
        found.push(path.clone());
        paths(child, path, found);
        path.pop();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever stands in a field: a module or a plain error, the same each time, never a panic.
    #[test]
    fn odd_documents_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any_value()), 1..12)) {
        let mut inventory = SHOP.clone();
        let collections: Vec<Collection> = inventory.collections().collect();
        for (which, place, value) in changes {
            let collection = *which.get(&collections);
            let ids: Vec<String> = inventory.all(collection).map(|document| document.id().to_owned()).collect();
            let id: &String = place.get(&ids);
            let Some(mut document) = inventory.remove(collection, id).map(Document::into_value) else { continue };
            let mut found = Vec::new();
            paths(&document, &mut Vec::new(), &mut found);
            let pointer: String = place.get(&found).iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect();
            if let Some(target) = document.pointer_mut(&pointer) {
                *target = value;
            }
            inventory.insert(collection, Document::new(document).expect("an object stays one"));
        }
        let sources = SecretSources::default();
        let selection = Selection::default();
        let once = space(&inventory, &selection, &sources).map_err(|failure| failure.message);
        let twice = space(&inventory, &selection, &sources).map_err(|failure| failure.message);
        prop_assert_eq!(once, twice);
        let projects: Vec<String> = inventory.all(Collection::Projects).map(|project| project.id().to_owned()).collect();
        for id in projects {
            let _ = project(&inventory, &id, &selection, &sources);
        }
    }
}
