//! Target tags: what `Roles` of targets name. A server makes one of its own when a target names it, unless a tag set of scope `Target` has
//! it; so targets wait for the tags of such sets, and finish makes the tags that no target has.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::odd;
use crate::convert::model::*;
use crate::convert::table::carry;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use documents::target_tags;
use module::manifest::FinishStep;

pub(super) const KIND: Kind = Kind {
    collection: target_tags::COLLECTION,
    noun: "target tag",
    file: "deployment_targets.tf",
    expand: Some(expand),
    ..Kind::DEFAULT
};

pub(super) const FIELDS: &[Field] = &[
    finish("Name", "the provider makes no target tag; finish makes those that no target has"),
    ID,
    SPACE_ID,
];

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let tag = subject.document.name();
    // The name alone: `POST deploymenttargettags` takes no more.
    let mut rest = subject.document.fields().clone();
    rest.shift_remove("Name");
    carry(context, &subject.at, FIELDS, &rest, &mut Block::default());
    let inventory = context.inventory;
    let mut targets = inventory.all(Collection::Machines);
    let is_made = |target: &Document| context.is_made(target.id());
    let comes_with_a_target =
        targets.any(|target| target.texts("Roles").any(|role| role == tag) && is_made(target));
    if !comes_with_a_target && sets_of(inventory, tag).next().is_none() {
        let document = serde_json::json!({ "Tag": tag });
        context.finish(FinishStep::Document { target: subject.at.target.clone(), document });
    }
}

/// The tags of a target, which comes after the tags and sets that it names.
pub(super) fn roles(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let roles: Vec<&str> = match value {
        Value::Null => Vec::new(),
        Value::Array(roles) if roles.iter().all(Value::is_string) => {
            roles.iter().filter_map(Value::as_str).collect()
        }
        other => return odd(context, at, other),
    };
    let inventory = context.inventory;
    let mut first: BTreeSet<Vec<String>> = BTreeSet::new();
    for role in &roles {
        let mut sets: Vec<_> = sets_of(inventory, role).collect();
        if sets.is_empty() {
            // It may be a text of such a set all the same.
            sets.extend(of_targets(inventory).filter(|set| is_free(set)).map(|set| (set, None)));
        }
        for (set, tag) in sets {
            context.need(Collection::TagSets, set.id(), "");
            let address = match tag {
                Some(canonical) => super::tag_set::address(context.tag(&canonical)),
                None => context.address(set.id()).and_then(|set| match set {
                    Expr::Reference(path) => Some(path.into_iter().take(2).collect()),
                    _ => None,
                }),
            };
            first.extend(address);
        }
    }
    let roles = roles.into_iter().map(|role| context.free_text(at, role)).collect();
    into.set("roles", Expr::List(roles));
    into.depends_on.extend(first.into_iter().map(Expr::Reference));
}

fn of_targets(inventory: &Inventory) -> impl Iterator<Item = &Document> {
    inventory.all(Collection::TagSets).filter(|set| set.texts("Scopes").any(|scope| scope == "Target"))
}

fn is_free(set: &Document) -> bool {
    set.text("Type") == Some("FreeText")
}

/// The sets of scope `Target` that have this tag, named as `Tag` or as `Set/Tag`, with its canonical name; sets of free texts hold any that
/// is named as `Set/Tag`, and have none by name.
fn sets_of<'i>(inventory: &'i Inventory, role: &str) -> impl Iterator<Item = (&'i Document, Option<String>)> {
    of_targets(inventory).flat_map(move |set| {
        let in_set = role.strip_prefix(set.name()).and_then(|rest| rest.strip_prefix('/'));
        let names = set.list("Tags").iter().filter_map(|tag| tag["Name"].as_str());
        let tags = names.filter(|name| *name == role || Some(*name) == in_set);
        let free = (is_free(set) && in_set.is_some()).then_some((set, None));
        let tags: Vec<_> = tags.map(|name| (set, Some(format!("{}/{name}", set.name())))).collect();
        tags.into_iter().chain(free)
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn targets_wait_for_the_sets_of_their_tags_and_tags_without_targets_are_made() {
        let target = json!({"Id": "Machines-1", "Name": "Till", "EnvironmentIds": ["Environments-1"], "Roles": ["web", "tier-1", "Area/north"],
            "Endpoint": {"CommunicationStyle": "None"}});
        let documents = json!({
            "machines": [target],
            "tagsets": [
                {"Id": "TagSets-1", "Name": "[System] Tag Set", "IsSystem": true, "Scopes": ["Target"], "Tags": [{"Name": "web"}, {"Name": "unused"}]},
                {"Id": "TagSets-2", "Name": "Tier", "Scopes": ["Target"], "SortOrder": 1, "Tags": [{"Name": "tier-1", "Color": "#000000", "SortOrder": 1}]},
                {"Id": "TagSets-3", "Name": "Area", "Scopes": ["Target"], "SortOrder": 2, "Type": "FreeText"},
                {"Id": "TagSets-4", "Name": "Other", "Scopes": ["Tenant"], "SortOrder": 3, "Tags": [{"Name": "web", "Color": "#000000", "SortOrder": 1}]}
            ]
        });
        expect![[r#"
            resource "octopusdeploy_cloud_region_deployment_target" "till" {
              name         = "Till"
              environments = [octopusdeploy_environment.production.id]
              roles        = ["web", "tier-1", "Area/north"]
              is_disabled  = false
              tenant_tags  = []
              tenants      = []

              depends_on = [octopusdeploy_tag.tier_tier_1, octopusdeploy_tag_set.area]
            }
            --- finish {"do":"document","target":{"collection":"deploymenttargettags","key":["unused"]},"document":{"Tag":"unused"}}
        "#]].assert_eq(&convert("deployment_targets.tf", &documents));
        let sets = convert("tag_sets.tf", &documents);
        assert!(!sets.contains("[System]"), "{sets}");
    }
}
