//! Which modules are at the destination as they were deployed last: for these Terraform need not run.
//!
//! After a good deployment (everything applied and finished, the plan after it empty, nothing left open by finish) two keyed digests are
//! recorded: of all that the module was given (its files, its secrets, the options, the programs), and of what is its own at the destination.
//! Both must be the same for a module to count as unchanged, so what a person edits there is set back as ever. The record lies with the
//! states ([`store`]); it is taken back before anything is written. The key is the destination's API key: with another one, everything is
//! deployed once. Without a record, or where one can't be read, Terraform runs.
//!
//! That a module's deployment begins is recorded too. Before it did, nothing that the module would make was there; so what is there when it broke off
//! (killed, an answer lost) is its own, unless the server's audit trail says that somebody else made it, and the next run takes exactly that over.
//!
//! Not noticed is what no document shows: another secret that a person has entered at the destination in place of a delivered one.

mod share;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use hmac::Mac as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::backend;
use crate::deployment::order::Folder;
use crate::deployment::projects::{self, Names, Projects};
use crate::deployment::ready::Deployment;
use crate::deployment::run::Outcome;
use crate::deployment::supply::{Declared, Supply};
use documents::collection::Collection;
use documents::composed::is_same_composed;
use documents::inventory::Inventory;
use failure::{Failure, While as _};
use module::manifest;
use module::seal;
use octopus::read::made;
use octopus::upsert;
use share::Seen;
use store::{Records, Store};

/// What is known of a module's last good deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Digest of what the module was given.
    given: String,
    /// Digest of what was its own at the destination then.
    there: String,
    /// Of the space's module: the values that tenants had for library sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    common: Option<Common>,
    /// Names of the secrets that finish has set.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    set: BTreeSet<String>,
    /// What finish has left to a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<String>,
}

/// The values that tenants have for library sets. Where these have environments, no list shows them: then each tenant is a request of its own,
/// unless the server's audit trail says that nothing in the space has changed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    values: String,
    /// The last change in the space before they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// What this digest is of, and how.
const PURPOSE: &str = "octoferry deployed 1";

/// The records of one deployment's modules.
pub struct Deployed<'a> {
    deployment: &'a Deployment<'a>,
    modules: &'a [Folder],
    /// `None`: nothing is recorded.
    store: Option<Store<'a>>,
    records: Records,
    /// What each module is given, by its part of the state's key.
    given: BTreeMap<String, (String, Supply)>,
    /// As it was read last; none after something was written.
    inventory: Option<Inventory>,
    /// The values that tenants have for library sets are known to be the same without having been read.
    has_same_values: bool,
    /// Modules that are deployed well by now.
    good: Vec<Good<'a>>,
    /// Modules of which everything is in their state.
    done: BTreeSet<String>,
    /// What the source's projects are called now.
    names: Names,
}

struct Good<'a> {
    module: &'a Folder,
    set: BTreeSet<String>,
    left: Vec<String>,
    /// What the last plan has looked at.
    seen: Seen,
}

impl<'a> Deployed<'a> {
    /// Opens the record for these modules. Where that can't be done nothing is known, and nothing recorded.
    ///
    /// # Errors
    /// When somebody wants us to stop.
    pub async fn open(deployment: &'a Deployment<'a>, modules: &'a [Folder]) -> Result<Self, Failure> {
        let mut deployed = Self {
            deployment,
            modules,
            store: None,
            records: Records::default(),
            given: BTreeMap::new(),
            inventory: None,
            has_same_values: false,
            good: Vec::new(),
            done: BTreeSet::new(),
            names: Names::new(),
        };
        if let Ok(Some(store)) = open_store(deployment, modules).await
            && let Ok(records) = store.read().await
        {
            deployment.known.providers.remember(&records.providers);
            (deployed.store, deployed.records) = (Some(store), records);
        }
        deployment.known.there().ids.clone_from(&deployed.records.there);
        deployment.relay.is_looked_at_later(deployed.store.is_some());
        stop_if_interrupted(deployment)?;
        // A plan only wants to know what broke off.
        if deployed.store.is_some() && !deployment.plan_only {
            let source = modules.first().map(|module| &module.manifest.source);
            for module in modules.iter().filter(|module| Some(&module.manifest.source) == source) {
                deployed.given.extend(given(deployment, module).map(|given| (name_of(module), given)));
            }
        }
        Ok(deployed)
    }

    /// Whether a module is given the same as at its last deployment, and is there as it was left; of many modules the first asks for all.
    ///
    /// # Errors
    /// When somebody wants us to stop.
    pub async fn is_unchanged(&mut self, module: &Folder, modules: &[Folder]) -> Result<bool, Failure> {
        if self.same_given(module).is_none() {
            return Ok(false);
        }
        if self.inventory.is_none() {
            let same: Vec<&Folder> =
                modules.iter().filter(|module| self.same_given(module).is_some()).collect();
            let mut wanted = share::wanted(same.iter().copied());
            let common = same.iter().filter_map(|module| self.same_given(module)?.common.clone());
            let after: BTreeSet<Option<String>> = common.map(|common| common.after).collect();
            if wanted.common_values && !after.contains(&None) {
                let last = made::last_change(&self.deployment.destination).await;
                self.has_same_values = after.iter().all(|after| *after == last);
                wanted.common_values = !self.has_same_values;
            }
            // Whoever may not see it, or asks a server that does not answer, has Terraform look.
            self.inventory = made::read(&self.deployment.destination, &wanted).await.ok();
            stop_if_interrupted(self.deployment)?;
        }
        let key = self.deployment.destination.client.key();
        let (Some(inventory), Some(record)) = (&self.inventory, self.same_given(module)) else {
            return Ok(false);
        };
        let has_same_values =
            |common: &Common| self.has_same_values || share::common_values(inventory, key) == common.values;
        Ok(share::digest(inventory, module, key).as_ref() == Some(&record.there)
            && record.common.as_ref().is_none_or(has_same_values))
    }

    /// The record of a module that is given the same as then.
    fn same_given(&self, module: &Folder) -> Option<&Record> {
        let name = name_of(module);
        let record = self.records.good.get(&name)?;
        self.given.get(&name).filter(|(given, _)| *given == record.given).map(|_| record)
    }

    /// How an unchanged module ends.
    ///
    /// # Errors
    /// When the destination can't be asked for who has changed what.
    pub async fn outcome(&mut self, module: &Folder) -> Result<Outcome, Failure> {
        let name = name_of(module);
        let (set, left) = self.records.good.get(&name).map(|record| (&record.set, &record.left)).unzip();
        let supply = self.given.remove(&name).map(|(_, supply)| supply).unwrap_or_default();
        let left = left.cloned().unwrap_or_default();
        self.deployment
            .unchanged(module, supply, set.unwrap_or(&BTreeSet::new()), left, self.inventory.as_ref())
            .await
    }

    /// The projects of both sides, as recorded and as these modules have them.
    #[must_use]
    pub fn projects(&self, modules: &[Folder]) -> Projects {
        Projects::of(modules, self.records.there.clone(), self.records.projects.clone())
    }

    /// Takes notice of what is known of the projects now.
    pub fn knows(&mut self, projects: &Projects) {
        self.names.clone_from(projects.names());
        self.deployment.known.there().ids.extend(projects.there());
    }

    /// Whether a deployment of this module has begun and has not ended.
    #[must_use]
    pub fn broke_off(&self, module: &Folder) -> bool {
        self.records.begun.contains(&name_of(module))
    }

    /// Records that modules are deployed now, before anything is written.
    ///
    /// # Errors
    /// When the backend does not take it: then nothing may be written, or a later run would trust a record that is not true.
    pub async fn begin(&mut self, modules: &[&Folder]) -> Result<(), Failure> {
        let Some(store) = self.store.as_ref().filter(|_| !self.deployment.plan_only) else { return Ok(()) };
        let names: BTreeSet<String> = modules.iter().map(|module| name_of(module)).collect();
        let change = |records: &mut Records| {
            records.good.retain(|name, _| !names.contains(name));
            records.begun.extend(names.iter().cloned());
            self.note_there(records);
        };
        let mut after = self.records.clone();
        change(&mut after);
        if after != self.records {
            store.change(change).await?;
            self.records = after;
        }
        Ok(())
    }

    /// Notes where things are.
    fn note_there(&self, records: &mut Records) {
        let there = self.deployment.known.there();
        records.there.extend(there.ids.clone());
        records.there.retain(|what, _| !there.gone.contains(what));
        records.projects.extend(self.names.clone());
        records.projects.retain(|source, _| !there.gone.contains(&projects::key(source)));
    }

    /// Looks where projects are that were made just now.
    async fn look_for_projects(&self) -> Result<(), Failure> {
        let known = self.deployment.known.there().ids.clone();
        let new = |module: &&Folder| {
            let manifest::Scope::Project { id, .. } = &module.manifest.scope else { return false };
            self.done.contains(&name_of(module)) && !known.contains_key(&projects::key(id))
        };
        let new: Vec<&Folder> = self.modules.iter().filter(new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let list = upsert::list(&self.deployment.destination, Collection::Projects).await?;
        for module in new {
            let manifest::Scope::Project { id, name, .. } = &module.manifest.scope else { continue };
            if let Some(project) = list.iter().find(|project| is_same_composed(project.name(), name)) {
                self.deployment.known.there().ids.insert(projects::key(id), project.id().to_owned());
            }
        }
        Ok(())
    }

    /// Takes notice that a module is deployed now: what was read before counts no more.
    pub fn begins(&mut self) {
        self.inventory = None;
        self.has_same_values = false;
    }

    /// Takes notice of how a module ended.
    pub fn ended(&mut self, module: &'a Folder, outcome: &Outcome) {
        let Some(report) = &outcome.finish else { return };
        self.done.insert(name_of(module));
        // What stays is asked about again, and goes when that is allowed.
        let is_settled = report.is_settled() && report.stays.is_empty();
        if outcome.differences.is_empty() && is_settled {
            let (set, left) = (outcome.set_by_finish(), report.lasting.clone());
            self.good.push(Good { module, set, left, seen: share::seen(self.deployment.relay.seen()) });
        }
    }

    /// Takes notice that a module has failed after all: what was kept of it until all had ended was not taken.
    pub fn failed(&mut self, module: &Folder) {
        let name = name_of(module);
        self.done.remove(&name);
        self.good.retain(|good| name_of(good.module) != name);
    }

    /// `common`: the values that tenants have for library sets, where these were just written, as the server has answered, by tenant.
    /// Records the modules that were deployed well. That it can't be done is said, and no failure: the next run deploys them again.
    pub async fn close(mut self, common: BTreeMap<String, Value>) {
        if self.done.is_empty() || self.deployment.interrupt.reason().is_some() {
            return;
        }
        if let Err(failure) = self.record(common).await {
            let text = format!("what was deployed is not recorded, so the next run looks again: {failure}");
            self.deployment.ui.info(&text);
        }
    }

    async fn record(&mut self, common: BTreeMap<String, Value>) -> Result<(), Failure> {
        let Some(store) = &self.store else { return Ok(()) };
        let providers = self.deployment.known.providers.seen();
        self.look_for_projects().await?;
        let good = if self.good.is_empty() { BTreeMap::new() } else { self.settled(common).await? };
        let change = |records: &mut Records| {
            records.begun.retain(|name| !self.done.contains(name));
            records.good.extend(good.clone());
            records.providers.extend(providers.clone());
            self.note_there(records);
        };
        store.change(change).await
    }

    /// The records of the modules that were deployed well, of what is there now.
    async fn settled(&self, common: BTreeMap<String, Value>) -> Result<BTreeMap<String, Record>, Failure> {
        let mut wanted = share::wanted(self.good.iter().map(|good| good.module));
        wanted.written = common;
        // Asked first: what changes while the values are read comes after it.
        let after =
            if wanted.common_values { made::last_change(&self.deployment.destination).await } else { None };
        let inventory = made::read(&self.deployment.destination, &wanted).await?;
        let key = self.deployment.destination.client.key();
        let mut new = BTreeMap::new();
        for good in &self.good {
            let name = name_of(good.module);
            let (Some((given, _)), Some(there)) =
                (self.given.get(&name), share::digest(&inventory, good.module, key))
            else {
                continue;
            };
            if let Some(id) = share::changed_since(&inventory, good.module, &good.seen) {
                self.deployment.ui.info(&format!(
                    "{}: {id} has changed since its last plan; the next run looks again",
                    good.module.name()
                ));
                continue;
            }
            let common = share::is_of_space(good.module)
                .then(|| Common { values: share::common_values(&inventory, key), after: after.clone() });
            let (set, left) = (good.set.clone(), good.left.clone());
            new.insert(name, Record { given: given.clone(), there, common, set, left });
        }
        Ok(new)
    }
}

fn stop_if_interrupted(deployment: &Deployment<'_>) -> Result<(), Failure> {
    match deployment.interrupt.reason() {
        Some(reason) => Err(Failure::failed(format!("stopped: {reason}"))),
        None => Ok(()),
    }
}

fn name_of(module: &Folder) -> String {
    backend::part_of_key(&module.manifest)
}

async fn open_store<'a>(
    deployment: &'a Deployment<'a>,
    modules: &[Folder],
) -> Result<Option<Store<'a>>, Failure> {
    let (Some(backend), Some(module)) = (&deployment.backend, modules.first()) else { return Ok(None) };
    let key = deployment.place.key(&module.manifest.source, store::KEY);
    let directory = deployment.workplace.path().join("octoferry-deployed");
    let doing = "making a folder for the record of deployments";
    fs::create_dir_all(&directory).while_doing(doing)?;
    fs::write(directory.join("main.tf"), "terraform {}\n").while_doing(doing)?;
    let prepared = backend.prepare(&directory, &key, &deployment.streamed)?;
    let mut terraform = deployment.terraform_in(directory);
    terraform.environment = prepared.environment.clone();
    let store = Store::open(terraform, prepared).await?;
    deployment.bring_former(&store.terraform, &module.manifest.source, store::KEY).await?;
    Ok(Some(store))
}

/// The digest of all that a module is given; `None` when a secret is missing, which is said elsewhere.
fn given(deployment: &Deployment<'_>, module: &Folder) -> Option<(String, Supply)> {
    let declared = Declared::read(&module.path).ok()?;
    let supply = deployment.supply(module, &declared).ok()?;
    let options = [deployment.enable_triggers, deployment.raw, deployment.placeholders]
        .map(|option| option.to_string());
    let destination = &deployment.destination;
    let program = deployment.program.described();
    let mut texts =
        vec![PURPOSE, env!("CARGO_PKG_VERSION"), &program, &destination.version, destination.space_id()];
    texts.extend(options.iter().map(String::as_str));
    let token_key = deployment.token_key.mark();
    texts.push(&token_key);
    for (name, secret) in &supply.found {
        texts.extend([name.as_str(), secret.expose()]);
    }
    texts.push("placeholders");
    texts.extend(supply.placeholders.iter().flat_map(|(name, text)| [name.as_str(), text.as_str()]));
    let mut digest = seal::keyed(destination.client.key(), &texts);
    add_files(&mut digest, &module.path, Path::new("")).ok()?;
    Some((seal::hex(&digest.finalize().into_bytes()), supply))
}

/// Adds names and bytes of a module's files, in the order of their names; not what a deployment leaves behind.
fn add_files(digest: &mut impl hmac::digest::Update, folder: &Path, below: &Path) -> io::Result<()> {
    let mut names: Vec<_> =
        fs::read_dir(folder.join(below))?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    names.sort();
    for name in names.iter().filter(|name| !terraform::working_copy::stays_behind(&name.to_string_lossy())) {
        let path = below.join(name);
        if fs::metadata(folder.join(&path))?.is_dir() {
            add_files(digest, folder, &path)?;
            continue;
        }
        let bytes = fs::read(folder.join(&path))?;
        for part in [path.to_string_lossy().as_bytes(), &bytes] {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    Ok(())
}
