//! `octoferry verify`: compares source and destination, field by field.

use serde_json::Value;

use crate::checks::servers;
use crate::cli;
use crate::cutover;
use crate::delivery::{folder, record};
use crate::deployment::left::Left;
use crate::mark;
use crate::outcome::Outcome;
use crate::seeded;
use crate::settings::{self, Settings};
use crate::ui::{Ui, table};
use compare::{self, Absent, Comparison, Explanations, KindComparison};
use documents::collection::Collection;
use failure::Failure;
use module::manifest::Manifest;
use octoferry_core::part::rename::{self, Rename};
use octopus::read::{self, Extent};

/// How many lines of details are shown; JSON has all.
const SHOWN: usize = 200;
/// How many characters of a value are shown.
const SHOWN_OF_VALUE: usize = 60;

/// Reads both spaces and compares them. Notes of modules explain differences: of those that are given, else of the newest ones in the source's
/// feed.
///
/// # Errors
/// When a server can't be read, or a module's manifest.
pub async fn run(arguments: cli::Verify, ui: &Ui) -> Result<Outcome, Failure> {
    let mut manifests = Vec::new();
    for folder in &arguments.notes {
        for module in folder::modules_in(folder)? {
            manifests.push(folder::read_manifest(&module)?);
        }
    }
    let transport = settings::transport(&arguments.servers.connection)?;
    let settings = Settings::read(None, ui)?;
    let (source, destination) =
        settings.both(&arguments.servers.source, &arguments.servers.destination, &transport).await?;
    let (mut left, right) =
        futures::try_join!(read::read(&source, Extent::Whole), read::read(&destination, Extent::Whole))?;
    cutover::journal::add(&source, &mut left).await?;
    if arguments.notes.is_empty() && mark::environment(&left).is_some() {
        let wanted: Vec<Option<&str>> = std::iter::once(None)
            .chain(left.all(Collection::Projects).map(|project| Some(project.id())))
            .collect();
        manifests = record::newest_manifests(&source, &wanted).await?.into_values().collect();
    }
    let mut explanations = Explanations::default();
    explanations.destination_is_older = servers::is_older(&destination.version, &source.version);
    let renames = told(&manifests, &mut explanations);
    let all: Vec<&Manifest> = manifests.iter().collect();
    let of_secrets = Left::read(&source, &destination, &left, &all).await?;
    for unread in left.unread.iter().chain(&right.unread) {
        ui.warning(&unread.text());
    }
    // What seed and spread put into a space is no part of it.
    let (mut left, right) = (seeded::prepare(left).0, seeded::prepare(right).0);
    let renames = renames.iter().map(|text| Rename::parse(text)).collect::<Result<Vec<_>, _>>()?;
    // What was mapped together has one name by now.
    rename::rename(&mut left, &renames, false, &|_, _| true)?;
    let mut comparison = compare::compare(&left, &right, &explanations);
    comparison.secrets_for_a_person = of_secrets.all(&all);
    comparison.secrets_not_known = of_secrets.forgotten(&all);
    if ui.json() {
        ui.data(&serde_json::to_string(&comparison).expect("a comparison has only texts as keys"));
    } else {
        ui.data(&summary(&comparison));
    }
    for line in details(&comparison) {
        ui.info(&line);
    }
    let secrets = &comparison.secrets_for_a_person;
    if !secrets.is_empty() {
        ui.info(&format!(
            "\n{} secrets are not at the destination; a placeholder stands there, or nothing, until a person enters it:",
            secrets.len()
        ));
        secrets.iter().for_each(|secret| ui.info(&format!("- {secret}")));
    }
    let forgotten = &comparison.secrets_not_known;
    if !forgotten.is_empty() {
        ui.info(&format!(
            "\nwhether these {} secrets are at the destination is not known any more, since the runs that told are gone:",
            forgotten.len()
        ));
        forgotten.iter().for_each(|secret| ui.info(&format!("- {secret}")));
    }
    Ok(if comparison.is_well() { Outcome::Done } else { Outcome::NotWell })
}

/// Takes in what the modules say; what they rename.
fn told(manifests: &[Manifest], explanations: &mut Explanations) -> Vec<String> {
    let mut renames: Vec<String> = Vec::new();
    for manifest in manifests {
        for text in &manifest.part.renamed {
            if !renames.contains(text) {
                renames.push(text.clone());
            }
        }
        explanations.add(manifest.clone());
    }
    renames
}

/// One row per kind.
fn summary(comparison: &Comparison) -> String {
    let heading =
        ["kind", "same", "different", "missing", "extra", "noted", "fields", "secrets not comparable"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    let mut totals = [0; 7];
    for (kind, outcome) in &comparison.kinds {
        let numbers = numbers(outcome);
        for (total, number) in totals.iter_mut().zip(numbers) {
            *total += number;
        }
        rows.push(
            std::iter::once(kind.to_string()).chain(numbers.map(|number| number.to_string())).collect(),
        );
    }
    rows.push(std::iter::once("all".to_owned()).chain(totals.map(|number| number.to_string())).collect());
    let verdict = if comparison.is_well() {
        match totals[4] {
            0 => "equal".to_owned(),
            noted => format!("equal but for {noted} differences, all of them noted"),
        }
    } else {
        let unexplained: usize = comparison.kinds.values().map(KindComparison::unexplained).sum();
        format!("not equal: {unexplained} differences that no note explains")
    };
    format!("{}\n\n{verdict}", table(&rows))
}

fn numbers(outcome: &KindComparison) -> [usize; 7] {
    let absent_noted = |list: &[Absent]| list.iter().filter(|absent| absent.because.is_some()).count();
    let fields_noted = outcome
        .different
        .iter()
        .flat_map(|different| &different.fields)
        .filter(|field| field.because.is_some())
        .count();
    [
        outcome.same,
        outcome.different.len(),
        outcome.missing.len(),
        outcome.extra.len(),
        absent_noted(&outcome.missing) + absent_noted(&outcome.extra) + fields_noted,
        outcome.fields,
        outcome.secrets,
    ]
}

/// What differs, line by line: what no note explains first.
fn details(comparison: &Comparison) -> Vec<String> {
    let (mut unexplained, mut noted) = (Vec::new(), Vec::new());
    let mut add = |line: String, because: &Option<String>| match because {
        None => unexplained.push(line),
        Some(because) => noted.push(format!("{line} [{because}]")),
    };
    for (kind, outcome) in &comparison.kinds {
        for absent in &outcome.missing {
            add(format!("missing    {kind} {}", absent.key.join(" / ")), &absent.because);
        }
        for absent in &outcome.extra {
            add(format!("extra      {kind} {}", absent.key.join(" / ")), &absent.because);
        }
        for different in &outcome.different {
            for field in &different.fields {
                let (source, destination) = (shown(field.source.as_ref()), shown(field.destination.as_ref()));
                let line = format!(
                    "different  {kind} {}: {}: {source} → {destination}",
                    different.key.join(" / "),
                    field.path
                );
                add(line, &field.because);
            }
        }
    }
    let all = unexplained.len() + noted.len();
    let mut lines: Vec<String> = unexplained.into_iter().chain(noted).take(SHOWN).collect();
    if all > SHOWN {
        lines.push(format!("… and {} more; --json has them all", all - SHOWN));
    }
    lines
}

fn shown(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    match text.char_indices().nth(SHOWN_OF_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
