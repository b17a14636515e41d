//! Parent environments: what ephemeral environments are made of, by channels of that type.

use crate::convert::context::{Context, Subject};
use crate::convert::fields::is_empty;
use crate::convert::model::*;
use crate::convert::{make, resource};
use crate::hcl::{Attribute, Expr};
use documents::collection::Collection;
use module::manifest::FinishStep;

pub(super) const KIND: Kind = Kind {
    collection: Collection::ParentEnvironments,
    noun: "parent environment",
    file: "environments.tf",
    shapes: &[Shape {
        resource: "octopusdeploy_parent_environment",
        fields: &[
            plain("Name"),
            plain("Slug"),
            plain("Description"),
            // The argument exists, but creation takes none: "inconsistent result".
            finish("SortOrder", "only an update takes it"),
            plain("UseGuidedFailure").or(Literal::Flag(false)),
            object(
                "AutomaticDeprovisioningRule",
                &[plain("ExpiryDays").named("days"), plain("ExpiryHours").named("hours")],
            ),
            custom("EnvironmentTags", |context, at, value, _| {
                if !is_empty(value) {
                    context.note(
                        at,
                        "not-carried",
                        "no route that the vendor publishes takes the tags of a parent environment; finish tries it, and says where they did not stay",
                        "");
                    let value = context.portable(value);
                    context.finish(FinishStep::Try {
                        target: at.target.clone(),
                        path: at.path.clone(),
                        value,
                    });
                }
            }),
            ignored("Type", "all that this route holds are parents"),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(Lookup {
        list: "parent_environments",
        data_source: "octopusdeploy_parent_environments",
        noun: "parent environment",
    }),
    expand: Some(expand),
    ..Kind::DEFAULT
};

/// The only resource of a space's content that must name the space itself.
fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let mut block = resource(context, &KIND, &KIND.shapes[0], subject);
    let space = Expr::reference("var.octopus_space_id");
    block.attributes.insert(0, Attribute { name: "space_id".to_owned(), value: space, comment: None });
    make(context, &KIND, subject, block);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn parent_environments() {
        let documents = json!({"environments": [], "parentenvironments": [
            {"Id": "Environments-7", "Name": "Moorings"},
            {"Id": "Environments-8", "SpaceId": "Spaces-2", "Name": "Trials", "Slug": "sea-trials", "Description": "Parents.", "SortOrder": 0, "UseGuidedFailure": true,
             "AutomaticDeprovisioningRule": {"ExpiryDays": 0, "ExpiryHours": 12, "UnheardOf": 1}, "EnvironmentTags": ["Region/EU"], "Type": "Parent"}
        ]});
        expect![[r#"
            resource "octopusdeploy_environment" "production" {
              name       = "Production"
              sort_order = 1
            }

            resource "octopusdeploy_parent_environment" "moorings" {
              space_id           = var.octopus_space_id
              name               = "Moorings"
              use_guided_failure = false
            }

            resource "octopusdeploy_parent_environment" "trials" {
              space_id           = var.octopus_space_id
              name               = "Trials"
              slug               = "sea-trials"
              description        = "Parents."
              use_guided_failure = true

              automatic_deprovisioning_rule = {
                days  = 0
                hours = 12
              }
            }
            --- finish {"do":"set","target":{"collection":"parentenvironments","key":["Trials"]},"path":["SortOrder"],"value":{"json":0}}
            --- finish {"do":"try","target":{"collection":"parentenvironments","key":["Trials"]},"path":["AutomaticDeprovisioningRule","UnheardOf"],"value":1}
            --- finish {"do":"try","target":{"collection":"parentenvironments","key":["Trials"]},"path":["EnvironmentTags"],"value":["Region/EU"]}
            --- note not-carried ["Trials"] EnvironmentTags: no route that the vendor publishes takes the tags of a parent environment; finish tries it, and says where they did not stay
            --- note unknown-field ["Trials"] AutomaticDeprovisioningRule/UnheardOf: holds a number, and octoferry does not know this field: finish sets it as it is, where the destination takes it
        "#]].assert_eq(&convert("environments.tf", &documents));
    }
}
