//! Inventory and selection in, module and notes out. Pure: no network, clock, environment or disk.
//!
//! First all documents that the module makes are named and declared ([`context::Context::declare`]), so that references know what
//! is near and what must be looked up; then each kind's table is carried out, document by document, sorted by label.

pub mod context;
pub mod drawers;
mod ending;
pub mod fields;
mod finishing;
pub mod id_text;
mod lifted;
pub mod lookups;
pub mod model;
pub mod names;
mod references;
pub mod registry;
mod scaffold;
pub mod secrets;
pub mod table;
mod texts;
pub mod time;
mod whole;
mod words;

use std::collections::BTreeMap;

use crate::convert::context::{At, Context, Subject};
pub use crate::convert::ending::finished;
use crate::convert::fields::Fields;
use crate::convert::model::{Kind, Shape};
use crate::convert::registry::Registry;
use crate::hcl::{Block, Expr};
use crate::selection::Selection;
use documents::collection::Collection;
use documents::document::Document;
use documents::ids::id_order;
use documents::inventory::Inventory;
use module::manifest::{FinishStep, Scope};

/// Where the secrets of a source space can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretSources {
    /// [`SecretSources::key`] of a sensitive variable → name of the Octopus variable that reveals it, or why none does.
    pub variables: BTreeMap<String, Result<String, String>>,
    /// Account id → name of the typed variable that holds it.
    pub accounts: BTreeMap<String, String>,
    /// Certificate id → name of the typed variable that holds it.
    pub certificates: BTreeMap<String, String>,
}

impl SecretSources {
    /// By what a sensitive variable is known. Its id alone would not do: a cloned project has the variable ids of the original.
    #[must_use]
    pub fn key(variable_set: &str, variable: &str) -> String {
        format!("{variable_set}/{variable}")
    }
}

/// Converts what projects share.
pub fn space<'i>(
    kinds: &'static Registry,
    inventory: &'i Inventory,
    selection: &'i Selection,
    sources: &'i SecretSources,
) -> Context<'i> {
    let mut context = Context::new(kinds, inventory, sources, selection, Scope::Space);
    run(&mut context, kinds.space);
    (kinds.complete_space)(&mut context);
    if !selection.is_part() {
        note_the_rest(&mut context);
    }
    context
}

/// Converts what belongs to a project.
pub fn project<'i>(
    kinds: &'static Registry,
    inventory: &'i Inventory,
    project: &'i Document,
    selection: &'i Selection,
    sources: &'i SecretSources,
) -> Context<'i> {
    let scope = Scope::Project {
        id: project.id().to_owned(),
        name: project.name().to_owned(),
        slug: slug_of_project(project),
    };
    let mut context = Context::new(kinds, inventory, sources, selection, scope);
    if !(kinds.leaves_out)(&mut context, project) {
        run(&mut context, kinds.project);
        (kinds.complete_project)(&mut context, project.id());
    }
    context
}

/// Converts one runbook, which looks its project up.
pub fn runbook<'i>(
    kinds: &'static Registry,
    inventory: &'i Inventory,
    project: &'i Document,
    runbook: &'i Document,
    selection: &'i Selection,
    sources: &'i SecretSources,
) -> Context<'i> {
    let slug = |document: &Document| {
        document.text("Slug").map_or_else(|| documents::slug::slug_of(document.name()), str::to_owned)
    };
    let scope = Scope::Runbook {
        id: runbook.id().to_owned(),
        name: runbook.name().to_owned(),
        slug: format!("{}-{}", slug_of_project(project), slug(runbook)),
        project_id: project.id().to_owned(),
        project: project.name().to_owned(),
    };
    let mut context = Context::new(kinds, inventory, sources, selection, scope);
    if !(kinds.leaves_out)(&mut context, project) {
        run(&mut context, kinds.runbook);
    }
    context
}

/// The slug of a project, which names its module's folder.
#[must_use]
pub fn slug_of_project(project: &Document) -> String {
    project.text("Slug").map_or_else(|| documents::slug::slug_of(project.name()), str::to_owned)
}

/// Names, declares and carries the documents of these kinds.
fn run(context: &mut Context<'_>, kinds: &'static [&'static Kind]) {
    let mut work: Vec<(&'static Kind, Subject<'_>)> = Vec::new();
    let mut by_finish: Vec<(&'static Kind, Subject<'_>)> = Vec::new();
    for kind in kinds {
        let mut documents = documents(context, kind);
        documents.sort_by_key(|document| id_order(document.id()));
        context.names.keep(&name_space(kind), documents.iter().map(|document| document.id()));
        let mut subjects: Vec<Subject<'_>> =
            documents.into_iter().map(|document| subject(context, kind, document)).collect();
        subjects.sort_by(|left, right| left.label.cmp(&right.label));
        let (whole, subjects): (Vec<_>, Vec<_>) =
            subjects.into_iter().partition(|subject| (kind.by_finish)(kind, subject.document).is_some());
        for subject in whole {
            context.by_finish.insert(subject.document.id().to_owned(), false);
            by_finish.push((*kind, subject));
        }
        for subject in &subjects {
            if let Some(shape) = kind.shape(subject.document).filter(|shape| !shape.resource.is_empty()) {
                context
                    .declare(subject.document.id(), Expr::Reference(address(shape, subject)).attribute("id"));
            }
        }
        if context.is_space() {
            order_by_slug(context, &subjects);
        }
        work.extend(subjects.into_iter().map(|subject| (*kind, subject)));
    }
    for (kind, subject) in &work {
        if let Some(keep) = kind.keep {
            keep(context, subject);
        }
    }
    for (kind, subject) in &work {
        if let Some(declare) = kind.declare {
            declare(context, subject);
        }
    }
    if let Scope::Project { id, .. } | Scope::Runbook { project_id: id, .. } = context.scope.clone() {
        (context.kinds.declare_project)(context, &id);
    }
    for (kind, subject) in &work {
        context.at_work = described(kind, subject);
        if let Some(heading) = kind.heading.filter(|_| !context.has(kind.file)) {
            context.add_comment(kind.file, heading);
        }
        match kind.expand {
            Some(expand) => expand(context, subject),
            None => {
                let Some(shape) = kind.shape(subject.document) else { continue };
                let block = resource(context, kind, shape, subject);
                make(context, kind, subject, block);
            }
        }
    }
    // What is made comes first: other steps may refer to it.
    let others = std::mem::take(&mut context.finish);
    for (kind, subject) in &by_finish {
        context.at_work = described(kind, subject);
        whole::make(context, kind, subject);
    }
    context.finish.extend(others);
    after_triggers(&mut context.finish);
}

/// Variables that are limited to triggers come after these, and before a snapshot is made of them.
fn after_triggers(steps: &mut Vec<FinishStep>) {
    let is_limited = |step: &FinishStep| {
        let (target, variable) = match step {
            FinishStep::Item { target, item, .. } => (target, Some(item)),
            FinishStep::Set { target, path, .. } => (target, path.iter().find(|part| part.is_object())),
            _ => return false,
        };
        let triggers = variable.and_then(|variable| variable["Scope"]["Trigger"].as_array());
        target.collection == Collection::Variables && triggers.is_some_and(|triggers| !triggers.is_empty())
    };
    let (limited, mut others): (Vec<_>, Vec<_>) = std::mem::take(steps).into_iter().partition(is_limited);
    let is_publish = |step: &FinishStep| matches!(step, FinishStep::Publish { .. });
    let place = others.iter().position(is_publish).unwrap_or(others.len());
    others.splice(place..place, limited);
    *steps = others;
}

/// Names that would give the same slug (`A B`, `a-b`) get `a-b`, `a-b-2` … in the order in which they are made: so they are made in the
/// order of the slugs that they have.
fn order_by_slug(context: &mut Context<'_>, subjects: &[Subject<'_>]) {
    let mut groups: BTreeMap<String, Vec<(usize, &str, &str)>> = BTreeMap::new();
    for subject in subjects {
        if let Some(slug) = subject.document.text("Slug") {
            let group = groups.entry(documents::slug::slug_of(subject.document.name())).or_default();
            group.push((slug.len(), slug, subject.document.id()));
        }
    }
    for mut group in groups.into_values().filter(|group| group.len() > 1) {
        group.sort_unstable();
        for pair in group.windows(2) {
            if let [(_, _, first), (_, _, second)] = pair {
                context.predecessors.insert((*second).to_owned(), (*first).to_owned());
            }
        }
    }
}

fn address(shape: &Shape, subject: &Subject<'_>) -> Vec<String> {
    vec![shape.resource.to_owned(), subject.label.clone()]
}

/// The documents of a kind that this module makes; the others are looked up or get a note.
fn documents<'i>(context: &mut Context<'i>, kind: &'static Kind) -> Vec<&'i Document> {
    let inventory = context.inventory;
    let candidates: Vec<&Document> = match &context.scope {
        Scope::Space => inventory.all(kind.collection).collect(),
        Scope::Runbook { id, .. } => inventory.get(kind.collection, id).into_iter().collect(),
        Scope::Project { id, .. } => {
            let belongs = |document: &&Document| (kind.belongs)(document, id);
            if kind.collection == Collection::Projects {
                inventory.get(kind.collection, id).into_iter().filter(belongs).collect()
            } else if kind.collection.row().is_found_by_project() {
                inventory.of(kind.collection, id).filter(belongs).collect()
            } else {
                inventory.all(kind.collection).filter(belongs).collect()
            }
        }
    };
    let mut chosen = Vec::new();
    for document in candidates.into_iter().filter(|document| (kind.of)(document)) {
        let is_made = match &context.scope {
            Scope::Space => context.selection.makes_in_space(kind.collection, document),
            Scope::Project { id, .. } => context.selection.makes_in_project(id, kind.collection, document),
            Scope::Runbook { .. } => true,
        };
        if !is_made {
            continue;
        }
        if let Some(built_in) = (kind.built_in)(document) {
            let at = place(context, kind, document);
            table::carry(context, &at, built_in.fields, document.fields(), &mut Block::default());
            continue;
        }
        let has_no_shape = !kind.shapes.is_empty()
            && kind.shape(document).is_none()
            && (kind.by_finish)(kind, document).is_none();
        let no_shape = kind.no_shape.filter(|_| has_no_shape);
        if let Some(reason) = (kind.skip)(document).or(no_shape) {
            let at = place(context, kind, document);
            let text = format!("the {} \"{}\" is not carried: {reason}", kind.noun, document.name());
            context.note(&at, "not-carried", &text, "Make it by hand at the destination.");
            continue;
        }
        chosen.push(document);
    }
    chosen
}

/// The place of a document as a whole.
pub(crate) fn place(context: &Context<'_>, kind: &Kind, document: &Document) -> At {
    At {
        target: context.target(kind.collection, document),
        id: document.id().to_owned(),
        path: Vec::new(),
        prefix: String::new(),
        owner: format!("{} \"{}\"", kind.noun, document.name()),
    }
}

/// A document for people; what has no name of its own goes by that of what it belongs to.
fn described(kind: &Kind, subject: &Subject<'_>) -> String {
    match (subject.document.name(), subject.at.target.key.last()) {
        ("", Some(owner)) => format!("{} of {owner:?}", kind.noun),
        _ => subject.at.owner.clone(),
    }
}

/// Where the labels of a kind's documents must differ.
fn name_space(kind: &Kind) -> String {
    format!("{} {}", kind.collection, kind.noun)
}

fn subject<'i>(context: &mut Context<'i>, kind: &'static Kind, document: &'i Document) -> Subject<'i> {
    let mut at = place(context, kind, document);
    // What has no name of its own goes by those of its key.
    let own = document.get("Name").map(|_| document.name().to_owned());
    let name = own.unwrap_or_else(|| at.target.key.join(" "));
    let label = context.names.claim_for(
        document.id(),
        &name_space(kind),
        &names::label(&name),
        if name == document.name() { &name } else { document.id() },
    );
    at.prefix = format!("{}_{label}", names::label(kind.noun));
    Subject { document, label, at, file: kind.file }
}

/// The resource of a document, as the kind's table says.
#[must_use]
pub fn resource(
    context: &mut Context<'_>,
    kind: &'static Kind,
    shape: &'static Shape,
    subject: &Subject<'_>,
) -> Block {
    fields::read(context, &subject.at, subject.document.fields(), |context, fields| {
        resource_of(context, kind, shape, subject, fields)
    })
}

/// The same where the kind's own code takes fields too.
pub fn resource_of(
    context: &mut Context<'_>,
    kind: &'static Kind,
    shape: &'static Shape,
    subject: &Subject<'_>,
    fields: &mut Fields<'_>,
) -> Block {
    let mut block = Block::resource(shape.resource, &subject.label).made_of(subject.document.id());
    fields.carry(context, kind.fields_of(shape), &mut block);
    block
}

/// Puts a document's resource into the module.
pub fn make(context: &mut Context<'_>, kind: &Kind, subject: &Subject<'_>, mut block: Block) {
    let predecessor = context.predecessors.get(subject.document.id());
    if let Some(Expr::Reference(path)) = predecessor.and_then(|id| context.address(id)) {
        let predecessor = Expr::Reference(path.into_iter().take(2).collect());
        if !block.depends_on.contains(&predecessor) {
            block.depends_on.push(predecessor);
        }
    }
    let adopted = kind.adopt.is_some_and(|adopt| {
        let all: Vec<_> = context.inventory.all(kind.collection).map(Document::fields).collect();
        adopt.find(&all).is_some_and(|found| found.get("Id") == subject.document.get("Id"))
    });
    context.made(&subject.at.target, &block.address(), adopted);
    add_logo(context, kind, subject);
    if let Some(adopt) = kind.adopt.filter(|_| adopted) {
        take_over(context, kind, adopt.condition, &block);
    }
    context.add(subject.file, block);
}

/// The picture that somebody has given the document: a file of the module, uploaded by finish.
pub(super) fn add_logo(context: &mut Context<'_>, kind: &Kind, subject: &Subject<'_>) {
    let Some(picture) = context.inventory.logos.get(subject.document.id()) else { return };
    let extension = match picture.as_ref() {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xFF, 0xD8, ..] => "jpg",
        [b'G', b'I', b'F', ..] => "gif",
        [b'<', ..] => "svg",
        _ => "img",
    };
    let file = format!("logos/{}-{}.{extension}", names::label(kind.noun), subject.label);
    context.pictures.insert(file.clone(), picture.to_vec());
    context.finish(FinishStep::Logo { target: subject.at.target.clone(), file });
}

/// Lets the module take over the document `x` at the destination for which the condition holds, if there is one.
pub fn take_over(context: &mut Context<'_>, kind: &Kind, condition: &str, block: &Block) {
    scaffold::adopt(context, kind, condition, block);
}

/// A note for every document of the space that no kind is about.
fn note_the_rest(context: &mut Context<'_>) {
    let inventory = context.inventory;
    for collection in inventory.collections() {
        let Some(reason) = context.kinds.not_carried(collection) else { continue };
        for document in inventory.all(collection) {
            let at = At {
                target: context.target(collection, document),
                id: document.id().to_owned(),
                path: Vec::new(),
                prefix: String::new(),
                owner: String::new(),
            };
            let name = if document.name().is_empty() { document.id() } else { document.name() };
            context.note(
                &at,
                "not-carried",
                &format!("\"{name}\" ({collection}) is not carried: {reason}"),
                "Make it by hand at the destination.",
            );
        }
    }
}

#[cfg(test)]
mod tests;
