//! The runbooks and their processes, as documents.

use serde_json::{Map, Value, json};

use super::template::{self, Template};
use crate::mark::name;
use documents::document::Document;

/// One of our runbooks: its name, what it is for, the template of its one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runbook {
    pub name: &'static str,
    pub what: &'static str,
    pub template: Template,
    /// It runs for tenants in their own environments, instead of in ours without a tenant.
    pub for_tenants: bool,
}

/// The runbooks of the project `Octoferry`, in the order in which they run.
pub const SPACE: [Runbook; 4] = [
    Runbook {
        name: name::CHECK_RUNBOOK,
        what: "Looks whether worker, Terraform, backend and both servers are ready.",
        template: template::CHECK,
        for_tenants: false,
    },
    Runbook {
        name: name::SERIALIZE_SPACE_RUNBOOK,
        what: "Writes what projects share as a Terraform module into the built-in feed.",
        template: template::SERIALIZE_SPACE,
        for_tenants: false,
    },
    Runbook {
        name: name::DEPLOY_SPACE_RUNBOOK,
        what: "Applies the newest space module to the destination.",
        template: template::DEPLOY_SPACE,
        for_tenants: false,
    },
    Runbook {
        name: name::COPY_PACKAGES_RUNBOOK,
        what: "Copies the packages that releases and processes use, and build information; migrate does not run it.",
        template: template::COPY_PACKAGES,
        for_tenants: false,
    },
];

/// Runbooks of the project `Octoferry` that are made only where somebody asks for them.
pub const OPTIONAL: [Runbook; 2] = [READ_FEEDS, REHOME];

pub const READ_FEEDS: Runbook = Runbook {
    name: name::READ_FEEDS_RUNBOOK,
    what: "Puts the passwords of container registries into variables for Deploy Space; migrate runs it, and goes on where it fails.",
    template: template::READ_FEEDS,
    for_tenants: false,
};

pub const REHOME: Runbook = Runbook {
    name: name::REHOME_RUNBOOK,
    what: "Makes Tentacles know the destination, looks whether it reaches them, lets them forget this server; migrate does not run it.",
    template: template::REHOME,
    for_tenants: false,
};

/// The runbooks in every project.
pub const PROJECT: [Runbook; 2] = [
    Runbook {
        name: name::SERIALIZE_PROJECT_RUNBOOK,
        what: "Writes this project as a Terraform module into the built-in feed.",
        template: template::SERIALIZE_PROJECT,
        for_tenants: false,
    },
    Runbook {
        name: name::DEPLOY_PROJECT_RUNBOOK,
        what: "Applies the newest module of this project to the destination.",
        template: template::DEPLOY_PROJECT,
        for_tenants: false,
    },
];

/// The runbook in projects that need it ([`crate::mark::tenant::projects`]).
pub const TENANT_SECRETS: Runbook = Runbook {
    name: name::TENANT_SECRETS_RUNBOOK,
    what: "Sets the secret values of one tenant, which only its own run in its environment can read, at the destination.",
    template: template::TENANT_SECRETS,
    for_tenants: true,
};

/// Where the steps run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsOn {
    pub worker_pool_id: String,
    /// Feed id and image, when the tools are in a container.
    pub container: Option<(String, String)>,
}

impl Runbook {
    /// The body of `POST` and `PUT …/runbooks`.
    #[must_use]
    pub fn document(&self, project_id: &str, environment_id: &str) -> Value {
        json!({
            "Name": self.name,
            "Description": name::description(self.what),
            "ProjectId": project_id,
            "EnvironmentScope": if self.for_tenants { "All" } else { "Specified" },
            "Environments": if self.for_tenants { json!([]) } else { json!([environment_id]) },
            "MultiTenancyMode": if self.for_tenants { "Tenanted" } else { "Untenanted" },
            // An environment with guided failure would leave the task waiting for a person.
            "DefaultGuidedFailureMode": "Off",
            "ConnectivityPolicy": {
                "AllowDeploymentsToNoTargets": true,
                "ExcludeUnhealthyTargets": false,
                "SkipMachineBehavior": "None",
                "TargetRoles": [],
            },
            // All four, for servers old and new.
            "RunRetentionPolicy": {"Strategy": "Count", "QuantityToKeep": 20, "Unit": "Items", "ShouldKeepForever": false},
        })
    }

    /// The step of the runbook's process, made of the installed template as the portal would: its properties copied.
    #[must_use]
    pub fn step(
        &self,
        installed: &Document,
        (feed_id, project_id): (&str, &str),
        place: &RunsOn,
        made_for: &MadeFor,
    ) -> Value {
        let mut properties: Map<String, Value> =
            installed.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
        for parameter in installed.list("Parameters") {
            let Some(parameter_name) = parameter["Name"].as_str() else { continue };
            let value = made_for
                .value_of(parameter_name, feed_id, project_id)
                .unwrap_or_else(|| parameter["DefaultValue"].as_str().unwrap_or_default().to_owned());
            properties.insert(parameter_name.to_owned(), json!(value));
        }
        properties.insert("Octopus.Action.Template.Id".to_owned(), json!(installed.id()));
        let version = installed.get("Version").map(ToString::to_string).unwrap_or_default();
        properties.insert("Octopus.Action.Template.Version".to_owned(), json!(version));
        let packages: Vec<Value> = installed
            .list("Packages")
            .iter()
            .map(|package| {
                json!({
                    "Name": package["Name"],
                    "PackageId": name::PACKAGE,
                    "FeedId": feed_id,
                    "AcquisitionLocation": package["AcquisitionLocation"],
                    "Properties": package["Properties"],
                })
            })
            .collect();
        let action_name = self.name.trim_start_matches(|character: char| !character.is_alphabetic());
        let mut action = json!({
            "Name": action_name,
            "ActionType": "Octopus.Script",
            "Condition": "Success",
            "IsDisabled": false,
            "IsRequired": false,
            // Explicit: the default pool of a space can change, and may be a Windows one.
            "WorkerPoolId": place.worker_pool_id,
            "Environments": [],
            "ExcludedEnvironments": [],
            "Channels": [],
            "TenantTags": [],
            "Packages": packages,
            "Properties": properties,
        });
        if let Some((feed, image)) = &place.container {
            action["Container"] = json!({"FeedId": feed, "Image": image});
        }
        json!({
            "Name": action_name,
            "Condition": "Success",
            "StartTrigger": "StartAfterPrevious",
            "PackageRequirement": "LetOctopusDecide",
            "Properties": {},
            "Actions": [action],
        })
    }
}

/// Lets a step refer to these feeds and no others: then it sees their credentials ([`super::feeds`]). What is not acquired is not downloaded, so it
/// has no need to be there, and has our own package's name and version.
pub fn refer_to(step: &mut Value, feeds: &[String]) {
    let action = &mut step["Actions"][0];
    action["Properties"]["Octoferry.Step.Feeds"] = json!(feeds.join("\n"));
    let Some(packages) = action["Packages"].as_array_mut() else { return };
    packages.retain(|package| package["Name"] == name::PACKAGE);
    packages.extend(feeds.iter().map(|feed| {
        json!({
            "Name": feed,
            "PackageId": name::PACKAGE,
            "FeedId": feed,
            "AcquisitionLocation": "NotAcquired",
            "Properties": {"Extract": "False", "SelectionMode": "immediate", "Purpose": ""},
        })
    }));
}

/// Which certificates the runbooks trust besides those that the worker does, and which provider alone, as seed was given it; empty: nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Trusted {
    /// PEM.
    pub certificates: String,
    pub source_thumbprint: String,
    pub destination_thumbprint: String,
    /// [`module::provider_lock::FILE`] of every module.
    pub provider_lock: String,
}

/// What the steps of all runbooks were made for: it stands in them as it is.
#[derive(Debug, Clone)]
pub struct MadeFor {
    pub source_url: String,
    pub source_space: String,
    pub source_digest: String,
    pub source_is_copy: bool,
    pub destination_url: String,
    pub destination_space: String,
    pub destination_digest: String,
    pub backend: String,
    /// `KEY=VALUE`, one a line.
    pub backend_config: String,
    pub backend_digest: String,
    pub allow_foreign_terraform: bool,
    pub trusted: Trusted,
    /// As the package has its files.
    pub package_sha256: String,
}

impl MadeFor {
    /// The value of a parameter of a step; `None`: the template's default.
    ///
    /// What says where keys and secrets go stands in the step: a variable of a project may take the place of one of a library set, and who may
    /// edit variables may not edit steps. What a person decides from time to time comes from the library set `Octoferry`.
    fn value_of(&self, parameter: &str, feed_id: &str, project_id: &str) -> Option<String> {
        Some(match parameter.strip_prefix("Octoferry.Step.")? {
            "Package" => json!({"PackageId": name::PACKAGE, "FeedId": feed_id}).to_string(),
            "SourceUrl" => self.source_url.clone(),
            "SourceSpace" => self.source_space.clone(),
            "SourceDigest" => self.source_digest.clone(),
            "SourceIsCopy" => if self.source_is_copy { "True" } else { "False" }.to_owned(),
            "DestinationUrl" => self.destination_url.clone(),
            "DestinationSpace" => self.destination_space.clone(),
            "DestinationDigest" => self.destination_digest.clone(),
            "BackendType" => self.backend.clone(),
            "BackendConfig" => self.backend_config.clone(),
            "BackendDigest" => self.backend_digest.clone(),
            "CaCertificates" => self.trusted.certificates.clone(),
            "SourceThumbprint" => self.trusted.source_thumbprint.clone(),
            "DestinationThumbprint" => self.trusted.destination_thumbprint.clone(),
            "ProviderLock" => self.trusted.provider_lock.clone(),
            "Project" => project_id.to_owned(),
            "PackageSha256" => self.package_sha256.clone(),
            "ForeignTerraform" => if self.allow_foreign_terraform { "True" } else { "False" }.to_owned(),
            "Selection" => reference(name::SELECTION),
            "RehomeWhat" => reference(name::REHOME_WHAT),
            "Existing" => reference(name::DEPLOY_EXISTING),
            "Placeholders" => reference(name::DEPLOY_PLACEHOLDERS),
            "AllowDestroy" => reference(name::DEPLOY_ALLOW_DESTROY),
            "EnableTriggers" => reference(name::DEPLOY_ENABLE_TRIGGERS),
            _ => return None,
        })
    }
}

fn reference(variable: &str) -> String {
    format!("#{{{variable}}}")
}
