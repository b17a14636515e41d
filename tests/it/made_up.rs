//! A collection that octoferry has never heard of, and a kind for it that only this test knows: what a newcomer writes is one file. It is carried,
//! its references and secrets too; `verify`'s comparison and the list of what is not carried follow by themselves.

use compare::Explanations;
use documents::collection::Collection;
use documents::inventory::Inventory;
use module::Module;
use module::manifest::FinishStep;
use octoferry_core::convert::model::{ID, Kind, SPACE_ID, Shape, computed, finish, finish_secret};
use octoferry_core::convert::registry::Registry;
use octoferry_core::convert::{self, SecretSources};
use octoferry_core::kinds;
use octoferry_core::selection::Selection;
use serde_json::{Value, json};

const NO_RESOURCE: &str = "the provider has no resource for it";

const SHAPES: &[Shape] = &[Shape {
    fields: &[
        finish("Name", NO_RESOURCE),
        finish("EnvironmentIds", NO_RESOURCE),
        finish_secret("Password", "Password", "no step reveals it", NO_RESOURCE),
        computed("Mood", "the server tells it"),
        ID,
        SPACE_ID,
    ],
    ..Shape::DEFAULT
}];

/// All kinds that there are, and gnomes.
fn registry() -> &'static Registry {
    let gnome: &'static Kind = Box::leak(Box::new(Kind {
        collection: Collection::named("gnomes"),
        noun: "gnome",
        file: "gnomes.tf",
        by_finish: |_, _| Some(NO_RESOURCE),
        shapes: SHAPES,
        ..Kind::DEFAULT
    }));
    let space = kinds::SPACE.iter().copied().chain([gnome]).collect::<Vec<_>>();
    Box::leak(Box::new(Registry { space: space.leak(), ..kinds::ALL }))
}

fn dump(gnomes: Value) -> Value {
    json!({"Documents": {"Server": {"spaces": {"Spaces-2": {"Id": "Spaces-2", "Name": "Garden"}}}, "Spaces-2": {
        "environments": {"Environments-7": {"Id": "Environments-7", "Name": "Lawn"}},
        "gnomes": gnomes,
    }}})
}

fn inventory(gnomes: Value) -> Inventory {
    Inventory::from_dump(&dump(gnomes), "Spaces-2").expect("a space")
}

fn converted(kinds: &'static Registry, inventory: &Inventory) -> Module {
    let (selection, sources) = (Selection::default(), SecretSources::default());
    let context = convert::space(kinds, inventory, &selection, &sources);
    convert::finished(context, Vec::new()).expect("a module")
}

#[test]
fn a_made_up_kind_is_carried_compared_and_listed() {
    let gnome = json!({"Gnomes-1": {"Id": "Gnomes-1", "SpaceId": "Spaces-2", "Name": "Reginald", "EnvironmentIds": ["Environments-7"],
        "Password": {"HasValue": true, "NewValue": null}, "Mood": "sour", "Hat": "red"}});
    let source = inventory(gnome.clone());

    let manifest = converted(&kinds::ALL, &source).manifest;
    let gnomes = Collection::named("gnomes");
    assert!(manifest.finish.iter().all(|step| !format!("{step:?}").contains("Reginald")));
    let note = manifest.notes.iter().find(|note| note.collection() == gnomes).expect("a note");
    assert_eq!(note.code, "not-carried", "without its kind it is named");

    let manifest = converted(registry(), &source).manifest;
    let [FinishStep::Document { target, document }] = manifest.finish.as_slice() else {
        panic!("{:?}", manifest.finish)
    };
    assert_eq!((target.collection, target.key.as_slice()), (gnomes, ["Reginald".to_owned()].as_slice()));
    assert_eq!(
        *document,
        json!({"Name": "Reginald", "EnvironmentIds": [{"$ref": {"collection": "environments", "key": ["Lawn"]}}],
            "Password": {"$secret": "gnome_reginald_password"}, "Hat": "red"})
    );
    let secrets: Vec<&str> = manifest.secrets.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(secrets, ["gnome_reginald_password"]);
    let notes: Vec<(&str, &str)> =
        manifest.notes.iter().map(|note| (note.code.as_str(), note.field())).collect();
    assert_eq!(
        notes,
        [("person-secret", "Password")],
        "what the table doesn't name goes with the whole document"
    );

    let compared = |gnomes: Value| {
        let comparison = compare::compare(&source, &inventory(gnomes), &Explanations::default());
        comparison.kinds[&Collection::named("gnomes")].unexplained()
    };
    let other = |field: &str, value: Value| {
        let mut other = gnome.clone();
        other["Gnomes-1"][field] = value;
        other
    };
    assert_eq!(compared(gnome.clone()), 0);
    assert_eq!(compared(other("Hat", json!("blue"))), 1);
    assert_eq!(compared(other("EnvironmentIds", json!([]))), 1);
    assert_eq!(compared(json!({})), 1);
}
