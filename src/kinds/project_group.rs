//! Project groups.

use crate::kinds::model::*;

pub(super) const KIND: Kind = Kind {
    collection: "projectgroups",
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
    // Project groups have no flag that tells which one the server made.
    adopt: Some(Adopt {
        document: |document| document.name() == "Default Project Group",
        condition: "x.name == \"Default Project Group\"",
    }),
    lookup: Some(Lookup {
        list: "project_groups",
        data_source: "octopusdeploy_project_groups",
        noun: "project group",
    }),
    ..Kind::DEFAULT
};
