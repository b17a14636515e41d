//! What servers of 2026 have and older ones do not: it arrives, twice over, and nothing of it stands in the way.

use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::journey::{Journey, NEW};
use crate::support::{Ended, http, octoferry, secrets_stream, space_file, terraform_config};

const NEWEST: &str = "2026.3.4567";

/// A journey of the space `small-web` with changes, between servers of these versions.
fn journey(versions: [&str; 2], change: impl FnOnce(&mut Value)) -> Journey {
    let text = std::fs::read(space_file("small-web")).expect("the space");
    let mut dump: Value = serde_json::from_slice(&text).expect("JSON");
    change(&mut dump["Documents"]["Spaces-2"]);
    let [source, destination] =
        versions.map(|version| Options { server_version: version.into(), ..Options::default() });
    Journey::of(Options { documents: vec![dump], ..source }, destination)
}

/// Serializes, deploys twice (the second time there must be nothing to do), and compares.
fn moved(journey: &Journey) -> (Value, Ended) {
    let modules = journey.path("modules");
    journey.run(&["serialize", "all", "--out", &modules]).ends_with(3);
    deploy(journey, &["--placeholders"], 3);
    deploy(journey, &["--placeholders", "--plan"], 0);
    let verdict = journey.run(&["verify", "--notes", &modules]).ends_with(0);
    let dump = journey.destination.dump();
    let spaces = dump["Documents"]["Server"]["spaces"].as_object().expect("spaces");
    let (id, _) = spaces.iter().find(|(_, space)| space["Name"] == NEW).expect("the new space");
    (dump["Documents"][id].clone(), verdict)
}

fn deploy(journey: &Journey, options: &[&str], code: i32) -> Ended {
    let key = journey.destination.api_key();
    octoferry(["deploy", "--secrets", "stdin"])
        .args(options)
        .arg(journey.path("modules"))
        .state_below(std::path::Path::new(&journey.path("states")))
        .option("--destination-url", journey.destination.url())
        .option("--destination-space", NEW)
        .env("TF_CLI_CONFIG_FILE", terraform_config())
        .env("HOME", &journey.path("home"))
        .input(secrets_stream(&[("Octoferry.Destination.ApiKey", &key)]))
        .ends_with(code)
}

fn named<'d>(documents: &'d Value, collection: &str, name: &str) -> &'d Value {
    let documents = documents[collection].as_object().into_iter().flatten();
    documents.map(|(_, document)| document).find(|document| document["Name"] == name).unwrap_or(&Value::Null)
}

/// The names of a set's tags.
fn tags<'d>(documents: &'d Value, set: &str) -> Vec<&'d str> {
    let tags = named(documents, "tagsets", set)["Tags"].as_array().into_iter().flatten();
    tags.filter_map(|tag| tag["Name"].as_str()).collect()
}

fn with_target_tags(documents: &mut Value) {
    documents["tagsets"] = json!({
        "TagSets-9": {"Id": "TagSets-9", "SpaceId": "Spaces-2", "Name": "[System] Tag Set", "IsSystem": true, "Scopes": ["Target"], "SortOrder": 0,
            "Type": "MultiSelect", "Description": "", "Tags": [
                {"Id": "TagSets-9/Tags-1", "Name": "in-store-only", "CanonicalTagName": "[System] Tag Set/in-store-only", "Color": "#333333", "Description": "", "SortOrder": 0}]},
        "TagSets-8": {"Id": "TagSets-8", "SpaceId": "Spaces-2", "Name": "Tier", "IsSystem": false, "Scopes": ["Target"], "SortOrder": 1, "Type": "MultiSelect", "Description": "",
            "Tags": [{"Id": "TagSets-8/Tags-2", "Name": "tier-1", "CanonicalTagName": "Tier/tier-1", "Color": "#123456", "Description": "", "SortOrder": 1}]},
    });
    for machine in documents["machines"].as_object_mut().into_iter().flatten().map(|(_, machine)| machine) {
        machine["Roles"].as_array_mut().expect("roles").push(json!("tier-1"));
    }
}

/// The first set of a project's variables.
fn variables(documents: &mut Value) -> &mut Vec<Value> {
    let sets = documents["variables"].as_object_mut().into_iter().flatten().map(|(_, set)| set);
    let mut of_projects =
        sets.filter(|set| set["OwnerId"].as_str().is_some_and(|id| id.starts_with("Projects-")));
    of_projects.next().and_then(|set| set["Variables"].as_array_mut()).expect("variables")
}

#[test]
fn target_tags_and_scopes_of_a_new_kind_move_and_the_built_in_set_is_nobodys() {
    let journey = journey([NEWEST, NEWEST], |documents| {
        with_target_tags(documents);
        for (id, fleet) in [("v-1", "north"), ("v-2", "south")] {
            variables(documents).push(json!({"Id": id, "Name": "Fleet", "Value": fleet, "Type": "String", "IsSensitive": false, "IsEditable": true,
                "Description": "", "Prompt": null, "Scope": {"TargetTagParameter": [fleet]}}));
        }
    });
    let (mut arrived, verdict) = moved(&journey);
    let fleets = variables(&mut arrived).iter().filter(|variable| variable["Name"] == "Fleet");
    let mut fleets: Vec<&Value> =
        fleets.map(|variable| &variable["Scope"]["TargetTagParameter"][0]).collect();
    fleets.sort_by_key(|fleet| fleet.to_string());
    assert_eq!(fleets, ["north", "south"]);
    let system = tags(&arrived, "[System] Tag Set");
    assert!(system.contains(&"in-store-only") && !system.contains(&"tier-1"), "{system:?}");
    assert_eq!(tags(&arrived, "Tier"), ["tier-1"]);
    verdict.never_says("[System]");
}

#[test]
fn settings_that_only_the_deployment_settings_have_arrive_and_are_compared() {
    let journey = journey([NEWEST, NEWEST], |documents| {
        for (_, settings) in documents["deploymentsettings"].as_object_mut().expect("settings") {
            for field in ["FailTargetDiscovery", "CancelQueuedTasks", "CancelRunningTasks"] {
                settings[field] = json!(true);
            }
        }
    });
    let (arrived, _) = moved(&journey);
    let settings = arrived["deploymentsettings"].as_object().expect("settings");
    for settings in settings.values() {
        for field in ["FailTargetDiscovery", "CancelQueuedTasks", "CancelRunningTasks"] {
            assert_eq!(settings[field], true, "{field}");
        }
    }
    let (_, first) = settings.iter().next().expect("a project");
    let path = format!(
        "/api/{}/projects/{}/deploymentsettings",
        first["SpaceId"].as_str().expect("an id"),
        first["ProjectId"].as_str().expect("an id")
    );
    let mut other = first.clone();
    other["FailTargetDiscovery"] = json!(false);
    assert_eq!(http(&journey.destination, "PUT", &path, Some(&other)).0, 200);
    journey
        .run(&["verify", "--notes", &journey.path("modules")])
        .ends_with(1)
        .says("FailTargetDiscovery: true → false");
}

#[test]
fn an_older_destination_has_no_tags_without_targets() {
    let journey = journey([NEWEST, "2025.4.1"], with_target_tags);
    let (arrived, verdict) = moved(&journey);
    assert_eq!(tags(&arrived, "Tier"), ["tier-1"]);
    assert!(verdict.stdout.contains("all of them noted"), "{}", verdict.stdout);
}

#[test]
fn an_older_source_finds_the_built_in_set_in_no_ones_way() {
    let (arrived, _) = moved(&journey(["2025.4.1", NEWEST], |_| {}));
    assert!(!tags(&arrived, "[System] Tag Set").is_empty());
}

#[test]
fn what_a_server_does_not_keep_is_named_and_icons_have_an_address() {
    let journey = journey([NEWEST, NEWEST], |documents| {
        let projects = documents["projects"].as_object_mut().into_iter().flatten();
        for (_, project) in projects {
            project["Icon"] = json!({"Id": "map-signs", "Color": "#5E2EA2"});
        }
        let sets = documents["environments"].as_object_mut().into_iter().flatten();
        for (_, environment) in sets {
            environment["Brightness"] = json!("high");
        }
    });
    let modules = journey.path("modules");
    journey.run(&["serialize", "all", "--out", &modules]).ends_with(3);
    let ended = deploy(&journey, &["--placeholders"], 3);
    // No request takes a field of that name: the server drops it, and answers success.
    ended.says("the destination did not keep it");
    assert!(ended.stderr.contains("Brightness"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("finish: set Brightness"), "{}", ended.stderr);
    let dump = journey.destination.dump();
    let spaces = dump["Documents"]["Server"]["spaces"].as_object().expect("spaces");
    let (id, _) = spaces.iter().find(|(_, space)| space["Name"] == NEW).expect("the new space");
    let mut projects = dump["Documents"][id]["projects"].as_object().expect("projects").values();
    assert!(projects.all(|project| project["Icon"]["Id"] == "map-signs"));
}

/// A space with one of each thing that the vendor's reference has and the space's own time had not.
fn with_todays_fields(documents: &mut Value) {
    let hidden = json!({"HasValue": true, "NewValue": null, "Hint": null});
    for (_, project) in documents["projects"].as_object_mut().into_iter().flatten() {
        project["DefaultPowerShellEdition"] = json!("Core");
        project["IsBadgesEnabled"] = json!(true);
        project["ExecuteDeploymentsOnEventBasedPipeline"] = json!(true);
    }
    let (_, project) = documents["projects"].as_object().expect("projects").iter().next().expect("a project");
    let project = project["Id"].clone();
    let (runbook, _) = documents["runbooks"].as_object().expect("runbooks").iter().next().expect("a runbook");
    let runbook = runbook.clone();
    documents["projecttriggers"]["ProjectTriggers-90"] = json!({"Id": "ProjectTriggers-90", "SpaceId": "Spaces-2", "ProjectId": project, "Name": "Pager", "Description": "",
        "IsDisabled": false, "Filter": {"FilterType": "WebhookFilter", "Secret": hidden},
        "Action": {"ActionType": "RunRunbook", "RunbookId": runbook, "EnvironmentIds": [], "TenantIds": [], "TenantTags": []}});
    documents["git-credentials"]["GitCredentials-90"] = json!({"Id": "GitCredentials-90", "SpaceId": "Spaces-2", "Name": "Deploy key", "Description": "",
        "Details": {"Type": "SshKey", "Username": "git", "PrivateKey": hidden, "Passphrase": hidden}, "RepositoryRestrictions": {"Enabled": false, "AllowedRepositories": []}});
    documents["retentionpolicies"]["RetentionPolicies-90"] = json!({"Id": "RetentionPolicies-90", "SpaceId": "Spaces-2", "Name": "Default MachinePackageCache",
        "RetentionType": "MachinePackageCache", "Strategy": "Count", "QuantityToKeep": 7, "Unit": "Items", "IsReadOnly": false});
    documents["subscriptions"]["Subscriptions-90"] = json!({"Id": "Subscriptions-90", "SpaceId": "Spaces-2", "Name": "Ops", "Type": "Event", "IsDisabled": true,
        "EventNotificationSubscription": {"EmailDigestLastProcessed": null, "EmailDigestLastProcessedEventAutoId": null, "EmailFrequencyPeriod": "01:00:00", "EmailPriority": "Normal",
            "EmailShowDatesInTimeZoneId": "UTC", "EmailTeams": [], "Filter": {"DocumentTypes": [], "Environments": [], "EventAgents": [], "EventCategories": ["Modified"], "EventGroups": [],
                "ProjectGroups": [], "Projects": [], "Tags": [], "Tenants": [], "Users": []},
            "SlackChannelIds": ["C012"], "SlackChannelNames": ["ops"], "SlackFrequencyPeriod": "02:00:00",
            "TeamsChannels": [{"Type": "Webhook", "Name": "Ops", "WebhookUrl": hidden}], "TeamsFrequencyPeriod": "03:00:00",
            "WebhookHeaderKey": "", "WebhookHeaderValue": "", "WebhookLastProcessed": null, "WebhookLastProcessedEventAutoId": null, "WebhookTeams": [],
            "WebhookTimeout": "00:00:10", "WebhookURI": "https://ops.example"}});
}

#[test]
fn what_servers_of_today_have_arrives_and_its_secrets_are_named() {
    let mut dump: Value =
        serde_json::from_slice(&std::fs::read(space_file("small-web")).expect("the space")).expect("JSON");
    let documents = &mut dump["Documents"]["Spaces-2"];
    with_todays_fields(documents);
    let (project, _) = documents["projects"].as_object().expect("projects").iter().next().expect("a project");
    let (environment, _) =
        documents["environments"].as_object().expect("environments").iter().next().expect("an environment");
    let (project, environment) = (project.clone(), environment.clone());
    dump["Documents"]["Server"]["deploymentfreezes"]["DeploymentFreezes-90"] = json!({"Id": "DeploymentFreezes-90", "Name": "Holidays", "Description": "Nobody is in.",
        "Start": "2031-12-24T08:00:00Z", "End": "2032-01-02T08:00:00Z", "OwnerId": null, "RecurringSchedule": null, "TenantProjectEnvironmentScope": [],
        "ProjectEnvironmentScope": {project: [environment]}});
    let [source, destination] =
        [NEWEST, NEWEST].map(|version| Options { server_version: version.into(), ..Options::default() });
    let journey = Journey::of(Options { documents: vec![dump], ..source }, destination);
    let (arrived, verdict) = moved(&journey);
    verdict.never_says("different  projects ").never_says("different  subscriptions Ops: E");
    assert_eq!(named(&arrived, "retentionpolicies", "Default MachinePackageCache")["QuantityToKeep"], 7);
    let subscription = &named(&arrived, "subscriptions", "Ops")["EventNotificationSubscription"];
    assert_eq!(subscription["SlackChannelIds"], json!(["C012"]));
    assert_eq!(subscription["TeamsChannels"][0]["Name"], "Ops");
    assert_eq!(named(&arrived, "git-credentials", "Deploy key")["Details"]["Type"], "SshKey");
    assert_eq!(named(&arrived, "projecttriggers", "Pager")["IsDisabled"], true);
    let freezes = journey.destination.dump()["Documents"]["Server"]["deploymentfreezes"].clone();
    let freeze = freezes.as_object().expect("freezes").values().next().expect("the freeze").clone();
    assert_eq!(
        freeze["Description"], "Nobody is in.",
        "also after a project's module has written the freeze"
    );
    let modules = std::fs::read_to_string(journey.path("modules/space/octoferry.json"))
        .expect("the manifest")
        + &std::fs::read_to_string(journey.path("modules/projects/letterbox-web/octoferry.json"))
            .expect("the manifest");
    for secret in ["Filter/Secret", "Details/PrivateKey", "Details/Passphrase", "TeamsChannels"] {
        assert!(modules.contains(secret), "{secret}");
    }
    journey.run(&["check"]).ends_with(3).says("Deploy key");
}

#[test]
fn the_oldest_servers_still_move_a_space() {
    let journey = journey(["2024.4", "2024.4"], |_| {});
    let (arrived, _) = moved(&journey);
    assert_eq!(named(&arrived, "projects", "Letterbox Web")["Name"], "Letterbox Web");
}

#[test]
fn a_field_that_servers_call_by_two_names_arrives_under_the_destinations() {
    const OLDER: (&str, &str) = ("2025.4.1", "ExecuteDeploymentsOnResilientPipeline");
    const NEWER: (&str, &str) = (NEWEST, "ExecuteDeploymentsOnEventBasedPipeline");
    for [source, destination] in [[OLDER, NEWER], [NEWER, OLDER]] {
        let journey = journey([source.0, destination.0], |documents| {
            for (_, project) in documents["projects"].as_object_mut().into_iter().flatten() {
                project[source.1] = json!(true);
            }
        });
        let (arrived, verdict) = moved(&journey);
        let mut projects = arrived["projects"].as_object().expect("projects").values();
        assert!(projects.all(|project| project[destination.1] == true), "{}", destination.1);
        verdict.never_says("Pipeline");
    }
}

#[test]
fn runbooks_keep_what_the_provider_has_no_argument_for_and_a_readable_header_arrives() {
    const FIELDS: [&str; 3] = ["CancelQueuedTasks", "CancelRunningTasks", "FailTargetDiscovery"];
    let journey = journey([NEWEST, NEWEST], |documents| {
        for (_, runbook) in documents["runbooks"].as_object_mut().into_iter().flatten() {
            FIELDS.into_iter().for_each(|field| runbook[field] = json!(true));
        }
        with_todays_fields(documents);
        let webhook = &mut documents["subscriptions"]["Subscriptions-90"]["EventNotificationSubscription"];
        webhook["WebhookHeaderKey"] = json!("X-Bell");
        webhook["WebhookHeaderValue"] = json!("ding");
    });
    let (arrived, verdict) = moved(&journey);
    for runbook in arrived["runbooks"].as_object().expect("runbooks").values() {
        FIELDS.into_iter().for_each(|field| assert_eq!(runbook[field], true, "{field}"));
    }
    let webhook = &named(&arrived, "subscriptions", "Ops")["EventNotificationSubscription"];
    assert_eq!(webhook["WebhookHeaderValue"]["Value"], "ding");
    verdict.never_says("TargetDiscovery").never_says("WebhookHeaderValue");
}

#[test]
fn the_header_of_a_webhook_is_a_secret_at_servers_of_both_kinds() {
    const HEADER: &str = "EventNotificationSubscription/WebhookHeaderValue";
    for versions in [[NEWEST, NEWEST], ["2025.4.1", NEWEST], [NEWEST, "2025.4.1"]] {
        let mut dump: Value =
            serde_json::from_slice(&std::fs::read(space_file("small-web")).expect("the space"))
                .expect("JSON");
        with_todays_fields(&mut dump["Documents"]["Spaces-2"]);
        let webhook = &mut dump["Documents"]["Spaces-2"]["subscriptions"]["Subscriptions-90"]["EventNotificationSubscription"];
        webhook["WebhookHeaderKey"] = json!("X-Bell");
        dump["Secrets"]["Subscriptions-90"][HEADER] = json!("s3cret ding");
        let [source, destination] =
            versions.map(|version| Options { server_version: version.into(), ..Options::default() });
        let journey = Journey::of(Options { documents: vec![dump], ..source }, destination);
        let modules = journey.path("modules");
        journey.run(&["serialize", "all", "--out", &modules]).ends_with(3);
        let text = std::fs::read_to_string(format!("{modules}/space/octoferry.json")).expect("the manifest");
        let manifest: Value = serde_json::from_str(&text).expect("JSON");
        let mut secrets = manifest["secrets"].as_array().into_iter().flatten();
        let header = secrets.find(|secret| secret["field"] == HEADER).expect("the header");
        let name = header["octopus_variable"].as_str().expect("a name").to_owned();
        let key = journey.destination.api_key();
        let deploy = |code: i32| {
            octoferry(["deploy", "--secrets", "stdin", "--placeholders", &modules])
                .state_below(std::path::Path::new(&journey.path("states")))
                .option("--destination-url", journey.destination.url())
                .option("--destination-space", NEW)
                .env("TF_CLI_CONFIG_FILE", terraform_config())
                .env("HOME", &journey.path("home"))
                .input(secrets_stream(&[("Octoferry.Destination.ApiKey", &key), (&name, "s3cret ding")]))
                .ends_with(code)
        };
        deploy(3);
        deploy(3).says(": 0 to make, 0 to change, 0 to destroy").never_says("1 to change");
        let arrived = journey.destination.dump();
        let mut held = arrived["Secrets"].as_object().expect("secrets").values();
        assert!(held.any(|secrets| secrets[HEADER] == "s3cret ding"), "{versions:?}");
        assert!(!arrived["Documents"].to_string().contains("s3cret ding"), "{versions:?}");
    }
}
