//! Projects that were made after seed get their runbooks when a migration meets them: as seed's own steps say, so no key is needed for it.

use serde_json::Value;

use super::install::{self, Setting};
use super::runbook::{MadeFor, RunsOn, Trusted};
use super::template;
use crate::mark::found::Found;
use crate::mark::{git, name};
use documents::document::Document;
use documents::git::has_runbooks_in_git;
use failure::Failure;
use octoferry_core::part::parse;
use octopus::server::Server;
use octopus::upsert;

/// Own projects without runbooks of ours that seed would have given some: `patterns` are those that it was given, none: all.
#[must_use]
pub fn made_since<'a>(found: &'a Found, patterns: &[String]) -> Vec<&'a Document> {
    let is_new = |project: &&Document| {
        let is_meant = patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, project.name()));
        is_meant && found.runbook(project.id(), name::DEPLOY_PROJECT_RUNBOOK).is_none()
    };
    found.own_projects().into_iter().filter(is_new).collect()
}

/// The patterns of projects that seed was given; `None`: it was one that did not keep them.
///
/// # Errors
/// When the set can't be read.
pub async fn patterns(server: &Server, settings: &Document) -> Result<Option<Vec<String>>, Failure> {
    let id = settings.text("VariableSetId").unwrap_or_default();
    let variables = upsert::document(server.client.get(&server.path(&format!("variables/{id}"))).await?)?;
    let mut all = variables.list("Variables").iter();
    let kept = all.find(|variable| variable["Name"] == name::SEEDED_PROJECTS);
    Ok(kept
        .map(|variable| variable["Value"].as_str().unwrap_or_default().lines().map(str::to_owned).collect()))
}

/// What the steps of a seeded space were made for.
pub struct Pattern<'a> {
    set: &'a Document,
    setting: Setting<'a>,
}

impl<'a> Pattern<'a> {
    /// Reads the step that deploys the space.
    ///
    /// # Errors
    /// When the space is not seeded whole, or the server refuses.
    pub async fn read(server: &Server, found: &'a Found) -> Result<Self, Failure> {
        let again = || {
            Failure::failed("the runbooks are not as octoferry seed makes them")
                .hint("Run octoferry seed again.")
        };
        let action = action_of(server, found, name::DEPLOY_SPACE_RUNBOOK).await?.ok_or_else(again)?;
        let serializes = action_of(server, found, name::SERIALIZE_SPACE_RUNBOOK).await?.ok_or_else(again)?;
        let text = |parameter: &str| parameter_of(&action, parameter);
        let container = &action["Container"];
        let container = match (container["FeedId"].as_str(), container["Image"].as_str()) {
            (Some(feed), Some(image)) if !image.is_empty() => Some((feed.to_owned(), image.to_owned())),
            _ => None,
        };
        let mut templates = Vec::new();
        for template in template::USUAL {
            let there = Found::ours(&found.templates, "step template", template.name)?;
            templates.push(there.ok_or_else(again)?.clone());
        }
        Ok(Self {
            set: found.library_set(name::SETTINGS_SET)?,
            setting: Setting {
                environment: found.environment()?.id(),
                feed: found.built_in_feed()?.id(),
                templates,
                place: RunsOn {
                    worker_pool_id: action["WorkerPoolId"].as_str().unwrap_or_default().to_owned(),
                    container,
                },
                made_for: MadeFor {
                    source_url: text("SourceUrl"),
                    source_space: text("SourceSpace"),
                    source_digest: text("SourceDigest"),
                    source_is_copy: text("SourceIsCopy") == "True",
                    destination_url: text("DestinationUrl"),
                    destination_space: text("DestinationSpace"),
                    destination_digest: text("DestinationDigest"),
                    backend: text("BackendType"),
                    backend_config: text("BackendConfig"),
                    backend_digest: text("BackendDigest"),
                    allow_foreign_terraform: text("ForeignTerraform") == "True",
                    trusted: Trusted {
                        certificates: text("CaCertificates"),
                        source_thumbprint: text("SourceThumbprint"),
                        destination_thumbprint: text("DestinationThumbprint"),
                        provider_lock: parameter_of(&serializes, "ProviderLock"),
                    },
                    package_sha256: text("PackageSha256"),
                },
            },
        })
    }

    /// Gives a project its two runbooks and the set `Octoferry`; they are published with all others.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn seed(&self, server: &Server, found: &Found, project: &Document) -> Result<(), Failure> {
        if has_runbooks_in_git(project) {
            git::ensure_branch(server, project).await?;
        }
        for runbook in install::runbooks_of(false) {
            install::runbook(server, found, project, runbook, &self.setting).await?;
        }
        install::link(server, project, self.set.id()).await?;
        Ok(())
    }
}

/// The step of one of our own project's runbooks, when it is as seed makes it.
async fn action_of(server: &Server, found: &Found, runbook: &str) -> Result<Option<Value>, Failure> {
    let Some(runbook) = found.runbook(found.project()?.id(), runbook) else { return Ok(None) };
    let process = runbook.text("RunbookProcessId").unwrap_or_default();
    let process = server.client.get(&server.path(&format!("runbookProcesses/{process}"))).await?;
    let steps = process["Steps"].as_array().into_iter().flatten();
    let mut actions = steps.flat_map(|step| step["Actions"].as_array().into_iter().flatten());
    let is_ours = |action: &&Value| action["Properties"]["Octoferry.Step.PackageSha256"].is_string();
    Ok(actions.find(is_ours).cloned())
}

fn parameter_of(action: &Value, parameter: &str) -> String {
    action["Properties"][format!("Octoferry.Step.{parameter}")].as_str().unwrap_or_default().to_owned()
}

/// Whether a name fits a pattern in which `*` stands for anything, without case.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    parse::matches(&pattern.to_lowercase(), &name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_fit_names_without_case() {
        for (pattern, name) in
            [("Shop", "shop"), ("*", "x"), ("Sh*", "Shop"), ("*op", "Shop"), ("S*o*", "Shop"), ("a*a", "aa")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("Shop", "Shop 2"), ("Sh*x", "Shop"), ("a*a", "a"), ("", "x")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
