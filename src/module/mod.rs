//! A module: the Terraform folder we write, its manifest, its package.

pub mod folder;
pub mod manifest;
pub mod package;

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::convert::tally::Tally;
use crate::failure::Failure;
use crate::module::manifest::Manifest;

/// Name of the manifest's file.
pub const MANIFEST: &str = "octoferry.json";

/// A Terraform module with what octoferry has to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// Path below the module's folder (with `/`) → content; without the manifest.
    pub files: BTreeMap<String, Vec<u8>>,
    pub manifest: Manifest,
    /// Collection → how many fields of its documents went which way. It stands in no file.
    pub tally: BTreeMap<String, Tally>,
    /// What `lookups.tf` finds by name: noun and name. It is for messages.
    pub lookups: Vec<(&'static str, String)>,
}

impl Module {
    /// All files, the manifest too.
    #[must_use]
    pub fn all_files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.files.clone();
        let mut manifest = self.manifest.clone();
        manifest.files = files.keys().cloned().collect();
        let mut json = serde_json::to_vec_pretty(&manifest).expect("a manifest has only texts as keys");
        json.push(b'\n');
        files.insert(MANIFEST.to_owned(), json);
        files
    }

    /// Writes the module into a folder, which is made if needed: all of it or nothing. Files of an older module there go away, files
    /// of somebody else stay and are never overwritten.
    ///
    /// # Errors
    /// What the operating system said, with the path; a file of somebody else in the way.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        folder::write(&self.all_files(), folder)
    }

    /// The module as a zip package, byte for byte the same each time.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, content) in self.all_files() {
            zip.start_file(path, options).expect("memory takes a zip entry");
            zip.write_all(&content).expect("memory takes a zip entry's content");
        }
        zip.finish().expect("memory takes a zip directory").into_inner()
    }
}
