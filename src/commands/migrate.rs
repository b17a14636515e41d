//! `octoferry migrate`: publishes and runs the runbooks in order, shows their logs, ends with a table.

mod deploy;
mod feeds;
mod kept;
mod lent;
mod order;
mod plan;
mod report;
mod runs;
mod since;
mod start;
mod tenants;
mod todo;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::checks::keys;
use crate::cli;
use crate::delivery::record;
use crate::deployment::outcomes;
use crate::finish::limited;
use crate::mark::found::Found;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::report as list;
use crate::seeded;
use crate::seeded::{later, part, publish};
use crate::settings;
use crate::ui::Ui;
use deploy::Stopped;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use lent::Lent;
use module::manifest::{Manifest, Scope};
use octopus::read::{self, Extent};
use octopus::server::Server;
use octopus::tasks;
use octopus::upsert;
use order::Next;
use plan::{Plan, is_named};
use report::{Owner, Report, Step};
use runs::Runs;
use start::{keep_package, nothing_in_the_way, same_destination, tell_prospects};

/// Runs the command. Run again after a failure or a change it just continues.
///
/// # Errors
/// When a setting is missing, a server refuses, or a run of the space fails; a failed project doesn't stop the others.
pub async fn run(arguments: cli::Migrate, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.servers.connection)?;
    let given = settings::Settings::read(None, ui)?;
    let (source, destination) =
        given.both(&arguments.servers.source, &arguments.servers.destination, &transport).await?;
    let mut found = Found::read(&source).await?;
    let environment = found.environment()?.id().to_owned();
    same_destination(&source, found.library_set(name::SETTINGS_SET)?, &destination).await?;
    nothing_in_the_way(&source, &found).await?;

    let part = part::of_space(&source, found.library_set(name::SETTINGS_SET)?).await?;
    let moved = part::moved(&source, &part).await?;
    if let Some(moved) = &moved {
        moved.refuse_missing(&destination).await?;
        ui.info(&format!("a part of the space moves: {}", part.texts().join(" ")));
    }
    if seed_new(&source, &found, moved.as_ref(), &arguments, ui).await? {
        found = Found::read(&source).await?;
    }
    let mut plan = Plan::of(&found, &arguments, source.space.name())?;
    if let Some(moved) = &moved {
        plan.only(&found, &moved.projects);
    }
    for (project, why) in &plan.skipped {
        ui.warning(&format!("project {project:?} is left out: {why}"));
    }
    let inventory = read::read(&source, Extent::Whole).await?;
    for text in keys::ending(&inventory) {
        ui.warning(&text);
    }
    tell_prospects(&inventory, &environment, &plan, ui);
    since::tell(&source, &inventory, &part, &plan, ui).await?;
    ui.confirm(&plan.question(&source, &destination), arguments.yes)?;
    ask_about_disabled(&mut plan, arguments.yes, ui);
    let version = keep_package(&source, &found).await?;
    let runs = Runs::new((&source, &destination), &environment, &version, ui);
    let mut report = Report::default();
    let mut lent = Lent::new(&source);
    let work = async {
        lent.wake(&plan.projects).await?;
        let found = published(&runs, &found, &plan).await?;
        journey(&runs, &found, &inventory, &plan, &arguments, &mut report).await
    };
    let result = tokio::select! {
        result = work => result,
        why = lent::stopped() => {
            runs.cancel().await;
            Err(Failure::failed(format!("cancelled{why}; the running task was cancelled too"))
                .hint("Terraform saves its state before it ends. Run octoferry migrate again: it goes on where it stopped."))
        }
    };
    let put_back = lent.put_back(ui).await;
    report.besides = besides(&inventory, &destination).await;
    report.show(&arguments, &plan, ui)?;
    result.and(put_back)?;
    Ok(report.outcome(&plan))
}

/// Publishes the runbooks, and reads feeds, since what the space's deployment sees is what it was published with. The seeded things as they are then:
/// their documents name the snapshots.
async fn published(runs: &Runs<'_>, found: &Found, plan: &Plan<'_>) -> Result<Found, Failure> {
    let published = publish::publish(runs.source, runs.version).await?;
    runs.ui.info(&format!("{published} runbooks published"));
    if plan.space {
        feeds::read(runs, found).await?;
    }
    Found::read(runs.source).await
}

/// What is left that no module says: Tentacles that the destination has and does not reach, projects that a person has disabled.
async fn besides(inventory: &Inventory, destination: &Server) -> Option<Vec<list::Item>> {
    let (targets, workers) = futures::try_join!(
        upsert::list(destination, Collection::Machines),
        upsert::list(destination, Collection::Workers)
    )
    .ok()?;
    let known = list::Known::of(targets.iter().chain(&workers));
    let inventory = seeded::prepare(inventory.clone()).0;
    let address = list::Address::of(destination).await;
    let is_left = |thumbprint: &str| known.there.contains(thumbprint) && !known.reached.contains(thumbprint);
    let mut items = list::tentacles(&inventory, &address, is_left);
    items.extend(list::of_disabled(&inventory));
    Some(items)
}

/// Runbooks of a disabled project don't run: names those, and leaves them out unless they may be enabled meanwhile.
fn ask_about_disabled(plan: &mut Plan<'_>, agreed: bool, ui: &Ui) {
    let disabled = plan.projects.iter().filter(|project| project.flag("IsDisabled"));
    let names = disabled.map(|project| format!("{:?}", project.name())).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        return;
    }
    ui.info(&format!("disabled at the source, and so at the destination, but for what octoferry cutover has disabled: {names}"));
    let question = format!("Enable the disabled {names} at the source while their runbooks run?");
    if ui.confirm(&question, agreed).is_err() {
        plan.skip_disabled();
    }
}

/// Gives projects that were made since seed their runbooks, after asking; whether any got them.
async fn seed_new(
    source: &Server,
    found: &Found,
    moved: Option<&part::Moved>,
    arguments: &cli::Migrate,
    ui: &Ui,
) -> Result<bool, Failure> {
    let patterns = later::patterns(source, found.library_set(name::SETTINGS_SET)?).await?;
    let (Some(patterns), false) = (patterns, arguments.space_only) else { return Ok(false) };
    let mut new = later::made_since(found, &patterns);
    new.retain(|project| {
        let asked =
            arguments.project.is_empty() || arguments.project.iter().any(|name| is_named(name, project));
        asked && moved.is_none_or(|moved| moved.projects.contains(project.id()))
    });
    if new.is_empty() {
        return Ok(false);
    }
    let names: Vec<String> = new.iter().map(|project| format!("{:?}", project.name())).collect();
    ui.info(&format!("made since octoferry seed: {}", names.join(", ")));
    if ui.confirm("Put the two runbooks and the library set Octoferry into them?", arguments.yes).is_err() {
        return Ok(false);
    }
    let pattern = later::Pattern::read(source, found).await?;
    for project in new {
        match pattern.seed(source, found, project).await {
            Ok(()) => ui.info(&format!("runbooks in {:?}", project.name())),
            Err(failure) if failure.is_of_repository() => {
                ui.warning(&format!("project {:?} gets no runbooks: {failure}", project.name()));
            }
            Err(failure) => return Err(failure),
        }
    }
    ui.info("Secrets of tenants are read in these projects once octoferry seed has run again; octoferry spread looks at their own secrets.");
    Ok(true)
}

/// The runs: check, space, then all projects. A failure of the space ends it; a project's failure doesn't end the others.
async fn journey(
    runs: &Runs<'_>,
    found: &Found,
    inventory: &Inventory,
    plan: &Plan<'_>,
    arguments: &cli::Migrate,
    report: &mut Report,
) -> Result<(), Failure> {
    let own = found.project()?.id().to_owned();
    let of_space = |runbook: &str| {
        found.runbook(&own, runbook).ok_or_else(|| {
            Failure::failed(format!("the runbook {runbook:?} is gone")).hint("octoferry seed makes it again.")
        })
    };
    runs.run("Check", of_space(name::CHECK_RUNBOOK)?).await?;
    let (mut space_again, mut awaited) = (false, Vec::new());
    if plan.space {
        let begun = Instant::now();
        let row = report.row(&Owner::Space);
        row.serialized = Step::Failed;
        let made = runs.run("Serialize Space", of_space(name::SERIALIZE_SPACE_RUNBOOK)?).await?;
        row.serialized = Step::Done;
        row.deployed = Step::Failed;
        let manifest = record::manifest_of_task(runs.source, &made, None).await?;
        let awaiting = limited::projects_of(&manifest);
        row.manifest = Some(manifest);
        awaited = missing_projects(runs.destination, awaiting).await?;
        let deployed = deploy_space(runs, of_space(name::DEPLOY_SPACE_RUNBOOK)?, arguments, report).await;
        report.row(&Owner::Space).seconds = begun.elapsed().as_secs();
        match deployed {
            Ok(()) => {}
            // What projects still use at the destination can go when they are deployed.
            Err(stopped) if stopped.letting_go && !plan.projects.is_empty() => {
                runs.ui.failure(&stopped.failure);
                runs.ui.warning("what is gone from the source may still be in use at the destination: the projects are deployed first, then the space again");
                space_again = true;
            }
            Err(stopped) => return Err(stopped.failure),
        }
    }
    if !arguments.space_only {
        let waiting = projects(runs, found, plan, arguments, report).await?;
        for (project, awaited) in waiting {
            if missing_projects(runs.destination, awaited.clone()).await?.len() < awaited.len() {
                let name = project.name();
                runs.ui.info(&format!("{name:?} is deployed again: it names projects that are there now"));
                deploy_project(runs, found, project, arguments, report).await?;
            }
        }
        let still_awaited = missing_projects(runs.destination, awaited.clone()).await?;
        if still_awaited.len() < awaited.len() {
            runs.ui
                .info("the space is deployed again: something in it waited for projects that are there now");
            space_again = true;
        }
        if space_again {
            let runbook = of_space(name::DEPLOY_SPACE_RUNBOOK)?;
            deploy_space(runs, runbook, arguments, report).await.map_err(|stopped| stopped.failure)?;
        }
        tenants(runs, found, inventory, arguments, report).await?;
    }
    Ok(())
}

/// Which of the projects the destination lacks.
async fn missing_projects(destination: &Server, mut projects: Vec<String>) -> Result<Vec<String>, Failure> {
    if !projects.is_empty() {
        let there = upsert::list(destination, Collection::Projects).await?;
        projects.retain(|name| !there.iter().any(|project| project.name() == name));
    }
    Ok(projects)
}

/// Deploys what projects share, and notes how that ended.
async fn deploy_space(
    runs: &Runs<'_>,
    runbook: &Document,
    arguments: &cli::Migrate,
    report: &mut Report,
) -> Result<(), Stopped> {
    let task = deploy::run(runs, "Deploy Space", runbook, &arguments.this_time, arguments.yes).await?;
    let row = report.row(&Owner::Space);
    row.outcomes = outcomes::of_task(runs.source, &task).await?;
    row.deployed = Step::Done;
    Ok(())
}

/// All projects: serialized in any order, deployed in the order of what they need. Those in which something waits for projects that were not there
/// yet, with these.
async fn projects<'p>(
    runs: &Runs<'_>,
    found: &Found,
    plan: &Plan<'p>,
    arguments: &cli::Migrate,
    report: &mut Report,
) -> Result<Vec<(&'p Document, Vec<String>)>, Failure> {
    let (mut after, mut failed) = serialize_projects(runs, found, plan, report).await;
    let mut waiting = Vec::new();
    loop {
        match order::next(&after, &failed) {
            Next::Nothing => return Ok(waiting),
            Next::Deploy(name) => {
                after.remove(&name);
                let Some(project) = plan.projects.iter().find(|project| project.name() == name) else {
                    continue;
                };
                let manifest = report.row(&Owner::Project(name.clone())).manifest.as_ref();
                let awaited = manifest.map(limited::projects_of).unwrap_or_default();
                let awaited = missing_projects(runs.destination, awaited).await?;
                if !deploy_project(runs, found, project, arguments, report).await? {
                    failed.insert(name);
                } else if !awaited.is_empty() {
                    waiting.push((*project, awaited));
                }
            }
            Next::Skip(name, needed) => {
                after.remove(&name);
                report.row(&Owner::Project(name.clone())).deployed =
                    Step::Blocked(format!("it needs {needed}"));
                failed.insert(name);
            }
            Next::Cycle(names) => {
                let circle = names.join(", ");
                runs.ui.warning(&format!(
                    "these projects need each other, so none can be deployed first: {circle}"
                ));
                for name in names {
                    after.remove(&name);
                    report.row(&Owner::Project(name.clone())).deployed =
                        Step::Blocked(format!("{circle} need each other"));
                    failed.insert(name);
                }
            }
        }
    }
}

fn runbook_of<'f>(found: &'f Found, project: &Document, runbook: &str) -> Result<&'f Document, Failure> {
    found
        .runbook(project.id(), runbook)
        .ok_or_else(|| Failure::failed(format!("the runbook {runbook:?} of {:?} is gone", project.name())))
}

/// Serializes all projects at once: the server runs them as its queue allows. Project → those that it needs, and the projects that failed.
async fn serialize_projects(
    runs: &Runs<'_>,
    found: &Found,
    plan: &Plan<'_>,
    report: &mut Report,
) -> (BTreeMap<String, Vec<String>>, BTreeSet<String>) {
    let mut started = Vec::new();
    for project in &plan.projects {
        let run = match runbook_of(found, project, name::SERIALIZE_PROJECT_RUNBOOK) {
            Ok(runbook) => runs.start(runbook).await,
            Err(failure) => Err(failure),
        };
        started.push((*project, run));
    }
    let mut after = BTreeMap::new();
    let mut failed = BTreeSet::new();
    // Manifests name projects as the destination has them.
    let mut here: BTreeMap<String, String> = BTreeMap::new();
    for (project, run) in started {
        let begun = Instant::now();
        let manifest = serialized(runs, project, run).await;
        let row = report.row(&Owner::Project(project.name().to_owned()));
        row.seconds = begun.elapsed().as_secs();
        match manifest {
            Ok(manifest) => {
                if let Scope::Project { name, .. } = &manifest.scope {
                    here.insert(name.clone(), project.name().to_owned());
                }
                after.insert(project.name().to_owned(), manifest.after.clone());
                row.serialized = Step::Done;
                row.manifest = Some(manifest);
            }
            Err(failure) => {
                runs.ui.failure(&failure);
                row.serialized = Step::Failed;
                row.deployed = Step::LeftOut;
                failed.insert(project.name().to_owned());
            }
        }
    }
    for needed in after.values_mut().flatten() {
        if let Some(name) = here.get(needed) {
            needed.clone_from(name);
        }
    }
    (after, failed)
}

/// Waits for a run that serializes a project.
async fn serialized(
    runs: &Runs<'_>,
    project: &Document,
    run: Result<tasks::Run, Failure>,
) -> Result<Manifest, Failure> {
    let run = run?;
    runs.follow(&format!("Serialize Project {}", project.name()), &run).await?;
    record::manifest_of_task(runs.source, &run.task_id, Some(project.id())).await
}

/// Deploys a project; whether that went well.
async fn deploy_project(
    runs: &Runs<'_>,
    found: &Found,
    project: &Document,
    arguments: &cli::Migrate,
    report: &mut Report,
) -> Result<bool, Failure> {
    let begun = Instant::now();
    let deployed = match runbook_of(found, project, name::DEPLOY_PROJECT_RUNBOOK) {
        Ok(runbook) => {
            let title = format!("Deploy Project {}", project.name());
            let deployed = deploy::run(runs, &title, runbook, &arguments.this_time, arguments.yes).await;
            deployed.map_err(|stopped| stopped.failure)
        }
        Err(failure) => Err(failure),
    };
    let row = report.row(&Owner::Project(project.name().to_owned()));
    row.seconds += begun.elapsed().as_secs();
    row.deployed = if deployed.is_ok() { Step::Done } else { Step::Failed };
    match deployed {
        Ok(task) => {
            row.outcomes = outcomes::of_task(runs.source, &task).await?;
            Ok(true)
        }
        Err(failure) => {
            runs.ui.failure(&failure);
            Ok(false)
        }
    }
}

/// The secret values of tenants, for the projects that are deployed.
async fn tenants(
    runs: &Runs<'_>,
    found: &Found,
    inventory: &Inventory,
    arguments: &cli::Migrate,
    report: &mut Report,
) -> Result<(), Failure> {
    let deployed = report.rows.iter().filter(|row| row.deployed == Step::Done);
    let manifests: Vec<(&str, &Manifest)> =
        deployed.filter_map(|row| Some((row.of.project()?, row.manifest.as_ref()?))).collect();
    report.tenants = tenants::run(runs, found, inventory, &manifests, arguments.yes).await?;
    for index in 0..report.tenants.len() {
        let (project, task) = (report.tenants[index].run.project.clone(), report.tenants[index].task.clone());
        if let Some(task) = task {
            let became = outcomes::of_task(runs.source, &task).await?;
            let row = report.row(&Owner::Project(project));
            let set = row.manifest.iter().flat_map(|manifest| outcomes::read(manifest, &became)).collect();
            row.outcomes.extend(became);
            // A value of a library set is in the modules of all projects that see it.
            for other in &mut report.rows {
                other
                    .manifest
                    .iter()
                    .for_each(|manifest| outcomes::settle(manifest, &set, &mut other.outcomes));
            }
        }
    }
    tenants::known_from_before(runs.source, report).await?;
    for row in &mut report.rows {
        if let Some(manifest) = &row.manifest {
            tenants::explain(&report.tenants, row.of.project(), manifest, &mut row.outcomes);
        }
    }
    Ok(())
}
