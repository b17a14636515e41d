//! The runs in which tenants' secret values are read: listed and asked for first, one after the other, each by name when it can't be.

use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

use serde_json::Value;

use super::report::{Report, Row};
use super::runs::Runs;
use crate::deployment::outcomes::{self, Outcomes};
use crate::deployment::tenant::{self, Planned};
use crate::mark::found::Found;
use crate::mark::name;
use crate::spread::tenant_runs::{self, Obstacle};
use crate::ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use module::manifest::{Manifest, SecretEntry, SecretOrigin};
use octopus::freezes;
use octopus::server::Server;

/// How a run for a tenant ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    NotAgreed,
    /// Why it failed, or was refused.
    Failed(String),
    /// Nothing was tried, since this stands in the way.
    LeftOut(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => formatter.write_str("yes"),
            Self::NotAgreed => formatter.write_str("not run: not agreed"),
            Self::Failed(why) => write!(formatter, "no: {why}"),
            Self::LeftOut(why) => write!(formatter, "left out: {why}"),
        }
    }
}

/// One run, and how it ended.
pub(super) struct TenantRow {
    pub(super) run: Planned,
    pub(super) became: Ending,
    /// The task, when there was one.
    pub(super) task: Option<String>,
}

impl TenantRow {
    pub(super) fn is_well(&self) -> bool {
        self.became == Ending::Done
    }
}

fn title(run: &Planned) -> String {
    format!("Deploy Tenant Secrets {} for {} in {}", run.project, run.tenant, run.environment)
}

/// Plans the runs for these projects' newest modules, asks, and does them. What a refused run would have read is looked for in others; what
/// the server may refuse is tried last. `inventory` is the source space as it is.
///
/// # Errors
/// When the source can't be asked. A run that fails or is refused is reported in its row.
pub(super) async fn run(
    runs: &Runs<'_>,
    found: &Found,
    inventory: &Inventory,
    modules: &[(&str, &Manifest)],
    agreed: bool,
) -> Result<Vec<TenantRow>, Failure> {
    if tenant::runs(modules, BTreeSet::new(), |_| true).is_empty() {
        return Ok(Vec::new());
    }
    // Not everybody may see freezes; the server refuses the run then.
    let freezes = freezes::list(&runs.source.client).await.unwrap_or_default();
    let known = Known { found, inventory, freezes };
    let mut rows: Vec<TenantRow> = Vec::new();
    let mut read = BTreeSet::new();
    for doubtful_too in [false, true] {
        loop {
            let possible = |run: &Planned| {
                !rows.iter().any(|row| row.run == *run)
                    && known.ready(run).is_ok_and(|ready| doubtful_too || ready.doubt.is_none())
            };
            let planned = tenant::runs(modules, read.clone(), possible);
            if planned.is_empty() {
                break;
            }
            let told =
                "tenants' secret values can only be read in runs for the tenant in its own environment:";
            runs.ui.info(&format!("\n{told}"));
            for run in &planned {
                runs.ui.info(&format!("  {:?} in {:?}, by {:?}", run.tenant, run.environment, run.project));
                if let Some(doubt) = known.ready(run).ok().and_then(|ready| ready.doubt) {
                    runs.ui.warning(&format!("    the server may refuse it: {doubt}"));
                }
            }
            let question = format!("Run {:?} in these environments?", name::TENANT_SECRETS_RUNBOOK);
            let agreed = runs.ui.confirm(&question, agreed).is_ok();
            for run in planned {
                let mut row = TenantRow { run, became: Ending::NotAgreed, task: None };
                if let (true, Ok(ready)) = (agreed, known.ready(&row.run)) {
                    row.became = match ready.run(runs, &mut row).await {
                        Ok(()) => Ending::Done,
                        Err(failure) => {
                            runs.ui.failure(&failure);
                            Ending::Failed(failure.message)
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
    }
    // What stands in the way of the rest, by name.
    for run in tenant::runs(modules, read, |run| !rows.iter().any(|row| row.run == *run)) {
        if let Err(why) = known.ready(&run) {
            runs.ui.warning(&format!("{}: left out, {why}", title(&run)));
            rows.push(TenantRow { run, became: Ending::LeftOut(why), task: None });
        }
    }
    Ok(rows)
}

/// A run that nothing known is surely in the way of.
struct Ready<'a> {
    runbook: &'a Document,
    tenant: &'a str,
    environment: &'a str,
    /// Why the server may refuse it.
    doubt: Option<String>,
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
    inventory: &'a Inventory,
    freezes: Vec<Value>,
}

impl Known<'_> {
    /// What the run needs, or what is in its way.
    fn ready(&self, run: &Planned) -> Result<Ready<'_>, String> {
        let named = |collection: Collection, name: &str| {
            self.inventory.all(collection).find(|document| document.name() == name)
        };
        let project = named(Collection::Projects, &run.project).ok_or("the project is gone")?;
        let runbook = self.found.runbook(project.id(), name::TENANT_SECRETS_RUNBOOK).ok_or_else(|| {
            format!("the project has no runbook {:?}; octoferry seed makes it", name::TENANT_SECRETS_RUNBOOK)
        })?;
        let tenant = named(Collection::Tenants, &run.tenant).ok_or("the tenant is gone")?;
        let environment =
            named(Collection::Environments, &run.environment).ok_or("the environment is gone")?;
        let scope = (project.id(), tenant.id(), environment.id());
        if let Some(freeze) =
            self.freezes.iter().find(|freeze| freezes::is_in_force(freeze, scope, SystemTime::now()))
        {
            return Err(format!("it is frozen by {}", freeze["Name"]));
        }
        let doubt = match tenant_runs::obstacle(self.inventory, project, tenant, environment.id()) {
            Some(Obstacle::Certain(why)) => return Err(why),
            Some(Obstacle::Possible(why)) => Some(why),
            None => None,
        };
        Ok(Ready { runbook, tenant: tenant.id(), environment: environment.id(), doubt })
    }
}

/// Says of each secret that is still open for want of its run why there was none.
pub(super) fn explain(
    rows: &[TenantRow],
    project: Option<&str>,
    manifest: &Manifest,
    outcomes: &mut Outcomes,
) {
    for secret in &manifest.secrets {
        let SecretOrigin::Tenant { tenant, environments, .. } = &secret.from else { continue };
        let Some(became) = outcomes.get_mut(&secret.name).filter(|became| became.open) else { continue };
        let of_it = |row: &&TenantRow| {
            row.run.tenant == *tenant && environments.contains(&row.run.environment) && !row.is_well()
        };
        let own = |row: &&TenantRow| project == Some(row.run.project.as_str()) && of_it(row);
        if let Some(row) = rows.iter().find(own).or_else(|| rows.iter().find(of_it)) {
            became.text = format!(
                "can be read only in a run for {:?} in {:?}: {}",
                row.run.tenant, row.run.environment, row.became
            );
        }
    }
}

/// Closes what an earlier migration's run for the tenant has set and none has read this time: it stays at the destination, and the table says why there
/// was no run.
pub(super) async fn known_from_before(source: &Server, report: &mut Report) -> Result<(), Failure> {
    let is_open = |row: &Row, secret: &SecretEntry| {
        matches!(secret.from, SecretOrigin::Tenant { .. })
            && row.outcomes.get(&secret.name).is_some_and(|became| became.open)
    };
    let has_open = |row: &Row| {
        row.manifest.iter().flat_map(|manifest| &manifest.secrets).any(|secret| is_open(row, secret))
    };
    if !report.rows.iter().any(has_open) {
        return Ok(());
    }
    let manifests: Vec<&Manifest> = report.rows.iter().filter_map(|row| row.manifest.as_ref()).collect();
    let newest = outcomes::newest(source, &manifests).await?;
    for row in &mut report.rows {
        let Some(manifest) = row.manifest.clone() else { continue };
        let Some(known) = newest.get(&outcomes::project_of(&manifest)) else { continue };
        for secret in &manifest.secrets {
            if !is_open(row, secret) {
                continue;
            }
            if let Some(before) = known.get(&secret.name).filter(|before| !before.open) {
                row.outcomes.insert(secret.name.clone(), before.clone());
            }
        }
    }
    Ok(())
}

/// The rows for a person.
pub(super) fn table(rows: &[TenantRow]) -> String {
    let mut lines =
        vec![["tenant", "environment", "project", "secret values set"].map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|row| {
        let run = &row.run;
        vec![run.tenant.clone(), run.environment.clone(), run.project.clone(), row.became.to_string()]
    }));
    ui::table(&lines)
}
