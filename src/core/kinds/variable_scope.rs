//! What limits a variable's value: environments, roles, targets, channels, runbooks, steps, tags of tenants.

use serde_json::{Map, Value};

use crate::convert::context::{At, Context};
use crate::convert::fields::{Fields, is_empty, odd};
use crate::hcl::{Block, Expr};
use crate::kinds::process::Actions;
use documents::collection::Collection;

/// Field of the scope, argument, collection of the ids in it (none for names).
const SCOPE: &[(&str, &str, Option<Collection>)] = &[
    ("Environment", "environments", Some(Collection::Environments)),
    ("Role", "roles", None),
    ("Machine", "machines", Some(Collection::Machines)),
    ("Channel", "channels", Some(Collection::Channels)),
    ("ProcessOwner", "processes", Some(Collection::Projects)),
    ("Action", "actions", Some(Collection::Actions)),
    ("TenantTag", "tenant_tags", Some(Collection::Tags)),
];

/// Kinds of scope that the provider does not know: a variable that has one would be valid everywhere until finish put it right, so finish
/// makes it as a whole. The published API knows thirteen such kinds.
pub(super) fn unknown(scope: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    scope
        .iter()
        .filter(|(kind, value)| !is_empty(value) && !SCOPE.iter().any(|(known, ..)| *known == kind.as_str()))
}

/// What limits a variable, as the provider's block `scope`.
pub(super) fn scope(context: &mut Context<'_>, fields: &mut Fields<'_>, block: &mut Block) {
    let mut inner = Block::new("scope", &[]);
    fields.inside(context, "Scope", |context, scope| limits(context, scope, &mut inner));
    if !inner.attributes.is_empty() {
        block.blocks.push(inner);
    }
}

fn limits(context: &mut Context<'_>, scope: &mut Fields<'_>, inner: &mut Block) {
    for (field, argument, collection) in SCOPE {
        let value = scope.take(field);
        if is_empty(value) {
            continue;
        }
        let at = scope.at(field);
        let Some(items) = value.as_array() else {
            odd(context, &at, value);
            continue;
        };
        let expressions: Vec<Expr> = items
            .iter()
            .filter_map(Value::as_str)
            .map(|item| match *collection {
                None => context.text(&at, item),
                Some(Collection::Tags) => context.tag(item),
                Some(Collection::Actions) => action(context, &at, item),
                Some(collection) => context.reference(&at, collection, item),
            })
            .collect();
        inner.set(argument, expressions);
    }
}

/// A step. If finish makes it, it is not there yet when Terraform writes the variable: its id names nothing at the destination, so the scope
/// is not widened.
fn action(context: &mut Context<'_>, at: &At, id: &str) -> Expr {
    let Some(name) = context.drawers.open::<Actions>().of_finish(id).map(str::to_owned) else {
        return context.reference(at, Collection::Actions, id);
    };
    context.note(
        at,
        "not-carried",
        &format!("is limited to the step \"{name}\", which only finish can make: at the destination it is limited to a step that is missing"),
        "Choose the step in the variable's scope at the destination.");
    id.into()
}

/// Names of all that a scope limits to, in the order of [`SCOPE`].
pub(super) fn names(context: &Context<'_>, scope: &Map<String, Value>) -> Vec<String> {
    let mut names = Vec::new();
    for (field, ..) in SCOPE {
        for item in
            scope.get(*field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            let action = context.part(item).and_then(|target| target.key.last().cloned());
            let document = context
                .inventory
                .collection_of(item)
                .and_then(|collection| context.inventory.get(collection, item));
            names.push(
                action
                    .or_else(|| document.map(|document| document.name().to_owned()))
                    .unwrap_or_else(|| item.to_owned()),
            );
        }
    }
    names
}

fn members<'s>(scope: &'s Map<String, Value>, field: &str) -> Vec<&'s str> {
    scope.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether all that `inner` limits to is in `outer` too, neither is empty, and they differ.
pub(super) fn is_within(inner: &Map<String, Value>, outer: &Map<String, Value>) -> bool {
    let is_unscoped =
        |scope: &Map<String, Value>| SCOPE.iter().all(|(field, ..)| members(scope, field).is_empty());
    !is_unscoped(inner)
        && !is_unscoped(outer)
        && !is_same(inner, outer)
        && SCOPE.iter().all(|(field, ..)| {
            let outer = members(outer, field);
            members(inner, field).iter().all(|item| outer.contains(item))
        })
}

pub(super) fn is_same(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    a.keys().chain(b.keys()).all(|field| {
        let (mut a, mut b) = (members(a, field), members(b, field));
        a.sort_unstable();
        b.sort_unstable();
        a == b
    })
}
