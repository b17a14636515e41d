//! A process of a project or runbook: found, read and written whole by each of its steps.

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};

use super::{Call, items, text};
use crate::http::is_gone;
use crate::mapping::without_nulls;

/// The process that a project or a runbook already has.
///
/// # Errors
/// What the server says; a project in Git.
pub(super) async fn find(call: &Call<'_>, plan: &Json) -> Result<Json> {
    let imported = text(plan, "id");
    let (project_id, runbook_id) = match (text(plan, "project_id"), imported.strip_prefix("RunbookProcess-"))
    {
        ("", Some(runbook)) => (text_of_runbook(call, plan, runbook).await?, runbook.to_owned()),
        ("", None) => (imported.trim_start_matches("deploymentprocess-").to_owned(), String::new()),
        (project, _) => (project.to_owned(), text(plan, "runbook_id").to_owned()),
    };
    let project = call.api.get(&call.s(plan, &format!("projects/{project_id}"))).await?;
    refuse_git(&project)?;
    let process = if runbook_id.is_empty() {
        call.api
            .get(&call.s(plan, &format!("deploymentprocesses/{}", text(&project, "DeploymentProcessId"))))
            .await?
    } else {
        let runbook = call.api.get(&call.s(plan, &format!("runbooks/{runbook_id}"))).await?;
        call.api
            .get(&call.s(plan, &format!("runbookProcesses/{}", text(&runbook, "RunbookProcessId"))))
            .await?
    };
    let runbook = if runbook_id.is_empty() { Json::Null } else { json!(runbook_id) };
    Ok(
        json!({"id": process["Id"], "space_id": process["SpaceId"], "project_id": project_id, "runbook_id": runbook}),
    )
}

async fn text_of_runbook(call: &Call<'_>, plan: &Json, runbook_id: &str) -> Result<String> {
    Ok(text(&call.api.get(&call.s(plan, &format!("runbooks/{runbook_id}"))).await?, "ProjectId").to_owned())
}

fn refuse_git(project: &Json) -> Result<()> {
    if project["PersistenceSettings"]["Type"] == json!("VersionControlled") {
        bail!(
            "Process persisted under version control system: version controlled resources will not be modified via terraform"
        );
    }
    Ok(())
}

/// A process, with the address it came from.
pub(super) struct Process {
    pub(super) document: Json,
    address: String,
}

impl Process {
    /// Loads the process that `value.process_id` names: its project (or runbook and project) first.
    ///
    /// # Errors
    /// What the server says; a project in Git.
    pub(super) async fn load(call: &Call<'_>, value: &Json) -> Result<Self> {
        let id = text(value, "process_id");
        let (project_id, route) = if let Some(project) = id.strip_prefix("deploymentprocess-") {
            (project.to_owned(), "deploymentprocesses")
        } else if let Some(runbook) = id.strip_prefix("RunbookProcess-") {
            (text_of_runbook(call, value, runbook).await?, "runbookProcesses")
        } else {
            bail!("Invalid process identifier '{id}'");
        };
        refuse_git(&call.api.get(&call.s(value, &format!("projects/{project_id}"))).await?)?;
        let mut document = call.api.get(&call.s(value, &format!("{route}/{id}"))).await?;
        without_nulls(&mut document);
        // The client writes to the document's own link.
        let address = document["Links"]["Self"]
            .as_str()
            .map_or_else(|| call.s(value, &format!("{route}/{id}")), str::to_owned);
        Ok(Self { document, address })
    }

    /// As `load`; `None` when project, runbook or process are gone.
    pub(super) async fn load_if_there(call: &Call<'_>, value: &Json) -> Result<Option<Self>> {
        match Self::load(call, value).await {
            Err(error) if is_gone(&error) => Ok(None),
            process => process.map(Some),
        }
    }

    /// Writes the process whole.
    pub(super) async fn save(&mut self, call: &Call<'_>) -> Result<()> {
        self.document = call.api.put(&self.address, &self.document).await?;
        Ok(())
    }

    pub(super) fn steps(&self) -> &[Json] {
        items(&self.document, "Steps")
    }

    pub(super) fn set_steps(&mut self, steps: Vec<Json>) {
        self.document["Steps"] = Json::Array(steps);
    }

    pub(super) fn step(&self, id: &str) -> Option<&Json> {
        self.steps().iter().find(|step| step["Id"] == json!(id))
    }

    pub(super) fn step_mut(&mut self, id: &str) -> Result<&mut Json> {
        let steps = self.document["Steps"].as_array_mut().into_iter().flatten();
        steps
            .into_iter()
            .find(|step| step["Id"] == json!(id))
            .with_context(|| format!("unable to find process step '{id}'"))
    }
}
