//! A module: the Terraform folder we write, its manifest.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

pub mod identities;
pub mod manifest;
pub mod policy;
pub mod provider_lock;
pub mod seal;
pub mod tally;

use std::collections::BTreeMap;

use crate::manifest::Manifest;
use crate::tally::Tally;
use documents::collection::Collection;
use serde_json::Value;

/// Name of the manifest's file.
pub const MANIFEST: &str = "octoferry.json";

/// Which versions of the official provider modules are for.
pub const PROVIDER_VERSION: &str = "~> 1.17";

/// Terraform variable of a module: whether somebody between Terraform and the server makes triggers disabled that the provider can only make
/// enabled, as the relay of `deploy` does.
pub const TRIGGERS_HELD: &str = "triggers_are_held";

/// A Terraform module with what octoferry has to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// Path below the module's folder (with `/`) → content; without the manifest.
    pub files: BTreeMap<String, Vec<u8>>,
    pub manifest: Manifest,
    /// Collection → how many fields of its documents went which way. It stands in no file.
    pub tally: BTreeMap<Collection, Tally>,
    /// What `lookups.tf` finds by name: noun and name. It is for messages.
    pub lookups: Vec<(&'static str, String)>,
    /// Where each secret of the manifest lies at the source, by its name. It stands in no file.
    pub secret_places: BTreeMap<String, SecretPlace>,
}

/// The place of a secret in a document of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretPlace {
    /// Id of the document.
    pub document: String,
    /// The way down, as in [`manifest::FinishStep::Set`]; a number stands for the index of an item.
    pub path: Vec<Value>,
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
}
