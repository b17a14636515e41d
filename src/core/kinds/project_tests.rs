//! What the kinds of a project make of documents that the example spaces don't have.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::convert::SecretSources;
use crate::modules;
use crate::selection::Selection;
use documents::inventory::Inventory;
use module::Module;

/// A space with one project "Web" and these other documents.
fn module(others: &Value) -> Module {
    let mut documents = json!({
        "environments": {"Environments-1": {"Id": "Environments-1", "Name": "Dev"}, "Environments-2": {"Id": "Environments-2", "Name": "Prod"}},
        "lifecycles": {"Lifecycles-1": {"Id": "Lifecycles-1", "Name": "Usual"}},
        "projectgroups": {"ProjectGroups-1": {"Id": "ProjectGroups-1", "Name": "All"}},
        "projects": {"Projects-1": {"Id": "Projects-1", "Name": "Web", "Slug": "web", "LifecycleId": "Lifecycles-1", "ProjectGroupId": "ProjectGroups-1"}},
    });
    for (collection, items) in others.as_object().unwrap() {
        let list = documents.as_object_mut().unwrap().entry(collection).or_insert_with(|| json!({}));
        for (id, document) in items.as_object().unwrap() {
            let mut document = document.clone();
            document["Id"] = id.as_str().into();
            list[id] = document;
        }
    }
    let dump = json!({"Documents": {"Server": {"spaces": {"Spaces-1": {"Id": "Spaces-1", "Name": "S"}}}, "Spaces-1": documents}});
    let inventory = Inventory::from_dump(&dump, "Spaces-1").unwrap();
    modules::project(&inventory, "Projects-1", &Selection::default(), &SecretSources::default()).unwrap()
}

fn file(module: &Module, name: &str) -> String {
    String::from_utf8(module.files[name].clone()).unwrap()
}

fn finish(module: &Module) -> String {
    let lines: Vec<String> =
        module.manifest.finish.iter().map(|step| serde_json::to_string(step).unwrap()).collect();
    lines.join("\n")
}

fn notes(module: &Module) -> String {
    let lines: Vec<String> = module
        .manifest
        .notes
        .iter()
        .map(|note| format!("{} {} {}: {}", note.code, note.key().join("/"), note.field(), note.text))
        .collect();
    lines.join("\n")
}

fn same(expected: &Expect, found: &str) {
    expected.assert_eq(&format!("{found}\n"));
}

fn step(name: &str, actions: Value) -> Value {
    json!({"Id": format!("step-{name}"), "Name": name, "Slug": name, "Condition": "Success", "StartTrigger": "StartAfterPrevious", "Actions": actions})
}

#[test]
fn a_project_with_nothing_but_what_it_must_have() {
    same(
        &expect![[r#"
            resource "octopusdeploy_project" "web" {
              name                                 = "Web"
              slug                                 = "web"
              project_group_id                     = local.project_groups["All"]
              lifecycle_id                         = local.lifecycles["Usual"]
              is_disabled                          = false
              default_to_skip_if_already_installed = false
              deployment_changes_template          = ""
            }

        "#]],
        &file(&module(&json!({})), "project.tf"),
    );
}

#[test]
fn what_the_provider_cannot_say_of_a_project_is_for_finish() {
    let module = module(&json!({
        "projects": {"Projects-1": {
            "Name": "Web", "Slug": "web", "LifecycleId": "Lifecycles-1", "ProjectGroupId": "ProjectGroups-1",
            "AllowIgnoreChannelRules": false, "ForcePackageDownload": true, "ProvisioningRunbookId": "Runbooks-1",
            "Templates": [{"Id": "t", "Name": "Key", "DefaultValue": {"HasValue": true}, "DisplaySettings": {"Octopus.ControlType": "Sensitive"}}],
            "NeverHeardOf": 1,
        }},
        "runbooks": {"Runbooks-1": {"Name": "Make it", "ProjectId": "Projects-1"}},
    }));
    same(
        &expect![[r#"
            {"do":"set","target":{"collection":"projects","key":["Web"]},"path":["Templates",{"Name":"Key"},"DefaultValue"],"value":{"secret":"project_web_template_key"}}
            {"do":"set","target":{"collection":"projects","key":["Web"]},"path":["AllowIgnoreChannelRules"],"value":{"json":false}}
            {"do":"set","target":{"collection":"projects","key":["Web"]},"path":["ForcePackageDownload"],"value":{"json":true}}
            {"do":"set","target":{"collection":"projects","key":["Web"]},"path":["ProvisioningRunbookId"],"value":{"json":{"$ref":{"collection":"runbooks","key":["Web","Make it"]}}}}
            {"do":"try","target":{"collection":"projects","key":["Web"]},"path":["NeverHeardOf"],"value":1}
        "#]],
        &finish(&module),
    );
    same(
        &expect![[r#"
            person-secret Web Templates/Key/DefaultValue: Default of the template "Key" of the project "Web": only a run for a tenant reads the default of a template, and none is linked to a project with it
            unknown-field Web NeverHeardOf: holds a number, and octoferry does not know this field: finish sets it as it is, where the destination takes it
        "#]],
        &notes(&module),
    );
}

#[test]
fn a_renamed_default_channel_is_renamed_first_and_looked_up_by_either_name() {
    let module = module(&json!({
        "channels": {
            "Channels-1": {"Name": "Main", "Slug": "main", "ProjectId": "Projects-1", "IsDefault": true, "Description": "Usual.", "Type": "Lifecycle"},
            "Channels-2": {"Name": "Hotfix", "Slug": "hotfix", "ProjectId": "Projects-1", "Type": "Lifecycle",
                "Rules": [{"Id": "r", "VersionRange": "[1,2)", "ActionPackages": [{"DeploymentAction": "a", "PackageReference": ""}]}]},
        },
        "deploymentprocesses": {"deploymentprocess-Projects-1": {"ProjectId": "Projects-1", "Steps": [
            step("a", json!([{"Id": "a-1", "Name": "a", "Slug": "a", "ActionType": "Octopus.Script", "Channels": ["Channels-1", "Channels-2"]}])),
        ]}},
    }));
    same(
        &expect![[r#"
            {"do":"set","target":{"collection":"channels","key":["Web","Main"]},"path":["Name"],"value":{"json":"Main"}}
            {"do":"set","target":{"collection":"channels","key":["Web","Hotfix"]},"path":["Rules"],"value":{"json":[{"VersionRange":"[1,2)","ActionPackages":[{"DeploymentAction":"a","PackageReference":""}]}]}}
            {"do":"set","target":{"collection":"channels","key":["Web","Main"]},"path":["Slug"],"value":{"json":"main"}}
            {"do":"set","target":{"collection":"channels","key":["Web","Main"]},"path":["Description"],"value":{"json":"Usual."}}
        "#]],
        &finish(&module),
    );
    same(
        &expect![[r##"
            # The channel "Default" comes with the project.

            resource "octopusdeploy_channel" "hotfix" {
              project_id = octopusdeploy_project.web.id
              name       = "Hotfix"

              lifecycle {
                ignore_changes = [rule]
              }
            }

            data "octopusdeploy_channels" "project" {
              project_id = octopusdeploy_project.web.id
              take       = 10000
            }

            locals {
              default_channel = one([for x in data.octopusdeploy_channels.project.channels : x.id if contains(["Default", "Main"], x.name)])
            }

        "##]],
        &file(&module, "channels.tf"),
    );
}

#[test]
fn actions_of_other_names_references_in_text_and_the_new_step_framework() {
    let module = module(&json!({
        "feeds": {"Feeds-7": {"Name": "Images", "FeedType": "Docker"}},
        "projects": {"Projects-2": {"Name": "Other", "Slug": "other"}},
        "deploymentprocesses": {"deploymentprocess-Projects-1": {"ProjectId": "Projects-1", "Steps": [
            step("roll", json!([
                {"Id": "a-1", "Name": "first", "Slug": "first", "ActionType": "Octopus.Script", "Condition": "Always", "Properties": {
                    "Octopus.Action.Script.ScriptBody": "echo Feeds-7\necho two\n", "Octopus.Action.Script.Syntax": "Bash",
                    "List": "Environments-1,Environments-2", "Sentence": "see Feeds-7",
                    "Json": "[{\"FeedId\":\"Feeds-7\"}]", "OddJson": "{\"b\": \"Feeds-7\", \"a\": 1}",
                    "Octopus.Action.DeployRelease.ProjectId": "Projects-2", "Team": "teams-spacemanagers-Spaces-1",
                    "Password": {"HasValue": true},
                }},
                {"Id": "a-2", "Name": "second", "Slug": "second", "ActionType": "Octopus.Script", "Condition": "Variable"},
            ])),
            step("new", json!([{"Id": "a-3", "Name": "new", "Slug": "new", "ActionType": "upload", "Inputs": {"bucket": "b"}}])),
        ]}},
    }));
    same(
        &expect![[r#"
        resource "octopusdeploy_process" "deployment" {
          project_id = octopusdeploy_project.web.id
        }

        resource "octopusdeploy_process_steps_order" "deployment" {
          process_id = octopusdeploy_process.deployment.id
          steps      = [octopusdeploy_process_step.roll.id]
        }

        resource "octopusdeploy_process_step" "roll" {
          process_id = octopusdeploy_process.deployment.id
          name       = "roll"
          slug       = "first"
          type       = "Octopus.Script"

          execution_properties = {
            "List"                                   = "${local.environments["Dev"]},${local.environments["Prod"]}"
            "Octopus.Action.DeployRelease.ProjectId" = local.projects["Other"]
            "Octopus.Action.Script.ScriptBody"       = file("${path.module}/scripts/first.sh")
            "Octopus.Action.Script.Syntax"           = "Bash"
            "OddJson"                                = "{\"b\": \"${local.feeds["Images"]}\", \"a\": 1}"
            "Sentence"                               = "see Feeds-7"
            "Team"                                   = "teams-spacemanagers-${var.octopus_space_id}"

            "Json" = jsonencode([
              {
                "FeedId" = local.feeds["Images"]
              },
            ])
          }
        }

        resource "octopusdeploy_process_child_steps_order" "roll" {
          process_id = octopusdeploy_process.deployment.id
          parent_id  = octopusdeploy_process_step.roll.id
          children   = [octopusdeploy_process_child_step.second.id]
        }

        resource "octopusdeploy_process_child_step" "second" {
          process_id = octopusdeploy_process.deployment.id
          parent_id  = octopusdeploy_process_step.roll.id
          name       = "second"
          slug       = "second"
          type       = "Octopus.Script"
          condition  = "Variable"
        }

    "#]],
        &file(&module, "deployment_process.tf"),
    );
    same(
        &expect![[r#"
            {"do":"item","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps"],"after":["roll"],"item":{"Name":"new","Slug":"new","Condition":"Success","StartTrigger":"StartAfterPrevious","Actions":[{"Name":"new","Slug":"new","ActionType":"upload","Inputs":{"bucket":"b"}}]}}
            {"do":"set","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps",{"Name":"roll"},"Actions",{"Slug":"first"},"Name"],"value":{"json":"first"}}
            {"do":"set","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps",{"Name":"roll"},"Actions",{"Slug":"first"},"Condition"],"value":{"json":"Always"}}
            {"do":"set","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps",{"Name":"roll"},"Actions",{"Slug":"first"},"Properties","Password"],"value":{"secret":"step_roll_password"}}
        "#]],
        &finish(&module),
    );
    same(
        &expect![[r#"
            id-in-text Web Steps/roll/Actions/first/Properties/Octopus.Action.Script.ScriptBody: the text names Feeds-7, an id of the source space; it is left as it is
            id-in-text Web Steps/roll/Actions/first/Properties/Sentence: the text names Feeds-7, an id of the source space; it is left as it is
            person-secret Web Steps/roll/Actions/first/Properties/Password: Secret property of the step "first" of the project "Web": no step can read the secret properties of another
            step-framework Web Steps/new: the step "new" of the project "Web" is of the new step framework (its settings are in Inputs), which the provider can't carry: finish makes it through the API
        "#]],
        &notes(&module),
    );
    assert_eq!(module.manifest.after, ["Other"]);
    assert_eq!(file(&module, "scripts/first.sh"), "echo Feeds-7\necho two\n");
}

#[test]
fn variables_of_one_name_wait_for_those_with_a_smaller_scope() {
    let module = module(
        &json!({"variables": {"variableset-Projects-1": {"OwnerId": "Projects-1", "Variables": [
            {"Id": "v-1", "Name": "Key", "Type": "Sensitive", "IsSensitive": true, "Scope": {"Environment": ["Environments-1", "Environments-2"]}},
            {"Id": "v-2", "Name": "Key", "Type": "Sensitive", "IsSensitive": true, "Scope": {"Environment": ["Environments-1"]}},
            {"Id": "v-3", "Name": "Nothing", "Type": "String", "Value": null, "Scope": {}},
            {"Id": "v-4", "Name": "Looks", "Type": "String", "Value": "Environments-1", "Scope": {}},
            {"Id": "v-5", "Name": "Asked", "Type": "String", "Value": "x", "Scope": {},
                "Prompt": {"Label": "Pool", "Required": true, "DisplaySettings": {"Octopus.ControlType": "WorkerPool"}}},
        ]}}}),
    );
    same(
        &expect![[r#"
            resource "octopusdeploy_variable" "asked" {
              owner_id = octopusdeploy_project.web.id
              name     = "Asked"
              type     = "String"
              value    = "x"

              prompt {
                label       = "Pool"
                is_required = true
              }
            }

            resource "octopusdeploy_variable" "key_dev" {
              owner_id        = octopusdeploy_project.web.id
              name            = "Key"
              type            = "Sensitive"
              is_sensitive    = true
              sensitive_value = var.variable_key_dev

              scope {
                environments = [local.environments["Dev"]]
              }
            }

            resource "octopusdeploy_variable" "key_dev_prod" {
              owner_id        = octopusdeploy_project.web.id
              name            = "Key"
              type            = "Sensitive"
              is_sensitive    = true
              sensitive_value = var.variable_key_dev_prod

              scope {
                environments = [local.environments["Dev"], local.environments["Prod"]]
              }

              depends_on = [octopusdeploy_variable.key_dev]
            }

            resource "octopusdeploy_variable" "looks" {
              owner_id = octopusdeploy_project.web.id
              name     = "Looks"
              type     = "String"
              value    = local.environments["Dev"]
            }

            resource "octopusdeploy_variable" "nothing" {
              owner_id = octopusdeploy_project.web.id
              name     = "Nothing"
              type     = "String"
            }

        "#]],
        &file(&module, "project_variables.tf"),
    );
    same(
        &expect![[r#"
        {"do":"set","target":{"collection":"variables","key":["projects","Web"]},"path":["Variables",{"Name":"Asked"},"Prompt","DisplaySettings"],"value":{"json":{"Octopus.ControlType":"WorkerPool"}}}
        {"do":"set","target":{"collection":"variables","key":["projects","Web"]},"path":["Variables",{"Name":"Nothing"},"Value"],"value":{"json":null}}
    "#]],
        &finish(&module),
    );
    same(
        &expect![[r#"
            id-followed projects/Web Variables/Looks/Value: the whole value is Environments-1, the id of "Dev" (environments): at the destination it is the id that this has there
            person-secret projects/Web Variables/Key/Value: Value of "Key" for "Dev", "Prod": no run of the source server can read it by a name of its own
            person-secret projects/Web Variables/Key/Value: Value of "Key" for "Dev": no run of the source server can read it by a name of its own
        "#]],
        &notes(&module),
    );
}

#[test]
fn triggers_say_what_the_provider_can_and_leave_the_rest_to_finish() {
    let module = module(&json!({"projecttriggers": {
        "ProjectTriggers-1": {"Name": "Nightly", "ProjectId": "Projects-1", "IsDisabled": false,
            "Filter": {"FilterType": "DaysPerMonthSchedule", "StartTime": "2026-01-10T23:00:00.000Z", "MonthlyScheduleType": "DateOfMonth", "DateOfMonth": "L", "Timezone": "UTC"},
            "Action": {"ActionType": "DeployLatestRelease", "SourceEnvironmentIds": ["Environments-1", "Environments-2"],
                "DestinationEnvironmentId": "Environments-2", "ShouldRedeployWhenReleaseIsCurrent": true, "TenantIds": [], "TenantTags": ["A/B"]}},
        "ProjectTriggers-2": {"Name": "Machines", "ProjectId": "Projects-1", "IsDisabled": true, "Description": "d",
            "Filter": {"FilterType": "MachineFilter", "EnvironmentIds": ["Environments-1"]},
            "Action": {"ActionType": "AutoDeploy", "ShouldRedeployWhenMachineHasBeenDeployedTo": false}},
        "ProjectTriggers-3": {"Name": "Odd", "ProjectId": "Projects-1", "Filter": {"FilterType": "MoonFilter"}, "Action": {}},
    }}));
    same(
        &expect![[r##"
            # All triggers arrive disabled. After the cutover: -var enable_triggers=true.

            resource "octopusdeploy_project_deployment_target_trigger" "machines" {
              project_id      = octopusdeploy_project.web.id
              name            = "Machines"
              count           = var.triggers_are_held ? 1 : 0
              environment_ids = [local.environments["Dev"]]
            }

            resource "octopusdeploy_project_scheduled_trigger" "nightly" {
              space_id    = var.octopus_space_id
              project_id  = octopusdeploy_project.web.id
              name        = "Nightly"
              is_disabled = !var.enable_triggers
              timezone    = "UTC"

              days_per_month_schedule {
                start_time            = "2026-01-10T23:00:00"
                monthly_schedule_type = "DateOfMonth"
                date_of_month         = "L"
                day_of_week           = "Sunday"
              }

              deploy_latest_release_action {
                source_environment_id      = local.environments["Dev"]
                destination_environment_id = local.environments["Prod"]
                should_redeploy            = true
              }
            }

        "##]],
        &file(&module, "triggers.tf"),
    );
    same(
        &expect![[r#"
            {"do":"set","target":{"collection":"projecttriggers","key":["Web","Machines"]},"path":["Description"],"value":{"json":"d"}}
            {"do":"set","target":{"collection":"projecttriggers","key":["Web","Machines"]},"path":["IsDisabled"],"value":{"json":true}}
            {"do":"set","target":{"collection":"projecttriggers","key":["Web","Nightly"]},"path":["Filter","DayOfWeek"],"value":{"json":null}}
            {"do":"set","target":{"collection":"projecttriggers","key":["Web","Nightly"]},"path":["Action","SourceEnvironmentIds"],"value":{"json":[{"$ref":{"collection":"environments","key":["Dev"]}},{"$ref":{"collection":"environments","key":["Prod"]}}]}}
            {"do":"set","target":{"collection":"projecttriggers","key":["Web","Nightly"]},"path":["Action","TenantTags"],"value":{"json":["A/B"]}}
            {"do":"document","target":{"collection":"projecttriggers","key":["Web","Odd"]},"document":{"Name":"Odd","ProjectId":{"$ref":{"collection":"projects","key":["Web"]}},"Filter":{"FilterType":"MoonFilter"},"Action":{},"IsDisabled":true}}
        "#]],
        &finish(&module),
    );
    assert_eq!(notes(&module).trim(), "");
}

fn in_git(branch: Value) -> Value {
    json!({
        "projects": {"Projects-1": {
            "Name": "Web", "Slug": "web", "LifecycleId": "Lifecycles-1", "ProjectGroupId": "ProjectGroups-1",
            "IsVersionControlled": false,
            "PersistenceSettings": {"Type": "VersionControlled", "Url": "https://me:hidden@git.example/web.git", "DefaultBranch": "main",
                "BasePath": ".octopus/web", "Credentials": {"Type": "UsernamePassword", "Username": "robot", "Password": {"HasValue": true}}},
        }},
        "gitbranches": {"Projects-1/develop": branch},
    })
}

#[test]
fn a_project_in_git_becomes_an_ordinary_one() {
    let module = module(&in_git(json!({"ProjectId": "Projects-1", "Name": "develop"})));
    same(
        &expect![[r#"
            person-secret Repository of Web Details/Password: Password of the repository of the project "Web": no step can read what a project signs in to its repository with
            project-in-git Repository of Web : the project "Web" has credentials of its own for https://git.example/web.git (base path .octopus/web); they stand in this Git credential, for that repository alone, since a project has none before it is stored in Git
            project-in-git Web PersistenceSettings: the project "Web" is stored in Git at the source: what the branch "develop" of https://git.example/web.git (base path .octopus/web) holds becomes an ordinary project at the destination
        "#]],
        &notes(&module),
    );
    let mut notes = module.manifest.notes.iter();
    let todo = &notes.find(|note| note.field() == "PersistenceSettings").expect("the note").todo;
    assert!(todo.contains("the Git credential \"Repository of Web\", which holds those"), "{todo}");
    let step = json!({"do": "document", "target": {"collection": "git-credentials", "key": ["Repository of Web"]}, "document": {
        "Name": "Repository of Web", "Description": "What the project Web signs in to its repository with.",
        "Details": {"Type": "UsernamePassword", "Username": "robot", "Password": {"$secret": "project_web_repository_password"}},
        "RepositoryRestrictions": {"Enabled": true, "AllowedRepositories": ["https://git.example/web.git"]}}});
    let steps = module.manifest.finish.iter().map(|step| serde_json::to_value(step).unwrap());
    assert!(steps.clone().any(|found| found == step), "{:?}", steps.collect::<Vec<_>>());
    let place = &module.secret_places["project_web_repository_password"];
    assert_eq!(
        (place.document.as_str(), place.path.clone()),
        ("Projects-1", ["PersistenceSettings", "Credentials", "Password"].map(Value::from).to_vec()),
        "where the database has it"
    );
    assert!(module.files.contains_key("project.tf"));
}

#[test]
fn a_project_whose_branch_could_not_be_read_is_named_and_left_out() {
    let unread =
        json!({"ProjectId": "Projects-1", "Name": "develop", "Unread": "The branch could not be found."});
    let module = module(&in_git(unread));
    same(
        &expect![[r#"
            project-in-git Web : the project "Web" is stored in Git, and the source server could not read its branch "develop" of https://git.example/web.git (base path .octopus/web); the whole project is left out: The branch could not be found
        "#]],
        &notes(&module),
    );
    assert!(!module.files.contains_key("project.tf") && module.manifest.makes.is_empty());
}

#[test]
fn projects_that_deploy_each_other_are_named() {
    let deploys = |project: &str| {
        step(
            "d",
            json!([{"Id": format!("d-{project}"), "Name": "d", "Slug": "d", "ActionType": "Octopus.DeployRelease",
        "Properties": {"Octopus.Action.DeployRelease.ProjectId": project}}]),
        )
    };
    let module = module(&json!({
        "projects": {"Projects-2": {"Name": "Other", "Slug": "other"}},
        "deploymentprocesses": {
            "deploymentprocess-Projects-1": {"ProjectId": "Projects-1", "Steps": [deploys("Projects-2")]},
            "deploymentprocess-Projects-2": {"ProjectId": "Projects-2", "Steps": [deploys("Projects-1")]},
        },
    }));
    same(
        &expect![[r#"
        project-cycle Web : steps of the project "Web" name projects whose steps lead back to it by "Other": neither can be made before the other
    "#]],
        &notes(&module),
    );
}

#[test]
fn a_channel_called_default_in_other_letters_is_the_one_that_comes_with_the_project() {
    let module = module(&json!({"channels": {
        "Channels-1": {"Name": "Main", "Slug": "main", "ProjectId": "Projects-1", "IsDefault": true, "Type": "Lifecycle"},
        "Channels-2": {"Name": "default", "Slug": "default", "ProjectId": "Projects-1", "Type": "Lifecycle"},
    }}));
    same(
        &expect![[r#"
            {"do":"set","target":{"collection":"channels","key":["Web","default"]},"path":["Name"],"value":{"json":"default"}}
        "#]],
        &finish(&module),
    );
    assert!(!file(&module, "channels.tf").contains("\"default\""));
}

#[test]
fn steps_whose_names_give_one_slug_keep_theirs_and_a_decomposed_name_stands_at_step_and_action() {
    let named = |name: &str, slug: &str, id: &str| json!({"Id": id, "Name": name, "Slug": slug, "Actions": [{"Id": format!("{id}-1"), "Name": name, "Slug": slug, "ActionType": "Octopus.Script"}]});
    let module = module(
        &json!({"deploymentprocesses": {"deploymentprocess-Projects-1": {"ProjectId": "Projects-1", "Steps": [
            named("Deploy-it", "chosen", "a"), named("deploy it", "deploy-it", "b"), named("Alone", "alone", "c"), named("e\u{301}tude", "e-tude", "d"),
        ]}}}),
    );
    same(
        &expect![[r#"
        {"do":"set","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps",{"Name":"Deploy-it"},"Slug"],"value":{"json":"chosen"}}
        {"do":"set","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps",{"Name":"deploy it"},"Slug"],"value":{"json":"deploy-it"}}
        {"do":"set","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps",{"Name":"(e+acute)tude"},"Slug"],"value":{"json":"e-tude"}}
        {"do":"set","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps",{"Name":"(e+acute)tude"},"Name"],"value":{"json":"(e+acute)tude"}}
        {"do":"set","target":{"collection":"deploymentprocesses","key":["Web"]},"path":["Steps",{"Name":"(e+acute)tude"},"Actions",{"Name":"(e+acute)tude"},"Name"],"value":{"json":"(e+acute)tude"}}
    "#]],
        &finish(&module).replace("e\u{301}", "(e+acute)"),
    );
}

#[test]
fn fields_of_later_servers_within_the_settings_of_a_project_are_named() {
    let module = module(&json!({"projects": {"Projects-1": {
        "Name": "Web", "Slug": "web", "LifecycleId": "Lifecycles-1", "ProjectGroupId": "ProjectGroups-1",
        "PersistenceSettings": {"Type": "Database", "Shard": 1},
        "VersioningStrategy": {"DonorPackage": {"DeploymentAction": "a", "Pattern": "*"}, "DonorPackageStepId": "a-1"},
    }}, "deploymentprocesses": {"deploymentprocess-Projects-1": {"ProjectId": "Projects-1", "Steps": [
        step("a", json!([{"Id": "a-1", "Name": "a", "Slug": "a", "ActionType": "Octopus.Script"}])),
    ]}}}));
    let notes = notes(&module);
    assert!(notes.contains("unknown-field Web PersistenceSettings/Shard"), "{notes}");
    assert!(notes.contains("unknown-field Web VersioningStrategy/DonorPackage/Pattern"), "{notes}");
}

#[test]
fn a_webhook_arrives_with_its_shared_secret_named_and_a_new_address() {
    let module = module(&json!({
        "runbooks": {"Runbooks-1": {"ProjectId": "Projects-1", "Name": "Restart"}},
        "projecttriggers": {"ProjectTriggers-1": {"ProjectId": "Projects-1", "Name": "Pager", "IsDisabled": true,
            "Filter": {"FilterType": "WebhookFilter", "Authentication": {"Type": "SharedSecret", "Secret": {"HasValue": true, "NewValue": null}}},
            "Action": {"ActionType": "RunRunbook", "RunbookId": "Runbooks-1", "EnvironmentIds": ["Environments-1"]}}},
    }));
    same(
        &expect![[r#"
        {"do":"document","target":{"collection":"projecttriggers","key":["Web","Pager"]},"document":{"ProjectId":{"$ref":{"collection":"projects","key":["Web"]}},"Name":"Pager","Filter":{"FilterType":"WebhookFilter","Authentication":{"Type":"SharedSecret","Secret":{"$secret":"trigger_pager_secret"}}},"Action":{"ActionType":"RunRunbook","RunbookId":{"$ref":{"collection":"runbooks","key":["Web","Restart"]}},"EnvironmentIds":[{"$ref":{"collection":"environments","key":["Dev"]}}]},"IsDisabled":true}}
    "#]],
        &finish(&module),
    );
    same(
        &expect![[r#"
        new-address Web/Pager Filter: the destination gives the webhook an address of its own, which those who call it don't know
        person-secret Web/Pager Filter/Authentication/Secret: Shared secret of the trigger "Pager": no step can read the shared secret of a webhook
    "#]],
        &notes(&module),
    );
    assert_eq!(module.manifest.secrets.iter().filter(|secret| !secret.terraform).count(), 1);
}

#[test]
fn a_hidden_value_within_what_finish_sets_is_a_secret_of_the_manifest() {
    let module = module(
        &json!({"channels": {"Channels-1": {"ProjectId": "Projects-1", "Name": "Default", "IsDefault": true,
        "GitResourceRules": [], "CustomFieldDefinitions": [{"FieldName": "a", "Key": {"HasValue": true, "NewValue": null}}]}}}),
    );
    same(
        &expect![[r#"
        {"do":"set","target":{"collection":"channels","key":["Web","Default"]},"path":["CustomFieldDefinitions"],"value":{"json":[{"FieldName":"a","Key":{"$secret":"channel_default_key"}}]}}
    "#]],
        &finish(&module),
    );
    same(
        &expect![[r#"
        person-secret Web/Default CustomFieldDefinitions/0/Key: Secret value of the channel "Default": no variable of a step reveals it
    "#]],
        &notes(&module),
    );
}
