//! `todo.md`: what is left to a person, from the manifests of the modules.

use std::fmt::Write as _;

use super::kept::Item;
use super::outcomes::Outcomes;
use crate::mark::name;
use crate::ui;
use documents::collection::Collection;
use module::manifest::{Manifest, Note, Scope, SecretEntry, SecretOrigin};

/// What a module leaves to do, after what its deployment said about its secrets.
#[must_use]
pub(super) fn items(manifest: &Manifest, outcomes: &Outcomes) -> Vec<Item> {
    let mut items = Vec::new();
    for (secret, why) in open(manifest, outcomes) {
        let key = format!("**Secret** {}: ", secret.description);
        let mut text = format!("{key}{why}. Enter it at the destination: {}", portal(secret));
        if let SecretOrigin::Person { octopus_variable, .. } = &secret.from {
            let _ = write!(
                text,
                "; or at the source as the sensitive variable `{octopus_variable}` {}, scoped to the environment `{}`, and run the migration again",
                place(manifest),
                name::ENVIRONMENT,
            );
        }
        let _ = write!(
            text,
            ". When it is there: `octoferry secrets done {}`.",
            ui::shell_quoted(&manifest.name_of_secret(&secret.name))
        );
        items.push(Item { key, text });
    }
    items.extend(notes(manifest).map(|note| Item::new(note.task())));
    // One item is one line, whatever a name holds.
    let line = |text: &str| text.split(char::is_control).collect::<Vec<_>>().join(" ");
    items.into_iter().map(|item| Item { key: line(&item.key), text: line(&item.text) }).collect()
}

/// How many lines of the file the module causes.
#[must_use]
pub(super) fn count(manifest: &Manifest, outcomes: &Outcomes) -> usize {
    open(manifest, outcomes).count() + notes(manifest).count()
}

/// Secrets that did not arrive, and why: as the deployment said; before one, those that no run can read.
fn open<'a>(
    manifest: &'a Manifest,
    outcomes: &'a Outcomes,
) -> impl Iterator<Item = (&'a SecretEntry, &'a str)> {
    manifest.secrets.iter().filter_map(|secret| match (outcomes.get(&secret.name), &secret.from) {
        (Some(became), _) => became.open.then_some((secret, became.text.as_str())),
        (None, SecretOrigin::Person { because, .. }) => Some((secret, because.as_str())),
        (None, _) => None,
    })
}

/// Where in the portal of the destination a secret is entered.
fn portal(secret: &SecretEntry) -> String {
    let key = secret.key.iter().map(|part| format!("{part:?}")).collect::<Vec<_>>().join(", ");
    match (secret.collection, secret.key.as_slice()) {
        (Collection::Variables, [owner, name]) if owner == Collection::Projects.name() => {
            format!("project {name:?}, Variables")
        }
        (Collection::Variables, [_, name]) => format!("Library, Variable Sets, {name:?}"),
        (collection, _) => match collection.row().portal {
            None => format!("{collection} {key}"),
            Some(place) => place.replace("{}", &key),
        },
    }
}

/// What is to be done besides entering secrets, which stand in the file already.
fn notes(manifest: &Manifest) -> impl Iterator<Item = &Note> {
    manifest.notes.iter().filter(|note| note.needs_person() && !note.is_about_secret())
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

fn place(manifest: &Manifest) -> String {
    match &manifest.scope {
        Scope::Space => format!("in the library variable set `{}`", name::SECRETS_SET),
        Scope::Project { name, .. } | Scope::Runbook { project: name, .. } => {
            format!("of the source project `{name}`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::migrate::outcomes::Became;
    use module::manifest::About;
    use module::manifest::{Origin, SecretEntry};

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
        expect_test::expect![[r##"
            **Secret** Password of the feed "Images": no step can read feed passwords. Enter it at the destination: Library, External Feeds, "Images"; or at the source as the sensitive variable `Octoferry.Secret.feed_password` in the library variable set `Octoferry Secrets`, scoped to the environment `Octoferry`, and run the migration again. When it is there: `octoferry secrets done 'feed_password'`.
            Targets trust the old server. Let them trust the new one.
        "##]]
        .assert_eq(&text(&space, &nothing));
        let became =
            |open| Outcomes::from([("feed_password".to_owned(), Became { text: "x".to_owned(), open })]);
        assert_eq!(count(&space, &became(false)), 1, "somebody has entered it");
        assert!(
            text(&space, &became(true))
                .contains("\"Images\": x. Enter it at the destination: Library, External Feeds, \"Images\"")
        );
    }
}
