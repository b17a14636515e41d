//! Finish: what the provider can't carry, set through the API after the apply, as the module's manifest says.
//!
//! Idempotent: what is so already is not written. Secrets can't be compared, so they are set at each deploy; one that nobody could supply is
//! kept as it is. The steps run in the manifest's order; `field` finds places in documents, `directory` documents by name.

mod arrange;
mod certificate;
mod default_pool;
pub mod directory;
mod document;
pub(crate) mod field;
mod gone;
pub mod limited;
mod list;
mod logo;
mod publish;
mod set;
mod stayed;
mod tenant;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::json;

use directory::{Directory, Located};
use documents::collection::Collection;
use failure::Failure;
use module::identities::{Identities, Named};
use module::manifest::{FinishStep, FinishValue, Manifest, SecretOrigin, Target};
use octopus::server::Server;
use secret::Secret;
pub use tenant::Collects;
pub use values::CommonValues;

/// What became of a secret that finish sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretOutcome {
    Set,
    /// Nobody supplied it, and the destination has one.
    Kept,
    /// Nobody supplied it, and the destination had none: a placeholder stands there.
    Placeholder,
    /// The same where no placeholder can stand.
    Missing,
    /// The variable that holds it is limited to projects that are not there yet.
    Waiting,
}

impl fmt::Display for SecretOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Set => "set by finish",
            Self::Kept => "kept as it is at the destination",
            Self::Placeholder => "a placeholder",
            Self::Missing => "missing",
            Self::Waiting => "held back until a project that it is limited to is at the destination",
        })
    }
}

/// What finish did.
#[derive(Debug, Default)]
pub struct Report {
    /// What was written.
    pub done: Vec<String>,
    /// How many things were so already.
    pub already: usize,
    /// What can't be done until a person does something.
    pub open: Vec<String>,
    /// How many of these are placeholders that were just set: they are told with the secrets from now on.
    pub placed: usize,
    /// Those of them that stay so while module, secrets and destination are the same; of others only another try can tell.
    pub lasting: Vec<String>,
    /// What should have worked.
    pub failed: Vec<String>,
    /// Names of the projects that something waits for.
    pub waits_for: BTreeSet<String>,
    /// Secrets by [`module::manifest::SecretEntry::name`]: what became of each.
    pub secrets: BTreeMap<String, SecretOutcome>,
    /// Where documents were made, by collection and id at the source.
    pub made: BTreeMap<String, String>,
    /// Those that were deleted, in the same way.
    pub deleted: BTreeSet<String>,
    /// What is gone from the source and would be deleted where that is allowed.
    pub stays: Vec<String>,
}

impl Report {
    /// Leaves something to a person that stays so while module, secrets and destination are the same.
    fn leave(&mut self, text: String) {
        self.lasting.push(text.clone());
        self.open.push(text);
    }

    /// Whether another run would find nothing else to do, while all is the same.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.failed.is_empty()
            && self.waits_for.is_empty()
            && self.open.len() == self.lasting.len() + self.placed
    }
}

/// Executes a manifest's finish steps.
pub struct Finish<'a> {
    directory: Directory,
    /// Secrets by the manifest's names.
    secrets: &'a BTreeMap<String, Secret>,
    /// Names of those that Terraform sets as well, and answers for.
    of_terraform: BTreeSet<String>,
    /// What stands for those that only a person can give, by the manifest's names: without a value a step would run, and run wrongly.
    placeholders: BTreeMap<String, String>,
    /// Keys that documents had which have another one now; none that another document has.
    formerly: BTreeMap<Target, Vec<Target>>,
    /// Collection and id at the source of documents that finish makes (`subscriptions/Subscriptions-1`).
    sources: BTreeMap<Target, String>,
    /// What finish made for an earlier module, and no module has any more: how it was called, and by what it is recorded.
    left: Vec<(Target, String)>,
    /// Where finish has made documents, by collection and id at the source.
    made: BTreeMap<String, String>,
    /// What Terraform makes: nothing else has that name.
    makes: BTreeSet<Target>,
    /// Whether that is deleted.
    lets_go: bool,
    /// Folder of the module, for the files that steps name.
    folder: PathBuf,
    common: CommonValues,
    /// Where values of tenants are collected that several modules write.
    collects: Option<&'a dyn Collects>,
    report: Report,
}

impl<'a> Finish<'a> {
    #[must_use]
    pub fn new(server: Server, secrets: &'a BTreeMap<String, Secret>, folder: &Path) -> Self {
        let mut directory = Directory::new(server);
        let names = std::fs::read(folder.join("users.json")).ok();
        directory
            .rename_users(names.and_then(|names| serde_json::from_slice(&names).ok()).unwrap_or_default());
        Self {
            directory,
            secrets,
            of_terraform: BTreeSet::new(),
            placeholders: BTreeMap::new(),
            formerly: BTreeMap::new(),
            sources: BTreeMap::new(),
            left: Vec::new(),
            made: BTreeMap::new(),
            makes: BTreeSet::new(),
            lets_go: false,
            folder: folder.to_owned(),
            common: CommonValues::default(),
            collects: None,
            report: Report::default(),
        }
    }

    /// The same, writing tenants' values where they are collected.
    #[must_use]
    pub fn collecting(mut self, collects: Option<&'a dyn Collects>) -> Self {
        self.collects = collects;
        self
    }

    /// The same, not seeing these projects: they bear names that belong to others.
    #[must_use]
    pub fn without(mut self, projects: &BTreeSet<String>) -> Self {
        self.directory.expect_projects(projects.iter().map(|id| (id.clone(), None)).collect());
        self
    }

    /// The same, sharing with other modules of the deployment which tenants' values are there.
    #[must_use]
    pub fn sharing(mut self, common: &CommonValues) -> Self {
        self.common = common.clone();
        self
    }

    /// The same, knowing what the documents that finish makes were called before, and where it has made them: `made`, by collection and id at the source.
    /// One that has the id is that document, else one that is there under such a name.
    #[must_use]
    pub fn knowing(mut self, identities: &Identities, made: &BTreeMap<String, String>) -> Self {
        let target = |named: &Named| {
            let target = Target { collection: named.collection, key: named.keys.first()?.clone() };
            Some((target, format!("{}/{}", named.collection, named.id)))
        };
        self.formerly = formerly(identities);
        self.left = identities.left.iter().filter_map(target).collect();
        self.sources =
            identities.named.iter().filter(|named| !named.id.contains('/')).filter_map(target).collect();
        let known = self
            .sources
            .iter()
            .filter_map(|(target, source)| Some((target.clone(), made.get(source)?.clone())));
        self.directory.expect_ids(known.collect());
        self.made.clone_from(made);
        self
    }

    /// The same, deleting what finish made for an earlier module, and no module has any more.
    #[must_use]
    pub fn letting_go(mut self, allowed: bool) -> Self {
        self.lets_go = allowed;
        self
    }

    /// The place of a document, also when it has a name there that it has no longer.
    async fn find(&mut self, target: &Target) -> Result<Option<Located>, Failure> {
        if let Some(place) = self.directory.find(target).await? {
            return Ok(Some(place));
        }
        for former in self.formerly.get(target).cloned().unwrap_or_default() {
            if self.makes.contains(&former) {
                continue;
            }
            if let Some(place) = self.directory.find(&former).await? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Runs all steps. A step that can't be done does not stop the others.
    ///
    /// # Errors
    /// When the destination can't be reached or refuses the key.
    pub async fn run(mut self, manifest: &Manifest, enable_triggers: bool) -> Result<Report, Failure> {
        self.makes = manifest.makes.iter().map(|made| made.target.clone()).collect();
        let of_terraform = manifest.secrets.iter().filter(|secret| secret.terraform);
        self.of_terraform = of_terraform.map(|secret| secret.name.clone()).collect();
        let of_persons =
            manifest.secrets.iter().filter(|secret| matches!(secret.from, SecretOrigin::Person { .. }));
        self.placeholders = of_persons.map(|secret| (secret.name.clone(), secret.placeholder())).collect();
        let mut steps = manifest.finish.iter().peekable();
        while let Some(step) = steps.next() {
            match step {
                FinishStep::Set { .. } | FinishStep::Order { .. } | FinishStep::Item { .. } => {
                    self.set_together(step, &mut steps).await?;
                }
                FinishStep::Try { .. } => self.attempt_together(step, &mut steps).await?,
                FinishStep::TenantValue { .. } => {}
                FinishStep::Document { target, document }
                | FinishStep::DocumentBefore { target, document } => {
                    let result = self.document(target, document).await;
                    self.note_refusal(target, result)?;
                }
                FinishStep::Include { target, path, item } => {
                    let result = self.include(target, path, item).await;
                    self.note_failure(&described(target), result)?;
                }
                FinishStep::Arrange { collection, names } => {
                    let result = self.arrange(*collection, names).await;
                    self.note_failure(&format!("the order of the {collection}"), result)?;
                }
                FinishStep::DefaultPool { name } => {
                    let result = self.default_pool(name, manifest).await;
                    self.note_failure(&format!("the default worker pool {name:?}"), result)?;
                }
                FinishStep::Certificate { target, thumbprint, data, password } => {
                    let result = self.certificate(target, thumbprint, data, password.as_deref()).await;
                    self.note_failure(&described(target), result)?;
                }
                FinishStep::Logo { target, file } => {
                    let result = self.logo(target, file).await;
                    self.note_failure(&format!("the logo of {}", described(target)), result)?;
                }
                FinishStep::Publish { project, runbook, name, notes } => {
                    let what = format!("publishing the runbook {runbook:?} of {project:?}");
                    let result = self.publish(project, runbook, name, notes).await;
                    self.note_failure(&what, result)?;
                }
            }
        }
        self.tenant_values(&manifest.finish).await?;
        self.let_go(manifest).await?;
        if enable_triggers {
            self.switch_on(manifest).await?;
        }
        Ok(self.report)
    }

    /// A refusal of one step is reported with the others; a server that is gone stops everything.
    fn note_failure(&mut self, what: &str, result: Result<(), Failure>) -> Result<(), Failure> {
        match result {
            Err(failure) if failure.http_status.is_some() && !failure.is_forbidden() => {
                self.report.failed.push(format!("{what}: {failure}"));
                Ok(())
            }
            other => other,
        }
    }

    /// What belongs to the server needs rights beyond the space's: without them it is left for a person.
    fn note_refusal(&mut self, target: &Target, result: Result<(), Failure>) -> Result<(), Failure> {
        let what = described(target);
        match result {
            Err(failure) if failure.is_forbidden() && target.collection.is_of_server() => {
                self.report.open.push(format!("{what}: the destination API key may not do that ({failure})"));
                Ok(())
            }
            other => self.note_failure(&what, other),
        }
    }

    async fn publish(
        &mut self,
        project: &str,
        runbook: &str,
        name: &str,
        notes: &str,
    ) -> Result<(), Failure> {
        let target =
            Target { collection: Collection::Runbooks, key: vec![project.to_owned(), runbook.to_owned()] };
        let Some(place) = self.directory.find(&target).await? else {
            self.report.failed.push(format!("{} is not at the destination", described(&target)));
            return Ok(());
        };
        match publish::publish(&self.directory.server, &place.id, name, notes).await? {
            publish::Became::Published => {
                self.report.done.push(format!("published the runbook {runbook:?} of {project:?} as {name:?}"));
            }
            publish::Became::AlreadySo => self.report.already += 1,
            publish::Became::NotPublished => self.report.failed.push(format!(
                "the runbook {runbook:?} of {project:?}: the destination took the snapshot {name:?} and has not published it"
            )),
            publish::Became::NoPackage(package) => self.report.open.push(format!(
                "the runbook {runbook:?} of {project:?} is not published: the destination has no version of the package {package:?} yet"
            )),
        }
        Ok(())
    }

    /// Target triggers, which the provider can't switch: those that the source has on.
    async fn switch_on(&mut self, manifest: &Manifest) -> Result<(), Failure> {
        for held in &manifest.held {
            if held.target.collection != Collection::ProjectTriggers
                || held.field != "IsDisabled"
                || held.source != json!(false)
            {
                continue;
            }
            let Some(place) = self.directory.find(&held.target).await? else { continue };
            let mut trigger = self.directory.server.client.get(&place.read).await?;
            if trigger["IsDisabled"] == true {
                trigger["IsDisabled"] = json!(false);
                self.directory.server.client.put(&place.write, &trigger).await?;
                self.report.done.push(format!("switched on {}", described(&held.target)));
            }
        }
        Ok(())
    }

    fn placeholder(&self, value: &FinishValue) -> Option<&str> {
        let FinishValue::Secret(name) = value else { return None };
        self.placeholders.get(name).map(String::as_str)
    }

    fn note_secret(&mut self, value: &FinishValue, became: SecretOutcome) {
        if let FinishValue::Secret(name) = value {
            self.report.secrets.insert(name.clone(), became);
        }
    }
}

/// `tenants "House Test Store"`.
fn described(target: &Target) -> String {
    format!("{} {:?}", target.collection, target.key.join("/"))
}

/// Keys that documents may still have at the destination, by their present ones; none that another document has now. What they belong to may have
/// been renamed meanwhile, or is by now.
fn formerly(identities: &Identities) -> BTreeMap<Target, Vec<Target>> {
    let target = |collection, key: Vec<String>| Target { collection, key };
    let present = identities.named.iter().filter_map(|named| Some((named.collection, named.keys.first()?)));
    let present: BTreeSet<Target> =
        present.map(|(collection, key)| target(collection, key.clone())).collect();
    let mut all = BTreeMap::new();
    for named in &identities.named {
        let Some((now, earlier)) = named.keys.split_first() else { continue };
        let mut former: Vec<Target> = Vec::new();
        for key in earlier {
            let below = now
                .split_last()
                .zip(key.split_last())
                .filter(|((_, owner), (_, before))| owner.len() == before.len());
            let renamed = below.map(|((_, owner), (name, _))| owner.iter().chain([name]).cloned().collect());
            for key in renamed.into_iter().chain([key.clone()]) {
                let key = target(named.collection, key);
                if !present.contains(&key) && !former.contains(&key) {
                    former.push(key);
                }
            }
        }
        all.insert(target(named.collection, now.clone()), former);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_renamed_is_found_also_when_its_project_was() {
        let keys =
            |keys: &[[&str; 2]]| keys.iter().map(|key| key.map(str::to_owned).to_vec()).collect::<Vec<_>>();
        let named = |id: &str, of: &[[&str; 2]]| Named {
            collection: Collection::ProjectTriggers,
            id: id.to_owned(),
            keys: keys(of),
        };
        let identities = Identities {
            named: vec![
                named("1", &[["New", "nightly"], ["Old", "daily"]]),
                named("2", &[["New", "daily"], ["Old", "hourly"]]),
            ],
            ..Identities::default()
        };
        let formerly = formerly(&identities);
        let of = |key: [&str; 2]| {
            let target =
                Target { collection: Collection::ProjectTriggers, key: key.map(str::to_owned).to_vec() };
            formerly[&target].iter().map(|target| target.key.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of(["New", "daily"]), keys(&[["New", "hourly"], ["Old", "hourly"]]));
        // Another one has that name now.
        assert_eq!(of(["New", "nightly"]), keys(&[["Old", "daily"]]));
    }
}
