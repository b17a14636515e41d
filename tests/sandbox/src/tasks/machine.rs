//! Tasks on machines that tests have given a home (`/sandbox/homes`): scripts of the console, checks of health.
//!
//! A home is a Tentacle's folder: `Tentacle` is its program, `configuration.json` what that writes, `running.json` what the Tentacle read when it
//! started last. A server reaches a machine whose running Tentacle trusts it, and polls it where its document has an address to be polled.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::execute::Stop;
use super::is_cancelled;
use crate::answer::Answer;
use crate::server::{Server, Shared};
use crate::store::{text, texts};
use crate::worker::process::{self, Demand, Ending, Job};

/// The machines of a task's arguments, targets and workers, with their collections.
fn named(arguments: &Value) -> Vec<String> {
    texts(arguments, "MachineIds").chain(texts(arguments, "WorkerIds")).map(ToOwned::to_owned).collect()
}

/// Refuses what names no machine, or one that is not there.
pub(crate) fn demand(server: &Server, space: &str, name: &str, arguments: &Value) -> Result<(), Answer> {
    let ids = named(arguments);
    if ids.is_empty() {
        return Err(Answer::bad_request("This sandbox runs tasks on machines that are named one by one."));
    }
    if name == "AdHocScript" && text(arguments, "ScriptBody").is_empty() {
        return Err(Answer::bad_request("Please provide a script."));
    }
    match ids.iter().find(|id| find(server, space, id).is_none()) {
        Some(id) => Err(Answer::bad_request(format!("There is no machine {id}."))),
        None => Ok(()),
    }
}

fn find<'a>(server: &'a Server, space: &str, id: &str) -> Option<(&'static str, &'a Value)> {
    let lists = ["machines", "workers"];
    lists.into_iter().find_map(|list| server.store.get(space, list, id).map(|machine| (list, machine)))
}

/// By what Tentacles know a server.
pub(crate) fn thumbprint(server: &Server) -> String {
    let digits = server.installation_id.replace('-', "").to_uppercase();
    format!("{digits:0<40}").chars().take(40).collect()
}

/// The home of a machine that the server reaches; otherwise why not.
fn reached(server: &Server, space: &str, id: &str) -> Result<PathBuf, String> {
    let (_, machine) = find(server, space, id).ok_or("The machine is gone.")?;
    let home = server.tasks.homes.get(&(space.to_owned(), id.to_owned()));
    let home = home.ok_or("No machine answers at this address.")?;
    let running =
        std::fs::read(home.join("running.json")).map_err(|_| "No machine answers at this address.")?;
    let running: Value = serde_json::from_slice(&running).map_err(|error| error.to_string())?;
    let own = thumbprint(server);
    let address = text(&machine["Endpoint"], "Uri");
    let polls = text(&machine["Endpoint"], "CommunicationStyle") == "TentacleActive";
    let knows =
        running["Tentacle"]["Communication"]["TrustedOctopusServers"].as_array().into_iter().flatten().any(
            |known| {
                text(known, "Thumbprint").eq_ignore_ascii_case(&own)
                    && (!polls || text(known, "SubscriptionId") == address)
            },
        );
    if knows { Ok(home.clone()) } else { Err("The Tentacle does not trust this server.".to_owned()) }
}

/// Looks how the machines are.
pub(super) fn health(shared: &Shared, space: &str, task: &str) -> Result<(), Stop> {
    let mut server = shared.lock();
    let ids = named(&arguments(&server, task));
    let mut bad = Vec::new();
    for id in ids {
        let outcome = reached(&server, space, &id);
        let Some((list, _)) = find(&server, space, &id) else { continue };
        if let Some(machine) = server.store.get_mut(space, list, &id) {
            machine["HealthStatus"] = json!(if outcome.is_ok() { "Healthy" } else { "Unavailable" });
            if outcome.is_ok() {
                machine["ShellName"] = json!("Bash");
                machine["OperatingSystem"] = json!("Linux 6.1.0");
            }
        }
        bad.extend(outcome.err().map(|why| format!("{id}: {why}")));
    }
    if bad.is_empty() { Ok(()) } else { Err(Stop::Failed(bad.join("\n"))) }
}

fn arguments(server: &Server, task: &str) -> Value {
    super::find(server, task).map(|(_, task)| task["Arguments"].clone()).unwrap_or_default()
}

/// Runs a script on each machine.
pub(super) fn script(shared: &Shared, space: &str, task: &str) -> Result<(), Stop> {
    let (arguments, places) = {
        let mut server = shared.lock();
        if let Some(log) = server.tasks.logs.get_mut(task) {
            log.start();
        }
        let arguments = arguments(&server, task);
        let mut places = Vec::new();
        for id in named(&arguments) {
            let disabled =
                find(&server, space, &id).is_some_and(|(_, machine)| machine["IsDisabled"] == true);
            if disabled {
                return Err(Stop::Failed(format!("The machine {id} is disabled.")));
            }
            places.push(reached(&server, space, &id).map_err(|why| Stop::Failed(format!("{id}: {why}")))?);
        }
        (arguments, places)
    };
    if text(&arguments, "Syntax") != "Bash" {
        return Err(Stop::Failed("The machines of this sandbox run Bash only.".to_owned()));
    }
    places.iter().try_for_each(|home| on_machine(shared, task, home, text(&arguments, "ScriptBody")))
}

fn on_machine(shared: &Shared, task: &str, home: &Path, body: &str) -> Result<(), Stop> {
    let failure = |error: std::io::Error| Stop::Failed(error.to_string());
    let work = home.join("Work").join(crate::store::new_uuid());
    std::fs::create_dir_all(&work).map_err(failure)?;
    std::fs::write(work.join("Script.sh"), body).map_err(failure)?;
    let path = |name: &str| home.join(name).to_string_lossy().into_owned();
    let environment: BTreeMap<String, String> = [
        ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", path("bin"))),
        ("HOME", path("")),
        ("TentacleHome", path("")),
        ("TentacleInstanceName", "Tentacle".to_owned()),
        ("TentacleExecutablePath", path("Tentacle")),
        ("OCTOPUS_SANDBOX_TASK", task.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let job = Job {
        program: "bash",
        arguments: &["Script.sh".to_owned()],
        folder: &work,
        environment: &environment,
        marker: task,
        grace: Duration::ZERO,
        sample: false,
    };
    let write = |line: &str| {
        if let Some(log) = shared.lock().tasks.logs.get_mut(task) {
            log.write(&[], "Info", line);
        }
    };
    let finished = process::run(&job, &mut |_, line| write(line), &|| {
        if is_cancelled(&shared.lock(), task) { Demand::Kill } else { Demand::GoOn }
    });
    std::fs::remove_dir_all(&work).map_err(failure)?;
    match finished.map_err(|error| Stop::Failed(format!("{error:#}")))?.ending {
        Ending::Canceled => Err(Stop::Canceled),
        Ending::Exited(0) => Ok(()),
        Ending::Exited(code) => Err(Stop::Failed(format!("The script returned the exit code {code}."))),
    }
}
