//! The end of a conversion: what the context has collected becomes a module.

use std::collections::BTreeMap;

use crate::convert::context::Context;
use crate::convert::scaffold;
use crate::hcl::{Expr, Item};
use crate::selection;
use documents::collection::Collection;
use failure::Failure;
use module::Module;
use module::manifest::{FinishStep, Manifest, Origin, Part};

/// Adds what every module has, and looks for what must not be there.
pub(super) fn finished(mut context: Context<'_>) -> Result<Module, Failure> {
    let (left_out, notes) = selection::notes(&context);
    context.notes.extend(notes);
    let options = context.selection.options.clone();
    let renamed = options.iter().filter_map(|option| option.strip_prefix("--rename ").map(str::to_owned));
    let part = Part { renamed: renamed.collect(), options, left_out };
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

/// The last scan: a text of the module that is nothing but an id of the source space, and isn't a person's own words.
fn leftover_ids(context: &Context<'_>) -> Result<(), Failure> {
    let free: std::collections::BTreeSet<&str> =
        context.free_text.iter().map(|(_, text)| text.as_str()).collect();
    let mut found = None;
    for (file, items) in &context.files {
        for item in items {
            let Item::Block(block) = item else { continue };
            block.walk("", &mut |path, expression| {
                if let Expr::Text(text) = expression
                    && found.is_none()
                    && !free.contains(text.as_str())
                    && context.id_in(text).is_some_and(|id| id == text)
                {
                    found = Some(format!(
                        "{file}: {} {path} is {text}, an id of the source space",
                        block.address()
                    ));
                }
            });
        }
    }
    match found {
        Some(what) => Err(Failure::failed(what)
            .hint("this is a defect of octoferry; please report it with the kind of the document")),
        None => Ok(()),
    }
}
