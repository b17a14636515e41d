//! What one module leaves to people.

use super::{Item, Section};
use crate::mark::name;
use crate::ui::shell_quoted;
use documents::collection::Collection;
use module::manifest::{Held, Manifest, SecretEntry, SecretOrigin};

/// Its items. `open`: why a secret is not at the destination; nothing: it is, or a run brings it. `is_held`: whether a thing that is held back has not
/// been switched on since.
#[must_use]
pub fn of_module(
    manifest: &Manifest,
    open: impl Fn(&SecretEntry) -> Option<String>,
    is_held: impl Fn(&Held) -> bool,
) -> Vec<Item> {
    let project = manifest.scope.project();
    let mut items = Vec::new();
    let mut add = |item: Item| items.push(Item { project: project.map(str::to_owned), ..item });
    for (secret, why) in manifest.secrets.iter().filter_map(|secret| Some((secret, open(secret)?))) {
        let mut text = format!("{why}. Enter it at the destination and say so");
        if let SecretOrigin::Person { octopus_variable, .. } = &secret.from {
            text += &format!(
                "; or enter it at the source as the sensitive variable `{octopus_variable}` {}, scoped to the environment `{}`, and run the migration again",
                owner(manifest),
                name::ENVIRONMENT
            );
        }
        add(Item {
            place: Some(portal(secret)),
            commands: vec![format!(
                "octoferry secrets done {}",
                shell_quoted(&manifest.name_of_secret(&secret.name))
            )],
            ..Item::new(Section::Secrets, &secret.description, text)
        });
    }
    for note in manifest.notes.iter().filter(|note| note.needs_person() && !note.is_about_secret()) {
        let subject = format!("{} {}", note.collection(), note.place());
        let text = format!("{}. {}", note.text.trim_end_matches('.'), note.todo);
        add(Item::new(Section::ByHand, subject.trim_end(), text));
    }
    for held in manifest.held.iter().filter(|held| held.source.is_boolean() && is_held(held)) {
        let subject = format!("{} {:?}", held.target.collection, held.target.key.join("/"));
        let which = project
            .map_or_else(|| "--all".to_owned(), |project| format!("--project {}", shell_quoted(project)));
        add(Item {
            commands: vec![format!("octoferry cutover {which} --plan")],
            ..Item::new(Section::Cutover, &subject, format!("{} is held back", held.field))
        });
    }
    items
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

/// Whose variable at the source it would be.
fn owner(manifest: &Manifest) -> String {
    match manifest.scope.project() {
        None => format!("in the library variable set `{}`", name::SECRETS_SET),
        Some(project) => format!("of the source project `{project}`"),
    }
}
