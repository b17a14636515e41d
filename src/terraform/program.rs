//! Which Terraform runs, and whether it is new enough.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::process::{Environment, Interrupt, Invocation};
use failure::{Failure, FailureKind};

/// `import` blocks with `for_each`, which modules use, came with Terraform 1.7.
const OLDEST: (u32, u32, u32) = (1, 7, 0);

/// What to do about an old one.
pub const NEWER_TERRAFORM: &str = "Octopus comes with Terraform 0.11.15, which can't read these modules. Put a current Terraform or OpenTofu on the worker's PATH, \
     name it with --terraform FILE, or run the steps in a container image that has one (octoferry seed --tools container --image REF).";

/// A Terraform that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub path: PathBuf,
    /// `Terraform` or `OpenTofu`.
    pub name: String,
    pub version: (u32, u32, u32),
    /// What it, and every process of it, starts with.
    pub environment: Environment,
}

impl Program {
    /// The named program, else `terraform`, else `tofu` on the PATH; one that is new enough.
    ///
    /// # Errors
    /// When there is none, it can't be run, or it is too old.
    pub async fn find(named: Option<&Path>, environment: Environment) -> Result<Self, Failure> {
        let on_path = |name: &OsStr| on_path(name, &environment);
        let path = match named {
            Some(path) if path.components().count() > 1 => std::path::absolute(path)
                .map_err(|error| Failure::usage(format!("--terraform {}: {error}", path.display())))?,
            Some(name) => on_path(name.as_os_str()).ok_or_else(|| {
                Failure::new(FailureKind::Terraform, format!("there is no {} on the PATH", name.display()))
            })?,
            None => on_path("terraform".as_ref()).or_else(|| on_path("tofu".as_ref())).ok_or_else(|| {
                Failure::new(FailureKind::Terraform, "there is neither terraform nor tofu on the PATH")
                    .hint("Install Terraform 1.7 or later on the worker, name it with --terraform FILE, or run the steps in a container image that has it.")
            })?,
        };
        let invocation = Invocation {
            program: path.clone(),
            arguments: vec!["version".into()],
            directory: None,
            environment: environment.only(|name| !name.starts_with("TF_"), &[("CHECKPOINT_DISABLE", "1")]),
        };
        let ended = invocation.run(&Interrupt::never(), |_| {}).await?;
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let (name, version) = parse_version(&said).ok_or_else(|| {
            Failure::new(
                FailureKind::Terraform,
                format!(
                    "{} is no Terraform: its `version` says {:?}",
                    path.display(),
                    said.lines().next().unwrap_or_default()
                ),
            )
        })?;
        let program = Self { path, name, version, environment };
        if program.version < OLDEST {
            return Err(program.too_old());
        }
        Ok(program)
    }

    /// For messages: `Terraform 1.11.4 (/usr/bin/terraform)`.
    #[must_use]
    pub fn described(&self) -> String {
        format!("{} {} ({})", self.name, self.version_text(), self.path.display())
    }

    fn version_text(&self) -> String {
        let (major, minor, patch) = self.version;
        format!("{major}.{minor}.{patch}")
    }

    fn too_old(&self) -> Failure {
        let (major, minor, _) = OLDEST;
        Failure::new(
            FailureKind::Terraform,
            format!("{} is too old: modules need {major}.{minor} or later", self.described()),
        )
        .hint(NEWER_TERRAFORM)
    }
}

/// Runs a small tool of the PATH that only answers: where it is, and what it printed.
///
/// # Errors
/// When there is none, it can't be started, or it ends with a failure.
pub async fn ask(
    tool: &str,
    arguments: &[&str],
    environment: &Environment,
) -> Result<(PathBuf, String), Failure> {
    let path = on_path(tool.as_ref(), environment)
        .ok_or_else(|| Failure::failed(format!("{tool} is not on the PATH")))?;
    let invocation = Invocation {
        program: path.clone(),
        arguments: arguments.iter().map(Into::into).collect(),
        directory: None,
        environment: environment.only(|_| true, &[]),
    };
    let ended = invocation.run(&Interrupt::never(), |_| {}).await?;
    if !ended.success {
        return Err(Failure::failed(format!(
            "{} {} failed: {}",
            path.display(),
            arguments.first().unwrap_or(&""),
            ended.stderr_or_stdout().trim()
        )));
    }
    Ok((path, String::from_utf8_lossy(&ended.stdout).into_owned()))
}

/// The message for what a Terraform before 0.12 says to a module.
pub fn too_old_for_its_input(program: &Program, said: &str) -> Option<Failure> {
    says_too_old(said).then(|| program.too_old())
}

/// Whether these are the words of a Terraform before 0.12 that can't read a module.
#[must_use]
pub fn says_too_old(said: &str) -> bool {
    said.contains("unexpected token while parsing list: IDENT")
}

/// A program of this name on the PATH.
#[must_use]
pub fn on_path(name: &OsStr, environment: &Environment) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = environment.get("PATH")?;
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| {
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    })
}

/// From `Terraform v1.11.4` or `OpenTofu v1.9.0-beta1`, somewhere in the first lines.
fn parse_version(said: &str) -> Option<(String, (u32, u32, u32))> {
    said.lines().find_map(|line| {
        let (name, version) = line.trim().split_once(" v")?;
        if !matches!(name, "Terraform" | "OpenTofu") {
            return None;
        }
        let mut numbers = version.split(|letter: char| !letter.is_ascii_digit()).map(str::parse::<u32>);
        let mut next = || numbers.next()?.ok();
        Some((name.to_owned(), (next()?, next()?, next()?)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(
            parse_version("Terraform v1.11.4\non linux_amd64\n"),
            Some(("Terraform".into(), (1, 11, 4)))
        );
        assert_eq!(parse_version("OpenTofu v1.9.0-beta1"), Some(("OpenTofu".into(), (1, 9, 0))));
        assert_eq!(parse_version("\nTerraform v0.11.15\n"), Some(("Terraform".into(), (0, 11, 15))));
        assert_eq!(parse_version("GNU bash, version 5"), None);
    }
}
