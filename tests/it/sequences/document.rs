//! What a person does to whole documents of the source.

use serde_json::{Value, json};

use super::chance::Chance;
use super::server::{Server, text};
use crate::years::KINDS;

/// What was done, in words; an error: the server refused, or there was nothing to do it to.
pub(super) type Done = Result<String, String>;

/// Beside `KINDS`.
const MORE: [&str; 3] = ["deploymentfreezes", "parentenvironments", "userroles"];

/// Those that say most.
const OFTEN: [&str; 12] = [
    "environments",
    "libraryvariablesets",
    "tenants",
    "feeds",
    "accounts",
    "projects",
    "channels",
    "runbooks",
    "machines",
    "lifecycles",
    "actiontemplates",
    "projecttriggers",
];

/// Fields that hold ids in a list, and of what.
const LISTS: [(&str, &str); 8] = [
    ("EnvironmentIds", "environments"),
    ("Environments", "environments"),
    ("TenantIds", "tenants"),
    ("WorkerPoolIds", "workerpools"),
    ("IncludedLibraryVariableSetIds", "libraryvariablesets"),
    ("TenantTags", "tags"),
    ("EnvironmentTags", "tags"),
    ("ProjectTags", "tags"),
];

/// Fields that hold one id.
const SINGLE: [(&str, &str); 4] = [
    ("LifecycleId", "lifecycles"),
    ("ProjectGroupId", "projectgroups"),
    ("MachinePolicyId", "machinepolicies"),
    ("ParentEnvironmentId", "parentenvironments"),
];

const FLAGS: [&str; 7] = [
    "IsDisabled",
    "UseGuidedFailure",
    "AllowDynamicInfrastructure",
    "EnhancedMode",
    "DefaultToSkipIfAlreadyInstalled",
    "ForcePackageDownload",
    "DiscreteChannelRelease",
];

/// A kind of which there are documents.
fn kind(server: &Server<'_>, chance: &mut Chance, least: usize) -> Option<(&'static str, Vec<Value>)> {
    for _ in 0..12 {
        let kind = match chance.below(3) {
            0 => chance.one(&OFTEN),
            1 => chance.one(&KINDS),
            _ if chance.percent(20) => chance.one(&MORE),
            _ => chance.one(&OFTEN),
        };
        let made = chance.documents(server.made(kind));
        if made.len() >= least {
            return Some((kind, made));
        }
    }
    None
}

pub(super) fn edit(server: &Server<'_>, chance: &mut Chance) -> Done {
    match chance.below(13) {
        0 | 1 => rename(server, chance),
        2 => circle(server, chance),
        3 => delete(server, chance),
        4 => delete_and_take_over(server, chance),
        5 => make_again(server, chance),
        6 => add(server, chance),
        7 | 8 => refer(server, chance),
        9 => refer_singly(server, chance),
        10 => flag(server, chance),
        11 => describe(server, chance),
        _ => order(server, chance),
    }
}

fn none() -> String {
    "nothing of the kind".to_owned()
}

fn named(kind: &str, document: &Value) -> String {
    format!("{kind} {:?} ({})", text(document, "Name"), text(document, "Id"))
}

fn call(server: &Server<'_>, kind: &str, id: &str, name: &str) -> Result<(), String> {
    server.change(kind, id, |document| document["Name"] = json!(name))
}

/// Another name for this one.
fn new_name(chance: &mut Chance, old: &str) -> String {
    match chance.below(5) {
        0 if old.to_uppercase() != old => old.to_uppercase(),
        1 => format!("{old} and {}", chance.below(90)),
        2 => format!("A{}.{old}", chance.below(90)),
        3 => format!("{} Größe", chance.below(900)),
        _ => format!("Name {}", chance.below(9000)),
    }
}

fn rename(server: &Server<'_>, chance: &mut Chance) -> Done {
    let (kind, made) = kind(server, chance, 1).ok_or_else(none)?;
    let name = new_name(chance, &text(&made[0], "Name"));
    call(server, kind, &text(&made[0], "Id"), &name)?;
    Ok(format!("{} is called {name:?}", named(kind, &made[0])))
}

/// Two or three pass their names on.
fn circle(server: &Server<'_>, chance: &mut Chance) -> Done {
    let (kind, mut made) = kind(server, chance, 2).ok_or_else(none)?;
    let owner = made[0]["ProjectId"].clone();
    made.retain(|document| document["ProjectId"] == owner);
    made.truncate(2 + chance.below(2));
    if made.len() < 2 {
        return Err(none());
    }
    call(server, kind, &text(&made[0], "Id"), "in between")?;
    for at in 1..made.len() {
        call(server, kind, &text(&made[at], "Id"), &text(&made[at - 1], "Name"))?;
    }
    let last = text(&made[made.len() - 1], "Name");
    call(server, kind, &text(&made[0], "Id"), &last)?;
    let all: Vec<String> = made.iter().map(|document| named(kind, document)).collect();
    Ok(format!("pass their names on: {}", all.join(", ")))
}

fn delete(server: &Server<'_>, chance: &mut Chance) -> Done {
    let (kind, made) = kind(server, chance, 1).ok_or_else(none)?;
    for document in made.iter().take(4) {
        if is_last_project(server, kind) {
            break;
        }
        if server.delete(kind, &text(document, "Id")).is_ok() {
            return Ok(format!("{} is deleted", named(kind, document)));
        }
    }
    Err(none())
}

fn is_last_project(server: &Server<'_>, kind: &str) -> bool {
    kind == "projects" && server.made(kind).len() < 2
}

fn delete_and_take_over(server: &Server<'_>, chance: &mut Chance) -> Done {
    let (kind, made) = kind(server, chance, 2).ok_or_else(none)?;
    for gone in made.iter().take(4) {
        let heir =
            made.iter().find(|other| other["Id"] != gone["Id"] && other["ProjectId"] == gone["ProjectId"]);
        let Some(heir) = heir else { continue };
        if is_last_project(server, kind) || server.delete(kind, &text(gone, "Id")).is_err() {
            continue;
        }
        call(server, kind, &text(heir, "Id"), &text(gone, "Name"))?;
        return Ok(format!("{} is deleted, and {} takes its name", named(kind, gone), named(kind, heir)));
    }
    Err(none())
}

fn make_again(server: &Server<'_>, chance: &mut Chance) -> Done {
    let (kind, made) = kind(server, chance, 1).ok_or_else(none)?;
    for document in made.iter().take(4) {
        if is_last_project(server, kind) || server.delete(kind, &text(document, "Id")).is_err() {
            continue;
        }
        let again = server.like(document, kind, &text(document, "Name"));
        let added = server.add(kind, &again)?;
        return Ok(format!("{} is deleted and made again as {}", named(kind, document), text(&added, "Id")));
    }
    Err(none())
}

fn add(server: &Server<'_>, chance: &mut Chance) -> Done {
    let (kind, made) = kind(server, chance, 1).ok_or_else(none)?;
    let name = format!("{} {}", chance.one(&["000 first", "New", "zz last"]), chance.below(9000));
    let added = server.add(kind, &server.like(&made[0], kind, &name))?;
    Ok(format!("{} is made, like {}", named(kind, &added), named(kind, &made[0])))
}

/// The canonical names of all tags.
pub(super) fn tags(server: &Server<'_>) -> Vec<String> {
    let sets = server.all("tagsets");
    sets.iter()
        .flat_map(|set| super::server::items(set, "Tags"))
        .map(|tag| text(tag, "CanonicalTagName"))
        .collect()
}

/// Ids, or canonical names, of what a field may name.
pub(super) fn eligible(server: &Server<'_>, kind: &str) -> Vec<String> {
    if kind == "tags" {
        return tags(server);
    }
    let mut all = server.all(kind);
    all.retain(|document| document["ContentType"] != "ScriptModule");
    all.iter().map(|document| text(document, "Id")).collect()
}

/// Adds to a list, or takes away.
pub(super) fn toggle(list: &mut Value, item: &str) -> &'static str {
    if !list.is_array() {
        *list = json!([]);
    }
    let items = list.as_array_mut().expect("a list");
    if let Some(at) = items.iter().position(|known| known == item) {
        items.remove(at);
        return "no more";
    }
    items.push(json!(item));
    "now"
}

fn refer(server: &Server<'_>, chance: &mut Chance) -> Done {
    for _ in 0..6 {
        let (kind, made) = kind(server, chance, 1).ok_or_else(none)?;
        let document = &made[0];
        let fields: Vec<(&str, &str)> =
            LISTS.into_iter().filter(|(field, _)| document[*field].is_array()).collect();
        if fields.is_empty() {
            continue;
        }
        let (field, of) = chance.one(&fields);
        let all = chance.shuffled(eligible(server, of), Clone::clone);
        let Some(item) = all.first() else { continue };
        let mut how = "";
        let done = server.change(kind, &text(document, "Id"), |document| {
            how = toggle(&mut document[field], item);
            if field.starts_with("Tenant") && document["TenantedDeploymentParticipation"] == "Untenanted" {
                document["TenantedDeploymentParticipation"] = json!("TenantedOrUntenanted");
            }
        });
        if done.is_ok() {
            return Ok(format!("{}: {field} has {how} {item}", named(kind, document)));
        }
    }
    Err(none())
}

fn refer_singly(server: &Server<'_>, chance: &mut Chance) -> Done {
    for _ in 0..6 {
        let (kind, made) = kind(server, chance, 1).ok_or_else(none)?;
        let document = &made[0];
        let fields: Vec<(&str, &str)> =
            SINGLE.into_iter().filter(|(field, _)| document[*field].is_string()).collect();
        if fields.is_empty() {
            continue;
        }
        let (field, of) = chance.one(&fields);
        let all = chance.shuffled(eligible(server, of), Clone::clone);
        let Some(item) = all.first() else { continue };
        let id = text(document, "Id");
        if server.change(kind, &id, |document| document[field] = json!(item)).is_ok() {
            return Ok(format!("{}: {field} is {item}", named(kind, document)));
        }
    }
    Err(none())
}

fn flag(server: &Server<'_>, chance: &mut Chance) -> Done {
    for _ in 0..6 {
        let (kind, made) = kind(server, chance, 1).ok_or_else(none)?;
        let document = &made[0];
        let fields: Vec<&str> = FLAGS.into_iter().filter(|field| document[*field].is_boolean()).collect();
        if fields.is_empty() {
            continue;
        }
        let field = chance.one(&fields);
        let value = document[field] != true;
        if server.change(kind, &text(document, "Id"), |document| document[field] = json!(value)).is_ok() {
            return Ok(format!("{}: {field} is {value}", named(kind, document)));
        }
    }
    Err(none())
}

fn describe(server: &Server<'_>, chance: &mut Chance) -> Done {
    let (kind, made) = kind(server, chance, 1).ok_or_else(none)?;
    let words = format!("Said {}.", chance.below(9000));
    server.change(kind, &text(&made[0], "Id"), |document| document["Description"] = json!(words))?;
    Ok(format!("{} is described as {words:?}", named(kind, &made[0])))
}

/// Another place among its like.
fn order(server: &Server<'_>, chance: &mut Chance) -> Done {
    let kind = chance.one(&["environments", "workerpools", "tagsets"]);
    let made = chance.documents(server.made(kind));
    let first = made.first().ok_or_else(none)?;
    let at = chance.below(made.len() + 1);
    server.change(kind, &text(first, "Id"), |document| document["SortOrder"] = json!(at))?;
    Ok(format!("{} has the place {at}", named(kind, first)))
}
