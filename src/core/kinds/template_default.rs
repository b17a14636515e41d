//! Secret defaults of templates, in projects and library sets. The provider sends every default as plain text, so finish sets them. Only a run for
//! a tenant without a value of its own reads one: such a run is of a project, so that project's module has the defaults of its library sets, too.

use serde_json::{Value, json};

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, odd};
use crate::convert::names::label;
use crate::convert::secrets::person;
use crate::hcl::Block;
use documents::collection::Collection;
use documents::defaults::{Reader, SecretDefault, Unseen, secret_defaults};
use documents::document::Document;
use module::manifest::{SecretOrigin, Target};

/// Text, or a secret.
pub(super) fn default_value(context: &mut Context<'_>, at: &At, value: &Value, block: &mut Block) {
    match value {
        Value::String(text)
            if at.target.collection == Collection::Projects && context.names_part_of(&at.id, text) =>
        {
            context.set(at, value, "a project is there before what belongs to it");
            block.ignore_changes("default_value");
        }
        Value::String(text) if context.waits_for_project(at, text) => say_none(at, block),
        Value::String(text) if !text.is_empty() => {
            let expression = context.text_with_ids(at, text);
            block.set("default_value", expression);
        }
        Value::Object(secret) if secret.contains_key("HasValue") => {
            say_none(at, block);
            if secret.get("HasValue") == Some(&Value::Bool(true)) {
                add(context, at);
            }
        }
        other if is_empty(other) => say_none(at, block),
        other => odd(context, at, other),
    }
}

/// What is not said of a library set's template, Terraform takes from the one that stood at the same place before (docs/traps.md).
fn say_none(at: &At, block: &mut Block) {
    if at.target.collection == Collection::LibraryVariableSets {
        block.set("default_value", "");
    }
}

/// The secret default at this place of the module's own document.
fn add(context: &mut Context<'_>, at: &At) {
    let Some(name) = at.path.get(1).and_then(|item| item["Name"].as_str()) else {
        let text = "the provider sends defaults of templates as plain text";
        context.note(at, "not-carried", text, "Set the secret by hand at the destination.");
        return;
    };
    let inventory = context.inventory;
    let found = secret_defaults(inventory).find(|found| found.owner.id() == at.id && found.name() == name);
    let read = found.map_or(Err(Unseen::NoTenant), |found| first_reader(context, &found));
    record(context, at, name, read);
}

/// The first run, by the project's name, that reads it; else the best reason why none does.
fn first_reader<'i>(context: &Context<'i>, found: &SecretDefault<'i>) -> Result<Reader<'i>, Unseen> {
    let inventory = context.inventory;
    let mut projects: Vec<&Document> = match found.collection {
        Collection::Projects => vec![found.owner],
        _ => inventory.all(Collection::Projects).collect(),
    };
    projects.sort_by_key(|project| (project.name(), project.id()));
    let mut why = Unseen::NoTenant;
    for project in projects {
        match found.reader(inventory, project) {
            Ok(reader) => return Ok(reader),
            Err(unseen) => why = why.max(unseen),
        }
    }
    Err(why)
}

fn record(context: &mut Context<'_>, at: &At, template: &str, read: Result<Reader<'_>, Unseen>) {
    let origin = read.map(|reader| {
        let source_name =
            |collection, document| context.selection.source_name(collection, document).to_owned();
        let environments = reader.environments.iter().filter_map(|id| {
            let collection = context.inventory.collection_of(id)?;
            Some(source_name(collection, context.inventory.get(collection, id)?))
        });
        SecretOrigin::Tenant {
            octopus_variable: template.to_owned(),
            environments: environments.collect(),
            tenant: source_name(Collection::Tenants, reader.tenant),
        }
    });
    let of_project = at.target.collection == Collection::Projects;
    let words = if of_project { format!("template_{}", label(template)) } else { label(template) };
    let description = format!("Default of the template \"{template}\" of the {}", at.owner);
    context.finish_secret_from(at, &description, &words, |name| {
        origin.unwrap_or_else(|unseen| person(name, unseen.because()))
    });
}

/// Those of the library sets that the project includes, where a run of the project reads them.
pub(super) fn add_those_of_sets(context: &mut Context<'_>, project: &str) {
    let inventory = context.inventory;
    let Some(project) = inventory.get(Collection::Projects, project) else { return };
    for found in secret_defaults(inventory) {
        let (owner, name) = (found.owner, found.name());
        let is_ambiguous = owner.list("Templates").iter().filter(|other| other["Name"] == name).count() > 1;
        if found.collection == Collection::Projects
            || is_ambiguous
            || !context.selection.makes_in_space(found.collection, owner)
        {
            continue;
        }
        if let Ok(reader) = found.reader(inventory, project) {
            let at = At {
                target: Target { collection: found.collection, key: vec![owner.name().to_owned()] },
                id: owner.id().to_owned(),
                path: vec![json!("Templates"), json!({ "Name": name }), json!("DefaultValue")],
                prefix: format!("library_variable_set_{}", label(owner.name())),
                owner: format!("library variable set \"{}\"", owner.name()),
            };
            record(context, &at, name, Ok(reader));
        }
    }
}
