//! The package `octoferry.<version>.zip`: the binary, and the shell that its steps share.

use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;

use crate::mark::name;
use failure::Failure;
use failure::While as _;
use module::seal;

/// The shell that the bodies of the step templates source.
const STEP_SHELL: &str = include_str!("../../scripts/step.sh");

/// A file of a package is never larger, unpacked.
const LARGEST: u64 = 256 << 20;

/// A package as it is uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub version: String,
    pub bytes: Vec<u8>,
    /// SHA-256 of its program, then of its shell, in hexadecimal.
    pub sha256: String,
    /// Something to tell, though the package can be used.
    pub warning: Option<String>,
}

/// What kind of program a file is, as far as a worker cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Static,
    /// Needs the C library of the machine it was built on.
    Dynamic,
    /// Not for Linux on x86-64.
    Other,
}

/// Makes the package of a program: same bytes in, same bytes out.
///
/// # Errors
/// When the program can't run on every Linux x86-64 worker.
pub fn of_program(program: &[u8]) -> Result<Package, Failure> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    match program_kind(program) {
        Program::Static => Ok(Package {
            version,
            bytes: pack(program)?,
            sha256: sha256(program, STEP_SHELL.as_bytes()),
            warning: None,
        }),
        Program::Dynamic => Err(Failure::failed(
            "this octoferry needs the C library of the machine it was built on, so it can't be what the workers run",
        )
        .hint("Use the static binary of a release, or name a package that holds one: --package octoferry.<version>.zip (scripts/pack makes it).")),
        Program::Other => Err(Failure::failed("this octoferry is no program for Linux on x86-64, so the workers can't run it")
            .hint("Name a package that holds one: --package octoferry.<version>.zip, as a release has it.")),
    }
}

/// Reads a package that somebody made.
///
/// # Errors
/// When it can't be read, isn't named `octoferry.<version>.zip`, or holds no octoferry for Linux x86-64.
pub fn of_file(file: &Path) -> Result<Package, Failure> {
    let trouble = |what: String| Failure::usage(format!("--package {}: {what}", file.display()));
    let file_name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let version = file_name
        .strip_prefix(&format!("{}.", name::PACKAGE))
        .and_then(|rest| rest.strip_suffix(".zip"))
        .filter(|version| version.starts_with(|character: char| character.is_ascii_digit()))
        .ok_or_else(|| {
            trouble("Octopus reads id and version from the name: octoferry.<version>.zip".to_owned())
        })?
        .to_owned();
    let bytes = std::fs::read(file).map_err(|error| trouble(error.to_string()))?;
    let (program, shell) = files_of(&bytes).map_err(trouble)?;
    let warning = match program_kind(&program) {
        Program::Static => None,
        Program::Dynamic => Some(format!(
            "the octoferry in {} is not static: it runs only on workers with the C library it was built for",
            file.display()
        )),
        Program::Other => {
            return Err(trouble("the octoferry in it is no program for Linux on x86-64".to_owned()));
        }
    };
    let sha256 = sha256(&program, &shell);
    Ok(Package { version, bytes, sha256, warning })
}

/// The digest of what a step would run of a package: [`Package::sha256`]; `None` when it is no package of octoferry.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> Option<String> {
    let (program, shell) = files_of(bytes).ok()?;
    Some(sha256(&program, &shell))
}

/// Program and shell of a package.
fn files_of(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let mut content = |name: &str| {
        let mut content = Vec::new();
        let file = archive.by_name(name).map_err(|_| format!("there is no {name} in it"))?;
        file.take(LARGEST).read_to_end(&mut content).map_err(|error| error.to_string())?;
        Ok::<_, String>(content)
    };
    Ok((content("octoferry")?, content("step.sh")?))
}

fn sha256(program: &[u8], shell: &[u8]) -> String {
    [program, shell].map(|file| seal::hex(&Sha256::digest(file))).concat()
}

/// Reads the head of an ELF file: 64 bits, x86-64, with or without an interpreter.
fn program_kind(program: &[u8]) -> Program {
    let number = |at: usize, size: usize| -> Option<usize> {
        let bytes = program.get(at..at + size)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    const X86_64: usize = 62;
    const INTERPRETER: usize = 3;
    if !program.starts_with(b"\x7fELF\x02\x01") || number(18, 2) != Some(X86_64) {
        return Program::Other;
    }
    let (Some(table), Some(size), Some(count)) = (number(32, 8), number(54, 2), number(56, 2)) else {
        return Program::Other;
    };
    let dynamic = (0..count).any(|index| number(table.saturating_add(index * size), 4) == Some(INTERPRETER));
    if dynamic { Program::Dynamic } else { Program::Static }
}

/// The zip: sorted, without clock, with mode bits for those who restore them.
fn pack(program: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    let trouble = |error: &dyn std::fmt::Display| Failure::failed(format!("making the package: {error}"));
    for (file, content) in [("octoferry", program), ("step.sh", STEP_SHELL.as_bytes())] {
        zip.start_file(file, options).map_err(|error| trouble(&error))?;
        zip.write_all(content).map_err(|error| trouble(&error))?;
    }
    Ok(zip.finish().map_err(|error| trouble(&error))?.into_inner())
}

/// The running program.
///
/// # Errors
/// When its file can't be read.
pub fn own_program() -> Result<Vec<u8>, Failure> {
    let file = std::env::current_exe().while_doing("finding this program")?;
    std::fs::read(&file).while_doing(format!("reading {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest head that tells the kinds apart: one entry in the program table.
    fn elf(machine: u8, entry: u8) -> Vec<u8> {
        let mut program = vec![0; 64 + 56];
        program[..6].copy_from_slice(b"\x7fELF\x02\x01");
        program[18] = machine;
        program[32] = 64;
        program[54] = 56;
        program[56] = 1;
        program[64] = entry;
        program
    }

    #[test]
    fn only_static_programs_for_workers_are_packed() {
        let package = of_program(&elf(62, 1)).unwrap();
        assert_eq!(package, of_program(&elf(62, 1)).unwrap(), "same bytes");
        assert!(of_program(&elf(62, 3)).unwrap_err().message.contains("C library"));
        assert!(of_program(&elf(183, 1)).unwrap_err().message.contains("x86-64"));
        assert!(of_program(b"#!/bin/sh").unwrap_err().message.contains("x86-64"));
    }

    #[test]
    fn a_package_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("octoferry.1.2.3.zip");
        let package = of_program(&elf(62, 1)).unwrap();
        std::fs::write(&file, &package.bytes).unwrap();
        assert_eq!(of_file(&file).unwrap(), Package { version: "1.2.3".to_owned(), ..package });
        let misnamed = folder.path().join("ferry.zip");
        std::fs::copy(&file, &misnamed).unwrap();
        assert!(of_file(&misnamed).unwrap_err().message.contains("octoferry.<version>.zip"));
    }
}
