//! How the runs ended: the table, the same as JSON, and the list for a person.

use std::fmt;

use serde_json::json;

use super::plan::Plan;
use super::tenants::{self, TenantRow};
use super::{kept, todo};
use crate::cli;
use crate::deployment::outcomes::Outcomes;
use crate::outcome::Outcome;
use crate::report;
use crate::ui::{Ui, table};
use documents::document::Document;
use failure::{Failure, While as _};
use module::manifest::Manifest;

/// What a module is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Space,
    Project(String),
}

impl Owner {
    pub(super) fn project(&self) -> Option<&str> {
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
pub(super) enum Step {
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
pub(super) struct Row {
    pub(super) of: Owner,
    pub(super) serialized: Step,
    pub(super) deployed: Step,
    pub(super) manifest: Option<Manifest>,
    /// What became of its secrets.
    pub(super) outcomes: Outcomes,
    pub(super) seconds: u64,
}

/// How all ended, in the order of their first mention.
#[derive(Default)]
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    pub(super) tenants: Vec<TenantRow>,
    /// What is left besides what modules say: of these projects, and of the machines. `None`: the destination could not be asked.
    pub(super) besides: Option<Vec<report::Item>>,
}

/// The part of the machines in the list.
const MACHINES: &str = "Tentacles and workers";

impl Report {
    pub(super) fn row(&mut self, of: &Owner) -> &mut Row {
        let index = self.rows.iter().position(|row| row.of == *of).unwrap_or_else(|| {
            self.rows.push(Row {
                of: of.clone(),
                serialized: Step::Waiting,
                deployed: Step::Waiting,
                manifest: None,
                outcomes: Outcomes::new(),
                seconds: 0,
            });
            self.rows.len() - 1
        });
        &mut self.rows[index]
    }

    /// How much of the space or a project is left to a person. Machines are the space's.
    fn for_person(&self, row: &Row) -> usize {
        let of_module = row.manifest.as_ref().map_or(0, |manifest| todo::count(manifest, &row.outcomes));
        let machines = if row.of == Owner::Space { self.machines().count() } else { 0 };
        of_module + self.besides_of(row).count() + machines
    }

    fn machines(&self) -> impl Iterator<Item = &report::Item> {
        self.besides.iter().flatten().filter(|item| item.section == report::Section::Machines)
    }

    fn besides_of<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a report::Item> {
        let project = row.of.project();
        self.besides
            .iter()
            .flatten()
            .filter(move |item| item.project.is_some() && item.project.as_deref() == project)
    }

    /// What is left of each that was to be moved. What was not deployed this time has what stood there, and why.
    pub(super) fn parts(&self, plan: &Plan<'_>) -> Vec<kept::Part> {
        let of_row = |row: &Row| {
            let is_done = row.deployed == Step::Done;
            let mut items = match &row.manifest {
                Some(manifest) => todo::items(manifest, &row.outcomes),
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
            items.extend(self.besides_of(row).map(todo::line));
            kept::Part { title, items, keep: !is_done }
        };
        let machines = kept::Part {
            title: MACHINES.to_owned(),
            items: self.machines().map(todo::line).collect(),
            keep: self.besides.is_none(),
        };
        let skipped = plan.skipped.iter().map(|(project, why)| kept::Part {
            title: format!("Project {project}"),
            items: vec![kept::Item {
                key: "It was left out of the last migration".to_owned(),
                text: format!("It was left out of the last migration: {why}."),
            }],
            keep: true,
        });
        self.rows.iter().map(of_row).chain(skipped).chain([machines]).collect()
    }

    /// Whether each project that was to be moved has its row.
    pub(super) fn is_whole(&self, plan: &Plan<'_>) -> bool {
        let has_row = |project: &&Document| {
            self.rows.iter().any(|row| row.of.project() == Some(project.name()) && row.manifest.is_some())
        };
        self.rows.iter().any(|row| row.of == Owner::Space) && plan.projects.iter().all(has_row)
    }

    /// Prints the table and writes the list for the person.
    pub(super) fn show(&self, arguments: &cli::Migrate, plan: &Plan<'_>, ui: &Ui) -> Result<(), Failure> {
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
                self.for_person(row).to_string(),
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
                    "ForPerson": self.for_person(row),
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
        if let Some(sum) = summed_up(self.rows.iter().map(|row| &row.outcomes)) {
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

    pub(super) fn outcome(&self, plan: &Plan<'_>) -> Outcome {
        let failed = |row: &TenantRow| row.task.is_some() && !row.is_well();
        if self.rows.iter().any(|row| row.deployed != Step::Done) || self.tenants.iter().any(failed) {
            Outcome::NotWell
        } else if !plan.skipped.is_empty()
            || self.rows.iter().any(|row| self.for_person(row) > 0)
            || !self.tenants.iter().all(TenantRow::is_well)
        {
            Outcome::DoneWithNotes
        } else {
            Outcome::Done
        }
    }
}

/// `12 secrets: 9 arrived, 3 left to a person`, over all modules.
fn summed_up<'a>(outcomes: impl Iterator<Item = &'a Outcomes>) -> Option<String> {
    let (mut all, mut open) = (0, 0);
    for became in outcomes.flat_map(Outcomes::values) {
        all += 1;
        open += usize::from(became.open);
    }
    (all > 0).then(|| format!("{all} secrets: {} arrived or were there, {open} are left to you", all - open))
}
