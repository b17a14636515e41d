//! The log of requests: method, address, status, who. Never a body.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result};
use serde_json::Value;

pub(crate) struct Log {
    entries: Mutex<Vec<Value>>,
    file: Option<Mutex<File>>,
}

impl Log {
    pub(crate) fn new(path: Option<&Path>) -> Result<Self> {
        let file = path
            .map(|path| File::create(path).with_context(|| format!("creating {}", path.display())))
            .transpose()?;
        Ok(Self { entries: Mutex::default(), file: file.map(Mutex::new) })
    }

    pub(crate) fn add(&self, entry: Value) {
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            // A full disk must not stop the server; the log in memory goes on.
            let _written = writeln!(file, "{entry}");
        }
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(entry);
    }

    pub(crate) fn entries(&self) -> Vec<Value> {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) fn clear(&self) {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }
}
