//! Modules on the disk: written whole or not at all, read back by their manifest.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::{fs, process};

use crate::mark::name;
use failure::Failure;
use failure::While as _;
use module::identities::{self, Identities};
use module::manifest::{self, Manifest};
use module::{MANIFEST, Module};

/// Writes a module into a folder, which is made if needed: all of it or nothing. Files of an older module there go away, files
/// of somebody else stay and are never overwritten.
///
/// # Errors
/// What the operating system said, with the path; a file of somebody else in the way.
pub fn write_module(module: &Module, folder: &Path) -> Result<(), Failure> {
    write(&module.all_files(), folder)
}

/// Writes these files (path below the folder → content) into the folder.
///
/// Everything is written beside the folder first, so that a full disk leaves the folder as it was; then the files change places, which needs no
/// room. Files that the folder's manifest names and that are no longer there go away; others are never touched.
///
/// # Errors
/// What the operating system said; a file in the way that is not of an older module.
pub(super) fn write(files: &BTreeMap<String, Vec<u8>>, folder: &Path) -> Result<(), Failure> {
    let old = files_of_older_module(folder)?;
    for path in files.keys() {
        if !old.iter().any(|known| known == path) && folder.join(path).symlink_metadata().is_ok() {
            return Err(Failure::failed(format!(
                "{} is in the way: no octoferry wrote it",
                folder.join(path).display()
            ))
            .hint("Move it away, or give another folder with --out. Nothing was changed."));
        }
    }
    let beside = beside(folder)?;
    let _cleanup = RemoveWhenDone(&beside);
    write_beside(files, &beside)
        .map_err(|(path, error)| trouble("written", &path, &error).hint("Nothing was changed."))?;
    if !folder.exists() {
        return fs::rename(&beside, folder).map_err(|error| trouble("made", folder, &error));
    }
    // The manifest last: while it is the old one, another try takes away what this one leaves.
    let manifest_last = files.keys().filter(|path| *path != MANIFEST).map(String::as_str).chain([MANIFEST]);
    for path in manifest_last.filter(|path| files.contains_key(*path)) {
        let target = folder.join(path);
        let moved = target
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::rename(beside.join(path), &target));
        moved.map_err(|error| {
            trouble("written", &target, &error)
                .hint("Other files of the module may be new already: run the command again.")
        })?;
    }
    for path in old.iter().filter(|path| !files.contains_key(*path)) {
        let stale = folder.join(path);
        match fs::remove_file(&stale) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(trouble("removed", &stale, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reads the manifest of a module's folder.
///
/// # Errors
/// When the folder is no module, or one of another format.
pub fn read_manifest(folder: &Path) -> Result<Manifest, Failure> {
    let path = folder.join(MANIFEST);
    let bytes = fs::read(&path).map_err(|error| {
        let failure = trouble("read", &path, &error);
        if error.kind() == io::ErrorKind::NotFound {
            Failure::usage(format!("{} is no module: it has no {MANIFEST}", folder.display()))
                .hint("octoferry serialize writes modules.")
        } else {
            failure
        }
    })?;
    parse_manifest(&bytes).while_doing(path.display())
}

/// What the resources of the module in a folder are at the source, when it is one of that space.
#[must_use]
pub fn read_identities(folder: &Path, space_id: &str) -> Option<Identities> {
    let manifest = fs::read(folder.join(MANIFEST)).ok().and_then(|bytes| manifest::parse(&bytes).ok())?;
    let of_it = fs::read(folder.join(identities::FILE)).ok().filter(|_| manifest.source.space_id == space_id);
    of_it.and_then(|bytes| Identities::parse(&bytes))
}

/// The manifest in these bytes; one that asks for octoferry's own variables is refused.
///
/// # Errors
/// When it is of another format, none, or not what octoferry writes.
pub fn parse_manifest(bytes: &[u8]) -> Result<Manifest, Failure> {
    let manifest = manifest::parse(bytes)?;
    match manifest.secrets.iter().find(|secret| !name::is_for_modules(secret.from.octopus_variable())) {
        Some(secret) => Err(Failure::failed(format!(
            "the manifest asks for the variable {:?} as the secret {:?}: that is octoferry's own, and never goes into a module",
            secret.from.octopus_variable(),
            secret.name
        ))
        .hint("octoferry writes no such module. Who changed it? Renew it: octoferry serialize")),
        None => Ok(manifest),
    }
}

/// The folders of the modules that a folder stands for, in the order in which they are deployed at the earliest: itself, or what
/// `serialize all` wrote into it (`space`, then `projects/*` by name).
///
/// # Errors
/// When there is no module.
pub fn modules_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if folder.join(MANIFEST).exists() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut found = Vec::new();
    let space = folder.join("space");
    if space.join(MANIFEST).exists() {
        found.push(space);
    }
    let projects = fs::read_dir(folder.join("projects"))
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path());
    let beside = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let mut projects: Vec<PathBuf> =
        projects.chain(beside).filter(|path| path.join(MANIFEST).exists() && !found.contains(path)).collect();
    projects.sort();
    found.extend(projects);
    if found.is_empty() {
        return Err(Failure::usage(format!(
            "{} holds no module: neither {MANIFEST} nor folders with one",
            folder.display()
        )));
    }
    Ok(found)
}

/// What an older module in the folder consists of.
fn files_of_older_module(folder: &Path) -> Result<Vec<String>, Failure> {
    match fs::read(folder.join(MANIFEST)) {
        Ok(bytes) => {
            // A manifest of another format still names its files.
            let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let files = value.get("files").and_then(serde_json::Value::as_array).into_iter().flatten();
            let files =
                files.filter_map(|file| file.as_str()).filter(|file| is_below(file)).map(str::to_owned);
            Ok(files.chain([MANIFEST.to_owned()]).collect())
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(trouble("read", &folder.join(MANIFEST), &error)),
    }
}

/// Whether a path from a manifest stays below its folder.
fn is_below(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// A folder of our own beside the target, on the same file system.
fn beside(folder: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(folder).map_err(|error| trouble("found", folder, &error))?;
    let name =
        absolute.file_name().map_or_else(|| "module".into(), |name| name.to_string_lossy().into_owned());
    let parent = absolute.parent().unwrap_or(&absolute).to_owned();
    fs::create_dir_all(&parent).map_err(|error| trouble("made", &parent, &error))?;
    let beside = parent.join(format!(".{name}.octoferry-{}", process::id()));
    // One of an earlier process with our number that was killed.
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(|error| trouble("removed", &beside, &error))?;
    }
    Ok(beside)
}

fn write_beside(files: &BTreeMap<String, Vec<u8>>, beside: &Path) -> Result<(), (PathBuf, io::Error)> {
    fs::create_dir_all(beside).map_err(|error| (beside.to_owned(), error))?;
    for (path, content) in files {
        let path = beside.join(path);
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, content));
        written.map_err(|error| (path, error))?;
    }
    Ok(())
}

fn trouble(done: &str, path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::failed(format!("{} can't be {done}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failure.hint("The disk is full: make room and run the command again.")
        }
        _ => failure,
    }
}

struct RemoveWhenDone<'a>(&'a Path);

impl Drop for RemoveWhenDone<'_> {
    fn drop(&mut self) {
        // It is gone already when it has become the folder itself.
        let _ = fs::remove_dir_all(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        let names: Vec<&str> = list.iter().map(|(path, _)| *path).collect();
        let manifest = serde_json::json!({"format": 1, "files": names}).to_string();
        let files = list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        files.chain([(MANIFEST.to_owned(), manifest.into_bytes())]).collect()
    }

    fn content(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        let mut found: Vec<String> = found
            .iter()
            .map(|path| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned())
            .collect();
        found.sort();
        found
    }

    #[test]
    fn a_second_write_takes_away_what_is_stale_and_leaves_what_is_not_ours() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("out/space");
        write(&files(&[("a.tf", "1"), ("scripts/x.sh", "2")]), &folder).unwrap();
        fs::write(folder.join("backend.tf"), "mine").unwrap();
        write(&files(&[("a.tf", "3"), ("b.tf", "4")]), &folder).unwrap();
        assert_eq!(content(&folder), ["a.tf", "b.tf", "backend.tf", MANIFEST]);
        assert_eq!(fs::read_to_string(folder.join("a.tf")).unwrap(), "3");
        assert_eq!(fs::read_dir(root.path().join("out")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_is_not_ours_is_never_overwritten() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.tf"), "mine").unwrap();
        let failure = write(&files(&[("a.tf", "1"), ("b.tf", "2")]), root.path()).unwrap_err();
        assert!(failure.message.contains("is in the way"), "{failure}");
        assert_eq!(content(root.path()), ["a.tf"]);
    }

    #[test]
    fn a_failed_write_leaves_the_folder_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("space");
        write(&files(&[("a.tf", "1")]), &folder).unwrap();
        // A name that no file system takes stands for a disk that takes nothing more.
        let failure = write(&files(&[("a.tf", "2"), (&"x".repeat(300), "3")]), &folder).unwrap_err();
        assert!(failure.hints.iter().any(|hint| hint == "Nothing was changed."), "{failure}");
        assert_eq!(fs::read_to_string(folder.join("a.tf")).unwrap(), "1");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }
}
