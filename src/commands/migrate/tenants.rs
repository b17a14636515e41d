//! The runs in which tenants' secret values are read: listed and asked for first, one after the other, each by name when it can't be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use serde_json::Value;

use super::runs::Runs;
use crate::deployment::tenant::{self, Planned};
use crate::seeded::found::Found;
use crate::seeded::name;
use crate::spread::account;
use crate::ui;
use documents::document::Document;
use failure::Failure;
use module::manifest::Manifest;
use octopus::freezes;
use octopus::server::Server;
use octopus::upsert;

/// One run, and how it ended.
pub(super) struct TenantRow {
    pub(super) run: Planned,
    /// `yes`, or why not.
    pub(super) became: String,
    /// The task, when there was one.
    pub(super) task: Option<String>,
}

impl TenantRow {
    pub(super) fn is_well(&self) -> bool {
        self.became == "yes"
    }
}

fn title(run: &Planned) -> String {
    format!("Deploy Tenant Secrets {} for {} in {}", run.project, run.tenant, run.environment)
}

/// Plans the runs for these projects' newest modules, asks, and does them. What a refused run would have read is looked for in others.
///
/// # Errors
/// When the source can't be read. A run that fails or is refused is told in its row.
pub(super) async fn run(
    runs: &Runs<'_>,
    found: &Found,
    modules: &[(&str, &Manifest)],
    agreed: bool,
) -> Result<Vec<TenantRow>, Failure> {
    if tenant::runs(modules, BTreeSet::new(), |_| true).is_empty() {
        return Ok(Vec::new());
    }
    let known = Known::read(runs.source, found, modules).await?;
    let ready = |run: &Planned| known.ready(run);
    let mut rows: Vec<TenantRow> = Vec::new();
    let mut read = BTreeSet::new();
    loop {
        let tried = |run: &Planned| rows.iter().any(|row| row.run == *run);
        let planned = tenant::runs(modules, read.clone(), |run| !tried(run) && ready(run).is_ok());
        if planned.is_empty() {
            break;
        }
        let told = "tenants' secret values can only be read in runs for the tenant in its own environment:";
        runs.ui.info(&format!("\n{told}"));
        for run in &planned {
            runs.ui.info(&format!("  {:?} in {:?}, by {:?}", run.tenant, run.environment, run.project));
        }
        let question = format!("Run {:?} in these environments?", name::TENANT_SECRETS_RUNBOOK);
        let agreed = runs.ui.confirm(&question, agreed).is_ok();
        for run in planned {
            let mut row = TenantRow { run, became: "not run: not agreed".to_owned(), task: None };
            if let (true, Ok(ready)) = (agreed, ready(&row.run)) {
                row.became = match ready.run(runs, &mut row).await {
                    Ok(()) => "yes".to_owned(),
                    Err(failure) => {
                        runs.ui.failure(&failure);
                        format!("no: {}", failure.message)
                    }
                };
            }
            if row.is_well() {
                let manifests = modules.iter().filter(|(name, _)| *name == row.run.project);
                read.extend(manifests.flat_map(|(_, manifest)| row.run.reads(manifest)));
            }
            rows.push(row);
        }
    }
    // What stands in the way of the rest, by name.
    for run in tenant::runs(modules, read, |run| !rows.iter().any(|row| row.run == *run)) {
        if let Err(why) = ready(&run) {
            runs.ui.warning(&format!("{}: left out, {why}", title(&run)));
            rows.push(TenantRow { run, became: format!("left out: {why}"), task: None });
        }
    }
    Ok(rows)
}

/// A run that nothing known is in the way of.
struct Ready<'a> {
    runbook: &'a Document,
    tenant: &'a str,
    environment: &'a str,
}

impl Ready<'_> {
    async fn run(&self, runs: &Runs<'_>, row: &mut TenantRow) -> Result<(), Failure> {
        let run = runs.start_for(self.runbook, self.environment, Some(self.tenant)).await?;
        row.task = Some(run.task_id.clone());
        runs.follow(&title(&row.run), &run).await
    }
}

/// What may be in the way of runs.
struct Known<'a> {
    found: &'a Found,
    tenants: Vec<Document>,
    freezes: Vec<Value>,
    /// Accounts and certificates.
    restricted: Vec<Document>,
    /// Project id → the variables that its runs see.
    variables: BTreeMap<String, Vec<Value>>,
}

impl<'a> Known<'a> {
    async fn read(source: &Server, found: &'a Found, modules: &[(&str, &Manifest)]) -> Result<Self, Failure> {
        // Not everybody may see freezes; the server refuses the run then.
        let freezes = freezes::list(&source.client).await.unwrap_or_default();
        let (tenants, accounts, certificates) = futures::try_join!(
            upsert::list(source, "tenants"),
            upsert::list(source, "accounts"),
            upsert::list(source, "certificates")
        )?;
        let mut variables = BTreeMap::new();
        for project in found.own_projects() {
            if !modules.iter().any(|(name, _)| *name == project.name()) {
                continue;
            }
            let sets = project.texts("IncludedLibraryVariableSetIds");
            let mut seen = Vec::new();
            for owner in std::iter::once(project.id()).chain(sets) {
                let set = source.client.find(&source.path(&format!("variables/variableset-{owner}"))).await?;
                seen.extend(set.unwrap_or_default()["Variables"].as_array().cloned().unwrap_or_default());
            }
            variables.insert(project.id().to_owned(), seen);
        }
        let restricted = [accounts, certificates].concat();
        Ok(Self { found, tenants, freezes, restricted, variables })
    }

    /// What the run needs, or what is in its way.
    fn ready(&self, run: &Planned) -> Result<Ready<'_>, String> {
        let project = self.found.own_projects().into_iter().find(|project| project.name() == run.project);
        let project = project.ok_or("the project is gone")?;
        let runbook = self.found.runbook(project.id(), name::TENANT_SECRETS_RUNBOOK).ok_or_else(|| {
            format!("the project has no runbook {:?}; octoferry seed makes it", name::TENANT_SECRETS_RUNBOOK)
        })?;
        let tenant = self.tenants.iter().find(|tenant| tenant.name() == run.tenant);
        let tenant = tenant.ok_or("the tenant is gone")?;
        if tenant.flag("IsDisabled") {
            return Err("the tenant is disabled".to_owned());
        }
        let named = |environment: &&Document| environment.name() == run.environment;
        let environment = self.found.environments.iter().find(named).ok_or("the environment is gone")?;
        let scope = (project.id(), tenant.id(), environment.id());
        if let Some(freeze) =
            self.freezes.iter().find(|freeze| freezes::holds(freeze, scope, SystemTime::now()))
        {
            return Err(format!("it is frozen by {}", freeze["Name"]));
        }
        if let Some(document) = self.refusing(project.id(), tenant, environment.id()) {
            return Err(format!(
                "a variable in its scope refers to {:?}, which does not allow this tenant or environment, so Octopus refuses every run there",
                document.name()
            ));
        }
        Ok(Ready { runbook, tenant: tenant.id(), environment: environment.id() })
    }

    /// An account or certificate of a variable in the run's scope that refuses it.
    fn refusing(&self, project: &str, tenant: &Document, environment: &str) -> Option<&Document> {
        let in_scope = |variable: &&Value| account::is_in_tenants_run(variable, environment, tenant);
        let ids: BTreeSet<&str> = self
            .variables
            .get(project)?
            .iter()
            .filter(in_scope)
            .filter(|variable| variable["Type"] != "String" && variable["Type"] != "Sensitive")
            .filter_map(|variable| variable["Value"].as_str())
            .collect();
        self.restricted
            .iter()
            .find(|document| ids.contains(document.id()) && account::refuses(document, environment, tenant))
    }
}

/// The rows for a person.
pub(super) fn table(rows: &[TenantRow]) -> String {
    let mut lines =
        vec![["tenant", "environment", "project", "secret values set"].map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|row| {
        [&row.run.tenant, &row.run.environment, &row.run.project, &row.became].map(Clone::clone).to_vec()
    }));
    ui::table(&lines)
}
