//! Which modules are deployed, and in which order: the space first, then projects after those they need.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::delivery::folder;
use failure::Failure;
use module::manifest::{Manifest, Scope};

/// A module in its folder.
#[derive(Debug, Clone)]
pub struct Folder {
    pub path: PathBuf,
    pub manifest: Manifest,
}

impl Folder {
    /// What it is called: `space`, the project's name, or `project/runbook`.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        match &self.manifest.scope {
            Scope::Space => "space".into(),
            Scope::Project { name, .. } => name.into(),
            Scope::Runbook { name, project, .. } => format!("{project}/{name}").into(),
        }
    }

    /// A name for files and folders.
    #[must_use]
    pub fn slug(&self) -> &str {
        match &self.manifest.scope {
            Scope::Space => "space",
            Scope::Project { slug, .. } | Scope::Runbook { slug, .. } => slug,
        }
    }

    fn is_space(&self) -> bool {
        self.manifest.scope == Scope::Space
    }

    /// Whether this module can only come after the other.
    #[must_use]
    pub fn needs(&self, other: &Self) -> bool {
        let after = |project: &String| self.manifest.after.contains(project);
        match &other.manifest.scope {
            Scope::Space => !self.is_space(),
            Scope::Project { name, .. } => after(name),
            Scope::Runbook { .. } => false,
        }
    }
}

/// The modules of these folders, in the order of deployment. A folder that `serialize all` made stands for its modules.
///
/// # Errors
/// When a folder is no module, two are the same, or projects need each other in a circle (which is named).
pub fn modules(folders: &[PathBuf]) -> Result<Vec<Folder>, Failure> {
    let mut modules = Vec::new();
    for given in folders {
        for path in folder::modules_in(given)? {
            let manifest = folder::read_manifest(&path)?;
            modules.push(Folder { path, manifest });
        }
    }
    none_twice(&modules)?;
    sorted(modules)
}

/// Refuses two modules of one thing: the folder of a project that the source has no longer, and that of another one of its name.
fn none_twice(modules: &[Folder]) -> Result<(), Failure> {
    let mut seen: BTreeMap<(bool, Cow<'_, str>), &Path> = BTreeMap::new();
    for module in modules {
        if let Some(other) = seen.insert((module.is_space(), module.name()), &module.path) {
            let (name, other, path) = (module.name(), other.display(), module.path.display());
            return Err(Failure::usage(format!("the module of {name:?} is given twice: {other} and {path}")).hint(
                "Delete the folder of which serialize says that the space no longer has it (a project that was deleted, and made again under its name), or give the modules one by one.",
            ));
        }
    }
    Ok(())
}

/// Each module after those it needs; otherwise as given.
fn sorted(mut waiting: Vec<Folder>) -> Result<Vec<Folder>, Failure> {
    let mut sorted: Vec<Folder> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|module| {
            !waiting.iter().any(|other| other.name() != module.name() && module.needs(other))
        });
        let Some(ready) = ready else {
            let circle = circle(&waiting);
            return Err(Failure::failed(format!("these projects need each other in a circle: {}", circle.join(" → ")))
                .hint("Deploy them one at a time: a project that names one which is not there yet says so, and can be deployed again afterwards."));
        };
        sorted.push(waiting.remove(ready));
    }
    Ok(sorted)
}

/// The names of one circle, its first one repeated at the end.
fn circle(waiting: &[Folder]) -> Vec<String> {
    let mut way: Vec<&Folder> = vec![&waiting[0]];
    loop {
        let last = way[way.len() - 1];
        let next = waiting
            .iter()
            .find(|other| other.name() != last.name() && last.needs(other))
            .expect("each module that is not ready needs another one that waits");
        if let Some(start) = way.iter().position(|module| module.name() == next.name()) {
            let names = way[start..].iter().copied().chain([next]);
            return names.map(|module| format!("{:?}", module.name())).collect();
        }
        way.push(next);
    }
}

/// A path for messages.
#[must_use]
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use module::manifest::Origin;

    use super::*;

    fn module(name: &str, after: &[&str]) -> Folder {
        let scope = if name == "space" {
            Scope::Space
        } else {
            Scope::Project { id: name.into(), name: name.into(), slug: name.into() }
        };
        Folder {
            path: PathBuf::new(),
            manifest: Manifest {
                format: 1,
                octoferry: String::new(),
                source: Origin {
                    installation_id: String::new(),
                    space_id: String::new(),
                    space_name: String::new(),
                },
                scope,
                secrets: Vec::new(),
                finish: Vec::new(),
                held: Vec::new(),
                makes: Vec::new(),
                parts: Vec::new(),
                after: after.iter().map(|name| (*name).to_owned()).collect(),
                files: Vec::new(),
                part: module::manifest::Part::default(),
                notes: Vec::new(),
            },
        }
    }

    #[test]
    fn a_module_that_is_given_twice_is_named_with_both_folders() {
        let at = |path: &str| Folder { path: PathBuf::from(path), ..module("Shop", &[]) };
        let failure = none_twice(&[at("projects/shop"), module("space", &[]), at("projects/shop-2")]);
        let said = failure.err().map(|failure| failure.message).unwrap_or_default();
        assert_eq!(said, "the module of \"Shop\" is given twice: projects/shop and projects/shop-2");
        assert!(none_twice(&[at("projects/shop"), module("space", &[])]).is_ok());
    }

    #[test]
    fn the_space_comes_first_and_projects_after_what_they_need() {
        let order = sorted(vec![
            module("b", &["c", "not given"]),
            module("a", &[]),
            module("c", &[]),
            module("space", &[]),
        ]);
        let names: Vec<String> =
            order.ok().unwrap().iter().map(|module| module.name().into_owned()).collect();
        assert_eq!(names, ["space", "a", "c", "b"]);
    }

    #[test]
    fn a_runbook_comes_after_its_project_and_is_not_taken_for_it() {
        let mut runbook = module("x", &["Shop"]);
        let text = |text: &str| text.to_owned();
        runbook.manifest.scope = Scope::Runbook {
            id: text("Runbooks-1"),
            name: text("Shop"),
            slug: text("shop"),
            project_id: text("Projects-1"),
            project: text("Shop"),
        };
        let order = sorted(vec![runbook, module("Shop", &[])]).ok().unwrap();
        let names: Vec<String> = order.iter().map(|module| module.name().into_owned()).collect();
        assert_eq!(names, ["Shop", "Shop/Shop"]);
    }

    #[test]
    fn a_circle_is_named() {
        let failure = sorted(vec![module("x", &["a"]), module("a", &["b"]), module("b", &["a"])])
            .expect_err("a circle");
        assert!(failure.message.contains(r#""a" → "b" → "a""#), "{failure}");
    }
}
