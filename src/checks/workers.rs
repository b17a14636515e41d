//! Whether the steps of the source that run on a worker can run at the destination: which pools are there, with what.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::checks::Findings;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;

const CHECK: &str = "destination-workers";

/// Tells which pools the destination has, and where steps that name none will run. `built_in`: whether the destination server runs steps
/// itself (`IsBuiltInWorkerEnabled` of `/api/featuresconfiguration`); `None` where that can't be seen.
pub fn look(source: &Inventory, destination: &Inventory, built_in: Option<bool>, findings: &mut Findings) {
    let steps = Steps::of(source);
    if steps.any_pool + steps.named_pool == 0 {
        return;
    }
    let pools: Vec<String> =
        destination.all(Collection::WorkerPools).map(|pool| described(destination, pool)).collect();
    findings.known(
        CHECK,
        format!(
            "{} steps run on a worker, {} of them wherever the default pool is; the destination's pools: {}",
            steps.any_pool + steps.named_pool,
            steps.any_pool,
            if pools.is_empty() { "none to be seen".to_owned() } else { pools.join(", ") }
        ),
    );
    if !steps.images.is_empty() {
        let images: Vec<String> =
            steps.images.iter().map(|(image, count)| format!("{image} ({count})")).collect();
        findings.known(
            CHECK,
            format!("steps run in these container images, which the destination's workers must be able to pull: {}", images.join(", ")),
        );
    }
    if steps.any_pool == 0 {
        return;
    }
    let default = destination.all(Collection::WorkerPools).find(|pool| pool.flag("IsDefault"));
    let Some(pool) = default else {
        findings.person(
            CHECK,
            format!("the destination shows no default worker pool, and {} steps name none", steps.any_pool),
            "Infrastructure, Worker Pools: make one the default that can run them.",
        );
        return;
    };
    let is_dynamic = pool.text("WorkerPoolType") == Some("DynamicWorkerPool");
    if !is_dynamic && workers(destination, pool) == 0 {
        of_empty_default(&steps, pool.name(), built_in, findings);
    }
}

/// The default pool has no workers: whether the server itself runs what names no pool.
fn of_empty_default(steps: &Steps, name: &str, built_in: Option<bool>, findings: &mut Findings) {
    match built_in {
        Some(true) => findings.known(
            CHECK,
            format!("the destination's default worker pool {name:?} has no workers: the server runs its steps itself"),
        ),
        Some(false) => findings.person(
            CHECK,
            format!(
                "{} steps name no worker pool, the destination's default one {name:?} has no workers, and its server runs no steps itself",
                steps.any_pool
            ),
            "Add a worker to it, or make a pool the default that has some (Infrastructure, Worker Pools). To use one of the destination's in place of one of the source's: --map worker_pools:OLD=NEW, of seed.",
        ),
        None => findings.person(
            CHECK,
            format!(
                "{} steps name no worker pool, and the destination's default one {name:?} has no workers; whether its server runs steps itself can't be seen (Octopus Cloud does not)",
                steps.any_pool
            ),
            "If it doesn't: add a worker, or make a pool the default that has some (Infrastructure, Worker Pools).",
        ),
    }
}

/// `"Hosted Ubuntu" (dynamic, UbuntuDefault, the default)`.
fn described(inventory: &Inventory, pool: &Document) -> String {
    let mut parts = match pool.text("WorkerPoolType") {
        Some("DynamicWorkerPool") => {
            vec![
                "dynamic".to_owned(),
                pool.text("WorkerType").unwrap_or("its image can't be seen").to_owned(),
            ]
        }
        _ => vec![match workers(inventory, pool) {
            1 => "1 worker".to_owned(),
            count => format!("{count} workers"),
        }],
    };
    if pool.flag("IsDefault") {
        parts.push("the default".to_owned());
    }
    format!("{:?} ({})", pool.name(), parts.join(", "))
}

fn workers(inventory: &Inventory, pool: &Document) -> usize {
    let workers = inventory.all(Collection::Workers).filter(|worker| !worker.flag("IsDisabled"));
    workers.filter(|worker| worker.texts("WorkerPoolIds").any(|id| id == pool.id())).count()
}

/// The steps of all processes that run on a worker.
#[derive(Default)]
struct Steps {
    /// Those that name no pool.
    any_pool: usize,
    named_pool: usize,
    images: BTreeMap<String, usize>,
}

impl Steps {
    fn of(inventory: &Inventory) -> Self {
        let mut steps = Self::default();
        let processes = [Collection::DeploymentProcesses, Collection::RunbookProcesses];
        let processes = processes.into_iter().flat_map(|collection| inventory.all(collection));
        for step in processes.flat_map(|process| process.list("Steps")) {
            for action in step["Actions"].as_array().into_iter().flatten() {
                let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
                let names_pool = text(&action["WorkerPoolId"]) || text(&action["WorkerPoolVariable"]);
                let on_server = &action["Properties"]["Octopus.Action.RunOnServer"];
                let runs_on_worker =
                    on_server.as_str().is_some_and(|value| value.eq_ignore_ascii_case("true"));
                if action["IsDisabled"] == true || !(runs_on_worker || names_pool) {
                    continue;
                }
                if names_pool {
                    steps.named_pool += 1;
                } else {
                    steps.any_pool += 1;
                }
                if let Some(image) = action["Container"]["Image"].as_str().filter(|image| !image.is_empty()) {
                    *steps.images.entry(image.to_owned()).or_default() += 1;
                }
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checks::Weight;

    fn inventory(documents: &[(Collection, Value)]) -> Inventory {
        let mut inventory = Inventory::default();
        for (collection, document) in documents {
            inventory.insert(*collection, Document::new(document.clone()).unwrap());
        }
        inventory
    }

    #[test]
    fn a_default_pool_without_workers_runs_steps_only_where_the_server_does() {
        let action = |more: Value| {
            let mut action = json!({"Name": "a", "Properties": {"Octopus.Action.RunOnServer": "true"}});
            action.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"Name": "a", "Actions": [action]})
        };
        let steps = json!([
            action(json!({})),
            action(json!({"WorkerPoolId": "P-9", "Container": {"Image": "tools:1"}}))
        ]);
        let source = inventory(&[(Collection::DeploymentProcesses, json!({"Id": "d", "Steps": steps}))]);
        let pool = |kind: &str| {
            (
                Collection::WorkerPools,
                json!({"Id": "P-1", "Name": "Default", "IsDefault": true, "WorkerPoolType": kind, "WorkerType": "UbuntuDefault"}),
            )
        };
        let worker = (Collection::Workers, json!({"Id": "W", "Name": "w", "WorkerPoolIds": ["P-1"]}));
        let look = |destination: &[(Collection, Value)], built_in| {
            let mut findings = Findings::default();
            super::look(&source, &inventory(destination), built_in, &mut findings);
            let all: Vec<(Weight, String)> =
                findings.all().iter().map(|finding| (finding.weight, finding.text.clone())).collect();
            assert!(
                all[0].1.contains("2 steps run on a worker, 1 of them") && all[1].1.contains("tools:1 (1)"),
                "{all:?}"
            );
            all.get(2).map(|(weight, _)| *weight)
        };
        assert_eq!(look(&[pool("DynamicWorkerPool")], Some(false)), None);
        assert_eq!(look(&[pool("StaticWorkerPool"), worker], Some(false)), None);
        assert_eq!(look(&[pool("StaticWorkerPool")], Some(true)), Some(Weight::Known));
        assert_eq!(look(&[pool("StaticWorkerPool")], Some(false)), Some(Weight::Person));
        assert_eq!(look(&[pool("StaticWorkerPool")], None), Some(Weight::Person));
        assert_eq!(look(&[], None), Some(Weight::Person));
        let mut findings = Findings::default();
        super::look(&inventory(&[]), &inventory(&[]), None, &mut findings);
        assert!(findings.all().is_empty(), "nothing runs there");
    }
}
