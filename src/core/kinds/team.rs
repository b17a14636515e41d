//! Teams of the space. Their members are found at the destination by user name (`users.json` in the module maps the names);
//! users themselves, and their passwords, are never carried.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::convert;
use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{is_empty, odd};
use crate::convert::model::*;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use module::manifest::{FinishStep, Target};

const USERS: &str = "users.json";

pub(super) const KIND: Kind = Kind {
    collection: Collection::Teams,
    noun: "team",
    file: "teams.tf",
    heading: Some(
        "Members are not here: octoferry adds those who are at the destination under the name that users.json gives them.",
    ),
    of: |team| team.text("SpaceId").is_some_and(|space| !space.is_empty()),
    shapes: &[Shape {
        resource: "octopusdeploy_team",
        fields: &[
            plain("Name"),
            plain("Description"),
            blocks(
                "ExternalSecurityGroups",
                &[
                    plain("Id").keep_empty(),
                    plain("DisplayName").keep_empty(),
                    plain("DisplayIdAndName").or(Literal::Flag(false)),
                ],
            )
            .named("external_security_group"),
            custom("MemberUserIds", include_users),
            ignored("CanBeDeleted", "the server decides it"),
            ignored("CanBeRenamed", "the server decides it"),
            ignored("CanChangeMembers", "the server decides it"),
            ignored("CanChangeRoles", "the server decides it"),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    // Ids like `teams-spacemanagers-Spaces-1` are the server's own, those of other teams are numbered.
    built_in: |team| {
        team.id().starts_with("teams-").then_some(BuiltIn { id: "null", data: None, fields: MANAGERS })
    },
    expand: Some(expand),
    lookup: Some(Lookup { list: "teams", data_source: "octopusdeploy_teams", noun: "team" }),
    ..Kind::DEFAULT
};

/// What can differ of the team of managers that every server makes with a space.
const MANAGERS: &[Field] = &[
    ignored("Name", "the server names it"),
    ignored("Description", "the server describes it"),
    custom("ExternalSecurityGroups", |context, at, value, _| {
        if !is_empty(value) {
            context.set(at, value, "the team comes with the space");
        }
    }),
    custom("MemberUserIds", include_users),
    ignored("CanBeDeleted", "the server decides it"),
    ignored("CanBeRenamed", "the server decides it"),
    ignored("CanChangeMembers", "the server decides it"),
    ignored("CanChangeRoles", "the server decides it"),
    ignored("Slug", "the server makes it"),
    ID,
    SPACE_ID,
];

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let mut block = convert::resource(context, &KIND, &KIND.shapes[0], subject);
    // Without it the team would be one of the server.
    block.set("space_id", Expr::reference("var.octopus_space_id"));
    convert::make(context, &KIND, subject, block);
}

/// Lets finish add users to a list of ids, and the module map their names.
pub(super) fn include_users(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    let Value::Array(ids) = value else {
        if !value.is_null() {
            odd(context, at, value);
        }
        return;
    };
    if ids.is_empty() {
        return;
    }
    let mut unknown = false;
    for id in ids.iter().filter_map(Value::as_str) {
        let user = context.inventory.get(Collection::Users, id);
        let Some(name) = user.and_then(|user| user.text("Username")).map(str::to_owned) else {
            unknown = true;
            continue;
        };
        context.drawers.open::<UserNames>().0.insert(name.clone());
        let item = reference(&name);
        context.finish(FinishStep::Include { target: at.target.clone(), path: at.path.clone(), item });
    }
    let text = "users are not carried: those who are at the destination under the name that users.json gives them are added";
    context.note(
        at,
        "users",
        text,
        "Make the users that are missing, name them in users.json, deploy again.",
    );
    if unknown {
        let text = "names users that the source API key may not see";
        context.note(at, "not-read", text, "Add them by hand at the destination.");
    }
}

/// Users that finish looks for at the destination.
#[derive(Debug, Default)]
pub(super) struct UserNames(pub(super) BTreeSet<String>);

pub(super) fn reference(user_name: &str) -> Value {
    let target = Target { collection: Collection::Users, key: vec![user_name.to_owned()] };
    serde_json::json!({ "$ref": { "collection": target.collection, "key": target.key } })
}

/// `users.json`: names at the source → names at the destination, the same until a person changes them.
pub(super) fn add_users(context: &mut Context<'_>) {
    let UserNames(names) = context.drawers.open();
    if names.is_empty() {
        return;
    }
    let names: serde_json::Map<String, Value> =
        names.iter().map(|name| (name.clone(), Value::from(name.as_str()))).collect();
    let mut text = serde_json::to_string_pretty(&names).unwrap_or_default();
    text.push('\n');
    context.document(USERS, text);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn teams() {
        let documents = json!({"teams": [
            {"Id": "Teams-1", "SpaceId": "Spaces-2", "Name": "Bridge", "Description": "Steer.", "MemberUserIds": ["Users-7", "Users-8"], "Slug": "the-bridge",
             "ExternalSecurityGroups": [{"Id": "S-1", "DisplayName": "X", "DisplayIdAndName": true}], "CanBeDeleted": true, "CanBeRenamed": true,
             "CanChangeMembers": true, "CanChangeRoles": true, "UnheardOf": 1},
            {"Id": "Teams-2", "SpaceId": "Spaces-2", "Name": "Engine"},
            {"Id": "teams-spacemanagers-Spaces-2", "SpaceId": "Spaces-2", "Name": "Space Managers", "MemberUserIds": ["Users-7"], "CanBeDeleted": false}
        ], "users": [{"Id": "Users-7", "Username": "mate"}]});
        expect![[r##"
            # Members are not here: octoferry adds those who are at the destination under the name that users.json gives them.

            resource "octopusdeploy_team" "bridge" {
              name        = "Bridge"
              description = "Steer."
              space_id    = var.octopus_space_id

              external_security_group {
                id                  = "S-1"
                display_name        = "X"
                display_id_and_name = true
              }
            }

            resource "octopusdeploy_team" "engine" {
              name     = "Engine"
              space_id = var.octopus_space_id
            }
            --- finish {"do":"include","target":{"collection":"teams","key":["Space Managers"]},"path":["MemberUserIds"],"item":{"$ref":{"collection":"users","key":["mate"]}}}
            --- finish {"do":"include","target":{"collection":"teams","key":["Bridge"]},"path":["MemberUserIds"],"item":{"$ref":{"collection":"users","key":["mate"]}}}
            --- finish {"do":"set","target":{"collection":"teams","key":["Bridge"]},"path":["Slug"],"value":{"json":"the-bridge"}}
            --- finish {"do":"try","target":{"collection":"teams","key":["Bridge"]},"path":["UnheardOf"],"value":1}
            --- note not-read ["Bridge"] MemberUserIds: names users that the source API key may not see
            --- note unknown-field ["Bridge"] UnheardOf: holds a number, and octoferry does not know this field: finish sets it as it is, where the destination takes it
            --- note users ["Bridge"] MemberUserIds: users are not carried: those who are at the destination under the name that users.json gives them are added
            --- note users ["Space Managers"] MemberUserIds: users are not carried: those who are at the destination under the name that users.json gives them are added
        "##]].assert_eq(&convert("teams.tf", &documents));
        expect![[r#"
            {
              "mate": "mate"
            }
        "#]]
        .assert_eq(convert("users.json", &documents).split("---").next().unwrap_or_default());
    }
}
