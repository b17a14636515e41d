//! Modules as packages in the source's built-in feed: how `serialize --push` hands a module over to a later `deploy`.
//!
//! The id is made of space and project ids, the version rises: `octoferry-module-Spaces-2-Projects-5`, `1.0.7`. The package is never
//! referenced by a step, since a published snapshot would freeze its version; the newest one is asked for through the API.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use futures::future::try_join_all;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::delivery::folder;
use crate::seeded::name::MODULE_PACKAGE;
use failure::Failure;
use module::manifest::{self, Manifest, Scope};
use module::{MANIFEST, Module};
use octopus::client::encode;
use octopus::server::Server;

/// Versions are `1.0.<n>`.
const VERSION_PREFIX: &str = "1.0.";
/// How often somebody else may take the next version before us.
const RACES: u32 = 5;
/// Beyond this a package is no module of ours: protects against a packed file that unpacks without end.
const LARGEST: u64 = 2 << 30;

/// A module package in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    pub id: String,
    pub version: String,
    /// SHA-256 of the package, in hexadecimal.
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

/// Uploads the module to the server's built-in feed, with the version after the newest.
///
/// # Errors
/// When the server refuses.
pub async fn push(server: &Server, module: &Module) -> Result<Pushed, Failure> {
    let project = match &module.manifest.scope {
        Scope::Space => None,
        Scope::Project { id, .. } | Scope::Runbook { id, .. } => Some(id.as_str()),
    };
    let id = id(&module.manifest.source.space_id, project);
    let content = pack(module);
    let digest = digest(&content);
    let mut number = newest(server, &id).await?.unwrap_or(0) + 1;
    for race in 0..=RACES {
        let version = format!("{VERSION_PREFIX}{number}");
        let path = server.path("packages/raw?overwriteMode=FailIfExists");
        match server.client.upload(&path, &format!("{id}.{version}.zip"), content.clone()).await {
            Ok(_) => return Ok(Pushed { id, version, digest }),
            // Another run has pushed in the meantime.
            Err(failure) if failure.http_status == Some(409) && race < RACES => number += 1,
            Err(failure) => return Err(failure.while_doing(format!("uploading the module {id} {version}"))),
        }
    }
    Err(Failure::failed(format!("others keep uploading the module {id} at the same time"))
        .hint("Run the command again when they are done."))
}

/// Puts the newest pushed module into a folder, and says which it was.
///
/// # Errors
/// When there is none, or it is none of ours.
pub async fn fetch(
    server: &Server,
    project_id: Option<&str>,
    into: &Path,
) -> Result<(Pushed, Manifest), Failure> {
    let (pushed, manifest, files) = newest_module(server, project_id).await?;
    folder::write(&files, into)?;
    Ok((pushed, manifest))
}

/// The manifest of the newest pushed module.
///
/// # Errors
/// When there is none, or it is none of ours.
pub async fn newest_manifest(server: &Server, project_id: Option<&str>) -> Result<Manifest, Failure> {
    Ok(newest_module(server, project_id).await?.1)
}

/// The manifests of the newest pushed modules: of the space, and of these projects. What was never pushed is left out.
///
/// # Errors
/// When the source can't be read, or a package is none of ours.
pub async fn newest_manifests(server: &Server, project_ids: &[&str]) -> Result<Vec<Manifest>, Failure> {
    let modules = std::iter::once(None).chain(project_ids.iter().copied().map(Some));
    let manifests =
        modules.map(async |project| match newest(server, &id(server.space_id(), project)).await? {
            Some(_) => newest_manifest(server, project).await.map(Some),
            None => Ok(None),
        });
    Ok(try_join_all(manifests).await?.into_iter().flatten().collect())
}

async fn newest_module(
    server: &Server,
    project_id: Option<&str>,
) -> Result<(Pushed, Manifest, BTreeMap<String, Vec<u8>>), Failure> {
    let id = id(server.space_id(), project_id);
    let Some(number) = newest(server, &id).await? else {
        return Err(Failure::failed(format!(
            "the source has no package {id}: nothing was serialized yet, or the feed's retention took it"
        ))
        .hint("Run the runbook that serializes it, or: octoferry serialize … --push"));
    };
    let version = format!("{VERSION_PREFIX}{number}");
    let content = server.client.download(&server.path(&format!("packages/{id}.{version}/raw"))).await;
    let content =
        content.map_err(|failure| failure.while_doing(format!("fetching the module {id} {version}")))?;
    let pushed = Pushed { id, version, digest: digest(&content) };
    let files = unpack(&content).map_err(|failure| failure.while_doing(pushed.described()))?;
    let manifest = manifest::parse(files.get(MANIFEST).map_or(&[], Vec::as_slice));
    let manifest = manifest.map_err(|failure| failure.while_doing(pushed.described()))?;
    Ok((pushed, manifest, files))
}

/// The highest n of the versions `1.0.<n>` that the feed has.
async fn newest(server: &Server, id: &str) -> Result<Option<u64>, Failure> {
    let path = server.path(&format!("packages?nuGetPackageId={}", encode(id)));
    let packages = server
        .client
        .list(&path)
        .await
        .map_err(|failure| failure.while_doing(format!("looking for the package {id}")))?;
    let number = |package: &Value| -> Option<u64> {
        // A server that ignores the filter answers other packages too.
        let same = package.get("PackageId")?.as_str()?.eq_ignore_ascii_case(id);
        let version = package.get("Version")?.as_str()?.strip_prefix(VERSION_PREFIX)?;
        same.then(|| version.parse().ok())?
    };
    Ok(packages.iter().filter_map(number).max())
}

fn digest(content: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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
            return Err(broken(&"it unpacks to more than 2 GiB"));
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
    fn a_package_that_points_out_of_itself_is_refused() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("../evil", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
        let content = zip.finish().unwrap().into_inner();
        assert!(unpack(&content).unwrap_err().message.contains("points out of it"));
        assert!(unpack(b"no zip").unwrap_err().message.contains("can't be unpacked"));
    }
}
