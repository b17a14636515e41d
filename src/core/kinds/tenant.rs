//! Tenants: name, tags, state. Their links to projects, and the values for these, are in the projects' modules.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::is_empty;
use crate::convert::model::*;
use crate::hcl::Block;
use documents::collection::Collection;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Tenants,
    noun: "tenant",
    file: "tenants.tf",
    heading: Some("The links to projects and the values for them are in the projects' modules."),
    shapes: &[Shape {
        resource: "octopusdeploy_tenant",
        fields: &[
            plain("Name"),
            plain("Description"),
            plain("IsDisabled").or(Literal::Flag(false)),
            tags("TenantTags").keep_empty(),
            ignored("ProjectEnvironments", "the links are in the projects' modules"),
            custom("ClonedFromTenantId", cloned),
            custom("CustomFields", custom_fields),
            finish("Icon", NO_ARGUMENT),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(Lookup { list: "tenants", data_source: "octopusdeploy_tenants", noun: "tenant" }),
    ..Kind::DEFAULT
};

/// Neither `POST tenants` nor `PUT tenants/{id}` takes them (API of 2026-08).
fn custom_fields(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    if !is_empty(value) {
        let text = "are read only in the API: no request takes them";
        context.note(at, "not-carried", text, "Compare them by hand at the destination.");
    }
}

/// What a server writes when it copies a document.
pub(super) fn cloned(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    if is_empty(value) {
        return;
    }
    let id = value.as_str().unwrap_or_default();
    let name =
        context.target_of(id).and_then(|target| target.key.last().cloned()).unwrap_or_else(|| id.to_owned());
    let text = format!(
        "says that this is a copy of \"{name}\": the server writes it when it makes a copy, and what is made anew is none"
    );
    context.note(at, "history", &text, "");
}

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
              name        = "Bougie & Fils"
              is_disabled = false
              tenant_tags = []
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
              tenant_tags = ["${octopusdeploy_tag_set.region.name}/${octopusdeploy_tag.region_eu.name}"]
            }
            --- finish {"do":"set","target":{"collection":"tenants","key":["Lantern Lane"]},"path":["Icon"],"value":{"json":{"Id":"star","Color":"#fff"}}}
            --- finish {"do":"set","target":{"collection":"tenants","key":["Lantern Lane"]},"path":["Slug"],"value":{"json":"lane"}}
            --- note history ["Lantern Lane"] ClonedFromTenantId: says that this is a copy of "Tenants-9": the server writes it when it makes a copy, and what is made anew is none
        "##]].assert_eq(&convert("tenants.tf", &documents));
    }
}
