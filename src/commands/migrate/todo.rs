//! `todo.md`: what is left to a person, from the manifests of the modules.

use std::fmt::Write as _;

use crate::module::manifest::{Manifest, Note, Scope, SecretOrigin};
use crate::seeded::name;

/// The file's text; the space first, then projects in the given order.
#[must_use]
pub(super) fn text(manifests: &[&Manifest]) -> String {
    let mut text = String::from("# What is left to you\n");
    let mut any = false;
    for manifest in manifests {
        let mut part = String::new();
        for secret in &manifest.secrets {
            if let SecretOrigin::Person { octopus_variable, because } = &secret.from {
                let _ = writeln!(
                    part,
                    "- [ ] **Secret** {}: {because}. Enter it at the destination; or as the sensitive variable `{octopus_variable}` {}, scoped to the environment `{}`, and run the migration again.",
                    secret.description,
                    place(manifest),
                    name::ENVIRONMENT,
                );
            }
        }
        for note in notes(manifest) {
            let _ = writeln!(part, "- [ ] {}", note.task());
        }
        if !part.is_empty() {
            any = true;
            let _ = write!(text, "\n## {}\n\n{part}", title(manifest));
        }
    }
    if !any {
        text.push_str("\nNothing.\n");
    }
    text
}

/// How many lines of the file the module causes.
#[must_use]
pub(super) fn count(manifest: &Manifest) -> usize {
    let person = |origin: &SecretOrigin| matches!(origin, SecretOrigin::Person { .. });
    manifest.secrets.iter().filter(|secret| person(&secret.from)).count() + notes(manifest).count()
}

/// What is to be done besides entering secrets, which stand in the file already.
fn notes(manifest: &Manifest) -> impl Iterator<Item = &Note> {
    manifest.notes.iter().filter(|note| note.needs_person() && !note.is_about_secret())
}

fn title(manifest: &Manifest) -> String {
    match &manifest.scope {
        Scope::Space => format!("Space {}", manifest.source.space_name),
        Scope::Project { name, .. } => format!("Project {name}"),
    }
}

fn place(manifest: &Manifest) -> String {
    match &manifest.scope {
        Scope::Space => format!("in the library variable set `{}`", name::SECRETS_SET),
        Scope::Project { name, .. } => format!("of the source project `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::manifest::{Origin, SecretEntry};

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
            after: Vec::new(),
            notes: Vec::new(),
            files: Vec::new(),
        }
    }

    #[test]
    fn secrets_and_notes_become_tasks() {
        let mut space = manifest(Scope::Space);
        space.secrets.push(SecretEntry {
            name: "feed_password".to_owned(),
            description: "Password of the feed \"Images\"".to_owned(),
            terraform: true,
            collection: "feeds".to_owned(),
            key: vec!["Images".to_owned()],
            field: "Password".to_owned(),
            from: SecretOrigin::Person {
                octopus_variable: "Octoferry.Secret.feed_password".to_owned(),
                because: "no step can read feed passwords".to_owned(),
            },
        });
        space.notes.push(Note {
            code: "held".to_owned(),
            collection: "machines".to_owned(),
            key: Vec::new(),
            field: String::new(),
            text: "Targets trust the old server.".to_owned(),
            todo: "Let them trust the new one.".to_owned(),
        });
        let project = manifest(Scope::Project {
            id: "Projects-1".to_owned(),
            name: "Web".to_owned(),
            slug: "web".to_owned(),
        });
        assert_eq!((count(&space), count(&project)), (2, 0));
        expect_test::expect![[r#"
            # What is left to you

            ## Space Shop

            - [ ] **Secret** Password of the feed "Images": no step can read feed passwords. Enter it at the destination; or as the sensitive variable `Octoferry.Secret.feed_password` in the library variable set `Octoferry Secrets`, scoped to the environment `Octoferry`, and run the migration again.
            - [ ] Targets trust the old server. Let them trust the new one.
        "#]]
        .assert_eq(&text(&[&space, &project]));
    }
}
