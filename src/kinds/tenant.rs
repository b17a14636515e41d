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
