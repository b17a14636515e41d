//! Puts the packages of an action into its work folder, as a worker does.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::octostache::Dictionary;

/// A package of an action, its version chosen and its file at hand.
pub struct StagedPackage {
    /// The name of the reference, empty for the action's primary package.
    pub reference: String,
    pub package_id: String,
    pub feed_id: String,
    pub version: String,
    /// With the dot: `.zip`.
    pub extension: String,
    /// Extract=True of the reference, and always for the primary package.
    pub extract: bool,
    pub bytes: Vec<u8>,
}

/// Puts the package into the work folder and sets the variables `Octopus.Action.Package[…]`. The file itself lies
/// in `store` (the worker's package folder). Returns warnings for the log.
pub fn stage(
    package: &StagedPackage,
    work: &Path,
    store: &Path,
    variables: &mut Dictionary,
) -> Result<Vec<String>> {
    fs::create_dir_all(store)?;
    let original = store.join(format!("{}.{}{}", package.package_id, package.version, package.extension));
    fs::write(&original, &package.bytes)?;

    let prefix = format!("Octopus.Action.Package[{}]", package.reference);
    variables.set(format!("{prefix}.PackageId"), &package.package_id);
    variables.set(format!("{prefix}.FeedId"), &package.feed_id);
    variables.set(format!("{prefix}.PackageVersion"), &package.version);
    variables.set(format!("{prefix}.OriginalPath"), original.to_string_lossy());
    if package.reference.is_empty() {
        variables.set("Octopus.Action.Package.PackageId", &package.package_id);
        variables.set("Octopus.Action.Package.FeedId", &package.feed_id);
        variables.set("Octopus.Action.Package.PackageVersion", &package.version);
    }

    let name: String =
        package.reference.chars().filter(|character| !matches!(character, '/' | '\0')).collect();
    if package.extract || package.reference.is_empty() {
        let target = if name.is_empty() { work.to_owned() } else { work.join(&name) };
        fs::create_dir_all(&target)?;
        let warnings = extract(&package.bytes, &package.extension, &target)
            .with_context(|| format!("extracting {}", original.display()))?;
        variables.set(format!("{prefix}.ExtractedPath"), target.to_string_lossy());
        return Ok(warnings);
    }
    // Only the last extension is kept: a copy of `x.1.0.tar.gz` is called `<reference>.gz`.
    let last = package.extension.rfind('.').map_or("", |dot| &package.extension[dot..]);
    let copy = work.join(format!("{name}{last}"));
    fs::write(&copy, &package.bytes)?;
    variables.set(format!("{prefix}.PackageFilePath"), copy.to_string_lossy());
    variables.set(format!("{prefix}.PackageFileName"), format!("{name}{last}"));
    Ok(Vec::new())
}

/// Extracts without mode bits (files get what the umask leaves of 0666); symbolic links are skipped with a
/// warning, entries that would land outside the folder refused.
fn extract(bytes: &[u8], extension: &str, target: &Path) -> Result<Vec<String>> {
    if !matches!(extension, ".zip" | ".nupkg" | ".jar" | ".war" | ".whl") {
        bail!("this worker extracts zip files only, not `{extension}`");
    }
    let mut warnings = Vec::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name()?.replace('\\', "/");
        let mut path = PathBuf::new();
        for component in Path::new(&name).components() {
            match component {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                _ => bail!("the entry `{name}` would be extracted outside of the folder"),
            }
        }
        let path = target.join(path);
        if entry.is_symlink() {
            warnings.push(format!("Skipped the symbolic link {name}: it can't be extracted"));
        } else if entry.is_dir() {
            fs::create_dir_all(&path)?;
        } else {
            fs::create_dir_all(path.parent().context("an entry without a name")?)?;
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            fs::write(&path, content)?;
        }
    }
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
            writer.start_file(*name, options).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn package(reference: &str, extract: bool, bytes: Vec<u8>) -> StagedPackage {
        StagedPackage {
            reference: reference.to_owned(),
            package_id: "tool".to_owned(),
            feed_id: "feeds-builtin".to_owned(),
            version: "1.2.3".to_owned(),
            extension: ".zip".to_owned(),
            extract,
            bytes,
        }
    }

    #[test]
    fn extracted_files_are_not_executable() {
        let folder = tempfile::tempdir().unwrap();
        let mut variables = Dictionary::default();
        let bytes = zip(&[("bin/tool", "#!/bin/sh\n"), ("note.txt", "x")]);
        stage(&package("Tool", true, bytes), folder.path(), &folder.path().join("store"), &mut variables)
            .unwrap();
        let tool = folder.path().join("Tool/bin/tool");
        assert_eq!(fs::metadata(&tool).unwrap().permissions().mode() & 0o111, 0);
        let path = variables.raw("Octopus.Action.Package[Tool].ExtractedPath").unwrap();
        assert_eq!(Path::new(path), folder.path().join("Tool"));
        assert_eq!(variables.raw("octopus.action.package[tool].PackageVersion"), Some("1.2.3"));
    }

    #[test]
    fn a_package_that_is_not_extracted_is_copied_under_the_name_of_its_reference() {
        let folder = tempfile::tempdir().unwrap();
        let mut variables = Dictionary::default();
        let bytes = zip(&[("a", "b")]);
        stage(&package("Tool", false, bytes), folder.path(), &folder.path().join("store"), &mut variables)
            .unwrap();
        assert!(folder.path().join("Tool.zip").is_file());
        assert_eq!(variables.raw("Octopus.Action.Package[Tool].PackageFileName"), Some("Tool.zip"));
    }

    #[test]
    fn an_entry_that_climbs_out_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = zip(&[("../evil", "x")]);
        let staged = stage(
            &package("T", true, bytes),
            &folder.path().join("w"),
            &folder.path().join("s"),
            &mut Dictionary::default(),
        );
        assert!(format!("{:#}", staged.unwrap_err()).contains("outside"));
        assert!(!folder.path().join("evil").exists());
    }
}
