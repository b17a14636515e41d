//! Starting runs of runbooks, with answers to their prompts.

use serde_json::{Map, Value, json};

use crate::server::Server;
use documents::document::Document;
use failure::Failure;
use secret::UNANSWERED;

/// A run of a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub id: String,
    pub task_id: String,
}

/// Where a run happens, for whom, and what it is told at its prompts.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub environment_id: &'a str,
    pub tenant_id: Option<&'a str>,
    /// Values by the names of prompted variables; the others keep their defaults.
    pub answers: &'a [(&'a str, &'a str)],
}

/// What a run asks for.
struct Form {
    /// Variable and its id, in the order of the form.
    asked: Vec<(String, String)>,
    /// Ids of those that must be answered and have no value.
    unanswered: Vec<String>,
    /// By id.
    defaults: Map<String, Value>,
}

impl Form {
    /// # Errors
    /// When the server refuses.
    async fn of(server: &Server, path: &str, order: &Order<'_>) -> Result<Self, Failure> {
        let tenant = order.tenant_id.map(|tenant| format!("/{tenant}")).unwrap_or_default();
        let path = server.path(&format!("{path}/runbookRuns/preview/{}{tenant}", order.environment_id));
        Ok(Self::read(&server.client.get(&path).await?["Form"]))
    }

    fn read(form: &Value) -> Self {
        let mut read = Self { asked: Vec::new(), unanswered: Vec::new(), defaults: Map::new() };
        read.defaults.extend(form["Values"].as_object().cloned().unwrap_or_default());
        read.defaults.retain(|_, value| !value.is_null());
        for element in form["Elements"].as_array().into_iter().flatten() {
            let Some(id) = element["Name"].as_str() else { continue };
            let variable = element["Control"]["Name"].as_str().unwrap_or_default();
            read.asked.push((variable.to_owned(), id.to_owned()));
            let has_value = read.defaults.get(id).is_some_and(|value| value != "");
            if (element["IsValueRequired"] == true || element["Control"]["Required"] == true) && !has_value {
                read.unanswered.push(id.to_owned());
            }
        }
        read
    }

    /// The values of the form, by the ids of prompted variables: the defaults with these answers.
    ///
    /// # Errors
    /// When an answered variable asks nothing.
    fn values(&self, answers: &[(&str, &str)]) -> Result<Map<String, Value>, Failure> {
        let mut values = self.defaults.clone();
        for (variable, answer) in answers {
            let asks = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(variable);
            let mut ids = self.asked.iter().filter(asks).map(|(_, id)| id).peekable();
            if ids.peek().is_none() {
                return Err(Failure::failed(format!("a run does not ask for the variable {variable}"))
                    .hint("Run octoferry seed again: it makes the runbooks' variables as this octoferry needs them."));
            }
            values.extend(ids.map(|id| (id.clone(), json!(answer))));
        }
        Ok(values)
    }
}

/// Sends a run's order (`send` is given the values of its form). Prompts of the space don't concern octoferry's runs: where the server refuses one
/// for them, it is sent again with [`UNANSWERED`] at each that must be answered and has no default. (Assumption: the server takes any
/// text there, also at a choice.) `path` is that of the snapshot or of the runbook.
///
/// # Errors
/// When the server refuses.
async fn ordered<S>(
    server: &Server,
    path: &str,
    order: &Order<'_>,
    send: impl Fn(Value) -> S,
) -> Result<Value, Failure>
where
    S: Future<Output = Result<Value, Failure>>,
{
    let mut known = None;
    let mut values = Map::new();
    if !order.answers.is_empty() {
        let form = Form::of(server, path, order).await?;
        values = form.values(order.answers)?;
        known = Some(form);
    }
    let failure = match send(Value::Object(values.clone())).await {
        Err(failure) if failure.http_status == Some(400) => failure,
        other => return other,
    };
    // The reason that the server gave says more than a form that can't be read.
    let form = match known {
        Some(form) => form,
        None => match Form::of(server, path, order).await {
            Ok(form) => form,
            Err(_) => return Err(failure),
        },
    };
    let is_open = |id: &&String| values.get(*id).is_none_or(|value| value == "");
    let open: Vec<_> = form.unanswered.iter().filter(is_open).collect();
    if open.is_empty() {
        return Err(failure);
    }
    values.extend(open.into_iter().map(|id| (id.clone(), json!(UNANSWERED))));
    send(Value::Object(values)).await
}

/// Starts a run of a published snapshot in one environment, for a tenant or without.
///
/// # Errors
/// When the server refuses: the project is disabled, no permission.
pub async fn run(
    server: &Server,
    runbook: &Document,
    snapshot_id: &str,
    order: Order<'_>,
) -> Result<Run, Failure> {
    let doing = |failure: Failure| failure.while_doing(format!("starting the runbook {:?}", runbook.name()));
    let body = |values: Value| {
        json!({
        "RunbookId": runbook.id(),
        "RunbookSnapshotId": snapshot_id,
        "EnvironmentId": order.environment_id,
        "TenantId": order.tenant_id,
        "SpaceId": server.space_id(),
        "SkipActions": [],
        "SpecificMachineIds": [],
        "ExcludedMachineIds": [],
        "UseGuidedFailure": false,
        "ForcePackageDownload": false,
        "FormValues": values,
        })
    };
    let path = server.path("runbookRuns");
    let send = async |values| server.client.post(&path, &body(values)).await;
    let run =
        ordered(server, &format!("runbookSnapshots/{snapshot_id}"), &order, send).await.map_err(doing)?;
    let text = |field: &str| run[field].as_str().unwrap_or_default().to_owned();
    Ok(Run { id: text("Id"), task_id: text("TaskId") })
}

/// Starts a run of a runbook as a branch has it, with this version of the package. `route` is that of the branch, below the space.
///
/// # Errors
/// As [`run`].
pub async fn run_from_branch(
    server: &Server,
    (runbook, route): (&Document, &str),
    (package, version): (&str, &str),
    order: Order<'_>,
) -> Result<Run, Failure> {
    let doing = |failure: Failure| failure.while_doing(format!("starting the runbook {:?}", runbook.name()));
    let route = format!("{route}/runbooks/{}", runbook.id());
    let path = server.path(&route);
    let template = server.client.get(&format!("{path}/runbookSnapshotTemplate")).await.map_err(doing)?;
    let ours = template["Packages"].as_array().into_iter().flatten();
    let selected: Vec<Value> = ours
        .filter(|reference| reference["PackageId"] == package)
        .map(|reference| {
            json!({
                "ActionName": reference["ActionName"],
                "PackageReferenceName": reference["PackageReferenceName"],
                "Version": version,
            })
        })
        .collect();
    let body = |values: Value| {
        json!({
        "Notes": "",
        "SelectedPackages": selected,
        "SelectedGitResources": [],
        "Runs": [{"EnvironmentId": order.environment_id, "TenantId": order.tenant_id, "SkipActions": [], "UseGuidedFailure": false, "FormValues": values}],
        })
    };
    let path = format!("{path}/run/v1");
    let send = async |values| server.client.post(&path, &body(values)).await;
    let answer = ordered(server, &route, &order, send).await.map_err(doing)?;
    let run = &answer["Resources"][0];
    let text = |field: &str| run[field].as_str().unwrap_or_default().to_owned();
    Ok(Run { id: text("Id"), task_id: text("TaskId") })
}
