//! Insights reports: what a space measures of its deployments. The provider has no resource for them, so finish makes them; each project's
//! own module adds the project and its channels, which the space's module comes before.

use serde_json::Value;

use crate::convert::context::Context;
use crate::convert::model::*;
use documents::collection::Collection;
use documents::document::Document;
use module::manifest::FinishStep;

const NO_RESOURCE: &str = "the provider has no resource for it";
const BY_PROJECT: &str = "each project's own module adds itself and its channels";

pub(super) const KIND: Kind = Kind {
    collection: Collection::InsightsReports,
    noun: "Insights report",
    file: "insights_reports.tf",
    by_finish: |_, _| Some(NO_RESOURCE),
    shapes: &[Shape {
        fields: &[
            finish("Name", NO_RESOURCE),
            finish("Description", NO_RESOURCE),
            finish("TimeZone", NO_RESOURCE),
            finish("TenantMode", NO_RESOURCE),
            finish("AllTenants", NO_RESOURCE),
            finish("TenantIds", NO_RESOURCE),
            finish("TenantTags", NO_RESOURCE),
            finish("ProjectGroupIds", NO_RESOURCE),
            finish("EnvironmentGroups", NO_RESOURCE),
            finish("IconId", NO_RESOURCE),
            finish("IconColor", NO_RESOURCE),
            computed("ProjectIds", BY_PROJECT),
            computed("ChannelIds", BY_PROJECT),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    ..Kind::DEFAULT
};

/// The reports that name a project or one of its channels get them from the project's module.
pub(super) fn include_project(context: &mut Context<'_>, project: &str) {
    let (inventory, selection) = (context.inventory, context.selection);
    let is_made = |report: &&Document| selection.makes_in_space(KIND.collection, report);
    for report in inventory.all(KIND.collection).filter(is_made) {
        let is_channel = |id: &&str| {
            let channel = inventory.get(Collection::Channels, id);
            channel.is_some_and(|channel| {
                channel.text("ProjectId") == Some(project)
                    && selection.makes_in_project(project, Collection::Channels, channel)
            })
        };
        let projects = report.texts("ProjectIds").filter(|id| *id == project).map(|id| ("ProjectIds", id));
        let channels = report.texts("ChannelIds").filter(is_channel).map(|id| ("ChannelIds", id));
        for (field, id) in projects.chain(channels) {
            let target = context.target(KIND.collection, report);
            let item = context.portable(&Value::from(id));
            context.finish(FinishStep::Include { target, path: vec![Value::from(field)], item });
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn reports() {
        let documents = json!({"insightsreports": [
            {"Id": "InsightsReports-1", "SpaceId": "Spaces-2", "Name": "Pace", "Description": "How fast we are.", "TimeZone": "Europe/Oslo", "TenantMode": "Tenanted",
             "AllTenants": false, "TenantIds": ["Tenants-1"], "TenantTags": ["Region/EU"], "ProjectIds": ["Projects-1"], "ChannelIds": ["Channels-1"],
             "ProjectGroupIds": null, "EnvironmentGroups": [{"Name": "Live", "Environments": ["Environments-1"]}], "UnheardOf": 1}
        ]});
        expect![[r#"
            --- finish {"do":"document","target":{"collection":"insightsreports","key":["Pace"]},"document":{"Name":"Pace","Description":"How fast we are.","TimeZone":"Europe/Oslo","TenantMode":"Tenanted","AllTenants":false,"TenantIds":[{"$ref":{"collection":"tenants","key":["Prairie Glow"]}}],"TenantTags":["Region/EU"],"ProjectGroupIds":[],"EnvironmentGroups":[{"Name":"Live","Environments":[{"$ref":{"collection":"environments","key":["Production"]}}]}],"UnheardOf":1}}
        "#]].assert_eq(&convert("insights_reports.tf", &documents));
    }
}
