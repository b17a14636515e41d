//! Runs a task: the steps of the frozen process one after another.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::interruption::{self, Guidance};
use super::preview;
use super::run::Input;
use super::{finish, is_cancelled, log, machine, step, variable};
use crate::server::{Server, Shared};
use crate::store::{text, texts};
use crate::worker::octostache::{Dictionary, Variable};
use crate::worker::scope::{Candidate, Place, tags_fit};

/// What the steps of a run share.
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) space: String,
    pub(crate) task: String,
    pub(crate) run: Value,
    pub(crate) snapshot: Value,
    pub(crate) runbook: Value,
    pub(crate) process: Value,
    pub(crate) place: Place,
    pub(crate) candidates: Vec<Candidate>,
    /// Output variables of the steps so far.
    pub(crate) outputs: Vec<Variable>,
    input: Input,
}

/// Why a task ended early.
pub(crate) enum Stop {
    Failed(String),
    Canceled,
}

impl Context<'_> {
    pub(crate) fn log(&self, path: &log::Path, category: &str, text: &str) {
        if let Some(log) = self.shared.lock().tasks.logs.get_mut(&self.task) {
            log.write(path, category, text);
        }
    }

    pub(crate) fn with_log<T>(&self, change: impl FnOnce(&mut log::Log) -> T) -> Option<T> {
        self.shared.lock().tasks.logs.get_mut(&self.task).map(change)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        is_cancelled(&self.shared.lock(), &self.task)
    }

    /// The variables at an action (or at none).
    pub(crate) fn dictionary(&self, server: &Server, step: &Value, action: &Value) -> Dictionary {
        let id = action["Id"].as_str().map(ToOwned::to_owned);
        let place = Place { action: id, ..self.place.clone() };
        let mut dictionary = variable::dictionary(&server.store, &self.space, &self.candidates, &place);
        variable::add_system(&mut dictionary, server, &self.space, &self.run);
        for (name, field) in [("Id", "Id"), ("Name", "Name"), ("Slug", "Slug")] {
            dictionary.set(format!("Octopus.Runbook.{name}"), text(&self.runbook, field));
        }
        for output in &self.outputs {
            dictionary.insert(output.clone());
        }
        let process = text(&self.process, "Id");
        variable::add_action(&mut dictionary, &server.store, &self.space, process, step, action);
        dictionary
    }
}

/// Runs a task to its end, whatever happens on the way.
pub(crate) fn run(shared: &Arc<Shared>, space: &str, task: &str) {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let name = super::find(&shared.lock(), task).map(|(_, task)| text(task, "Name").to_owned());
        match name.as_deref() {
            Some("RunbookRun") => run_runbook(shared, space, task),
            Some("AdHocScript") => machine::script(shared, space, task),
            Some("Health") => machine::health(shared, space, task),
            // Other tasks have nothing to do here; the queue refuses those that would have.
            _ => Ok(()),
        }
    }));
    let outcome = outcome.unwrap_or_else(|_| {
        Err(Stop::Failed("The sandbox made a mistake; see its error output.".to_owned()))
    });
    let mut server = shared.lock();
    match outcome {
        Ok(()) => finish(&mut server, task, "Success", ""),
        Err(Stop::Canceled) => finish(&mut server, task, "Canceled", ""),
        Err(Stop::Failed(error)) => {
            if let Some(log) = server.tasks.logs.get_mut(task) {
                log.write(&[], "Fatal", &error);
            }
            finish(&mut server, task, "Failed", &error);
        }
    }
    server.tasks.running.remove(task);
    server.tasks.cancelled.remove(task);
    drop(server);
    shared.work.notify_waiters();
}

fn run_runbook(shared: &Shared, space: &str, task: &str) -> Result<(), Stop> {
    let mut context = {
        let mut server = shared.lock();
        if let Some(log) = server.tasks.logs.get_mut(task) {
            log.start();
        }
        prepare(shared, &server, space, task).map_err(Stop::Failed)?
    };
    let steps = context.process["Steps"].as_array().cloned().unwrap_or_default();
    let mut failed: Option<String> = None;
    for (index, step) in steps.iter().enumerate() {
        if context.is_cancelled() {
            return Err(Stop::Canceled);
        }
        let actions: Vec<Value> = step["Actions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|action| action["IsDisabled"] != true && is_for(action, &context.place))
            .filter(|action| !context.input.skip.contains(text(action, "Id")))
            .cloned()
            .collect();
        if actions.is_empty() || !wanted(&context, step, failed.is_some())? {
            continue;
        }
        let name = format!("Step {}: {}", index + 1, text(step, "Name"));
        let path = context.with_log(|log| log.open(&[], &name)).unwrap_or_default();
        let outcome = actions.iter().try_for_each(|action| run_guided(&mut context, step, action, &path));
        let status = match &outcome {
            Ok(()) if context.with_log(|log| log.warned(&path)) == Some(true) => "SuccessWithWarning",
            Ok(()) => "Success",
            Err(Stop::Canceled) => "Canceled",
            Err(Stop::Failed(_)) => "Failed",
        };
        context.with_log(|log| log.close(&path, status));
        match outcome {
            Ok(()) => {}
            Err(Stop::Canceled) => return Err(Stop::Canceled),
            // Steps that run on failure or always still come.
            Err(Stop::Failed(error)) => failed = Some(error),
        }
    }
    match failed {
        None => Ok(()),
        Some(_) => Err(Stop::Failed(
            "The run failed because one or more steps failed. Please see the run log for details.".to_owned(),
        )),
    }
}

/// Gathers what the run needs, and refuses it where accounts or certificates in scope don't allow it.
fn prepare<'a>(shared: &'a Shared, server: &Server, space: &str, task: &str) -> Result<Context<'a>, String> {
    let store = &server.store;
    let input = server.tasks.inputs.get(task).cloned().unwrap_or_default();
    let get = |collection: &str, id: &str| {
        store
            .get(space, collection, id)
            .cloned()
            .ok_or_else(|| format!("The document {id} was deleted before the task started."))
    };
    let run = get("runbookruns", &input.run)?;
    let (snapshot, runbook, process) = if let Some(frozen) = &input.frozen {
        (frozen.snapshot.clone(), frozen.runbook.clone(), frozen.process.clone())
    } else {
        let snapshot = get("runbooksnapshots", text(&run, "RunbookSnapshotId"))?;
        let process = get("runbookprocesses", text(&snapshot, "FrozenRunbookProcessId"))?;
        (snapshot, get("runbooks", text(&run, "RunbookId"))?, process)
    };
    let place = preview::place_of(
        store,
        space,
        text(&run, "EnvironmentId"),
        text(&run, "TenantId"),
        text(&runbook, "Id"),
    );
    let candidates = variable::candidates(
        store,
        space,
        &preview::source_of(&snapshot),
        place.tenant.as_deref(),
        &input.answers,
    );
    let refusals = variable::refusals(store, space, &candidates, &place);
    if !refusals.is_empty() {
        return Err(refusals.join("\n"));
    }
    Ok(Context {
        shared,
        space: space.to_owned(),
        task: task.to_owned(),
        run,
        snapshot,
        runbook,
        process,
        place,
        candidates,
        outputs: Vec::new(),
        input,
    })
}

/// Whether an action is meant for the environment and tenant of the run.
pub(crate) fn is_for(action: &Value, place: &Place) -> bool {
    let has = |field: &str| texts(action, field).any(|id| id == place.environment);
    let tags: Vec<String> = texts(action, "TenantTags").map(ToOwned::to_owned).collect();
    (texts(action, "Environments").next().is_none() || has("Environments"))
        && !has("ExcludedEnvironments")
        && (tags.is_empty() || tags_fit(&tags, &place.tenant_tags))
}

/// Whether a step's condition lets it run.
fn wanted(context: &Context, step: &Value, failed: bool) -> Result<bool, Stop> {
    Ok(match text(step, "Condition") {
        "Always" => true,
        "Failure" => failed,
        "Variable" => {
            let dictionary = context.dictionary(&context.shared.lock(), step, &Value::Null);
            let expression = text(&step["Properties"], "Octopus.Step.ConditionVariableExpression");
            let value = dictionary.evaluate(expression).map_err(Stop::Failed)?;
            !matches!(value.trim().to_lowercase().as_str(), "" | "false" | "0" | "no")
                && !value.contains("#{")
        }
        _ => !failed,
    })
}

/// Runs an action, again as often as its retries say, and asks a person where the run is guided.
fn run_guided(context: &mut Context, step: &Value, action: &Value, path: &log::Path) -> Result<(), Stop> {
    let retries =
        text(&action["Properties"], "Octopus.Action.AutoRetry.MaximumCount").parse().unwrap_or(0_u32);
    let mut attempt = 0;
    loop {
        let error = match step::run(context, step, action, path) {
            Err(Stop::Failed(error)) => error,
            other => return other,
        };
        if context.is_cancelled() {
            return Err(Stop::Canceled);
        }
        if attempt < retries {
            attempt += 1;
            context.log(path, "Info", &format!("Retrying the step (attempt {attempt} of {retries})"));
            continue;
        }
        context.log(path, "Error", &error);
        if !context.input.guided {
            return Err(Stop::Failed(error));
        }
        match interruption::ask_for_guidance(
            context,
            &format!("The step {} failed", text(action, "Name")),
            &error,
            path,
        )? {
            Guidance::Retry => {}
            Guidance::Ignore => return Ok(()),
            Guidance::Fail => return Err(Stop::Failed(error)),
        }
    }
}

/// The folders of the sandbox's workers: `Work`, `Packages`, `tmp`, `home` below one root.
pub(crate) fn folder(shared: &Shared, name: &str) -> PathBuf {
    shared.work_root.join(name)
}

/// Remembers a note for the admin's lists.
pub(crate) fn with_task(context: &Context, mut note: Value, action: &Value) -> Value {
    if let Value::Object(fields) = &mut note {
        fields.insert("TaskId".into(), json!(context.task));
        fields.insert("Action".into(), action["Name"].clone());
    }
    note
}
