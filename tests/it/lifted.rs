//! What the source has, and has no more: a limit that is lifted, a text that is emptied, a box that is not ticked any more. The provider keeps what a
//! module does not say, and finish sets only what is there, so each could stay at the destination. The comparer, which shares nothing with octoferry, tells.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{command, http};
use crate::years::{Years, list};

/// A collection, a field of all its documents, and what that is for a while. `@environments` stands for a document of that collection, `#` for a tag of
/// the scope that follows.
type Row = (&'static str, &'static str, fn() -> Value);

const FOR_A_WHILE: &[Row] = &[
    ("accounts", "Description", || json!("For a while.")),
    ("accounts", "EnvironmentIds", || json!(["@environments"])),
    ("accounts", "TenantIds", || json!(["@tenants"])),
    ("accounts", "TenantTags", || json!(["#Tenant"])),
    ("accounts", "TenantedDeploymentParticipation", || json!("Tenanted")),
    ("actiontemplates", "Description", || json!("For a while.")),
    ("actiontemplates", "Parameters/*/HelpText", || json!("For a while.")),
    ("actiontemplates", "Parameters/*/Label", || json!("For a while.")),
    ("certificates", "EnvironmentIds", || json!(["@environments"])),
    ("certificates", "Notes", || json!("For a while.")),
    ("certificates", "TenantIds", || json!(["@tenants"])),
    ("certificates", "TenantTags", || json!(["#Tenant"])),
    ("certificates", "TenantedDeploymentParticipation", || json!("Tenanted")),
    ("channels", "Description", || json!("For a while.")),
    ("channels", "LifecycleId", || json!("@lifecycles")),
    ("channels", "TenantTags", || json!(["#Tenant"])),
    ("deploymentprocesses", "Steps/*/Actions/*/Environments", || json!(["@environments"])),
    ("deploymentprocesses", "Steps/*/Actions/*/IsDisabled", || json!(true)),
    ("deploymentprocesses", "Steps/*/Actions/*/IsRequired", || json!(true)),
    ("deploymentprocesses", "Steps/*/Actions/*/Notes", || json!("For a while.")),
    ("deploymentprocesses", "Steps/*/Actions/*/TenantTags", || json!(["#Tenant"])),
    ("deploymentprocesses", "Steps/*/Condition", || json!("Always")),
    ("environments", "AllowDynamicInfrastructure", || json!(true)),
    ("environments", "Description", || json!("For a while.")),
    ("environments", "EnvironmentTags", || json!(["#Environment"])),
    ("environments", "UseGuidedFailure", || json!(true)),
    ("libraryvariablesets", "Description", || json!("For a while.")),
    ("libraryvariablesets", "Templates/*/HelpText", || json!("For a while.")),
    ("libraryvariablesets", "Templates/*/Label", || json!("For a while.")),
    ("lifecycles", "Description", || json!("For a while.")),
    ("lifecycles", "Phases/*/IsOptionalPhase", || json!(true)),
    ("machines", "Endpoint/DefaultWorkerPoolId", || json!("@workerpools")),
    ("machines", "Endpoint/ProxyId", || json!("@proxies")),
    ("machines", "IsDisabled", || json!(true)),
    ("machines", "TenantIds", || json!(["@tenants"])),
    ("machines", "TenantTags", || json!(["#Tenant"])),
    ("machines", "TenantedDeploymentParticipation", || json!("Tenanted")),
    ("projectgroups", "Description", || json!("For a while.")),
    ("projects", "AllowIgnoreChannelRules", || json!(false)),
    ("projects", "DefaultGuidedFailureMode", || json!("On")),
    ("projects", "DefaultToSkipIfAlreadyInstalled", || json!(true)),
    ("projects", "DeploymentChangesTemplate", || json!("#{Octopus.Release.Number}")),
    ("projects", "Description", || json!("For a while.")),
    ("projects", "DiscreteChannelRelease", || json!(true)),
    ("projects", "ForcePackageDownload", || json!(true)),
    ("projects", "IsDisabled", || json!(true)),
    ("projects", "ProjectConnectivityPolicy/AllowDeploymentsToNoTargets", || json!(true)),
    ("projects", "ProjectConnectivityPolicy/ExcludeUnhealthyTargets", || json!(true)),
    ("projects", "ProjectConnectivityPolicy/SkipMachineBehavior", || json!("SkipUnavailableMachines")),
    ("projects", "ProjectConnectivityPolicy/TargetRoles", || json!(["for-a-while"])),
    ("projects", "ProjectTags", || json!(["#Project"])),
    ("projects", "Templates/*/HelpText", || json!("For a while.")),
    ("projects", "Templates/*/Label", || json!("For a while.")),
    ("projecttriggers", "Description", || json!("For a while.")),
    ("runbookprocesses", "Steps/*/Actions/*/Notes", || json!("For a while.")),
    ("runbooks", "CancelQueuedTasks", || json!(true)),
    ("runbooks", "CancelRunningTasks", || json!(true)),
    ("runbooks", "ConnectivityPolicy/TargetRoles", || json!(["for-a-while"])),
    ("runbooks", "DefaultGuidedFailureMode", || json!("On")),
    ("runbooks", "Description", || json!("For a while.")),
    ("runbooks", "EnvironmentScope", || json!("Specified")),
    ("runbooks", "Environments", || json!(["@environments"])),
    ("runbooks", "FailTargetDiscovery", || json!(true)),
    ("runbooks", "ForcePackageDownload", || json!(true)),
    ("runbooks", "MultiTenancyMode", || json!("TenantedOrUntenanted")),
    ("runbooks", "RunbookTags", || json!(["#Runbook"])),
    ("scopeduserroles", "EnvironmentIds", || json!(["@environments"])),
    ("scopeduserroles", "ProjectGroupIds", || json!(["@projectgroups"])),
    ("scopeduserroles", "ProjectIds", || json!(["@projects"])),
    ("scopeduserroles", "TenantIds", || json!(["@tenants"])),
    ("tagsets", "Description", || json!("For a while.")),
    ("tagsets", "Tags/*/Description", || json!("For a while.")),
    ("tenants", "Description", || json!("For a while.")),
    ("tenants", "IsDisabled", || json!(true)),
    ("tenants", "TenantTags", || json!(["#Tenant"])),
    ("variables", "Variables/*/Description", || json!("For a while.")),
    ("workerpools", "Description", || json!("For a while.")),
    ("workers", "IsDisabled", || json!(true)),
];

/// The fields at a path, in which a star is each item of a list.
fn at<'d>(document: &'d mut Value, path: &str) -> Vec<&'d mut Value> {
    let (part, rest) = path.split_once('/').map_or((path, None), |(part, rest)| (part, Some(rest)));
    let inner = match part {
        "*" => document.as_array_mut().map(|items| items.iter_mut().collect()).unwrap_or_default(),
        field => document.get_mut(field).into_iter().collect::<Vec<_>>(),
    };
    match rest {
        Some(rest) => inner.into_iter().flat_map(|value| at(value, rest)).collect(),
        None => inner,
    }
}

struct Lifted {
    years: Years,
    /// For each field of the table what documents had before, by route.
    before: Vec<BTreeMap<String, Vec<Value>>>,
}

impl Lifted {
    fn of(space: &str) -> Self {
        Self { years: Years::with(space), before: Vec::new() }
    }

    /// A word of the table, as this space has it; `None`: it has no such thing.
    fn meant(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => items.iter().map(|item| self.meant(item)).collect(),
            Value::String(word) => {
                match (word.strip_prefix('@'), word.strip_prefix("#{"), word.strip_prefix('#')) {
                    (Some(collection), ..) => list(&self.years.source, "Spaces-2", collection)
                        .last()
                        .map(|document| document["Id"].clone()),
                    (_, None, Some(scope)) => Some(self.tag(scope)),
                    _ => Some(value.clone()),
                }
            }
            other => Some(other.clone()),
        }
    }

    fn tag(&self, scope: &str) -> Value {
        let sets = list(&self.years.source, "Spaces-2", "tagsets");
        let of = |set: &&Value| set["Scopes"].as_array().is_some_and(|scopes| scopes.contains(&json!(scope)));
        let set = sets.iter().find(of).unwrap_or_else(|| panic!("a tag set for {scope}"));
        set["Tags"][0]["CanonicalTagName"].clone()
    }

    /// Where the source has the documents of a collection.
    fn routes(&self, collection: &str) -> Vec<String> {
        let documents = |collection: &str| list(&self.years.source, "Spaces-2", collection);
        let owners = |owners: &[&str], field: &str| {
            let documents = owners.iter().flat_map(|owner| documents(owner));
            documents.filter_map(|document| document[field].as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        let ids = match collection {
            "deploymentprocesses" => owners(&["projects"], "DeploymentProcessId"),
            "runbookprocesses" => owners(&["runbooks"], "RunbookProcessId"),
            "variables" => owners(&["projects", "libraryvariablesets"], "VariableSetId"),
            _ => owners(&[collection], "Id"),
        };
        ids.iter().map(|id| format!("/api/Spaces-2/{collection}/{id}")).collect()
    }

    /// Changes a field of each document that has it, with the server's consent; what each had. A secret stays as it is.
    fn put(
        &self,
        collection: &str,
        path: &str,
        values: impl Fn(&str, usize) -> Option<Vec<Value>>,
    ) -> BTreeMap<String, Vec<Value>> {
        let mut had = BTreeMap::new();
        for route in self.routes(collection) {
            let mut document = http(&self.years.source, "GET", &route, None).1;
            let fields = at(&mut document, path);
            let Some(values) = values(&route, fields.len()).filter(|values| !values.is_empty()) else {
                continue;
            };
            let fields = fields.into_iter().zip(values);
            let before = fields.map(|(field, value)| std::mem::replace(field, value)).collect();
            // What is the server's own it does not change.
            if http(&self.years.source, "PUT", &route, Some(&document)).0 == 200 {
                had.insert(route, before);
            }
        }
        had
    }

    fn set_all(&mut self) {
        for (collection, path, value) in FOR_A_WHILE {
            let value = self.meant(&value());
            let had = self.put(collection, path, |_, count| Some(vec![value.clone()?; count]));
            self.before.push(had);
        }
    }

    fn take_back(&self) {
        for ((collection, path, _), had) in FOR_A_WHILE.iter().zip(&self.before).rev() {
            let after = self.put(collection, path, |route, _| had.get(route).cloned());
            assert_eq!(after.len(), had.len(), "{collection} {path}");
        }
    }

    /// What the comparer finds different, a line each.
    fn differences(&self) -> BTreeSet<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let written = |name: &str, dump: &Value, space: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, dump.to_string()).expect("the dump");
            format!("{}:{space}", path.display())
        };
        let source = written("source.json", &self.years.source.dump(), "Spaces-2");
        let destination = written("destination.json", &self.years.destination.dump(), &self.years.space());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let output = command(root.join("tests/compare/compare-spaces"), folder.path())
            .args([
                "--allowed",
                &root.join("tests/allowed-notes.txt").to_string_lossy(),
                &source,
                &destination,
            ])
            .output()
            .expect("the comparer");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("the spaces are "), "{said}");
        let found = said.split_once("NOT allowed").map_or("", |(_, found)| found);
        let is_nothing =
            |side: &str| ["null", "\"\"", "[]", "<absent>"].iter().any(|nothing| side.ends_with(nothing));
        let differs = |line: &&str| {
            // Two words for nothing are no difference here, nor is a step that is as its template's newest version says.
            let sides = line.split_once(" → ");
            let lags = line.contains("Octopus.Action.Template.Version: ");
            !lags
                && line.starts_with("  ")
                && !sides.is_some_and(|(before, after)| is_nothing(before) && is_nothing(after))
        };
        found.lines().filter(differs).map(str::to_owned).collect()
    }
}

/// The fields of the table that a space has.
fn goes_and_comes(space: &str) -> BTreeSet<(&'static str, &'static str)> {
    let mut lifted = Lifted::of(space);
    // No step of the source runs here, so no secret arrives.
    let usual = lifted.differences();
    let every_scope = json!(["Tenant", "Environment", "Project", "Runbook", "Target"]);
    lifted.put("tagsets", "Scopes", |_, _| Some(vec![every_scope.clone()]));
    lifted.set_all();
    lifted.years.migrate();
    let more = |there: &BTreeSet<String>| there.difference(&usual).cloned().collect::<Vec<_>>();
    assert_eq!(more(&lifted.differences()), Vec::<String>::new(), "{space}: does not arrive");
    lifted.take_back();
    lifted.years.migrate();
    assert_eq!(more(&lifted.differences()), Vec::<String>::new(), "{space}: stays");
    let tried = FOR_A_WHILE.iter().zip(&lifted.before).filter(|(_, had)| !had.is_empty());
    tried.map(|((collection, path, _), _)| (*collection, *path)).collect()
}

#[test]
fn what_a_shop_had_for_a_while_it_has_no_more() {
    let tried = goes_and_comes("shop");
    assert!(tried.len() > FOR_A_WHILE.len() - 8, "{tried:?}");
}

#[test]
fn what_an_infrastructure_had_for_a_while_it_has_no_more() {
    let tried = goes_and_comes("infrastructure");
    assert!(tried.contains(&("workers", "IsDisabled")), "{tried:?}");
}

#[test]
fn what_operations_had_for_a_while_they_have_no_more() {
    let tried = goes_and_comes("operations");
    assert!(tried.contains(&("scopeduserroles", "ProjectIds")), "{tried:?}");
}
