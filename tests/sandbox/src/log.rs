//! The log of requests: method, address, status, who, the names of the fields in the body. Never a value of a body.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result};
use serde_json::Value;

/// A folder in which each sandbox also keeps its log: so that what all tests of a run have asked can be held against the API's reference.
const FOLDER: &str = "OCTOPUS_SANDBOX_LOGS";

pub(crate) struct Log {
    entries: Mutex<Vec<Value>>,
    files: Vec<Mutex<File>>,
}

impl Log {
    pub(crate) fn new(path: Option<&Path>) -> Result<Self> {
        let own = std::env::var_os(FOLDER)
            .filter(|folder| !folder.is_empty())
            .map(|folder| Path::new(&folder).join(format!("{}.txt", crate::store::new_uuid())));
        let mut files = Vec::new();
        for path in path.map(Path::to_owned).into_iter().chain(own) {
            let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
            files.push(Mutex::new(file));
        }
        Ok(Self { entries: Mutex::default(), files })
    }

    pub(crate) fn add(&self, entry: Value) {
        for file in &self.files {
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

/// The names of a body's fields: `Name`, `Details.Type` below an object, `Steps[].Name` for what each object of a list has. Names that are not
/// the API's own, such as those of properties, are left out.
pub(crate) fn field_names(body: &[u8]) -> Value {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return Value::Null };
    let is_own = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    let mut names = Vec::new();
    for (name, value) in fields.iter().filter(|(name, _)| is_own(name)) {
        names.push(name.clone());
        match value {
            Value::Object(inner) => {
                names.extend(
                    inner.keys().filter(|inner| is_own(inner)).map(|inner| format!("{name}.{inner}")),
                );
            }
            Value::Array(items) => {
                let objects: Vec<_> = items.iter().filter_map(Value::as_object).collect();
                let of_first = objects.first().into_iter().flat_map(|first| first.keys());
                let of_all = of_first
                    .filter(|inner| objects.iter().all(|item| item.contains_key(*inner)) && is_own(inner));
                names.extend(of_all.map(|inner| format!("{name}[].{inner}")));
                // What the list must have in each item can't be missed where there is none.
                if items.is_empty() {
                    names.push(format!("{name}[]"));
                }
            }
            _ => {}
        }
    }
    Value::from(names)
}
