//! What is left to people, as one list: made of the modules, the source's machines, what both servers say of themselves, and the comparison.
//! Pure; `commands::report` reads the servers. `markdown`, `html` and `csv` show the same list, and `todo.md` of a migration its part of it.

mod differences;
mod html;
mod item;
mod machines;
mod markdown;
mod module_items;
mod people;
mod server;
mod table;

use serde::Serialize;

use crate::ui::shell_quoted;

use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use module::manifest::{Held, Manifest, Scope, SecretEntry};

pub use differences::{Unmoved, is_still_held, of_comparison};
pub use html::html;
pub use item::{Item, Section, State};
pub use machines::{Address, Known, tentacles};
pub use markdown::markdown;
pub use module_items::of_module;
pub use people::{missing_service_accounts, people};
pub use server::of_servers;
pub use table::csv;

/// A project, for the map: what it shares and what must be there before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Project {
    pub name: String,
    /// How many items are its own.
    pub open: usize,
    /// Library variable sets that it uses.
    pub uses: Vec<String>,
    /// Projects whose modules are deployed before its own.
    pub after: Vec<String>,
    /// Whether the destination has a project of this name; nothing where no destination was asked.
    pub moved: Option<bool>,
}

/// How a secret stands at the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It arrived, or a run brings it.
    Read,
    /// Somebody has entered it there.
    Entered,
    /// Why it is not there.
    Open(String),
    /// No run can read it; it may have arrived by another door or have been entered, and the runs that told are gone.
    Forgotten,
}

/// How many secrets the modules have, by what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Secrets {
    /// They arrived, or a step of the source server reads them.
    pub read: usize,
    /// Somebody has entered them at the destination, or has said so.
    pub entered: usize,
    /// They are not there, and a person must enter them.
    pub open: usize,
    /// Whether they are there is not known any more.
    pub forgotten: usize,
}

impl Secrets {
    /// Counts those of the modules.
    #[must_use]
    pub fn of(manifests: &[&Manifest], standing: impl Fn(&Manifest, &SecretEntry) -> Standing) -> Self {
        let mut secrets = Self::default();
        let of_all =
            manifests.iter().flat_map(|manifest| manifest.secrets.iter().map(move |one| (manifest, one)));
        for (manifest, secret) in of_all {
            let count = match standing(manifest, secret) {
                Standing::Read => &mut secrets.read,
                Standing::Entered => &mut secrets.entered,
                Standing::Open(_) => &mut secrets.open,
                Standing::Forgotten => &mut secrets.forgotten,
            };
            *count += 1;
        }
        secrets
    }
}

/// The whole list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Report {
    pub source: String,
    pub destination: Option<String>,
    pub items: Vec<Item>,
    pub projects: Vec<Project>,
    pub secrets: Secrets,
    /// Documents that are equal, and that are compared at all; nothing where no destination was asked.
    pub equal: Option<(usize, usize)>,
}

impl Report {
    /// How many items a section has.
    #[must_use]
    pub fn count(&self, section: Section) -> usize {
        self.of(section).count()
    }

    pub fn of(&self, section: Section) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.section == section)
    }
}

/// What the modules leave to people. `open` and `is_held` as for [`of_module`].
#[must_use]
pub fn of_modules(
    manifests: &[&Manifest],
    open: impl Fn(&Manifest, &SecretEntry) -> Option<String>,
    is_held: impl Fn(&Held) -> bool,
) -> Vec<Item> {
    let of_one = |manifest: &&Manifest| of_module(manifest, |secret| open(manifest, secret), &is_held);
    manifests.iter().flat_map(of_one).collect()
}

/// Secrets of which nobody can tell any more whether they are there: one item for each module, with their names.
#[must_use]
pub fn of_forgotten(
    manifests: &[&Manifest],
    standing: impl Fn(&Manifest, &SecretEntry) -> Standing,
) -> Vec<Item> {
    let of_module = |manifest: &&Manifest| {
        let is_forgotten = |secret: &&SecretEntry| standing(manifest, secret) == Standing::Forgotten;
        let names: Vec<&str> =
            manifest.secrets.iter().filter(is_forgotten).map(|secret| secret.description.as_str()).collect();
        let text = format!(
            "no step of the source reads them, and whether they arrived otherwise is not known any more, since the runs that told are gone: try what uses them, and enter what is missing. {}",
            names.join("; ")
        );
        (!names.is_empty()).then(|| Item {
            project: manifest.scope.project().map(str::to_owned),
            state: State::Forgotten,
            ..Item::new(Section::Secrets, &format!("{} not known any more", names.len()), text)
        })
    };
    manifests.iter().filter_map(of_module).collect()
}

/// Projects that a person has disabled at the source: they are disabled at the destination too, while what the cutover has disabled is not carried.
/// `inventory`: as it stood before the cutover ([`crate::seeded::prepare`]).
#[must_use]
pub fn of_disabled(inventory: &Inventory) -> Vec<Item> {
    let disabled = inventory.all(Collection::Projects).filter(|project| project.flag("IsDisabled"));
    disabled
        .map(|project| Item {
            project: Some(project.name().to_owned()),
            ..Item::new(
                Section::ByHand,
                &format!("project {:?}", project.name()),
                "a person has disabled it at the source, so it is disabled at the destination; what octoferry cutover disables is not. Enable it at the source when that was meant for the cutover".to_owned(),
            )
        })
        .collect()
}

/// Packages of the built-in feed that processes name and the destination has no version of.
#[must_use]
pub fn of_packages<'a>(named: impl Iterator<Item = &'a String>, destination: &[Document]) -> Vec<Item> {
    let is_there = |id: &str| {
        destination
            .iter()
            .any(|package| package.text("PackageId").is_some_and(|there| there.eq_ignore_ascii_case(id)))
    };
    named
        .filter(|id| !is_there(id))
        .map(|id| {
            let text = "processes name it, and the destination's built-in feed has no version of it";
            Item {
                commands: vec![format!("octoferry packages --only {} --newest 1", shell_quoted(id))],
                ..Item::new(Section::Packages, &format!("package {id:?}"), text.to_owned())
            }
        })
        .collect()
}

/// The projects of a space with what they share, for the map.
#[must_use]
pub fn projects(
    inventory: &Inventory,
    manifests: &[&Manifest],
    items: &[Item],
    there: Option<&Inventory>,
) -> Vec<Project> {
    let mut projects: Vec<Project> = inventory
        .all(Collection::Projects)
        .map(|project| {
            let name = project.name().to_owned();
            let of_it = |manifest: &&&Manifest| match &manifest.scope {
                Scope::Project { id, .. } => id == project.id(),
                _ => false,
            };
            let after = manifests.iter().find(of_it).map(|manifest| manifest.after.clone());
            let mut uses: Vec<String> = project
                .texts("IncludedLibraryVariableSetIds")
                .filter_map(|id| inventory.get(Collection::LibraryVariableSets, id))
                .map(|set| set.name().to_owned())
                .collect();
            uses.sort();
            Project {
                open: items.iter().filter(|item| item.project.as_ref() == Some(&name)).count(),
                uses,
                after: after.unwrap_or_default(),
                moved: there.map(|there| there.all(Collection::Projects).any(|other| other.name() == name)),
                name,
            }
        })
        .collect();
    projects.sort_by(|one, other| one.name.cmp(&other.name));
    projects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::outcomes;

    fn manifest() -> Manifest {
        serde_json::from_str(include_str!("../../tests/spaces/small-web/module/space/octoferry.json"))
            .unwrap()
    }

    fn report() -> Report {
        let manifest = manifest();
        let mut items = of_modules(&[&manifest], for_persons, |_| true);
        items.push(Item {
            project: Some("<script>alert(1)</script>".into()),
            commands: vec!["tool --name 'x'".into()],
            ..Item::new(Section::ByHand, "=cmd|' /C calc'!A0", "a | b\n- [ ] c".into())
        });
        let project = Project {
            name: "<img src=x>".into(),
            open: 1,
            uses: vec!["Common & more".into()],
            after: Vec::new(),
            moved: Some(true),
        };
        Report {
            source: "https://old.example, space \"Shop\"".into(),
            destination: None,
            items,
            projects: vec![project],
            secrets: Secrets::of(&[&manifest], |_, _| Standing::Read),
            equal: None,
        }
    }

    fn for_persons(_: &Manifest, secret: &SecretEntry) -> Option<String> {
        outcomes::open(secret, None)
    }

    #[test]
    fn the_secrets_that_a_person_enters_and_what_is_held_back_are_items() {
        let items = of_modules(&[&manifest()], for_persons, |_| true);
        let secrets: Vec<&Item> = items.iter().filter(|item| item.section == Section::Secrets).collect();
        assert_eq!(secrets.len(), 1, "{secrets:?}");
        assert_eq!(secrets[0].subject, "Password of the feed \"Letterbox images\"");
        let items = of_modules(&[&manifest()], |_, _| None, |_| true);
        assert!(!items.iter().any(|item| item.section == Section::Secrets), "somebody has entered it");
    }

    #[test]
    fn a_project_that_a_person_has_disabled_is_named() {
        let mut inventory = Inventory::default();
        for (id, disabled) in [("Projects-1", true), ("Projects-3", false)] {
            let project = serde_json::json!({"Id": id, "Name": id, "IsDisabled": disabled});
            inventory.insert(Collection::Projects, Document::new(project).unwrap());
        }
        let items = of_disabled(&inventory);
        assert_eq!(
            items.iter().map(|item| item.project.as_deref()).collect::<Vec<_>>(),
            [Some("Projects-1")]
        );
    }

    #[test]
    fn names_do_no_harm_in_any_form() {
        let report = report();
        let page = html(&report);
        assert!(
            !page.contains("<script>alert") && !page.contains("<img") && page.contains("&lt;img src=x&gt;"),
            "{page}"
        );
        assert!(page.contains("Common &amp; more"));
        let text = markdown(&report);
        assert!(text.contains("a | b - [ ] c"), "one item is one line: {text}");
        let rows = csv(&report);
        assert!(rows.contains("\"'=cmd"), "no cell begins a formula: {rows}");
    }

    #[test]
    fn a_package_that_is_there_in_any_version_is_not_named() {
        let there = Document::new(serde_json::json!({"Id": "packages-Web.1", "PackageId": "Web"})).unwrap();
        let named = ["web".to_owned(), "tools".to_owned()];
        let items = of_packages(named.iter(), &[there]);
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].commands, ["octoferry packages --only 'tools' --newest 1"]);
    }
}
