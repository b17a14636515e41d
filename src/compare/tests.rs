//! What of two inventories differs, and what explains it.

use serde_json::json;

use super::*;

#[test]
fn of_worker_pools_only_the_order_counts() {
    let space = |orders: [i64; 2]| {
        let mut inventory = Inventory::default();
        for (name, order) in ["A", "B"].into_iter().zip(orders) {
            let pool = json!({"Id": format!("WorkerPools-{name}"), "Name": name, "SortOrder": order});
            inventory.insert(Collection::WorkerPools, Document::new(pool).unwrap());
        }
        inventory
    };
    let nothing = Explanations::default();
    assert!(compare(&space([0, 1]), &space([3, 9]), &nothing).is_well());
    assert!(compare(&space([0, 0]), &space([4, 3]), &nothing).is_well());
    assert!(!compare(&space([0, 1]), &space([9, 3]), &nothing).is_well());
}

#[test]
fn tags_have_their_places_in_themselves() {
    let set = |tags: [(&str, i64); 2]| {
        let tags = tags.map(|(name, order)| json!({"Id": name, "Name": name, "SortOrder": order}));
        let mut inventory = Inventory::default();
        let set = json!({"Id": "TagSets-1", "Name": "Ring", "Tags": tags});
        inventory.insert(Collection::TagSets, Document::new(set).unwrap());
        inventory
    };
    let nothing = Explanations::default();
    assert!(compare(&set([("a", 0), ("b", 1)]), &set([("b", 1), ("a", 0)]), &nothing).is_well());
    assert!(!compare(&set([("a", 0), ("b", 1)]), &set([("a", 1), ("b", 0)]), &nothing).is_well());
}

#[test]
fn what_a_server_fills_in_is_explained_where_nothing_was_said() {
    let space = |policy: &str| {
        let mut inventory = Inventory::default();
        for (collection, document) in [
            (Collection::MachinePolicies, json!({"Id": "MachinePolicies-1", "Name": "Default"})),
            (Collection::MachinePolicies, json!({"Id": "MachinePolicies-2", "Name": "Own"})),
            (Collection::Machines, json!({"Id": "Machines-1", "Name": "A", "MachinePolicyId": policy})),
        ] {
            inventory.insert(collection, Document::new(document).unwrap());
        }
        inventory
    };
    let nothing = Explanations::default();
    assert!(compare(&space(""), &space("MachinePolicies-1"), &nothing).is_well());
    assert!(!compare(&space("MachinePolicies-2"), &space("MachinePolicies-1"), &nothing).is_well());
    assert!(!compare(&space("MachinePolicies-1"), &space(""), &nothing).is_well());
}

#[test]
fn what_an_older_destination_does_not_know_is_explained_and_what_got_lost_is_not() {
    let space = |environments: [Value; 2]| {
        let mut inventory = Inventory::default();
        for (number, environment) in environments.into_iter().enumerate() {
            let mut document = json!({"Id": format!("Environments-{number}"), "Name": format!("E{number}")});
            document.as_object_mut().unwrap().extend(environment.as_object().unwrap().clone());
            inventory.insert(Collection::Environments, Document::new(document).unwrap());
        }
        inventory
    };
    let source = space([json!({"Colour": "red", "Guided": true}), json!({"Guided": true})]);
    let destination = space([json!({"Guided": true}), json!({})]);
    let unexplained = |older: bool| {
        let mut explanations = Explanations::default();
        explanations.destination_is_older = older;
        compare(&source, &destination, &explanations).kinds[&Collection::Environments].unexplained()
    };
    assert_eq!((unexplained(false), unexplained(true)), (2, 1));
}

fn inventory(name: &str, space: &str) -> Inventory {
    from_text(&text(name), space)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(format!(
        "{}/tests/spaces/{name}/space.json",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../..")
    ))
    .unwrap()
}

fn from_text(text: &str, space: &str) -> Inventory {
    Inventory::from_dump(&serde_json::from_str(text).unwrap(), space).unwrap()
}

/// The same space as another server would have it: every numbered id is another one.
fn renumbered(text: &str) -> String {
    let mut renumbered = String::with_capacity(text.len());
    let mut rest = text;
    let prefixes = [
        "Environments-",
        "Projects-",
        "Accounts-",
        "Feeds-",
        "Lifecycles-",
        "Tenants-",
        "Machines-",
        "LibraryVariableSets-",
        "Runbooks-",
        "Channels-",
        "ActionTemplates-",
        "Certificates-",
        "TagSets-",
        "Spaces-",
    ];
    while let Some((position, prefix)) =
        prefixes.iter().filter_map(|prefix| rest.find(prefix).map(|position| (position, *prefix))).min()
    {
        let (before, after) = rest.split_at(position + prefix.len());
        renumbered.push_str(before);
        let digits = after.len() - after.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        if let Ok(number) = after[..digits].parse::<u32>() {
            renumbered.push_str(&(number + 700).to_string());
        }
        rest = &after[digits..];
    }
    renumbered + rest
}

#[test]
fn a_space_with_other_ids_is_the_same_space() {
    for name in ["small-web", "shop", "odd-text"] {
        let comparison = compare(
            &inventory(name, "Spaces-2"),
            &from_text(&renumbered(&text(name)), "Spaces-702"),
            &Explanations::default(),
        );
        assert!(comparison.is_well(), "{name}: {comparison:#?}");
        let same: usize = comparison.kinds.values().map(|kind| kind.same).sum();
        assert!(same > 25, "{name}: {same} documents were compared");
    }
}

#[test]
fn a_change_anywhere_shows_with_its_place() {
    let source = inventory("small-web", "Spaces-2");
    let mut destination = source.clone();
    let id = source.all(Collection::DeploymentProcesses).next().unwrap().id().to_owned();
    let process = destination.get_mut(Collection::DeploymentProcesses, &id).unwrap();
    let properties = &mut process.fields_mut()["Steps"][0]["Actions"][0]["Properties"];
    properties["Octopus.Action.Unheard.Of"] = json!("x");
    let name = process.list("Steps")[0]["Name"].as_str().unwrap().to_owned();
    let action = process.list("Steps")[0]["Actions"][0]["Name"].as_str().unwrap().to_owned();
    let comparison = compare(&source, &destination, &Explanations::default());
    assert!(!comparison.is_well());
    let different = &comparison.kinds[&Collection::DeploymentProcesses].different[0];
    assert_eq!(
        different.fields,
        [FieldDifference {
            path: format!("Steps/{name}/Actions/{action}/Properties/Octopus.Action.Unheard.Of"),
            source: None,
            destination: Some(json!("x")),
            because: None,
        }]
    );
}

#[test]
fn a_reference_to_something_else_is_a_difference() {
    let source = inventory("small-web", "Spaces-2");
    let mut destination = source.clone();
    let project = source.all(Collection::Projects).next().unwrap();
    let other = source
        .all(Collection::Lifecycles)
        .find(|lifecycle| Some(lifecycle.id()) != project.text("LifecycleId"))
        .unwrap();
    destination.get_mut(Collection::Projects, project.id()).unwrap().fields_mut()["LifecycleId"] =
        json!(other.id());
    let comparison = compare(&source, &destination, &Explanations::default());
    assert_eq!(comparison.kinds[&Collection::Projects].different[0].fields[0].path, "LifecycleId");
}

#[test]
fn nothing_and_moments_are_said_in_several_ways() {
    let space = |fields: Value| {
        let mut freeze = json!({"Id": "DeploymentFreezes-1", "Name": "F"});
        freeze.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let dump = json!({"Documents": {"Spaces-1": {"deploymentfreezes": {"DeploymentFreezes-1": freeze}}}});
        Inventory::from_dump(&dump, "Spaces-1").unwrap()
    };
    let same =
        |left: Value, right: Value| compare(&space(left), &space(right), &Explanations::default()).is_well();
    assert!(same(
        json!({"Start": "2030-12-01T00:00:00.000+01:00"}),
        json!({"Start": "2030-11-30T23:00:00Z"})
    ));
    assert!(!same(json!({"Start": "2030-12-01T00:00:00+01:00"}), json!({"Start": "2030-12-01T00:00:00Z"})));
    assert!(same(json!({"Label": null, "Old": ""}), json!({"Label": "", "On": false, "Count": 0})));
    assert!(!same(json!({"On": null}), json!({"On": true})));
    assert!(!same(json!({"Value": null}), json!({"Value": ""})));
    assert!(!same(json!({"Properties": {}}), json!({"Properties": {"x": ""}})));
}

#[test]
fn what_a_freeze_says_of_other_spaces_is_theirs() {
    let space = |scope: Value, tenants: Value| {
        let freeze = json!({"Id": "DeploymentFreezes-1", "Name": "F", "ProjectEnvironmentScope": scope, "TenantProjectEnvironmentScope": tenants});
        let projects = json!({"Projects-1": {"Id": "Projects-1", "Name": "Shop"}});
        let dump = json!({"Documents": {"Spaces-1": {"deploymentfreezes": {"DeploymentFreezes-1": freeze}, "projects": projects}}});
        Inventory::from_dump(&dump, "Spaces-1").unwrap()
    };
    let (ours, theirs) = (json!({"ProjectId": "Projects-1"}), json!({"ProjectId": "Projects-9"}));
    let whole = space(json!({"Projects-1": [], "Projects-9": []}), json!([ours, theirs]));
    let own = space(json!({"Projects-1": []}), json!([ours]));
    assert!(compare(&whole, &own, &Explanations::default()).is_well());
    assert!(!compare(&whole, &space(json!({}), json!([])), &Explanations::default()).is_well());
}

#[test]
fn things_of_one_name_are_reported_apart_by_what_they_are() {
    let space = |first: &str, second: &str| {
        let role = |id: &str, scope: &str| json!({"Id": id, "TeamId": "Teams-1", "UserRoleId": "UserRoles-1", "TenantIds": [scope]});
        let roles = json!({"ScopedUserRoles-1": role("ScopedUserRoles-1", first), "ScopedUserRoles-2": role("ScopedUserRoles-2", second)});
        let dump = json!({"Documents": {"Spaces-1": {"scopeduserroles": roles}}});
        Inventory::from_dump(&dump, "Spaces-1").unwrap()
    };
    assert!(compare(&space("x", "y"), &space("y", "x"), &Explanations::default()).is_well());
    assert!(!compare(&space("x", "y"), &space("x", "x"), &Explanations::default()).is_well());
}

#[test]
fn what_the_destination_had_before_is_its_own_but_more_inside_of_what_moved_is_a_difference() {
    let space = |documents: &[(Collection, Value)]| {
        let mut inventory = Inventory::default();
        for (collection, document) in documents {
            inventory.insert(*collection, Document::new(document.clone()).unwrap());
        }
        inventory
    };
    let project = |id: &str, name: &str| (Collection::Projects, json!({"Id": id, "Name": name}));
    let channel = |id: &str, project: &str| {
        (Collection::Channels, json!({"Id": id, "Name": "More", "ProjectId": project}))
    };
    let source = space(&[project("Projects-1", "Shop")]);
    let destination = space(&[
        project("Projects-1", "Shop"),
        project("Projects-2", "Theirs"),
        channel("Channels-1", "Projects-1"),
        channel("Channels-2", "Projects-2"),
        (Collection::Accounts, json!({"Id": "Accounts-1", "Name": "Theirs"})),
    ]);
    let mut explanations = Explanations::default();
    let text = include_str!("../../tests/spaces/small-web/module/space/octoferry.json");
    explanations.add(serde_json::from_str(text).unwrap());
    let comparison = compare(&source, &destination, &explanations);
    let unexplained = |collection: Collection| comparison.kinds[&collection].unexplained();
    assert_eq!(
        (
            unexplained(Collection::Projects),
            unexplained(Collection::Accounts),
            unexplained(Collection::Channels)
        ),
        (0, 0, 1)
    );
    assert!(!compare(&source, &destination, &Explanations::default()).is_well());
}

#[test]
fn what_is_missing_and_what_is_extra_counts() {
    let source = inventory("shop", "Spaces-2");
    let mut destination = source.clone();
    let account = source.all(Collection::Accounts).next().unwrap();
    destination.remove(Collection::Accounts, account.id());
    let comparison = compare(&source, &destination, &Explanations::default());
    assert_eq!(comparison.kinds[&Collection::Accounts].missing[0].key, [account.name()]);
    assert!(!comparison.is_well());
    let comparison = compare(&destination, &source, &Explanations::default());
    assert_eq!(comparison.kinds[&Collection::Accounts].extra[0].key, [account.name()]);
    assert!(!comparison.is_well());
}

#[test]
fn what_a_server_says_of_itself_is_no_difference() {
    let inventory = |skips: bool, editable: bool, told: &str, package: &str| {
        let mut inventory = Inventory::default();
        for (collection, document) in [
            (
                "projects",
                json!({"Id": "Projects-1", "Name": package, "VariableSetId": "variableset-Projects-1"}),
            ),
            ("projects", json!({"Id": "Projects-2", "Name": if package == "A" { "B" } else { "A" }})),
            ("machines", json!({"Id": "Machines-1", "Name": "Web", "SkipInitialHealthCheck": skips})),
            (
                "variables",
                json!({"Id": "variableset-Projects-1", "OwnerId": "Projects-1",
                    "Variables": [{"Id": "v", "Name": "V", "Value": "x", "IsEditable": editable}]}),
            ),
            (
                "subscriptions",
                json!({"Id": "Subscriptions-1", "Name": "Bell", "EventNotificationSubscription": {"EmailDigestLastProcessed": told}}),
            ),
            // The package is called so; the ids are other projects on both sides.
            (
                "actiontemplates",
                json!({"Id": "ActionTemplates-1", "Name": "Projects-1", "Packages": [{"Name": "", "PackageId": "Projects-2", "FeedId": "Feeds-1"}]}),
            ),
            ("feeds", json!({"Id": "Feeds-1", "Name": "NuGet", "FeedType": "NuGet"})),
        ] {
            inventory.insert(Collection::named(collection), Document::new(document).unwrap());
        }
        inventory
    };
    let (source, destination) =
        (inventory(true, false, "2026-10-01", "A"), inventory(false, true, "2026-11-01", "B"));
    let comparison = compare(&source, &destination, &Explanations::default());
    let odd = &comparison.kinds[&Collection::ActionTemplates];
    assert!(odd.different.is_empty(), "{odd:#?}");
    for collection in [Collection::Machines, Collection::Subscriptions] {
        assert!(comparison.kinds[&collection].different.is_empty(), "{comparison:#?}");
    }
    assert!(
        comparison.kinds[&Collection::Variables].different.iter().all(|one| one.fields.is_empty()),
        "{comparison:#?}"
    );
}
