//! Ids in texts: values of typed variables, defaults and values of templates, properties of steps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Settling;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use documents::property::{TEMPLATE_ID, TEMPLATE_VERSION, is_free};

/// What an id of a collection begins with.
const PREFIXES: &[(&str, Collection)] = &[
    ("Accounts", Collection::Accounts),
    ("ActionTemplates", Collection::ActionTemplates),
    ("Certificates", Collection::Certificates),
    ("Channels", Collection::Channels),
    ("Environments", Collection::Environments),
    ("Feeds", Collection::Feeds),
    ("GitCredentials", Collection::GitCredentials),
    ("LibraryVariableSets", Collection::LibraryVariableSets),
    ("Lifecycles", Collection::Lifecycles),
    ("MachinePolicies", Collection::MachinePolicies),
    ("Machines", Collection::Machines),
    ("ProjectGroups", Collection::ProjectGroups),
    ("Projects", Collection::Projects),
    ("Proxies", Collection::Proxies),
    ("Runbooks", Collection::Runbooks),
    ("TagSets", Collection::TagSets),
    ("Teams", Collection::Teams),
    ("teams", Collection::Teams),
    ("Tenants", Collection::Tenants),
    ("WorkerPools", Collection::WorkerPools),
    ("Workers", Collection::Workers),
];

/// A step's package of this feed is a project.
const PACKAGE_PROPERTY: &str = "Octopus.Action.Package.PackageId";

/// The collection that a text would be an id of.
fn collection_of(text: &str) -> Option<Collection> {
    let (prefix, number) = text.split_once('-')?;
    let own = prefix == "teams" || (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    PREFIXES.iter().find(|(known, _)| own && *known == prefix).map(|(_, collection)| *collection)
}

/// What the value of something with this type or control is the id of.
pub(crate) fn chosen(kind: &str) -> Option<&'static [Collection]> {
    Some(match kind {
        "Certificate" => &[Collection::Certificates],
        "WorkerPool" => &[Collection::WorkerPools],
        "Project" => &[Collection::Projects],
        "Environment" | "Environments" => &[Collection::Environments, Collection::ParentEnvironments],
        "Channel" | "Channels" => &[Collection::Channels],
        "Tenant" | "Tenants" => &[Collection::Tenants],
        "Runbook" => &[Collection::Runbooks],
        "Feed" => &[Collection::Feeds],
        "Team" | "Teams" => &[Collection::Teams],
        "Machine" | "Machines" => &[Collection::Machines],
        _ if kind.ends_with("Account") => &[Collection::Accounts],
        _ => return None,
    })
}

pub(super) fn settle(settling: &mut Settling<'_>, value: &mut Value) {
    match settling.collection {
        Collection::Variables => {
            typed(settling, value, "Variables", "Value", |variable| variable["Type"].as_str())
        }
        Collection::Projects | Collection::LibraryVariableSets => {
            typed(settling, value, "Templates", "DefaultValue", control_type);
        }
        Collection::ActionTemplates => {
            typed(settling, value, "Parameters", "DefaultValue", control_type);
            packages(settling, value, &[]);
            properties(settling, value, &[], &BTreeMap::new());
        }
        Collection::TenantVariableValues => tenant_value(settling, value),
        Collection::Machines | Collection::Workers => {
            if let Some(given) = value.pointer_mut("/Endpoint/Inputs") {
                inputs(settling, given, &["Endpoint".to_owned(), "Inputs".to_owned()]);
            }
        }
        Collection::DeploymentProcesses | Collection::RunbookProcesses => process(settling, value),
        _ => {}
    }
}

fn control_type(template: &Value) -> Option<&str> {
    template["DisplaySettings"]["Octopus.ControlType"].as_str()
}

/// Values of the items of a list that say what they are ids of.
fn typed(
    settling: &mut Settling<'_>,
    value: &mut Value,
    list: &str,
    field: &str,
    kind: fn(&Value) -> Option<&str>,
) {
    let Some(items) = value.get_mut(list).and_then(Value::as_array_mut) else { return };
    for (index, item) in items.iter_mut().enumerate() {
        let Some(to) = kind(item).and_then(chosen) else { continue };
        let at = [list.to_owned(), super::name_of(item, index), field.to_owned()];
        if let Some(text) = item.get_mut(field) {
            of_kind(settling, text, to, &at);
        }
    }
}

fn tenant_value(settling: &mut Settling<'_>, value: &mut Value) {
    let inventory = settling.inventory;
    let owner = |collection: Collection, field: &str| {
        value[field].as_str().and_then(|id| inventory.get(collection, id))
    };
    let owner = owner(Collection::Projects, "ProjectId")
        .or_else(|| owner(Collection::LibraryVariableSets, "LibraryVariableSetId"));
    let template = owner.and_then(|owner| {
        owner.list("Templates").iter().find(|template| template["Id"] == value["TemplateId"])
    });
    if let Some(to) = template.and_then(control_type).and_then(chosen)
        && let Some(text) = value.get_mut("Value")
    {
        of_kind(settling, text, to, &["Value".to_owned()]);
    }
}

/// A text that is an id, or several: those that are dead are dropped.
fn of_kind(settling: &mut Settling<'_>, value: &mut Value, to: &[Collection], at: &[String]) {
    let Some(text) = value.as_str() else { return };
    let (kept, dead): (Vec<&str>, Vec<&str>) = text.split(',').map(str::trim).partition(|token| {
        token.is_empty()
            || (collection_of(token).is_none() && settling.inventory.collection_of(token).is_none())
            || settling.is_alive(to, token)
    });
    if dead.is_empty() {
        return;
    }
    let told: Vec<String> = dead.iter().map(|id| settling.described(id, to)).collect();
    let (outcome, todo) = if kept.is_empty() {
        ("there is none at the destination", super::CHOOSE)
    } else {
        ("that is dropped", "")
    };
    let kept = Value::from(kept.join(","));
    settling.say(at, &format!("names {}: {outcome}", told.join(", ")), todo);
    *value = kept;
}

fn process(settling: &mut Settling<'_>, value: &mut Value) {
    let Some(steps) = value.get_mut("Steps").and_then(Value::as_array_mut) else { return };
    for (index, step) in steps.iter_mut().enumerate() {
        let at = ["Steps".to_owned(), super::name_of(step, index)];
        properties(settling, step, &at, &BTreeMap::new());
        let Some(actions) = step.get_mut("Actions").and_then(Value::as_array_mut) else { continue };
        for (index, action) in actions.iter_mut().enumerate() {
            let at = [&at[..], &["Actions".to_owned(), super::name_of(action, index)]].concat();
            let controls = template_link(settling, action, &at);
            packages(settling, action, &at);
            properties(settling, action, &at, &controls);
            if let Some(given) = action.get_mut("Inputs") {
                inputs(settling, given, &[&at[..], &["Inputs".to_owned()]].concat());
            }
        }
    }
}

/// What the parameters of the action's step template are. A template that is gone is taken off: the step stays as it is.
fn template_link(settling: &mut Settling<'_>, action: &mut Value, at: &[String]) -> BTreeMap<String, String> {
    let inventory = settling.inventory;
    let Some(properties) = action.get_mut("Properties").and_then(Value::as_object_mut) else {
        return BTreeMap::new();
    };
    let Some(id) = properties.get(TEMPLATE_ID).and_then(Value::as_str).filter(|id| !id.is_empty()) else {
        return BTreeMap::new();
    };
    if let Some(template) = inventory.get(Collection::ActionTemplates, id) {
        let controls = template.list("Parameters").iter().filter_map(|parameter| {
            Some((parameter["Name"].as_str()?.to_owned(), control_type(parameter)?.to_owned()))
        });
        return controls.collect();
    }
    if !settling.is_alive(&[Collection::ActionTemplates], id) {
        let dead = settling.described(id, &[Collection::ActionTemplates]);
        properties.shift_remove(TEMPLATE_ID);
        properties.shift_remove(TEMPLATE_VERSION);
        let at = [at, &["Properties".to_owned(), TEMPLATE_ID.to_owned()]].concat();
        settling.say(&at, &format!("follows {dead}: it becomes a step without template"), "");
        let at = [&at[..at.len() - 1], &[TEMPLATE_VERSION.to_owned()]].concat();
        settling.say(&at, "goes with the template", "");
    }
    BTreeMap::new()
}

/// What a *Deploy a Release* deploys is a project, whatever has become of the feed: the server's own takes the place of one that is gone, for
/// without it the project's id would be some package's name.
fn feed_of_projects(settling: &mut Settling<'_>, action: &mut Value, at: &[String]) {
    let of_projects = |feed: &&Document| feed.text("FeedType") == Some("OctopusProject");
    let own = settling.inventory.all(Collection::Feeds).find(of_projects);
    let Some(own) = own.filter(|_| action["ActionType"] == "Octopus.DeployRelease") else { return };
    let Some(packages) = action.get_mut("Packages").and_then(Value::as_array_mut) else { return };
    for (index, package) in packages.iter_mut().enumerate() {
        if is_project_feed(settling.inventory, &package["FeedId"]) {
            continue;
        }
        package["FeedId"] = own.id().into();
        let name = super::name_of(package, index);
        let at = [at, &["Packages".to_owned(), name, "FeedId".to_owned()]].concat();
        settling.said.retain(|said| said.field != at.join("/"));
        let text =
            format!("is not the feed of the server's own projects: \"{}\" takes its place", own.name());
        settling.say(&at, &text, "");
    }
}

/// Packages that are projects: only the server's own feed of projects has such.
fn packages(settling: &mut Settling<'_>, action: &mut Value, at: &[String]) {
    feed_of_projects(settling, action, at);
    let inventory = settling.inventory;
    let Some(packages) = action.get_mut("Packages").and_then(Value::as_array_mut) else { return };
    for (index, package) in packages.iter_mut().enumerate() {
        let of_projects = is_project_feed(inventory, &package["FeedId"]);
        let name = super::name_of(package, index);
        if let Some(id) = package.get_mut("PackageId").filter(|_| of_projects) {
            let at = [at, &["Packages".to_owned(), name, "PackageId".to_owned()]].concat();
            of_kind(settling, id, &[Collection::Projects], &at);
        }
    }
}

/// Whether a feed's packages are projects of the space, known by their ids.
pub(crate) fn is_project_feed(inventory: &Inventory, feed: &Value) -> bool {
    let feed = feed.as_str().and_then(|id| inventory.get(Collection::Feeds, id));
    feed.and_then(|feed| feed.text("FeedType")) == Some("OctopusProject")
}

/// Whether a field of an object is the name of a package: a person's words, which may look like an id. In the feed of projects it is a project.
pub(crate) fn is_package_name(inventory: &Inventory, fields: &Map<String, Value>, name: &str) -> bool {
    let feed = name.strip_suffix("PackageId").map(|before| fields.get(&format!("{before}FeedId")));
    feed.is_some_and(|feed| !feed.is_some_and(|feed| is_project_feed(inventory, feed)))
}

fn properties(
    settling: &mut Settling<'_>,
    holder: &mut Value,
    at: &[String],
    controls: &BTreeMap<String, String>,
) {
    let primary = holder["Packages"].as_array().into_iter().flatten();
    let primary = primary.into_iter().find(|package| package["Name"].as_str().unwrap_or_default().is_empty());
    let of_projects = primary.is_some_and(|package| is_project_feed(settling.inventory, &package["FeedId"]));
    let Some(properties) = holder.get_mut("Properties").and_then(Value::as_object_mut) else { return };
    for (name, value) in properties.iter_mut() {
        let at = [at, &["Properties".to_owned(), name.clone()]].concat();
        if name == TEMPLATE_ID || is_free(name) {
            continue;
        }
        if let Some(to) = controls.get(name).and_then(|control| chosen(control)) {
            of_kind(settling, value, to, &at);
        } else if name == PACKAGE_PROPERTY {
            if of_projects {
                of_kind(settling, value, &[Collection::Projects], &at);
            }
        } else {
            property(settling, name, value, &at);
        }
    }
}

/// A property whose name says that it holds ids, a list in which some ids live, or JSON with such.
fn property(settling: &mut Settling<'_>, name: &str, value: &mut Value, at: &[String]) {
    let Some(text) = value.as_str() else { return };
    if text.trim_start().starts_with(['{', '[']) {
        if let Ok(json) = serde_json::from_str::<Value>(text) {
            in_json(settling, &json, value, at);
        }
        return;
    }
    let tokens: Vec<&str> = text.split(',').map(str::trim).collect();
    let lives = |token: &&str| settling.inventory.collection_of(token).is_some();
    if holds_ids(name)
        || (tokens.iter().all(|token| collection_of(token).is_some()) && tokens.iter().any(lives))
    {
        let to = meant(name, tokens.iter().filter_map(|token| collection_of(token)).collect());
        if !to.is_empty() {
            of_kind(settling, value, &to, at);
        }
    }
}

/// What the ids in a value are to be of: what its name says, else what they look like.
fn meant(name: &str, own: BTreeSet<Collection>) -> Vec<Collection> {
    let named = kind_in_name(name).filter(|_| holds_ids(name) && !own.is_empty());
    let mut to: Vec<Collection> = named.map_or_else(|| own.into_iter().collect(), |named| vec![named]);
    if to.contains(&Collection::Environments) {
        to.push(Collection::ParentEnvironments);
    }
    to
}

/// `Octopus.Action.Manual.ResponsibleTeamIds`, `Octopus.Action.DeployRelease.ProjectId`.
fn holds_ids(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    (last.ends_with("Id") || last.ends_with("Ids")) && !last.ends_with("PackageId")
}

/// What a name says that the ids below it are of: `ProjectId`, `awsAccount`.
fn kind_in_name(name: &str) -> Option<Collection> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let noun = last.trim_end_matches("Ids").trim_end_matches("Id").to_ascii_lowercase();
    // The longest one: a worker pool is not a worker.
    let singular = |prefix: &str| prefix.trim_end_matches('s').to_ascii_lowercase();
    let all = PREFIXES.iter().filter(|(prefix, _)| noun.ends_with(&singular(prefix)));
    all.max_by_key(|(prefix, _)| prefix.len()).map(|(_, collection)| *collection)
}

/// Inputs of the new step framework, of steps and targets: an account or feed stands in a field that is called so.
fn inputs(settling: &mut Settling<'_>, value: &mut Value, at: &[String]) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let at = [at, std::slice::from_ref(name)].concat();
                match kind_in_name(name).filter(|_| value.is_string()) {
                    Some(kind) => of_kind(settling, value, &[kind], &at),
                    None => inputs(settling, value, &at),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                inputs(settling, item, &[at, &[super::name_of(item, index)]].concat());
            }
        }
        _ => {}
    }
}

/// Dead ids in JSON become empty texts; all else stays to the byte.
fn in_json(settling: &mut Settling<'_>, json: &Value, value: &mut Value, at: &[String]) {
    let mut dead = BTreeMap::new();
    dead_in(settling, json, "", &mut dead);
    let Some(text) = value.as_str().filter(|_| !dead.is_empty()) else { return };
    let mut text = text.to_owned();
    for id in dead.keys() {
        text = text.replace(&format!("\"{id}\""), "\"\"").replace(&format!("\\\"{id}\\\""), "\\\"\\\"");
    }
    let told: Vec<String> = dead.into_values().collect();
    settling.say(at, &format!("names {}: there is none at the destination", told.join(", ")), super::CHOOSE);
    *value = Value::from(text);
}

fn dead_in(settling: &Settling<'_>, json: &Value, name: &str, dead: &mut BTreeMap<String, String>) {
    match json {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                dead_in(settling, &inner, "", dead);
            }
        }
        Value::String(id) if holds_ids(name) => {
            let Some(own) = collection_of(id) else { return };
            let to = meant(name, BTreeSet::from([own]));
            if !settling.is_alive(&to, id) {
                dead.insert(id.clone(), settling.described(id, &to));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| dead_in(settling, item, name, dead)),
        Value::Object(fields) => object(settling, fields, dead),
        _ => {}
    }
}

fn object(settling: &Settling<'_>, fields: &Map<String, Value>, dead: &mut BTreeMap<String, String>) {
    fields.iter().for_each(|(name, value)| dead_in(settling, value, name, dead));
}

/// Adds those of these ids that stand in a value, alone or among others.
pub(super) fn uses(value: &Value, ids: &BTreeSet<String>, used: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
            used.extend(words.filter(|word| ids.contains(*word)).map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| uses(item, ids, used)),
        Value::Object(fields) => fields.values().for_each(|value| uses(value, ids, used)),
        _ => {}
    }
}
