//! Lifecycles: through which environments a release may go, and how long it is kept.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{carry, is_empty, odd};
use crate::hcl::Block;
use crate::kinds::model::*;

pub(super) const KIND: Kind = Kind {
    collection: "lifecycles",
    noun: "lifecycle",
    file: "lifecycles.tf",
    shapes: &[Shape {
        resource: "octopusdeploy_lifecycle",
        fields: &[
            plain("Name"),
            plain("Description"),
            custom("ReleaseRetentionPolicy", release_retention).writes(&["release_retention_with_strategy"]),
            custom("TentacleRetentionPolicy", tentacle_retention)
                .writes(&["tentacle_retention_with_strategy"]),
            blocks("Phases", PHASE).named("phase"),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    // Every server makes a space with this one; lifecycles have no flag that tells.
    adopt: Some(Adopt {
        document: |document| document.name() == "Default Lifecycle",
        condition: "x.name == \"Default Lifecycle\"",
    }),
    lookup: Some(Lookup { list: "lifecycles", data_source: "octopusdeploy_lifecycles", noun: "lifecycle" }),
    ..Kind::DEFAULT
};

const PHASE: &[Field] = &[
    ID,
    plain("Name"),
    flag("IsOptionalPhase"),
    flag("IsPriorityPhase"),
    plain("MinimumEnvironmentsBeforePromotion").unless(Literal::Number(0)),
    references("AutomaticDeploymentTargets", "environments"),
    references("OptionalDeploymentTargets", "environments"),
    custom("ReleaseRetentionPolicy", |context, at, value, into| {
        retention(context, at, value, into, "release_retention_with_strategy", "");
    })
    .writes(&["release_retention_with_strategy"]),
    custom("TentacleRetentionPolicy", |context, at, value, into| {
        retention(context, at, value, into, "tentacle_retention_with_strategy", "");
    })
    .writes(&["tentacle_retention_with_strategy"]),
];

fn release_retention(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    retention(context, at, value, into, "release_retention_with_strategy", "Default");
}

fn tentacle_retention(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    retention(context, at, value, into, "tentacle_retention_with_strategy", "Default");
}

/// `Default` and `Forever` must come without quantity and unit; a phase without policy inherits the lifecycle's, and a lifecycle
/// without one has the space's (provider 1.15 and later). `absent`: the strategy that is not written, for it is the one without a block.
fn retention(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block, name: &str, absent: &str) {
    if is_empty(value) {
        return;
    }
    let Value::Object(policy) = value else {
        return odd(context, at, value);
    };
    // Servers before 2025.3 know no strategy.
    let keep_forever = policy.get("ShouldKeepForever").and_then(Value::as_bool) == Some(true);
    let strategy = match policy.get("Strategy").and_then(Value::as_str) {
        Some(strategy) => strategy,
        None if keep_forever => "Forever",
        None => "Count",
    };
    let counted = [
        plain("Strategy").keep_empty(),
        plain("QuantityToKeep"),
        plain("Unit"),
        ignored("ShouldKeepForever", "follows from the strategy"),
    ];
    let uncounted = [
        plain("Strategy").keep_empty(),
        ignored("QuantityToKeep", "has no meaning with this strategy, and the provider refuses it"),
        ignored("Unit", "has no meaning with this strategy, and the provider refuses it"),
        ignored("ShouldKeepForever", "follows from the strategy"),
    ];
    let mut policy = policy.clone();
    policy.insert("Strategy".to_owned(), strategy.into());
    let mut block = Block::new(name, &[]);
    carry(context, if strategy == "Count" { &counted } else { &uncounted }, &policy, at, &mut block);
    if strategy != absent {
        into.blocks.push(block);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn a_minimal_lifecycle() {
        let documents = json!({"lifecycles": [{"Id": "Lifecycles-1", "Name": "Short", "Phases": []}]});
        expect![[r#"
            resource "octopusdeploy_lifecycle" "short" {
              name = "Short"
            }
        "#]]
        .assert_eq(&convert("lifecycles.tf", &documents));
    }

    #[test]
    fn a_full_lifecycle() {
        let documents = json!({"lifecycles": [{
            "Id": "Lifecycles-1", "SpaceId": "Spaces-2", "Name": "Long", "Description": "The usual way.", "Slug": "long",
            "ReleaseRetentionPolicy": {"Strategy": "Count", "QuantityToKeep": 7, "Unit": "Days", "ShouldKeepForever": false},
            "TentacleRetentionPolicy": {"Strategy": "Forever", "QuantityToKeep": 0, "Unit": "Items", "ShouldKeepForever": true},
            "Phases": [
                {"Id": "1", "Name": "Production", "IsOptionalPhase": true, "IsPriorityPhase": true, "MinimumEnvironmentsBeforePromotion": 1,
                 "AutomaticDeploymentTargets": ["Environments-1"], "OptionalDeploymentTargets": ["Environments-404"],
                 "ReleaseRetentionPolicy": {"QuantityToKeep": 5, "Unit": "Items", "ShouldKeepForever": false}, "TentacleRetentionPolicy": null,
                 "UnheardOf": true}
            ]
        }]});
        expect![[r#"
            resource "octopusdeploy_lifecycle" "long" {
              name        = "Long"
              description = "The usual way."

              release_retention_with_strategy {
                strategy         = "Count"
                quantity_to_keep = 7
                unit             = "Days"
              }

              tentacle_retention_with_strategy {
                strategy = "Forever"
              }

              phase {
                name                                  = "Production"
                is_optional_phase                     = true
                is_priority_phase                     = true
                minimum_environments_before_promotion = 1
                automatic_deployment_targets          = [octopusdeploy_environment.production.id]
                optional_deployment_targets           = [local.environments["Environments-404"]]

                release_retention_with_strategy {
                  strategy         = "Count"
                  quantity_to_keep = 5
                  unit             = "Items"
                }
              }
            }
            --- finish {"do":"try","target":{"collection":"lifecycles","key":["Long"]},"path":["Phases",{"Name":"Production"},"UnheardOf"],"value":true}
            --- note dangling ["Long"] Phases/Production/OptionalDeploymentTargets: refers to Environments-404, which the source space does not have
            --- note unknown-field ["Long"] Phases/Production/UnheardOf: octoferry does not know this field; finish sets it as it is, where the destination takes it
        "#]].assert_eq(&convert("lifecycles.tf", &documents));
    }
}
