//! User roles that people have made, and who has which role in the space. Roles belong to the server: one that is there already under the
//! name is taken as it is.

use serde_json::Value;

use crate::convert;
use crate::convert::context::{Context, Subject};
use crate::convert::model::*;
use crate::hcl::{Block, Expr};
use documents::collection::Collection;

const SERVER: &str = "the server makes it of the permissions";

pub(super) const KIND: Kind = Kind {
    collection: Collection::UserRoles,
    noun: "user role",
    file: "teams.tf",
    // Those that every server has are known by ids that are the same everywhere: `userroles-projectdeployer`.
    of: |role| !role.id().starts_with("userroles-"),
    shapes: &[Shape {
        resource: "octopusdeploy_user_role",
        fields: &[
            plain("Name"),
            plain("Description"),
            plain("GrantedSpacePermissions"),
            plain("GrantedSystemPermissions"),
            computed("SupportedRestrictions", SERVER),
            computed("SpacePermissionDescriptions", SERVER),
            computed("SystemPermissionDescriptions", SERVER),
            ignored("CanBeDeleted", "the server decides it"),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    expand: Some(expand),
    lookup: Some(Lookup { list: "user_roles", data_source: "octopusdeploy_user_roles", noun: "user role" }),
    ..Kind::DEFAULT
};

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let mut block = convert::resource(context, &KIND, &KIND.shapes[0], subject);
    block.comment = Some("It belongs to the server: one of this name is taken as it is.".to_owned());
    // Other spaces may use it: what is there is never changed.
    block.blocks.push(Block::new("lifecycle", &[]).with("ignore_changes", Expr::reference("all")));
    let name = crate::hcl::quoted(subject.document.name());
    convert::take_over(context, &KIND, &format!("x.name == {name}"), &block);
    context.made(&subject.at.target, &block.address(), true);
    context.add(subject.file, block);
}

const ASSIGNMENT: &[Field] = &[
    reference("TeamId", Collection::Teams),
    reference("UserRoleId", Collection::UserRoles),
    // Said also when there are none: the provider keeps what is not said.
    references("EnvironmentIds", Collection::Environments).keep_empty(),
    references("ProjectGroupIds", Collection::ProjectGroups).keep_empty(),
    references("ProjectIds", Collection::Projects).keep_empty(),
    references("TenantIds", Collection::Tenants).keep_empty(),
    ID,
    SPACE_ID,
];

/// Roles of teams in the space as a whole.
pub(super) const OF_SPACE: Kind = Kind {
    collection: Collection::ScopedUserRoles,
    noun: "role of a team",
    file: "teams.tf",
    of: |role| role.list("ProjectIds").is_empty(),
    shapes: &[Shape { resource: "octopusdeploy_scoped_user_role", fields: ASSIGNMENT, ..Shape::DEFAULT }],
    expand: Some(assign),
    ..Kind::DEFAULT
};

/// Roles of teams in certain projects: they need the project. One for several projects becomes one for each, which allows the same;
/// without its projects it would allow too much.
pub(super) const OF_PROJECT: Kind = Kind {
    of: |role| !role.list("ProjectIds").is_empty(),
    belongs: |role, project| role.texts("ProjectIds").any(|id| id == project),
    ..OF_SPACE
};

fn assign(context: &mut Context<'_>, subject: &Subject<'_>) {
    let inventory = context.inventory;
    let mut document = subject.document.clone();
    let team = inventory.get(Collection::Teams, document.text("TeamId").unwrap_or_default());
    let of_server = team.is_none_or(|team| team.text("SpaceId").is_none_or(str::is_empty));
    let numbered = document.text("TeamId").is_some_and(|id| !id.starts_with("teams-"));
    if of_server && numbered {
        let text = "the team belongs to the server, not to the space";
        return context.note(
            &subject.at,
            "not-carried",
            text,
            "Give the team its role by hand at the destination.",
        );
    }
    if let module::manifest::Scope::Project { id, .. } = context.scope.clone() {
        if document.list("ProjectIds").len() > 1 {
            let text = "the role is for several projects, which are made one after the other: each gets a role of its own";
            context.note(&subject.at, "split", text, "");
        }
        document.fields_mut().insert("ProjectIds".to_owned(), Value::from(vec![id]));
    }
    let mut block =
        Block::resource("octopusdeploy_scoped_user_role", &subject.label).made_of(subject.document.id());
    convert::table::carry(context, &subject.at, ASSIGNMENT, document.fields(), &mut block);
    block.set("space_id", Expr::reference("var.octopus_space_id"));
    context.add(subject.file, block);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn roles_and_who_has_them() {
        let documents = json!({"teams": [{"Id": "Teams-1", "SpaceId": "Spaces-2", "Name": "Bridge"}, {"Id": "Teams-2", "SpaceId": null, "Name": "Owners"}],
        "userroles": [{"Id": "UserRoles-1", "Name": "Pilot", "Description": "Steers.", "GrantedSpacePermissions": ["ProjectView"], "GrantedSystemPermissions": [],
            "SupportedRestrictions": ["projects"], "SpacePermissionDescriptions": ["x"], "SystemPermissionDescriptions": [], "CanBeDeleted": true, "UnheardOf": 1},
            {"Id": "userroles-projectdeployer", "Name": "Project deployer", "CanBeDeleted": false}],
        "scopeduserroles": [
            {"Id": "ScopedUserRoles-1", "SpaceId": "Spaces-2", "TeamId": "Teams-1", "UserRoleId": "UserRoles-1", "EnvironmentIds": ["Environments-1"], "ProjectGroupIds": [], "ProjectIds": [], "TenantIds": ["Tenants-1"]},
            {"Id": "ScopedUserRoles-2", "SpaceId": "Spaces-2", "TeamId": "Teams-1", "UserRoleId": "userroles-projectdeployer", "UnheardOf": 1},
            {"Id": "ScopedUserRoles-3", "SpaceId": "Spaces-2", "TeamId": "Teams-2", "UserRoleId": "UserRoles-1"},
            {"Id": "ScopedUserRoles-4", "SpaceId": "Spaces-2", "TeamId": "teams-everyone", "UserRoleId": "userroles-projectdeployer"}
        ]});
        expect![[r##"
            # Members are not here: octoferry adds those who are at the destination under the name that users.json gives them.

            resource "octopusdeploy_team" "bridge" {
              name     = "Bridge"
              space_id = var.octopus_space_id
            }

            # It belongs to the server: one of this name is taken as it is.
            resource "octopusdeploy_user_role" "pilot" {
              name                      = "Pilot"
              description               = "Steers."
              granted_space_permissions = ["ProjectView"]

              lifecycle {
                ignore_changes = all
              }
            }

            resource "octopusdeploy_scoped_user_role" "bridge_pilot" {
              team_id           = octopusdeploy_team.bridge.id
              user_role_id      = octopusdeploy_user_role.pilot.id
              environment_ids   = [octopusdeploy_environment.production.id]
              project_group_ids = []
              project_ids       = []
              tenant_ids        = [octopusdeploy_tenant.prairie_glow.id]
              space_id          = var.octopus_space_id
            }

            resource "octopusdeploy_scoped_user_role" "bridge_project_deployer" {
              team_id           = octopusdeploy_team.bridge.id
              user_role_id      = "userroles-projectdeployer"
              environment_ids   = []
              project_group_ids = []
              project_ids       = []
              tenant_ids        = []
              space_id          = var.octopus_space_id
            }

            resource "octopusdeploy_scoped_user_role" "teams_everyone_project_deployer" {
              team_id           = "teams-everyone"
              user_role_id      = "userroles-projectdeployer"
              environment_ids   = []
              project_group_ids = []
              project_ids       = []
              tenant_ids        = []
              space_id          = var.octopus_space_id
            }
            --- note not-carried ["Owners", "Pilot"] : the team belongs to the server, not to the space
            --- note unknown-field ["Bridge", "Project deployer"] UnheardOf: holds a number, and octoferry does not know this field: it is not carried
            --- note unknown-field ["Pilot"] UnheardOf: holds a number, and octoferry does not know this field: it is not carried
        "##]].assert_eq(&convert("teams.tf", &documents));
    }
}
