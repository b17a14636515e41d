//! What is to be run: the space, and which projects.

use std::collections::BTreeSet;

use crate::cli;
use crate::mark::found::Found;
use crate::mark::name;
use documents::document::Document;
use failure::Failure;
use octopus::server::Server;

/// Whether a project is meant by a name, a slug or an id.
pub(super) fn is_named(wanted: &str, project: &Document) -> bool {
    [project.name(), project.text("Slug").unwrap_or_default(), project.id()]
        .iter()
        .any(|text| text.to_lowercase() == wanted.to_lowercase())
}

/// What is to be run.
pub(super) struct Plan<'a> {
    pub(super) space: bool,
    pub(super) space_name: String,
    pub(super) projects: Vec<&'a Document>,
    /// Projects that are left out, and why.
    pub(super) skipped: Vec<(String, String)>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(found: &'a Found, arguments: &cli::Migrate, space_name: &str) -> Result<Self, Failure> {
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

    pub(super) fn question(&self, source: &Server, destination: &Server) -> String {
        let what = match (self.space, self.projects.len()) {
            (true, 0) => "what projects share".to_owned(),
            (true, count) => format!("what projects share, and {count} projects,"),
            (false, count) => format!("{count} projects"),
        };
        format!("Move {what} from {:?} to {:?}?", source.space.name(), destination.space.name())
    }

    /// Leaves the projects that are in no module; those that were asked for by name are reported.
    pub(super) fn only(&mut self, found: &Found, ids: &BTreeSet<String>) {
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

    pub(super) fn skip_disabled(&mut self) {
        let disabled: Vec<&Document> =
            self.projects.extract_if(.., |project| project.flag("IsDisabled")).collect();
        let skipped = disabled.iter().map(|project| (project.name().to_owned(), "it is disabled".to_owned()));
        self.skipped.extend(skipped);
    }
}
