//! `octoferry migrate`: publishes and runs the runbooks in order, shows their logs, ends with a table.

mod account;
mod deploy;
mod kept;
mod lent;
mod order;
mod runs;
mod tenants;
mod todo;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Instant;

use serde_json::json;

use crate::cli;
use crate::delivery::record;
use crate::mark::found::Found;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::seeded::{install, later, package, part};
use crate::settings;
use crate::spread::{self, tenant_runs};
use crate::ui::{Ui, table};
use account::Account;
use deploy::Stopped;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::While as _;
use failure::{Failure, FailureKind};
use lent::Lent;
use module::manifest::{Manifest, Scope};
use octopus::read::{self, Extent};
use octopus::server::Server;
use octopus::{tasks, upsert};
use order::Next;
use runs::Runs;
use tenants::TenantRow;

/// Runs the command. Run again after a failure or a change it just continues.
///
/// # Errors
/// What stopped it before or between the runs; a failed project doesn't stop the others.
pub async fn run(arguments: cli::Migrate, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.connection)?;
    let given = settings::Settings::read(None, ui)?;
    let (source, destination) = given.both(&arguments.source, &arguments.destination, &transport).await?;
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
    tell_prospects(&inventory, &environment, &plan, ui);
    ui.confirm(&plan.question(&source, &destination), arguments.yes)?;
    ask_about_disabled(&mut plan, arguments.yes, ui);
    let version = keep_package(&source, &found).await?;
    let runs = Runs::new(&source, &environment, &version, ui);
    let mut report = Report::default();
    let mut lent = Lent::new(&source);
    let work = async {
        lent.wake(&plan.projects).await?;
        let published = install::publish(&source, &version).await?;
        ui.info(&format!("{published} runbooks published"));
        // Their documents name the snapshots that were just published.
        let found = Found::read(&source).await?;
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
    report.show(&arguments, &plan, ui)?;
    result.and(put_back)?;
    Ok(report.outcome(&plan))
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

/// Whether a project is meant by a name, a slug or an id.
fn is_named(wanted: &str, project: &Document) -> bool {
    [project.name(), project.text("Slug").unwrap_or_default(), project.id()]
        .iter()
        .any(|text| text.to_lowercase() == wanted.to_lowercase())
}

/// What is to be run.
struct Plan<'a> {
    space: bool,
    space_name: String,
    projects: Vec<&'a Document>,
    /// Projects that are left out, and why.
    skipped: Vec<(String, String)>,
}

impl<'a> Plan<'a> {
    fn of(found: &'a Found, arguments: &cli::Migrate, space_name: &str) -> Result<Self, Failure> {
        let mut plan = Self {
            space: arguments.project.is_empty(),
            space_name: space_name.to_owned(),
            projects: Vec::new(),
            skipped: Vec::new(),
        };
        if arguments.space_only {
            return Ok(plan);
        }
        let own = found.own_projects();
        for wanted in &arguments.project {
            if !own.iter().any(|project| is_named(wanted, project)) {
                let names: Vec<String> = own.iter().map(|project| format!("{:?}", project.name())).collect();
                return Err(Failure::usage(format!("the source space has no project {wanted:?}"))
                    .hint(format!("It has: {}.", names.join(", "))));
            }
        }
        for project in own {
            if !arguments.project.is_empty()
                && !arguments.project.iter().any(|wanted| is_named(wanted, project))
            {
                continue;
            }
            if found.runbook(project.id(), name::DEPLOY_PROJECT_RUNBOOK).is_none() {
                let why = "it has no runbooks of octoferry; octoferry seed makes them".to_owned();
                plan.skipped.push((project.name().to_owned(), why));
            } else {
                plan.projects.push(project);
            }
        }
        Ok(plan)
    }

    fn question(&self, source: &Server, destination: &Server) -> String {
        let what = match (self.space, self.projects.len()) {
            (true, 0) => "what projects share".to_owned(),
            (true, count) => format!("what projects share, and {count} projects,"),
            (false, count) => format!("{count} projects"),
        };
        format!("Move {what} from {:?} to {:?}?", source.space.name(), destination.space.name())
    }

    /// Leaves the projects that are in no module; those that were asked for by name are told.
    fn only(&mut self, found: &Found, ids: &BTreeSet<String>) {
        let others = |name: &str| {
            found.projects.iter().any(|project| project.name() == name && !ids.contains(project.id()))
        };
        self.skipped.retain(|(name, _)| !others(name));
        let out: Vec<&Document> =
            self.projects.extract_if(.., |project| !ids.contains(project.id())).collect();
        if !self.space {
            let why = "it is not in the part that octoferry seed was given".to_owned();
            self.skipped.extend(out.iter().map(|project| (project.name().to_owned(), why.clone())));
        }
    }

    fn skip_disabled(&mut self) {
        let disabled: Vec<&Document> =
            self.projects.extract_if(.., |project| project.flag("IsDisabled")).collect();
        let skipped = disabled.iter().map(|project| (project.name().to_owned(), "it is disabled".to_owned()));
        self.skipped.extend(skipped);
    }
}

/// What will not arrive as the space stands, before anything begins: secrets that spread has not made readable, and tenants' values whose
/// runs the server will refuse.
fn tell_prospects(inventory: &Inventory, environment: &str, plan: &Plan<'_>, ui: &Ui) {
    let moves = |owner: &str| {
        inventory.get(Collection::Projects, owner).is_none()
            || plan.projects.iter().any(|project| project.id() == owner)
    };
    let spread = spread::spread(inventory, environment);
    let unspread: Vec<String> = spread
        .changes
        .iter()
        .filter(|change| moves(&change.owner_id))
        .flat_map(|change| change.lines.iter().map(|line| format!("  {}: {}", change.owner, line.what)))
        .collect();
    if !unspread.is_empty() {
        ui.warning(&format!(
            "octoferry spread has something to do first, else these secrets will not arrive, or runs be refused:\n{}",
            unspread.join("\n")
        ));
    }
    let unreadable = tenant_runs::unreadable(inventory);
    if !plan.projects.is_empty() && !unreadable.is_empty() {
        let list: Vec<String> =
            unreadable.iter().map(|(what, why)| format!("  {what}: {}", why.why())).collect();
        ui.warning(&format!(
            "no run may be able to read these secret values of tenants:\n{}",
            list.join("\n")
        ));
    }
}

/// The runbooks know one destination; another one on the command line would be a surprise.
async fn same_destination(source: &Server, set: &Document, destination: &Server) -> Result<(), Failure> {
    let id = set.text("VariableSetId").unwrap_or_default();
    let variables = upsert::document(source.client.get(&source.path(&format!("variables/{id}"))).await?)?;
    let value = |name: &str| {
        variables.list("Variables").iter().find(|variable| variable["Name"] == name)?["Value"].as_str()
    };
    let (url, space) = (value(name::DESTINATION_URL), value(name::DESTINATION_SPACE));
    if url == Some(destination.client.address()) && space == Some(destination.space_id()) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the runbooks were seeded for another destination: {}, {}",
        url.unwrap_or("no address"),
        space.unwrap_or("no space")
    ))
    .hint("Run octoferry seed again for the destination you mean."))
}

/// What would let every run wait for ever, or a second migration at the same time.
async fn nothing_in_the_way(source: &Server, found: &Found) -> Result<(), Failure> {
    if let Some(why) = tasks::obstacle(source).await? {
        return Err(Failure::new(FailureKind::Refused, why));
    }
    let runbooks: Vec<&str> = found.seeded_runbooks().map(Document::id).collect();
    let active = tasks::active(source, &runbooks).await?;
    let Some((task, what)) = active.first() else { return Ok(()) };
    Err(Failure::failed(format!("another migration is under way: {what} ({task})"))
        .hint("A person or another octoferry started it. Wait for it or cancel it, then run this again."))
}

/// Looks whether the package that the runbooks use is still in the feed, whose retention takes what no release uses, and still the one that seed
/// uploaded; uploads it again if it is gone. Its version.
async fn keep_package(source: &Server, found: &Found) -> Result<String, Failure> {
    let runbooks: Vec<&Document> = found.seeded_runbooks().collect();
    let wanted = install::package_of_steps(source, found).await?;
    if let Some(version) = install::published_version(source, &runbooks).await?
        && let Some(there) = install::package_there(source, &version).await?
    {
        if wanted.as_deref() == Some(&there) {
            return Ok(version);
        }
        return Err(Failure::failed(format!(
            "the package octoferry {version} in the built-in feed is not the one that octoferry seed uploaded; nothing was run"
        ))
        .hint("Who replaced it? Delete it in the portal (Library, Packages), then run octoferry seed again."));
    }
    let package = package::of_program(&package::own_program()?)
        .ok()
        .filter(|package| wanted.as_deref() == Some(&package.sha256));
    let package = package.ok_or_else(|| {
        Failure::failed(
            "the package octoferry is gone from the built-in feed, and it was not made of this program",
        )
        .hint("octoferry seed, with --package FILE where it was given before, puts it there again.")
    })?;
    install::package(source, &package).await
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
    let mut space_again = false;
    if plan.space {
        let begun = Instant::now();
        let row = report.row(&Owner::Space);
        row.serialized = Step::Failed;
        let made = runs.run("Serialize Space", of_space(name::SERIALIZE_SPACE_RUNBOOK)?).await?;
        row.serialized = Step::Done;
        row.deployed = Step::Failed;
        row.manifest = Some(record::manifest_of_task(runs.source, &made, None).await?);
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
        projects(runs, found, plan, arguments, report).await?;
        if space_again {
            let runbook = of_space(name::DEPLOY_SPACE_RUNBOOK)?;
            deploy_space(runs, runbook, arguments, report).await.map_err(|stopped| stopped.failure)?;
        }
        tenants(runs, found, inventory, arguments, report).await?;
    }
    Ok(())
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
    row.account = account::of_task(runs.source, &task).await?;
    row.deployed = Step::Done;
    Ok(())
}

/// All projects: serialized in any order, deployed in the order of what they need.
async fn projects(
    runs: &Runs<'_>,
    found: &Found,
    plan: &Plan<'_>,
    arguments: &cli::Migrate,
    report: &mut Report,
) -> Result<(), Failure> {
    let (mut after, mut failed) = serialize_projects(runs, found, plan, report).await;
    loop {
        match order::next(&after, &failed) {
            Next::Nothing => return Ok(()),
            Next::Deploy(name) => {
                after.remove(&name);
                if let Some(project) = plan.projects.iter().find(|project| project.name() == name)
                    && !deploy_project(runs, found, project, arguments, report).await?
                {
                    failed.insert(name);
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
            row.account = account::of_task(runs.source, &task).await?;
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
            let became = account::of_task(runs.source, &task).await?;
            let row = report.row(&Owner::Project(project));
            let set = row.manifest.iter().flat_map(|manifest| account::read(manifest, &became)).collect();
            row.account.extend(became);
            // A value of a library set is in the modules of all projects that see it.
            for other in &mut report.rows {
                other
                    .manifest
                    .iter()
                    .for_each(|manifest| account::settle(manifest, &set, &mut other.account));
            }
        }
    }
    for row in &mut report.rows {
        if let Some(manifest) = &row.manifest {
            tenants::explain(&report.tenants, row.of.project(), manifest, &mut row.account);
        }
    }
    Ok(())
}

/// What a module is of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    Space,
    Project(String),
}

impl Owner {
    fn project(&self) -> Option<&str> {
        match self {
            Self::Space => None,
            Self::Project(name) => Some(name),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Space => "(space)",
            Self::Project(name) => name,
        })
    }
}

/// How a runbook's run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// It was not its turn when the command stopped.
    Waiting,
    Done,
    Failed,
    /// Not tried, since an earlier one failed.
    LeftOut,
    /// Not tried, since this stands in the way.
    Blocked(String),
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => Ok(()),
            Self::Done => formatter.write_str("yes"),
            Self::Failed => formatter.write_str("failed"),
            Self::LeftOut => formatter.write_str("no"),
            Self::Blocked(why) => write!(formatter, "no: {why}"),
        }
    }
}

/// How the space or a project ended.
struct Row {
    of: Owner,
    serialized: Step,
    deployed: Step,
    manifest: Option<Manifest>,
    /// What became of its secrets.
    account: Account,
    seconds: u64,
}

impl Row {
    /// How much of it is left to a person.
    fn for_person(&self) -> usize {
        self.manifest.as_ref().map_or(0, |manifest| todo::count(manifest, &self.account))
    }
}

/// How all ended, in the order of their first mention.
#[derive(Default)]
struct Report {
    rows: Vec<Row>,
    tenants: Vec<TenantRow>,
}

impl Report {
    fn row(&mut self, of: &Owner) -> &mut Row {
        let index = self.rows.iter().position(|row| row.of == *of).unwrap_or_else(|| {
            self.rows.push(Row {
                of: of.clone(),
                serialized: Step::Waiting,
                deployed: Step::Waiting,
                manifest: None,
                account: Account::new(),
                seconds: 0,
            });
            self.rows.len() - 1
        });
        &mut self.rows[index]
    }

    /// What is left of each that was to be moved. What was not deployed this time has what stood there, and why.
    fn parts(&self, plan: &Plan<'_>) -> Vec<kept::Part> {
        let of_row = |row: &Row| {
            let is_done = row.deployed == Step::Done;
            let mut items = match &row.manifest {
                Some(manifest) => todo::items(manifest, &row.account),
                None => Vec::new(),
            };
            if !is_done {
                let why = match &row.deployed {
                    Step::Blocked(why) => format!(": {why}"),
                    _ => String::new(),
                };
                let key = "The last migration did not deploy this".to_owned();
                let text = format!("{key}{why}. Run `octoferry migrate` again when the reason is gone.");
                items.push(kept::Item { key, text });
            }
            let title = row.manifest.as_ref().map(todo::title);
            let title = title.unwrap_or_else(|| match row.of.project() {
                Some(name) => format!("Project {name}"),
                None => format!("Space {}", plan.space_name),
            });
            kept::Part { title, items, keep: !is_done }
        };
        let skipped = plan.skipped.iter().map(|(project, why)| kept::Part {
            title: format!("Project {project}"),
            items: vec![kept::Item {
                key: "It was left out of the last migration".to_owned(),
                text: format!("It was left out of the last migration: {why}."),
            }],
            keep: true,
        });
        self.rows.iter().map(of_row).chain(skipped).collect()
    }

    /// Whether each project that was to be moved has its row.
    fn is_whole(&self, plan: &Plan<'_>) -> bool {
        let has_row = |project: &&Document| {
            self.rows.iter().any(|row| row.of.project() == Some(project.name()) && row.manifest.is_some())
        };
        self.rows.iter().any(|row| row.of == Owner::Space) && plan.projects.iter().all(has_row)
    }

    /// Prints the table and writes the list for the person.
    fn show(&self, arguments: &cli::Migrate, plan: &Plan<'_>, ui: &Ui) -> Result<(), Failure> {
        if self.rows.is_empty() && plan.skipped.is_empty() {
            return Ok(());
        }
        let mut lines =
            vec![["project", "serialized", "deployed", "for a person", "time"].map(str::to_owned).to_vec()];
        for row in &self.rows {
            lines.push(vec![
                row.of.to_string(),
                row.serialized.to_string(),
                row.deployed.to_string(),
                row.for_person().to_string(),
                format!("{} s", row.seconds),
            ]);
        }
        for (project, why) in &plan.skipped {
            let left_out = Step::Blocked(why.clone()).to_string();
            lines.push(vec![project.clone(), String::new(), left_out, "1".to_owned(), String::new()]);
        }
        if ui.json() {
            let rows = self.rows.iter().map(|row| {
                json!({
                    "Name": row.of.to_string(),
                    "Serialized": row.serialized == Step::Done,
                    "Deployed": row.deployed == Step::Done,
                    "ForPerson": row.for_person(),
                    "Seconds": row.seconds,
                })
            });
            let tenants = self.tenants.iter().map(|row| {
                json!({"Project": row.run.project, "Tenant": row.run.tenant, "Environment": row.run.environment, "Became": row.became.to_string()})
            });
            let (rows, tenants): (Vec<_>, Vec<_>) = (rows.collect(), tenants.collect());
            let skipped = plan.skipped.iter().map(|(project, why)| json!({"Name": project, "Because": why}));
            let skipped: Vec<_> = skipped.collect();
            ui.data(&json!({"Projects": rows, "LeftOut": skipped, "Tenants": tenants}).to_string());
        } else {
            ui.data(&format!("\n{}", table(&lines)));
            if !self.tenants.is_empty() {
                ui.data(&format!("\n{}", tenants::table(&self.tenants)));
            }
        }
        if let Some(sum) = account::summed_up(self.rows.iter().map(|row| &row.account)) {
            ui.info(&sum);
        }
        let file = &arguments.todo;
        // A device or a pipe has no list of before.
        let old = match file.metadata() {
            Ok(there) if there.is_file() => {
                std::fs::read_to_string(file).while_doing(format!("reading {}", file.display()))?
            }
            _ => String::new(),
        };
        let is_all =
            plan.space && arguments.project.is_empty() && !arguments.space_only && self.is_whole(plan);
        let text = kept::merged(&old, &self.parts(plan), is_all);
        std::fs::write(file, text).while_doing(format!("writing {}", file.display()))?;
        ui.info(&format!("what is left to you: {}", file.display()));
        Ok(())
    }

    fn outcome(&self, plan: &Plan<'_>) -> Outcome {
        let failed = |row: &TenantRow| row.task.is_some() && !row.is_well();
        if self.rows.iter().any(|row| row.deployed != Step::Done) || self.tenants.iter().any(failed) {
            Outcome::NotWell
        } else if !plan.skipped.is_empty()
            || self.rows.iter().any(|row| row.for_person() > 0)
            || !self.tenants.iter().all(TenantRow::is_well)
        {
            Outcome::DoneWithNotes
        } else {
            Outcome::Done
        }
    }
}
