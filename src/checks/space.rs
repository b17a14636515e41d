//! What of the source space has to be known or done before it moves.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::checks::Findings;
use crate::mark::{self, door, name};
use crate::seeded::pool::{self, Known, System};
use crate::spread;
use documents::collection::Collection;
use documents::document::Document;
use documents::feed::is_built_in;
use documents::git;
use documents::inventory::Inventory;
use octopus::server::Server;
use secret::UNANSWERED;

/// Looks at the space as it was read, octoferry's own things in it included.
/// `may_export`: whether the runbooks' key exports certificates, or will.
pub fn look(inventory: &Inventory, may_export: bool, findings: &mut Findings) {
    names_taken(inventory, findings);
    worker_pool(inventory, findings);
    restricted_accounts(inventory, may_export, findings);
    certificates(inventory, may_export, findings);
    open_lifecycles(inventory, findings);
    printed_variables(inventory, findings);
    prompts(inventory, findings);
    projects(inventory, findings);
    secrets(inventory, findings);
    packages(inventory, findings);
    reminders(inventory, findings);
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    names.into_iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// Things of the user's own that have a name which seed needs.
fn names_taken(inventory: &Inventory, findings: &mut Findings) {
    let ours: [(Collection, &str, &[&str]); 5] = [
        (Collection::Environments, "environment", &[name::ENVIRONMENT]),
        (Collection::ProjectGroups, "project group", &[name::PROJECT]),
        (Collection::Projects, "project", &[name::PROJECT]),
        (
            Collection::LibraryVariableSets,
            "library variable set",
            &[name::SETTINGS_SET, name::ACCOUNTS_SET, name::SECRETS_SET],
        ),
        (
            Collection::ActionTemplates,
            "step template",
            &[
                name::CHECK_TEMPLATE,
                name::SERIALIZE_SPACE_TEMPLATE,
                name::DEPLOY_SPACE_TEMPLATE,
                name::SERIALIZE_PROJECT_TEMPLATE,
                name::DEPLOY_PROJECT_TEMPLATE,
                name::TENANT_SECRETS_TEMPLATE,
            ],
        ),
    ];
    for (collection, noun, names) in ours {
        for document in inventory.all(collection) {
            let taken = names.iter().any(|name| name.eq_ignore_ascii_case(document.name()));
            if taken && !mark::is_seeded(document, document.name()) {
                findings.stops(
                    "names-of-octoferry",
                    format!(
                        "there is already a {noun} {:?} that octoferry did not make; seed needs the name",
                        document.name()
                    ),
                    "Rename it; octoferry never touches what is not its own.",
                );
            }
        }
    }
}

/// Whether the pool that seed takes by itself has workers with Linux; else how to get one.
fn worker_pool(inventory: &Inventory, findings: &mut Findings) {
    const CHECK: &str = "worker-pool";
    const HOW: &str = "To add one: on Octopus Cloud a dynamic worker pool with an Ubuntu image; else a Linux x86-64 machine with Tentacle or SSH as a worker, in a pool of its own (Infrastructure, Worker Pools). Then: octoferry seed --worker-pool NAME. The runbook \"__ 0. Check\" looks closer before anything else runs.";
    let pools: Vec<Document> = inventory.all(Collection::WorkerPools).cloned().collect();
    let workers: Vec<Document> = inventory.all(Collection::Workers).cloned().collect();
    match pool::choose(&pools, &workers) {
        Some((pool, Known::Dynamic)) => {
            findings.fine(
                CHECK,
                format!("the worker pool {:?}, which seed takes, is a dynamic one with Linux", pool.name()),
            );
            return;
        }
        Some((pool, Known::Linux)) => {
            findings.fine(
                CHECK,
                format!("the worker pool {:?}, which seed takes, has Linux workers", pool.name()),
            );
            return;
        }
        Some((_, Known::Default)) | None => {}
    }
    let systems: Vec<System> = pools.iter().flat_map(|pool| pool::systems(&workers, pool)).collect();
    if systems.is_empty() {
        findings.person(
            CHECK,
            "the space shows no worker: its default pool runs steps on the Octopus Server itself, which is rarely Linux",
            HOW,
        );
    } else if systems.iter().all(|system| *system == System::Other) {
        findings.stops(CHECK, "no worker of the space runs Linux, which octoferry's runbooks need", HOW);
    } else {
        findings.person(
            CHECK,
            "it can't be seen whether a worker pool has only Linux workers, which octoferry's runbooks need",
            HOW,
        );
    }
}

/// By which door certificates come.
fn certificates(inventory: &Inventory, may_export: bool, findings: &mut Findings) {
    let archived =
        |document: &&Document| document.get("Archived").is_some_and(|archived| !archived.is_null());
    let is_own = |document: &&Document| !archived(document);
    let (exported, typed): (Vec<_>, Vec<_>) = inventory
        .all(Collection::Certificates)
        .filter(is_own)
        .partition(|certificate| door::is_exported(certificate, may_export));
    if !exported.is_empty() {
        let names = quoted(exported.into_iter().map(Document::name));
        findings
            .known("certificates", format!("exported by the source's API, which needs no variable: {names}"));
    }
    if !typed.is_empty() {
        let why = if may_export {
            "they have a password, which only a step reads"
        } else {
            "the key may not export them (CertificateExportPrivateKey)"
        };
        let names = quoted(typed.into_iter().map(Document::name));
        findings.known("certificates", format!("read by a step, as typed variables, since {why}: {names}"));
    }
}

/// What spread would change, once the runbooks are there.
pub fn to_be_spread(inventory: &Inventory, may_export: bool) -> spread::Plan {
    let environment = mark::environment(inventory).unwrap_or_default();
    let mut with_runbooks = inventory.clone();
    super::forecast::with_tenant_runbooks(&mut with_runbooks);
    spread::spread_with(&with_runbooks, environment, may_export)
}

/// Accounts and certificates that would refuse every run of ours.
fn restricted_accounts(inventory: &Inventory, may_export: bool, findings: &mut Findings) {
    let plan = to_be_spread(inventory, may_export);
    let (sets, accounts): (Vec<_>, Vec<_>) =
        plan.changes.iter().partition(|change| change.collection == Collection::Variables);
    if accounts.is_empty() {
        findings
            .fine("restricted-accounts", "no account or certificate keeps octoferry's runs from starting");
    } else {
        let owners: Vec<String> = accounts
            .iter()
            .flat_map(|change| {
                change.lines.iter().map(move |line| format!("{}: {}", change.owner, line.what))
            })
            .collect();
        findings.person(
            "restricted-accounts",
            format!(
                "the server refuses runs that read secrets, unless octoferry spread changes these:\n      {}",
                owners.join("\n      ")
            ),
            "octoferry spread does it when you agree, and collapse takes it back.",
        );
    }
    if !sets.is_empty() {
        let variables: usize = sets.iter().map(|change| change.lines.len()).sum();
        findings.known(
            "spread",
            format!("sensitive variables that octoferry spread would change, and collapse puts back: {variables}, in variable sets: {}", sets.len()),
        );
    }
    for left in &plan.left {
        findings.person(
            "spread",
            format!("spread leaves as it is: {left}"),
            "Enter these secrets at the destination.",
        );
    }
}

/// A lifecycle without phases takes in every environment, ours too.
fn open_lifecycles(inventory: &Inventory, findings: &mut Findings) {
    let open: Vec<&str> = inventory
        .all(Collection::Lifecycles)
        .filter(|lifecycle| lifecycle.list("Phases").is_empty())
        .map(Document::name)
        .collect();
    if !open.is_empty() {
        findings.known(
            "lifecycles-without-phases",
            format!(
                "lifecycles without phases take in every environment, so also {}, while it is there: {}. Don't deploy there.",
                name::ENVIRONMENT,
                quoted(open)
            ),
        );
    }
}

/// Whether a run of ours sees a variable of this scope.
fn is_seen(inventory: &Inventory, scope: &Value) -> bool {
    let ours = mark::environment(inventory);
    let list = |kind: &str| scope[kind].as_array().map_or(&[][..], Vec::as_slice);
    let environments = list("Environment");
    let here = environments.is_empty() || environments.iter().any(|id| id.as_str() == ours && ours.is_some());
    here && ["Channel", "Action", "ProcessOwner"].iter().all(|kind| list(kind).is_empty())
}

/// All variables with the name of the project or set that owns them.
fn variables(inventory: &Inventory) -> impl Iterator<Item = (&Document, &Value)> {
    [Collection::Projects, Collection::LibraryVariableSets]
        .into_iter()
        .flat_map(|collection| inventory.all(collection))
        .flat_map(|owner| {
            let set = owner.text("VariableSetId").and_then(|id| inventory.get(Collection::Variables, id));
            set.into_iter().flat_map(|set| set.list("Variables")).map(move |variable| (owner, variable))
        })
}

/// Variables that make Octopus print all others; every step of ours refuses to run with them.
fn printed_variables(inventory: &Inventory, findings: &mut Findings) {
    let printing = ["OctopusPrintVariables", "OctopusPrintEvaluatedVariables"];
    for (owner, variable) in variables(inventory) {
        let named = variable["Name"].as_str().unwrap_or_default();
        // As .NET reads a flag.
        let on = variable["Value"].as_str().is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        if printing.iter().any(|name| name.eq_ignore_ascii_case(named))
            && on
            && is_met(inventory, owner, &variable["Scope"])
        {
            findings.stops(
                "printed-variables",
                format!("the variable {named} of {:?} is True: Octopus would print the runs' variables into the log", owner.name()),
                "Remove it, or scope it to environments, before seed.",
            );
        }
    }
}

/// Whether a run on a worker, without a tenant, ever has this variable: a set that no project includes is in no run, targets and their tags
/// are in none of ours.
fn is_met(inventory: &Inventory, owner: &Document, scope: &Value) -> bool {
    let is_set = inventory.get(Collection::LibraryVariableSets, owner.id()).is_some();
    let includes =
        |project: &Document| project.texts("IncludedLibraryVariableSetIds").any(|id| id == owner.id());
    let in_a_run = !is_set || inventory.all(Collection::Projects).any(includes);
    let limits = |kind: &str| scope[kind].as_array().is_some_and(|values| !values.is_empty());
    in_a_run
        && is_seen(inventory, scope)
        && !["Role", "Machine", "TargetRole", "Tenant", "TenantTag"].iter().any(|kind| limits(kind))
}

/// Prompted variables that must have a value and have none: runs that a person or a trigger starts want an answer.
fn prompts(inventory: &Inventory, findings: &mut Findings) {
    for (owner, variable) in variables(inventory) {
        let empty = variable["IsSensitive"] != true && variable["Value"].as_str().is_none_or(str::is_empty);
        if variable["Prompt"]["Required"] == true && empty && is_met(inventory, owner, &variable["Scope"]) {
            findings.known(
                "required-prompt",
                format!(
                    "the prompted variable {} of {:?} must be answered and has no default: migrate answers with {UNANSWERED:?} for its runs, and nothing that holds this goes to the destination; whoever starts them in the portal enters the same",
                    variable["Name"],
                    owner.name()
                ),
            );
        }
    }
}

fn projects(inventory: &Inventory, findings: &mut Findings) {
    for project in inventory.all(Collection::Projects) {
        if git::has_runbooks_in_git(project) {
            findings.known(
                "runbooks-in-git",
                format!(
                    "the runbooks of the project {:?} are stored in Git: seed commits its own to the branch {:?} of the repository, and runs them from there; never merge it",
                    project.name(),
                    crate::mark::git::BRANCH
                ),
            );
        }
    }
    let disabled = inventory.all(Collection::Projects).filter(|project| project.flag("IsDisabled"));
    let disabled: Vec<&str> = disabled.map(Document::name).collect();
    if !disabled.is_empty() {
        findings.known(
            "disabled-projects",
            format!(
                "migrate asks whether to enable these disabled projects while their runbooks run: {}",
                quoted(disabled)
            ),
        );
    }
}

/// What can't be seen of secrets.
fn secrets(inventory: &Inventory, findings: &mut Findings) {
    let count = variables(inventory)
        .filter(|(owner, variable)| {
            !name::is_marked(owner.text("Description").unwrap_or_default()) && variable["IsSensitive"] == true
        })
        .count();
    if count > 0 {
        findings.known(
            "secrets-with-expressions",
            format!("whether a sensitive variable ({count} of them) holds an expression (#{{…}}) can't be seen: it would arrive with what the expression stands for in the run"),
        );
    }
}

/// Retention of the built-in feed takes packages that no release uses, and ours is one.
fn packages(inventory: &Inventory, findings: &mut Findings) {
    let feeds = inventory.all(Collection::Feeds).filter(|feed| is_built_in(feed));
    let days = feeds.filter_map(|feed| feed.get("DeleteUnreleasedPackagesAfterDays")?.as_u64());
    if let Some(days) = days.filter(|days| *days > 0).min() {
        findings.known(
            "package-retention",
            format!("the built-in feed deletes packages after {days} days that no release uses; migrate uploads octoferry's again when it is gone"),
        );
    }
    findings.known("packages", "packages in the built-in feed do not move; push them to the destination's");
}

fn reminders(inventory: &Inventory, findings: &mut Findings) {
    findings.known(
        "backup",
        "back up the source before seed: its database and master key; on Octopus Cloud ask for the time of the last backup",
    );
    let machines = inventory.all(Collection::Machines).filter(|machine| !machine.flag("IsDisabled")).count();
    if machines > 0 {
        findings.known(
            "shared-targets",
            format!(
                "both servers will know the same {machines} targets: deploy to each from one server at a time. A lock of one server doesn't hold for the other, and a Tentacle trusts the new server only when it is told to."
            ),
        );
    }
}

/// Teams that may run runbooks in every environment, so also in ours, where secrets can be read. Nothing when the server doesn't tell.
pub async fn teams_that_may_run(server: &Server, findings: &mut Findings) {
    let [roles, scoped, teams] = [Collection::UserRoles, Collection::ScopedUserRoles, Collection::Teams]
        .map(|collection| collection.list(server.space_id()));
    let (roles, scoped, teams) =
        futures::join!(server.client.list(&roles), server.client.list(&scoped), server.client.list(&teams),);
    let (Ok(roles), Ok(scoped), Ok(teams)) = (roles, scoped, teams) else { return };
    let may_run: BTreeSet<&str> = roles
        .iter()
        .filter(|role| {
            let granted = role["GrantedSpacePermissions"].as_array();
            granted.is_some_and(|granted| granted.iter().any(|permission| permission == "RunbookRunCreate"))
        })
        .filter_map(|role| role["Id"].as_str())
        .collect();
    let everywhere: BTreeSet<&str> = scoped
        .iter()
        .filter(|scoped| scoped["SpaceId"] == server.space_id())
        .filter(|scoped| scoped["UserRoleId"].as_str().is_some_and(|role| may_run.contains(role)))
        .filter(|scoped| scoped["EnvironmentIds"].as_array().is_none_or(Vec::is_empty))
        .filter_map(|scoped| scoped["TeamId"].as_str())
        .collect();
    let names: Vec<&str> = teams
        .iter()
        .filter(|team| team["Id"].as_str().is_some_and(|id| everywhere.contains(id)))
        .filter_map(|team| team["Name"].as_str())
        .collect();
    if !names.is_empty() {
        findings.known(
            "teams-that-may-run",
            format!("these teams may run runbooks in every environment, so also in {}, where secrets can be read: {}", name::ENVIRONMENT, quoted(names)),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checks::Weight;

    fn inventory(documents: &[(Collection, Value)]) -> Inventory {
        let mut inventory = Inventory::default();
        for (collection, document) in documents {
            inventory.insert(*collection, Document::new(document.clone()).unwrap());
        }
        inventory
    }

    fn weight(
        check: &str,
        look: impl Fn(&Inventory, &mut Findings),
        documents: &[(Collection, Value)],
    ) -> Option<Weight> {
        let mut findings = Findings::default();
        look(&inventory(documents), &mut findings);
        findings.all().iter().find(|finding| finding.check == check).map(|finding| finding.weight)
    }

    #[test]
    fn a_pool_with_linux_is_found_in_every_way_it_can_be_known() {
        let default = (Collection::WorkerPools, json!({"Id": "P1", "Name": "Default", "IsDefault": true}));
        let other = (Collection::WorkerPools, json!({"Id": "P2", "Name": "Linux"}));
        let worker = |id: &str, pool: &str, more: Value| {
            let mut worker = json!({"Id": id, "Name": id, "WorkerPoolIds": [pool]});
            worker.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            (Collection::Workers, worker)
        };
        let look = |documents: &[(Collection, Value)]| weight("worker-pool", worker_pool, documents);
        let linux = json!({"OperatingSystem": "Linux"});
        let windows = json!({"ShellName": "PowerShell"});
        let ssh = json!({"Endpoint": {"CommunicationStyle": "Ssh"}});
        let unknown =
            json!({"Endpoint": {"CommunicationStyle": "TentacleActive"}, "OperatingSystem": "Unknown"});
        let dynamic =
            (Collection::WorkerPools, json!({"Id": "P3", "Name": "Cloud", "WorkerType": "UbuntuDefault"}));
        assert_eq!(look(&[default.clone(), dynamic]), Some(Weight::Fine));
        assert_eq!(look(&[default.clone(), worker("W", "P1", linux.clone())]), Some(Weight::Fine));
        assert_eq!(look(&[default.clone(), worker("W", "P1", ssh)]), Some(Weight::Fine));
        assert_eq!(
            look(&[default.clone(), other.clone(), worker("W", "P2", linux.clone())]),
            Some(Weight::Fine)
        );
        let mixed = [default.clone(), worker("V", "P1", linux.clone()), worker("W", "P1", windows.clone())];
        assert_eq!(look(&mixed), Some(Weight::Person));
        assert_eq!(look(&[default.clone(), worker("W", "P1", windows)]), Some(Weight::Stops));
        assert_eq!(look(&[default.clone(), worker("W", "P1", unknown)]), Some(Weight::Person));
        let disabled = json!({"OperatingSystem": "Linux", "IsDisabled": true});
        assert_eq!(look(&[default.clone(), worker("W", "P1", disabled)]), Some(Weight::Person));
        assert_eq!(look(&[default]), Some(Weight::Person));
    }

    #[test]
    fn a_printing_variable_counts_where_a_run_sees_it() {
        let project =
            (Collection::Projects, json!({"Id": "Projects-1", "Name": "Shop", "VariableSetId": "V"}));
        let look = |variable: Value| {
            let set = (Collection::Variables, json!({"Id": "V", "Variables": [variable]}));
            weight("printed-variables", printed_variables, &[project.clone(), set])
        };
        assert_eq!(
            look(json!({"Name": "octopusprintvariables", "Value": "true", "Scope": {}})),
            Some(Weight::Stops)
        );
        assert_eq!(look(json!({"Name": "OctopusPrintVariables", "Value": "False", "Scope": {}})), None);
        assert_eq!(
            look(json!({"Name": "OctopusPrintVariables", "Value": " TRUE ", "Scope": {}})),
            Some(Weight::Stops)
        );
        for elsewhere in [
            json!({"Environment": ["Environments-1"]}),
            json!({"Role": ["web"]}),
            json!({"Machine": ["Machines-1"]}),
            json!({"TenantTag": ["Tags/A"]}),
        ] {
            let variable = json!({"Name": "OctopusPrintVariables", "Value": "True", "Scope": elsewhere});
            assert_eq!(look(variable), None);
        }
    }

    #[test]
    fn a_printing_variable_of_a_set_counts_where_a_project_includes_it() {
        let look = |included: Value| {
            let project =
                json!({"Id": "Projects-1", "Name": "Shop", "IncludedLibraryVariableSetIds": included});
            let set = json!({"Id": "LibraryVariableSets-1", "Name": "Debug", "VariableSetId": "V"});
            let printing = json!({"Name": "OctopusPrintVariables", "Value": "True", "Scope": {}});
            let documents = [
                (Collection::Projects, project),
                (Collection::LibraryVariableSets, set),
                (Collection::Variables, json!({"Id": "V", "Variables": [printing]})),
            ];
            weight("printed-variables", printed_variables, &documents)
        };
        assert_eq!(look(json!([])), None);
        assert_eq!(look(json!(["LibraryVariableSets-1"])), Some(Weight::Stops));
    }

    #[test]
    fn a_prompt_without_default_is_reported() {
        let project =
            (Collection::Projects, json!({"Id": "Projects-1", "Name": "Shop", "VariableSetId": "V"}));
        let look = |value: Value, required: bool| {
            let variable =
                json!({"Name": "Who", "Value": value, "Scope": {}, "Prompt": {"Required": required}});
            let set = (Collection::Variables, json!({"Id": "V", "Variables": [variable]}));
            weight("required-prompt", prompts, &[project.clone(), set])
        };
        assert_eq!(look(json!(""), true), Some(Weight::Known));
        assert_eq!(look(json!("me"), true), None);
        assert_eq!(look(json!(null), false), None);
    }

    #[test]
    fn names_that_seed_needs_are_reported_unless_they_are_ours() {
        let mine = (Collection::Environments, json!({"Id": "E", "Name": "octoferry", "Description": "mine"}));
        assert_eq!(weight("names-of-octoferry", names_taken, &[mine]), Some(Weight::Stops));
        let ours = (
            Collection::Environments,
            json!({"Id": "E", "Name": "Octoferry", "Description": name::description("x")}),
        );
        assert_eq!(weight("names-of-octoferry", names_taken, &[ours]), None);
    }
}
