//! Every kind over time, five migrations in a row: all are renamed, two of each change names, one of each comes first and lists are turned round, what
//! came is deleted and made again under its name, and goes. At both sides somebody works in between: what people have entered at the destination
//! stays, nothing is made twice, and each thing is the same one as before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{http, sandbox_with};
use crate::years::{KINDS, Names, Years, is_made, list};

/// Lists in documents whose items have an identity of their own: collection, list.
const PARTS: [(&str, &str); 6] = [
    ("variables", "Variables"),
    ("deploymentprocesses", "Steps"),
    ("runbookprocesses", "Steps"),
    ("tagsets", "Tags"),
    ("libraryvariablesets", "Templates"),
    ("projects", "Templates"),
];

/// What a person enters; also valid as a file in base64.
const BY_HAND: &str = "YnkgaGFuZA==";
/// Comes before all others.
const FIRST: &str = "000 first";

/// The documents of a collection that a person has made.
fn made(years: &Years, kind: &str) -> Vec<Value> {
    let mut all = list(&years.source, "Spaces-2", kind);
    all.retain(|document| {
        is_made(document)
            && document["Archived"].is_null()
            // Of the others the API takes no update.
            && (kind != "git-credentials" || document["Details"]["Password"].is_object())
            && (kind != "teams" || (document["SpaceId"] == "Spaces-2" && document["CanBeRenamed"] != false))
    });
    all
}

fn text(document: &Value, field: &str) -> String {
    document[field].as_str().unwrap_or_default().to_owned()
}

fn put(years: &Years, kind: &str, document: &Value) {
    let path = format!("/api/Spaces-2/{kind}/{}", text(document, "Id"));
    let (status, said) = http(&years.source, "PUT", &path, Some(document));
    assert_eq!(status, 200, "{path}: {said}");
}

fn get(years: &Years, kind: &str, id: &str) -> Value {
    http(&years.source, "GET", &format!("/api/Spaces-2/{kind}/{id}"), None).1
}

/// The ids of the variable sets of a server's space.
fn sets(server: &octopus_sandbox::Sandbox, space: &str) -> Vec<String> {
    let owners = ["projects", "libraryvariablesets"].into_iter().flat_map(|kind| list(server, space, kind));
    let owners = owners.filter(|owner| owner["ContentType"] != "ScriptModule");
    owners.map(|owner| text(&owner, "VariableSetId")).filter(|id| !id.is_empty()).collect()
}

/// The documents with such a part.
fn holders(server: &octopus_sandbox::Sandbox, space: &str, kind: &str) -> Vec<Value> {
    if kind == "variables" {
        let get = |id: String| http(server, "GET", &format!("/api/{space}/variables/{id}"), None).1;
        return sets(server, space).into_iter().map(get).collect();
    }
    let mut all = list(server, space, kind);
    all.retain(|document| document["IsSystem"] != true);
    all
}

/// Changes the parts of all documents of the source.
fn change_parts(years: &Years, mut with: impl FnMut(&str, &mut Vec<Value>)) {
    for (kind, part) in PARTS {
        for mut document in holders(&years.source, "Spaces-2", kind) {
            let before = document.clone();
            if let Some(parts) = document[part].as_array_mut() {
                with(part, parts);
                for (at, tag) in
                    parts.iter_mut().enumerate().filter(|(_, part)| part["SortOrder"].is_number())
                {
                    tag["SortOrder"] = json!(at);
                }
            }
            if document != before {
                put(years, kind, &document);
            }
        }
    }
}

/// Id → name of the documents of a kind at the destination, and of all parts by the id of the document before theirs.
fn there(years: &Years) -> BTreeMap<String, Names> {
    let mut found: BTreeMap<String, Names> =
        KINDS.iter().map(|kind| ((*kind).to_owned(), years.names(kind))).collect();
    for (kind, part) in PARTS {
        let mut names = Names::new();
        for document in holders(&years.destination, &years.space(), kind) {
            for item in document[part].as_array().into_iter().flatten() {
                names.insert(format!("{}/{}", text(&document, "Id"), text(item, "Id")), text(item, "Name"));
                for action in item["Actions"].as_array().into_iter().flatten() {
                    names.insert(
                        format!("{}/{}/{}", text(&document, "Id"), text(item, "Id"), text(action, "Id")),
                        text(action, "Name"),
                    );
                }
            }
        }
        found.insert(format!("{kind}/{part}"), names);
    }
    let dump = years.destination.dump();
    let values =
        dump["Documents"][years.space()]["tenantvariablevalues"].as_object().cloned().unwrap_or_default();
    let values = values.into_iter().map(|(id, value)| (id, text(&value, "TemplateId")));
    found.insert("tenantvariablevalues".to_owned(), values.collect());
    found
}

/// Enters every secret at the destination by hand.
fn enter(years: &Years) {
    fn fill(value: &mut Value) {
        match value {
            Value::Object(fields) if fields.get("HasValue") == Some(&json!(true)) => {
                *value = json!({"HasValue": true, "NewValue": BY_HAND, "Hint": null});
            }
            Value::Object(fields) => fields.values_mut().for_each(fill),
            Value::Array(items) => items.iter_mut().for_each(fill),
            _ => {}
        }
    }
    let space = years.space();
    // Of credentials with a key the API takes no update.
    let credentials = years.at_destination("git-credentials");
    for mut document in credentials.into_iter().filter(|document| document["Details"]["Password"].is_object())
    {
        fill(&mut document);
        let path = format!("/api/{space}/git-credentials/{}", text(&document, "Id"));
        assert_eq!(http(&years.destination, "PUT", &path, Some(&document)).0, 200, "{path}");
    }
    let kinds = KINDS.into_iter().filter(|kind| !["certificates", "git-credentials"].contains(kind));
    for kind in kinds.chain(["variables", "deploymentprocesses", "runbookprocesses"]) {
        for mut document in holders(&years.destination, &space, kind) {
            let before = document.clone();
            fill(&mut document);
            for variable in document["Variables"].as_array_mut().into_iter().flatten() {
                if variable["Type"] == "Sensitive" {
                    variable["Value"] = json!(BY_HAND);
                }
            }
            // Somebody edits there, too; it is set back.
            if document["Description"].is_string() && kind == "environments" {
                document["Description"] = json!("Edited at the destination.");
            }
            if document != before {
                let path = format!("/api/{space}/{kind}/{}", text(&document, "Id"));
                let (status, said) = http(&years.destination, "PUT", &path, Some(&document));
                assert_eq!(status, 200, "{path}: {said}");
            }
        }
    }
}

/// All that people have entered: document and place.
fn entered(years: &Years) -> BTreeSet<String> {
    let dump = years.destination.dump();
    let secrets = dump["Secrets"].as_object().expect("secrets").iter();
    let places = secrets.flat_map(|(id, places)| {
        let by_hand = places.as_object().expect("places").iter().filter(|(_, value)| *value == BY_HAND);
        by_hand.map(move |(place, _)| format!("{id} {place}"))
    });
    places.collect()
}

/// One more of its kind, like another one.
fn like(years: &Years, kind: &str, model: &Value) -> Value {
    let secrets = years.source.dump()["Secrets"][text(model, "Id")].clone();
    let mut new = model.clone();
    let fields = new.as_object_mut().expect("a document");
    for computed in [
        "Id",
        "Slug",
        "Links",
        "VariableSetId",
        "DeploymentProcessId",
        "RunbookProcessId",
        "PublishedRunbookSnapshotId",
        "DeploymentSettingsId",
    ] {
        fields.remove(computed);
    }
    for (name, value) in fields.iter_mut() {
        if value["HasValue"].is_boolean() {
            let known = secrets[name.as_str()].as_str().unwrap_or(BY_HAND);
            *value = json!({"HasValue": true, "NewValue": known, "Hint": null});
        }
    }
    new["Name"] = json!(FIRST);
    for (kind_of_list, list) in
        [("tagsets", "Tags"), ("libraryvariablesets", "Templates"), ("projects", "Templates")]
    {
        if kind == kind_of_list {
            new[list] = json!([]);
        }
    }
    if new["IsDefault"] == true {
        new["IsDefault"] = json!(false);
    }
    if kind == "tenants" {
        new["ProjectEnvironments"] = json!({});
    }
    new
}

/// One more part like another, before all.
fn part_like(model: &Value, number: usize) -> Value {
    let id = |of: usize| json!(format!("6f1f7b0a-0000-4000-8000-{number:06}{of:06}"));
    let mut new = model.clone();
    new["Id"] = id(0);
    new["Name"] = json!(FIRST.replace(' ', "."));
    for field in ["Slug", "CanonicalTagName"] {
        new.as_object_mut().expect("a part").remove(field);
    }
    if let Some(actions) = new["Actions"].as_array_mut() {
        actions.truncate(1);
        actions[0]["Id"] = id(1);
        actions[0]["Name"] = json!(FIRST.replace(' ', "."));
        actions[0].as_object_mut().expect("an action").remove("Slug");
    }
    if model["Type"] == "Sensitive" {
        new["Value"] = json!("new");
    }
    new
}

/// Makes one more of each kind at the source, and one more part of each list; the kinds.
fn insert_first(years: &Years, number: usize) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for kind in KINDS {
        if list(&years.source, "Spaces-2", kind).iter().any(|document| document["Name"] == FIRST) {
            continue;
        }
        let Some(model) = made(years, kind).into_iter().find(|document| document["IsDefault"] != true) else {
            continue;
        };
        let mut new = like(years, kind, &model);
        if kind == "git-credentials" {
            // The model's own is not shown.
            new["Details"]["Password"] = json!({"HasValue": true, "NewValue": "of the first"});
        }
        let (status, said) = http(&years.source, "POST", &format!("/api/Spaces-2/{kind}"), Some(&new));
        assert!((200..300).contains(&status), "{kind}: {said}");
        kinds.push(kind);
    }
    let mut at = number;
    change_parts(years, |_, parts| {
        if let Some(model) = parts.first() {
            at += 1;
            let new = part_like(model, at);
            parts.insert(0, new);
        }
    });
    kinds
}

/// Deletes them again. A project stays: the state of its module goes by its id, so a new one of its name is another one until a person says otherwise.
fn delete_first(years: &Years) {
    // What uses others goes first.
    for kind in KINDS.into_iter().rev().filter(|kind| *kind != "projects") {
        for document in
            list(&years.source, "Spaces-2", kind).iter().filter(|document| document["Name"] == FIRST)
        {
            let path = format!("/api/Spaces-2/{kind}/{}", text(document, "Id"));
            let (status, said) = http(&years.source, "DELETE", &path, None);
            assert!((200..300).contains(&status), "{path}: {said}");
        }
    }
    change_parts(years, |_, parts| parts.retain(|part| part["Name"] != FIRST.replace(' ', ".")));
}

/// Policies whose names finish sets; it does not exchange them with one that Terraform changes.
fn is_for_finish(policy: &Value) -> bool {
    ["Policy of days", "Policy small"].iter().any(|name| text(policy, "Name").starts_with(name))
}

/// Two of each kind, and of each list, change names; of those that Terraform plans, since it does not see the others give theirs away.
fn exchange(years: &Years) {
    // Each project has a module of its own, whose plan does not see the other.
    for kind in KINDS.into_iter().filter(|kind| *kind != "projects") {
        let all = made(years, kind);
        let mut pairs = all.iter().flat_map(|one| all.iter().map(move |two| (one, two)));
        let alike = |field: &str, one: &Value, two: &Value| one[field] == two[field];
        let pair = pairs.find(|(one, two)| {
            text(one, "Id") < text(two, "Id")
                && one["IsDefault"] != true
                && two["IsDefault"] != true
                // Comes with its project, so that Terraform does not plan it.
                && !(kind == "channels" && [one, two].iter().any(|channel| text(channel, "Name").starts_with("Default")))
                && ["ProjectId", "ContentType", "AccountType", "FeedType"].iter().all(|field| alike(field, one, two))
                && one["Endpoint"]["CommunicationStyle"] == two["Endpoint"]["CommunicationStyle"]
                && !(kind == "machinepolicies" && [one, two].iter().any(|policy| is_for_finish(policy)))
        });
        let Some((one, two)) = pair else { continue };
        for (whose, name) in
            [(one, json!("in between")), (two, one["Name"].clone()), (one, two["Name"].clone())]
        {
            let mut document = get(years, kind, &text(whose, "Id"));
            document["Name"] = name;
            put(years, kind, &document);
        }
    }
    // As people do it: with a name in between, so that whatever names a tag follows it.
    let single = |part: &Value| part["Actions"].as_array().map_or(0, Vec::len) < 2;
    let mut names = Vec::new();
    for step in 0..3 {
        let mut at = 0;
        change_parts(years, |_, parts| {
            let [one, two, ..] = parts.as_mut_slice() else { return };
            if !single(one) || !single(two) {
                return;
            }
            if step == 0 {
                names.push([one["Name"].clone(), two["Name"].clone()]);
            }
            let [of_one, of_two] = names[at].clone();
            at += 1;
            let (part, name) = match step {
                0 => (one, json!("in-between")),
                1 => (two, of_one),
                _ => (one, of_two),
            };
            if part["Actions"].is_array() {
                part["Actions"][0]["Name"] = name.clone();
            }
            part["Name"] = name;
        });
    }
}

fn rename(years: &Years) {
    for kind in KINDS {
        for document in made(years, kind) {
            let mut document = get(years, kind, &text(&document, "Id"));
            document["Name"] = json!(format!("{} two", text(&document, "Name")));
            put(years, kind, &document);
        }
    }
    change_parts(years, |_, parts| {
        for part in parts {
            for action in part["Actions"].as_array_mut().into_iter().flatten() {
                action["Name"] = json!(format!("{}X", text(action, "Name")));
            }
            part["Name"] = json!(format!("{}X", text(part, "Name")));
        }
    });
}

/// Lists are turned round, and what has a place among its like gets another one.
fn reorder(years: &Years) {
    change_parts(years, |part, parts| {
        if part != "Variables" {
            parts.reverse();
        }
    });
    for kind in ["environments", "workerpools"] {
        let count = list(&years.source, "Spaces-2", kind).len();
        years.change(kind, |document| {
            if let Some(at) = document["SortOrder"].as_u64() {
                document["SortOrder"] = json!((count as u64).saturating_sub(at));
            }
        });
    }
}

struct Watched<'a> {
    years: &'a Years,
    ids: BTreeMap<String, BTreeSet<String>>,
    entered: BTreeSet<String>,
}

impl<'a> Watched<'a> {
    fn of(years: &'a Years) -> Self {
        let ids = there(years).into_iter().map(|(kind, names)| (kind, names.into_keys().collect()));
        Self { years, ids: ids.collect(), entered: entered(years) }
    }

    /// Migrates, and says what is not there any more.
    #[track_caller]
    fn migrate(&self, options: &[&str], when: &str) {
        self.years.serialize();
        self.years.deploy().args(options).ends_with(3).is_settled();
        let now = there(self.years);
        let gone: Vec<String> = self
            .ids
            .iter()
            .flat_map(|(kind, ids)| {
                ids.iter().filter(|id| !now[kind].contains_key(*id)).map(move |id| format!("{kind} {id}"))
            })
            .collect();
        assert!(gone.is_empty(), "{when}: these were made anew: {gone:#?}");
        let entered = entered(self.years);
        let lost: Vec<&String> = self.entered.difference(&entered).collect();
        assert!(lost.is_empty(), "{when}: what was entered by hand is lost: {lost:#?}");
    }
}

/// What was deleted at the source and made again under its name keeps its place, and has nothing of what a person has entered for the former one:
/// that goes when it may, and nothing goes before.
fn made_again(years: &Years, mut more: Watched<'_>) {
    let of_first = of_first(years, &more.entered);
    assert!(!of_first.is_empty());
    years.serialize();
    years.deploy().ends_with(1).says("was deleted at the source, and this is another one of its name");
    assert!(more.entered.is_subset(&entered(years)), "nothing was written");
    more.entered.retain(|place| !of_first.contains(place));
    more.migrate(&["--allow-destroy"], "deleted and made again under the same name");
    let now = entered(years);
    let inherited: Vec<&String> = of_first.iter().filter(|place| now.contains(*place)).collect();
    assert!(inherited.is_empty(), "entered for another one: {inherited:#?}");
}

/// What of these places belongs to documents and parts that came first.
fn of_first(years: &Years, places: &BTreeSet<String>) -> BTreeSet<String> {
    let is_first = |name: &str| name == FIRST || name == FIRST.replace(' ', ".");
    let all = there(years);
    let firsts = all.values().flatten().filter(|(_, name)| is_first(name));
    let ids: BTreeSet<&str> = firsts.filter_map(|(id, _)| id.rsplit('/').next()).collect();
    let is_of = |place: &&String| place.split([' ', '/']).any(|part| ids.contains(part));
    places.iter().filter(is_of).cloned().collect()
}

/// The five migrations of a space.
fn five(space: &str) {
    let years = Years::from(sandbox_with(space));
    enter(&years);
    let watched = Watched::of(&years);
    assert!(!watched.entered.is_empty());

    rename(&years);
    watched.migrate(&[], "renamed");
    let renamed = there(&years);
    exchange(&years);
    watched.migrate(&[], "two change names");
    let exchanged = there(&years);
    assert_ne!(renamed, exchanged, "names were exchanged");

    let kinds = insert_first(&years, 0);
    reorder(&years);
    watched.migrate(&[], "others come first, and lists are turned round");
    enter(&years);
    let more = Watched::of(&years);
    for kind in &kinds {
        assert!(there(&years)[*kind].values().any(|name| name == FIRST), "{kind}: the new one has arrived");
    }

    delete_first(&years);
    insert_first(&years, 500);
    made_again(&years, more);

    delete_first(&years);
    watched.migrate(&["--allow-destroy"], "deleted");
    // What finish makes is left to people when it is gone, and much of the infrastructure is.
    let stays = |kind: &str| space == "infrastructure" || ["projects", "insightsreports"].contains(&kind);
    for (kind, names) in there(&years).into_iter().filter(|(kind, _)| !stays(kind)) {
        let left: Vec<&String> =
            names.values().filter(|name| **name == FIRST || **name == FIRST.replace(' ', ".")).collect();
        assert!(left.is_empty(), "{kind} keeps what is gone");
    }
}

/// What finish makes, Terraform knows nothing of: gone from the source it is named until it is gone at the destination, too.
#[test]
fn what_finish_made_and_is_gone_is_named_and_goes_when_that_is_allowed() {
    let years = Years::from(sandbox_with("operations"));
    let report = list(&years.source, "Spaces-2", "insights/reports").remove(0);
    let path = format!("/api/Spaces-2/insights/reports/{}", text(&report, "Id"));
    assert_eq!(http(&years.source, "DELETE", &path, None).0, 200);
    let there = || list(&years.destination, &years.space(), "insights/reports").len();
    let said = "insightsreports \"Crossings\" is gone from the source, and stays (";
    years.serialize();
    years.deploy().ends_with(3).says(said);
    years.deploy().ends_with(3).says(said);
    assert_eq!(there(), 1);
    years.deploy().arg("--allow-destroy").ends_with(3).says("deleted insightsreports \"Crossings\"");
    assert_eq!(there(), 0);
    years.deploy().ends_with(3).never_says(said);
}

/// Finish knows what it has made by its id: two change names, and what a person makes under such a name is that person's.
#[test]
fn what_finish_made_is_known_by_its_id() {
    const REPORTS: &str = "insights/reports";
    let years = Years::from(sandbox_with("operations"));
    let at =
        |server: &octopus_sandbox::Sandbox, space: &str, method: &str, id: &str, body: Option<&Value>| {
            let (status, said) = http(server, method, &format!("/api/{space}/{REPORTS}{id}"), body);
            assert!((200..300).contains(&status), "{method} {id}: {said}");
            said
        };
    let called = |server: &octopus_sandbox::Sandbox, space: &str, name: &str| {
        let all = list(server, space, REPORTS);
        all.into_iter().find(|report| report["Name"] == name).expect("the report")
    };
    let name = |server: &octopus_sandbox::Sandbox, space: &str, mut report: Value, name: &str| {
        report["Name"] = json!(name);
        at(server, space, "PUT", &format!("/{}", text(&report, "Id")), Some(&report));
    };
    let (here, source) = (years.space(), &years.source);
    at(
        source,
        "Spaces-2",
        "POST",
        "",
        Some(&like(&years, REPORTS, &called(source, "Spaces-2", "Crossings"))),
    );
    years.migrate();
    let [one, two] = ["Crossings", FIRST].map(|name| text(&called(&years.destination, &here, name), "Id"));
    let [first, second] = ["Crossings", FIRST].map(|name| called(source, "Spaces-2", name));
    name(source, "Spaces-2", first.clone(), "between");
    name(source, "Spaces-2", second, "Crossings");
    name(source, "Spaces-2", first, FIRST);
    years.migrate().is_settled();
    let id = |name: &str| text(&called(&years.destination, &here, name), "Id");
    assert_eq!([id("Crossings"), id(FIRST)], [two.clone(), one.clone()], "each is what it was");

    // At the destination somebody renames one, and makes another one of its name.
    let ours = called(&years.destination, &here, "Crossings");
    name(&years.destination, &here, ours.clone(), "Older crossings");
    at(
        &years.destination,
        &here,
        "POST",
        "",
        Some(&{
            let mut theirs = like(&years, REPORTS, &ours);
            theirs["Name"] = json!("Crossings");
            theirs
        }),
    );
    let theirs = id("Crossings");
    let gone = text(&called(source, "Spaces-2", "Crossings"), "Id");
    at(source, "Spaces-2", "DELETE", &format!("/{gone}"), None);
    years.serialize();
    years.deploy().ends_with(3).says(&format!("is gone from the source, and stays ({two})"));
    years.deploy().arg("--allow-destroy").ends_with(3).says("deleted insightsreports");
    let left: BTreeSet<String> =
        list(&years.destination, &here, REPORTS).iter().map(|report| text(report, "Id")).collect();
    assert_eq!(left, BTreeSet::from([one, theirs]));
}

#[test]
fn five_migrations_of_a_shop() {
    five("shop");
}

#[test]
fn five_migrations_of_operations() {
    five("operations");
}

#[test]
fn five_migrations_of_an_infrastructure() {
    five("infrastructure");
}
