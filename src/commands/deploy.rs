//! `octoferry deploy`: applies modules to the destination, secrets included.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::backend::{Backend, Place};
use crate::cli::{self, Existing};
use crate::deployment::deployed::Deployed;
use crate::deployment::entered::Witness;
use crate::deployment::exported;
use crate::deployment::fetched::Fetched;
use crate::deployment::order::{self, Folder};
use crate::deployment::projects::Fate;
use crate::deployment::ready::{Deployment, Known, Ready};
use crate::deployment::run;
use crate::deployment::step;
use crate::deployment::supply;
use crate::deployment::tenant::TenantRun;
use crate::deployment::token;
use crate::finish::directory::Directory;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::relay::Relay;
use crate::rights::Held;
use crate::settings::{self, Settings};
use crate::ui::Ui;
use failure::Failure;
use octopus::server::Server;
use secret::{Secret, exact};
use terraform::process::Interrupt;
use terraform::program::Program;

/// Runs the command.
///
/// # Errors
/// When Terraform or a server refuses. With several modules: which of them failed, after all that don't depend on those.
pub async fn run(mut arguments: cli::Deploy, ui: &Ui) -> Result<Outcome, Failure> {
    // What a person has written into a file is meant as it stands.
    arguments.raw |= matches!(arguments.secrets, Some(cli::SecretsFrom::File(_)));
    let settings = Settings::read(arguments.secrets.take(), ui)?;
    let interrupt = Interrupt::listen(ui.in_step())?;
    let mut streamed = settings.secrets();
    let mut exact = exact::read(&mut streamed);
    step::refuse_printed_variables(&streamed)?;
    let modules = order::modules(&arguments.modules)?;
    let learned = modules.iter().map(|module| Fetched::read(&module.path));
    let learned = learned.collect::<Result<Vec<_>, Failure>>()?;
    for foreign in learned.iter().flat_map(|learned| &learned.foreign) {
        ui.warning(&format!("left alone: the package {foreign}. Who pushed it?"));
    }
    if let Some(run) = learned.first().and_then(|learned| learned.tenant_run(&arguments.tenant)) {
        return for_tenant(run, &arguments, &settings, &streamed, &modules, ui).await;
    }
    settings.verify_backend(&arguments.backend)?;
    let backend = chosen_backend(&arguments, &streamed, &modules)?;
    let program = Program::find(arguments.terraform.as_deref(), settings::child_environment()).await?;
    let transport = settings::transport(&arguments.servers.connection)?;
    let destination = settings.destination(&arguments.servers.destination, &transport).await?;
    refuse_own_source(&modules, &destination)?;
    ui.info(&format!("destination: {}", destination.described()));
    ui.info(&format!("with {}", program.described()));
    if arguments.servers.source.source_url.is_some() && exported::has_any(&modules) {
        let source = settings.source(&arguments.servers.source, &transport).await?;
        exact.extend(certificates(&source, &modules, &mut streamed, ui).await?);
    }

    let relay = Relay::start(destination.client.clone(), arguments.enable_triggers).await?;
    let masker = Arc::new(step::masker(&streamed, &[relay.key()]));
    if ui.in_step() {
        ui.hide(&masker);
    }
    let deployment = Deployment {
        ui,
        relay: &relay,
        known: Known::of(&destination, (modules.len() > 1).then_some(&relay)),
        program: &program,
        backend,
        masker,
        token_key: token::Key::new(settings.given_module_key()?, destination.client.key()),
        done: said_to_be_done(&streamed),
        streamed,
        exact,
        interrupt,
        workplace: step::workplace(ui)?,
        place: Place::of(&destination).await,
        witness: Witness::new(destination.clone()),
        destination,
        plan_only: arguments.plan,
        placeholders: arguments.placeholders,
        raw: arguments.raw,
        enable_triggers: arguments.enable_triggers,
        allow_destroy: arguments.allow_destroy,
        adopt: arguments.existing == Existing::Adopt,
    };
    let result = all(&deployment, &modules).await;
    summed_up(&deployment, ui);
    result
}

/// Adds the certificates that the source exports to the secrets; the names of the variables that hold them.
async fn certificates(
    source: &Server,
    modules: &[Folder],
    streamed: &mut BTreeMap<String, Secret>,
    ui: &Ui,
) -> Result<BTreeSet<String>, Failure> {
    // A request that is refused stands in the server's log like a break-in.
    if Held::read(source).await.is_none_or(|held| held.may(exported::PERMISSION)) {
        return exported::add(source, modules, streamed, ui).await;
    }
    ui.info(exported::REFUSED);
    Ok(BTreeSet::new())
}

/// The secrets that a person says to have entered.
fn said_to_be_done(streamed: &BTreeMap<String, Secret>) -> BTreeSet<String> {
    let done = streamed.get(name::SECRETS_DONE);
    done.map(|done| done.expose().lines().map(str::to_owned).collect()).unwrap_or_default()
}

/// Sets the secret values of one tenant that this run can read. Terraform and its backend have no part in it.
async fn for_tenant(
    run: TenantRun<'_>,
    arguments: &cli::Deploy,
    settings: &Settings<'_>,
    streamed: &BTreeMap<String, Secret>,
    modules: &[Folder],
    ui: &Ui,
) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.servers.connection)?;
    let destination = settings.destination(&arguments.servers.destination, &transport).await?;
    refuse_own_source(modules, &destination)?;
    ui.hide(&Arc::new(step::masker(streamed, &[])));
    ui.info(&format!("destination: {}", destination.described()));
    ui.info(&format!("secret values of the tenant {:?}, read in {:?}", run.tenant, run.environment));
    let mut open = 0;
    let mut failed = Vec::new();
    for module in modules {
        let (rows, report) = run.set(module, destination.clone(), streamed, arguments.raw).await?;
        told_secrets(module, &rows, ui)?;
        open += rows.iter().filter(|row| row.open).count();
        failed.extend(report.failed);
    }
    if !failed.is_empty() {
        return Err(Failure::failed(format!("these could not be set:\n  {}", failed.join("\n  ")))
            .hint("Deploy the project first: that links the tenant. Then run this again."));
    }
    Ok(if open == 0 { Outcome::Done } else { Outcome::DoneWithNotes })
}

/// Deploys the modules in order; a failed one takes with it only those that need it.
async fn all(deployment: &Deployment<'_>, modules: &[Folder]) -> Result<Outcome, Failure> {
    let ui = deployment.ui;
    let mut deployed = Deployed::open(deployment, modules).await?;
    let mut directory = Directory::new(deployment.destination.clone());
    let (prepared, fate) = prepared(deployment, modules, &mut directory, &mut deployed).await?;
    if deployment.settle_projects(&fate).await? {
        directory.forget();
        deployed.begins();
    }
    deployment.relay.has_several_modules(modules.len() > 1);
    let mut walked = Walked::default();
    let walk = walk(deployment, modules, prepared, &mut directory, &mut deployed, &mut walked).await;
    // However it has ended: what Terraform was told to be there is there then.
    let collected = deployment.send_collected().await;
    let Walked { mut failed, pending, mut ended } = walked;
    for (name, failure) in &collected.failed {
        deployment.ui.failure(failure);
        let Some(module) = modules.iter().find(|module| module.name() == name.as_str()) else { continue };
        deployed.failed(module);
        if !failed.iter().any(|other| other.name() == module.name()) {
            failed.push(module);
        }
    }
    if let Err(failure) = walk {
        deployed.close(BTreeMap::new()).await;
        return Err(failure);
    }
    failed.extend(come_back(deployment, &mut ended).await?);
    deployed.close(collected.common).await;
    if ui.json() {
        let ended: Vec<_> = ended.iter().map(|(module, outcome)| outcome.as_json(&module.name())).collect();
        ui.data(&serde_json::json!({"Modules": ended}).to_string());
    }
    outcome(deployment, modules, &failed, &pending, &ended)
}

/// How far a deployment has come.
#[derive(Default)]
struct Walked<'m> {
    failed: Vec<&'m Folder>,
    pending: Vec<&'m Folder>,
    ended: Vec<(&'m Folder, run::Outcome)>,
}

/// Deploys each module; an error ends the deployment as a whole.
async fn walk<'m>(
    deployment: &Deployment<'_>,
    modules: &'m [Folder],
    prepared: Vec<Result<Option<Ready<'_>>, Failure>>,
    directory: &mut Directory,
    deployed: &mut Deployed<'m>,
    walked: &mut Walked<'m>,
) -> Result<(), Failure> {
    let ui = deployment.ui;
    let Walked { failed, pending, ended } = walked;
    for (module, ready) in modules.iter().zip(prepared) {
        if let Some(needed) = failed.iter().find(|other| module.needs(other)) {
            ui.warning(&format!("{}: not deployed, since {:?} failed", module.name(), needed.name()));
            failed.push(module);
            continue;
        }
        ui.info(&format!("\n{} ({})", module.name(), order::shown(&module.path)));
        let ended_as = match ready {
            Ok(Some(ready)) => {
                deployed.begins();
                deployment.run(module, ready).await
            }
            Ok(None) => unchanged_or_not(deployment, module, modules, directory, deployed).await,
            Err(failure) => Err(failure),
        };
        match ended_as {
            Ok(outcome) => {
                deployed.ended(module, &outcome);
                if outcome.changes {
                    pending.push(module);
                }
                if !outcome.waits() {
                    told(module, &outcome, ui)?;
                }
                ended.push((module, outcome));
            }
            Err(failure) if modules.len() == 1 || deployment.interrupt.reason().is_some() => {
                return Err(failure);
            }
            // What it looks up is not there yet: that is what a plan can say.
            Err(failure) if deployment.plan_only && pending.iter().any(|other| module.needs(other)) => {
                ui.warning(&format!("{}: can't be planned before what it needs is deployed", module.name()));
                ui.info(&failure.to_string());
            }
            Err(failure) => {
                ui.failure(&failure);
                failed.push(module);
            }
        }
    }
    Ok(())
}

/// How the deployment ended as a whole.
fn outcome(
    deployment: &Deployment<'_>,
    modules: &[Folder],
    failed: &[&Folder],
    pending: &[&Folder],
    ended: &[(&Folder, run::Outcome)],
) -> Result<Outcome, Failure> {
    let open: usize = ended.iter().map(|(_, outcome)| outcome.open.len()).sum();
    if !failed.is_empty() {
        return Err(some_failed(failed, modules.len()));
    }
    Ok(match (deployment.plan_only, pending.is_empty(), open) {
        (true, true, _) => Outcome::Done,
        (true, false, _) => Outcome::ChangesPending,
        (false, _, 0) => Outcome::Done,
        (false, ..) => Outcome::DoneWithNotes,
    })
}

/// Finishes the modules in which something waited for the projects of others; those that failed.
async fn come_back<'m>(
    deployment: &Deployment<'_>,
    ended: &mut [(&'m Folder, run::Outcome)],
) -> Result<Vec<&'m Folder>, Failure> {
    let mut failed = Vec::new();
    let several = ended.len() > 1;
    for (module, outcome) in ended.iter_mut().filter(|(_, outcome)| outcome.waits()) {
        let again = if several {
            deployment.ui.info(&format!("\n{} again, for what waited for projects", module.name()));
            deployment.finish_later(module, outcome).await
        } else {
            Ok(())
        };
        told(module, outcome, deployment.ui)?;
        if let Err(failure) = again {
            deployment.ui.failure(&failure);
            failed.push(*module);
        }
    }
    Ok(failed)
}

/// All modules made ready: all that stands in the way is known before anything is written. `None`: a module for which nothing is to do. And what is
/// to be done about the projects' names before the first of them.
async fn prepared<'d>(
    deployment: &'d Deployment<'_>,
    modules: &[Folder],
    directory: &mut Directory,
    deployed: &mut Deployed<'_>,
) -> Result<(Vec<Result<Option<Ready<'d>>, Failure>>, Fate), Failure> {
    let mut prepared = Vec::new();
    let mut projects = deployed.projects(modules);
    let mut list = None;
    if projects.has_gone() {
        list = Some(projects.look(deployment, directory).await?);
    }
    for module in modules {
        if deployed.is_unchanged(module, modules).await? {
            prepared.push(Ok(None));
            continue;
        }
        if list.is_none() {
            list = Some(projects.look(deployment, directory).await?);
        }
        let ready = deployment.prepare(module, directory, deployed.broke_off(module)).await.map(Some);
        if modules.len() == 1 || deployment.interrupt.reason().is_some() {
            prepared.push(Ok(ready?));
        } else {
            prepared.push(ready);
        }
    }
    for (module, ready) in modules.iter().zip(&prepared) {
        // A state knows it too, where an older octoferry has recorded nothing.
        if let Some((source, there)) = ready.as_ref().ok().and_then(|ready| ready.as_ref()?.project(module)) {
            projects.learn(source, there);
        }
    }
    let fate = projects.fate(&list.unwrap_or_default(), deployment.allow_destroy);
    fate.tell(&mut deployment.known.there());
    for (module, ready) in modules.iter().zip(&mut prepared) {
        match projects.why_blocked(module, &fate) {
            Some(failure) if modules.len() == 1 => return Err(failure),
            Some(failure) if ready.is_ok() => *ready = Err(failure),
            _ => {}
        }
    }
    let looked_at: Vec<_> = modules
        .iter()
        .zip(&prepared)
        .filter_map(|(module, ready)| Some((module, ready.as_ref().ok()?.as_ref()?)))
        .collect();
    deployment.refuse_collisions(&looked_at).await?;
    let changed: Vec<&Folder> = looked_at.iter().map(|(module, _)| *module).collect();
    deployed.knows(&projects);
    deployed.begin(&changed).await?;
    Ok((prepared, fate))
}

/// A module for which nothing was to do at the beginning. When others have been deployed since, that is looked at again.
async fn unchanged_or_not(
    deployment: &Deployment<'_>,
    module: &Folder,
    modules: &[Folder],
    directory: &mut Directory,
    deployed: &mut Deployed<'_>,
) -> Result<run::Outcome, Failure> {
    if deployed.is_unchanged(module, modules).await? {
        return deployed.outcome(module).await;
    }
    directory.forget();
    let ready = deployment.prepare(module, directory, deployed.broke_off(module)).await?;
    deployment.refuse_collisions(&[(module, &ready)]).await?;
    deployed.begin(&[module]).await?;
    deployed.begins();
    deployment.run(module, ready).await
}

fn some_failed(failed: &[&Folder], of: usize) -> Failure {
    let names: Vec<String> = failed.iter().map(|module| format!("{:?}", module.name())).collect();
    Failure::failed(format!("{} of {of} modules failed: {}", failed.len(), names.join(", ")))
        .hint("Deploy again when the reasons are gone: what is deployed already stays as it is.")
}

/// What a person should know after a module: secrets, what is left to do; in a step also as artifacts.
fn told(module: &Folder, outcome: &run::Outcome, ui: &Ui) -> Result<(), Failure> {
    told_secrets(module, &outcome.secrets, ui)?;
    if !outcome.open.is_empty() {
        ui.warning(&format!("left to a person:\n  {}", outcome.open.join("\n  ")));
    }
    if ui.in_step() {
        let slug = module.slug();
        let open = outcome.open.iter().map(|text| format!("- {text}\n")).collect::<String>();
        if let Some(plan) = &outcome.plan_text {
            ui.artifact(&format!("octoferry-plan-{slug}.txt"), plan)?;
        }
        let notes = format!("# {}: left to a person\n\n{open}", module.name());
        ui.artifact(&format!("octoferry-notes-{slug}.md"), &notes)?;
    }
    Ok(())
}

/// The table of all secrets; in a step also as an artifact, which migrate adds up.
fn told_secrets(module: &Folder, rows: &[supply::Row], ui: &Ui) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    ui.info(&format!("\nsecrets of {}:\n{}", module.name(), supply::table(rows)));
    if ui.in_step() {
        let rows: Vec<_> = rows.iter().map(supply::Row::as_json).collect();
        let text = serde_json::json!({"Module": module.name(), "Secrets": rows}).to_string();
        ui.artifact(&format!("{}{}.json", supply::ARTIFACT, module.slug()), &text)?;
    }
    Ok(())
}

/// What Terraform has taken, what passed through the relay, and what it changed.
fn summed_up(deployment: &Deployment<'_>, ui: &Ui) {
    for line in deployment.known.times.lines() {
        ui.info(&line);
    }
    let log = deployment.relay.log();
    if log.count() == 0 {
        return;
    }
    ui.info(&format!(
        "\n{} requests of Terraform to the destination ({} more were answered from memory, {} by drafts):\n{}",
        log.count(),
        log.from_memory(),
        log.by_drafts(),
        log.summary()
    ));
    let own = log.own_work().as_secs_f64() * 1000.0;
    ui.info(&format!("octoferry's own work for a request of Terraform: {own:.1} ms"));
    for change in log.changed() {
        ui.info(&format!("{}: {}", change.what, change.place));
    }
    if ui.in_step() {
        // Not worth a failure: everything is done.
        let _ = ui.artifact("octoferry-requests.txt", &log.lines());
    }
}

/// The backend that was given; else each module must have one of its own.
fn chosen_backend(
    arguments: &cli::Deploy,
    streamed: &BTreeMap<String, Secret>,
    modules: &[Folder],
) -> Result<Option<Backend>, Failure> {
    if let Some(backend) = Backend::choose(&arguments.backend, streamed)? {
        return Ok(Some(backend));
    }
    for module in modules {
        if !has_backend(&module.path)? {
            return Err(Failure::usage("nothing is said about where Terraform keeps its state")
                .hint("For example: --backend local --backend-config path=/absolute/folder\nor: --backend s3 --backend-config bucket=my-states --backend-config region=eu-central-1")
                .hint("A module may also have a `backend` block of its own."));
        }
    }
    Ok(None)
}

fn has_backend(folder: &Path) -> Result<bool, Failure> {
    let trouble = |error: std::io::Error| Failure::failed(format!("reading {}: {error}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        if path.extension().is_some_and(|extension| extension == "tf") {
            let text = std::fs::read(&path).map_err(trouble)?;
            let text = String::from_utf8_lossy(&text);
            let mut lines = text.lines().map(str::trim_start);
            if lines.any(|line| line.starts_with("backend \"") || line.starts_with("cloud {")) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// A space is not deployed onto itself.
fn refuse_own_source(modules: &[Folder], destination: &Server) -> Result<(), Failure> {
    for module in modules {
        let source = &module.manifest.source;
        if !source.installation_id.is_empty()
            && source.installation_id.eq_ignore_ascii_case(&destination.installation_id)
            && source.space_id == destination.space_id()
        {
            return Err(Failure::usage(format!(
                "the module of {:?} was made of the destination itself: space {:?} ({}) of {}",
                module.name(),
                destination.space.name(),
                destination.space_id(),
                destination.client.address()
            ))
            .hint("One server may be source and destination, one space may not: give another --destination-space."));
        }
    }
    Ok(())
}
