//! Project groups.

use crate::convert::model::*;
use documents::collection::Collection;

pub(super) const KIND: Kind = Kind {
    collection: Collection::ProjectGroups,
    noun: "project group",
    file: "project_groups.tf",
    shapes: &[Shape {
        resource: "octopusdeploy_project_group",
        fields: &[
            plain("Name"),
            plain("Description"),
            // The argument exists but is sent by updates only, so that a value that differs fails the apply.
            slug(),
            ignored("EnvironmentIds", "servers no longer use it"),
            ignored("RetentionPolicyId", "servers no longer use it"),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    adopt: Some(Adopt {
        name: "Default Project Group",
        slug: "default-project-group",
        condition: "x.name == \"Default Project Group\"",
        ..Adopt::DEFAULT
    }),
    lookup: Some(Lookup {
        list: "project_groups",
        data_source: "octopusdeploy_project_groups",
        noun: "project group",
    }),
    ..Kind::DEFAULT
};

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn the_servers_own_group_is_taken_over() {
        let documents =
            json!({"projectgroups": [{"Id": "ProjectGroups-1", "Name": "Default Project Group"}]});
        expect![[r#"
            resource "octopusdeploy_project_group" "default_project_group" {
              name = "Default Project Group"
            }
        "#]]
        .assert_eq(&convert("project_groups.tf", &documents));
    }

    #[test]
    fn a_full_project_group() {
        let documents = json!({"projectgroups": [{"Id": "ProjectGroups-1", "SpaceId": "Spaces-2", "Name": "Platform", "Description": "Below.", "Slug": "the-platform", "EnvironmentIds": [], "RetentionPolicyId": null}]});
        expect![[r#"
            resource "octopusdeploy_project_group" "platform" {
              name        = "Platform"
              description = "Below."
            }
            --- finish {"do":"set","target":{"collection":"projectgroups","key":["Platform"]},"path":["Slug"],"value":{"json":"the-platform"}}
        "#]].assert_eq(&convert("project_groups.tf", &documents));
    }
}
