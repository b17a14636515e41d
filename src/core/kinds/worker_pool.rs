//! Worker pools.

use serde_json::Value;

use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::odd;
use crate::convert::model::*;
use crate::convert::{make, resource};
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use documents::ids::id_order;
use module::manifest::FinishStep;

pub(super) const KIND: Kind = Kind {
    collection: Collection::WorkerPools,
    noun: "worker pool",
    file: "worker_pools.tf",
    discriminator: Some("WorkerPoolType"),
    by_finish: |kind, document| {
        if kind.shape(document).is_none() {
            return Some("the provider has no resource for this type of worker pool");
        }
        let worker_type = document.text("WorkerType").unwrap_or_default();
        (document.text("WorkerPoolType") == Some("DynamicWorkerPool") && !WORKER_TYPES.contains(&worker_type))
            .then_some("the provider makes no dynamic pool with this type of worker")
    },
    first: &[plain("Name"), plain("Description")],
    shapes: &[
        Shape {
            when: "DynamicWorkerPool",
            resource: "octopusdeploy_dynamic_worker_pool",
            fields: &[plain("WorkerType").keep_empty()],
        },
        Shape {
            when: "StaticWorkerPool",
            resource: "octopusdeploy_static_worker_pool",
            fields: &[finish("WorkerType", "has no meaning for this type of pool")],
        },
    ],
    last: &[
        custom("IsDefault", default).writes(&[]),
        plain("SortOrder"),
        ignored("WorkerPoolType", "tells the Terraform type"),
        computed("CanAddWorkers", "follows from the type of the pool"),
        slug(),
        ID,
        SPACE_ID,
    ],
    // Which pool is the default says nothing about which one the server made.
    adopt: Some(Adopt {
        name: "Default Worker Pool",
        slug: "default-worker-pool",
        of: |pool| pool.get("WorkerPoolType").is_some_and(|kind| kind == "StaticWorkerPool"),
        condition: "x.name == \"Default Worker Pool\"",
        ..Adopt::DEFAULT
    }),
    lookup: Some(Lookup {
        list: "worker_pools",
        data_source: "octopusdeploy_worker_pools",
        noun: "worker pool",
    }),
    expand: Some(expand),
    ..Kind::DEFAULT
};

/// The types of workers that the provider accepts (1.17.0, `schema_worker_pool.go`).
const WORKER_TYPES: [&str; 7] = [
    "Ubuntu1804",
    "Ubuntu2204",
    "UbuntuDefault",
    "Windows2016",
    "Windows2019",
    "Windows2022",
    "WindowsDefault",
];

/// Which pool is the default is settled by finish: the destination's own may be in use.
fn default(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    match value.as_bool() {
        Some(true) => {
            let name = at.target.key.last().cloned().unwrap_or_default();
            context.finish(FinishStep::DefaultPool { name });
        }
        Some(false) => {}
        None if value.is_null() => {}
        None => odd(context, at, value),
    }
}

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let Some(shape) = KIND.shape(subject.document) else { return };
    let mut block = resource(context, &KIND, shape, subject);
    // An update takes no order, and the provider would want it again and again. The order of all, and which is the default, are for finish.
    let mut settled = vec![Expr::reference("is_default")];
    if block.attributes.iter().any(|attribute| attribute.name == "sort_order") {
        settled.push(Expr::reference("sort_order"));
    }
    block.blocks.push(Block::new("lifecycle", &[]).with("ignore_changes", Expr::List(settled)));
    make(context, &KIND, subject, block);
}

/// Lets finish put the pools that the module makes into their order.
pub(super) fn keep_order(context: &mut Context<'_>) {
    let inventory = context.inventory;
    let made = inventory.all(KIND.collection).filter(|pool| context.is_made(pool.id()));
    let mut pools: Vec<_> = made.collect();
    pools.sort_by_key(|pool| (pool.get("SortOrder").and_then(Value::as_i64), id_order(pool.id())));
    if pools.len() > 1 {
        let names = pools.into_iter().map(|pool| pool.name().to_owned()).collect();
        context.finish(FinishStep::Arrange { collection: KIND.collection, names });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn another_pool_takes_the_place_of_the_servers_own() {
        let documents = json!({"workerpools": [
            {"Id": "WorkerPools-1", "Name": "Default Worker Pool", "WorkerPoolType": "StaticWorkerPool", "IsDefault": false, "SortOrder": 0, "CanAddWorkers": true},
            {"Id": "WorkerPools-2", "SpaceId": "Spaces-2", "Name": "Hosted", "Description": "In the cloud.", "WorkerPoolType": "DynamicWorkerPool", "WorkerType": "Ubuntu2204", "IsDefault": true, "SortOrder": 1, "CanAddWorkers": false, "Slug": "hosted"},
            {"Id": "WorkerPools-3", "Name": "Of tomorrow", "WorkerPoolType": "QuantumWorkerPool"}
        ]});
        expect![[r#"
            resource "octopusdeploy_static_worker_pool" "default_worker_pool" {
              name       = "Default Worker Pool"
              sort_order = 0

              lifecycle {
                ignore_changes = [is_default, sort_order]
              }
            }

            resource "octopusdeploy_dynamic_worker_pool" "hosted" {
              name        = "Hosted"
              description = "In the cloud."
              worker_type = "Ubuntu2204"
              sort_order  = 1

              lifecycle {
                ignore_changes = [is_default, sort_order]
              }
            }
            --- finish {"do":"document","target":{"collection":"workerpools","key":["Of tomorrow"]},"document":{"Name":"Of tomorrow","WorkerPoolType":"QuantumWorkerPool"}}
            --- finish {"do":"default_pool","name":"Hosted"}
            --- finish {"do":"arrange","collection":"workerpools","names":["Of tomorrow","Default Worker Pool","Hosted"]}
        "#]].assert_eq(&convert("worker_pools.tf", &documents));
    }
}
