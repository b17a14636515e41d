//! Runs one action on a worker.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::execute::{Context, Stop, folder, with_task};
use super::listener::Listener;
use super::{artifact, interruption, log, snapshot};
use crate::packages;
use crate::server::Server;
use crate::store::{text, texts};
use crate::worker::bootstrap::Bootstrap;
use crate::worker::kind::WorkerKind;
use crate::worker::octostache::{Dictionary, Variable};
use crate::worker::package::{self, StagedPackage};
use crate::worker::process::{self, Demand, Ending, Job};

type Outcome<T> = Result<T, Stop>;

fn failed<T>(error: impl Into<String>) -> Outcome<T> {
    Err(Stop::Failed(error.into()))
}

fn as_failure(error: impl std::fmt::Display) -> Stop {
    Stop::Failed(format!("{error:#}"))
}

/// Runs an action below its step's log.
pub(crate) fn run(context: &mut Context, step: &Value, action: &Value, path: &log::Path) -> Outcome<()> {
    let kind = text(action, "ActionType");
    match kind {
        "Octopus.Manual" => {
            let dictionary = context.dictionary(&context.shared.lock(), step, action);
            let instructions = dictionary.get("Octopus.Action.Manual.Instructions").map_err(Stop::Failed)?;
            interruption::intervene(context, text(action, "Name"), &instructions.unwrap_or_default(), path)
        }
        "Octopus.Script"
        | "Octopus.AwsRunScript"
        | "Octopus.AzurePowerShell"
        | "Octopus.GoogleCloudScripting" => {
            if has_targets(context, step, action, path)? {
                run_script(context, step, action, path)
            } else {
                Ok(())
            }
        }
        _ => failed(format!("The workers of this sandbox can't run steps of the type {kind}.")),
    }
}

/// Whether there is something to run on. Steps for targets are skipped, or fail, where there are none.
fn has_targets(context: &Context, step: &Value, action: &Value, path: &log::Path) -> Outcome<bool> {
    let roles = text(&step["Properties"], "Octopus.Action.TargetRoles");
    let on_server = text(&action["Properties"], "Octopus.Action.RunOnServer").eq_ignore_ascii_case("true");
    if roles.is_empty() || on_server {
        return Ok(true);
    }
    let wanted: Vec<&str> = roles.split(',').map(str::trim).collect();
    let found = context.shared.lock().store.all(&context.space, "machines").any(|(_, machine)| {
        texts(machine, "EnvironmentIds").any(|id| id == context.place.environment)
            && texts(machine, "Roles")
                .any(|role| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(role)))
    });
    if found {
        return failed("The deployment targets of this sandbox are documents only: nothing can run on them.");
    }
    if context.runbook["ConnectivityPolicy"]["AllowDeploymentsToNoTargets"] == true {
        context.log(
            path,
            "Warning",
            &format!("Skipping this step as no machines were found in the role: {roles}"),
        );
        return Ok(false);
    }
    failed(format!("There are no machines in the role: {roles}"))
}

/// A worker that was chosen: its name in the log, its kind, its pool.
struct Chosen {
    name: String,
    kind: WorkerKind,
    pool: Value,
}

/// Chooses a worker of the action's pool. The default pool falls back to the server's built-in worker.
fn choose_worker(
    context: &Context,
    server: &Server,
    action: &Value,
    dictionary: &Dictionary,
) -> Outcome<Chosen> {
    let store = &server.store;
    let options = &context.shared.options;
    let variable = text(action, "WorkerPoolVariable");
    let id = if variable.is_empty() {
        text(action, "WorkerPoolId").to_owned()
    } else {
        dictionary.get(variable).map_err(Stop::Failed)?.unwrap_or_default()
    };
    let default = || {
        store.all(&context.space, "workerpools").map(|(_, pool)| pool).find(|pool| pool["IsDefault"] == true)
    };
    let pool = if id.is_empty() { default() } else { store.get(&context.space, "workerpools", &id) };
    let Some(pool) = pool.cloned() else {
        return failed(format!("The worker pool '{id}' could not be found."));
    };
    let name = text(&pool, "Name").to_owned();
    let mut kind = [text(&pool, "Id"), &name]
        .iter()
        .find_map(|key| options.worker_kinds.get(*key))
        .unwrap_or(&options.worker)
        .clone();
    if text(&pool, "WorkerPoolType") == "DynamicWorkerPool" {
        // Those of type Windows have no Bash.
        kind.bash = kind.bash && !text(&pool, "WorkerType").starts_with("Windows");
        return Ok(Chosen { name: format!("a dynamic worker of {name}"), kind, pool });
    }
    let worker = store.all(&context.space, "workers").map(|(_, worker)| worker).find(|worker| {
        worker["IsDisabled"] != true
            && !matches!(text(worker, "HealthStatus"), "Unavailable" | "Unhealthy")
            && texts(worker, "WorkerPoolIds").any(|id| pool["Id"] == id)
    });
    match worker {
        Some(worker) => Ok(Chosen { name: text(worker, "Name").to_owned(), kind, pool }),
        None if pool["IsDefault"] == true && options.builtin_worker => {
            Ok(Chosen { name: "Octopus Server".to_owned(), kind, pool })
        }
        None => failed(format!(
            "There are no workers available in the worker pool '{name}'. Add a healthy worker to it, or choose another pool."
        )),
    }
}

/// What an action leaves behind when it ends, wherever it ends.
struct Folders {
    work: PathBuf,
    temporary: PathBuf,
}

fn run_script(context: &mut Context, step: &Value, action: &Value, path: &log::Path) -> Outcome<()> {
    let (mut dictionary, worker, packages) = {
        let mut server = context.shared.lock();
        let mut dictionary = context.dictionary(&server, step, action);
        let worker = choose_worker(context, &server, action, &dictionary)?;
        let packages = acquire(context, &server, action, &dictionary)?;
        for acquired in &packages {
            acquired.tell(&server, context, &mut dictionary);
        }
        if let Some(log) = server.tasks.logs.get_mut(&context.task) {
            mask_all(&dictionary, log);
        }
        (dictionary, worker, packages)
    };
    dictionary.set("Octopus.WorkerPool.Id", text(&worker.pool, "Id"));
    dictionary.set("Octopus.WorkerPool.Name", text(&worker.pool, "Name"));
    let path = context.with_log(|log| log.open(path, &worker.name)).unwrap_or_default();
    if let Ok(Some(image)) = dictionary.get("Octopus.Action.Container.Image") {
        if worker.kind.missing_images.iter().any(|missing| image.contains(missing.as_str())) {
            context.with_log(|log| log.close(&path, "Failed"));
            return failed(format!("The container image {image} could not be pulled."));
        }
        context.log(
            &path,
            "Verbose",
            &format!("This sandbox has no containers: what runs in {image} runs on the host."),
        );
    }
    // Workers name the folders by time; a number of its own will do, and is never used again.
    let name = crate::store::new_uuid();
    let folders = Folders {
        work: folder(context.shared, "Work").join(&name),
        temporary: folder(context.shared, "tmp").join(&context.task),
    };
    let outcome = on_worker(context, action, &mut dictionary, &worker.kind, packages, &folders, &path);
    if context.shared.options.keep_work {
        keep(context, action, &folders, &name);
    }
    let _ = fs::remove_dir_all(&folders.work);
    let _ = fs::remove_dir_all(&folders.temporary);
    let status = match &outcome {
        Ok(()) => "Success",
        Err(Stop::Canceled) => "Canceled",
        Err(Stop::Failed(_)) => "Failed",
    };
    context.with_log(|log| log.close(&path, status));
    outcome
}

/// Sensitive values are masked as they are stored and as they are read.
fn mask_all(dictionary: &Dictionary, log: &mut log::Log) {
    for variable in dictionary.iter().filter(|variable| variable.sensitive) {
        log.masker.add(&variable.value);
        if let Ok(Some(value)) = dictionary.get(&variable.name) {
            log.masker.add(&value);
        }
    }
}

/// A package of the action: staged, or only named (a container image and the like).
enum Acquired {
    Staged(StagedPackage),
    Named { reference: String, package: String, feed: String, version: String },
}

impl Acquired {
    /// What the action's variables say of a package that is only named. Those of container registries have the credentials of their feed.
    fn tell(&self, server: &Server, context: &Context, dictionary: &mut Dictionary) {
        let Self::Named { reference, package, feed, version } = self else { return };
        let prefix = format!("Octopus.Action.Package[{reference}]");
        dictionary.set(format!("{prefix}.PackageId"), package);
        dictionary.set(format!("{prefix}.FeedId"), feed);
        dictionary.set(format!("{prefix}.PackageVersion"), version);
        let Ok(document) = crate::documents::find(server, &context.space, "feeds", feed) else { return };
        let is_registry = matches!(
            text(document, "FeedType"),
            "Docker" | "AzureContainerRegistry" | "GoogleContainerRegistry"
        );
        if !is_registry || !context.shared.options.feed_credentials {
            return;
        }
        dictionary.set(format!("{prefix}.Feed.UserName"), text(document, "Username"));
        if let Some(password) = server.store.secrets.get(text(document, "Id"), "Password") {
            dictionary.set_sensitive(format!("{prefix}.Feed.Password"), password);
        }
    }
}

fn acquire(
    context: &Context,
    server: &Server,
    action: &Value,
    dictionary: &Dictionary,
) -> Outcome<Vec<Acquired>> {
    let references = action["Packages"].as_array().into_iter().flatten();
    let mut acquired = Vec::new();
    for (need, reference) in snapshot::package_needs_of(action).into_iter().zip(references) {
        let package = dictionary.evaluate(&need.package).map_err(Stop::Failed)?;
        let version =
            snapshot::selected(&context.snapshot["SelectedPackages"], &need.action, &need.reference)
                .or_else(|| reference["Version"].as_str().map(ToOwned::to_owned))
                .unwrap_or_default();
        let feed = dictionary.evaluate(&need.feed).map_err(Stop::Failed)?;
        if text(reference, "AcquisitionLocation") == "NotAcquired" {
            acquired.push(Acquired::Named { reference: need.reference, package, feed, version });
            continue;
        }
        let Some((extension, bytes)) = package_file(server, &context.space, &package, &version) else {
            return failed(format!(
                "The package {package} version {version} could not be found in the feed."
            ));
        };
        acquired.push(Acquired::Staged(StagedPackage {
            extract: text(&reference["Properties"], "Extract").eq_ignore_ascii_case("true"),
            reference: need.reference,
            package_id: package,
            feed_id: feed,
            version,
            extension,
            bytes,
        }));
    }
    Ok(acquired)
}

/// The file of a package in the built-in feed: its extension and bytes.
fn package_file(server: &Server, space: &str, package: &str, version: &str) -> Option<(String, Vec<u8>)> {
    let bytes = packages::bytes(server, space, package, version)?.clone();
    let versions = packages::versions_of(server, space, package);
    let document = versions.into_iter().find(|found| text(found, "Version").eq_ignore_ascii_case(version))?;
    Some((text(document, "FileExtension").to_owned(), bytes))
}

fn on_worker(
    context: &mut Context,
    action: &Value,
    dictionary: &mut Dictionary,
    kind: &WorkerKind,
    packages: Vec<Acquired>,
    folders: &Folders,
    path: &log::Path,
) -> Outcome<()> {
    let work = folders.work.as_path();
    let home = folder(context.shared, "home");
    for directory in [work, &folders.temporary, &home] {
        fs::create_dir_all(directory).map_err(as_failure)?;
    }
    for acquired in packages {
        match acquired {
            Acquired::Staged(staged) => {
                context.log(
                    path,
                    "Verbose",
                    &format!("Acquired package {} version {}", staged.package_id, staged.version),
                );
                let warnings = package::stage(&staged, work, &folder(context.shared, "Packages"), dictionary)
                    .map_err(as_failure)?;
                for warning in warnings {
                    context.log(path, "Warning", &warning);
                }
            }
            Acquired::Named { .. } => {}
        }
    }
    write_script_modules(dictionary, work)?;
    let script = write_script(dictionary, work)?;
    let environment =
        kind.environment(&folders.temporary.join(".kind"), &home, &folders.temporary).map_err(as_failure)?;
    for (name, value) in &environment {
        dictionary.set(format!("env:{name}"), value);
    }
    print_variables(context, dictionary, path);

    let parameters =
        dictionary.get("Octopus.Action.Script.ScriptParameters").map_err(Stop::Failed)?.unwrap_or_default();
    let bootstrap = Bootstrap::write(work, &script, &parameters, dictionary).map_err(as_failure)?;
    let marker = folders.temporary.to_string_lossy().into_owned();
    let job = Job {
        program: "bash",
        arguments: &bootstrap.arguments,
        folder: script.parent().unwrap_or(work),
        environment: &environment,
        marker: &marker,
        grace: Duration::from_millis(context.shared.options.cancel_grace_ms),
        sample: context.shared.options.sample_processes,
    };
    let listener = RefCell::new(Listener::new(context, action, path));
    let finished = process::run(&job, &mut |stream, line| listener.borrow_mut().line(stream, line), &|| {
        let tasks = &context.shared.lock().tasks;
        if tasks.stopping {
            Demand::Kill
        } else if tasks.cancelled.contains(&context.task) {
            Demand::Stop
        } else {
            Demand::GoOn
        }
    });
    let heard = listener.into_inner().into_heard();
    bootstrap.remove();
    // Also what a failed or cancelled step said counts.
    let (outputs, artifacts, result) = (heard.outputs, heard.artifacts, heard.result);
    collect(context, &artifacts, work, path);
    context.outputs.extend(outputs);
    let finished = finished.map_err(as_failure)?;
    let samples =
        finished.samples.into_iter().map(|sample| with_task(context, sample, action)).collect::<Vec<_>>();
    context.shared.lock().tasks.samples.extend(samples);
    match finished.ending {
        Ending::Canceled => Err(Stop::Canceled),
        Ending::Exited(code) => {
            let name =
                format!("Octopus.Action[{}].Output.Octopus.Action.Script.ExitCode", text(action, "Name"));
            context.outputs.push(Variable { name, value: code.to_string(), sensitive: false });
            let errors = heard.errors && dictionary.flag("Octopus.Action.FailScriptOnErrorOutput");
            if code == 0 && !errors {
                return Ok(());
            }
            context.log(path, "Verbose", &format!("Exit code: {code}"));
            failed(match result {
                Some(message) => message,
                None if code == 0 => "The script wrote to its error stream.".to_owned(),
                None => format!("The script returned the exit code {code}."),
            })
        }
    }
}

/// Bash modules lie beside the script as `<name>.sh`.
fn write_script_modules(dictionary: &Dictionary, work: &Path) -> Outcome<()> {
    let modules: Vec<(String, String)> = dictionary
        .iter()
        .filter_map(|variable| {
            let name = variable.name.strip_prefix("Octopus.Script.Module[")?.strip_suffix(']')?;
            Some((name.to_owned(), variable.name.clone()))
        })
        .collect();
    for (name, variable) in modules {
        let language = dictionary.raw(&format!("Octopus.Script.Module.Language[{name}]")).unwrap_or_default();
        if language.eq_ignore_ascii_case("Bash") {
            let code = dictionary.get(&variable).map_err(Stop::Failed)?.unwrap_or_default();
            let file: String = name.chars().filter(|character| !matches!(character, '/' | '\0')).collect();
            fs::write(work.join(format!("{file}.sh")), code.replace("\r\n", "\n")).map_err(as_failure)?;
        }
    }
    Ok(())
}

/// Writes the script, or finds it in the primary package, and substitutes expressions in its text.
fn write_script(dictionary: &Dictionary, work: &Path) -> Outcome<PathBuf> {
    let property =
        |name: &str| dictionary.get(&format!("Octopus.Action.Script.{name}")).map_err(Stop::Failed);
    let syntax = property("Syntax")?.unwrap_or_default();
    let by_syntax = dictionary.raw("Octopus.Action.Script.ScriptBody[Bash]");
    if !syntax.eq_ignore_ascii_case("Bash") && by_syntax.is_none() {
        return failed(format!("This worker runs Bash scripts only, not '{syntax}'."));
    }
    let from_package = property("ScriptSource")?.is_some_and(|source| source.eq_ignore_ascii_case("Package"));
    let (file, raw) = if from_package {
        let name = property("ScriptFileName")?.unwrap_or_default();
        let file = work.join(&name);
        let raw = fs::read(&file)
            .map_err(|_| Stop::Failed(format!("The script file {name} is not in the package.")))?;
        (file, String::from_utf8_lossy(&raw).into_owned())
    } else {
        let body =
            by_syntax.or_else(|| dictionary.raw("Octopus.Action.Script.ScriptBody")).unwrap_or_default();
        (work.join("Script.sh"), body.replace("\r\n", "\n"))
    };
    let substituted = dictionary.evaluate(&raw).map_err(Stop::Failed)?;
    fs::write(&file, substituted).map_err(as_failure)?;
    Ok(file)
}

/// With these two set to True everything is printed, and only the masks stand between the log and the secrets.
fn print_variables(context: &Context, dictionary: &Dictionary, path: &log::Path) {
    for (switch, evaluated) in [("OctopusPrintVariables", false), ("OctopusPrintEvaluatedVariables", true)] {
        if !dictionary.flag(switch) {
            continue;
        }
        context.log(path, "Warning", &format!("{switch} is enabled. This should only be used for debugging problems with variables, and then disabled again."));
        for variable in dictionary.iter() {
            let value = if evaluated { dictionary.get(&variable.name).ok().flatten() } else { None };
            for line in
                format!("[{}] = '{}'", variable.name, value.as_ref().unwrap_or(&variable.value)).lines()
            {
                context.log(path, "Verbose", line);
            }
        }
    }
}

/// Keeps the files that the script pointed out.
fn collect(context: &Context, artifacts: &[(PathBuf, String)], work: &Path, path: &log::Path) {
    for (file, name) in artifacts {
        match fs::read(work.join(file)) {
            Ok(bytes) => {
                let mut server = context.shared.lock();
                let correlation =
                    server.tasks.logs.get_mut(&context.task).map(|log| log.id(path)).unwrap_or_default();
                let source = text(&context.run, "Name").to_owned();
                artifact::add(&mut server, &context.space, &context.run, &source, &correlation, name, bytes);
            }
            Err(error) => context.log(
                path,
                "Warning",
                &format!("The artifact {} could not be collected: {error}", file.display()),
            ),
        }
    }
}

/// Keeps a copy of the work folder and the temporary folder, for tests that search them.
fn keep(context: &Context, action: &Value, folders: &Folders, name: &str) {
    let kept = folder(context.shared, "kept").join(format!("{}-{name}", context.task));
    let mut files = Vec::new();
    for (label, source) in [("work", &folders.work), ("tmp", &folders.temporary)] {
        copy(source, &kept.join(label), label, &mut files);
    }
    let note = json!({"Folder": kept.to_string_lossy(), "Files": files});
    let note = with_task(context, note, action);
    context.shared.lock().tasks.kept.push(note);
}

fn copy(from: &Path, to: &Path, label: &str, files: &mut Vec<String>) {
    let _ = fs::create_dir_all(to);
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let label = format!("{label}/{}", name.to_string_lossy());
        let Ok(kind) = entry.file_type() else { continue };
        // The simulated worker's own programs are none of the task's files.
        if kind.is_dir() && name != ".kind" {
            copy(&entry.path(), &to.join(&name), &label, files);
        } else if kind.is_symlink() || kind.is_file() && fs::copy(entry.path(), to.join(&name)).is_ok() {
            files.push(label);
        }
    }
}
