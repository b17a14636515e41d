//! `octoferry check`: both servers, what will not go, what must be done before, what it costs. Writes nothing.

use serde_json::{Value, json};

use crate::checks::cost::{self, Cost};
use crate::checks::forecast::Forecast;
use crate::checks::permissions;
use crate::checks::{Findings, keys, offered, servers, space, workers};
use crate::cli;
use crate::deployment::{existing, exported, licence};
use crate::mark::{self, door};
use crate::outcome::Outcome;
use crate::rights::Held;
use crate::seeded::foreign;
use crate::settings::Settings;
use crate::ui::{Ui, table};
use documents::inventory::Inventory;
use failure::Failure;
use octopus::read::{self, Extent};
use octopus::server::Server;

/// Looks at everything that can be looked at, and only then says what is not well.
///
/// # Errors
/// Wrong usage. Everything else is a finding.
pub async fn run(arguments: cli::Check, ui: &Ui) -> Result<Outcome, Failure> {
    let settings = Settings::read(arguments.secrets, ui)?;
    let mut findings = Findings::default();
    let (source, destination) = servers::reach(
        &arguments.servers.source,
        &arguments.servers.destination,
        &arguments.servers.connection,
        &settings,
        &mut findings,
    )
    .await?;
    let held = (held(source.as_ref()).await, held(destination.as_ref()).await);
    let from = match &source {
        Some(server) => look_at_source(server, held.0.as_ref(), ui, &mut findings).await,
        None => None,
    };
    let to = match &destination {
        Some(server) => look_at_destination(server, held.1.as_ref(), from.as_ref(), &mut findings).await,
        None => None,
    };
    if let (Some(source), Some(from)) = (&source, &from) {
        let held = (held.0.as_ref(), held.1.as_ref());
        keys::look((source, destination.as_ref()), held, from, &mut findings);
    }
    if let (Some(source), Some(destination), Some(from)) = (&source, &destination, &from) {
        offered::look(from, source, destination, &mut findings).await;
    }
    if let (Some(source), Some(destination), Some(from)) = (&source, &destination, &from) {
        servers::shared(source, destination, from, &mut findings);
    }
    let mut report = json!({});
    if let (Some(server), Some(from)) = (&source, &from) {
        match Forecast::of(from) {
            Ok(forecast) => {
                report = tell(&forecast, server, destination.as_ref(), to.as_ref(), &mut findings, ui).await;
            }
            Err(failure) => findings.failed("convert", failure),
        }
    }

    findings.show(ui);
    if ui.json() {
        report["Findings"] = json!(findings.all());
        ui.data(&report.to_string());
    }
    let outcome = findings.outcome();
    ui.info(match outcome {
        Outcome::NotWell => "\nThe migration can't begin: mend what stands behind \"error\", then check again.",
        Outcome::DoneWithNotes => "\nThe migration can begin; what stands behind \"warning\" is for you. Next: a backup, then octoferry seed.",
        _ => "\nThe migration can begin. Next: a backup, then octoferry seed.",
    });
    Ok(outcome)
}

async fn held(server: Option<&Server>) -> Option<Held> {
    Held::read(server?).await
}

/// The source, and its documents if they could be read.
async fn look_at_source(
    server: &Server,
    held: Option<&Held>,
    ui: &Ui,
    findings: &mut Findings,
) -> Option<Inventory> {
    servers::version(server, findings);
    let administers = held.is_some_and(Held::administers);
    if let Err(failure) = servers::state(server, administers, findings).await {
        findings.failed("source-state", failure);
    }
    permissions::at_source(server, held, findings);
    ui.info("reading the source space");
    match read::read(server, Extent::Whole).await {
        Ok(inventory) => {
            findings.fine(
                "source-read",
                format!(
                    "read {} documents of the source in {} requests",
                    inventory.len(),
                    server.client.requests()
                ),
            );
            // Seed gives its own account, or the key that it is given, what the owner of this one has.
            let may_export = match mark::environment(&inventory) {
                Some(_) => door::may_export(&inventory),
                None => held.is_some_and(|held| held.lacks(&[exported::PERMISSION]).is_empty()),
            };
            permissions::to_spread(server, held, &space::to_be_spread(&inventory, may_export), findings);
            space::look(&inventory, may_export, findings);
            for foreign in foreign::of_space(&inventory) {
                findings.stops(
                    "foreign-variable",
                    format!("the name of this variable is octoferry's, and octoferry seed did not make it: {foreign}"),
                    "It could take the place of the true one in a run. Who made it? Remove or rename it.",
                );
            }
            space::teams_that_may_run(server, findings).await;
            room_for_seed(server, &inventory, findings).await;
            Some(inventory)
        }
        Err(failure) => {
            findings.failed("source-read", failure);
            None
        }
    }
}

/// Seed makes one project at the source.
async fn room_for_seed(server: &Server, inventory: &Inventory, findings: &mut Findings) {
    let seeded = crate::mark::environment(inventory).is_some();
    let limits = licence::limits(server).await.unwrap_or_default();
    let projects = limits.iter().find(|limit| limit.name == "Projects");
    if let Some(text) = projects.filter(|_| !seeded).and_then(|limit| limit.exceeded_by(1)) {
        findings.stops(
            "source-licence",
            format!("seed makes a project, and the source's licence has no room for one: {text}"),
            "Delete a project that nobody needs, or get a larger licence.",
        );
    }
}

/// The destination, and what it holds.
async fn look_at_destination(
    server: &Server,
    held: Option<&Held>,
    from: Option<&Inventory>,
    findings: &mut Findings,
) -> Option<Inventory> {
    servers::version(server, findings);
    let administers = held.is_some_and(Held::administers);
    if let Err(failure) = servers::state(server, administers, findings).await {
        findings.failed("destination-state", failure);
    }
    permissions::at_destination(server, held, from, findings);
    match read::read(server, Extent::Shared).await {
        Ok(inventory) => Some(inventory),
        Err(failure) => {
            findings.failed("destination-read", failure);
            None
        }
    }
}

/// What the modules say, and what goes into JSON beside the findings.
async fn tell(
    forecast: &Forecast,
    source: &Server,
    destination: Option<&Server>,
    to: Option<&Inventory>,
    findings: &mut Findings,
    ui: &Ui,
) -> Value {
    forecast.tell_secrets(findings);
    forecast.tell_finish(findings);
    forecast.tell_notes(findings);
    if let Some(to) = to {
        forecast.tell_collisions(to, findings);
        if let Some(server) = destination {
            let features = server.client.find("/api/featuresconfiguration").await.ok().flatten();
            let built_in = features.and_then(|features| features["IsBuiltInWorkerEnabled"].as_bool());
            workers::look(&forecast.inventory, to, built_in, findings);
            defaults_in_use(forecast, server, findings).await;
            match licence::limits(server).await {
                Ok(limits) => forecast.tell_licence(&limits, to, findings),
                Err(_) => findings.known(
                    "destination-licence",
                    "the destination doesn't tell this user what its licence allows; look in the portal: Configuration, License",
                ),
            }
        }
    }
    let cost = cost::estimate(&forecast.modules, usize::try_from(source.client.requests()).unwrap_or(0));
    findings.known("cost", cost_text(&cost, forecast.modules.len()));
    let counts = forecast.counts(to);
    if !ui.json() {
        ui.data(&counts_table(&counts));
    }
    json!({
        "Source": described(source),
        "Destination": destination.map(described),
        "Counts": counts
            .iter()
            .map(|(collection, here, there)| json!({"Of": collection, "Source": here, "Destination": there}))
            .collect::<Vec<_>>(),
        "Cost": cost,
        "Notes": forecast.notes_as_json(),
    })
}

/// The destination's own lifecycle, group, policy and pool, where somebody relies on them.
async fn defaults_in_use(forecast: &Forecast, server: &Server, findings: &mut Findings) {
    let Some(space) = forecast.modules.first() else { return };
    match existing::defaults_in_use(&space.manifest, server).await {
        Ok(texts) if texts.is_empty() => {}
        Ok(texts) => findings.person(
            "defaults-in-use",
            format!("the destination uses these, which every server makes, and the space has such ones too:\n      {}", texts.join("\n      ")),
            "If an earlier migration made them what they are, all is well. Else deployments stop at them, unless migrate or seed is told --existing adopt (they become what the source says), or serialize and seed --lookup or --rename.",
        ),
        Err(failure) => findings.failed("defaults-in-use", failure),
    }
}

fn described(server: &Server) -> Value {
    json!({
        "Address": server.client.address(),
        "Space": server.space.name(),
        "SpaceId": server.space_id(),
        "Version": server.version,
    })
}

fn cost_text(cost: &Cost, modules: usize) -> String {
    format!(
        "a migration is about {} requests to the source and {} to the destination: {} minutes where a server allows {} a minute, besides Terraform's own time for {modules} modules. One `deploy` with all of them asks the destination about {} times at first, and {} times when nothing is to do",
        cost.source_requests,
        cost.destination_requests,
        cost.minutes,
        cost::PER_MINUTE,
        cost.deployment.first,
        cost.deployment.again
    )
}

fn counts_table(counts: &[(String, usize, Option<usize>)]) -> String {
    let mut rows = vec![["what there is", "source", "destination"].map(str::to_owned).to_vec()];
    rows.extend(counts.iter().map(|(collection, here, there)| {
        let there = there.map_or_else(|| "-".to_owned(), |count| count.to_string());
        vec![collection.clone(), here.to_string(), there]
    }));
    table(&rows)
}
