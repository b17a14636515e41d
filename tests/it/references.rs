//! Every reference of the spaces in `tests/spaces`, in every way in which it can be odd (`references/oddities.rs`): each has a document, a step or a
//! value of its own, so that one move tries all at once. All arrives, each oddity is a note, the second plan is empty, and `verify` finds nothing
//! that no note explains. What fails is halved until one reference is left.

mod making;
mod oddities;
mod planted;

use octopus_sandbox::{Options, Sandbox};
use serde_json::Value;

use self::oddities::{Base, ELSEWHERE, GONE, Oddity, SPACE, Way};
use crate::support::{files_below, octoferry, terraform_config};

const NEW: &str = "New";

struct Moved {
    destination: Sandbox,
    notes: Vec<Value>,
}

/// Moves a space; what did not go well.
fn moved(dump: Value) -> Result<Moved, String> {
    let source =
        Sandbox::launch(Options { documents: vec![dump], ..Options::default() }).expect("the source starts");
    let destination = Options { spaces: vec![NEW.to_owned()], ..Options::default() };
    let destination = Sandbox::launch(destination).expect("the destination starts");
    let work = tempfile::tempdir().expect("a folder");
    let modules = work.path().join("modules");
    let mut run = octoferry(["serialize", "all"]).option("--out", &modules).source(&source, SPACE);
    let well = |(code, said): (i32, crate::support::Ended), wanted: &[i32]| {
        if wanted.contains(&code) { Ok(()) } else { Err(format!("{}{}", said.stdout, said.stderr)) }
    };
    well(run.ends_with_one_of(&[0, 1, 3]), &[0, 3])?;
    let deploy = || {
        octoferry(["deploy", "--placeholders"])
            .state_below(&work.path().join("state"))
            .arg(&modules)
            .destination(&destination, NEW)
            .env("TF_CLI_CONFIG_FILE", terraform_config())
    };
    well(deploy().ends_with_one_of(&[0, 1, 3]), &[0, 3])?;
    well(deploy().arg("--plan").ends_with_one_of(&[0, 1, 3, 4]), &[0])?;
    run =
        octoferry(["verify", "--notes"]).arg(&modules).source(&source, SPACE).destination(&destination, NEW);
    well(run.ends_with_one_of(&[0, 1, 2, 3]), &[0])?;
    let mut notes = Vec::new();
    for path in files_below(&modules).into_iter().filter(|path| path.ends_with("octoferry.json")) {
        let text = std::fs::read(modules.join(path)).expect("a manifest");
        let manifest: Value = serde_json::from_slice(&text).expect("JSON");
        notes.extend(manifest["notes"].as_array().expect("notes").iter().cloned());
    }
    Ok(Moved { destination, notes })
}

/// Halves what fails until one reference is left.
fn smallest(base: &Base, oddities: &[Oddity], said: String) -> (Vec<Oddity>, String) {
    if oddities.len() == 1 {
        return (oddities.to_vec(), said);
    }
    let (first, second) = oddities.split_at(oddities.len() / 2);
    for half in [first, second] {
        if let Err(said) = moved(base.with(half).0) {
            return smallest(base, half, said);
        }
    }
    (oddities.to_vec(), format!("only together: {said}"))
}

/// All references that keep the space from moving, one after the other.
fn culprits(base: &Base, mut oddities: Vec<Oddity>, mut said: String) -> String {
    let mut found = format!("{said}\n");
    loop {
        let (those, because) = smallest(base, &oddities, said);
        found.push_str(&format!("{those:#?}\n{because}\n"));
        oddities.retain(|oddity| those.iter().all(|one| one.number != oddity.number));
        match moved(base.with(&oddities).0) {
            Ok(_) => return found,
            Err(again) => said = again,
        }
    }
}

/// Whether a field is inside of one that a note names; the list of all steps or variables says nothing.
fn is_below(field: &str, noted: &str) -> bool {
    !["", "Steps", "Variables", "Endpoint"].contains(&noted)
        && field.strip_prefix(noted).is_some_and(|rest| rest.starts_with('/'))
}

/// The places of texts that name what is gone.
fn gone_in(value: &Value, place: &mut String, found: &mut Vec<String>) {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, inner)| (name.clone(), inner)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, inner)| (at.to_string(), inner)).collect(),
        Value::String(text) if [GONE, ELSEWHERE].iter().any(|odd| text.contains(odd)) => {
            return found.push(format!("{place}: {text}"));
        }
        _ => return,
    };
    for (name, inner) in parts {
        let length = place.len();
        place.push('/');
        place.push_str(&name);
        if name.contains(GONE) {
            found.push(place.clone());
        }
        gone_in(inner, place, found);
        place.truncate(length);
    }
}

fn all_of(space: &str) {
    let base = Base::of(space);
    let oddities = base.oddities();
    assert!(oddities.len() > 200, "{} references are few", oddities.len());
    let (dump, fields) = base.with(&oddities);
    let moved = match moved(dump) {
        Ok(moved) => moved,
        Err(said) => panic!("{}", culprits(&base, oddities, said)),
    };
    let text = |note: &Value, field: &str| note[field].as_str().unwrap_or_default().to_owned();
    let mut silent = Vec::new();
    for (oddity, field) in oddities.iter().zip(&fields) {
        if [Way::Empty, Way::Null, Way::Archived].contains(&oddity.way) {
            continue;
        }
        let name = oddity.name();
        let is_named = |note: &Value| {
            // A role is known by its team and what it is.
            let by_others = oddity.place.collection == "scopeduserroles";
            oddity.place.part().is_some()
                || by_others
                || note["key"].to_string().contains(&format!("\"{name}\""))
        };
        let told = moved.notes.iter().any(|note| {
            text(note, "collection") == oddity.place.collection
                && is_named(note)
                && (text(note, "field") == *field
                    || is_below(field, &text(note, "field"))
                    || (text(note, "field").is_empty() && text(note, "text").contains(field)))
        });
        if !told {
            silent.push(format!(
                "{:?} {} {field} ({name} like {})",
                oddity.way, oddity.place.collection, oddity.document
            ));
        }
    }
    assert!(silent.is_empty(), "no note names these: {silent:#?}");
    let mut there = Vec::new();
    gone_in(&moved.destination.dump()["Documents"], &mut String::new(), &mut there);
    assert!(there.is_empty(), "what is gone is at the destination: {there:#?}");
}

#[test]
fn all_references_of_a_shop() {
    all_of("shop");
}

#[test]
fn all_references_of_operations() {
    all_of("operations");
}

#[test]
fn all_references_of_an_infrastructure() {
    all_of("infrastructure");
}
