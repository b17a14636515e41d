//! The manifest, `octoferry.json` in a module: where each secret comes from, what finish sets, what was left out.
//!
//! It is the contract between `serialize`, which writes it, and everything that comes later: `needs`, `deploy`, `finish`, `migrate`, `verify`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use documents::collection::Collection;
use documents::inventory::Unread;
use failure::Failure;
use secret::placeholder::{Form, placeholder};

/// The format of manifests that this octoferry writes and reads.
const FORMAT: u64 = 1;

/// The whole file. Same input, same bytes: lists are sorted by the writer, no clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Manifest {
    /// 1. Another number is refused with the command that renews the module (`serialize`).
    pub format: u32,
    /// Version of octoferry that wrote the module.
    pub octoferry: String,
    pub source: Origin,
    pub scope: Scope,
    /// The secrets that the module's Terraform variables or its finish steps want.
    #[serde(default)]
    pub secrets: Vec<SecretEntry>,
    /// What is set through the API after the apply, in this order.
    #[serde(default)]
    pub finish: Vec<FinishStep>,
    /// What the source has enabled and the destination must not, until the cutover.
    #[serde(default)]
    pub held: Vec<Held>,
    /// What the module makes, for the collision report and for adopting; in dependency order.
    #[serde(default)]
    pub makes: Vec<Made>,
    /// The parts of documents that are resources of their own, for the same.
    #[serde(default)]
    pub parts: Vec<MadePart>,
    /// Names of projects whose modules must be deployed before this one.
    #[serde(default)]
    pub after: Vec<String>,
    /// The module's files, so that a later `serialize` into the same folder can take away what is no longer of it. Filled in
    /// when the module is written or packed.
    #[serde(default)]
    pub files: Vec<String>,
    #[serde(default)]
    pub notes: Vec<Note>,
    /// That the module is of a part of its source, or of one that was renamed; none: it holds all.
    #[serde(default, skip_serializing_if = "Part::is_all")]
    pub part: Part,
}

impl Manifest {
    /// How a person names one of its secrets: `feed_images_password`, `Storefront Web/variable_key`.
    #[must_use]
    pub fn name_of_secret(&self, secret: &str) -> String {
        match &self.scope {
            Scope::Space => secret.to_owned(),
            Scope::Project { name, .. } | Scope::Runbook { project: name, .. } => format!("{name}/{secret}"),
        }
    }
}

/// What options made of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The options as they were given: `--only projects:Shop`.
    #[serde(default)]
    pub options: Vec<String>,
    /// What the module leaves out, for `verify`.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// `KIND:OLD=NEW`, in the order in which the source's documents were renamed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<String>,
}

impl Part {
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.options.is_empty()
    }
}

/// Things that are in no module, or parts of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    pub collection: Collection,
    /// The option that leaves them out, or that none selected them.
    pub because: String,
    /// Natural keys, as in [`Target::key`]; what belongs to the documents goes with them.
    pub keys: Vec<Vec<String>>,
    /// Only these fields of them; empty: the documents as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// The space that the module was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    pub installation_id: String,
    pub space_id: String,
    pub space_name: String,
}

/// What the module stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "of", deny_unknown_fields)]
pub enum Scope {
    Space,
    Project {
        id: String,
        name: String,
        slug: String,
    },
    /// One runbook; its project is looked up.
    Runbook {
        id: String,
        name: String,
        slug: String,
        project_id: String,
        project: String,
    },
}

impl Scope {
    /// The name of the project that it is about; `None`: what projects share.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Space => None,
            Self::Project { name, .. } | Self::Runbook { project: name, .. } => Some(name),
        }
    }
}

/// One secret: who wants it and how to get it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecretEntry {
    /// Key of the entry: the name of the Terraform variable; finish steps use the same name space.
    pub name: String,
    /// For a person: `Secret key of the account "Letterbox backup"`.
    pub description: String,
    /// Whether a Terraform variable of this name is declared (otherwise only finish wants it).
    pub terraform: bool,
    /// Collection of the source document, such as `accounts` or `variables`.
    pub collection: Collection,
    /// Natural key of the document, as in [`Target::key`].
    pub key: Vec<String>,
    /// Where in the document: `SecretKey`, `Details/Password`, or the variable's name.
    pub field: String,
    /// The same as a path of [`FinishStep::Set`], which tells variables of one name apart; empty where finish can't go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Value>,
    #[serde(flatten)]
    pub from: SecretOrigin,
}

impl SecretEntry {
    /// What stands for the secret where nobody can supply it; valid for the argument.
    #[must_use]
    pub fn placeholder(&self) -> String {
        let form = match (self.collection, self.field.rsplit('/').next().unwrap_or_default()) {
            (Collection::Certificates, "CertificateData") => Form::Certificate,
            (Collection::Accounts, "PrivateKeyFile" | "JsonKey" | "CertificateBytes") => Form::Base64,
            _ => Form::Text,
        };
        placeholder(&self.name, form)
    }
}

/// How a step of the source server can get the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "origin")]
pub enum SecretOrigin {
    /// A sensitive Octopus variable of this name.
    Variable { octopus_variable: String },
    /// A sub-variable of a typed account variable, such as `Octoferry.Account.Letterbox-backup.SecretKey`.
    Account { octopus_variable: String },
    /// The same of a certificate variable.
    Certificate { octopus_variable: String },
    /// Only in the run of that tenant in that environment.
    Tenant { octopus_variable: String, tenant: String, environments: Vec<String> },
    /// Can't be had; a person may give it as this variable. `because` is the fact that forces it.
    Person { octopus_variable: String, because: String },
}

impl SecretOrigin {
    /// The Octopus variable that holds the value, or may hold it.
    #[must_use]
    pub fn octopus_variable(&self) -> &str {
        match self {
            Self::Variable { octopus_variable }
            | Self::Account { octopus_variable }
            | Self::Certificate { octopus_variable }
            | Self::Tenant { octopus_variable, .. }
            | Self::Person { octopus_variable, .. } => octopus_variable,
        }
    }
}

/// A document at the destination, found by names alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Collection as in the inventory: `environments`, `deploymentprocesses`, `runbookprocesses`, …
    pub collection: Collection,
    /// Natural key. One name for things of a space; project name first for things of a project (`[project, channel]`,
    /// `[project, trigger]`, `[project]` for its process and its deployment settings, `[project, runbook]` for a runbook and its
    /// process). A variable set (`variables`) is named by its owner: `["projects", name]` or `["libraryvariablesets", name]`.
    pub key: Vec<String>,
}

/// One thing that the provider can't carry and finish sets. Idempotent: nothing is written when it is so already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum FinishStep {
    /// Sets one field. `path` goes from the document down: a text is a field, an object finds the item of a list whose fields have
    /// these values: `{"Name": "x"}`; `{"Name": "x", "Scope": {"Environment": [{"$ref": …}]}}` where names alone are ambiguous (a
    /// `Scope` is compared whole, its lists in any order, empty and absent lists are the same).
    ///
    /// Renaming is a `Set` of `Name` on a target with the old name: when that is not there but one of the new name is, it is done already.
    /// Steps are run in the manifest's order: a later one may use the new name.
    Set { target: Target, path: Vec<Value>, value: FinishValue },
    /// The same for a field that octoferry does not know: where the destination refuses it, that is left to a person.
    Try { target: Target, path: Vec<Value>, value: Value },
    /// Puts the items of a list into the order of these names. Others stay behind them. For lists that the provider keeps as a map.
    Order { target: Target, path: Vec<Value>, names: Vec<String> },
    /// Puts the documents of a collection into the order of these names (`PUT …/sortorder`). Others stay behind them.
    Arrange { collection: Collection, names: Vec<String> },
    /// Makes the worker pool of this name the default one, unless one of the destination's own is it and can run steps.
    DefaultPool { name: String },
    /// A step, an action or an extension's settings that the provider can't carry, in the list at `path`: made when no item has its `Name`
    /// (`ExtensionId`), behind the last that is
    /// there of `after`; else brought to what `item` says. In `item` stand `$ref`s and `$secret`s as in `document` below.
    Item { target: Target, path: Vec<Value>, after: Vec<String>, item: Value },
    /// A tenant's value for a template of a library set or of a project. `environments` empty: all.
    TenantValue {
        tenant: String,
        owner: TenantValueOwner,
        template: String,
        environments: Vec<String>,
        value: FinishValue,
    },
    /// A whole document that the provider has no resource for: made when the destination has none of this key, else brought to what
    /// `document` says; what else it holds stays. In `document` stand `$ref`s, and `{"$secret": name}` where a secret goes
    /// ([`SecretEntry::name`]). A switch (`IsDisabled`) of what starts work by itself is written only when the document is made: later it is a
    /// person's.
    Document { target: Target, document: Value },
    /// The same for one that Terraform's part of the module looks up: made before the plan, as far as what it refers to is there, and
    /// completed after the apply.
    DocumentBefore { target: Target, document: Value },
    /// Adds an item to a list of a document that several modules fill (the projects of a subscription's filter).
    Include { target: Target, path: Vec<Value>, item: Value },
    /// Gives a certificate that is there its data when its thumbprint is another one: the update of a certificate takes none. `data` and
    /// `password`: [`SecretEntry::name`].
    Certificate {
        target: Target,
        thumbprint: String,
        data: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<String>,
    },
    /// Uploads a file of the module as the logo of a project, tenant, step template … (`…/logo`), unless it has these bytes already.
    Logo { target: Target, file: String },
    /// Publishes a runbook as it is at the destination, unless a snapshot of this name is published.
    Publish { project: String, runbook: String, name: String, notes: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantValueOwner {
    LibraryVariableSet(String),
    Project(String),
}

/// A value for finish. Inside `json`, `{"$ref": {"collection": …, "key": […]}}` stands for the id of that document at the destination; the
/// collection `actions` with key `[project, action]` or `[project, runbook, action]` for the id of an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishValue {
    Json(Value),
    /// The secret of this [`SecretEntry::name`].
    Secret(String),
}

/// Something that starts work by itself, switched off until the cutover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    pub target: Target,
    pub field: String,
    /// What the source has.
    pub source: Value,
}

/// A document that the module makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    #[serde(flatten)]
    pub target: Target,
    /// Terraform address, such as `octopusdeploy_environment.production`.
    pub address: String,
    /// Whether the module itself takes over one that exists (`adopt.tf`).
    pub adopted: bool,
}

/// A part of a document that the module makes as a resource of its own: a tag, a variable, a step, a child step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadePart {
    /// The document: a tag set, a variable set, a process.
    #[serde(flatten)]
    pub target: Target,
    /// The way down to the part, as in [`FinishStep::Set`].
    pub path: Vec<Value>,
    /// Terraform address, such as `octopusdeploy_tag.region_eu`.
    pub address: String,
}

/// Something a person should know: left out, changed, or to do by hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// Stable, for `tests/allowed-notes.txt` and scripts: `unknown-field`, `not-carried`, `person-secret`, `held`, …
    pub code: String,
    #[serde(flatten)]
    about: About,
    /// One sentence: what, and the fact (provider or API) that forces it. It need not name what it is about: [`Note::sentence`] does.
    pub text: String,
    /// What a person can do about it; empty when nothing is needed.
    #[serde(default)]
    pub todo: String,
}

/// What a note is about: a collection, a document or a field of it. No note is made without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct About {
    collection: Collection,
    key: Vec<String>,
    field: String,
}

impl About {
    /// A collection as a whole.
    #[must_use]
    pub fn collection(collection: Collection) -> Self {
        Self { collection, key: Vec::new(), field: String::new() }
    }

    /// A document as a whole.
    #[must_use]
    pub fn document(target: &Target) -> Self {
        Self { key: target.key.clone(), ..Self::collection(target.collection) }
    }

    /// A field of a document, `/`-separated.
    #[must_use]
    pub fn field(target: &Target, field: &str) -> Self {
        Self { field: field.to_owned(), ..Self::document(target) }
    }
}

impl Note {
    #[must_use]
    pub fn new(code: &str, about: About, text: &str, todo: &str) -> Self {
        Self { code: code.to_owned(), about, text: text.to_owned(), todo: todo.to_owned() }
    }

    /// That a collection of the source could not be read.
    #[must_use]
    pub fn not_read(unread: &Unread) -> Self {
        let todo = format!("Look in the portal whether the space has {}.", unread.collection);
        Self::new("not-read", About::collection(unread.collection), &unread.text(), &todo)
    }

    /// Collection of what it is about.
    #[must_use]
    pub fn collection(&self) -> Collection {
        self.about.collection
    }

    /// Natural key of the document that it is about; empty for a collection as a whole.
    #[must_use]
    pub fn key(&self) -> &[String] {
        &self.about.key
    }

    /// The field, `/`-separated; empty for the whole document.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.about.field
    }

    /// What it is about, for a list of notes on one collection: `"Shop/Web" Rules`.
    #[must_use]
    pub fn place(&self) -> String {
        match (self.key().is_empty(), self.field().is_empty()) {
            (true, _) => self.field().to_owned(),
            (false, true) => format!("{:?}", self.key().join("/")),
            (false, false) => format!("{:?} {}", self.key().join("/"), self.field()),
        }
    }

    /// The text, with what it is about where it doesn't say so itself.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self.key().last() {
            Some(name) if !self.text.contains(&format!("{name:?}")) => {
                format!("{} {}: {}", self.collection(), self.place(), self.text)
            }
            _ => self.text.clone(),
        }
    }

    /// Whether it leaves something to do.
    #[must_use]
    pub fn needs_person(&self) -> bool {
        !self.todo.is_empty()
    }

    /// Whether it is about a secret that a person enters; such a secret is in the list of secrets too.
    #[must_use]
    pub fn is_about_secret(&self) -> bool {
        self.code == "person-secret"
    }

    /// What, why, and what to do: one line for a list.
    #[must_use]
    pub fn task(&self) -> String {
        format!("{}. {}", self.sentence().trim_end_matches('.'), self.todo)
    }
}

/// The manifest in these bytes.
///
/// # Errors
/// When it is of another format, or none.
pub fn parse(bytes: &[u8]) -> Result<Manifest, Failure> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| Failure::failed(format!("not JSON: {error}")))?;
    match value.get("format").and_then(serde_json::Value::as_u64) {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(Failure::failed(format!(
                "the manifest has format {other}, this octoferry reads format {FORMAT}"
            ))
            .hint("Renew the module: octoferry serialize"));
        }
        None => return Err(Failure::failed("not the manifest of a module: it has no format")),
    }
    serde_json::from_value(value).map_err(|error| {
        Failure::failed(format!("the manifest can't be understood: {error}"))
            .hint("Renew the module: octoferry serialize")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_list_says_what_it_is_about() {
        let target = Target { collection: Collection::Tenants, key: vec!["Lantern".to_owned()] };
        let about = About::field(&target, "Later");
        let sentence = |text| Note::new("unknown-field", about.clone(), text, "").sentence();
        assert_eq!(sentence("holds a flag"), "tenants \"Lantern\" Later: holds a flag");
        assert_eq!(sentence("\"Lantern\" has one"), "\"Lantern\" has one");
    }

    #[test]
    fn what_is_written_is_read() {
        let manifests = ["small-web", "shop", "odd-text"].map(|space| {
            let path = format!(
                "{}/tests/spaces/{space}/module/space/octoferry.json",
                concat!(env!("CARGO_MANIFEST_DIR"), "/../..")
            );
            std::fs::read_to_string(path).unwrap()
        });
        for text in manifests {
            let manifest: Manifest = serde_json::from_str(&text).unwrap();
            assert!(!manifest.secrets.is_empty() && !manifest.makes.is_empty());
            assert_eq!(serde_json::to_string_pretty(&manifest).unwrap(), text.trim_end());
        }
    }

    #[test]
    fn another_format_is_refused() {
        assert!(parse(br#"{"format": 2}"#).unwrap_err().message.contains("format 2"));
        assert!(parse(b"[]").unwrap_err().message.contains("no format"));
    }
}
