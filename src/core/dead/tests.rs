//! The policy on references that lead nowhere, held to every place that has one.

use serde_json::{Value, json};

use super::places::{Left, PLACES, ReferencePath};
use super::settle;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::{Inventory, Reach, Unread};

const DEAD: &str = "Anything-77";
const DEAD_TAG: &str = "Region/Gone";

/// Two living things of each kind that is referred to, and their ids.
fn space() -> Inventory {
    let mut inventory = Inventory::default();
    inventory.space = Document::new(json!({"Id": "Spaces-2", "Name": "Source"}));
    for collection in PLACES
        .iter()
        .flat_map(|place| place.to)
        .filter(|to| ![Collection::Tags, Collection::Actions].contains(to))
    {
        for number in 1..=2 {
            let id = living(*collection, number);
            add(&mut inventory, *collection, json!({"Id": id, "Name": id, "IsDefault": number == 2}));
        }
    }
    let tags = json!([{"Name": "One"}, {"Name": "Two"}]);
    add(&mut inventory, Collection::TagSets, json!({"Id": "TagSets-1", "Name": "Region", "Tags": tags}));
    let actions = json!([{"Id": "actions-1"}, {"Id": "actions-2"}]);
    let process = json!({"Id": "deploymentprocess-projects-1", "Steps": [{"Actions": actions}]});
    add(&mut inventory, Collection::DeploymentProcesses, process);
    inventory
}

fn add(inventory: &mut Inventory, collection: Collection, document: Value) {
    inventory.insert(collection, Document::new(document).unwrap());
}

fn living(collection: Collection, number: u8) -> String {
    match (collection, number) {
        (Collection::Tags, 1) => "Region/One".to_owned(),
        (Collection::Tags, _) => "Region/Two".to_owned(),
        _ => format!("{collection}-{number}"),
    }
}

fn dead(place: &ReferencePath) -> &'static str {
    if place.to == [Collection::Tags] { DEAD_TAG } else { DEAD }
}

/// A document that has this at the place, in named items.
fn document(path: &str, value: Value) -> Value {
    let mut inner = value;
    for (depth, part) in path.rsplit('.').enumerate() {
        let field = part.trim_end_matches("[]");
        if depth > 0 && part.ends_with("[]") {
            inner["Name"] = json!(format!("one of {field}"));
            inner = json!([inner]);
        }
        inner = json!({ field: inner });
    }
    inner["Id"] = json!("Document-1");
    inner["Name"] = json!("The document");
    inner
}

/// What is at the place afterwards, if that is still there, and how many notes there are.
struct Became {
    at: Option<Value>,
    document: Option<Document>,
    fields: Vec<String>,
}

fn became(place: &ReferencePath, value: Value) -> Became {
    let mut inventory = space();
    add(&mut inventory, place.of[0], document(place.path, value));
    let inventory = settle(inventory);
    let document = inventory.get(place.of[0], "Document-1").cloned();
    let mut at = document.clone().map(Document::into_value);
    for part in place.path.split('.') {
        at = at.and_then(|mut value| Some(value.get_mut(part.trim_end_matches("[]"))?.take()));
        if part.ends_with("[]") && !place.path.ends_with(part) {
            at = at.and_then(|mut items| Some(items.get_mut(0)?.take()));
        }
    }
    let fields = inventory.settled.iter().map(|settled| settled.field.clone()).collect();
    Became { at, document, fields }
}

fn is_list(place: &ReferencePath) -> bool {
    place.path.ends_with("[]")
}

fn ids(place: &ReferencePath) -> [Value; 2] {
    [1, 2].map(|number| Value::from(living(place.to[0], number)))
}

#[test]
fn what_lives_stays_and_nothing_is_said() {
    for place in PLACES {
        let [one, two] = ids(place);
        let values = if is_list(place) {
            vec![json!([one]), json!([two, one]), json!([]), Value::Null, json!(["#{Some.Expression}"])]
        } else {
            vec![one, Value::Null, json!(""), json!("#{Some.Expression}")]
        };
        let is_required = |value: &Value| place.left == Left::Required && (value.is_null() || value == "");
        for value in values.into_iter().filter(|value| !is_required(value)) {
            let became = became(place, value.clone());
            assert_eq!((became.at, became.fields), (Some(value), vec![]), "{:?} {}", place.of, place.path);
        }
    }
}

#[test]
fn entries_that_are_dead_or_empty_or_there_twice_are_dropped_with_one_note() {
    for place in PLACES.iter().filter(|place| is_list(place)) {
        let [one, two] = ids(place);
        let dead = dead(place);
        let values = [
            json!([one, dead]),
            json!([dead, one]),
            json!([one, ""]),
            json!([null, one]),
            json!([one, one]),
            json!([one, "Spaces-1"]),
            json!(["", one, dead, one, "Retired-3"]),
        ];
        for value in values {
            let became = became(place, value.clone());
            assert_eq!(became.at, Some(json!([one])), "{:?} {} {value}", place.of, place.path);
            assert_eq!(became.fields.len(), 1, "{:?} {} {value}: {:?}", place.of, place.path, became.fields);
        }
        let became = became(place, json!(["", null]));
        assert_eq!(became.at, Some(json!([])), "{:?} {}: nothing was ever meant", place.of, place.path);
        assert!(became.document.is_some_and(|document| !document.flag("IsDisabled")));
        let _ = two;
    }
}

#[test]
fn where_all_is_dead_nothing_becomes_wider() {
    for place in PLACES {
        // Something that lives, but is of another kind, is as dead as what is gone.
        let other = if place.to.contains(&Collection::Proxies) { "teams-Spaces-2" } else { "proxies-1" };
        for id in [dead(place), other, "Teams-9"] {
            let what = format!("{:?} {} {id}", place.of, place.path);
            let value = if is_list(place) { json!([id]) } else { json!(id) };
            let became = became(place, value);
            assert_eq!(became.fields.len(), 1, "{what}: {:?}", became.fields);
            let first = place.path.split(['.', '[']).next().unwrap();
            let told = if became.document.is_none() { "" } else { first };
            assert!(became.fields[0].starts_with(told), "{what}: {:?}", became.fields);
            let text = became.document.clone().map(|document| document.into_value().to_string());
            assert!(
                !text.is_some_and(|text| text.contains(&format!("\"{id}\""))),
                "{what}: the id is still there"
            );
            let default = || json!(living(place.to[0], 2));
            match (place.left, became.at) {
                (Left::Default, Some(Value::Array(items))) => assert_eq!(items, [default()], "{what}"),
                (Left::Default, at) => assert_eq!(at, Some(default()), "{what}"),
                (Left::Nothing | Left::Everyone, Some(Value::Array(items))) => {
                    assert!(items.is_empty(), "{what}")
                }
                // The phase of a lifecycle goes.
                (Left::Nothing | Left::Everyone, None) => assert!(place.path.starts_with("Phases"), "{what}"),
                (Left::Nothing | Left::Everyone, Some(at)) => {
                    assert!(at.is_null() || at == "", "{what}: {at}")
                }
                (Left::Omit | Left::Required, at) => assert_eq!(at, None, "{what}"),
                (Left::Nobody, at) => {
                    assert_eq!(at, Some(json!([])), "{what}");
                    let document = became.document.unwrap();
                    assert_eq!(document.text("TenantedDeploymentParticipation"), Some("Tenanted"), "{what}");
                }
                (Left::Disable, at) => {
                    assert_eq!(at, Some(json!([])), "{what}");
                    let document = became.document.unwrap();
                    assert_eq!(document.list("Steps")[0]["Actions"][0]["IsDisabled"], json!(true), "{what}");
                }
            }
        }
    }
}

#[test]
fn what_is_nothing_without_a_reference_is_left_out() {
    let required = PLACES.iter().filter(|place| place.left == Left::Required);
    for (place, value) in required.flat_map(|place| [(place, Value::Null), (place, json!(""))]) {
        let became = became(place, value);
        assert!(became.document.is_none(), "{:?} {}", place.of, place.path);
        assert_eq!(became.fields, [""], "the note is about the whole");
    }
}

#[test]
fn what_was_not_read_is_not_taken_for_dead() {
    for place in PLACES {
        let mut inventory = space();
        inventory.reach = Reach::Named(std::collections::BTreeSet::new());
        for collection in
            [Collection::TagSets, Collection::Projects, Collection::Teams, Collection::UserRoles]
        {
            inventory.unread.push(Unread { collection });
        }
        if place.to == [Collection::Actions] {
            continue;
        }
        let value = if is_list(place) { json!([dead(place)]) } else { json!(dead(place)) };
        add(&mut inventory, place.of[0], document(place.path, value));
        assert_eq!(settle(inventory).settled, [], "{:?} {}", place.of, place.path);
    }
}

/// What can't be said narrower is said to people.
#[test]
fn what_becomes_wider_is_said() {
    let phase = |name: &str, id: &str| json!({"Name": name, "OptionalDeploymentTargets": [id]});
    let said = |phases: Value| {
        let mut inventory = space();
        add(
            &mut inventory,
            Collection::Lifecycles,
            json!({"Id": "Document-1", "Name": "Way", "Phases": phases}),
        );
        let inventory = settle(inventory);
        let left = inventory.get(Collection::Lifecycles, "Document-1").unwrap().list("Phases").len();
        let said = inventory.settled.into_iter().map(|one| format!("{}: {}", one.field, one.text));
        (left, said.collect::<Vec<_>>())
    };
    let one_is_left = said(json!([phase("a", "Environments-77"), phase("b", "environments-1")]));
    assert_eq!(
        one_is_left,
        (1, vec!["Phases/a: has lost its environments, and would be for all of them: it is left out".into()])
    );
    let (left, said) = said(json!([phase("a", "Environments-77"), phase("b", "Environments-78")]));
    assert_eq!(left, 0);
    assert_eq!(
        said,
        [
            "Phases: has lost its environments in every phase (a, b): none is left, so releases may go to every environment in its order"
        ]
    );
}

/// The text of a value, and the notes on it.
fn text_of(collection: Collection, document: Value, pointer: &str) -> (Option<String>, Vec<String>) {
    let mut inventory = space();
    for (collection, id, name) in [
        (Collection::Accounts, "Accounts-1", "Key"),
        (Collection::Feeds, "Feeds-1", "Images"),
        (Collection::Projects, "Projects-1", "Shop"),
        (Collection::Teams, "Teams-1", "Owners"),
    ] {
        add(&mut inventory, collection, json!({"Id": id, "Name": name}));
    }
    add(
        &mut inventory,
        Collection::Feeds,
        json!({"Id": "Feeds-4", "Name": "Releases", "FeedType": "OctopusProject"}),
    );
    let parameter =
        json!({"Name": "Key", "DisplaySettings": {"Octopus.ControlType": "AmazonWebServicesAccount"}});
    add(
        &mut inventory,
        Collection::ActionTemplates,
        json!({"Id": "ActionTemplates-1", "Name": "Tell", "Parameters": [parameter]}),
    );
    add(&mut inventory, collection, document);
    let inventory = settle(inventory);
    let document = inventory.get(collection, "Document-1").cloned().map(Document::into_value);
    let text = document.and_then(|document| Some(document.pointer(pointer)?.as_str()?.to_owned()));
    (text, inventory.settled.iter().map(|settled| settled.field.clone()).collect())
}

#[test]
fn typed_values_never_keep_a_dead_id() {
    for (kind, living) in [
        ("AmazonWebServicesAccount", "Accounts-1"),
        ("AzureAccount", "Accounts-1"),
        ("UsernamePasswordAccount", "accounts-1"),
        ("Certificate", "certificates-1"),
        ("WorkerPool", "workerpools-1"),
        ("Project", "Projects-1"),
    ] {
        for (value, left) in [
            (living, living),
            ("Accounts-77", ""),
            ("Proxies-77", ""),
            ("proxies-1", ""),
            ("", ""),
            ("#{Other}", "#{Other}"),
        ] {
            let variable = json!({"Name": "V", "Type": kind, "Value": value});
            let set = json!({"Id": "Document-1", "OwnerId": "projects-1", "Variables": [variable]});
            let (text, notes) = text_of(Collection::Variables, set, "/Variables/0/Value");
            assert_eq!(text.as_deref(), Some(left), "{kind} {value}");
            let said: &[&str] = if value == left { &[] } else { &["Variables/V/Value"] };
            assert_eq!(notes, said, "{kind} {value}");
            let display = json!({"Octopus.ControlType": kind});
            let template = json!({"Name": "T", "DisplaySettings": display, "DefaultValue": value});
            let set = json!({"Id": "Document-1", "Name": "Set", "Templates": [template]});
            let (text, notes) = text_of(Collection::LibraryVariableSets, set, "/Templates/0/DefaultValue");
            assert_eq!((text.as_deref(), notes.len()), (Some(left), said.len()), "{kind} {value}");
        }
    }
}

#[test]
fn inputs_of_the_step_framework_keep_no_dead_id() {
    for (field, value, left) in [
        ("awsAccount", "Accounts-1", "Accounts-1"),
        ("awsAccount", "Accounts-77", ""),
        ("account", "Proxies-77", ""),
        ("account", "#{Key}", "#{Key}"),
        ("image", "Accounts-77", "Accounts-77"),
    ] {
        let inputs = json!({"authentication": {field: value}});
        let machine = json!({"Id": "Document-1", "Name": "Cluster", "Endpoint": {"Inputs": inputs}});
        let pointer = format!("/Endpoint/Inputs/authentication/{field}");
        let (text, notes) = text_of(Collection::Machines, machine, &pointer);
        assert_eq!(text.as_deref(), Some(left), "{field} {value}");
        let said = if value == left { vec![] } else { vec![pointer[1..].to_owned()] };
        assert_eq!(notes, said, "{field} {value}");
    }
}

/// Without the feed of projects the project's id would be some package's name.
#[test]
fn what_a_release_deploys_is_a_project_also_when_the_feed_is_gone() {
    let package = json!({"Name": "", "PackageId": "Projects-1", "FeedId": "Feeds-77"});
    let action = json!({"Name": "Ship", "ActionType": "Octopus.DeployRelease", "Packages": [package]});
    let process = json!({"Id": "Document-1", "ProjectId": "Projects-1", "Steps": [{"Name": "Ship", "Actions": [action]}]});
    let pointer = "/Steps/0/Actions/0/Packages/0/FeedId";
    let (feed, notes) = text_of(Collection::DeploymentProcesses, process, pointer);
    assert_eq!(feed.as_deref(), Some("Feeds-4"));
    assert_eq!(notes, ["Steps/Ship/Actions/Ship/Packages/0/FeedId"]);
}

/// What goes with the environments is said, so that `verify` can tell why it differs.
#[test]
fn what_only_tenants_could_use_is_said_field_by_field() {
    let mut inventory = space();
    let account = json!({"Id": "Document-1", "Name": "Key", "EnvironmentIds": ["Environments-77"],
        "TenantedDeploymentParticipation": "Untenanted", "TenantIds": [living(Collection::Tenants, 1)], "TenantTags": []});
    add(&mut inventory, Collection::Accounts, account);
    let said: Vec<String> = settle(inventory).settled.into_iter().map(|settled| settled.field).collect();
    assert_eq!(said, ["EnvironmentIds", "TenantedDeploymentParticipation", "TenantIds"]);
}

#[test]
fn words_that_look_like_ids_are_words() {
    for value in ["Accounts-77", "see Accounts-1", "Feeds-1"] {
        let variable = json!({"Name": "V", "Type": "String", "Value": value});
        let set = json!({"Id": "Document-1", "OwnerId": "projects-1", "Variables": [variable]});
        let (text, notes) = text_of(Collection::Variables, set, "/Variables/0/Value");
        assert_eq!((text.as_deref(), notes.len()), (Some(value), 0));
    }
}

#[test]
fn properties_that_hold_ids_keep_the_living_ones() {
    for (name, value, left) in [
        (
            "Octopus.Action.Manual.ResponsibleTeamIds",
            "Teams-77,teams-spacemanagers-Spaces-2",
            "teams-spacemanagers-Spaces-2",
        ),
        ("Octopus.Action.Manual.ResponsibleTeamIds", "Teams-1, Teams-77", "Teams-1"),
        ("Octopus.Action.Manual.ResponsibleTeamIds", "teams-spacemanagers-Spaces-9", ""),
        ("Octopus.Action.DeployRelease.ProjectId", "Projects-77", ""),
        ("Octopus.Action.DeployRelease.ProjectId", "Projects-1", "Projects-1"),
        ("Octopus.Action.Package.FeedId", "Feeds-77", ""),
        ("Octopus.Action.Package.PackageId", "Projects-77", "Projects-77"),
        ("Some.List", "Teams-1,Teams-77", "Teams-1"),
        ("Some.Words", "Teams-77", "Teams-77"),
        ("Octopus.Action.Script.ScriptBody", "Teams-1,Teams-77", "Teams-1,Teams-77"),
        ("Key", "Accounts-77", ""),
        ("Containers", r#"[{"Name": "x", "FeedId": "Feeds-77"}]"#, r#"[{"Name": "x", "FeedId": ""}]"#),
        // It lives, but is no feed.
        ("Containers", r#"[{"Name": "x", "FeedId": "Accounts-1"}]"#, r#"[{"Name": "x", "FeedId": ""}]"#),
        (
            "Containers",
            r#"{"FeedId":"Feeds-1","Text":"Feeds-77"}"#,
            r#"{"FeedId":"Feeds-1","Text":"Feeds-77"}"#,
        ),
    ] {
        let properties = json!({name: value, "Octopus.Action.Template.Id": "ActionTemplates-1"});
        let step = json!({"Name": "S", "Actions": [{"Id": "a", "Name": "A", "Properties": properties}]});
        let process = json!({"Id": "Document-1", "ProjectId": "projects-1", "Steps": [step]});
        let pointer = format!("/Steps/0/Actions/0/Properties/{name}");
        let (text, notes) = text_of(Collection::DeploymentProcesses, process, &pointer);
        assert_eq!(text.as_deref(), Some(left), "{name}");
        let said = format!("Steps/S/Actions/A/Properties/{name}");
        assert_eq!(notes, if value == left { vec![] } else { vec![said] }, "{name}");
    }
}

#[test]
fn only_the_feed_of_projects_has_projects_for_packages() {
    for (feed, left) in [("Feeds-4", ""), ("Feeds-1", "Projects-77")] {
        let package = json!({"Name": "", "PackageId": "Projects-77", "FeedId": feed});
        let step = json!({"Name": "S", "Actions": [{"Id": "a", "Name": "A", "Packages": [package]}]});
        let process = json!({"Id": "Document-1", "ProjectId": "projects-1", "Steps": [step]});
        let (text, _) =
            text_of(Collection::DeploymentProcesses, process, "/Steps/0/Actions/0/Packages/0/PackageId");
        assert_eq!(text.as_deref(), Some(left), "{feed}");
    }
}

#[test]
fn what_is_archived_and_used_is_carried() {
    let mut inventory = space();
    for number in [3, 4] {
        let id = format!("Certificates-{number}");
        add(
            &mut inventory,
            Collection::Certificates,
            json!({"Id": id, "Name": id, "Archived": "2026-01-01T00:00:00Z"}),
        );
    }
    let variable = json!({"Name": "V", "Type": "Certificate", "Value": "Certificates-3"});
    add(
        &mut inventory,
        Collection::Variables,
        json!({"Id": "s", "OwnerId": "projects-1", "Variables": [variable]}),
    );
    let inventory = settle(inventory);
    let archived = |id| inventory.get(Collection::Certificates, id).unwrap().get("Archived").unwrap().clone();
    assert_eq!(archived("Certificates-3"), Value::Null);
    assert_eq!(archived("Certificates-4"), json!("2026-01-01T00:00:00Z"));
    assert_eq!(inventory.settled.len(), 1);
}

#[test]
fn a_tenants_links_and_a_freezes_scopes_lose_what_is_dead() {
    let mut inventory = space();
    let links = json!({"projects-1": ["environments-1", "Environments-40"], "Projects-404": []});
    add(
        &mut inventory,
        Collection::Tenants,
        json!({"Id": "Tenants-1", "Name": "Acme", "ProjectEnvironments": links}),
    );
    let scope = json!({"projects-1": ["environments-1", "Environments-40"], "projects-2": ["Environments-40"], "Projects-404": ["Environments-9"]});
    let tenants = json!([
        {"ProjectId": "projects-1", "TenantId": "Tenants-404", "EnvironmentId": "environments-1"},
        {"ProjectId": "Projects-404", "TenantId": "Tenants-404", "EnvironmentId": "environments-1"},
    ]);
    add(
        &mut inventory,
        Collection::DeploymentFreezes,
        json!({"Id": "Freeze-1", "Name": "F", "ProjectEnvironmentScope": scope, "TenantProjectEnvironmentScope": tenants}),
    );
    let inventory = settle(inventory);
    let tenant = inventory.get(Collection::Tenants, "Tenants-1").unwrap();
    assert_eq!(tenant.get("ProjectEnvironments"), Some(&json!({"projects-1": ["environments-1"]})));
    let freeze = inventory.get(Collection::DeploymentFreezes, "Freeze-1").unwrap();
    assert_eq!(
        freeze.get("ProjectEnvironmentScope"),
        // What it says of other spaces is theirs.
        Some(&json!({"projects-1": ["environments-1"], "Projects-404": ["Environments-9"]}))
    );
    assert_eq!(freeze.list("TenantProjectEnvironmentScope").len(), 1);
    let said: Vec<(&str, Option<&str>)> = inventory
        .settled
        .iter()
        .map(|settled| (settled.field.as_str(), settled.project.as_deref()))
        .collect();
    assert_eq!(said.len(), 5, "{said:?}");
    assert!(said.contains(&("ProjectEnvironments/projects-1", Some("projects-1"))), "{said:?}");
}
