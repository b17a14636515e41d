//! Which secrets a module gets: from standard input, else a placeholder, else the deployment is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::deployment::token::Given;
use crate::finish::SecretOutcome;
use crate::mark::name::{self, SECRET_PREFIX};
use crate::ui;
use failure::Failure;
use module::manifest::{FinishStep, Manifest, SecretEntry, SecretOrigin};
use secret::Secret;
use terraform::memory_file::MemoryFile;

/// The secrets of one module.
#[derive(Default)]
pub struct Supply {
    /// By the manifest's names; without those that nobody supplied.
    pub found: BTreeMap<String, Secret>,
    /// Terraform variables that get a placeholder.
    pub placeholders: BTreeMap<String, String>,
    /// What finish does besides the manifest's own steps.
    pub finish: Vec<FinishStep>,
    /// One line for each secret of the manifest.
    pub rows: Vec<Row>,
}

/// What became of one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// It will arrive as it was given.
    Found,
    /// It was given, but Octopus may have evaluated an expression in it.
    Evaluated,
    /// Terraform has set it.
    Accepted,
    /// What finish made of it.
    Finished(SecretOutcome),
    /// A person says to have entered it at the destination.
    SaidToBeEntered,
    /// Somebody else changed it at the destination.
    ChangedByOthers,
    /// Why it did not arrive.
    Open(String),
}

impl fmt::Display for Became {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found => formatter.write_str("found"),
            Self::Evaluated => formatter.write_str(EVALUATED),
            Self::Accepted => formatter.write_str("accepted"),
            Self::Finished(outcome) => outcome.fmt(formatter),
            Self::SaidToBeEntered => formatter.write_str("entered at the destination, as a person says"),
            Self::ChangedByOthers => {
                formatter.write_str("entered at the destination: somebody else changed it there")
            }
            Self::Open(why) => formatter.write_str(why),
        }
    }
}

/// One secret and what became of it; never its value or length.
pub struct Row {
    pub name: String,
    pub description: String,
    pub became: Became,
    /// Whether a person has to do something about it.
    pub open: bool,
    /// Address of the resource that gets it, or `finish`.
    pub to: String,
}

/// Beginning of the name of the artifact that holds the rows of a module.
pub const ARTIFACT: &str = "octoferry-secrets-";

impl Row {
    /// For `--json` and the artifact.
    #[must_use]
    pub fn as_json(&self) -> Value {
        serde_json::json!({"Name": self.name, "Description": self.description, "Became": self.became.to_string(), "Open": self.open, "To": self.to})
    }
}

/// What the module's files say about variables.
#[derive(Debug, Default)]
pub struct Declared {
    /// Names of declared variables.
    pub variables: BTreeSet<String>,
    /// A team brings its roles with it (`user_role`), which octoferry never writes.
    pub has_roles_in_teams: bool,
    /// Variable → addresses of the blocks that use it: `type.name` of a resource, else with the word that the block begins with.
    users: BTreeMap<String, BTreeSet<String>>,
}

impl Declared {
    /// Reads the Terraform files of a folder.
    ///
    /// # Errors
    /// When one can't be read.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let trouble =
            |error: std::io::Error| Failure::failed(format!("reading {}: {error}", folder.display()));
        let mut declared = Self::default();
        for entry in std::fs::read_dir(folder).map_err(trouble)? {
            let path = entry.map_err(trouble)?.path();
            if path.extension().is_some_and(|extension| extension == "tf") {
                declared.scan(&String::from_utf8_lossy(&std::fs::read(&path).map_err(trouble)?));
            }
        }
        Ok(declared)
    }

    /// Terraform itself parses; this only has to know the heads of blocks, which stand at the beginning of a line.
    fn scan(&mut self, text: &str) {
        let mut block: Option<String> = None;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            self.has_roles_in_teams |= matches!(
                words.as_slice(),
                ["user_role" | "user_role{", ..] | ["dynamic", "\"user_role\"", ..]
            );
            let is_head = !line.starts_with([' ', '\t', '#', '/', '}', ']', ')']);
            match words.as_slice() {
                ["variable", name, ..] if is_head => {
                    self.variables.insert(name.trim_matches(['"', '{', '}']).to_owned());
                    block = None;
                    continue;
                }
                [head, rest @ ..] if is_head && line.contains('{') => {
                    let labels = rest.iter().take_while(|word| word.starts_with('"'));
                    let labels = labels.map(|word| word.trim_matches(['"', '{']).to_owned());
                    let head = (*head != "resource").then(|| head.trim_end_matches('{').to_owned());
                    block = Some(head.into_iter().chain(labels).collect::<Vec<_>>().join("."));
                }
                _ => {}
            }
            let Some(block) = &block else { continue };
            for (start, _) in line.match_indices("var.") {
                let rest = &line[start + 4..];
                let end = rest
                    .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'));
                let name = &rest[..end.unwrap_or(rest.len())];
                self.users.entry(name.to_owned()).or_default().insert(block.clone());
            }
        }
    }

    /// The addresses of the blocks that use a variable.
    pub fn users(&self, variable: &str) -> impl Iterator<Item = &str> {
        self.users.get(variable).into_iter().flatten().map(String::as_str)
    }

    fn users_of(&self, entry: &SecretEntry) -> String {
        let users: Vec<&str> = self.users(&entry.name).collect();
        if users.is_empty() { "finish".to_owned() } else { users.join(", ") }
    }
}

/// A value that Octopus may have changed before it came to us.
const EVALUATED: &str =
    "found; the value holds #{…}, and this server evaluates what stands in it: compare it";

/// Why standard input has no value for a secret.
fn why_not_given(entry: &SecretEntry) -> String {
    let variable = entry.from.octopus_variable();
    match &entry.from {
        SecretOrigin::Tenant { tenant, environments, .. } => format!(
            "comes with the runbook {:?}, run for the tenant {tenant:?} in {}",
            name::TENANT_SECRETS_RUNBOOK,
            environments.join(" or ")
        ),
        SecretOrigin::Person { because, .. } => format!("for a person, as {variable}: {because}"),
        _ => format!("the variable {variable} has no value in this run"),
    }
}

/// Finds the module's secrets among those from standard input (by Octopus variable). `are_raw`: whether Octopus has not evaluated expressions in a
/// variable.
///
/// # Errors
/// When secrets are missing that can be had, all of them named; unless placeholders are welcome.
pub fn supply(
    manifest: &Manifest,
    declared: &Declared,
    streamed: &BTreeMap<String, Secret>,
    placeholders_welcome: bool,
    are_raw: impl Fn(&str) -> bool,
) -> Result<Supply, Failure> {
    let mut supply = Supply::default();
    let mut missing = Vec::new();
    for entry in &manifest.secrets {
        let variable = entry.from.octopus_variable();
        // A tenant's value has this name in a run for that tenant alone; here it would be another value.
        let given = streamed.get(variable).filter(|_| !matches!(entry.from, SecretOrigin::Tenant { .. }));
        let (became, open) = if let Some(secret) = given {
            supply.found.insert(entry.name.clone(), secret.clone());
            // Whatever else stood there may be gone.
            let evaluated = !are_raw(variable) && secret.expose().contains("#{");
            (if evaluated { Became::Evaluated } else { Became::Found }, evaluated)
        } else {
            if !matches!(entry.from, SecretOrigin::Tenant { .. } | SecretOrigin::Person { .. }) {
                missing.push(format!("  {variable}: {}", entry.description));
            }
            let why = why_not_given(entry);
            if entry.terraform {
                supply.placeholders.insert(entry.name.clone(), entry.placeholder());
            }
            (Became::Open(why), true)
        };
        let to = if entry.terraform { declared.users_of(entry) } else { "finish".to_owned() };
        supply.rows.push(Row {
            name: entry.name.clone(),
            description: entry.description.clone(),
            became,
            open,
            to,
        });
    }
    // A variable that the module's owner has added.
    for name in &declared.variables {
        if let Some(secret) = streamed.get(&format!("{SECRET_PREFIX}{name}")) {
            supply.found.entry(name.clone()).or_insert_with(|| secret.clone());
        }
    }
    if missing.is_empty() || placeholders_welcome {
        return Ok(supply);
    }
    Err(Failure::failed(format!("these secrets have no value here; nothing was written:\n{}", missing.join("\n")))
        .hint("In a step: octoferry spread gives secrets names by which a run can read them; was the module made before? Serialize again.")
        .hint("To deploy without them: --placeholders. What a person enters at the destination afterwards is kept by later deployments."))
}

/// The variables file for Terraform, in memory. In HCL: Terraform tells JSON by the end of a file's name, and a memory file's has none. `given`: what
/// it gets for the secrets that were supplied.
///
/// # Errors
/// When memory is short.
pub fn variables_file(
    supply: &Supply,
    given: &Given,
    declared: &Declared,
    fixed: &[(&str, Value)],
) -> Result<MemoryFile, Failure> {
    use std::fmt::Write as _;
    let secrets = given.texts(&supply.found).map(|(name, text)| (name, quoted(text)));
    let placeholders = supply.placeholders.iter().map(|(name, text)| (name.as_str(), quoted(text)));
    let fixed = fixed.iter().map(|(name, value)| match value {
        Value::String(text) => (*name, quoted(text)),
        other => (*name, Zeroizing::new(other.to_string())),
    });
    let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
    for (name, value) in fixed.chain(secrets).chain(placeholders) {
        // Terraform warns of values for variables that a module does not declare (any more).
        if declared.variables.contains(name) {
            let _ = writeln!(text, "{name} = {}", &*value);
        }
    }
    MemoryFile::with("octoferry-variables", text.as_bytes())
}

/// A text in quotes as HCL reads it: control characters as `\u` and four digits, no templates.
fn quoted(value: &str) -> Zeroizing<String> {
    use std::fmt::Write as _;
    let mut text = Zeroizing::new(String::with_capacity(value.len() * 2 + 2));
    text.push('"');
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => {
                text.push(letter);
                text.push(letter);
            }
            letter if letter.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            letter => text.push(letter),
        }
    }
    text.push('"');
    text
}

/// The table of all secrets for a person.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut lines =
        vec![["secret", "what it is", "what became of it", "handed to"].map(str::to_owned).to_vec()];
    lines.extend(
        rows.iter().map(|row| {
            vec![row.name.clone(), row.description.clone(), row.became.to_string(), row.to.clone()]
        }),
    );
    ui::table(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::collection::Collection;

    #[test]
    fn variables_and_their_users_are_found() {
        let mut declared = Declared::default();
        declared.scan("variable \"a_b\" {\n  type = string\n}\n\nresource \"octopusdeploy_token_account\" \"k\" {\n  token = var.a_b\n}\n");
        assert!(declared.variables.contains("a_b"));
        assert_eq!(declared.users("a_b").collect::<Vec<_>>(), ["octopusdeploy_token_account.k"]);
        declared.scan("locals {\n  x = var.a_b\n}\noutput \"o\" { value = var.a_b }\n");
        assert_eq!(
            declared.users("a_b").collect::<Vec<_>>(),
            ["locals", "octopusdeploy_token_account.k", "output.o"]
        );
    }

    fn supplied(value: &str, raw: bool) -> Result<Supply, Failure> {
        let entry = SecretEntry {
            name: "key".into(),
            description: "Value of \"Key\"".into(),
            terraform: true,
            collection: Collection::Variables,
            key: vec!["projects".into(), "Web".into()],
            field: "Key/Value".into(),
            path: Vec::new(),
            from: SecretOrigin::Variable { octopus_variable: "Key".into() },
        };
        let manifest = serde_json::json!({
            "format": 1, "octoferry": "", "scope": {"of": "space"}, "secrets": [entry],
            "source": {"installation_id": "", "space_id": "", "space_name": ""},
        });
        let manifest: Manifest = serde_json::from_value(manifest).unwrap();
        let declared = Declared { variables: BTreeSet::from(["key".to_owned()]), ..Declared::default() };
        let streamed = BTreeMap::from([("Key".to_owned(), Secret::new(value.to_owned()))]);
        supply(&manifest, &declared, &streamed, false, |_| raw)
    }

    #[test]
    fn expressions_that_octopus_may_have_evaluated_are_reported() {
        assert!(supplied("a #{b}", false).ok().unwrap().rows[0].open);
        assert!(!supplied("a #{b}", true).ok().unwrap().rows[0].open);
        assert!(!supplied("a", false).ok().unwrap().rows[0].open);
    }

    #[test]
    fn texts_are_quoted_for_hcl() {
        assert_eq!(&*quoted("a\"b\\c\n${x} %{y} $z\u{1}ü"), "\"a\\\"b\\\\c\\n$${x} %%{y} $z\\u0001ü\"");
    }
}
