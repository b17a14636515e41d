//! Script modules: a library variable set whose body and language are two variables.

use serde_json::Value;

use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{read, read_value};
use crate::convert::model::*;
use crate::convert::{make, resource};
use crate::hcl::Block;
use documents::collection::Collection;
use module::manifest::Target;

pub(super) const KIND: Kind = Kind {
    collection: Collection::LibraryVariableSets,
    noun: "script module",
    file: "script_modules.tf",
    of: |document| document.text("ContentType") == Some("ScriptModule"),
    shapes: &[Shape {
        resource: "octopusdeploy_script_module",
        fields: &[
            plain("Name"),
            plain("Description"),
            ignored("ContentType", "tells the Terraform type"),
            computed("Version", "counts changes; the server keeps it"),
            ignored("VariableSetId", "the server gives ids itself"),
            ignored("scriptBody", "a copy of the variable that holds the body"),
            ignored("syntax", "a copy of the variable that holds the language"),
            finish("Templates", "the provider has no templates of script modules"),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    lookup: Some(Lookup {
        list: "script_modules",
        data_source: "octopusdeploy_script_modules",
        noun: "script module",
    }),
    expand: Some(expand),
    ..Kind::DEFAULT
};

/// Fields of the variables that hold body and language.
const VARIABLE: &[Field] = &[
    ignored("Type", "a text, as the provider makes it"),
    ignored("IsSensitive", "false, as the provider makes it"),
    ignored("IsEditable", "the server's own word on whether this view of the set can be edited"),
    finish("Description", NO_PLACE),
    finish("Scope", NO_PLACE),
    finish("Prompt", NO_PLACE),
    ID,
];

const NO_PLACE: &str = "the provider has no argument for it with a script module";

fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let Some(shape) = KIND.shape(subject.document) else { return };
    let mut block = resource(context, &KIND, shape, subject);
    let inventory = context.inventory;
    let set_id = subject
        .document
        .text("VariableSetId")
        .map_or_else(|| format!("variableset-{}", subject.document.id()), str::to_owned);
    let target = Target {
        collection: Collection::Variables,
        key: vec![KIND.collection.to_string(), subject.document.name().to_owned()],
    };
    let set_at = At { target, id: set_id.clone(), path: Vec::new(), ..subject.at.clone() };
    let (mut body, mut syntax) = (None, None);
    let mut scratch = Block::default();
    let mut variables: &[Value] = &[];
    if let Some(set) = inventory.get(Collection::Variables, &set_id) {
        read(context, &set_at, set.fields(), |context, fields| {
            fields.carry(context, super::variable::SET, &mut scratch);
            variables = fields.list("Variables");
        });
    }
    for (index, variable) in variables.iter().enumerate() {
        let name = variable["Name"].as_str().unwrap_or_default();
        let found = match name {
            _ if name.starts_with("Octopus.Script.Module.Language[") => &mut syntax,
            _ if name.starts_with("Octopus.Script.Module[") => &mut body,
            _ => {
                let at = subject.at.field("VariableSet").item(variables, index);
                context.note(&at, "not-carried", "is a variable of a script module beside its body and language; the provider has no place for it", "Set it by hand at the destination.");
                continue;
            }
        };
        read_value(
            context,
            &set_at.field("Variables").item(variables, index),
            variable,
            |context, fields| {
                // It holds the module's name, which Terraform composes: renamed with it, or the provider would not find it.
                context.text(&fields.at("Name"), fields.text("Name"));
                *found = Some(fields.text("Value"));
                fields.carry(context, VARIABLE, &mut scratch);
            },
        );
    }
    if body.is_none() {
        context.note(
            &subject.at,
            "odd-value",
            "has no variable that holds its body; an empty body is written",
            "Write the body by hand at the destination.",
        );
    }
    block.blocks.push(script(context, subject, body.unwrap_or_default(), syntax.unwrap_or("PowerShell")));
    make(context, &KIND, subject, block);
}

fn script(context: &mut Context<'_>, subject: &Subject<'_>, body: &str, syntax: &str) -> Block {
    let expression = if body.contains('\n') {
        context.file(&subject.at, "scripts/script-modules", subject.document.name(), ending(syntax), body)
    } else {
        context.free_text(&subject.at, body)
    };
    Block::new("script", &[]).with("body", expression).with("syntax", syntax)
}

/// The ending of a script's file.
pub(super) fn ending(syntax: &str) -> &'static str {
    match syntax {
        "Bash" => "sh",
        "CSharp" => "csx",
        "FSharp" => "fsx",
        "Python" => "py",
        "PowerShell" | "" => "ps1",
        _ => "txt",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn script_modules() {
        let documents = json!({"libraryvariablesets": [
            {"Id": "LibraryVariableSets-1", "SpaceId": "Spaces-2", "Name": "Try again", "Description": "Retries.", "ContentType": "ScriptModule", "VariableSetId": "variableset-LibraryVariableSets-1", "Templates": []},
            {"Id": "LibraryVariableSets-2", "Name": "Empty", "ContentType": "ScriptModule"}
        ], "variables": [
            {"Id": "variableset-LibraryVariableSets-1", "OwnerId": "LibraryVariableSets-1", "Variables": [
                {"Id": "1", "Name": "Octopus.Script.Module[Try again]", "Value": "again() {\r\n  true ${x}\n}"},
                {"Id": "2", "Name": "Octopus.Script.Module.Language[Try again]", "Value": "Bash"},
                {"Id": "3", "Name": "Stray", "Value": "x"}
            ]}
        ]});
        expect![[r#"
            resource "octopusdeploy_script_module" "empty" {
              name = "Empty"

              script {
                body   = ""
                syntax = "PowerShell"
              }
            }

            resource "octopusdeploy_script_module" "try_again" {
              name        = "Try again"
              description = "Retries."

              script {
                body   = file("${path.module}/scripts/script-modules/try-again.sh")
                syntax = "Bash"
              }
            }
            --- scripts/script-modules/try-again.sh: "again() {\r\n  true ${x}\n}"
            --- note not-carried ["Try again"] VariableSet/Stray: is a variable of a script module beside its body and language; the provider has no place for it
            --- note odd-value ["Empty"] : has no variable that holds its body; an empty body is written
        "#]].assert_eq(&convert("script_modules.tf", &documents));
    }

    #[test]
    fn a_decomposed_name_stands_in_the_names_of_its_variables_and_nothing_of_these_is_lost() {
        let documents = json!({"libraryvariablesets": [
            {"Id": "LibraryVariableSets-1", "Name": "e\u{301}tude", "ContentType": "ScriptModule", "VariableSetId": "variableset-LibraryVariableSets-1"}
        ], "variables": [
            {"Id": "variableset-LibraryVariableSets-1", "OwnerId": "LibraryVariableSets-1", "Later": 1, "Variables": [
                {"Id": "1", "Name": "Octopus.Script.Module[e\u{301}tude]", "Value": "a", "Description": "Plays.", "Later": 2},
                {"Id": "2", "Name": "Octopus.Script.Module.Language[e\u{301}tude]", "Value": "Bash"}
            ]}
        ]});
        let told = convert("script_modules.tf", &documents).replace("\\u{301}", "\u{301}");
        let variable = "\"path\":[\"Variables\",{\"Name\":\"Octopus.Script.Module[e\u{301}tude]\"}";
        for expected in [
            &format!("{variable},\"Name\"]"),
            &format!("{variable},\"Description\"]"),
            "] Later: ",
            "] Variables/Octopus.Script.Module[e\u{301}tude]/Later: ",
        ] {
            assert!(told.contains(expected), "{expected}\n{told}");
        }
    }
}
