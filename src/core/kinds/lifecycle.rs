//! Lifecycles: through which environments a release may go, and how long it is kept.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::model::*;
use crate::hcl::Block;
use crate::kinds::retention;
use documents::collection::Collection;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Lifecycles,
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
    adopt: Some(Adopt {
        name: "Default Lifecycle",
        slug: "default-lifecycle",
        condition: "x.name == \"Default Lifecycle\"",
        ..Adopt::DEFAULT
    }),
    lookup: Some(Lookup { list: "lifecycles", data_source: "octopusdeploy_lifecycles", noun: "lifecycle" }),
    ..Kind::DEFAULT
};

/// All is said of each phase: what is not, Terraform takes from the phase that stood at the same place before, environments to deploy to included
/// (docs/traps.md).
const PHASE: &[Field] = &[
    ID,
    plain("Name"),
    plain("IsOptionalPhase").or(Literal::Flag(false)),
    plain("IsPriorityPhase").or(Literal::Flag(false)),
    plain("MinimumEnvironmentsBeforePromotion").or(Literal::Number(0)),
    references("AutomaticDeploymentTargets", Collection::Environments).keep_empty(),
    references("OptionalDeploymentTargets", Collection::Environments).keep_empty(),
    custom("ReleaseRetentionPolicy", |context, at, value, into| {
        retention::policy(context, at, value, "release_retention_with_strategy", into);
    })
    .writes(&["release_retention_with_strategy"]),
    custom("TentacleRetentionPolicy", |context, at, value, into| {
        retention::policy(context, at, value, "tentacle_retention_with_strategy", into);
    })
    .writes(&["tentacle_retention_with_strategy"]),
];

/// A lifecycle without a policy has the space's, a phase without one the lifecycle's (provider 1.15 and later): `Default` is not written
/// for a lifecycle.
fn release_retention(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    retention::policy_unless_default(context, at, value, "release_retention_with_strategy", into);
}

fn tentacle_retention(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    retention::policy_unless_default(context, at, value, "tentacle_retention_with_strategy", into);
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
            --- note unknown-field ["Long"] Phases/Production/UnheardOf: holds a flag, and octoferry does not know this field: finish sets it as it is, where the destination takes it
        "#]].assert_eq(&convert("lifecycles.tf", &documents));
    }
}
