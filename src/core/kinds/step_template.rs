//! Step templates. Community ones are carried as templates of the space's own: the library of the destination may hold another version.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, odd};
use crate::convert::model::*;
use crate::convert::names::{digest, label};
use crate::hcl::{Block, Expr};
use crate::kinds::script_module::ending;
use documents::collection::Collection;
use documents::document::Document;
use documents::document::is_uuid;

pub(super) const KIND: Kind = Kind {
    collection: Collection::ActionTemplates,
    noun: "step template",
    file: "step_templates.tf",
    shapes: &[Shape {
        resource: "octopusdeploy_step_template",
        fields: &[
            plain("Name"),
            plain("Description"),
            plain("ActionType").keep_empty(),
            custom("StepPackageId", |context, at, value, _| {
                if !is_empty(value) {
                    context.set(at, value, "the provider has the argument but never sends it");
                }
            })
            .writes(&["step_package_id"]),
            objects("Packages", PACKAGE).keep_empty(),
            objects("GitDependencies", GIT_DEPENDENCY),
            objects("Parameters", PARAMETER).keep_empty(),
            custom("Properties", properties).writes(&["properties"]),
            ignored("Inputs", "empty; finish makes a template that has some"),
            custom("CommunityActionTemplateId", community),
            computed("Version", "versions start anew at the destination"),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    by_finish: |_, document| {
        let has_inputs = document.get("Inputs").is_some_and(|inputs| !is_empty(inputs));
        if has_inputs {
            return Some("it is of the new step framework, whose inputs the provider has no argument for");
        }
        names_project(document).then_some(
            "it names a project, and projects are made after the templates that their steps are made of",
        )
    },
    lookup: Some(Lookup {
        list: "step_templates",
        data_source: "octopusdeploy_step_template",
        noun: "step template",
    }),
    expand: Some(|context, subject| {
        let Some(shape) = KIND.shape(subject.document) else { return };
        let mut block = crate::convert::resource(context, &KIND, shape, subject);
        // The provider wants it, and the same text as the action's type where there is none.
        let package = subject.document.text("StepPackageId").filter(|text| !text.is_empty());
        let package = package.or_else(|| subject.document.text("ActionType")).unwrap_or_default();
        let place = block
            .attributes
            .iter()
            .position(|attribute| attribute.name == "action_type")
            .map_or(0, |index| index + 1);
        block.set("step_package_id", package);
        block.attributes[place..].rotate_right(1);
        crate::convert::make(context, &KIND, subject, block);
    }),
    ..Kind::DEFAULT
};

/// Whether a template names the project that its steps deploy.
fn names_project(template: &Document) -> bool {
    let properties = template.get("Properties").and_then(Value::as_object).into_iter().flatten();
    properties.filter(|(name, _)| name.ends_with(".ProjectId")).any(|(_, value)| {
        let number = value.as_str().and_then(|text| text.strip_prefix("Projects-")).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

const PACKAGE: &[Field] = &[
    ID,
    plain("Name").keep_empty(),
    plain("PackageId").keep_empty(),
    reference("FeedId", Collection::Feeds).keep_empty(),
    plain("AcquisitionLocation").or(Literal::Text("Server")),
    finish("Version", NO_ARGUMENT),
    object(
        "Properties",
        &[
            custom("Extract", extract).writes(&["extract"]),
            plain("SelectionMode").keep_empty(),
            custom("Purpose", said_or_empty).writes(&["purpose"]),
            custom("PackageParameterName", said_or_empty).writes(&["package_parameter_name"]),
        ],
    )
    .keep_empty(),
];

const GIT_DEPENDENCY: &[Field] = &[
    plain("Name").keep_empty(),
    plain("RepositoryUri").keep_empty(),
    plain("DefaultBranch").keep_empty(),
    plain("FilePathFilters").or(Literal::NoItems),
    plain("GitCredentialType").keep_empty(),
    reference("GitCredentialId", Collection::GitCredentials).keep_empty(),
    custom("GitHubConnectionId", |context, at, value, _| {
        if !is_empty(value) {
            context.note(
                at,
                "not-carried",
                "names a GitHub App connection of the source server, which is not in the space",
                "Make the connection at the destination and choose it in the template.",
            );
        }
    }),
    ignored("StepPackageInputsReferenceId", "the server makes it"),
    ID,
];

/// All is said of each parameter, as of packages and dependencies: what is not, Terraform takes from the one that stood at the same place before
/// (docs/traps.md).
const PARAMETER: &[Field] = &[
    custom("Id", parameter_id).writes(&["id"]),
    plain("Name"),
    plain("Label").keep_empty(),
    plain("HelpText").keep_empty(),
    custom("DefaultValue", default_value).writes(&["default_value", "default_sensitive_value"]),
    // The provider reads back a map where there is none.
    map("DisplaySettings").keep_empty(),
];

/// The provider writes a default where there is none.
fn extract(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    match value.as_str().filter(|text| !text.is_empty()) {
        Some(text) => into.set("extract", context.text(at, text)),
        None => {
            into.set("extract", "True");
            context.note(at, "default", "is not said at the source; the provider writes \"True\"", "");
        }
    }
}

/// The provider writes an empty text where there is nothing (1.17.0, `schemas/step_template.go`).
fn said_or_empty(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let argument = snake_case(at.path.last().and_then(Value::as_str).unwrap_or_default());
    match value {
        Value::String(text) => into.set(&argument, context.text(at, text)),
        Value::Null => {
            into.set(&argument, "");
            context.note(at, "default", "is not said at the source; the provider writes \"\"", "");
        }
        other => odd(context, at, other),
    }
}

/// The provider wants a UUID, which servers do not, and one for each parameter (1.17.0, `resource_step_template.go`, "ID conflict"); another text becomes
/// one that depends on it alone, nothing and what another parameter has already one that depends on the parameter's name, too.
fn parameter_id(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let text = value.as_str().unwrap_or_default();
    let name =
        at.path.iter().rev().find_map(|step| step.get("Name")).and_then(Value::as_str).unwrap_or_default();
    let template = context.inventory.get(Collection::ActionTemplates, &at.id);
    let all = template.map_or(&[][..], |template| template.list("Parameters"));
    let first = all.iter().find(|parameter| parameter["Id"].as_str().unwrap_or_default() == text);
    let is_own =
        !text.is_empty() && first.is_none_or(|first| first["Name"].as_str().unwrap_or_default() == name);
    if is_own && is_uuid(text) {
        into.set("id", text);
    } else {
        let text = if is_own { text.to_owned() } else { format!("{text}/{name}") };
        let part = |letter: char| digest(&format!("{letter}{text}"));
        let (seed, tail) = (part('a') + &part('b') + &part('c'), part('d') + &part('e') + &part('f'));
        let (first, second) = (seed.get(..16).unwrap_or_default(), tail.get(..15).unwrap_or_default());
        let parts = (&first[..8], &first[8..12], &first[12..15], &second[..3], &second[3..15]);
        into.set("id", format!("{}-{}-5{}-8{}-{}", parts.0, parts.1, parts.2, parts.3, parts.4));
    }
}

/// A default in plain text is said of each parameter, also that there is none (docs/traps.md).
fn default_value(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    said_default(context, at, value, into);
    if !into.attributes.iter().any(|attribute| attribute.name == "default_value") {
        into.set("default_value", "");
    }
}

fn said_default(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    match value {
        Value::Object(fields) => {
            if fields.get("HasValue").and_then(Value::as_bool) == Some(true) {
                let parameter =
                    at.path.iter().filter_map(|part| part.get("Name").and_then(Value::as_str)).next_back();
                let parameter = parameter.unwrap_or_default();
                let mut at = at.clone();
                at.owner = format!("parameter \"{parameter}\" of the {}", at.owner);
                let hidden = Hidden {
                    what: "Default",
                    revealed: None,
                    because: "no run reveals the default of a template",
                };
                let expression = context.secret(&at, &hidden, label(parameter).trim_start_matches('_'));
                into.set("default_sensitive_value", expression);
            }
        }
        Value::String(text) if context.waits_for_project(at, text) => {}
        Value::String(text) if !text.is_empty() => {
            let expression = context.text_with_ids(at, text);
            if is_sensitive(context, at) {
                // The provider refuses plain text where the control hides it (1.17.0, `resource_step_template.go`).
                into.set("default_sensitive_value", expression);
                let text =
                    "is plain text though its control hides it; the provider can only write it as a secret";
                context.note(at, "default", text, "");
            } else {
                into.set("default_value", expression);
            }
        }
        other if is_empty(other) => {}
        other => odd(context, at, other),
    }
}

/// Whether the parameter at this place of a template is asked for by a control that hides what is typed.
fn is_sensitive(context: &Context<'_>, at: &At) -> bool {
    let template = context.inventory.get(Collection::ActionTemplates, &at.id);
    let item = at.path.iter().rev().nth(1);
    let parameters = template.map_or(&[][..], |template| template.list("Parameters"));
    let parameter = match item {
        Some(Value::Number(index)) => {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            index.and_then(|index| parameters.get(index))
        }
        Some(item) => parameters.iter().find(|parameter| parameter["Name"] == item["Name"]),
        None => None,
    };
    parameter.is_some_and(|parameter| parameter["DisplaySettings"]["Octopus.ControlType"] == "Sensitive")
}

fn properties(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let nothing = serde_json::Map::new();
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null => &nothing,
        other => {
            odd(context, at, other);
            &nothing
        }
    };
    let template = at.target.key.last().cloned().unwrap_or_default();
    let syntax = fields.get("Octopus.Action.Script.Syntax").and_then(Value::as_str).unwrap_or_default();
    let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
    sorted.sort_by_key(|(name, _)| name.as_str());
    let mut pairs = Vec::new();
    for (name, value) in sorted {
        let at = at.field(name);
        match value {
            Value::String(text) if name == "Octopus.Action.Script.ScriptBody" && text.contains('\n') => {
                let file = context.file(&at, "scripts/step-templates", &template, ending(syntax), text);
                pairs.push((name.clone(), file));
            }
            Value::String(text) => pairs.push((name.clone(), context.text_with_ids(&at, text))),
            // Nothing; the provider would write an empty text.
            Value::Null => {}
            Value::Object(secret) if secret.get("HasValue").and_then(Value::as_bool) == Some(true) => {
                let hidden = Hidden {
                    what: "Secret property",
                    revealed: None,
                    because: "no run reveals a secret property of a template",
                };
                context.finish_secret(
                    &at,
                    &hidden,
                    &label(name),
                    "the provider sends properties as plain text",
                );
            }
            Value::Object(_) => {}
            other => odd(context, &at, other),
        }
    }
    into.set("properties", Expr::Map(pairs));
}

fn community(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    if !is_empty(value) {
        context.note(
            at,
            "community-template",
            "the template comes from the community library; it is carried as a template of the space's own, since the destination's library may hold another version",
            "Install it from the library at the destination, if updates of it are wanted.");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn a_minimal_step_template() {
        let documents = json!({"actiontemplates": [{"Id": "ActionTemplates-1", "Name": "Say it", "ActionType": "Octopus.Script", "Packages": [], "Parameters": [], "Properties": {"Octopus.Action.Script.ScriptBody": "echo ${x}"}}]});
        expect![[r#"
            resource "octopusdeploy_step_template" "say_it" {
              name            = "Say it"
              action_type     = "Octopus.Script"
              step_package_id = "Octopus.Script"
              packages        = []
              parameters      = []

              properties = {
                "Octopus.Action.Script.ScriptBody" = "echo $${x}"
              }
            }
        "#]]
        .assert_eq(&convert("step_templates.tf", &documents));
    }

    #[test]
    fn a_full_step_template() {
        let documents = json!({"actiontemplates": [{"Id": "ActionTemplates-1", "SpaceId": "Spaces-2", "Name": "Tell the chat", "Description": "Tells.", "ActionType": "Octopus.Script", "StepPackageId": null, "Version": 7,
            "CommunityActionTemplateId": "CommunityActionTemplates-1", "Inputs": [],
            "Packages": [{"Id": "p", "Name": "migrations", "PackageId": "Shop.Migrations", "FeedId": "Feeds-1", "AcquisitionLocation": "Server", "Properties": {"Extract": "True", "SelectionMode": "immediate"}},
                {"Id": "q", "Name": "late", "PackageId": null, "FeedId": "#{Feed}", "AcquisitionLocation": "Server", "Properties": {"SelectionMode": "deferred", "PackageParameterName": "Late"}}],
            "GitDependencies": [{"Name": "", "RepositoryUri": "https://git.example/x.git", "DefaultBranch": "main", "FilePathFilters": ["a/**"], "GitCredentialType": "Library", "GitCredentialId": "GitCredentials-1"}],
            "Parameters": [
                {"Id": "2b0c7c10-6d51-4b52-8d3c-1b7d5b0e9a01", "Name": "Tell.Room", "Label": "Room", "HelpText": "Which.", "DefaultValue": "releases", "DisplaySettings": {"Octopus.ControlType": "SingleLineText"}},
                {"Id": "not a uuid", "Name": "Tell.Key", "Label": "Key", "DefaultValue": {"HasValue": true, "NewValue": null}, "DisplaySettings": {"Octopus.ControlType": "Sensitive"}}
            ],
            "Properties": {"Octopus.Action.Script.Syntax": "PowerShell", "Octopus.Action.Script.ScriptBody": "Write-Host 1\r\nWrite-Host 2", "Some.Feeds": "Feeds-1,Feeds-2", "Some.Json": "{\"feed\":\"Feeds-2\"}",
                "Secret.Property": {"HasValue": true, "NewValue": null}}}]});
        expect![[r##"
            resource "octopusdeploy_step_template" "tell_the_chat" {
              name            = "Tell the chat"
              description     = "Tells."
              action_type     = "Octopus.Script"
              step_package_id = "Octopus.Script"

              packages = [
                {
                  name                 = "migrations"
                  package_id           = "Shop.Migrations"
                  feed_id              = data.octopusdeploy_feeds.built_in.feeds[0].id
                  acquisition_location = "Server"

                  properties = {
                    extract                = "True"
                    selection_mode         = "immediate"
                    purpose                = ""
                    package_parameter_name = ""
                  }
                },
                {
                  name                 = "late"
                  package_id           = ""
                  feed_id              = "#{Feed}"
                  acquisition_location = "Server"

                  properties = {
                    extract                = "True"
                    selection_mode         = "deferred"
                    purpose                = ""
                    package_parameter_name = "Late"
                  }
                },
              ]

              git_dependencies = [
                {
                  name                = ""
                  repository_uri      = "https://git.example/x.git"
                  default_branch      = "main"
                  file_path_filters   = ["a/**"]
                  git_credential_type = "Library"
                  git_credential_id   = octopusdeploy_git_credential.reader.id
                },
              ]

              parameters = [
                {
                  id            = "2b0c7c10-6d51-4b52-8d3c-1b7d5b0e9a01"
                  name          = "Tell.Room"
                  label         = "Room"
                  help_text     = "Which."
                  default_value = "releases"

                  display_settings = {
                    "Octopus.ControlType" = "SingleLineText"
                  }
                },
                {
                  id                      = "78cd13e7-b396-5d5a-81fc-30b7be4bb0e8"
                  name                    = "Tell.Key"
                  label                   = "Key"
                  help_text               = ""
                  default_sensitive_value = var.step_template_tell_the_chat_tell_key
                  default_value           = ""

                  display_settings = {
                    "Octopus.ControlType" = "Sensitive"
                  }
                },
              ]

              properties = {
                "Octopus.Action.Script.ScriptBody" = file("${path.module}/scripts/step-templates/tell-the-chat.ps1")
                "Octopus.Action.Script.Syntax"     = "PowerShell"
                "Some.Feeds"                       = "${data.octopusdeploy_feeds.built_in.feeds[0].id},${octopusdeploy_docker_container_registry.images.id}"
                "Some.Json"                        = "{\"feed\":\"${octopusdeploy_docker_container_registry.images.id}\"}"
              }
            }
            --- scripts/step-templates/tell-the-chat.ps1: "Write-Host 1\r\nWrite-Host 2"
            --- finish {"do":"set","target":{"collection":"actiontemplates","key":["Tell the chat"]},"path":["Properties","Secret.Property"],"value":{"secret":"step_template_tell_the_chat_secret_property"}}
            --- note community-template ["Tell the chat"] CommunityActionTemplateId: the template comes from the community library; it is carried as a template of the space's own, since the destination's library may hold another version
            --- note default ["Tell the chat"] Packages/late/Properties/Extract: is not said at the source; the provider writes "True"
            --- note default ["Tell the chat"] Packages/late/Properties/Purpose: is not said at the source; the provider writes ""
            --- note default ["Tell the chat"] Packages/migrations/Properties/PackageParameterName: is not said at the source; the provider writes ""
            --- note default ["Tell the chat"] Packages/migrations/Properties/Purpose: is not said at the source; the provider writes ""
        "##]].assert_eq(&convert("step_templates.tf", &documents));
    }
}
