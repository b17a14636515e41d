//! `todo.md`: what is left to a person, from the manifests of the modules.

use super::kept;
use crate::deployment::outcomes::{self, Outcomes};
use crate::report::{self, Item, Section};
use module::manifest::{Manifest, Scope};

/// What a module leaves to do now, after what its deployment said about its secrets. What waits for the cutover is in the report.
#[must_use]
fn left(manifest: &Manifest, outcomes: &Outcomes) -> Vec<Item> {
    let mut items = report::of_module(manifest, |secret| outcomes::open(secret, Some(outcomes)), |_| false);
    items.retain(|item| matches!(item.section, Section::Secrets | Section::ByHand));
    items
}

/// The same as lines of the file.
#[must_use]
pub(super) fn items(manifest: &Manifest, outcomes: &Outcomes) -> Vec<kept::Item> {
    left(manifest, outcomes).iter().map(line).collect()
}

/// An item as a line of the file. A secret stays the same when its reason is another.
#[must_use]
pub(super) fn line(item: &Item) -> kept::Item {
    let key = if item.section == Section::ByHand { item.line() } else { item.key() };
    kept::Item { key, text: item.line() }
}

/// How many lines of the file the module causes.
#[must_use]
pub(super) fn count(manifest: &Manifest, outcomes: &Outcomes) -> usize {
    left(manifest, outcomes).len()
}

/// The heading of a module's part.
#[must_use]
pub(super) fn title(manifest: &Manifest) -> String {
    match &manifest.scope {
        Scope::Space => format!("Space {}", manifest.source.space_name),
        Scope::Project { name, .. } => format!("Project {name}"),
        Scope::Runbook { name, project, .. } => format!("Runbook {name} of the project {project}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::outcomes::Became;
    use documents::collection::Collection;
    use module::manifest::{About, Note, Origin, SecretEntry, SecretOrigin};

    fn text(manifest: &Manifest, outcomes: &Outcomes) -> String {
        items(manifest, outcomes).iter().map(|item| format!("{}\n", item.text)).collect()
    }

    fn manifest(scope: Scope) -> Manifest {
        Manifest {
            format: 1,
            octoferry: "0.1.0".to_owned(),
            source: Origin {
                installation_id: "x".to_owned(),
                space_id: "Spaces-1".to_owned(),
                space_name: "Shop".to_owned(),
            },
            scope,
            secrets: Vec::new(),
            finish: Vec::new(),
            held: Vec::new(),
            makes: Vec::new(),
            parts: Vec::new(),
            after: Vec::new(),
            notes: Vec::new(),
            files: Vec::new(),
            part: module::manifest::Part::default(),
        }
    }

    #[test]
    fn secrets_and_notes_become_tasks() {
        let mut space = manifest(Scope::Space);
        space.secrets.push(SecretEntry {
            name: "feed_password".to_owned(),
            description: "Password of the feed \"Images\"".to_owned(),
            terraform: true,
            collection: Collection::Feeds,
            key: vec!["Images".to_owned()],
            field: "Password".to_owned(),
            path: Vec::new(),
            from: SecretOrigin::Person {
                octopus_variable: "Octoferry.Secret.feed_password".to_owned(),
                because: "no step can read feed passwords".to_owned(),
            },
        });
        space.notes.push(Note::new(
            "held",
            About::collection(Collection::Machines),
            "Targets trust the old server.",
            "Let them trust the new one.",
        ));
        let project = manifest(Scope::Project {
            id: "Projects-1".to_owned(),
            name: "Web".to_owned(),
            slug: "web".to_owned(),
        });
        let nothing = Outcomes::new();
        assert_eq!((count(&space, &nothing), count(&project, &nothing)), (2, 0));
        expect_test::expect![[r#"
            **Secret** Password of the feed "Images": no step can read feed passwords. Enter it at the destination and say so; or enter it at the source as the sensitive variable `Octoferry.Secret.feed_password` in the library variable set `Octoferry Secrets`, scoped to the environment `Octoferry`, and run the migration again. In the portal: Library, External Feeds, "Images". `octoferry secrets done 'feed_password'`
            **By hand** machines: Targets trust the old server. Let them trust the new one.
        "#]]
        .assert_eq(&text(&space, &nothing));
        let became =
            |open| Outcomes::from([("feed_password".to_owned(), Became { text: "x".to_owned(), open })]);
        assert_eq!(count(&space, &became(false)), 1, "somebody has entered it");
        let said = text(&space, &became(true));
        assert!(said.contains("\"Images\": x. Enter it at the destination and say so"), "{said}");
        assert!(said.contains("In the portal: Library, External Feeds, \"Images\""), "{said}");
    }
}
