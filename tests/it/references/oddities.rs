//! References and the ways in which they can be odd: dead, dead among living ones, twice, empty, null, an id of another kind, one of another space,
//! one that is archived. Found by looking at the documents and not at octoferry's tables: a text that is the id of something is a reference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::space_file;

/// The space, at the source.
pub(super) const SPACE: &str = "Spaces-2";
/// No id of a test's space ends so, and no colour.
pub(super) const GONE: &str = "7770777";

/// How a reference is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Dead,
    /// A list with one that lives, twice, among one that is gone, one of another kind, one of another space and an empty text.
    Mixed,
    OtherKind,
    OtherSpace,
    Empty,
    Null,
    Archived,
}

const WAYS: [Way; 7] =
    [Way::Dead, Way::Mixed, Way::OtherKind, Way::OtherSpace, Way::Empty, Way::Null, Way::Archived];
/// So many of its ways a place is tried in at once.
const AT_ONCE: usize = 2;
/// After so many rounds each place has been tried in all of them.
pub(super) const ROUNDS: usize = 3;

/// Fields by which a server holds its documents together; they lead nowhere in no server.
const OWN: [&str; 13] = [
    "Id",
    "SpaceId",
    "OwnerId",
    "VariableSetId",
    "DeploymentProcessId",
    "RunbookProcessId",
    "PublishedRunbookSnapshotId",
    "CanonicalTagName",
    "TemplateId",
    "ServiceAccountId",
    "MemberUserIds",
    "SpaceManagersTeams",
    "CommunityActionTemplateId",
];
/// Collections that are not moved, or whose documents are what others say of them.
const OTHERS: [&str; 5] =
    ["variablesnapshots", "runbooksnapshots", "spaces", "oidcidentities", "deploymentsettings"];
/// Their documents belong to a project that knows them, by this field.
const OF_PROJECT: [&str; 6] =
    ["channels", "deploymentprocesses", "runbookprocesses", "runbooks", "projecttriggers", "variables"];

/// A field of documents that holds ids; `[]` stands for the items of a list, `{}` for the values of an object by ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) collection: String,
    way: Vec<String>,
}

impl Place {
    fn is_list(&self) -> bool {
        self.way.last().is_some_and(|last| last == "[]")
    }

    /// The list whose items can be made once more, without their document.
    pub(super) fn part(&self) -> Option<&'static str> {
        ["Steps", "Variables"].into_iter().find(|part| self.way[0] == *part)
    }

    /// Whether it can't have a document of its own for each way: what it names belongs to the same project or value.
    pub(super) fn is_alone(&self) -> bool {
        let last = self.way.join("/");
        self.collection == "tenantvariablevalues"
            || (self.collection == "projects"
                && (last.contains("Runbook") || last.starts_with("ReleaseCreationStrategy")))
    }
}

/// One odd reference.
#[derive(Debug, Clone)]
pub(super) struct Oddity {
    pub(super) place: Place,
    pub(super) way: Way,
    /// The document that has it in the space as it was.
    pub(super) document: String,
    /// What is referred to there.
    living: String,
    number: usize,
}

impl Oddity {
    /// Of the document, step or value that is made for it.
    pub(super) fn name(&self) -> String {
        if self.place.part() == Some("Variables") {
            format!("Odd.{}", self.number)
        } else {
            format!("Odd {}", self.number)
        }
    }
}

pub(super) struct Base {
    dump: Value,
    /// Id → collection.
    ids: BTreeMap<String, String>,
}

impl Base {
    pub(super) fn of(space: &str) -> Self {
        let dump = serde_json::from_slice(&std::fs::read(space_file(space)).expect("the space"));
        let mut dump: Value = dump.expect("JSON");
        plant(&mut dump);
        let mut ids = BTreeMap::new();
        let spaces = dump["Documents"].as_object().expect("spaces");
        for (collection, documents) in spaces.values().flat_map(|space| space.as_object().expect("a space")) {
            for (id, document) in documents.as_object().expect("documents") {
                ids.insert(id.clone(), collection.clone());
                let parts = |field: &str| document[field].as_array().cloned().unwrap_or_default();
                for tag in parts("Tags") {
                    let name = |value: &Value| value["Name"].as_str().expect("a name").to_owned();
                    ids.insert(format!("{}/{}", name(document), name(&tag)), "tags".to_owned());
                }
                for action in
                    parts("Steps").iter().flat_map(|step| step["Actions"].as_array().cloned()).flatten()
                {
                    ids.insert(action["Id"].as_str().expect("an id").to_owned(), "actions".to_owned());
                }
            }
        }
        Self { dump, ids }
    }

    /// Each place, with a document that has it and what stands there.
    fn places(&self) -> BTreeMap<Place, Vec<(String, String)>> {
        let mut found = BTreeMap::new();
        for (space, collections) in self.dump["Documents"].as_object().expect("spaces") {
            if ![SPACE, "Server"].contains(&space.as_str()) {
                continue;
            }
            for (collection, documents) in collections.as_object().expect("collections") {
                for (id, document) in documents.as_object().expect("documents") {
                    if !OTHERS.contains(&collection.as_str()) && self.is_movable(collection, document) {
                        self.look(collection, id, document, &mut Vec::new(), &mut found);
                    }
                }
            }
        }
        found
    }

    /// Built-in things stay at their server; a version-controlled project can't be tried here.
    fn is_movable(&self, collection: &str, document: &Value) -> bool {
        let project = document["ProjectId"].as_str().unwrap_or_default();
        let project = &self.dump["Documents"][SPACE]["projects"][project];
        document["IsSystem"] != true
            && !(collection == "channels" && document["IsDefault"] == true)
            && ![document, project].iter().any(|project| project["IsVersionControlled"] == true)
    }

    fn look(
        &self,
        collection: &str,
        id: &str,
        value: &Value,
        way: &mut Vec<String>,
        found: &mut BTreeMap<Place, Vec<(String, String)>>,
    ) {
        match value {
            Value::String(text) if self.ids.contains_key(text) && !way.is_empty() => {
                let place = Place { collection: collection.to_owned(), way: way.clone() };
                found.entry(place).or_default().push((id.to_owned(), text.clone()));
            }
            Value::Array(items) => {
                way.push("[]".to_owned());
                items.iter().for_each(|item| self.look(collection, id, item, way, found));
                way.pop();
            }
            Value::Object(fields) => {
                for (field, value) in fields {
                    let is_owners = field == "ProjectId" && OF_PROJECT.contains(&collection)
                        || field == "RunbookId" && collection == "runbookprocesses"
                        // A value goes with its tenant, project or library set.
                        || collection == "tenantvariablevalues" && !["EnvironmentIds", "Value"].contains(&field.as_str());
                    if OWN.contains(&field.as_str()) || is_owners {
                        continue;
                    }
                    way.push(if self.ids.contains_key(field) { "{}".to_owned() } else { field.clone() });
                    self.look(collection, id, value, way, found);
                    way.pop();
                }
            }
            _ => {}
        }
    }

    /// All oddities of a round: a place that can't be tried in all ways at once is tried in another one each round.
    pub(super) fn oddities(&self, round: usize) -> Vec<Oddity> {
        let mut all = Vec::new();
        let mut used = BTreeSet::new();
        for (place, having) in self.places() {
            let ways: Vec<Way> =
                WAYS.into_iter().filter(|way| self.value(&place, &having[0].1, *way).is_some()).collect();
            let alone = place.is_alone();
            let at_once = if alone || place.collection == "projects" { 1 } else { AT_ONCE };
            let few = ways.iter().cycle().skip(round * at_once).take(at_once.min(ways.len()));
            for way in few {
                let mut at = having.iter().cycle().skip(round).take(having.len());
                let Some((document, living)) =
                    at.find(|(document, _)| !alone || used.insert(document.clone()))
                else {
                    continue;
                };
                all.push(Oddity {
                    place: place.clone(),
                    way: *way,
                    document: document.clone(),
                    living: living.clone(),
                    number: all.len() + 1,
                });
            }
        }
        all
    }

    /// What stands at a place instead; none: this way is not one of the place's.
    fn value(&self, place: &Place, living: &str, way: Way) -> Option<Value> {
        let is_tag = living.contains('/');
        let prefix = || living.rsplit_once(['-', '/']).map_or(living, |(prefix, _)| prefix).to_owned();
        let separator = if is_tag { '/' } else { '-' };
        let gone = format!("{}{separator}{GONE}", prefix());
        let kind = &self.ids[living];
        let other = ["proxies", "lifecycles"].into_iter().find(|other| other != kind)?;
        let other = self.ids.iter().find(|(_, of)| *of == other).map(|(id, _)| id.clone());
        let archived = || {
            let certificates = self.dump["Documents"][SPACE]["certificates"]
                .as_object()
                .filter(|_| kind == "certificates")?;
            certificates.iter().find(|(_, one)| one["Archived"].is_string()).map(|(id, _)| id.clone())
        };
        let list = place.is_list();
        let of_space = (!is_tag && kind != "actions").then(|| format!("{}-88888", prefix()));
        let of_kind = other.filter(|_| !is_tag);
        Some(match way {
            Way::Dead if list => json!([gone]),
            Way::Dead => json!(gone),
            Way::Mixed if list => {
                let mixed = [
                    Some(String::new()),
                    Some(living.to_owned()),
                    Some(gone),
                    Some(living.to_owned()),
                    of_kind,
                    of_space,
                ];
                json!(mixed.into_iter().flatten().collect::<Vec<_>>())
            }
            Way::Empty if list => json!([]),
            Way::Empty => json!(""),
            Way::Null => Value::Null,
            Way::OtherKind if !list => json!(of_kind?),
            Way::OtherSpace if !list => json!(of_space?),
            Way::Mixed | Way::OtherKind | Way::OtherSpace => return None,
            Way::Archived if list => json!([living, archived()?]),
            Way::Archived => json!(archived()?),
        })
    }

    /// The space with these oddities, and where a note has to be: the field as notes name it.
    pub(super) fn with(&self, oddities: &[Oddity]) -> (Value, Vec<String>) {
        let mut dump = self.dump.clone();
        let mut fields = Vec::new();
        for oddity in oddities {
            let of_server =
                dump["Documents"]["Server"][&oddity.place.collection].get(&oddity.document).is_some();
            let of = if of_server { "Server" } else { SPACE };
            let documents = &mut dump["Documents"][of];
            let mut document = documents[&oddity.place.collection][&oddity.document].clone();
            if let Some(part) = oddity.place.part() {
                let items = document[part].as_array().expect("a list");
                let model = items.iter().find(|item| has(item, &oddity.place.way[2..], &oddity.living));
                let mut item = model.expect("an item with this").clone();
                rename_item(&mut item, oddity);
                document[part].as_array_mut().expect("a list").push(item);
            } else if !oddity.place.is_alone() {
                document = like(documents, document, oddity);
            }
            let odd = self.value(&oddity.place, &oddity.living, oddity.way).expect("one of its ways");
            let mut field = Vec::new();
            put(&mut document, &oddity.place.way, &odd, oddity, &mut field, &self.dump);
            fields.push(field.join("/"));
            let id = document["Id"].as_str().expect("an id").to_owned();
            dump["Documents"][of][&oddity.place.collection][&id] = document;
        }
        self.other_space(&mut dump);
        (dump, fields)
    }

    /// Things of another space of the same server, one of each kind.
    fn other_space(&self, dump: &mut Value) {
        let other = dump["Documents"]["Server"]["spaces"][SPACE].clone();
        let mut other = other;
        for (field, value) in [("Id", "Spaces-1"), ("Name", "Default"), ("Slug", "default")] {
            other[field] = json!(value);
        }
        dump["Documents"]["Server"]["spaces"]["Spaces-1"] = other;
        for (id, collection) in &self.ids {
            let document = &self.dump["Documents"][SPACE][collection][id];
            let simple =
                ["environments", "tenants", "accounts", "machines", "lifecycles", "projectgroups", "feeds"];
            if !simple.contains(&collection.as_str()) || document["FeedType"] == "BuiltIn" {
                continue;
            }
            let mut document = document.clone();
            let prefix = id.split_once('-').expect("an id").0;
            let id = format!("{prefix}-88888");
            document["Id"] = json!(id);
            document["SpaceId"] = json!("Spaces-1");
            dump["Documents"]["Spaces-1"][collection] = json!({ id: document });
        }
    }
}

/// References that no space of `tests/spaces` has.
fn plant(dump: &mut Value) {
    let space = &mut dump["Documents"][SPACE];
    let first = |collection: &str| {
        let id = space[collection].as_object().and_then(|all| all.keys().next());
        id.cloned()
    };
    let project = first("projects").expect("a project");
    let mut scopes = vec![("Project", Some(project.clone())), ("Tenant", first("tenants"))];
    let machine = first("machines");
    let sets = space["libraryvariablesets"].as_object().into_iter().flatten();
    let set = sets
        .filter(|(_, set)| set["ContentType"] == "Variables")
        .find_map(|(_, set)| set["VariableSetId"].as_str());
    let set = set.map(str::to_owned);
    let action = space["deploymentprocesses"].as_object().into_iter().flatten().find_map(|(_, process)| {
        Some((
            process["ProjectId"].as_str()?.to_owned(),
            process["Steps"][0]["Actions"][0]["Id"].as_str()?.to_owned(),
        ))
    });
    let mut add = |set: &str, name: &str, value: &str, kind: &str, scope: Value| {
        let variables = space["variables"][set]["Variables"].as_array_mut().expect("variables");
        let number = variables.len();
        variables.push(json!({"Id": format!("0ddaaaaa-0000-4000-8000-{number:012}"), "Name": name, "Value": value, "Type": kind,
            "Scope": scope, "IsEditable": true, "IsSensitive": false, "Description": "", "Prompt": null}));
    };
    if let Some(set) = set {
        for (kind, id) in scopes.drain(..) {
            if let Some(id) = id {
                add(&set, &format!("Planted.{kind}"), "x", "String", json!({ kind: [id] }));
            }
        }
    }
    if let Some((project, action)) = action {
        add(&format!("variableset-{project}"), "Planted.Action", "x", "String", json!({"Action": [action]}));
    }
    if let Some(machine) = machine {
        add(
            &format!("variableset-{project}"),
            "Planted.Machine",
            "x",
            "String",
            json!({"Machine": [machine]}),
        );
    }
}

fn has(value: &Value, way: &[String], text: &str) -> bool {
    let Some((first, rest)) = way.split_first() else { return value == text };
    match first.as_str() {
        "[]" => value.as_array().is_some_and(|items| items.iter().any(|item| has(item, rest, text))),
        "{}" => value.as_object().is_some_and(|fields| fields.values().any(|value| has(value, rest, text))),
        field => value.get(field).is_some_and(|value| has(value, rest, text)),
    }
}

fn rename_item(item: &mut Value, oddity: &Oddity) {
    let id = |of: usize| json!(format!("0dd{of:05}-0000-4000-8000-{:012}", oddity.number));
    item["Id"] = id(0);
    item["Name"] = json!(oddity.name());
    if item["Slug"].is_string() {
        item["Slug"] = json!(format!("odd-{}", oddity.number));
    }
    if let Some(actions) = item["Actions"].as_array_mut() {
        actions.retain(|action| has(action, &oddity.place.way[4..], &oddity.living));
        actions.truncate(1);
        actions[0]["Id"] = id(1);
        actions[0]["Name"] = json!(oddity.name());
        actions[0]["Slug"] = json!(format!("odd-{}", oddity.number));
    }
}

/// One more document like this, with what belongs to it.
fn like(documents: &mut Value, mut document: Value, oddity: &Oddity) -> Value {
    let old = document["Id"].as_str().expect("an id").to_owned();
    let id = format!("{}-9{:03}", old.rsplit_once('-').expect("an id").0, oddity.number);
    for (field, value) in
        [("Id", json!(id)), ("Name", json!(oddity.name())), ("Slug", json!(format!("odd-{}", oddity.number)))]
    {
        if document.get(field).is_some() {
            document[field] = value;
        }
    }
    for flag in ["IsDefault"] {
        if document[flag] == true {
            document[flag] = json!(false);
        }
    }
    match oddity.place.collection.as_str() {
        "runbooks" => {
            let process = format!("RunbookProcess-{id}");
            document["RunbookProcessId"] = json!(process);
            document["PublishedRunbookSnapshotId"] = Value::Null;
            documents["runbookprocesses"][&process] = json!({"Id": process, "ProjectId": document["ProjectId"], "RunbookId": id, "SpaceId": SPACE, "Version": 0, "Steps": []});
        }
        "projects" => {
            let variables = format!("variableset-{id}");
            let process = format!("deploymentprocess-{id}");
            document["VariableSetId"] = json!(variables);
            document["DeploymentProcessId"] = json!(process);
            document["Templates"] = json!([]);
            for field in ["ProvisioningRunbookId", "DeprovisioningRunbookId"] {
                document[field] = Value::Null;
            }
            document["AutoCreateRelease"] = json!(false);
            document["ReleaseCreationStrategy"] = Value::Null;
            document["VersioningStrategy"] = json!({"Template": "#{Octopus.Version.LastMajor}.#{Octopus.Version.NextMinor}",
                "DonorPackage": null, "DonorPackageStepId": null});
            documents["variables"][&variables] =
                json!({"Id": variables, "OwnerId": id, "SpaceId": SPACE, "Version": 0, "Variables": []});
            documents["deploymentprocesses"][&process] =
                json!({"Id": process, "ProjectId": id, "SpaceId": SPACE, "Version": 0, "Steps": []});
            let channel = format!("Channels-9{:03}", oddity.number);
            documents["channels"][&channel] = json!({"Id": channel, "Name": "Default", "IsDefault": true, "ProjectId": id, "SpaceId": SPACE,
                "LifecycleId": null, "Rules": [], "GitReferenceRules": [], "GitResourceRules": [], "TenantTags": [], "Description": "", "Slug": "default", "Type": "Lifecycle"});
        }
        "certificates" => document["Archived"] = Value::Null,
        _ => {}
    }
    document
}

/// Puts the odd value at the place of a document, in the part that was made for it; and the field as notes name it.
fn put(
    value: &mut Value,
    way: &[String],
    odd: &Value,
    oddity: &Oddity,
    field: &mut Vec<String>,
    dump: &Value,
) {
    let Some((first, rest)) = way.split_first() else { return };
    if rest.is_empty() || rest == ["[]"] {
        field.push(first.clone());
        if first == "{}" {
            let fields = value.as_object_mut().expect("an object");
            let (key, list) =
                fields.iter_mut().find(|(_, value)| has(value, rest, &oddity.living)).expect("the list");
            *list = odd.clone();
            let project = &dump["Documents"][SPACE]["projects"][key]["Name"];
            *field.last_mut().expect("a part") = project.as_str().unwrap_or(key).to_owned();
        } else {
            value[first.as_str()] = odd.clone();
        }
        return;
    }
    if first == "[]" {
        let items = value.as_array_mut().expect("a list");
        let own = oddity.name();
        let at = items.iter().position(|item| item["Name"] == own.as_str());
        let at =
            at.or_else(|| items.iter().position(|item| has(item, rest, &oddity.living))).expect("an item");
        let name = items[at]["Name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        field.push(name.unwrap_or_else(|| at.to_string()));
        put(&mut items[at], rest, odd, oddity, field, dump);
    } else {
        field.push(first.clone());
        put(&mut value[first.as_str()], rest, odd, oddity, field, dump);
    }
}
