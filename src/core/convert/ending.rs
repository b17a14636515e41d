//! The end of a conversion: what the context has collected becomes a module.

use std::collections::BTreeMap;

use crate::convert::context::Context;
use crate::convert::{lifted, scaffold};
use crate::hcl::{Attribute, Block, Expr, Item};
use documents::collection::Collection;
use documents::ids::is_everywhere;
use failure::Failure;
use module::Module;
use module::identities::{self, Identities, Named};
use module::manifest::{About, FinishStep, LeftOut, Manifest, Note, Origin, Part, Scope};

/// Adds what every module has, and looks for what must not be there.
///
/// # Errors
/// An id of the source space is left in the module.
pub fn finished(mut context: Context<'_>, left_out: Vec<LeftOut>) -> Result<Module, Failure> {
    let options = context.selection.options.clone();
    let renamed = options.iter().filter_map(|option| {
        option.strip_prefix("--rename ").or_else(|| option.strip_prefix("--map ")).map(str::to_owned)
    });
    let part = Part { renamed: renamed.collect(), options, left_out };
    note_settled(&mut context);
    lifted::set_back(&mut context);
    context.tell_apart();
    let identities = identities(&mut context);
    context
        .documents
        .insert(identities::FILE.to_owned(), String::from_utf8_lossy(&identities.to_bytes()).into_owned());
    scaffold::add(&mut context);
    leftover_ids(&context)?;
    let inventory = context.inventory;
    let mut files: BTreeMap<String, Vec<u8>> = context
        .files
        .iter()
        .map(|(name, items)| (name.clone(), crate::hcl::print(items).into_bytes()))
        .collect();
    files.extend(scaffold::documents(&context));
    files.extend(context.documents.into_iter().map(|(path, text)| (path, text.into_bytes())));
    files.extend(context.pictures);
    files.extend(context.texts.into_iter().map(|(path, text)| (path, text.into_bytes())));
    Ok(Module {
        files,
        tally: context.tally,
        lookups: context.lookups.names(),
        secret_places: context.secret_places,
        manifest: Manifest {
            format: 1,
            octoferry: env!("CARGO_PKG_VERSION").to_owned(),
            source: Origin {
                installation_id: inventory.installation_id.clone(),
                space_id: inventory.space_id().to_owned(),
                space_name: inventory.space.as_ref().map(|space| space.name().to_owned()).unwrap_or_default(),
            },
            scope: context.scope,
            secrets: context.secrets.into_values().collect(),
            finish: in_order(context.finish),
            held: context.held,
            makes: context.makes,
            parts: context.parts,
            after: context.after.into_iter().collect(),
            files: Vec::new(),
            notes: context.notes.into_iter().collect(),
            part,
        },
    })
}

/// What each resource of the module is at the source, and what is found by its name alone.
fn identities(context: &mut Context<'_>) -> Identities {
    let mut named = std::mem::take(&mut context.named);
    let mut resources = BTreeMap::new();
    for item in context.files.values().flatten() {
        let Item::Block(block) = item else { continue };
        if block.kind == "resource" {
            resources.insert(block.address(), block.made_of.clone());
            named.extend(templates(context, block));
        }
    }
    // Templates stay in their order.
    let document = |named: &Named| named.id.split('/').next().unwrap_or_default().to_owned();
    named.sort_by_key(|named| (named.collection, document(named)));
    let all = context.inventory.all(Collection::Projects).filter(|_| context.scope == Scope::Space);
    let projects = all.map(|project| (project.id().to_owned(), project.name().to_owned())).collect();
    let finished = std::mem::take(&mut context.finished);
    let mut identities = Identities { resources, named, projects, finished, ..Identities::default() };
    let earlier = &context.selection.earlier;
    identities.remember_names(earlier);
    // The channel that came with a project is that one also when it is gone: no other one becomes it.
    let channels = |named: &&Named| named.collection == Collection::Channels;
    if !identities.named.iter().any(|named| channels(&named)) {
        identities.left = earlier.named.iter().chain(&earlier.left).filter(channels).cloned().collect();
    }
    identities
}

/// The templates of a project or a library set: the provider tells them apart by their place in the list, and tenants have values for their ids.
fn templates(context: &Context<'_>, block: &Block) -> Vec<Named> {
    let collection = match block.labels.first().map(String::as_str) {
        Some("octopusdeploy_project") => Collection::Projects,
        Some("octopusdeploy_library_variable_set") => Collection::LibraryVariableSets,
        _ => return Vec::new(),
    };
    let Some(document) = context.inventory.get(collection, &block.made_of) else { return Vec::new() };
    let named = |template: &serde_json::Value| {
        let (id, name) = (template["Id"].as_str()?, template["Name"].as_str()?);
        Some(Named {
            collection,
            id: format!("{}/{id}", document.id()),
            keys: vec![vec![document.name().to_owned(), name.to_owned()]],
        })
    };
    document.list("Templates").iter().filter_map(named).collect()
}

/// The notes on references that led nowhere, of the documents that this module makes.
fn note_settled(context: &mut Context<'_>) {
    let inventory = context.inventory;
    for settled in &inventory.settled {
        let document = inventory.get(settled.collection, &settled.id).or(settled.gone.as_ref());
        let Some(document) = document else { continue };
        let is_made = match &context.scope {
            Scope::Space => {
                settled.project.is_none() && context.selection.makes_in_space(settled.collection, document)
            }
            Scope::Project { id, .. } => {
                settled.project.as_ref() == Some(id)
                    && context.selection.makes_in_project(id, settled.collection, document)
            }
            Scope::Runbook { id, .. } => settled.id == *id || document.text("RunbookId") == Some(id),
        };
        if is_made {
            let about = About::field(&context.target(settled.collection, document), &settled.field);
            context.notes.insert(Note::new("dead-reference", about, &settled.text, settled.todo));
        }
    }
}

/// What is referred to by its name gets it first, steps before what names them; a runbook is published as it is when all else is set.
fn in_order(mut steps: Vec<FinishStep>) -> Vec<FinishStep> {
    steps.sort_by_key(|step| match step {
        FinishStep::Set { target, path, .. }
            if target.collection == Collection::Channels
                && path.last().is_some_and(|field| field == "Name") =>
        {
            0
        }
        FinishStep::Set { target, .. }
        | FinishStep::Order { target, .. }
        | FinishStep::Item { target, .. }
            if matches!(
                target.collection,
                Collection::DeploymentProcesses | Collection::RunbookProcesses
            ) =>
        {
            1
        }
        FinishStep::Try { .. } => 3,
        FinishStep::Publish { .. } => 4,
        _ => 2,
    });
    steps
}

/// The last scan: an id of the source space where the module means one. Names and values may look like ids.
fn leftover_ids(context: &Context<'_>) -> Result<(), Failure> {
    for (file, items) in &context.files {
        for item in items {
            let Item::Block(block) = item else { continue };
            if block.kind == "resource"
                && let Some((place, id)) = left_in(context, block)
            {
                let what = format!("{file}: {} {place} is {id}, an id of the source space", block.address());
                return Err(Failure::failed(what)
                    .hint("this is a defect of octoferry; please report it with the kind of the document"));
            }
        }
    }
    Ok(())
}

fn left_in<'b>(context: &Context<'_>, block: &'b Block) -> Option<(&'b str, &'b str)> {
    let own = |attribute: &'b Attribute| left_at(context, &attribute.name, &attribute.value);
    let found = block.attributes.iter().find_map(own);
    found.or_else(|| block.blocks.iter().find_map(|inner| left_in(context, inner)))
}

fn left_at<'b>(context: &Context<'_>, name: &'b str, value: &'b Expr) -> Option<(&'b str, &'b str)> {
    match value {
        Expr::Text(text)
            if holds_ids(name)
                && !is_everywhere(text)
                && !text.starts_with("userroles-")
                && context.inventory.collection_of(text).is_some() =>
        {
            Some((name, text.as_str()))
        }
        Expr::List(items) => items.iter().find_map(|item| left_at(context, name, item)),
        Expr::Object(pairs) => pairs.iter().find_map(|(name, value)| left_at(context, name, value)),
        _ => None,
    }
}

/// Whether the provider's argument takes ids.
fn holds_ids(argument: &str) -> bool {
    const LISTS: [&str; 13] = [
        "actions",
        "automatic_deployment_targets",
        "channels",
        "environments",
        "excluded_environments",
        "included_library_variable_sets",
        "machines",
        "optional_deployment_targets",
        "processes",
        "project_groups",
        "projects",
        "tenants",
        "worker_pools",
    ];
    let by_name = argument.ends_with("_id") || argument.ends_with("_ids");
    (by_name && argument != "package_id") || LISTS.contains(&argument)
}
