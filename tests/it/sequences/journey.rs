//! The five migrations of a seed, with its edits between them, and what must be so after each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::chance::Chance;
use super::people::{self, OWN, Own};
use super::server::Server;
use super::watch::{Seen, Watch};
use super::{document, part};
use crate::support::{Ended, octoferry, sandbox_with};
use crate::years::Years;

const SOURCE: &str = "Spaces-2";
/// Rounds of edits; before the first one the space is migrated, too.
const ROUNDS: usize = 4;
/// Edits of a round at the source, and at the destination.
const OF_SOURCE: usize = 10;
const OF_DESTINATION: usize = 6;
/// All edits of a seed.
pub(super) const EDITS: usize = ROUNDS * (OF_SOURCE + OF_DESTINATION);

struct Journey<'a> {
    years: &'a Years,
    watch: Watch,
    own: Own,
}

/// Runs a seed; what is not so.
pub(super) fn run(seed: u64, only: Option<&BTreeSet<usize>>, log: &mut Vec<String>) -> Result<(), String> {
    let spaces = ["small-web", "shop", "operations", "bookshop", "infrastructure"];
    let mut chance = Chance::new(seed);
    let space = spaces[usize::try_from(seed).unwrap_or_default() % spaces.len()];
    log.push(format!("space {space}"));
    let source = sandbox_with(space);
    fewer_projects(&source, &chance, log);
    let years = Years::from(source);
    let mut journey = Journey { years: &years, watch: Watch::default(), own: Own::default() };
    journey.look()?;
    let mut number = 0;
    for round in 1..=ROUNDS {
        for at in 0..OF_SOURCE + OF_DESTINATION {
            let seed = chance.next();
            let is_wanted = only.is_none_or(|only| only.contains(&number));
            if is_wanted {
                let side = if at < OF_SOURCE { "source" } else { "destination" };
                match journey.edit(seed, at < OF_SOURCE) {
                    Ok(done) => log.push(format!("{round} edit {number} at the {side}: {done}")),
                    Err(said) if only.is_some() => {
                        log.push(format!("{round} edit {number} at the {side}: not done ({said})"))
                    }
                    Err(_) => {}
                }
            }
            number += 1;
        }
        journey.migrate(log).map_err(|what| format!("{what}\n(migration {round})"))?;
    }
    Ok(())
}

/// Each project takes Terraform's time, and two show as much as six.
fn fewer_projects(source: &octopus_sandbox::Sandbox, chance: &Chance, log: &mut Vec<String>) {
    let server = Server { sandbox: source, space: SOURCE.to_owned() };
    let projects = chance.documents(server.made("projects"));
    for project in projects.iter().skip(2) {
        let id = super::server::text(project, "Id");
        if server.delete("projects", &id).is_ok() {
            log.push(format!("{id} goes before all"));
        }
    }
}

impl Journey<'_> {
    fn source(&self) -> Server<'_> {
        Server { sandbox: &self.years.source, space: SOURCE.to_owned() }
    }

    fn destination(&self) -> Server<'_> {
        Server { sandbox: &self.years.destination, space: self.years.space() }
    }

    fn seen(&self) -> (Seen, Seen) {
        let there = self.years.space();
        (Seen::of(self.years.source.dump(), SOURCE), Seen::of(self.years.destination.dump(), &there))
    }

    fn edit(&mut self, seed: u64, at_source: bool) -> document::Done {
        let mut chance = Chance::new(seed);
        if at_source {
            let server = self.source();
            return if chance.percent(50) {
                document::edit(&server, &mut chance)
            } else {
                part::edit(&server, &mut chance)
            };
        }
        let mut own = std::mem::take(&mut self.own);
        let done = people::edit(&self.destination(), &mut chance, &mut own);
        own.forget_what_is_gone(&self.destination());
        self.own = own;
        let (_, there) = self.seen();
        self.watch.forget_what_is_gone(&there);
        done
    }

    /// Deploys; with what a person allows after having read why it stops.
    fn deploy(&self, log: &mut Vec<String>) -> Result<Ended, String> {
        let (mut code, mut ended) = self.years.deploy().ends_with_one_of(&[0, 1, 3]);
        if ended.stderr.contains("--allow-destroy") {
            log.push("deployed with --allow-destroy".to_owned());
            (code, ended) = self.years.deploy().arg("--allow-destroy").ends_with_one_of(&[0, 1, 3]);
            if code != 1 {
                // What goes may have been in the way of something.
                (code, ended) = self.years.deploy().arg("--allow-destroy").ends_with_one_of(&[0, 1, 3]);
            }
        }
        if code == 1 {
            let why = ended.stderr.lines().filter(|line| line.contains("error") || line.contains("Error"));
            let why: Vec<&str> = why.take(6).collect();
            return Err(format!("the deployment stops: {}\n{}", why.join(" | "), ended.stderr));
        }
        Ok(ended)
    }

    fn migrate(&mut self, log: &mut Vec<String>) -> Result<(), String> {
        self.without_gone_projects();
        self.years.serialize();
        let ended = self.deploy(log)?;
        if std::env::var("OCTOFERRY_SEQUENCE_LOG").is_ok() {
            log.push(ended.stderr.clone());
        }
        for odd in ["the second plan would still", "defect of octoferry", "panicked"] {
            if ended.stderr.contains(odd) {
                return Err(format!("said: {odd}\n{}", ended.stderr));
            }
        }
        self.look()?;
        let again = self.years.deploy().arg("--allow-destroy").ends_with_one_of(&[0, 1, 3]).1;
        let is_settled = ["a second plan is empty", "unchanged since the last deployment"]
            .iter()
            .any(|text| again.stderr.contains(text));
        let moves = again.stderr.contains("would still") || has_changes(&again.stderr);
        if !is_settled || moves {
            return Err(format!("a second deployment without changes does something\n{}", again.stderr));
        }
        self.verify()
    }

    /// A person deletes the modules of projects that are gone, as `serialize` says.
    fn without_gone_projects(&self) {
        let living = self.source().made("projects");
        let folders = std::fs::read_dir(self.years.modules().join("projects")).into_iter().flatten();
        for folder in folders.map(|entry| entry.expect("an entry").path()) {
            let manifest = std::fs::read(folder.join("octoferry.json")).expect("a manifest");
            let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
            let text = manifest["scope"].to_string();
            let lives = |project: &Value| text.contains(&format!("{}", project["Id"]));
            if !living.iter().any(lives) {
                std::fs::remove_dir_all(&folder).expect("a module goes");
            }
        }
    }

    /// What must be so of both servers.
    fn look(&mut self) -> Result<(), String> {
        let (here, there) = self.seen();
        let problems = self.lost_secrets(&here, &there);
        complain("what was entered by hand is lost", &problems)?;
        let problems = self.watch.take(&here, &there);
        complain("it was made anew", &problems)?;
        let owner_is_gone = |id: &str| !id.is_empty() && !there.has(id);
        let problems = self.own.problems(&self.destination(), &owner_is_gone);
        complain("what is a person's own was touched", &problems)?;
        complain("it refers to another thing", &self.watch.wrong_references(&here, &there))
    }

    /// Secrets that were entered for things that live and still have one.
    fn lost_secrets(&mut self, here: &Seen, there: &Seen) -> Vec<String> {
        let mut lost = Vec::new();
        let watch = &self.watch;
        self.own.secrets.retain(|[id, place, value]| {
            let Some((source, at)) = watch.secret_at_source(id, place) else { return false };
            if here.dump["Secrets"][&source][&at].is_null() {
                return false;
            }
            let now = &there.dump["Secrets"][id][place];
            // A part may have moved.
            let tail = place.find("/Actions/").map(|at| &place[at..]);
            let moved = tail.is_some_and(|tail| {
                let all = there.dump["Secrets"][id].as_object().into_iter().flatten();
                all.into_iter().any(|(place, now)| place.ends_with(tail) && now == value.as_str())
            });
            if now != value.as_str() && !moved {
                lost.push(format!("{id} {place} (at the source {source} {at}): {now}"));
                return false;
            }
            true
        });
        lost
    }

    /// All that differs is explained, but for what is people's own.
    fn verify(&self) -> Result<(), String> {
        let (_, ended) = octoferry(["verify", "--json", "--notes"])
            .arg(self.years.modules())
            .source(&self.years.source, SOURCE)
            .destination(&self.years.destination, "New")
            .ends_with_one_of(&[0, 1, 3]);
        let comparison: Value = serde_json::from_str(&ended.stdout)
            .map_err(|_| format!("verify says nothing\n{}\n{}", ended.stdout, ended.stderr))?;
        let mut unexplained = Vec::new();
        for (kind, outcome) in comparison["Kinds"].as_object().into_iter().flatten() {
            for list in ["Missing", "Extra"] {
                let all = super::server::items(outcome, list);
                for absent in all.filter(|absent| absent["Because"].is_null()) {
                    unexplained.push(format!("{list} {kind} {}", absent["Key"]));
                }
            }
            for different in super::server::items(outcome, "Different") {
                let fields = super::server::items(different, "Fields");
                for field in fields.filter(|field| field["Because"].is_null()) {
                    unexplained.push(format!("different {kind} {} {field}", different["Key"]));
                }
            }
        }
        unexplained.retain(|line| !line.contains(OWN));
        complain("verify does not explain", &unexplained)
    }
}

/// Whether a plan says that it has something to do.
fn has_changes(said: &str) -> bool {
    said.lines().any(|line| {
        let numbers = ["to add", "to change", "to destroy"];
        numbers.iter().any(|what| {
            line.split(what).next().filter(|_| line.contains(what)).is_some_and(|before| {
                before
                    .trim()
                    .rsplit(' ')
                    .next()
                    .is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 0))
            })
        })
    })
}

fn complain(what: &str, problems: &[String]) -> Result<(), String> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{what}: {} of them\n{}", problems.len(), problems.join("\n")))
}
