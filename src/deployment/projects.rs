//! Names of projects that change hands. Each project has a module of its own, so no plan sees that another one gives up, or gets, the name that
//! it changes. Before the first module is deployed, what is at the destination is compared with what all projects are called at the source, and
//! gets those names, by way of a passing one where projects change names in a circle. Projects are told apart by their ids, so a run that was
//! killed in between is completed by the next one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::deployment::order::Folder;
use crate::deployment::ready::{Deployment, There};
use crate::finish::directory::Directory;
use documents::collection::Collection;
use documents::passing::passing_name;
use failure::Failure;
use module::identities::{self, Identities};
use module::manifest::Scope;
use octopus::client::encode;

/// Id at the source → the name that the project gets; `None`: it was there once, and is gone from the source.
pub type Names = BTreeMap<String, Option<String>>;

/// The projects of the source and of the destination, by what is recorded.
#[derive(Debug, Default)]
pub struct Projects {
    /// Id at the source → id at the destination.
    there: BTreeMap<String, String>,
    names: Names,
    /// Ids at the source of those that are deployed now.
    own: BTreeSet<String>,
    /// Whether all get their names, not only those that the ones of now need: the space's module refers to any by its name.
    all: bool,
}

/// A project that gets another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    pub id: String,
    pub from: String,
    pub to: String,
}

/// A project of the destination whose source is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// At the source.
    pub source: String,
    pub id: String,
    pub name: String,
    /// Whether it is deleted.
    pub goes: bool,
}

/// What becomes of the projects that are there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// In this order.
    pub renames: Vec<Rename>,
    pub gone: Vec<Gone>,
    /// Id at the source of a project that can't get its name → what bears it.
    pub blocked: BTreeMap<String, String>,
}

impl Fate {
    /// The names that projects have afterwards, by their ids at the destination; `None`: it goes.
    #[must_use]
    pub fn names(&self) -> BTreeMap<String, Option<String>> {
        let mut names: BTreeMap<String, Option<String>> =
            self.renames.iter().map(|rename| (rename.id.clone(), Some(rename.to.clone()))).collect();
        names.extend(self.gone.iter().filter(|gone| gone.goes).map(|gone| (gone.id.clone(), None)));
        names
    }
}

/// The source's projects that a space's module names.
#[must_use]
pub fn listed(module: &Folder) -> Option<BTreeMap<String, String>> {
    if module.manifest.scope != Scope::Space {
        return None;
    }
    let bytes = std::fs::read(module.path.join(identities::FILE)).ok()?;
    Identities::parse(&bytes).map(|identities| identities.projects).filter(|projects| !projects.is_empty())
}

impl Projects {
    /// `there`: as recorded, by collection and id at the source; `names`: what was recorded of the names.
    #[must_use]
    pub fn of(modules: &[Folder], there: BTreeMap<String, String>, mut names: Names) -> Self {
        let of_project = |(key, id): (String, String)| Some((key.strip_prefix("projects/")?.to_owned(), id));
        let there = there.into_iter().filter_map(of_project).collect();
        if let Some(listed) = modules.iter().find_map(listed) {
            // One that no list has had yet is newer than this one.
            for (source, name) in &mut names {
                *name = listed.get(source).cloned();
            }
            names.extend(listed.into_iter().map(|(source, name)| (source, Some(name))));
        }
        let mut own = BTreeSet::new();
        for module in modules {
            if let Scope::Project { id, name, .. } = &module.manifest.scope {
                own.insert(id.clone());
                names.insert(id.clone(), Some(name.clone()));
            }
        }
        let all = modules.iter().any(|module| module.manifest.scope == Scope::Space);
        Self { there, names, own, all }
    }

    /// Takes notice of where a project is.
    pub fn learn(&mut self, source: &str, there: &str) {
        self.there.insert(source.to_owned(), there.to_owned());
    }

    /// Whether something that was carried is gone from the source.
    #[must_use]
    pub fn has_gone(&self) -> bool {
        self.there.keys().any(|source| self.is_gone(source))
    }

    fn is_gone(&self, source: &str) -> bool {
        self.names.get(source) == Some(&None)
    }

    /// Id and name of the projects at the destination as they are now; whoever looks in the directory from now on sees the names that they get.
    ///
    /// # Errors
    /// When the destination refuses.
    pub async fn look(
        &self,
        deployment: &Deployment<'_>,
        directory: &mut Directory,
    ) -> Result<Vec<(String, String)>, Failure> {
        let there = names_in(directory.list(Collection::Projects).await?);
        directory.expect_projects(self.fate(&there, deployment.allow_destroy).names());
        Ok(there)
    }

    /// What becomes of the destination's projects (id, name). `lets_go`: what is gone from the source is deleted.
    #[must_use]
    pub fn fate(&self, list: &[(String, String)], lets_go: bool) -> Fate {
        let mut names: BTreeMap<&str, String> =
            list.iter().map(|(id, name)| (id.as_str(), name.clone())).collect();
        let mut fate = Fate::default();
        for (source, id) in self.there.iter().filter(|(source, _)| self.is_gone(source)) {
            let Some(name) = names.get(id.as_str()).cloned() else { continue };
            let mut wanted = self.names.iter().filter(|(source, _)| self.own.contains(*source));
            let in_the_way =
                wanted.any(|(_, wanted)| wanted.as_ref().is_some_and(|wanted| same(wanted, &name)));
            let goes = lets_go && (self.all || in_the_way);
            if goes {
                names.remove(id.as_str());
            }
            fate.gone.push(Gone { source: source.clone(), id: id.clone(), name, goes });
        }
        let mut waiting: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for (source, wanted) in &self.names {
            let (Some(id), Some(wanted)) = (self.there.get(source), wanted) else { continue };
            if names.get(id.as_str()).is_some_and(|name| name != wanted) {
                waiting.insert(id, (source, wanted));
            }
        }
        if !self.all {
            let needed = self.needed(&names, &waiting);
            waiting.retain(|id, _| needed.contains(*id));
        }
        while !waiting.is_empty() {
            let bearer = |id: &str, wanted: &str| {
                let other = |(other, name): &(&&str, &String)| **other != id && same(name, wanted);
                names.iter().find(other).map(|(other, name)| ((*other).to_owned(), name.clone()))
            };
            let free = waiting.iter().find(|(id, (_, wanted))| bearer(id, wanted).is_none());
            if let Some((id, (_, wanted))) = free.map(|(id, wanted)| (*id, *wanted)) {
                waiting.remove(id);
                fate.renames.push(step(&mut names, id, wanted.to_owned()));
                continue;
            }
            let stuck = waiting.iter().find_map(|(id, (source, wanted))| {
                let (other, _) =
                    bearer(id, wanted).filter(|(other, _)| !waiting.contains_key(other.as_str()))?;
                Some((*id, *source, other))
            });
            if let Some((id, source, other)) = stuck {
                waiting.remove(id);
                fate.blocked.insert(source.to_owned(), other);
                continue;
            }
            // Each waits for another one: one of them makes room.
            let Some(id) = waiting.keys().next().copied() else { break };
            let passing = passing_name(&names[id]);
            fate.renames.push(step(&mut names, id, passing));
        }
        fate
    }

    /// Those that must be renamed so that the ones which are deployed now can have their names.
    fn needed(
        &self,
        names: &BTreeMap<&str, String>,
        waiting: &BTreeMap<&str, (&str, &str)>,
    ) -> BTreeSet<String> {
        let mut needed = BTreeSet::new();
        let wanted = self.names.iter().filter(|(source, _)| self.own.contains(*source));
        let mut open: Vec<&str> = wanted.filter_map(|(_, name)| name.as_deref()).collect();
        while let Some(name) = open.pop() {
            for (id, _) in names.iter().filter(|(_, other)| same(other, name)) {
                if let Some((_, next)) = waiting.get(id)
                    && needed.insert((*id).to_owned())
                {
                    open.push(next);
                }
            }
        }
        // Its own new name: in a circle all change at once.
        needed.extend(
            waiting
                .iter()
                .filter(|(_, (source, _))| self.own.contains(*source))
                .map(|(id, _)| (*id).to_owned()),
        );
        needed
    }

    /// Why a module's project can't have its name.
    #[must_use]
    pub fn why_blocked(&self, module: &Folder, fate: &Fate) -> Option<Failure> {
        let Scope::Project { id, name, .. } = &module.manifest.scope else { return None };
        let other = fate.blocked.get(id)?;
        if let Some(gone) = fate.gone.iter().find(|gone| gone.id == *other) {
            return Some(
                Failure::failed(format!(
                    "the project {name:?} can't have its name: {} still bears it, which is of a project that is gone from the source ({})",
                    gone.id, gone.source
                ))
                .hint(HOW_IT_GOES),
            );
        }
        let known = self.there.iter().find(|(_, there)| *there == other);
        Some(match known {
            Some((source, _)) => Failure::failed(format!(
                "the project {name:?} can't have its name: {other} still bears it, and what became of that one at the source ({source}) is not known"
            ))
            .hint("Deploy the space first: its module says what the projects are called now."),
            None => Failure::failed(format!(
                "the project {name:?} can't have its name: {other}, which octoferry did not make, bears it"
            ))
            .hint("Rename one of them."),
        })
    }

    /// What is to be recorded of the names.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What is to be recorded of where the projects are.
    #[must_use]
    pub fn there(&self) -> BTreeMap<String, String> {
        self.there.iter().map(|(source, there)| (key(source), there.clone())).collect()
    }
}

/// What to do about a project of the destination whose source is gone.
pub const HOW_IT_GOES: &str = "To delete it with all that it has there, releases too: --allow-destroy. To keep it, give it another name there.";

/// By what the record has a project.
#[must_use]
pub fn key(source: &str) -> String {
    format!("{}/{source}", Collection::Projects)
}

/// Whether a server takes two names for one.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn step(names: &mut BTreeMap<&str, String>, id: &str, to: String) -> Rename {
    let name = names.get_mut(id).expect("it is one of these");
    let from = std::mem::replace(name, to.clone());
    Rename { id: id.to_owned(), from, to }
}

impl Deployment<'_> {
    /// Deletes the projects that are gone, where that is allowed, and gives the others their names. Whether anything was written.
    ///
    /// # Errors
    /// When the destination refuses.
    pub async fn settle_projects(&self, fate: &Fate) -> Result<bool, Failure> {
        if self.plan_only {
            for Rename { from, to, .. } in &fate.renames {
                self.ui.info(&format!("would call the project {from:?} {to:?}"));
            }
            return Ok(false);
        }
        let server = &self.destination;
        let path = |id: &str| format!("{}/{}", Collection::Projects.documents(server.space_id()), encode(id));
        let mut any = false;
        for Gone { source, id, name, .. } in fate.gone.iter().filter(|gone| gone.goes) {
            server.client.delete(&path(id)).await.map_err(|failure| {
                failure.while_doing(format!("deleting the project {name:?}, which is gone from the source"))
            })?;
            self.known.there().gone.insert(key(source));
            self.ui.info(&format!("deleted the project {name:?} ({id}), which is gone from the source"));
            any = true;
        }
        for Rename { id, from, to } in &fate.renames {
            let Some(mut document) = server.client.find(&path(id)).await? else { continue };
            document["Name"] = json!(to);
            server.client.put(&path(id), &document).await.map_err(|failure| {
                failure.while_doing(format!("giving the project {from:?} the name {to:?}, as at the source"))
            })?;
            self.ui.info(&format!("the project {from:?} is {to:?} now"));
            any = true;
        }
        Ok(any)
    }

    /// What is left to a person of projects that are gone from the source; told with the space's module.
    pub(super) fn left_projects(&self, module: &Folder) -> Vec<String> {
        let is_space = module.manifest.scope == Scope::Space;
        if is_space { self.known.there().stays.values().cloned().collect() } else { Vec::new() }
    }
}

impl Fate {
    /// Tells what stays though it is gone from the source, or bears the name of another one.
    pub fn tell(&self, there: &mut There) {
        let stays = self.gone.iter().filter(|gone| !gone.goes);
        there.stays = stays.map(|gone| (gone.id.clone(), gone.text())).collect();
        there.nobodys = there.stays.keys().chain(self.blocked.values()).cloned().collect();
    }
}

impl Gone {
    fn text(&self) -> String {
        format!(
            "the project {:?} ({}) is gone from the source, and stays: delete it, or deploy with --allow-destroy",
            self.name, self.id
        )
    }
}

/// Id and name of each.
fn names_in(documents: &[Value]) -> Vec<(String, String)> {
    let text = |document: &Value, field: &str| document[field].as_str().unwrap_or_default().to_owned();
    documents.iter().map(|document| (text(document, "Id"), text(document, "Name"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Projects at both sides: by id at the source (and, with a `D` before it, at the destination) the name now and the name wanted.
    fn projects(wanted: &[(&str, Option<&str>)], own: &[&str], all: bool) -> Projects {
        let own: BTreeSet<String> = own.iter().map(|id| (*id).to_owned()).collect();
        let names = wanted.iter().map(|(id, name)| ((*id).to_owned(), name.map(str::to_owned)));
        let there = wanted.iter().map(|(id, _)| ((*id).to_owned(), format!("D{id}")));
        Projects { there: there.collect(), names: names.collect(), own, all }
    }

    fn list(names: &[(&str, &str)]) -> Vec<(String, String)> {
        names.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
    }

    /// The names after these steps, of which none takes a name that is borne.
    fn after(mut names: Vec<(String, String)>, fate: &Fate) -> BTreeMap<String, String> {
        for Rename { id, from, to } in &fate.renames {
            assert!(
                !names.iter().any(|(other, name)| other != id && same(name, to)),
                "{to:?} is borne: {fate:?}"
            );
            let name = names.iter_mut().find(|(other, _)| other == id).map(|(_, name)| name).unwrap();
            assert_eq!(name, from);
            name.clone_from(to);
        }
        names.into_iter().collect()
    }

    #[test]
    fn any_names_change_hands_from_any_point() {
        let now = ["a", "b", "c", "d"];
        // Each may get any of these names, as long as no two get the same.
        let names = ["A", "b", "C", "d", "e"];
        let mut tried = 0;
        for code in 0..names.len().pow(4) {
            let chosen: Vec<&str> =
                (0..4).map(|at| names[code / names.len().pow(at) % names.len()]).collect();
            if chosen.iter().collect::<BTreeSet<_>>().len() < 4 {
                continue;
            }
            tried += 1;
            let wanted: Vec<(String, &str)> =
                chosen.iter().enumerate().map(|(at, name)| (at.to_string(), *name)).collect();
            let wanted: Vec<(&str, Option<&str>)> =
                wanted.iter().map(|(id, name)| (id.as_str(), Some(*name))).collect();
            let there: Vec<(String, String)> =
                now.iter().enumerate().map(|(at, name)| (format!("D{at}"), (*name).to_owned())).collect();
            let projects = projects(&wanted, &[], true);
            let whole = projects.fate(&there, false);
            for killed in 0..=whole.renames.len() {
                let begun = Fate { renames: whole.renames[..killed].to_vec(), ..Fate::default() };
                let there: Vec<(String, String)> = after(there.clone(), &begun).into_iter().collect();
                let ended = after(there.clone(), &projects.fate(&there, false));
                assert_eq!(ended.values().map(String::as_str).collect::<Vec<_>>(), chosen);
            }
        }
        assert_eq!(tried, 5 * 4 * 3 * 2);
    }

    #[test]
    fn one_alone_has_only_those_renamed_that_are_in_its_way() {
        let there = list(&[("D1", "a"), ("D2", "b"), ("D3", "c"), ("D4", "x")]);
        let wanted = [("1", Some("b")), ("2", Some("c")), ("3", Some("e")), ("4", Some("y"))];
        let fate = projects(&wanted, &["1"], false).fate(&there, false);
        let order: Vec<&str> = fate.renames.iter().map(|rename| rename.to.as_str()).collect();
        assert_eq!(order, ["e", "c", "b"]);
        // What became of the other one is not known: it may have been renamed, or deleted.
        let wanted = [("1", Some("b")), ("2", Some("b"))];
        let fate = projects(&wanted, &["1"], false).fate(&there, false);
        assert_eq!((fate.renames.len(), fate.blocked.get("1").map(String::as_str)), (0, Some("D2")));
    }

    #[test]
    fn what_is_gone_keeps_its_name_until_it_may_go() {
        let there = list(&[("D1", "a"), ("D2", "b"), ("D3", "c")]);
        let wanted = [("1", Some("b")), ("2", None), ("3", None)];
        let stays = projects(&wanted, &["1"], true).fate(&there, false);
        assert_eq!((stays.gone.len(), stays.renames.len(), stays.blocked.len()), (2, 0, 1));
        let goes = projects(&wanted, &["1"], true).fate(&there, true);
        assert_eq!(goes.names().into_iter().filter(|(_, name)| name.is_none()).count(), 2);
        assert_eq!(goes.renames.len(), 1);
        // Alone it takes with it only what bears its name.
        let alone = projects(&wanted, &["1"], false).fate(&there, true);
        assert_eq!(
            alone.gone.iter().filter(|gone| gone.goes).map(|gone| gone.id.as_str()).collect::<Vec<_>>(),
            ["D2"]
        );
    }
}
