//! How long things are kept: the space's retention defaults, documents that every space (server 2025.3 and later) has, and the policies of
//! lifecycles and runbooks.

use serde_json::{Map, Value};

use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{is_empty, odd};
use crate::convert::model::*;
use crate::convert::table::{REFUSED, carry};
use crate::convert::{make, resource};
use crate::hcl::{Attribute, Block, Expr};
use documents::collection::Collection;

pub(super) const KIND: Kind = Kind {
    collection: Collection::RetentionPolicies,
    noun: "retention default",
    file: "retention.tf",
    discriminator: Some("RetentionType"),
    no_shape: Some("the provider has no resource for this type of retention"),
    by_finish: |kind, document| match (kind.shape(document), document.text("Strategy")) {
        (None, _) => Some("the provider has no resource for this type of retention"),
        (_, Some("Forever")) => None,
        (_, Some("Count")) if counts(document.fields()) => None,
        _ => Some("the provider refuses this strategy"),
    },
    shapes: &[
        Shape {
            when: "LifecycleRelease",
            resource: "octopusdeploy_space_default_lifecycle_release_retention_policy",
            fields: &[],
        },
        Shape {
            when: "LifecycleTentacle",
            resource: "octopusdeploy_space_default_lifecycle_tentacle_retention_policy",
            fields: &[],
        },
        Shape {
            when: "RunbookRetention",
            resource: "octopusdeploy_space_default_runbook_retention_policy",
            fields: &[],
        },
    ],
    first: &[
        plain("Strategy").keep_empty(),
        plain("QuantityToKeep"),
        plain("Unit"),
        computed("Name", "the server names it"),
        ignored("RetentionType", "tells the Terraform type"),
        computed("IsReadOnly", "a fact of the server"),
        ID,
        SPACE_ID,
    ],
    expand: Some(expand),
    ..Kind::DEFAULT
};

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let Some(shape) = KIND.shape(subject.document) else { return };
    let subject = Subject { label: "this".to_owned(), at: subject.at.clone(), ..*subject };
    let mut block = resource(context, &KIND, shape, &subject);
    // With `Forever` and `Default` the provider refuses quantity and unit.
    if subject.document.text("Strategy") != Some("Count") {
        block.attributes.retain(|attribute| attribute.name == "strategy");
    }
    let space = Attribute {
        name: "space_id".to_owned(),
        value: Expr::reference("var.octopus_space_id"),
        comment: None,
    };
    block.attributes.insert(0, space);
    make(context, &KIND, &subject, block);
}

const FROM_STRATEGY: Field = ignored("ShouldKeepForever", "follows from the strategy");
const WITHOUT_MEANING: &str = "has no meaning with this strategy, and the provider refuses it";
const COUNTED: &[Field] =
    &[plain("Strategy").keep_empty(), plain("QuantityToKeep"), plain("Unit"), FROM_STRATEGY];
const UNCOUNTED: &[Field] = &[
    plain("Strategy").keep_empty(),
    ignored("QuantityToKeep", WITHOUT_MEANING),
    ignored("Unit", WITHOUT_MEANING),
    FROM_STRATEGY,
];

/// Whether a policy that counts says how many of what: the provider refuses none, and none of a unit (1.17.0, `schemas/lifecycle.go`,
/// `schemas/runbook_retention_policy.go`). Runbooks of servers before 2026.1 have no unit.
fn counts(policy: &Map<String, Value>) -> bool {
    policy.get("QuantityToKeep").and_then(Value::as_i64).is_some_and(|quantity| quantity > 0)
        && policy.get("Unit").and_then(Value::as_str).is_some_and(|unit| ["Days", "Items"].contains(&unit))
}

/// Writes the block of a policy, if there is one; one that the provider does not take is for finish. Strategies that do not count must come
/// without quantity and unit.
pub(super) fn policy(context: &mut Context<'_>, at: &At, value: &Value, name: &str, into: &mut Block) {
    let policy = match value {
        Value::Object(policy) if !policy.is_empty() => policy,
        other => {
            if !is_empty(other) {
                odd(context, at, other);
            }
            return;
        }
    };
    // Servers before 2025.3 know no strategy.
    let keep_forever = policy.get("ShouldKeepForever").and_then(Value::as_bool) == Some(true);
    let strategy = match policy.get("Strategy").and_then(Value::as_str) {
        Some(strategy) => strategy,
        None if keep_forever => "Forever",
        None => "Count",
    };
    if !matches!(strategy, "Default" | "Forever" | "Count") || (strategy == "Count" && !counts(policy)) {
        context.set(at, value, REFUSED);
        return into.ignore_changes(name);
    }
    let mut policy = policy.clone();
    policy.insert("Strategy".to_owned(), strategy.into());
    let mut block = Block::new(name, &[]);
    carry(context, at, if strategy == "Count" { COUNTED } else { UNCOUNTED }, &policy, &mut block);
    into.blocks.push(block);
}

/// The same where what holds without a policy is not written: strategy `Default`.
pub(super) fn policy_unless_default(
    context: &mut Context<'_>,
    at: &At,
    value: &Value,
    name: &str,
    into: &mut Block,
) {
    let before = into.blocks.len();
    policy(context, at, value, name, into);
    let is_default = |block: &Block| {
        block
            .attributes
            .iter()
            .any(|attribute| attribute.name == "strategy" && attribute.value == "Default".into())
    };
    if into.blocks.get(before).is_some_and(is_default) {
        into.blocks.truncate(before);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn retention_defaults() {
        let documents = json!({"retentionpolicies": [
            {"Id": "RetentionPolicies-1", "SpaceId": "Spaces-2", "Name": "Default LifecycleRelease", "RetentionType": "LifecycleRelease", "Strategy": "Forever", "QuantityToKeep": 0, "Unit": "", "IsReadOnly": false},
            {"Id": "RetentionPolicies-2", "Name": "Default RunbookRetention", "RetentionType": "RunbookRetention", "Strategy": "Count", "QuantityToKeep": 100, "Unit": "Items"},
            {"Id": "RetentionPolicies-3", "Name": "Default LifecycleTentacle", "RetentionType": "LifecycleTentacle", "Strategy": "OfTomorrow", "QuantityToKeep": 3},
            {"Id": "RetentionPolicies-4", "SpaceId": "Spaces-2", "Name": "Default MachinePackageCache", "RetentionType": "MachinePackageCache", "Strategy": "Quantities", "QuantityOfPackagesToKeep": 5, "IsReadOnly": false}
        ]});
        expect![[r#"
            resource "octopusdeploy_space_default_lifecycle_release_retention_policy" "this" {
              space_id = var.octopus_space_id
              strategy = "Forever"
            }

            resource "octopusdeploy_space_default_runbook_retention_policy" "this" {
              space_id         = var.octopus_space_id
              strategy         = "Count"
              quantity_to_keep = 100
              unit             = "Items"
            }
            --- finish {"do":"document","target":{"collection":"retentionpolicies","key":["LifecycleTentacle"]},"document":{"RetentionType":"LifecycleTentacle","Strategy":"OfTomorrow","QuantityToKeep":3}}
            --- finish {"do":"document","target":{"collection":"retentionpolicies","key":["MachinePackageCache"]},"document":{"RetentionType":"MachinePackageCache","Strategy":"Quantities","QuantityOfPackagesToKeep":5}}
        "#]].assert_eq(&convert("retention.tf", &documents));
    }
}
