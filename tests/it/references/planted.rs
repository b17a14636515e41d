//! References that no space of `tests/spaces` has.

use serde_json::{Value, json};

use super::oddities::SPACE;

/// Plants them where the space has what they name.
pub(super) fn plant(dump: &mut Value) {
    let team = json!({"CanBeDeleted": true, "CanBeRenamed": true, "CanChangeMembers": true, "CanChangeRoles": true,
        "Description": null, "ExternalSecurityGroups": [], "Id": "Teams-801", "MemberUserIds": [], "Name": "Planters",
        "Slug": "planters", "SpaceId": SPACE});
    dump["Documents"]["Server"]["teams"]["Teams-801"] = team;
    let space = &mut dump["Documents"][SPACE];
    let planted = Planted::of(space);
    variables(space, &planted);
    templates(space, &planted);
    steps(space, &planted);
}

/// What the space has to be referred to.
struct Planted {
    project: String,
    runbook_process: Option<String>,
    environments: Vec<String>,
    channel: Option<String>,
    tenant: Option<String>,
    machine: Option<String>,
    account: Option<String>,
    certificate: Option<String>,
    pool: Option<String>,
    feed: Option<String>,
    git_credential: Option<String>,
    tag: Option<String>,
    set: Option<String>,
    action: Option<String>,
}

impl Planted {
    fn of(space: &Value) -> Self {
        let all = |collection: &str| space[collection].as_object().into_iter().flatten();
        let first = |collection: &str, is_it: &dyn Fn(&Value) -> bool| {
            all(collection).find(|(_, document)| is_it(document)).map(|(id, _)| id.clone())
        };
        let any = |collection: &str| first(collection, &|_| true);
        let in_database = |document: &Value| document["IsVersionControlled"] != true;
        let project = first("projects", &in_database).expect("a project");
        let of_project = |document: &Value| document["ProjectId"] == project.as_str();
        let process = &space["deploymentprocesses"][format!("deploymentprocess-{project}")];
        let tag = all("tagsets")
            .filter(|(_, set)| set["IsSystem"] != true)
            .find_map(|(_, set)| set["Tags"][0]["CanonicalTagName"].as_str());
        let set = all("libraryvariablesets").filter(|(_, set)| set["ContentType"] == "Variables");
        Self {
            // What is published needs its packages at the destination.
            runbook_process: first("runbookprocesses", &|process| {
                let owner = |collection: &str, field: &str| {
                    &space[collection][process[field].as_str().unwrap_or_default()]
                };
                in_database(owner("projects", "ProjectId"))
                    && owner("runbooks", "RunbookId")["PublishedRunbookSnapshotId"].is_null()
            }),
            environments: all("environments").map(|(id, _)| id.clone()).collect(),
            channel: first("channels", &|channel| of_project(channel) && channel["IsDefault"] == true),
            tenant: any("tenants"),
            machine: any("machines"),
            account: any("accounts"),
            certificate: first("certificates", &|one| one["Archived"].is_null()),
            pool: any("workerpools"),
            feed: first("feeds", &|feed| feed["FeedType"] == "Docker"),
            git_credential: any("git-credentials"),
            tag: tag.map(str::to_owned),
            set: set.into_iter().next().map(|(id, _)| id.clone()),
            action: process["Steps"][0]["Actions"][0]["Id"].as_str().map(str::to_owned),
            project,
        }
    }

    /// What is chosen by a control of a template, or has a type of a variable.
    fn chosen(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("AmazonWebServicesAccount", self.account.as_deref()),
            ("Certificate", self.certificate.as_deref()),
            ("WorkerPool", self.pool.as_deref()),
            ("Feed", self.feed.as_deref()),
            ("Project", Some(self.project.as_str())),
            ("Environments", self.environments.first().map(String::as_str)),
            ("Channels", self.channel.as_deref()),
            ("Tenants", self.tenant.as_deref()),
            ("Teams", Some("Teams-801")),
            ("Machines", self.machine.as_deref()),
        ];
        all.into_iter().filter_map(|(control, id)| Some((control, id?))).collect()
    }
}

fn id(kind: u32, number: usize) -> String {
    format!("0ddaaaa{kind}-0000-4000-8000-{number:012}")
}

fn variables(space: &mut Value, planted: &Planted) {
    let mut add = |set: &str, name: &str, kind: &str, value: &str, scope: Value| {
        let variables = space["variables"][set]["Variables"].as_array_mut().expect("variables");
        let number = variables.len();
        variables
            .push(json!({"Id": id(1, number), "Name": name, "Value": value, "Type": kind, "Scope": scope,
            "IsEditable": true, "IsSensitive": false, "Description": "", "Prompt": null}));
    };
    let of_project = format!("variableset-{}", planted.project);
    let scopes = [
        ("Action", planted.action.as_deref()),
        ("Machine", planted.machine.as_deref()),
        ("Environment", planted.environments.first().map(String::as_str)),
        ("Channel", planted.channel.as_deref()),
        ("TenantTag", planted.tag.as_deref()),
        ("ProcessOwner", Some(planted.project.as_str())),
    ];
    for (kind, id) in scopes {
        if let Some(id) = id {
            add(&of_project, &format!("Planted.{kind}"), "String", "x", json!({ kind: [id] }));
        }
    }
    if let Some(set) = &planted.set {
        let set = format!("variableset-{set}");
        for (kind, id) in [("Project", Some(&planted.project)), ("Tenant", planted.tenant.as_ref())] {
            if let Some(id) = id {
                add(&set, &format!("Planted.{kind}"), "String", "x", json!({ kind: [id] }));
            }
        }
    }
    let typed = ["AmazonWebServicesAccount", "Certificate", "WorkerPool"];
    for (kind, id) in planted.chosen().into_iter().filter(|(kind, _)| typed.contains(kind)) {
        add(&of_project, &format!("Planted.Typed.{kind}"), kind, id, json!({}));
    }
}

fn templates(space: &mut Value, planted: &Planted) {
    let mut templates = Vec::new();
    let mut given = json!({"Octopus.Action.Script.ScriptBody": "true", "Octopus.Action.Script.ScriptSource": "Inline",
        "Octopus.Action.Script.Syntax": "Bash", "Octopus.Action.RunOnServer": "true"});
    let mut properties = given.clone();
    for (number, (control, value)) in planted.chosen().into_iter().enumerate() {
        let name = format!("Planted.{control}");
        templates.push(json!({"Id": id(2, number), "Name": name, "Label": control, "HelpText": "",
            "DefaultValue": value, "DisplaySettings": {"Octopus.ControlType": control}}));
        given[name] = json!(value);
    }
    if let Some(account) = &planted.account {
        properties["Octopus.Action.Azure.AccountId"] = json!(account);
    }
    properties["Octopus.Action.Email.ToTeamIds"] = json!("Teams-801");
    space["actiontemplates"]["ActionTemplates-801"] = json!({"ActionType": "Octopus.Script", "CommunityActionTemplateId": null,
        "Description": null, "GitDependencies": [], "Id": "ActionTemplates-801", "Inputs": [], "Name": "Planted choices",
        "Packages": [], "Parameters": templates, "Properties": properties, "SpaceId": SPACE, "StepPackageId": null, "Version": 0});
    given["Octopus.Action.Template.Id"] = json!("ActionTemplates-801");
    given["Octopus.Action.Template.Version"] = json!("0");
    add_step(space, planted, "Planted choices", "Octopus.Script", |action| {
        action["Properties"] = given.clone()
    });
    // Templates of projects and library sets have other ids.
    let renumbered = |kind: u32| {
        let again = |(number, template): (usize, &Value)| {
            let mut template = template.clone();
            template["Id"] = json!(id(kind, number));
            template
        };
        templates.iter().enumerate().map(again).collect::<Vec<_>>()
    };
    let owners = [("projects", Some(&planted.project), 3), ("libraryvariablesets", planted.set.as_ref(), 4)];
    for (collection, owner, kind) in owners {
        if let Some(owner) = owner {
            let all = space[collection][owner.as_str()]["Templates"].as_array_mut().expect("templates");
            all.extend(renumbered(kind));
        }
    }
}

fn steps(space: &mut Value, planted: &Planted) {
    let mut properties = vec![
        ("Octopus.Manual", "Octopus.Action.Manual.ResponsibleTeamIds", "Teams-801,teams-everyone".to_owned()),
        ("Octopus.Email", "Octopus.Action.Email.ToTeamIds", "Teams-801".to_owned()),
        ("Octopus.Email", "Octopus.Action.Email.CCTeamIds", "Teams-801,teams-managers".to_owned()),
    ];
    if let Some(account) = &planted.account {
        properties.push(("Octopus.AzurePowerShell", "Octopus.Action.Azure.AccountId", account.clone()));
    }
    if let Some(feed) = &planted.feed {
        let containers = json!([{"Name": "web", "Image": "shop/web", "FeedId": feed, "Ports": []}]);
        properties.push((
            "Octopus.KubernetesDeployContainers",
            "Octopus.Action.KubernetesContainers.Containers",
            containers.to_string(),
        ));
    }
    for (number, (kind, property, value)) in properties.into_iter().enumerate() {
        let name = format!("Planted property {number}");
        add_step(space, planted, &name, kind, |action| action["Properties"][property] = json!(value));
    }
    let choices = [
        ("ExcludedEnvironments", planted.environments.first().map(|id| json!([id]))),
        ("Environments", planted.environments.last().map(|id| json!([id]))),
        ("Channels", planted.channel.as_ref().map(|id| json!([id]))),
        ("TenantTags", planted.tag.as_ref().map(|tag| json!([tag]))),
        ("WorkerPoolId", planted.pool.as_ref().map(|id| json!(id))),
        ("Container", planted.feed.as_ref().map(|id| json!({"FeedId": id, "Image": "tools/x"}))),
        ("GitDependencies", planted.git_credential.as_ref().map(|id| {
            json!([{"DefaultBranch": "main", "FilePathFilters": [], "GitCredentialId": id, "GitCredentialType": "Library",
                "Name": "more", "RepositoryUri": "https://git.example/more.git"}])
        })),
        ("Packages", planted.feed.as_ref().map(|id| {
            json!([{"AcquisitionLocation": "Server", "FeedId": id, "Id": "0ddaaaa9-0000-4000-8000-000000000001", "Name": "more",
                "PackageId": "tools/more", "Properties": {"Extract": "False"}, "StepPackageInputsReferenceId": null, "Version": null}])
        })),
    ];
    for (field, value) in choices {
        if let Some(value) = value {
            let name = format!("Planted {field}");
            add_step(space, planted, &name, "Octopus.Script", |action| action[field] = value.clone());
        }
    }
}

/// Adds a step to the project's process and to a runbook's, which has no channels.
fn add_step(space: &mut Value, planted: &Planted, name: &str, kind: &str, fill: impl Fn(&mut Value)) {
    let deployment = format!("deploymentprocess-{}", planted.project);
    let processes =
        [("deploymentprocesses", Some(deployment)), ("runbookprocesses", planted.runbook_process.clone())];
    for (at, (collection, process)) in processes.into_iter().enumerate() {
        let Some(process) = process.filter(|_| at == 0 || name != "Planted Channels") else { continue };
        let steps = space[collection][&process]["Steps"].as_array_mut().expect("steps");
        let number = steps.len() + 1000 * at;
        let slug = name.to_lowercase().replace(' ', "-");
        let mut action = json!({"ActionType": kind, "CanBeUsedForProjectVersioning": false, "Channels": [],
            "Condition": "Success", "Container": {}, "Environments": [], "ExcludedEnvironments": [], "GitDependencies": [],
            "Id": id(5, number), "Inputs": null, "IsDisabled": false, "IsRequired": false, "Name": name, "Notes": null,
            "Packages": [], "Slug": slug, "StepPackageVersion": null, "TenantTags": [], "WorkerPoolId": null,
            "WorkerPoolVariable": null, "Properties": {"Octopus.Action.RunOnServer": "true"}});
        if kind == "Octopus.Script" {
            for (property, value) in [("ScriptBody", "true"), ("ScriptSource", "Inline"), ("Syntax", "Bash")]
            {
                action["Properties"][format!("Octopus.Action.Script.{property}")] = json!(value);
            }
        }
        fill(&mut action);
        steps.push(json!({"Actions": [action], "Condition": "Success", "Id": id(6, number), "Name": name,
            "PackageRequirement": "LetOctopusDecide", "Properties": {}, "Slug": slug, "StartTrigger": "StartAfterPrevious"}));
    }
}
