//! What comes from outside, changed at random in many places at once: no parser panics, takes half of something for the whole, or shows a
//! secret. The same changes each time: a failing one names its number.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use documents::collection::Collection;
use documents::inventory::Inventory;
use octoferry::{seeded, spread};
use octoferry_core::modules;
use octoferry_core::selection::Selection;
use secret::Secret;
use secret::stream::{read_stream, write_stream};
use serde_json::{Value, json};

const SPACE: &str = "Spaces-2";
const PLANTED: &str = "planted-secret-7c1f";

/// A generator of numbers that is the same each time (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).expect("31 bits fit") % end.max(1)
    }
}

/// Runs one round; a panic names the round that made it.
#[track_caller]
fn round<T>(what: &str, number: u64, run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| panic!("{what}: round {number} panicked (see above)"))
}

/// How many values a tree holds.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.values().map(size).sum(),
        _ => 0,
    }
}

/// Puts another thing in the place of the value with this number, counted from the root.
fn change(value: &mut Value, number: usize, dice: &mut Dice) {
    let mut left = match number.checked_sub(1) {
        None => return *value = odd(value, dice),
        Some(left) => left,
    };
    let children: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => return,
    };
    for child in children {
        let inside = size(child);
        if left < inside {
            return change(child, left, dice);
        }
        left -= inside;
    }
}

/// A thing that no document has there.
fn odd(value: &Value, dice: &mut Dice) -> Value {
    match dice.below(18) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!(""),
        4 => json!(true),
        5 => json!(-1),
        6 => json!(u64::MAX),
        7 => json!(1e300),
        8 => json!("Environments-99999"),
        9 => json!("#{Nothing | Filter}#{"),
        10 => json!("${path.module}%{ if true }\"\\\n\u{202e}##octopus[x]"),
        11 => json!("é".repeat(5000)),
        12 => json!([value]),
        13 => json!({"HasValue": true, "NewValue": null}),
        14 => json!([null, 1, "text", {}, []]),
        15 => (0..50).fold(json!("end"), |inner, _| json!({"In": [inner]})),
        16 => json!("99999999999999999999.00:00:61"),
        _ => match value {
            Value::Array(items) => Value::Array(items.iter().chain(items).cloned().collect()),
            Value::Object(fields) => fields.values().next().cloned().unwrap_or_default(),
            other => json!([other, other]),
        },
    }
}

fn dump(space: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spaces").join(space).join("space.json");
    serde_json::from_slice(&std::fs::read(file).expect("a space")).expect("JSON")
}

/// Whatever a server says its documents are: each conversion ends, and what comes of it is what deploy would take.
#[test]
fn documents_of_any_shape_are_converted_or_refused() {
    for space in ["small-web", "infrastructure", "shop", "operations", "odd-text"] {
        let whole = dump(space);
        let documents = size(&whole["Documents"][SPACE]);
        assert!(documents > 100, "{space} is there");
        for number in 0..12 {
            let mut dice = Dice::new(number + 1);
            let mut changed = whole.clone();
            for _ in 0..12 {
                let at = 2 + dice.below(documents - 2);
                change(&mut changed["Documents"][SPACE], at, &mut dice);
            }
            round(space, number, || whole_way(&changed));
        }
    }
}

/// All that octoferry does with documents in memory.
fn whole_way(dump: &Value) {
    let Some(inventory) = Inventory::from_dump(dump, SPACE) else { return };
    let plan = spread::spread(&inventory, "Environments-1");
    let mut opened = inventory.clone();
    for change in plan.changes {
        opened.insert(change.collection, change.after);
    }
    let _undone = spread::collapse::collapse(&opened);
    let (prepared, sources) = seeded::prepare(opened);
    let selection = Selection::default();
    let projects: Vec<&str> =
        prepared.all(Collection::Projects).map(documents::document::Document::id).collect();
    let modules = std::iter::once(modules::space(&prepared, &selection, &sources))
        .chain(projects.into_iter().map(|id| modules::project(&prepared, id, &selection, &sources)));
    for module in modules {
        match module {
            Ok(module) => {
                if let Err(foreign) = module::policy::check(&module.all_files()) {
                    panic!("deploy would refuse it: {}", foreign.message);
                }
                for note in &module.manifest.notes {
                    assert!(!note.sentence().is_empty());
                }
            }
            Err(failure) => assert!(!failure.message.is_empty()),
        }
    }
}

/// A stream of secrets is read whole or not at all, and what is wrong with it is said without a value.
#[test]
fn a_damaged_stream_of_secrets_gives_no_secret_away() {
    let secrets: BTreeMap<String, Secret> = (0..20)
        .map(|number| (format!("Name.{number}"), Secret::new(format!("{PLANTED}-{number}\nline \u{e9}"))))
        .collect();
    let mut whole = Vec::new();
    write_stream(&secrets, &mut whole).expect("it is written");
    let mut read = 0;
    for number in 0..4000 {
        let mut dice = Dice::new(number + 1);
        let mut bytes = whole.clone();
        for _ in 0..=dice.below(3) {
            // One that was cut to nothing is as damaged as it can be.
            if bytes.is_empty() {
                break;
            }
            let at = dice.below(bytes.len());
            match dice.below(5) {
                0 => bytes[at] = 0,
                1 => bytes.truncate(at),
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, 0xff),
                _ => bytes.extend_from_within(at..),
            }
        }
        match round("the stream", number, || read_stream(bytes.as_slice())) {
            // Only a byte inside a name or value may have become another one: all are there.
            Ok(values) => {
                read += 1;
                assert_eq!(values.len(), secrets.len(), "round {number}: some are lost");
            }
            Err(failure) => {
                let said = format!("{failure} {failure:?}");
                assert!(!said.contains(PLANTED), "round {number}: {said}");
            }
        }
    }
    assert!(read < 400, "{read} damaged streams of 4000 were read");
}

/// Manifests of any shape are refused, or can be asked for all they hold.
#[test]
fn a_manifest_of_any_shape_is_refused_or_usable() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spaces/shop/module/space");
    let text = std::fs::read(folder.join(module::MANIFEST)).expect("a golden manifest");
    let whole: Value = serde_json::from_slice(&text).expect("JSON");
    let values = size(&whole);
    let mut usable = 0;
    for number in 0..600 {
        let mut dice = Dice::new(number + 1);
        let mut changed = whole.clone();
        for _ in 0..=dice.below(2) {
            let at = 1 + dice.below(values - 1);
            change(&mut changed, at, &mut dice);
        }
        round("the manifest", number, || {
            let Ok(manifest) = module::manifest::parse(changed.to_string().as_bytes()) else { return };
            usable += 1;
            for secret in &manifest.secrets {
                let _name = manifest.name_of_secret(&secret.name);
                let _placeholder = secret.placeholder();
            }
            for note in &manifest.notes {
                let _task = (note.task(), note.place(), note.sentence());
            }
        });
    }
    assert!(usable > 20, "some are usable: {usable}");
}

/// Whatever is put between the tokens of a module, blocks that may run something are found.
#[test]
fn a_modules_text_in_pieces_is_read_without_panic_and_never_lets_a_program_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spaces/small-web/module/space");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).expect("a golden module").map(|entry| entry.expect("an entry")) {
        if entry.path().is_file() {
            let name = entry.file_name().into_string().expect("a plain name");
            files.insert(name, std::fs::read(entry.path()).expect("a file"));
        }
    }
    module::policy::check(&files).expect("the golden module itself is taken");
    let texts: Vec<String> = files.keys().filter(|name| name.ends_with(".tf")).cloned().collect();
    let pieces: [&str; 12] = ["{", "}", "\"", "<<EOT\n", "EOT\n", "/*", "*/", "#", "${", "\\", "\n", "= [\n"];
    let program = "\nresource \"terraform_data\" \"x\" {\n  provisioner \"local-exec\" {\n    command = \"id\"\n  }\n}\n";
    for number in 0..600 {
        let mut dice = Dice::new(number + 1);
        let mut changed = files.clone();
        let name = &texts[dice.below(texts.len())];
        let mut text = String::from_utf8(files[name].clone()).expect("UTF-8");
        for _ in 0..=dice.below(3) {
            let mut at = dice.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.insert_str(at, pieces[dice.below(pieces.len())]);
        }
        changed.insert(name.clone(), text.clone().into_bytes());
        let _either = round("the module", number, || module::policy::check(&changed));
        // A program that really is one, before everything else in the file, is never overlooked, whatever follows.
        changed.insert(name.clone(), format!("{program}{text}").into_bytes());
        assert!(
            round("the module", number, || module::policy::check(&changed)).is_err(),
            "round {number}: {name}"
        );
    }
}
