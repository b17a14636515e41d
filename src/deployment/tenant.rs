//! The secret values of one tenant: read in its own run in one of its environments, set at the destination by finish, without Terraform.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli;
use crate::deployment::order::Folder;
use crate::deployment::supply::{Became, Row};
use crate::finish::{Finish, Report, SecretOutcome};
use failure::Failure;
use module::manifest::{FinishStep, FinishValue, Manifest, SecretEntry, SecretOrigin};
use octopus::server::Server;
use secret::Secret;

/// A run for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantRun<'a> {
    pub tenant: &'a str,
    pub environment: &'a str,
}

impl<'a> TenantRun<'a> {
    /// What the command line says; `None` when the run is for no tenant.
    #[must_use]
    pub fn of(arguments: &'a cli::Tenant) -> Option<Self> {
        Some(Self { tenant: arguments.tenant.as_deref()?, environment: arguments.environment.as_deref()? })
    }

    /// Whether such a run can read the secret.
    #[must_use]
    pub fn reads(&self, secret: &SecretEntry) -> bool {
        matches!(&secret.from, SecretOrigin::Tenant { tenant, environments, .. }
            if tenant == self.tenant && environments.iter().any(|environment| environment == self.environment))
    }

    /// Sets the values that this run has read, and nothing else; what became of each. `are_raw`: Octopus has not evaluated expressions in them.
    ///
    /// # Errors
    /// When the destination can't be reached, or a value can't be set there.
    pub async fn set(
        &self,
        module: &Folder,
        destination: Server,
        streamed: &BTreeMap<String, Secret>,
        are_raw: bool,
    ) -> Result<(Vec<Row>, Report), Failure> {
        let entries: Vec<&SecretEntry> =
            module.manifest.secrets.iter().filter(|secret| self.reads(secret)).collect();
        let found: BTreeMap<String, Secret> = entries
            .iter()
            .filter_map(|entry| {
                Some((entry.name.clone(), streamed.get(entry.from.octopus_variable())?.clone()))
            })
            .collect();
        let manifest = only_these(&module.manifest, &found.keys().map(String::as_str).collect());
        let report = Finish::new(destination, &found, &module.path).run(&manifest, false).await?;
        let rows = entries
            .iter()
            .map(|entry| {
                let secret = found.get(&entry.name);
                let became = match (secret, report.secrets.get(&entry.name)) {
                    (None, _) => {
                        let variable = entry.from.octopus_variable();
                        Became::Open(format!("the variable {variable} has no value in this run"))
                    }
                    (Some(secret), Some(SecretOutcome::Set))
                        if !are_raw && secret.expose().contains("#{") =>
                    {
                        Became::Evaluated
                    }
                    (Some(_), Some(became)) => Became::Finished(*became),
                    (Some(_), None) => Became::Open("found, but not accepted".to_owned()),
                };
                Row {
                    name: entry.name.clone(),
                    description: entry.description.clone(),
                    open: became != Became::Finished(SecretOutcome::Set),
                    became,
                    to: "finish".to_owned(),
                }
            })
            .collect();
        Ok((rows, report))
    }
}

/// The manifest with the steps that set these secrets: the tenant's, which may have another name at the destination.
fn only_these(manifest: &Manifest, secrets: &BTreeSet<&str>) -> Manifest {
    let mut manifest = manifest.clone();
    manifest.finish.retain(|step| {
        matches!(step, FinishStep::TenantValue { value: FinishValue::Secret(name), .. } | FinishStep::Set { value: FinishValue::Secret(name), .. }
            if secrets.contains(name.as_str()))
    });
    manifest
}

/// By what a secret value is known in the modules of several projects: tenant, owner and template; its environments in the description. Of a
/// default: owner, and the template in the description.
pub type Id = (Vec<String>, String);

/// By what this one is known.
#[must_use]
pub fn id(entry: &SecretEntry) -> Id {
    (entry.key.clone(), entry.description.clone())
}

/// A run for a tenant: the names of project, tenant and environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planned {
    pub project: String,
    pub tenant: String,
    pub environment: String,
}

impl Planned {
    /// The secret values that it reads.
    #[must_use]
    pub fn reads(&self, manifest: &Manifest) -> BTreeSet<Id> {
        let run = TenantRun { tenant: &self.tenant, environment: &self.environment };
        manifest.secrets.iter().filter(|secret| run.reads(secret)).map(id).collect()
    }
}

/// The runs that read all secret values of tenants that are not yet in `read`, as few as possible, of those that are `possible`.
///
/// A common value is in the module of every project whose runs can read it; one such run is enough.
#[must_use]
pub fn runs(
    modules: &[(&str, &Manifest)],
    mut read: BTreeSet<Id>,
    possible: impl Fn(&Planned) -> bool,
) -> Vec<Planned> {
    let own = |project: &str, entry: &SecretEntry| entry.key.get(1).is_some_and(|owner| owner == project);
    let mut runs = Vec::new();
    // Values of projects first: their runs read common ones along with them.
    for wants_own in [true, false] {
        for (project, manifest) in modules {
            for entry in manifest.secrets.iter().filter(|entry| own(project, entry) == wants_own) {
                let SecretOrigin::Tenant { tenant, environments, .. } = &entry.from else { continue };
                if read.contains(&id(entry)) {
                    continue;
                }
                let run_in = |environment: &String| Planned {
                    project: (*project).to_owned(),
                    tenant: tenant.clone(),
                    environment: environment.clone(),
                };
                // The environment in which most of what is still missing can be read; of equal ones the first by name.
                let best = environments.iter().map(run_in).filter(&possible).max_by_key(|run| {
                    let missing = run.reads(manifest).difference(&read).count();
                    (missing, std::cmp::Reverse(run.environment.clone()))
                });
                let Some(run) = best else { continue };
                read.extend(run.reads(manifest));
                runs.push(run);
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::collection::Collection;
    use module::manifest::{Origin, Scope};

    fn entry(owner: &str, template: &str, scope: &str, environments: &[&str]) -> SecretEntry {
        SecretEntry {
            name: format!("{owner}_{template}_{scope}"),
            description: format!("{template} {scope}"),
            terraform: false,
            collection: Collection::TenantVariableValues,
            key: ["Fils", owner, template].map(str::to_owned).to_vec(),
            field: "Value".to_owned(),
            path: Vec::new(),
            from: SecretOrigin::Tenant {
                octopus_variable: template.to_owned(),
                tenant: "Fils".to_owned(),
                environments: environments.iter().map(|name| (*name).to_owned()).collect(),
            },
        }
    }

    fn manifest(secrets: Vec<SecretEntry>) -> Manifest {
        let nothing = String::new;
        Manifest {
            format: 1,
            octoferry: nothing(),
            source: Origin { installation_id: nothing(), space_id: nothing(), space_name: nothing() },
            scope: Scope::Space,
            secrets,
            finish: Vec::new(),
            held: Vec::new(),
            makes: Vec::new(),
            parts: Vec::new(),
            after: Vec::new(),
            files: Vec::new(),
            part: module::manifest::Part::default(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn as_few_runs_as_read_everything() {
        let app = manifest(vec![entry("Shared", "Common", "", &["Test", "Live"])]);
        let web = manifest(vec![
            entry("Web", "Key", "Live", &["Live"]),
            entry("Web", "Key", "Test", &["Test"]),
            entry("Shared", "Common", "", &["Test", "Live"]),
        ]);
        let planned = |modules: &[(&str, &Manifest)], impossible: &str| {
            let runs = runs(modules, BTreeSet::new(), |run| {
                format!("{} {}", run.project, run.environment) != impossible
            });
            runs.into_iter().map(|run| format!("{} {}", run.project, run.environment)).collect::<Vec<_>>()
        };
        assert_eq!(planned(&[("App", &app), ("Web", &web)], ""), ["Web Live", "Web Test"]);
        assert_eq!(planned(&[("App", &app)], ""), ["App Live"]);
        // What is frozen is left out; what it would have read along is read elsewhere.
        assert_eq!(planned(&[("App", &app), ("Web", &web)], "Web Live"), ["Web Test"]);
        assert_eq!(planned(&[("App", &app)], "App Live"), ["App Test"]);
    }

    #[test]
    fn a_run_reads_its_tenants_values_in_its_environment() {
        let secret = entry("Web", "Key", "Live", &["Live"]);
        assert!(TenantRun { tenant: "Fils", environment: "Live" }.reads(&secret));
        assert!(!TenantRun { tenant: "Fils", environment: "Test" }.reads(&secret));
        assert!(!TenantRun { tenant: "Other", environment: "Live" }.reads(&secret));
    }
}
