//! `octoferry cutover`: the source stops, the destination starts as the source stood; `--back` takes it back.

use serde_json::Value;

use crate::cli;
use crate::cutover::{self, Switch, journal};
use crate::delivery::record;
use crate::deployment::left::Left;
use crate::finish::directory::{Directory, Located};
use crate::mark;
use crate::outcome::Outcome;
use crate::settings::{self, Settings};
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use module::manifest::{Held, Manifest, Scope};
use octoferry_core::part::parse::matches;
use octopus::read::{self, Extent};
use octopus::role::Role;
use octopus::server::Server;
use octopus::upsert;

/// Runs the command. Run again after a failure or a change it goes on.
///
/// # Errors
/// When a server refuses, a project was never serialized, or a journal can't be read.
pub async fn run(arguments: cli::Cutover, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.servers.connection)?;
    let settings = Settings::read(None, ui)?;
    let (source, destination) =
        settings.both(&arguments.servers.source, &arguments.servers.destination, &transport).await?;
    let recorded = journal::read(&source).await?;
    if arguments.back {
        return back(&source, &destination, recorded, &arguments, ui).await;
    }
    let inventory = read::read(&source, Extent::Whole).await?;
    let projects = chosen(&inventory, &arguments)?;
    let mut doubts = under_way(&source, &projects).await?;
    let mut switches = cutover::stops(&inventory, &projects, arguments.all);
    let mut directory = Directory::new(destination.clone());
    let owners: Vec<Option<&str>> = modules(&projects, arguments.all).into_iter().collect();
    let mut manifests = record::newest_manifests(&source, &owners).await?;
    let mut serialized = Vec::new();
    for owner in owners {
        let manifest = manifests.remove(&owner.map(str::to_owned)).ok_or_else(|| {
            let what = owner.map_or("the space".to_owned(), |id| format!("the project {id}"));
            Failure::failed(format!(
                "nothing was serialized yet of {what} by a run of octoferry's runbooks, or its package is gone"
            ))
            .hint("Run octoferry migrate first.")
        })?;
        for held in cutover::starts(&manifest) {
            let project = owner.and_then(|id| projects.iter().find(|project| project.id() == id));
            match start_of(&mut directory, held, project.map(|project| project.name())).await? {
                Ok(switch) => switches.extend(switch),
                Err(doubt) => doubts.push(doubt),
            }
        }
        serialized.push(manifest);
    }
    doubts.extend(open_secrets(&source, &destination, &inventory, &serialized).await?);
    if arguments.all {
        doubts.extend(unhealthy(&destination).await?);
    }
    show(&switches, ui);
    doubts.iter().for_each(|doubt| ui.warning(doubt));
    if switches.is_empty() {
        ui.info("there is nothing to switch: it was done before");
        return Ok(outcome(&doubts));
    }
    if arguments.plan {
        return Ok(Outcome::ChangesPending);
    }
    ui.confirm(&format!("Switch these {} things?", switches.len()), arguments.yes)?;
    // What is recorded first can be taken back, wherever this stops.
    journal::write(&source, &together(recorded, &switches)).await?;
    let failed = switch_all(&switches, &source, &destination, ui).await.failed.len();
    ui.info(&format!(
        "{} things are switched; octoferry cutover --back takes it back for as long as the library variable set {:?} is there",
        switches.len() - failed,
        journal::SET
    ));
    Ok(if failed == 0 { outcome(&doubts) } else { Outcome::NotWell })
}

/// How the switches ended.
struct Switched<'s> {
    /// They stand as somebody has set them meanwhile.
    kept: usize,
    /// They stand as before, for the reasons that were said.
    failed: Vec<&'s Switch>,
}

/// Switches one after the other; one that a server refuses doesn't keep the others. But where something of a project could not be stopped at the one
/// server, nothing of it starts at the other: both would work.
async fn switch_all<'s>(
    switches: &'s [Switch],
    source: &Server,
    destination: &Server,
    ui: &Ui,
) -> Switched<'s> {
    let mut switched = Switched { kept: 0, failed: Vec::new() };
    for switch in switches {
        let works_there = |other: &&Switch| other.project == switch.project && other.side != switch.side;
        if switched.failed.iter().any(works_there) {
            ui.warning(&format!(
                "{}: not switched, since it still works at the other server",
                switch.described()
            ));
            switched.failed.push(switch);
            continue;
        }
        match apply(server_of(switch, source, destination), switch, &switch.before, &switch.after).await {
            Ok(true) => {}
            Ok(false) => {
                let Switch { subject, field, .. } = switch;
                ui.warning(&format!("{subject}: {field} stays as it is: somebody has changed it since"));
                switched.kept += 1;
            }
            Err(failure) => {
                ui.failure(&failure);
                switched.failed.push(switch);
            }
        }
    }
    if !switched.failed.is_empty() {
        ui.warning(&format!(
            "{} things are not switched. Mend what stands behind each, and run the command again",
            switched.failed.len()
        ));
    }
    switched
}

/// Puts back what the journal names and nobody has changed since: the destination first, so that both servers never work at once.
async fn back(
    source: &Server,
    destination: &Server,
    recorded: Vec<Switch>,
    arguments: &cli::Cutover,
    ui: &Ui,
) -> Result<Outcome, Failure> {
    if recorded.is_empty() {
        ui.info("there has been no cutover of this space");
        return Ok(Outcome::Done);
    }
    let (chosen, mut rest) = parted(recorded, &arguments.project)?;
    let mut switches: Vec<Switch> = chosen.iter().rev().map(reversed).collect();
    switches.sort_by_key(|switch| switch.side == Role::Source);
    show(&switches, ui);
    if arguments.plan {
        return Ok(Outcome::ChangesPending);
    }
    ui.confirm(&format!("Switch these {} things back?", switches.len()), arguments.yes)?;
    let switched = switch_all(&switches, source, destination, ui).await;
    rest.extend(switched.failed.iter().map(|switch| reversed(switch)));
    if rest.is_empty() {
        journal::remove(source).await?;
        ui.info("both spaces work as before the cutover");
    } else {
        journal::write(source, &rest).await?;
        let done = switches.len() - switched.failed.len();
        ui.info(&format!("{done} things are as before the cutover; {} stay switched", rest.len()));
    }
    Ok(match (switched.failed.len(), switched.kept) {
        (0, 0) => Outcome::Done,
        (0, _) => Outcome::DoneWithNotes,
        _ => Outcome::NotWell,
    })
}

/// The switches that go back, and those that stay: without names all go back.
fn parted(recorded: Vec<Switch>, names: &[String]) -> Result<(Vec<Switch>, Vec<Switch>), Failure> {
    if names.is_empty() {
        return Ok((recorded, Vec::new()));
    }
    let is_of = |switch: &Switch, pattern: &str| {
        switch.project.as_ref().is_some_and(|project| matches(pattern, project))
    };
    for pattern in names {
        if !recorded.iter().any(|switch| is_of(switch, pattern)) {
            return Err(Failure::usage(format!("the journal of the cutover has no project {pattern:?}"))
                .hint("octoferry cutover --back --plan shows all that it has; one of an older octoferry goes back as a whole."));
        }
    }
    Ok(recorded.into_iter().partition(|switch| names.iter().any(|pattern| is_of(switch, pattern))))
}

fn reversed(switch: &Switch) -> Switch {
    Switch { before: switch.after.clone(), after: switch.before.clone(), ..switch.clone() }
}

fn server_of<'s>(switch: &Switch, source: &'s Server, destination: &'s Server) -> &'s Server {
    match switch.side {
        Role::Source => source,
        Role::Destination => destination,
    }
}

/// Writes one switch where it stands as expected. Whether it stands as wanted now; with a document that is gone it does.
async fn apply(server: &Server, switch: &Switch, from: &Value, to: &Value) -> Result<bool, Failure> {
    let mut is_so = true;
    let path = format!("{}/{}", switch.collection, switch.id);
    let written = upsert::edit(server, &path, |document| {
        let stands = document.get(&switch.field).unwrap_or(&Value::Null);
        // Servers complete what is no plain flag (`ReleaseCreationStrategy`): it goes with the flag beside it.
        let as_expected = same(stands, from) || from.is_object() || to.is_object();
        let is_wanted = same(stands, to);
        is_so = is_wanted || as_expected;
        if as_expected && !is_wanted {
            document.fields_mut().insert(switch.field.clone(), to.clone());
        }
        as_expected && !is_wanted
    })
    .await;
    match written {
        Err(failure) if failure.is_missing() => Ok(true),
        Err(failure) => Err(failure.while_doing(switch.described())),
        Ok(_) => Ok(is_so),
    }
}

/// Whether two switches stand alike; one that is not there is off.
fn same(one: &Value, other: &Value) -> bool {
    let is_off = |value: &Value| value.is_null() || value == false;
    one == other || (is_off(one) && is_off(other))
}

/// What was recorded keeps what stood before it; what is new comes behind it.
fn together(mut recorded: Vec<Switch>, switches: &[Switch]) -> Vec<Switch> {
    for switch in switches {
        if !recorded.iter().any(|there| there.is_same_place(switch)) {
            recorded.push(switch.clone());
        }
    }
    recorded
}

/// The projects that were asked for, by name; octoferry's own never.
fn chosen<'i>(inventory: &'i Inventory, arguments: &cli::Cutover) -> Result<Vec<&'i Document>, Failure> {
    let own = |project: &&Document| !mark::is_seeded(project, project.name());
    let mut projects: Vec<&Document> = inventory.all(Collection::Projects).filter(own).collect();
    projects.sort_by_key(|project| (project.name().to_owned(), project.id().to_owned()));
    if arguments.all {
        return Ok(projects);
    }
    for pattern in &arguments.project {
        if !projects.iter().any(|project| matches(pattern, project.name())) {
            return Err(Failure::usage(format!("the source space has no project {pattern:?}")));
        }
    }
    projects.retain(|project| arguments.project.iter().any(|pattern| matches(pattern, project.name())));
    Ok(projects)
}

/// Whose modules say what is held back: the space's first.
fn modules<'i>(projects: &[&'i Document], all: bool) -> Vec<Option<&'i str>> {
    let space = all.then_some(None);
    space.into_iter().chain(projects.iter().map(|project| Some(project.id()))).collect()
}

/// The switch that lets a held thing work; none when it does already. The inner error is for a person.
async fn start_of(
    directory: &mut Directory,
    held: &Held,
    project: Option<&str>,
) -> Result<Result<Option<Switch>, String>, Failure> {
    let subject = format!("{} {:?}", held.target.collection, held.target.key.join("/"));
    let Some(Located { id, read, .. }) = directory.find(&held.target).await? else {
        return Ok(Err(format!(
            "{subject} is not at the destination: run octoferry migrate before the cutover"
        )));
    };
    let after = directory.resolved(&held.source).await?;
    let document = directory.server.client.get(&read).await?;
    let before = document[&held.field].clone();
    if same(&before, &after) {
        return Ok(Ok(None));
    }
    let (collection, field) = (held.target.collection, held.field.clone());
    let (side, project) = (Role::Destination, project.map(str::to_owned));
    Ok(Ok(Some(Switch { side, project, collection, id, subject, field, before, after })))
}

/// Deployments and runs that are not finished, of the projects that are to stop.
async fn under_way(source: &Server, projects: &[&Document]) -> Result<Vec<String>, Failure> {
    let states = "states=Queued&states=Executing&states=Cancelling";
    let tasks = source.client.list(&source.path(&format!("tasks?{states}"))).await?;
    let is_ours = |task: &&Value| projects.iter().any(|project| task["ProjectId"] == project.id());
    let said = |task: &Value| {
        let text = |field: &str| task[field].as_str().unwrap_or_default().to_owned();
        format!("still under way at the source: {} ({})", text("Description"), text("Id"))
    };
    Ok(tasks.iter().filter(is_ours).map(said).collect())
}

/// Secrets that are not there: without them a deployment of the destination runs, and fails.
async fn open_secrets(
    source: &Server,
    destination: &Server,
    inventory: &Inventory,
    manifests: &[Manifest],
) -> Result<Vec<String>, Failure> {
    let all: Vec<&Manifest> = manifests.iter().collect();
    let left = Left::read(source, destination, inventory, &all).await?;
    let said = manifests.iter().filter_map(|manifest| {
        let open = manifest.secrets.iter().filter(|secret| left.open(manifest, secret).is_some()).count();
        let name = match &manifest.scope {
            Scope::Space => "what projects share",
            Scope::Project { name, .. } | Scope::Runbook { name, .. } => name,
        };
        let secrets = if open == 1 { "1 secret is" } else { &format!("{open} secrets are") };
        (open > 0).then(|| format!("{name}: {secrets} not at the destination; octoferry report names them"))
    });
    Ok(said.collect())
}

/// Targets of the destination that would not answer a deployment.
async fn unhealthy(destination: &Server) -> Result<Vec<String>, Failure> {
    let machines = upsert::list(destination, Collection::Machines).await?;
    let is_bad = |machine: &&Document| {
        !machine.flag("IsDisabled")
            && !matches!(machine.text("HealthStatus"), Some("Healthy" | "HasWarnings") | None)
    };
    let said = |machine: &Document| {
        let status = machine.text("HealthStatus").unwrap_or_default();
        format!(
            "the target {:?} of the destination is {status}: it may not trust the new server yet",
            machine.name()
        )
    };
    Ok(machines.iter().filter(is_bad).map(said).collect())
}

fn show(switches: &[Switch], ui: &Ui) {
    if ui.json() {
        ui.data(&serde_json::to_string(switches).expect("switches have only texts as keys"));
    } else {
        switches.iter().for_each(|switch| ui.data(&switch.described()));
    }
}

fn outcome(doubts: &[String]) -> Outcome {
    if doubts.is_empty() { Outcome::Done } else { Outcome::DoneWithNotes }
}
