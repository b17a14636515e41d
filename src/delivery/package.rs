//! Modules as packages in the source's built-in feed: how `serialize --push` hands a module over to a later `deploy`.
//!
//! The id is made of space and project ids, the version rises: `octoferry-module-Spaces-2-Projects-5`, `1.0.7`. The package is never
//! referenced by a step, since a published snapshot would freeze its version; the newest one is asked for through the API.
//!
//! Others may push packages of this name: each that octoferry made carries a seal ([`seal`]), and nothing of one without it is read.
//! They are named, and the newest that carries it is taken, so that nobody stops a migration by pushing something.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::delivery::folder;
use crate::mark::name::MODULE_PACKAGE;
use failure::Failure;
use failure::While as _;
use module::identities::{self, Identities};
use module::manifest::{Manifest, Scope};
use module::{MANIFEST, Module, policy, seal};
use octopus::client::encode;
use octopus::server::Server;
use secret::Secret;

/// Versions are `1.0.<n>`.
const VERSION_PREFIX: &str = "1.0.";
/// The highest n: a number beyond it is none that octoferry comes to by counting.
const HIGHEST: u64 = 999_999_999;
/// How often somebody else may take the next version before us.
const RACES: u32 = 5;
/// So many packages without our seal are looked at before we give up.
const FOREIGN: usize = 50;
/// Beyond this a package is no module of ours: protects against a packed file that unpacks without end.
const LARGEST: u64 = 1 << 30;
/// The same for the number of its files.
const MOST_FILES: usize = 100_000;

/// Name of the artifact by which a step says what it pushed.
pub const ARTIFACT: &str = "octoferry-module.json";

/// A module package in a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Pushed {
    pub id: String,
    pub version: String,
    /// SHA-256 of the package, in hexadecimal.
    #[serde(rename = "Sha256")]
    pub digest: String,
}

impl Pushed {
    /// For logs: id, version, digest.
    #[must_use]
    pub fn described(&self) -> String {
        format!("{} {} (sha256 {})", self.id, self.version, self.digest)
    }
}

/// The package id of the module of a space, or of one of its projects.
#[must_use]
pub fn id(space_id: &str, project_id: Option<&str>) -> String {
    match project_id {
        Some(project_id) => format!("{MODULE_PACKAGE}{space_id}-{project_id}"),
        None => format!("{MODULE_PACKAGE}{space_id}"),
    }
}

/// Uploads the module to the server's built-in feed, sealed, with the version after the newest.
///
/// # Errors
/// When the server refuses.
pub async fn push(server: &Server, module: &Module, key: &Secret) -> Result<Pushed, Failure> {
    let project = match &module.manifest.scope {
        Scope::Space => None,
        Scope::Project { id, .. } | Scope::Runbook { id, .. } => Some(id.as_str()),
    };
    let id = id(&module.manifest.source.space_id, project);
    let content = pack(module);
    let listed = Listed::read(server, &id).await?;
    let mut number = match listed.numbers.last() {
        // Somebody has pushed the highest number there is: go on from the last that octoferry made.
        Some(&HIGHEST) => listed.newest_sealed(server, &id, key).await?.map_or(0, |found| found.number),
        newest => newest.copied().unwrap_or(0),
    };
    for race in 0..=RACES {
        number = listed
            .free_after(number)
            .ok_or_else(|| Failure::failed(format!("the feed has a package {id} of every number")))?;
        let version = format!("{VERSION_PREFIX}{number}");
        let sealed = seal::seal(content.clone(), &id, &version, key);
        let digest = digest(&sealed);
        let path = server.path("packages/raw?overwriteMode=FailIfExists");
        match server.client.upload(&path, &format!("{id}.{version}.zip"), sealed).await {
            Ok(_) => return Ok(Pushed { id, version, digest }),
            // Another run has pushed in the meantime.
            Err(failure) if failure.http_status == Some(409) && race < RACES => {}
            Err(failure) => return Err(failure.while_doing(format!("uploading the module {id} {version}"))),
        }
    }
    Err(Failure::failed(format!("others keep uploading the module {id} at the same time"))
        .hint("Run the command again when they are done."))
}

/// A module from the feed.
pub struct Fetched {
    pub pushed: Pushed,
    pub manifest: Manifest,
    /// Packages that bear the name of this module and are none of octoferry's, each with the reason; they were left alone.
    pub foreign: Vec<String>,
}

/// Puts the newest sealed module into a folder, and says which it was. `with_foreign`: it may hold Terraform that octoferry does not write.
///
/// # Errors
/// When there is none.
pub async fn fetch(
    server: &Server,
    project_id: Option<&str>,
    key: &Secret,
    with_foreign: bool,
    into: &Path,
) -> Result<Fetched, Failure> {
    let id = id(server.space_id(), project_id);
    let listed = Listed::read(server, &id).await?;
    let found = listed.newest_sealed(server, &id, key).await?.ok_or_else(|| {
        let none = if listed.is_empty() {
            format!(
                "the source has no package {id}: nothing was serialized yet, or the feed's retention took it"
            )
        } else {
            format!("the source has no package {id} that octoferry made with the key of this space")
        };
        Failure::failed(none).hint("Run the runbook that serializes it.")
    })?;
    let version = format!("{VERSION_PREFIX}{}", found.number);
    let pushed = Pushed { id, version, digest: digest(&found.content) };
    let doing = |failure: Failure| failure.while_doing(pushed.described());
    let files = unpack(&found.content).map_err(doing)?;
    if !with_foreign {
        policy::check(&files).map_err(doing)?;
    }
    let manifest = folder::parse_manifest(files.get(MANIFEST).map_or(&[], Vec::as_slice)).map_err(doing)?;
    folder::write(&files, into)?;
    Ok(Fetched { pushed, manifest, foreign: found.foreign })
}

/// What the resources of the newest sealed module are at the source; nothing when there is none, or it is of an older octoferry.
///
/// # Errors
/// When the server refuses.
pub async fn newest_identities(
    server: &Server,
    project_id: Option<&str>,
    key: &Secret,
) -> Result<Option<Identities>, Failure> {
    let id = id(server.space_id(), project_id);
    let found = Listed::read(server, &id).await?.newest_sealed(server, &id, key).await?;
    let Some(found) = found else { return Ok(None) };
    let files = unpack(&found.content)?;
    Ok(files.get(identities::FILE).and_then(|content| Identities::parse(content)))
}

/// The manifest of a module that was pushed, and what its resources are at the source, by version and digest: for who knows them, and not the key.
///
/// # Errors
/// When there is no such package, or it is another one now.
pub async fn module_of(server: &Server, pushed: &Pushed) -> Result<(Manifest, Identities), Failure> {
    let content = download(server, &pushed.id, &pushed.version).await?;
    if digest(&content) != pushed.digest {
        return Err(Failure::failed(format!(
            "the package {} {} in the built-in feed is not the one that was made just now",
            pushed.id, pushed.version
        ))
        .hint("Who replaced it? Delete it in the portal (Library, Packages) and run the command again."));
    }
    let doing = |failure: Failure| failure.while_doing(pushed.described());
    let files = unpack(&content).map_err(doing)?;
    let manifest = folder::parse_manifest(files.get(MANIFEST).map_or(&[], Vec::as_slice)).map_err(doing)?;
    let identities = files.get(identities::FILE).and_then(|content| Identities::parse(content));
    Ok((manifest, identities.unwrap_or_default()))
}

async fn download(server: &Server, id: &str, version: &str) -> Result<Vec<u8>, Failure> {
    let content = server.client.download(&server.path(&format!("packages/{id}.{version}/raw"))).await;
    let content = content.while_doing(format!("fetching the module {id} {version}"))?;
    Ok(content.to_vec())
}

/// The packages of one name in the feed.
struct Listed {
    /// The n of the versions `1.0.<n>`, ascending.
    numbers: Vec<u64>,
    /// Versions that octoferry never makes.
    foreign: Vec<String>,
}

/// A package that carries our seal.
struct Found {
    number: u64,
    content: Vec<u8>,
    foreign: Vec<String>,
}

impl Listed {
    async fn read(server: &Server, id: &str) -> Result<Self, Failure> {
        let path = server.path(&format!("packages?nuGetPackageId={}", encode(id)));
        let packages =
            server.client.list(&path).await.while_doing(format!("looking for the package {id}"))?;
        Ok(Self::of(id, &packages))
    }

    fn of(id: &str, packages: &[Value]) -> Self {
        let mut listed = Self { numbers: Vec::new(), foreign: Vec::new() };
        for package in packages {
            // A server that ignores the filter answers other packages too.
            if !package["PackageId"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(id)) {
                continue;
            }
            let version = package["Version"].as_str().unwrap_or_default();
            match number_of(version) {
                Some(number) => listed.numbers.push(number),
                None => listed.foreign.push(format!("{id} {version}: octoferry makes no such version")),
            }
        }
        listed.numbers.sort_unstable();
        listed.numbers.dedup();
        listed
    }

    fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.foreign.is_empty()
    }

    /// The next number that no package has.
    fn free_after(&self, number: u64) -> Option<u64> {
        (number.checked_add(1)?..=HIGHEST).find(|number| self.numbers.binary_search(number).is_err())
    }

    /// The newest package that carries our seal.
    async fn newest_sealed(&self, server: &Server, id: &str, key: &Secret) -> Result<Option<Found>, Failure> {
        let mut foreign = self.foreign.clone();
        for number in self.numbers.iter().rev().copied() {
            if foreign.len() >= self.foreign.len() + FOREIGN {
                return Err(Failure::failed(format!(
                    "more than {FOREIGN} packages {id} in the built-in feed are none that octoferry made, among them:\n  {}",
                    foreign[..5].join("\n  ")
                ))
                .hint("Who pushes them? Delete them in the portal (Library, Packages) and run it again."));
            }
            let version = format!("{VERSION_PREFIX}{number}");
            let content = download(server, id, &version).await?;
            if seal::is_sealed(&content, id, &version, key) {
                return Ok(Some(Found { number, content, foreign }));
            }
            foreign.push(format!("{id} {version}: it was not made by octoferry with the key of this space"));
        }
        Ok(None)
    }
}

/// The n of a version that octoferry makes.
fn number_of(version: &str) -> Option<u64> {
    let text = version.strip_prefix(VERSION_PREFIX)?;
    let number = text.parse().ok().filter(|number| *number <= HIGHEST)?;
    // `+7` and `007` are numbers too, and versions of others.
    (text == u64::to_string(&number)).then_some(number)
}

fn digest(content: &[u8]) -> String {
    seal::hex(&Sha256::digest(content))
}

/// The module as a zip package, byte for byte the same each time.
#[must_use]
pub fn pack(module: &Module) -> Vec<u8> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in module.all_files() {
        zip.start_file(path, options).expect("memory takes a zip entry");
        zip.write_all(&content).expect("memory takes a zip entry's content");
    }
    zip.finish().expect("memory takes a zip directory").into_inner()
}

/// The files of a package, by their paths; folders and what a server may have added are left out.
fn unpack(content: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let broken =
        |error: &dyn std::fmt::Display| Failure::failed(format!("the package can't be unpacked: {error}"));
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|error| broken(&error))?;
    if archive.len() > MOST_FILES {
        return Err(broken(&format!("it holds more than {MOST_FILES} files")));
    }
    let mut files = BTreeMap::new();
    let mut total = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| broken(&error))?;
        if entry.is_dir() {
            continue;
        }
        let Some(path) = entry.enclosed_name().and_then(|path| path.to_str().map(str::to_owned)) else {
            return Err(broken(&format!("it holds {:?}, which points out of it", entry.name())));
        };
        let mut bytes = Vec::new();
        entry.take(LARGEST - total + 1).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
        total += bytes.len() as u64;
        if total > LARGEST {
            return Err(broken(&"it unpacks to more than 1 GiB"));
        }
        files.insert(path, bytes);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn ids_are_made_of_ids() {
        assert_eq!(id("Spaces-2", None), "octoferry-module-Spaces-2");
        assert_eq!(id("Spaces-2", Some("Projects-5")), "octoferry-module-Spaces-2-Projects-5");
    }

    #[test]
    fn versions_that_octoferry_never_makes_are_ignored_and_named() {
        let packages: Vec<Value> = [
            "1.0.7",
            "1.0.18446744073709551615",
            "1.0.1000000000",
            "2.0.0",
            "1.0.+9",
            "1.0.010",
            "1.0.5",
        ]
        .map(|version| serde_json::json!({"PackageId": "Octoferry-Module-Spaces-2", "Version": version}))
        .into_iter()
        .chain([serde_json::json!({"PackageId": "other", "Version": "1.0.99"})])
        .collect();
        let listed = Listed::of("octoferry-module-Spaces-2", &packages);
        assert_eq!(listed.numbers, [5, 7]);
        assert_eq!(listed.foreign.len(), 5);
        assert_eq!(
            (listed.free_after(4), listed.free_after(5), listed.free_after(7)),
            (Some(6), Some(6), Some(8))
        );
        assert_eq!((listed.free_after(HIGHEST), listed.free_after(u64::MAX)), (None, None));
    }

    #[test]
    fn a_package_that_points_out_of_itself_is_refused() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("../evil", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
        let content = zip.finish().unwrap().into_inner();
        assert!(unpack(&content).unwrap_err().message.contains("points out of it"));
        assert!(unpack(b"no zip").unwrap_err().message.contains("can't be unpacked"));
    }
}
