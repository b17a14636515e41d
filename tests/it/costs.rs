//! What `check` says that a deployment asks of the destination, against what is counted there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use documents::collection::Collection;
use documents::inventory::Inventory;
use module::Module;
use octoferry::checks::cost;
use octoferry_core::convert::SecretSources;
use octoferry_core::modules;
use octoferry_core::selection::Selection;
use serde_json::Value;

use crate::modules::Modules as Move;

/// How far the forecast may be off, in hundredths of what is counted.
const OFF: usize = 15;

/// The modules of a space, as serialize makes them.
fn made_of(space: &Path) -> Vec<Module> {
    let dump: Value = serde_json::from_slice(&fs::read(space).expect("a space")).expect("JSON");
    let inventory = Inventory::from_dump(&dump, "Spaces-2").expect("an inventory");
    let (whole, secrets) = (Selection::default(), SecretSources::default());
    let mut made = vec![modules::space(&inventory, &whole, &secrets).expect("a module")];
    for project in inventory.all(Collection::Projects) {
        made.push(modules::project(&inventory, project.id(), &whole, &secrets).expect("a module"));
    }
    made
}

/// The requests by method and route, for whoever has to mend the forecast.
fn by_route(requests: &[(String, String)]) -> String {
    let is_id = |part: &str| part.contains('-') && part.bytes().any(|byte| byte.is_ascii_digit());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (method, path) in requests {
        let route: Vec<&str> =
            path.split('/').skip(2).map(|part| if is_id(part) { "{id}" } else { part }).collect();
        *counts.entry(format!("{method} {}", route.join("/"))).or_default() += 1;
    }
    counts.iter().map(|(route, count)| format!("{count:5} {route}\n")).collect()
}

#[track_caller]
fn is_near(what: &str, forecast: usize, counted: &[(String, String)]) {
    let off = forecast.abs_diff(counted.len()) * 100;
    assert!(
        off <= OFF * counted.len(),
        "{what}: {forecast} foreseen, {} counted:\n{}",
        counted.len(),
        by_route(counted)
    );
}

/// Deploys twice; the second time nothing is to do, and nothing is written.
fn check(space: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/spaces/{space}/space.json"));
    let foreseen = cost::of_deployment(&made_of(&file));
    let one = Move::of(space);
    is_near(&format!("{space}, at first"), foreseen.first, &one.requests_of_a_deployment());
    let again = one.requests_of_a_deployment();
    let writes: Vec<_> = again.iter().filter(|(method, _)| method != "GET").collect();
    assert!(writes.is_empty(), "{space}: {writes:#?}");
    is_near(&format!("{space}, again"), foreseen.again, &again);
}

#[test]
fn the_forecast_of_a_deployment_is_near_what_is_counted() {
    for space in ["bookshop", "odd-text", "shop", "small-web"] {
        check(space);
    }
}

#[test]
fn the_forecast_for_what_is_rare_is_near_too() {
    for space in ["infrastructure", "operations"] {
        check(space);
    }
}
