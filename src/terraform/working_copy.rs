//! The private folder in which Terraform works: a copy of the module, removed at the end with all that Terraform left in it.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use failure::Failure;
use failure::While as _;

/// A private folder for one run; all working copies and the provider lie in it. Removed when dropped.
pub struct Workplace {
    path: PathBuf,
}

impl Workplace {
    /// Makes a folder that only we may enter, below `parent`.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn new(parent: &Path) -> Result<Self, Failure> {
        let trouble = |error: io::Error| {
            Failure::failed(format!("making a folder to work in, below {}: {error}", parent.display()))
        };
        let parent = std::path::absolute(parent).map_err(trouble)?;
        for number in 0..1000 {
            let path = parent.join(format!(".octoferry-{}-{number}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(trouble(error)),
            }
        }
        Err(trouble(io::Error::from(io::ErrorKind::AlreadyExists)))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Copies a module into a folder of this name; states, crash logs and Terraform's own folder stay behind.
    ///
    /// # Errors
    /// When a file can't be read or written.
    pub fn copy(&self, module: &Path, name: &str) -> Result<PathBuf, Failure> {
        let copy = self.path.join(name);
        copy_folder(module, &copy)
            .while_doing(format!("copying the module {} to work in", module.display()))?;
        Ok(copy)
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // Nothing to do about a failure here; there is nothing secret in the folder.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if stays_behind(&name.to_string_lossy()) {
            continue;
        }
        // Follows links: the copy is whole wherever it lies.
        let (source, target) = (entry.path(), to.join(&name));
        if fs::metadata(&source)?.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::write(&target, fs::read(&source)?)?;
        }
    }
    Ok(())
}

/// Whether a file or folder of this name in a module's folder is no part of the module.
#[must_use]
pub fn stays_behind(name: &str) -> bool {
    matches!(name, ".terraform" | ".git" | "errored.tfstate")
        || name.ends_with(".tfstate")
        || name.ends_with(".tfstate.backup")
        || (name.starts_with("crash") && name.ends_with(".log"))
        || name.starts_with(".octoferry-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_module_only_and_goes() {
        let module = tempfile::tempdir().unwrap();
        fs::create_dir_all(module.path().join("scripts/a")).unwrap();
        fs::create_dir_all(module.path().join(".terraform")).unwrap();
        fs::write(module.path().join("scripts/a/run.sh"), "#!x\r\n").unwrap();
        fs::write(module.path().join("terraform.tfstate"), "{}").unwrap();
        let place = tempfile::tempdir().unwrap();
        let workplace = Workplace::new(place.path()).ok().unwrap();
        let copy = workplace.copy(module.path(), "space").ok().unwrap();
        assert_eq!(fs::read(copy.join("scripts/a/run.sh")).unwrap(), b"#!x\r\n");
        assert!(!copy.join(".terraform").exists() && !copy.join("terraform.tfstate").exists());
        drop(workplace);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
