//! Tenants: name, tags, state. Their links to projects, and the values for these, are in the projects' modules.

use crate::kinds::model::*;

pub(super) const KIND: Kind = Kind {
    collection: "tenants",
    noun: "tenant",
    file: "tenants.tf",
    heading: "The links to projects and the values for them are in the projects' modules.",
    shapes: &[Shape {
        resource: "octopusdeploy_tenant",
        fields: &[
            plain("Name"),
            plain("Description"),
            flag("IsDisabled"),
            tags("TenantTags"),
            ignored("ProjectEnvironments", "the links are in the projects' modules"),
            ignored("ClonedFromTenantId", "history"),
            finish("Icon", "the provider has no argument for it"),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(Lookup { list: "tenants", data_source: "octopusdeploy_tenants", noun: "tenant" }),
    ..Kind::DEFAULT
};

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn a_minimal_tenant() {
        let documents = json!({"tenants": [{"Id": "Tenants-1", "Name": "Bougie & Fils"}]});
        expect![[r##"
            # The links to projects and the values for them are in the projects' modules.

            resource "octopusdeploy_tenant" "bougie_fils" {
              name = "Bougie & Fils"
            }
        "##]]
        .assert_eq(&convert("tenants.tf", &documents));
    }

    #[test]
    fn a_full_tenant() {
        let documents = json!({"tenants": [{"Id": "Tenants-1", "SpaceId": "Spaces-2", "Name": "Lantern Lane", "Description": "Old.", "IsDisabled": true, "TenantTags": ["Region/EU"], "ProjectEnvironments": {"Projects-1": ["Environments-1"]}, "ClonedFromTenantId": "Tenants-9", "Slug": "lane", "Icon": {"Id": "star", "Color": "#fff"}}]});
        expect![[r##"
            # The links to projects and the values for them are in the projects' modules.

            resource "octopusdeploy_tenant" "lantern_lane" {
              name        = "Lantern Lane"
              description = "Old."
              is_disabled = true
              tenant_tags = [octopusdeploy_tag.region_eu.canonical_tag_name]
            }
            --- finish {"do":"set","target":{"collection":"tenants","key":["Lantern Lane"]},"path":["Icon"],"value":{"json":{"Id":"star","Color":"#fff"}}}
            --- finish {"do":"set","target":{"collection":"tenants","key":["Lantern Lane"]},"path":["Slug"],"value":{"json":"lane"}}
        "##]].assert_eq(&convert("tenants.tf", &documents));
    }
}
