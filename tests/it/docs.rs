//! The documents for people who work on octoferry say what is so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).expect("a file of the repository")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// File → how often.
fn counted(files: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    files.fold(BTreeMap::new(), |mut count, file| {
        *count.entry(file).or_default() += 1;
        count
    })
}

#[test]
fn every_marked_assumption_is_listed() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let marks = files.iter().flat_map(|file| {
        let text = std::fs::read_to_string(file).expect("a source");
        // A comment about the mark itself has it in backticks.
        let marks = text.matches("Assumption:").count() - text.matches("`Assumption:`").count();
        let name = file.strip_prefix(root()).expect("below the top").to_string_lossy().into_owned();
        std::iter::repeat_n(name, marks)
    });
    let list = text("docs/assumptions.md");
    let listed = list
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `src/")?.split('`').next()?.to_owned()))
        .map(|file| format!("src/{file}"));
    assert_eq!(counted(marks), counted(listed), "marks in the code, and rows of docs/assumptions.md");
}

/// The target of a link, without those that lead elsewhere.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with('#'))
}

#[test]
fn documents_name_files_that_exist() {
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/assumptions.md",
        "docs/formats.md",
        "docs/traps.md",
        "docs/decisions/README.md",
    ];
    let mut documents: Vec<PathBuf> = documents.iter().map(|path| root().join(path)).collect();
    for entry in std::fs::read_dir(root().join("docs/decisions")).expect("the decisions") {
        documents.push(entry.expect("an entry").path());
    }
    for document in documents {
        let text = std::fs::read_to_string(&document).expect("a document");
        let folder = document.parent().expect("a folder");
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            assert!(folder.join(file).exists(), "{}: {link}", document.display());
        }
        let paths = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| code.starts_with("src/") || code.starts_with("tests/"));
        for path in paths.filter(|path| !path.contains(['<', '*', ' ', '…', '{'])) {
            assert!(root().join(path).exists(), "{}: `{path}`", document.display());
        }
    }
}

/// `DocumentBefore` → `document_before`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// The keys and the names of cases that the types of a Rust file write as JSON: fields, and the variants of its enums.
fn written_names(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = "";
    for line in source.lines().take_while(|line| !line.contains("#[cfg(test)]")) {
        let code = line.trim();
        match line {
            _ if line.starts_with("pub struct ") && line.ends_with('{') => inside = "struct",
            _ if line.starts_with("pub enum ") && line.ends_with('{') => inside = "enum",
            "}" => inside = "",
            _ if inside.is_empty() || code.starts_with("//") || code.starts_with('#') => {}
            _ => {
                let is_variant = inside == "enum" && code.starts_with(char::is_uppercase);
                let variant = code.split([' ', '(', ',']).next().filter(|_| is_variant);
                names.extend(variant.map(snake));
                let words = code.split(['{', ',', '}']).filter_map(|field| field.split_once(": "));
                names.extend(words.map(|(name, _)| name.trim().trim_start_matches("pub ").to_owned()));
            }
        }
    }
    names
}

#[test]
fn the_formats_name_every_key_of_a_manifest() {
    let formats = text("docs/formats.md");
    let named =
        |name: &str| formats.contains(&format!("`{name}`")) || formats.contains(&format!("\"{name}\""));
    let mut names = written_names(&text("src/module/manifest.rs"));
    // A field that holds what is about a note, and is written as its parts.
    names.retain(|name| !["about", "target", "from"].contains(&name.as_str()));
    assert!(names.len() > 60, "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !named(name)).collect();
    assert!(missing.is_empty(), "docs/formats.md does not name {missing:?}");
}

#[test]
fn the_formats_stream_of_secrets_is_read() {
    // The example of the document, run as it stands.
    let formats = text("docs/formats.md");
    let (_, example) = formats.split_once("In Bash:").expect("an example");
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!("key=API-X password='se cret'\n{example}");
    let output = crate::support::command("bash", folder.path()).args(["-c", &script]).output().expect("bash");
    let secrets = secret::stream::read_stream(output.stdout.as_slice()).expect("a stream");
    let values: Vec<(&str, &str)> =
        secrets.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(values, [("Mail.Password", "se cret"), ("Octoferry.Destination.ApiKey", "API-X")]);
}
