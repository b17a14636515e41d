//! What waits for projects. Variables of library sets that are limited to projects (scope `Project`): projects are made after the sets, so such a
//! variable is made for those that are there already, never for others, and widened when more of them come; until one is there it waits. And values
//! that are the id of a project as a whole: of variables, of tenants, in step templates.

use serde_json::{Map, Value, json};

use super::directory::Directory;
use super::field;
use super::set::{Edit, change_of};
use documents::collection::Collection;
use failure::Failure;
use module::manifest::{FinishStep, FinishValue, Manifest, Target};

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

/// Names of the projects for which something of the module waits, as the destination has them.
#[must_use]
pub fn projects_of(manifest: &Manifest) -> Vec<String> {
    let mut names: Vec<String> = manifest.finish.iter().flat_map(awaited_by).collect();
    names.sort();
    names.dedup();
    names
}

fn awaited_by(step: &FinishStep) -> Vec<String> {
    match step {
        FinishStep::TenantValue { value: FinishValue::Json(value), .. } => named_in(value),
        FinishStep::Document { target, document } | FinishStep::DocumentBefore { target, document }
            if target.collection == Collection::ActionTemplates =>
        {
            named_in(document)
        }
        _ => {
            let Some((target, path, change)) = change_of(step) else { return Vec::new() };
            let variable = variable_of(path, &change).filter(|_| target.collection == Collection::Variables);
            let parts = variable.into_iter().flat_map(|variable| [&variable["Scope"], &variable["Value"]]);
            parts.flat_map(named_in).collect()
        }
    }
}

/// Names of the projects to which, or to a part of which, a value refers.
pub(super) fn named_in(value: &Value) -> Vec<String> {
    targets_in(value).into_iter().filter_map(|target| target.key.into_iter().next()).collect()
}

/// The projects and parts of projects to which a value refers.
fn targets_in(value: &Value) -> Vec<Target> {
    let of_project = |target: &Target| {
        let collection = target.collection;
        matches!(collection, Collection::Projects | Collection::Actions)
            || collection.row().in_project.is_some()
    };
    match value {
        Value::Object(fields) if fields.contains_key("$ref") => {
            target(value).filter(of_project).into_iter().collect()
        }
        Value::Object(fields) => fields.values().flat_map(targets_in).collect(),
        Value::Array(items) => items.iter().flat_map(targets_in).collect(),
        _ => Vec::new(),
    }
}

/// Names of the projects that are not there yet, or lack a part to which a value refers.
///
/// # Errors
/// When the destination refuses to list them.
pub(super) async fn missing(directory: &mut Directory, value: &Value) -> Result<Vec<String>, Failure> {
    let mut missing = Vec::new();
    for target in targets_in(value) {
        if directory.find(&target).await?.is_none() {
            missing.extend(target.key.into_iter().next());
        }
    }
    missing.dedup();
    Ok(missing)
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
    // A trigger, a runbook … of a project limits no less than all of them together.
    let mut limits = variable["Scope"].clone();
    if let Some(limits) = limits.as_object_mut() {
        limits.shift_remove("Project");
    }
    let of_others =
        [missing(directory, &variable["Value"]).await?, missing(directory, &limits).await?].concat();
    if !of_others.is_empty() {
        return Ok(Now::Waits(of_others));
    }
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
