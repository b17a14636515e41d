//! What stands at the destination already under the name of something that a module makes.

mod defaults;
mod parts;
mod tenant;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::finish::directory::Directory;
use crate::relay::Taken;
use documents::collection::Collection;
use failure::{Failure, While as _};
use module::manifest::{Manifest, Target};
use octoferry_core::kinds;
use octopus::server::Server;
use terraform::state::State;

/// What the provider (1.17.0) can't import and an update can do the work of: one document of the space, found by its name.
const TAKEN_BY_RELAY: [Collection; 2] = [Collection::GitCredentials, Collection::Proxies];

/// Something that the module would make, and that is there, but not in the state.
pub struct Collision {
    /// The document, or the one that it is a part of.
    target: Target,
    /// The name of the part: a tag, a variable, a step.
    part: Option<String>,
    address: String,
    /// The id of the document; of a part that of none.
    id: Option<String>,
    /// The id for an import, or why it can't be imported.
    import: Result<String, String>,
    /// The id for the relay, which takes it over when Terraform makes it.
    relay: Option<String>,
    /// Of what every server makes, and the module takes over by itself: who uses it there, `3 projects`.
    in_use: Option<String>,
}

impl Collision {
    /// `environments "Test" (Environments-3)`, `variables "projects/Shop": "Timeout" (Projects-3:4f…)`.
    #[must_use]
    pub fn text(&self) -> String {
        let part = self.part.as_ref().map(|part| format!(": {part:?}")).unwrap_or_default();
        let id = self.import.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        let users = self.in_use.as_ref().map(|users| format!(", the default one, in use there by {users}"));
        format!(
            "{} {:?}{part}{id}{}",
            self.target.collection,
            self.target.key.join("/"),
            users.unwrap_or_default()
        )
    }

    /// The id of the document that is there; `None` for a part of one.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether Terraform or the relay can take it over.
    #[must_use]
    pub fn can_be_taken_over(&self) -> bool {
        self.import.is_ok() || self.relay.is_some()
    }

    /// For `--json`.
    #[must_use]
    pub fn as_json(&self, module: &str) -> Value {
        json!({
            "Module": module,
            "Collection": self.target.collection,
            "Key": self.target.key,
            "Part": self.part,
            "Address": self.address,
            "Id": self.import.as_ref().ok().or(self.relay.as_ref()),
            "NoImport": self.import.as_ref().err().filter(|_| self.relay.is_none()),
            "InUse": self.in_use,
        })
    }
}

/// What is there already.
pub struct Existing {
    pub collisions: Vec<Collision>,
    /// What the module takes over in every space and would not find by itself: address and id.
    pub renamed: Vec<(String, String)>,
}

/// Looks for all of them.
///
/// # Errors
/// When the destination refuses.
pub async fn look(
    manifest: &Manifest,
    state: &State,
    directory: &mut Directory,
) -> Result<Existing, Failure> {
    let mut collisions = Vec::new();
    for made in &manifest.makes {
        // Retention policies are there in every space; their resources only set them.
        if made.adopted || state.has(&made.address) || made.target.collection == Collection::RetentionPolicies
        {
            continue;
        }
        if let Some(place) = directory.find(&made.target).await? {
            let relay = TAKEN_BY_RELAY.contains(&made.target.collection).then(|| place.id.clone());
            let id = Some(place.id.clone());
            let import = if made.target.collection.row().import {
                Ok(place.id)
            } else {
                Err("the provider can't import this kind".to_owned())
            };
            collisions.push(Collision {
                target: made.target.clone(),
                part: None,
                address: made.address.clone(),
                id,
                import,
                relay,
                in_use: None,
            });
        }
    }
    let defaults = defaults::look(manifest, state, &directory.server).await?;
    collisions.extend(defaults.in_use);
    let parts = parts::look(manifest, state, directory).await?;
    let values = tenant::look(manifest, state, directory).await?;
    // A variable whose scope has changed, a step that is of another type now: made by octoferry, under the address that it had then.
    let is_foreign = |collision: &Collision| {
        let Ok(id) = &collision.import else { return true };
        let own = id.rsplit(':').next().unwrap_or_default();
        !state.has_id(id) && !state.has_id(own)
    };
    collisions.extend(parts.into_iter().chain(values).filter(is_foreign));
    Ok(Existing { collisions, renamed: defaults.renamed })
}

/// The failure that names them all, by module; of a document's parts the first few, the others are counted.
#[must_use]
pub fn refusal(modules: &[(String, &[Collision])]) -> Failure {
    let mut lines = Vec::new();
    for (module, collisions) in modules.iter().filter(|(_, collisions)| !collisions.is_empty()) {
        if modules.len() > 1 {
            lines.push(format!("{module}:"));
        }
        lines.extend(
            collisions.iter().filter(|one| one.part.is_none()).map(|one| format!("  {}", one.text())),
        );
        let mut parts: BTreeMap<(Collection, &[String]), Vec<&str>> = BTreeMap::new();
        for collision in *collisions {
            if let Some(part) = &collision.part {
                parts.entry((collision.target.collection, &collision.target.key)).or_default().push(part);
            }
        }
        for ((collection, key), names) in parts {
            let mut text = format!("  {collection} {:?} has ", key.join("/"));
            let shown: Vec<String> = names.iter().take(5).map(|name| format!("{name:?}")).collect();
            text.push_str(&shown.join(", "));
            if names.len() > shown.len() {
                let _ = write!(text, " and {} more", names.len() - shown.len());
            }
            lines.push(text);
        }
    }
    Failure::failed(format!(
        "the destination has these already, and the state does not know them; nothing was written:\n{}",
        lines.join("\n")
    ))
    .hint("To take them over and make them as the source has them: --existing adopt.")
    .hint("To use them as they are: serialize again with --lookup KIND:NAME. To have both: --rename KIND:NAME=OTHER.")
    .hint("Otherwise rename or delete them there.")
}

/// What the relay takes over when the module makes it.
#[must_use]
pub fn taken_by_relay(collisions: &[Collision]) -> Taken {
    let taken = collisions.iter().filter_map(|collision| {
        let route = collision.target.collection.row().route.to_owned();
        Some(((route, collision.target.key.last()?.clone()), collision.relay.clone()?))
    });
    taken.collect()
}

/// The import blocks that take over what can be.
#[must_use]
pub fn import_blocks(collisions: &[Collision]) -> String {
    let mut blocks = String::new();
    // What is the default there has a block in the module.
    for collision in collisions.iter().filter(|collision| collision.in_use.is_none()) {
        if let Ok(id) = &collision.import {
            blocks.push_str(&import_block(&collision.address, id));
        }
    }
    blocks
}

/// What every server makes, and the module would take over though it is in use: a deployment that was not told so stops at it.
///
/// # Errors
/// When the destination refuses.
pub async fn defaults_in_use(manifest: &Manifest, destination: &Server) -> Result<Vec<String>, Failure> {
    let defaults = defaults::look(manifest, &State::default(), destination).await?;
    Ok(defaults.in_use.iter().map(Collision::text).collect())
}

/// Lets the module in the working copy take over what it would look for under the name that every server gives it; the import blocks. Terraform
/// allows one for each resource, so the module's own goes.
///
/// # Errors
/// When its file can't be read or written.
pub fn take_over_renamed(directory: &Path, renamed: &[(String, String)]) -> Result<String, Failure> {
    let file = directory.join("adopt.tf");
    if renamed.is_empty() || !file.exists() {
        return Ok(String::new());
    }
    let text = std::fs::read_to_string(&file).while_doing("reading adopt.tf")?;
    let (mut own, mut blocks) = (text.clone(), String::new());
    for (address, id) in renamed {
        own = without_import(&own, address);
        blocks.push_str(&import_block(address, id));
    }
    if own != text {
        std::fs::write(&file, own).while_doing("writing adopt.tf")?;
    }
    Ok(blocks)
}

/// A text of octoferry's without the import block of a resource.
fn without_import(text: &str, address: &str) -> String {
    let is_to = |line: &str| {
        line.split_once('=').is_some_and(|(name, to)| name.trim() == "to" && to.trim() == address)
    };
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("import {\n") {
        let end = rest[start..].find("\n}\n").map_or(rest.len(), |end| start + end + 3);
        let keep = if rest[start..end].lines().any(is_to) { start } else { end };
        kept.push_str(&rest[..keep]);
        rest = &rest[end..];
    }
    kept + rest
}

fn import_block(address: &str, id: &str) -> String {
    format!("import {{\n  to = {address}\n  id = \"{id}\"\n}}\n\n")
}

/// Deletes what is in the way.
///
/// # Errors
/// When the destination refuses.
pub async fn delete(collision: &Collision, directory: &mut Directory) -> Result<(), Failure> {
    if let Some(place) = directory.find(&collision.target).await? {
        directory.server.client.delete(&place.write).await?;
        directory.forget();
    }
    Ok(())
}

/// The failure that names all that can't be taken over; `None` when everything can.
#[must_use]
pub fn impossible(modules: &[(String, &[Collision])]) -> Option<Failure> {
    let mut lines = Vec::new();
    let mut options = Vec::new();
    for (module, collision) in
        modules.iter().flat_map(|(module, all)| all.iter().map(move |one| (module, one)))
    {
        let (Err(why), None) = (&collision.import, &collision.relay) else { continue };
        let within = if modules.len() > 1 { format!("{module}: ") } else { String::new() };
        lines.push(format!("  {within}{}: {why}", collision.text()));
        if let (Some(lookup), [name], None) = (
            kinds::ALL.lookup(collision.target.collection, None),
            collision.target.key.as_slice(),
            &collision.part,
        ) {
            options.push(format!("--lookup {:?}", format!("{}:{name}", lookup.list)));
        }
    }
    if lines.is_empty() {
        return None;
    }
    let mut failure =
        Failure::failed(format!("these can't be taken over; nothing was written:\n{}", lines.join("\n")));
    if !options.is_empty() {
        failure =
            failure.hint(format!("To use them as they are, serialize again with: {}", options.join(" ")));
    }
    Some(failure.hint("Otherwise rename or delete them at the destination, then deploy again."))
}

#[cfg(test)]
mod tests {
    use super::without_import;

    #[test]
    fn one_import_block_is_taken_out() {
        let block = |to: &str| {
            format!("import {{\n  for_each = toset([])\n  to       = {to}\n  id       = each.value\n}}\n")
        };
        let text =
            format!("data \"x\" \"y\" {{\n}}\n\n{}\n{}\n{}", block("a.b"), block("a.bc"), block("d.e"));
        let kept = without_import(&text, "a.b");
        assert!(!kept.contains("= a.b\n") && kept.contains("= a.bc\n") && kept.contains("= d.e\n"), "{kept}");
        assert_eq!(without_import(&text, "a.x"), text);
    }
}
