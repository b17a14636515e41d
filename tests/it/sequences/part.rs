//! What a person does to parts of documents of the source: variables, steps, tags, templates, phases; and to the links and values of tenants.

use serde_json::{Value, json};

use super::chance::Chance;
use super::document::{Done, eligible, tags, toggle};
use super::server::{Server, fill, items, text};

/// Lists in documents whose items have an identity of their own: collection, list.
pub(super) const PARTS: [(&str, &str); 7] = [
    ("variables", "Variables"),
    ("deploymentprocesses", "Steps"),
    ("runbookprocesses", "Steps"),
    ("tagsets", "Tags"),
    ("libraryvariablesets", "Templates"),
    ("projects", "Templates"),
    ("lifecycles", "Phases"),
];

pub(super) fn edit(server: &Server<'_>, chance: &mut Chance) -> Done {
    match chance.below(12) {
        0..=4 => part(server, chance),
        5 | 6 => variable(server, chance),
        7 | 8 => action(server, chance),
        9 => link(server, chance),
        10 => tenant_value(server, chance),
        _ => template(server, chance),
    }
}

fn none() -> String {
    "nothing of the kind".to_owned()
}

/// A new id for a part, where clients give one.
pub(super) fn new_id(chance: &mut Chance) -> Value {
    json!(format!("6f1f7b0a-{:04x}-4000-8000-{:012x}", chance.next() >> 48, chance.next() >> 16))
}

/// A document with such a part, whose part has this many items at least.
fn holder(
    server: &Server<'_>,
    chance: &mut Chance,
    least: usize,
) -> Option<(&'static str, &'static str, Value)> {
    for _ in 0..8 {
        let (kind, list) = chance.one(&PARTS);
        let mut all = server.made(kind);
        all.retain(|document| items(document, list).count() >= least);
        if let Some(first) = chance.documents(all).into_iter().next() {
            return Some((kind, list, first));
        }
    }
    None
}

/// Name of a part; of a step with one action the action's too.
fn call(part: &mut Value, name: &str) {
    if let Some([action]) = part["Actions"].as_array_mut().map(Vec::as_mut_slice) {
        action["Name"] = json!(name);
    }
    part["Name"] = json!(name);
}

/// One more part like another.
pub(super) fn like(model: &Value, chance: &mut Chance, name: &str) -> Value {
    let mut new = model.clone();
    if model["Color"].is_string() {
        new.as_object_mut().expect("a part").remove("Id");
    } else {
        new["Id"] = new_id(chance);
    }
    for field in ["Slug", "CanonicalTagName"] {
        new.as_object_mut().expect("a part").remove(field);
    }
    for action in new["Actions"].as_array_mut().into_iter().flatten() {
        action["Id"] = new_id(chance);
        action["Name"] = json!(format!("{name} {}", text(action, "Name")));
        action.as_object_mut().expect("an action").remove("Slug");
        for package in action["Packages"].as_array_mut().into_iter().flatten() {
            package["Id"] = new_id(chance);
        }
    }
    call(&mut new, name);
    fill(&mut new, "b2YgaXRzIG93bg==");
    if model["Type"] == "Sensitive" {
        new["Value"] = json!("of its own");
    }
    new
}

/// Tags have their places in themselves.
fn number(parts: &mut [Value]) {
    for (at, tag) in parts.iter_mut().enumerate().filter(|(_, part)| part["SortOrder"].is_number()) {
        tag["SortOrder"] = json!(at);
    }
}

fn part(server: &Server<'_>, chance: &mut Chance) -> Done {
    let what = chance.below(8);
    let (kind, list, document) =
        holder(server, chance, if [1, 5].contains(&what) { 2 } else { 1 }).ok_or_else(none)?;
    let chosen = chance.shuffled(items(&document, list).cloned().collect(), |part| text(part, "Id"));
    let (id, name) = (chosen[0]["Id"].clone(), text(&chosen[0], "Name"));
    let fresh = format!("{}.{}", chance.one(&["New", "000", "Again"]), chance.below(9000));
    let mut copy = chance.clone();
    let change = |with: &mut dyn FnMut(&mut Vec<Value>)| {
        server.change(kind, &text(&document, "Id"), |document| {
            let parts = document[list].as_array_mut().expect("a list");
            with(parts);
            number(parts);
        })
    };
    let at = |parts: &[Value]| parts.iter().position(|part| part["Id"] == id).expect("it is there");
    let said = match what {
        0 => {
            change(&mut |parts| {
                let at = at(parts);
                call(&mut parts[at], &fresh);
            })?;
            format!("{name:?} is called {fresh:?}")
        }
        1 => {
            let other = chosen[1].clone();
            for (id, name) in [
                (&chosen[0]["Id"], "in-between"),
                (&other["Id"], name.as_str()),
                (&chosen[0]["Id"], &text(&other, "Name")),
            ] {
                change(&mut |parts| {
                    let part = parts.iter_mut().find(|part| part["Id"] == *id).expect("it is there");
                    call(part, name);
                })?;
            }
            format!("{name:?} and {:?} change names", text(&other, "Name"))
        }
        2 => {
            change(&mut |parts| parts.insert(0, like(&chosen[0], &mut copy, &fresh)))?;
            format!("{fresh:?} comes first, like {name:?}")
        }
        3 => {
            change(&mut |parts| {
                let at = at(parts);
                parts.remove(at);
            })?;
            format!("{name:?} is deleted")
        }
        4 => {
            // In one edit, or in two.
            let again = like(&chosen[0], &mut copy, &name);
            change(&mut |parts| {
                let at = at(parts);
                parts[at] = again.clone();
            })?;
            format!("{name:?} is deleted and made again")
        }
        5 => {
            change(&mut |parts| parts.reverse())?;
            "all are turned round".to_owned()
        }
        6 => {
            change(&mut |parts| {
                let at = at(parts);
                let part = parts.remove(at);
                parts.push(part);
            })?;
            format!("{name:?} comes last")
        }
        _ => {
            change(&mut |parts| parts.push(like(&chosen[0], &mut copy, &fresh)))?;
            format!("{fresh:?} comes last, like {name:?}")
        }
    };
    Ok(format!("{kind} {} {list}: {said}", text(&document, "Id")))
}

/// Kinds of scopes of variables, and what they name.
fn scope(server: &Server<'_>, chance: &mut Chance, set: &Value) -> Option<(&'static str, String)> {
    let owner = text(set, "OwnerId");
    let (kind, all) = match chance.below(6) {
        0 | 1 => ("Environment", eligible(server, "environments")),
        2 => ("Role", vec!["web".to_owned(), "db".to_owned()]),
        3 => ("Machine", eligible(server, "machines")),
        4 => ("TenantTag", tags(server)),
        _ => {
            let mut channels = server.all("channels");
            channels.retain(|channel| channel["ProjectId"] == owner.as_str());
            ("Channel", channels.iter().map(|channel| text(channel, "Id")).collect())
        }
    };
    chance.shuffled(all, Clone::clone).into_iter().next().map(|item| (kind, item))
}

fn variable(server: &Server<'_>, chance: &mut Chance) -> Done {
    let mut sets = server.made("variables");
    sets.retain(|set| items(set, "Variables").next().is_some());
    let set = chance.documents(sets).into_iter().next().ok_or_else(none)?;
    let all = chance.shuffled(items(&set, "Variables").cloned().collect(), |part| text(part, "Id"));
    let (id, name) = (all[0]["Id"].clone(), text(&all[0], "Name"));
    let (what, value) = (chance.below(6), format!("value {}", chance.below(9000)));
    let scope = scope(server, chance, &set);
    let account = chance.shuffled(eligible(server, "accounts"), Clone::clone).into_iter().next();
    let mut said = String::new();
    server.change("variables", &text(&set, "Id"), |set| {
        let variables = set["Variables"].as_array_mut().expect("variables");
        let variable = variables.iter_mut().find(|variable| variable["Id"] == id).expect("it is there");
        said = match what {
            0 if variable["Type"] == "String" || variable["Type"] == "Sensitive" => {
                variable["Value"] = json!(value);
                format!("has the value {value:?}")
            }
            1 if variable["Type"] == "String" => {
                variable["Type"] = json!("Sensitive");
                variable["IsSensitive"] = json!(true);
                "is a secret now".to_owned()
            }
            2 if variable["Type"] == "String" && account.is_some() => {
                variable["Type"] = json!("AmazonWebServicesAccount");
                variable["Value"] = json!(account);
                format!("is the account {account:?}")
            }
            3 => {
                variable["Description"] = json!(value);
                "has another description".to_owned()
            }
            _ => {
                let Some((kind, item)) = &scope else { return };
                let scopes = variable["Scope"].as_object_mut().expect("scopes");
                let list = scopes.entry(*kind).or_insert_with(|| json!([]));
                let how = toggle(list, item);
                scopes.retain(|_, list| list != &json!([]));
                format!("has {how} the scope {kind} {item}")
            }
        };
    })?;
    Ok(format!("{} {name:?} {said}", text(&set, "Id")))
}

fn action(server: &Server<'_>, chance: &mut Chance) -> Done {
    let kind = chance.one(&["deploymentprocesses", "deploymentprocesses", "runbookprocesses"]);
    let mut all = server.made(kind);
    all.retain(|process| items(process, "Steps").next().is_some());
    let process = chance.documents(all).into_iter().next().ok_or_else(none)?;
    let actions: Vec<Value> =
        items(&process, "Steps").flat_map(|step| items(step, "Actions")).cloned().collect();
    let action = chance.shuffled(actions, |action| text(action, "Id")).into_iter().next().ok_or_else(none)?;
    let environment = chance.shuffled(eligible(server, "environments"), Clone::clone).into_iter().next();
    let pool = chance.shuffled(eligible(server, "workerpools"), Clone::clone).into_iter().next();
    let tag = chance.shuffled(tags(server), Clone::clone).into_iter().next();
    let templates = server.all("actiontemplates");
    let (what, words) = (chance.below(9), format!("echo {}", chance.below(9000)));
    let mut copy = chance.clone();
    let mut said = String::new();
    server.change(kind, &text(&process, "Id"), |process| {
        let steps = process["Steps"].as_array_mut().expect("steps");
        let is_it = |step: &Value| items(step, "Actions").any(|other| other["Id"] == action["Id"]);
        let at = steps.iter().position(is_it).expect("its step");
        let count = steps.len();
        let actions = steps[at]["Actions"].as_array_mut().expect("actions");
        let inner = actions.iter().position(|other| other["Id"] == action["Id"]).expect("it");
        let beside = actions.len() > 1;
        let it = &mut actions[inner];
        said = match (what, &environment, &pool, &tag) {
            (0, ..) => {
                it["IsDisabled"] = json!(it["IsDisabled"] != true);
                "is switched".to_owned()
            }
            (1, Some(environment), ..) => {
                format!("Environments: {} {environment}", toggle(&mut it["Environments"], environment))
            }
            (2, Some(environment), ..) => {
                format!(
                    "ExcludedEnvironments: {} {environment}",
                    toggle(&mut it["ExcludedEnvironments"], environment)
                )
            }
            (3, _, Some(pool), _) => {
                it["WorkerPoolId"] = json!(pool);
                format!("runs in {pool}")
            }
            (4, _, _, Some(tag)) => format!("TenantTags: {} {tag}", toggle(&mut it["TenantTags"], tag)),
            (5, ..) if beside => {
                let new = like(&actions[inner].clone(), &mut copy, &format!("Child {words}"));
                actions.push(new);
                "has one more like it beside it".to_owned()
            }
            (6, ..) if beside && count > 1 => {
                let moved = actions.remove(inner);
                steps[(at + 1) % count]["Actions"].as_array_mut().expect("actions").push(moved);
                "is moved to another step".to_owned()
            }
            (7, ..) if it["Properties"]["Octopus.Action.Template.Id"].is_string() => {
                let id = it["Properties"]["Octopus.Action.Template.Id"].clone();
                let newest = templates.iter().find(|template| template["Id"] == id);
                let Some(newest) = newest else { return };
                it["Properties"]["Octopus.Action.Template.Version"] = json!(newest["Version"].to_string());
                "has its template's newest version".to_owned()
            }
            _ => {
                let key = "Octopus.Action.Script.ScriptBody";
                if it["Properties"][key].is_string() {
                    it["Properties"][key] = json!(words);
                }
                it["Notes"] = json!(words);
                "says something else".to_owned()
            }
        };
    })?;
    Ok(format!("{} {:?} {said}", text(&process, "Id"), text(&action, "Name")))
}

/// A tenant and a project, or the environments of their link.
fn link(server: &Server<'_>, chance: &mut Chance) -> Done {
    let tenant = chance.documents(server.made("tenants")).into_iter().next().ok_or_else(none)?;
    let project = chance.documents(server.made("projects")).into_iter().next().ok_or_else(none)?;
    let environment = chance.shuffled(eligible(server, "environments"), Clone::clone).into_iter().next();
    let environment = environment.ok_or_else(none)?;
    let unlink = chance.percent(25);
    let id = text(&project, "Id");
    let mut said = "";
    server.change("tenants", &text(&tenant, "Id"), |tenant| {
        let links = tenant["ProjectEnvironments"].as_object_mut().expect("links");
        if unlink {
            links.remove(&id);
            said = "none";
        } else {
            said = toggle(links.entry(id.clone()).or_insert_with(|| json!([])), &environment);
        }
    })?;
    Ok(format!("tenants {} links to {id}: {said} {environment}", text(&tenant, "Id")))
}

fn tenant_value(server: &Server<'_>, chance: &mut Chance) -> Done {
    let tenant = chance.documents(server.made("tenants")).into_iter().next().ok_or_else(none)?;
    let path = format!("/api/{}/tenants/{}/variables", server.space, text(&tenant, "Id"));
    let mut all = server.ask("GET", &path, None)?;
    // Owner, environment, template.
    let mut places: Vec<[String; 4]> = Vec::new();
    for (part, inner) in [("ProjectVariables", true), ("LibraryVariables", false)] {
        for (owner, of) in all[part].as_object().into_iter().flatten() {
            for template in items(of, "Templates")
                .filter(|template| template["DisplaySettings"]["Octopus.ControlType"] != "Sensitive")
            {
                let environments: Vec<String> = if inner {
                    of["Variables"].as_object().into_iter().flatten().map(|(id, _)| id.clone()).collect()
                } else {
                    vec![String::new()]
                };
                for environment in environments {
                    places.push([part.to_owned(), owner.clone(), environment, text(template, "Id")]);
                }
            }
        }
    }
    let [part, owner, environment, template] =
        chance.shuffled(places, |place| place.concat()).into_iter().next().ok_or_else(none)?;
    let value =
        if chance.percent(25) { Value::Null } else { json!(format!("of a tenant {}", chance.below(900))) };
    let values = &mut all[&part][&owner]["Variables"];
    let values = if environment.is_empty() { values } else { &mut values[&environment] };
    if values.get(&template).unwrap_or(&Value::Null) == &value {
        return Err(none());
    }
    values[&template] = value.clone();
    server.ask("PUT", &path, Some(&all))?;
    Ok(format!("{}: the value of {owner} {environment} {template} is {value}", text(&tenant, "Name")))
}

/// Another version of a step template.
fn template(server: &Server<'_>, chance: &mut Chance) -> Done {
    let template = chance.documents(server.made("actiontemplates")).into_iter().next().ok_or_else(none)?;
    let what = chance.below(3);
    let mut copy = chance.clone();
    let words = format!("Parameter{}", chance.below(900));
    server.change("actiontemplates", &text(&template, "Id"), |template| {
        let parameters = template["Parameters"].as_array_mut().expect("parameters");
        match (what, parameters.first().cloned()) {
            (0, Some(first)) => {
                let mut new = like(&first, &mut copy, &words);
                new["Name"] = json!(words);
                parameters.insert(0, new);
            }
            (1, Some(_)) => parameters.reverse(),
            _ => {}
        }
        template["Description"] = json!(words);
    })?;
    Ok(format!("actiontemplates {} has another version ({what})", text(&template, "Id")))
}
