//! What a conversion knows and collects: references, secrets, files, notes, finish steps. The tools of all kinds.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use crate::convert::drawers::Drawers;
use crate::convert::lookups::Lookups;
use crate::convert::model::Carry;
use crate::convert::names::Names;
use crate::convert::registry::Registry;
use crate::convert::{SecretSources, Selection};
use crate::hcl::{Block, Expr, Item};
use crate::selection::Needs;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use documents::slug::slug_of;
use module::SecretPlace;
use module::identities::Named;
use module::manifest::{About, FinishStep, Held, Made, MadePart, Note, Scope, SecretEntry, Target};
use module::tally::Tally;

/// A place in a document: which document, and the way down to the field.
#[derive(Debug, Clone)]
pub struct At {
    pub target: Target,
    /// Id of the document at the source; never written.
    pub id: String,
    /// As in [`FinishStep::Set`]; a number stands for an item that has no name, where finish can't go.
    pub path: Vec<Value>,
    /// First words of the names of its secrets: `account_aws_main`.
    pub prefix: String,
    /// For people: `account "AWS main"`.
    pub owner: String,
}

impl At {
    /// The place of a field of the object at this place.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        let mut at = self.clone();
        at.path.push(Value::String(name.to_owned()));
        at
    }

    /// The place of an item of the list at this place: known by its `Name` if no other item has it, else by its index.
    #[must_use]
    pub fn item(&self, items: &[Value], index: usize) -> Self {
        let name_of = |item: &Value| item.get("Name").and_then(Value::as_str).map(str::to_owned);
        let name = items.get(index).and_then(name_of);
        let unique = name.is_some() && items.iter().filter(|&item| name_of(item) == name).count() == 1;
        let mut at = self.clone();
        at.path.push(match name {
            Some(name) if unique => json!({ "Name": name }),
            _ => json!(index),
        });
        at
    }

    /// The path for notes: `Phases/Dev/AutomaticDeploymentTargets`.
    #[must_use]
    pub fn path_text(&self) -> String {
        let parts: Vec<String> = self
            .path
            .iter()
            .map(|part| match part {
                Value::String(text) => text.clone(),
                Value::Object(fields) => {
                    fields.values().next().and_then(Value::as_str).unwrap_or_default().to_owned()
                }
                other => other.to_string(),
            })
            .collect();
        parts.join("/")
    }

    /// Whether a finish step can name this place.
    pub(super) fn reachable(&self) -> bool {
        !self.path.is_empty() && !self.path.iter().any(Value::is_number)
    }
}

/// A document on its way into the module.
#[derive(Debug)]
pub struct Subject<'d> {
    pub document: &'d Document,
    /// Terraform label, unique among the documents of its kind.
    pub label: String,
    pub at: At,
    /// File of the module that its resources go to.
    pub file: &'static str,
}

/// A Terraform variable of the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub description: String,
}

/// Writes a document that was planned.
struct Planned<'i>(Box<dyn FnOnce(&mut Context<'i>) + 'i>);

impl fmt::Debug for Planned<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Planned")
    }
}

/// The state of one conversion.
#[derive(Debug)]
pub struct Context<'i> {
    pub kinds: &'static Registry,
    pub inventory: &'i Inventory,
    pub sources: &'i SecretSources,
    pub selection: &'i Selection,
    pub scope: Scope,
    /// Labels that are taken.
    pub names: Names,
    pub lookups: Lookups,
    /// Terraform files, by name.
    pub(crate) files: BTreeMap<String, Vec<Item>>,
    /// Files beside the module: scripts, YAML, long text.
    pub(super) texts: BTreeMap<String, String>,
    /// Other files of the module, by path.
    pub(super) documents: BTreeMap<String, String>,
    /// Pictures, by path.
    pub(super) pictures: BTreeMap<String, Vec<u8>>,
    pub(super) variables: BTreeMap<String, Variable>,
    pub(super) secrets: BTreeMap<String, SecretEntry>,
    /// Where they lie at the source, by the same names.
    pub(super) secret_places: BTreeMap<String, SecretPlace>,
    pub(crate) finish: Vec<FinishStep>,
    /// Where finish sets something, by the ids of the documents.
    pub(super) finished: BTreeMap<String, Vec<Vec<Value>>>,
    /// Documents of which this module says something, as far as an earlier one's finish has set something in them; by their ids.
    pub(super) places: BTreeMap<String, At>,
    pub(super) held: Vec<Held>,
    pub(super) makes: Vec<Made>,
    pub(super) parts: Vec<MadePart>,
    pub(super) after: BTreeSet<String>,
    pub(crate) notes: BTreeSet<Note>,
    /// Collection → how its fields are carried.
    pub(super) tally: BTreeMap<Collection, Tally>,
    /// What kinds remember.
    pub drawers: Drawers,
    /// What was planned, and is still to be written: by the ids of documents.
    planned: BTreeMap<String, Planned<'i>>,
    /// Parts of documents that have an id → how finish finds them.
    pub(super) part_targets: BTreeMap<String, Target>,
    /// What is found by its name alone, with the names that it has.
    pub(super) named: Vec<Named>,
    /// Expressions for the ids of documents (and actions) that this module makes.
    pub(super) addresses: BTreeMap<String, Expr>,
    /// Expressions for the canonical names of tags that this module makes.
    pub(super) tags: BTreeMap<String, Expr>,
    /// Document → the one that must be made before it, so that both get the slugs they have at the source.
    pub(super) predecessors: BTreeMap<String, String>,
    /// Documents that finish makes as a whole: id → whether Terraform's part of this module looks it up.
    pub(super) by_finish: BTreeMap<String, bool>,
    /// What the module refers to and does not make, if that has to be known.
    pub(crate) needed: RefCell<Needs>,
    /// What is being carried, for people: `account "AWS main"`.
    pub(super) at_work: String,
    /// Canonical names of tags → id of the set; made when first asked for.
    tag_sets: OnceCell<BTreeMap<String, String>>,
}

impl<'i> Context<'i> {
    #[must_use]
    pub fn new(
        kinds: &'static Registry,
        inventory: &'i Inventory,
        sources: &'i SecretSources,
        selection: &'i Selection,
        scope: Scope,
    ) -> Self {
        Self {
            kinds,
            inventory,
            sources,
            selection,
            scope,
            names: Names::after(selection.earlier.labels()),
            lookups: Lookups::default(),
            files: BTreeMap::new(),
            texts: BTreeMap::new(),
            documents: BTreeMap::new(),
            pictures: BTreeMap::new(),
            variables: BTreeMap::new(),
            secrets: BTreeMap::new(),
            secret_places: BTreeMap::new(),
            finish: Vec::new(),
            finished: BTreeMap::new(),
            places: BTreeMap::new(),
            held: Vec::new(),
            makes: Vec::new(),
            parts: Vec::new(),
            after: BTreeSet::new(),
            notes: BTreeSet::new(),
            tally: BTreeMap::new(),
            drawers: Drawers::default(),
            planned: BTreeMap::new(),
            part_targets: BTreeMap::new(),
            named: Vec::new(),
            addresses: BTreeMap::new(),
            tags: BTreeMap::new(),
            predecessors: BTreeMap::new(),
            by_finish: BTreeMap::new(),
            needed: RefCell::new(Needs::new()),
            at_work: String::new(),
            tag_sets: OnceCell::new(),
        }
    }

    /// Notes that the module says something of a document, where that will be asked for.
    pub(super) fn visit(&mut self, at: &At) {
        let is_asked_for = at.path.is_empty() && self.selection.earlier.finished.contains_key(&at.id);
        if is_asked_for && !self.places.contains_key(&at.id) {
            self.places.insert(at.id.clone(), at.clone());
        }
    }

    /// Whether this is the space's module.
    #[must_use]
    pub fn is_space(&self) -> bool {
        self.scope == Scope::Space
    }

    // What is made in two rounds.

    /// Keeps for later how a document is written: all must be declared first.
    pub fn plan(&mut self, id: &str, write: impl FnOnce(&mut Self) + 'i) {
        self.planned.insert(id.to_owned(), Planned(Box::new(write)));
    }

    /// Writes the document with that id, if it was planned.
    pub fn carry_out(&mut self, id: &str) {
        if let Some(Planned(write)) = self.planned.remove(id) {
            write(self);
        }
    }

    // What the module consists of.

    /// Adds a block to a file of the module.
    pub fn add(&mut self, file: &str, block: Block) {
        self.files.entry(file.to_owned()).or_default().push(Item::Block(block));
    }

    /// Whether the module has that file already.
    #[must_use]
    pub fn has(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// Adds a block before all others of a file, behind the comment that opens it.
    pub(crate) fn add_after_comment(&mut self, file: &str, block: Block) {
        let items = self.files.entry(file.to_owned()).or_default();
        let place = items.iter().position(|item| matches!(item, Item::Block(_))).unwrap_or(items.len());
        items.insert(place, Item::Block(block));
    }

    /// Whether an expression of the module is this reference.
    pub(crate) fn uses(&self, reference: &str) -> bool {
        let mut found = false;
        for item in self.files.values().flatten() {
            if let Item::Block(block) = item {
                block.walk("", &mut |_, expression| {
                    found |= matches!(expression, Expr::Reference(path) if path.join(".") == reference);
                });
            }
        }
        found
    }

    /// Adds a comment that stands alone.
    pub fn add_comment(&mut self, file: &str, text: &str) {
        self.files.entry(file.to_owned()).or_default().push(Item::Comment(text.to_owned()));
    }

    /// Says that the module makes this document.
    pub fn made(&mut self, target: &Target, address: &str, adopted: bool) {
        self.makes.push(Made { target: target.clone(), address: address.to_owned(), adopted });
    }

    /// Says that the module makes this part of a document as a resource of its own.
    pub(crate) fn made_part(&mut self, target: &Target, path: &[Value], address: &str) {
        let (target, path) = (target.clone(), path.to_vec());
        self.parts.push(MadePart { target, path, address: address.to_owned() });
    }

    /// Says that the module of another project (its name) must be deployed before this one.
    pub fn deploy_after(&mut self, project: &str) {
        self.after.insert(project.to_owned());
    }

    // Text and files.

    /// Counts a field of a document that is there.
    pub(super) fn count(&mut self, at: &At, carry: &Carry) {
        count(self.tally.entry(at.target.collection).or_default(), carry);
    }

    // What the module can't hold.

    /// Adds a note about a place.
    pub fn note(&mut self, at: &At, code: &str, text: &str, todo: &str) {
        if !at.path.is_empty() {
            self.tally.entry(at.target.collection).or_default().noted += 1;
        }
        self.notes.insert(Note::new(code, About::field(&at.target, &at.path_text()), text, todo));
    }

    /// Whether several documents of a collection would get the same slug: then it depends on the order of creation which gets which. What
    /// belongs to projects only has a slug of its own within its project (seen: every `Default` channel has the slug `default`).
    #[must_use]
    pub fn slug_is_contested(&self, collection: Collection, slug: &str) -> bool {
        // `hot-fix-2` is what the second `hot-fix` gets.
        let numbered = slug.rsplit_once('-').filter(|(_, number)| number.parse::<u32>().is_ok());
        self.is_shared_slug(collection, slug)
            || numbered.is_some_and(|(first, _)| self.is_shared_slug(collection, first))
    }

    fn is_shared_slug(&self, collection: Collection, slug: &str) -> bool {
        match &self.scope {
            Scope::Space => self.inventory.with_slug(collection, slug) > 1,
            Scope::Project { id, .. } | Scope::Runbook { project_id: id, .. } => {
                let same = |document: &&Document| slug_of(document.name()) == slug;
                self.inventory.of(collection, id).filter(same).nth(1).is_some()
            }
        }
    }

    /// Canonical names of the space's tags → id of their set.
    pub(super) fn tag_sets(&self) -> &BTreeMap<String, String> {
        self.tag_sets.get_or_init(|| {
            let mut sets = BTreeMap::new();
            for set in self.inventory.all(Collection::TagSets) {
                let names = set.list("Tags").iter().filter_map(|tag| tag["Name"].as_str());
                sets.extend(names.map(|name| (format!("{}/{name}", set.name()), set.id().to_owned())));
            }
            sets
        })
    }

    /// The natural key of the document with that id.
    #[must_use]
    pub fn target_of(&self, id: &str) -> Option<Target> {
        let collection = self.inventory.collection_of(id)?;
        Some(self.target(collection, self.inventory.get(collection, id)?))
    }

    /// The natural key of a document: its name, after the name of its project if it has one.
    #[must_use]
    pub fn target(&self, collection: Collection, document: &Document) -> Target {
        let project = document
            .text("ProjectId")
            .and_then(|id| self.inventory.get(Collection::Projects, id))
            .map(|project| project.name().to_owned());
        let runbook = document
            .text("RunbookId")
            .and_then(|id| self.inventory.get(Collection::Runbooks, id))
            .map(|runbook| runbook.name().to_owned());
        let own = match collection {
            Collection::DeploymentProcesses | Collection::DeploymentSettings => None,
            Collection::RunbookProcesses => runbook,
            Collection::Variables => {
                let owner = document.text("OwnerId").and_then(|id| self.target_of(id));
                // A library set may be called like a project.
                let key = owner
                    .map(|owner| std::iter::once(owner.collection.to_string()).chain(owner.key).collect());
                return Target { collection, key: key.unwrap_or_default() };
            }
            Collection::RetentionPolicies => document.text("RetentionType").map(str::to_owned),
            Collection::Users => document.text("Username").map(str::to_owned),
            Collection::OidcIdentities => {
                let account = document.text("ServiceAccountId").unwrap_or_default();
                let account =
                    self.inventory.get(Collection::Users, account).and_then(|user| user.text("Username"));
                let key = account.into_iter().chain([document.name()]).map(str::to_owned).collect();
                return Target { collection, key };
            }
            Collection::ScopedUserRoles => {
                let name = |collection: Collection, field: &str| {
                    let id = document.text(field).unwrap_or_default();
                    self.inventory.get(collection, id).map_or(id, Document::name).to_owned()
                };
                let key = vec![name(Collection::Teams, "TeamId"), name(Collection::UserRoles, "UserRoleId")];
                return Target { collection, key };
            }
            Collection::TenantVariableValues => {
                let found = |collection, field| {
                    document.text(field).and_then(|id| self.inventory.get(collection, id))
                };
                let owner = found(Collection::Projects, "ProjectId")
                    .or_else(|| found(Collection::LibraryVariableSets, "LibraryVariableSetId"));
                let template = document.text("TemplateId").unwrap_or_default();
                let templates = owner.map(|owner| owner.list("Templates")).unwrap_or_default();
                let named = templates.iter().find(|known| known["Id"] == template);
                let key = [
                    found(Collection::Tenants, "TenantId").map(Document::name).or(document.text("TenantId")),
                    owner.map(Document::name),
                    named.and_then(|known| known["Name"].as_str()).or(Some(template)),
                ];
                let key = key.into_iter().map(|name| name.unwrap_or_default().to_owned());
                return Target { collection, key: key.collect() };
            }
            Collection::DeploymentFreezes => {
                let owner =
                    document.text("OwnerId").and_then(|id| self.inventory.get(Collection::Projects, id));
                let key = owner.into_iter().chain([document]).map(|document| document.name().to_owned());
                return Target { collection, key: key.collect() };
            }
            _ => Some(document.name().to_owned()),
        };
        Target { collection, key: project.into_iter().chain(own).collect() }
    }
}

/// Whether a value means the same at another server: no hidden value, and no text that looks like an id that nothing is known of.
pub(crate) fn is_portable(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let number = text.rsplit_once('-').filter(|(kind, _)| !kind.is_empty());
            !number.is_some_and(|(kind, number)| {
                kind.starts_with(|letter: char| letter.is_ascii_uppercase())
                    && kind.chars().all(|letter| letter.is_ascii_alphabetic())
                    && number.parse::<u64>().is_ok()
            })
        }
        Value::Array(items) => items.iter().all(is_portable),
        Value::Object(fields) if fields.contains_key("$ref") => true,
        Value::Object(fields) => !fields.contains_key("HasValue") && fields.values().all(is_portable),
        _ => true,
    }
}

/// Fields in which people write what they like, also what looks like an id.
pub(super) fn is_words(field: &str) -> bool {
    matches!(field, "Name" | "Description" | "Notes" | "Label" | "HelpText" | "Slug" | "Username" | "Host")
}

/// Counts a field that is there. Those that only hold other fields are counted by these.
fn count(tally: &mut Tally, carry: &Carry) {
    match carry {
        Carry::Ignored(_) | Carry::Computed(_) => tally.ignored += 1,
        Carry::Finish(_) | Carry::FinishSecret(..) | Carry::Slug => tally.finish += 1,
        Carry::Block(_)
        | Carry::Blocks(_)
        | Carry::Object(_)
        | Carry::Objects(_)
        | Carry::Inline(_)
        | Carry::OneOf(_) => {}
        _ => tally.carried += 1,
    }
}
