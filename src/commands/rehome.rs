//! `octoferry rehome`: Tentacles learn of the destination, are looked at, forget the source.
//!
//! What could cut a Tentacle off is never done by the server that it would lose: the source's scripts only add, and the source is removed by a
//! script that the destination runs. Each machine has a task of its own, so that what fails on one concerns no other.

use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use crate::cli::{self, RehomeWhat};
use crate::deployment::step;
use crate::mark::found::Found;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::rehome::{self, Errand, Machine, Said, Style, Told};
use crate::settings::{self, Settings};
use crate::ui::{Ui, table};
use documents::collection::Collection;
use documents::document::Document;
use failure::Failure;
use octoferry_core::part::parse::matches;
use octopus::machine_task::{self, On};
use octopus::role::Role;
use octopus::server::Server;
use octopus::upsert;

/// How many machines have a task at a time.
const AT_ONCE: usize = 4;

/// Both documents of a Tentacle.
struct Pair {
    here: Machine,
    there: Machine,
}

/// What became of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Became {
    /// As it should be.
    Well(String),
    /// A person has to do something, or to wait.
    Open(String),
    Failed(String),
}

/// Runs the command. Run again it does what is left.
///
/// # Errors
/// When a server can't be read; a machine that can't be told stops no other.
pub async fn run(arguments: cli::Rehome, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.servers.connection)?;
    let settings = Settings::read(arguments.secrets.clone(), ui)?;
    ui.hide(&Arc::new(step::masker(&settings.secrets(), &[])));
    let (source, destination) =
        settings.both(&arguments.servers.source, &arguments.servers.destination, &transport).await?;
    if source.client.address() == destination.client.address() {
        ui.info("both spaces are on one server, which Tentacles know already");
        return Ok(Outcome::Done);
    }
    let told = told(&arguments, &source, &destination).await?;
    let (pairs, mut rows) = concerned(&arguments, &source, &destination).await?;
    for pair in &pairs {
        ui.info(&format!("{}: {}", pair.here.described(), announced(arguments.what, pair, &told)));
    }
    if arguments.plan && !pairs.is_empty() {
        show(&rows, ui);
        return Ok(Outcome::ChangesPending);
    }
    if arguments.what != RehomeWhat::Check && !pairs.is_empty() {
        ui.confirm(&format!("Tell these {} Tentacles?", pairs.len()), arguments.yes)?;
    }
    if arguments.what != RehomeWhat::Add && !pairs.is_empty() {
        let ids: Vec<&str> = pairs.iter().map(|pair| pair.there.id.as_str()).collect();
        machine_task::health(&destination, &ids).await?;
    }
    let servers = (&source, &destination);
    let told = &told;
    let all = pairs.iter().map(|pair| async move {
        let became = match arguments.what {
            RehomeWhat::Add => added(servers, pair, told).await,
            RehomeWhat::Check => checked(servers, pair, told).await,
            RehomeWhat::Remove => removed(servers.1, pair, told).await,
        };
        (pair.here.described(), became.unwrap_or_else(|failure| Became::Failed(failure.message)))
    });
    rows.extend(stream::iter(all).buffered(AT_ONCE).collect::<Vec<_>>().await);
    show(&rows, ui);
    Ok(outcome(&rows))
}

/// What the Tentacles are told.
async fn told(arguments: &cli::Rehome, source: &Server, destination: &Server) -> Result<Told, Failure> {
    let given = |text: &Option<String>| text.as_deref().map(rehome::thumbprint).transpose();
    let new = match given(&arguments.new_thumbprint)? {
        Some(thumbprint) => Some(thumbprint),
        None => rehome::thumbprint_of(destination).await,
    };
    let old = match given(&arguments.old_thumbprint)? {
        Some(thumbprint) => Some(thumbprint),
        None => rehome::thumbprint_of(source).await,
    };
    let unknown = |role: Role, option: &str| {
        Failure::usage(format!(
            "the {role} does not tell this key's owner by which certificate Tentacles know it"
        ))
        .hint(format!("{option} HEX: the portal shows it (Configuration, Thumbprint)."))
    };
    if arguments.what == RehomeWhat::Remove && old.is_none() {
        return Err(unknown(Role::Source, "--old-thumbprint"));
    }
    let (host, port) = match &arguments.polled_at {
        Some(place) => rehome::polled_at(place)?,
        // The port of the portal is not the one that is polled.
        None => (rehome::polled_at(destination.client.address())?.0, rehome::POLLED_PORT),
    };
    let new = new.ok_or_else(|| unknown(Role::Destination, "--new-thumbprint"))?;
    if old.as_ref() == Some(&new) {
        return Err(Failure::usage("both servers have the same thumbprint: Tentacles can't tell them apart")
            .hint("A server that was restored from the other's backup keeps its certificate; Tentacles trust it already."));
    }
    Ok(Told { destination: new, source: old, host, port })
}

/// The Tentacles that are told something, and of the others why not.
async fn concerned(
    arguments: &cli::Rehome,
    source: &Server,
    destination: &Server,
) -> Result<(Vec<Pair>, Vec<(String, Became)>), Failure> {
    let (here, there) = futures::try_join!(machines(source), machines(destination))?;
    let stays = match arguments.what {
        RehomeWhat::Remove => Some((own_pools(source).await?, elsewhere(source).await?)),
        _ => None,
    };
    let mut pairs = Vec::new();
    let mut rows = Vec::new();
    for machine in here {
        if !arguments.only.is_empty() && !arguments.only.iter().any(|pattern| matches(pattern, &machine.name))
        {
            continue;
        }
        let other = machine.counterpart(&there);
        let why = match other {
            _ if machine.thumbprint.is_empty() => Some("the source does not know its thumbprint".to_owned()),
            None => Some("the destination has no such Tentacle yet: octoferry migrate".to_owned()),
            Some(_) if machine.syntax.is_none() => {
                Some("the source does not know its system: let it check the machine's health".to_owned())
            }
            Some(_) if machine.is_disabled && arguments.what == RehomeWhat::Add => {
                Some("it is disabled at the source, which then runs nothing on it".to_owned())
            }
            Some(_) => stays.as_ref().and_then(|(pools, spaces)| rehome::must_stay(&machine, pools, spaces)),
        };
        match (why, other) {
            (None, Some(other)) => pairs.push(Pair { there: other.clone(), here: machine }),
            (why, _) => rows.push((machine.described(), Became::Open(why.unwrap_or_default()))),
        }
    }
    Ok((pairs, rows))
}

/// A server's Tentacles.
async fn machines(server: &Server) -> Result<Vec<Machine>, Failure> {
    let (targets, workers) = futures::try_join!(
        upsert::list(server, Collection::Machines),
        upsert::list(server, Collection::Workers)
    )?;
    let all = [(Collection::Machines, targets), (Collection::Workers, workers)];
    let all = all.into_iter().flat_map(|(collection, documents)| {
        documents.into_iter().map(move |document| (collection, document))
    });
    let mut machines: Vec<Machine> =
        all.filter_map(|(collection, document)| Machine::of(collection, &document)).collect();
    machines.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Ok(machines)
}

/// The pools in which octoferry's runbooks run; none where the space is not seeded any more.
async fn own_pools(source: &Server) -> Result<Vec<String>, Failure> {
    let found = Found::read(source).await?;
    let mut pools = Vec::new();
    for runbook in found.seeded_runbooks().filter(|runbook| runbook.name() == name::CHECK_RUNBOOK) {
        let id = runbook.text("RunbookProcessId").unwrap_or_default();
        let process = source.client.get(&source.path(&format!("runbookProcesses/{id}"))).await?;
        let steps = process["Steps"].as_array().into_iter().flatten();
        let actions = steps.flat_map(|step| step["Actions"].as_array().into_iter().flatten());
        pools.extend(actions.filter_map(|action| action["WorkerPoolId"].as_str().map(str::to_owned)));
    }
    Ok(pools)
}

/// Thumbprints that other spaces of the source have, as far as the key's owner sees them, each with a space's name.
async fn elsewhere(source: &Server) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for space in source.client.list("/api/spaces").await?.into_iter().filter_map(Document::new) {
        if space.id() == source.space_id() {
            continue;
        }
        for list in ["machines", "workers"] {
            let machines = match source.client.list(&format!("/api/{}/{list}", space.id())).await {
                Err(failure) if failure.is_forbidden() => Vec::new(),
                machines => machines?,
            };
            let thumbprints =
                machines.iter().filter_map(|machine| machine["Endpoint"]["Thumbprint"].as_str());
            found.extend(thumbprints.map(|text| (text.to_uppercase(), space.name().to_owned())));
        }
    }
    Ok(found)
}

fn announced(what: RehomeWhat, pair: &Pair, told: &Told) -> String {
    match (what, pair.here.style) {
        (RehomeWhat::Add, Style::Listening) => "trust the destination beside the source".to_owned(),
        (RehomeWhat::Add, Style::Polling) => format!("poll {}:{} beside the source", told.host, told.port),
        (RehomeWhat::Check, _) => "look whether the destination reaches it".to_owned(),
        (RehomeWhat::Remove, _) => "forget the source, if the destination reaches it".to_owned(),
    }
}

/// Lets a server run a script on a machine; what the Tentacle said.
async fn run_script(
    server: &Server,
    (on, machine): (&Machine, &Machine),
    errand: Errand,
    told: &Told,
    restart: bool,
) -> Result<Result<Said, String>, Failure> {
    let Some(syntax) = machine.syntax else { return Ok(Err("its system is not known".to_owned())) };
    let script = rehome::script(machine, syntax, errand, told, restart);
    let what = format!("octoferry: what {} knows of both servers", machine.described());
    let on = On { id: &on.id, is_worker: on.collection == Collection::Workers };
    let mut said = Said::default();
    let finished = machine_task::script(server, on, (syntax, &script), &what, |line| said.hear(line)).await?;
    Ok(match (said.refused.take(), finished.succeeded) {
        (Some(why), _) => Err(why),
        (None, true) if said.trusted.is_some() => Ok(said),
        (None, true) => Err("its configuration can't be read".to_owned()),
        (None, false) => Err(finished.message),
    })
}

/// By a script of the source: the destination beside it.
async fn added(servers: (&Server, &Server), pair: &Pair, told: &Told) -> Result<Became, Failure> {
    let machine = (&pair.here, &pair.here);
    let said = match run_script(servers.0, machine, Errand::Add, told, !pair.there.is_reached).await? {
        Ok(said) => said,
        Err(why) => return Ok(Became::Failed(why)),
    };
    if !said.trusts(&told.destination) {
        return Ok(Became::Failed("the Tentacle took the destination and does not name it".to_owned()));
    }
    if pair.here.style == Style::Polling && !known_as(servers.1, pair, &said, told).await? {
        return Ok(Became::Failed(
            "the Tentacle does not say by which address it polls the destination".to_owned(),
        ));
    }
    Ok(if said.by_hand {
        Became::Open("knows the destination; restart its service by hand".to_owned())
    } else if said.soon {
        Became::Well("knows the destination, and restarts as soon as no script runs on it".to_owned())
    } else {
        Became::Well("knew the destination before".to_owned())
    })
}

/// Gives the destination's document the address by which the Tentacle polls; false: it polls by none.
async fn known_as(destination: &Server, pair: &Pair, said: &Said, told: &Told) -> Result<bool, Failure> {
    let Some(address) = said.polls_as(&told.destination) else { return Ok(false) };
    if address == pair.there.address {
        return Ok(true);
    }
    let list = if pair.there.collection == Collection::Workers { "workers" } else { "machines" };
    upsert::edit(destination, &format!("{list}/{}", pair.there.id), |document| {
        let fields = document.fields_mut();
        if let Some(Value::Object(endpoint)) = fields.get_mut("Endpoint") {
            endpoint.insert("Uri".to_owned(), json!(address));
        }
        if fields.contains_key("Uri") {
            fields.insert("Uri".to_owned(), json!(address));
        }
        true
    })
    .await?;
    Ok(true)
}

/// By a script of the destination, which has to reach the machine for that.
async fn checked(servers: (&Server, &Server), pair: &Pair, told: &Told) -> Result<Became, Failure> {
    // A Tentacle that was told by hand polls by an address that only it knows; the source may not reach it any more.
    if pair.here.style == Style::Polling
        && !pair.there.is_reached
        && let Ok(Ok(said)) = run_script(servers.0, (&pair.here, &pair.here), Errand::Look, told, false).await
    {
        known_as(servers.1, pair, &said, told).await?;
    }
    let said = match run_script(servers.1, (&pair.there, &pair.here), Errand::Look, told, false).await? {
        Ok(said) => said,
        Err(why) => return Ok(Became::Open(format!("the destination does not reach it: {why}"))),
    };
    let knows_source = told.source.as_ref().is_some_and(|source| said.trusts(source));
    Ok(Became::Well(if knows_source {
        "the destination reaches it; it knows the source too".to_owned()
    } else {
        "the destination reaches it".to_owned()
    }))
}

/// By a script of the destination: that it runs shows that the source is not the only server.
async fn removed(destination: &Server, pair: &Pair, told: &Told) -> Result<Became, Failure> {
    let said = match run_script(destination, (&pair.there, &pair.here), Errand::Remove, told, false).await? {
        Ok(said) => said,
        Err(why) => return Ok(Became::Failed(format!("keeps the source: {why}"))),
    };
    Ok(if said.by_hand {
        Became::Open("has forgotten the source; restart its service by hand".to_owned())
    } else if said.soon {
        Became::Well("forgets the source as soon as no script runs on it".to_owned())
    } else {
        Became::Well("had forgotten the source before".to_owned())
    })
}

fn show(rows: &[(String, Became)], ui: &Ui) {
    let cells = |became: &Became| match became {
        Became::Well(text) => ("yes", text.clone()),
        Became::Open(text) => ("for a person", text.clone()),
        Became::Failed(text) => ("failed", text.clone()),
    };
    if ui.json() {
        let rows = rows.iter().map(|(machine, became)| {
            let (state, text) = cells(became);
            json!({"Machine": machine, "State": state, "Text": text})
        });
        return ui.data(&json!({"Machines": rows.collect::<Vec<_>>()}).to_string());
    }
    let mut lines = vec![["machine", "done", "what"].map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|(machine, became)| {
        let (state, text) = cells(became);
        vec![machine.clone(), state.to_owned(), text]
    }));
    if rows.is_empty() {
        ui.info("no Tentacle is concerned");
    } else {
        ui.data(&table(&lines));
    }
}

fn outcome(rows: &[(String, Became)]) -> Outcome {
    if rows.iter().any(|(_, became)| matches!(became, Became::Failed(_))) {
        Outcome::NotWell
    } else if rows.iter().any(|(_, became)| matches!(became, Became::Open(_))) {
        Outcome::DoneWithNotes
    } else {
        Outcome::Done
    }
}
