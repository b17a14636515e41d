//! Variables of library sets that are limited to projects (scope `Project`). Projects are made after the sets, so such a variable is made for those
//! that are there already, never for others, and widened when more of them come; until one is there it waits.

use serde_json::{Map, Value, json};

use super::directory::Directory;
use super::field;
use super::set::{Edit, change_of};
use documents::collection::Collection;
use failure::Failure;
use module::manifest::{FinishStep, Manifest, Target};

/// The references in a variable's scope to the projects that it is limited to, if there are any.
fn projects(variable: &Value) -> Option<&Vec<Value>> {
    variable["Scope"]["Project"].as_array().filter(|projects| !projects.is_empty())
}

/// The variable that a step makes, or a part of which it sets.
fn variable_of<'s>(path: &'s [Value], change: &Edit<'s>) -> Option<&'s Value> {
    match change {
        Edit::Item { item, .. } => Some(item),
        Edit::Value(_) | Edit::Order(_) => path.iter().find(|part| part.is_object()),
    }
}

/// Whether a step is about such a variable.
pub(super) fn is_limited(step: &FinishStep) -> bool {
    change_of(step).is_some_and(|(target, path, change)| {
        target.collection == Collection::Variables && variable_of(path, &change).and_then(projects).is_some()
    })
}

/// Names of the projects that variables of the module are limited to, as the destination has them.
#[must_use]
pub fn projects_of(manifest: &Manifest) -> Vec<String> {
    let limited = manifest.finish.iter().filter(|step| is_limited(step)).filter_map(change_of);
    let mut names: Vec<String> = limited
        .filter_map(|(_, path, change)| variable_of(path, &change).and_then(projects).cloned())
        .flatten()
        .filter_map(|reference| target(&reference)?.key.pop())
        .collect();
    names.sort();
    names.dedup();
    names
}

fn target(reference: &Value) -> Option<Target> {
    serde_json::from_value(reference["$ref"].clone()).ok()
}

/// What of a step's variable can be limited now.
pub(super) enum Now {
    /// It is no such variable, or all of its projects are there.
    Whole,
    /// Only these references are of projects that are there.
    For(Vec<Value>),
    /// None of them is, or it can't be told from another one as long as some are not: their names.
    Waits(Vec<String>),
}

/// Looks which of the projects are there. `fields`: all that is set in the same document.
pub(super) async fn now(
    directory: &mut Directory,
    (path, change): (&[Value], &Edit<'_>),
    fields: &[(&[Value], Edit<'_>)],
) -> Result<Now, Failure> {
    let Some(variable) = variable_of(path, change) else { return Ok(Now::Whole) };
    let Some(projects) = projects(variable) else { return Ok(Now::Whole) };
    let (mut there, mut missing) = (Vec::new(), Vec::new());
    for reference in projects {
        match target(reference) {
            Some(target) if directory.find(&target).await?.is_none() => missing.extend(target.key),
            _ => there.push(reference.clone()),
        }
    }
    Ok(match (missing.is_empty(), there.is_empty() || has_rival(variable, fields)) {
        (true, _) => Now::Whole,
        (false, true) => Now::Waits(missing),
        (false, false) => Now::For(there),
    })
}

/// Whether another variable of this name could, limited to fewer projects, be taken for this one.
fn has_rival(variable: &Value, fields: &[(&[Value], Edit<'_>)]) -> bool {
    let same = fields.iter().filter(|(_, change)| {
        let Edit::Item { item, .. } = change else { return false };
        item["Name"] == variable["Name"]
            && projects(item).is_some_and(|projects_of_it| {
                projects(variable).is_some_and(|own| own.iter().any(|one| projects_of_it.contains(one)))
            })
    });
    same.count() > 1
}

/// A step's path or item with its variable limited to these projects alone.
pub(super) fn narrowed(part: &Value, there: &[Value]) -> Value {
    let mut part = part.clone();
    if projects(&part).is_some() {
        part["Scope"]["Project"] = json!(there);
    }
    part
}

/// Where the variable stands that was made for some of its projects only: by name, and by a scope that is the same but for these.
pub(super) fn made_for_fewer(items: &[Value], wanted: &Value) -> Option<usize> {
    let wanted_projects = projects(wanted)?;
    let others = |variable: &Value| {
        let mut scope = variable["Scope"].as_object().cloned().unwrap_or_default();
        scope.shift_remove("Project");
        Map::from_iter([("Scope".to_owned(), Value::Object(scope))])
    };
    items.iter().position(|there| {
        there["Name"] == wanted["Name"]
            && projects(there).is_some_and(|some| some.iter().all(|one| wanted_projects.contains(one)))
            && field::fits(&json!({"Scope": others(there)["Scope"]}), &others(wanted), |one, other| {
                one == other
            })
    })
}
