//! A document, step or value for each odd reference.

use serde_json::{Value, json};

use super::oddities::{Base, COMMAS, ELSEWHERE, JSON, Oddity, SPACE};

impl Base {
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
            } else if let Some(shared) = documents[&oddity.place.collection].get(new_id(&document, oddity)) {
                document = shared.clone();
            } else {
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
            let id = format!("{prefix}-{ELSEWHERE}");
            document["Id"] = json!(id);
            document["SpaceId"] = json!("Spaces-1");
            dump["Documents"]["Spaces-1"][collection] = json!({ id: document });
        }
    }
}

fn in_text(value: &Value) -> Option<Value> {
    value.as_str().and_then(|text| serde_json::from_str(text).ok())
}

fn has(value: &Value, way: &[String], text: &str) -> bool {
    let Some((first, rest)) = way.split_first() else { return value == text };
    match first.as_str() {
        "[]" => value.as_array().is_some_and(|items| items.iter().any(|item| has(item, rest, text))),
        "{}" => value.as_object().is_some_and(|fields| fields.values().any(|value| has(value, rest, text))),
        COMMAS => value.as_str().is_some_and(|all| all.split(',').any(|part| part == text)),
        JSON => in_text(value).is_some_and(|inner| has(&inner, rest, text)),
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

fn new_id(document: &Value, oddity: &Oddity) -> String {
    let old = document["Id"].as_str().expect("an id");
    format!("{}-9{:03}", old.rsplit_once('-').expect("an id").0, oddity.number)
}

/// One more document like this, with what belongs to it.
fn like(documents: &mut Value, mut document: Value, oddity: &Oddity) -> Value {
    let id = new_id(&document, oddity);
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
        // Those of its model are odd by now, each of them.
        "actiontemplates" => document["Parameters"] = json!([]),
        "libraryvariablesets" => document["Templates"] = json!([]),
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
        "tenantvariablevalues" => document["TemplateId"] = own_template(documents, &document, oddity),
        _ => {}
    }
    document
}

/// A template like the value's: a tenant has one value of each.
fn own_template(documents: &mut Value, value: &Value, oddity: &Oddity) -> Value {
    let owner = [("projects", "ProjectId"), ("libraryvariablesets", "LibraryVariableSetId")];
    let mut owners = owner.into_iter().filter_map(|(all, field)| Some((all, value[field].as_str()?)));
    let (collection, owner) = owners.next().expect("an owner");
    let templates = documents[collection][owner]["Templates"].as_array_mut().expect("templates");
    let found = templates.iter().find(|template| template["Id"] == value["TemplateId"]);
    let mut template = found.expect("its template").clone();
    rename_item(&mut template, oddity);
    let id = template["Id"].clone();
    templates.push(template);
    id
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
    if first == JSON {
        let mut inner = in_text(value).expect("JSON");
        put(&mut inner, rest, odd, oddity, field, dump);
        *value = json!(inner.to_string());
        return;
    }
    if rest.is_empty() || rest == ["[]"] || rest == [COMMAS] {
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
