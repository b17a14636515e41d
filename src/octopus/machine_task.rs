//! Tasks on machines: a script on one target or worker, a check of their health.
//!
//! The published reference has `POST …/tasks` and nothing of what stands in `Arguments`; the names are those of the official clients
//! (`AdHocScriptTaskArguments`, `HealthCheckTaskArguments` of @octopusdeploy/message-contracts 1.3.1).

use serde_json::{Value, json};

use crate::server::Server;
use crate::tasks::{self, Event, Finished};
use failure::{Failure, While as _};

/// In what a script is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Bash,
    PowerShell,
}

impl Syntax {
    /// The server's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bash => "Bash",
            Self::PowerShell => "PowerShell",
        }
    }
}

/// A machine, as a task is told of it.
#[derive(Debug, Clone, Copy)]
pub struct On<'a> {
    pub id: &'a str,
    pub is_worker: bool,
}

/// Runs a script on a machine and hands on the lines of its log; how it ended.
///
/// # Errors
/// When the server refuses the task, or can't be asked how it goes on.
pub async fn script(
    server: &Server,
    on: On<'_>,
    (syntax, body): (Syntax, &str),
    what: &str,
    mut line: impl FnMut(&str),
) -> Result<Finished, Failure> {
    // Assumption: the script console's own form; the clients name the lists and nobody tells what goes with which type.
    let (machines, workers) = if on.is_worker { (vec![], vec![on.id]) } else { (vec![on.id], vec![]) };
    let arguments = json!({
        "TargetType": if on.is_worker { "Workers" } else { "Machines" },
        "MachineIds": machines, "WorkerIds": workers, "EnvironmentIds": [], "TenantIds": [], "TargetRoles": [],
        "WorkerPoolIds": [], "Syntax": syntax.word(), "ScriptBody": body,
    });
    let task = start(server, "AdHocScript", what, &arguments).await?;
    tasks::follow(server, &task, |event| {
        if let Event::Line { text, .. } = event {
            line(&text);
        }
    })
    .await
}

/// Lets the server look how these machines, targets or workers, are. How the task ends says nothing of the single machine.
///
/// # Errors
/// As [`script`].
pub async fn health(server: &Server, ids: &[&str]) -> Result<(), Failure> {
    let arguments = json!({
        "MachineIds": ids, "Timeout": "00:05:00", "MachineTimeout": "00:05:00", "OnlyTestConnection": false,
    });
    let task = start(server, "Health", "octoferry: can these machines be reached?", &arguments).await?;
    tasks::follow(server, &task, |_| {}).await?;
    Ok(())
}

async fn start(server: &Server, name: &str, what: &str, arguments: &Value) -> Result<String, Failure> {
    let body =
        json!({"Name": name, "Description": what, "SpaceId": server.space_id(), "Arguments": arguments});
    let task = server.client.post(&server.path("tasks"), &body).await.while_doing(what.to_owned())?;
    task["Id"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::failed(format!("the server did not say which task it made for: {what}")))
}
