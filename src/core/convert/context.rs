//! What a conversion knows and collects: references, secrets, files, notes, finish steps. The tools of all kinds.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};
use unicode_normalization::is_nfc;

use crate::convert::drawers::Drawers;
use crate::convert::fields::is_empty;
use crate::convert::id_text::{Piece, split_at_ids};
use crate::convert::lookups::Lookups;
use crate::convert::model::{Carry, Hidden};
use crate::convert::names::{Names, digest, file_name};
use crate::convert::registry::Registry;
use crate::convert::whole::HIDDEN;
use crate::convert::{SecretSources, Selection};
use crate::hcl::{Block, Expr, Item};
use crate::selection::Needs;
use documents::collection::Collection;
use documents::document::Document;
use documents::ids::is_everywhere;
use documents::inventory::Inventory;
use documents::slug::slug_of;
use module::SecretPlace;
use module::identities::Named;
use module::manifest::{
    About, FinishStep, FinishValue, Held, Made, MadePart, Note, Scope, SecretEntry, Target,
};
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

    /// Text that stays inline. Text that is not Unicode NFC is set by finish as well: Terraform composes every string.
    pub fn text(&mut self, value: &str, at: &At) -> Expr {
        self.keep_unicode(value, at);
        value.into()
    }

    /// Text that may well hold ids as a person's own words: scripts, descriptions, values. It is never an error there.
    pub fn free_text(&mut self, value: &str, at: &At) -> Expr {
        if let Some(id) = self.id_in(value) {
            self.note(
                "id-in-text",
                at,
                &format!("the text names {id}, an id of the source space; it is left as it is"),
                "Write the id that the thing has at the destination.",
            );
        }
        self.text(value, at)
    }

    /// A value that somebody has typed. Where the whole of it is the id of something, others bind by it (`#{Feed.Id}`): it is followed.
    pub fn typed_value(&mut self, value: &str, at: &At) -> Expr {
        if self.note_followed(value, at) { self.text_with_ids(value, at) } else { self.free_text(value, at) }
    }

    /// Whether a value as a whole is an id that can be followed; then there is a note.
    pub(crate) fn note_followed(&mut self, value: &str, at: &At) -> bool {
        let inventory = self.inventory;
        let found = inventory.collection_of(value).and_then(|collection| inventory.get(collection, value));
        let collection = inventory.collection_of(value).unwrap_or(Collection::NONE);
        let is_found = found.is_some_and(|found| {
            self.declared(value) || self.kinds.lookup(collection, Some(found)).is_some()
        });
        if let Some(document) = found.filter(|_| is_found) {
            let text = format!(
                "the whole value is {value}, the id of \"{}\" ({collection}): at the destination it is the id that this has there",
                document.name()
            );
            self.note("id-followed", at, &text, "");
        }
        is_found
    }

    /// Text in a file beside the module, `folder/stem.ending`, byte for byte. Folder, stem and ending are made safe here.
    pub fn file(&mut self, folder: &str, stem: &str, ending: &str, value: &str, at: &At) -> Expr {
        let folder: Vec<String> = folder.split('/').map(file_name).collect();
        let path = format!("{}/{}", folder.join("/"), file_name(stem));
        // The same text at the same place twice is one file.
        let mut candidate = format!("{path}.{ending}");
        if self.texts.get(&candidate).is_some_and(|text| text != value) {
            candidate = format!("{path}-{}.{ending}", digest(value));
        }
        self.free_text(value, at);
        self.texts.insert(candidate.clone(), value.to_owned());
        Expr::file(&candidate)
    }

    /// A file of the module that is neither Terraform nor text of a document.
    pub fn document(&mut self, path: &str, text: String) {
        self.documents.insert(path.to_owned(), text);
    }

    /// The parts of a text that are ids, alone, in lists or in JSON, and those that are not.
    fn pieces<'t>(&self, value: &'t str) -> Vec<Piece<'t>> {
        let space = self.inventory.space_id();
        split_at_ids(value, &|token| {
            !token.is_empty()
                && (token == space
                    || is_everywhere(token)
                    || (token.starts_with("teams-") && !space.is_empty() && token.ends_with(space))
                    || self.declared(token)
                    || self.inventory.collection_of(token).is_some())
        })
    }

    /// Whether [`Context::text_with_ids`] would find an id in the text.
    #[must_use]
    pub fn has_ids(&self, value: &str) -> bool {
        self.pieces(value).iter().any(|piece| matches!(piece, Piece::Id(_)))
    }

    /// Text of a property: ids in it that stand alone, in lists or in JSON are references; the rest stays text.
    pub fn text_with_ids(&mut self, value: &str, at: &At) -> Expr {
        let inventory = self.inventory;
        let space = inventory.space_id();
        let pieces = self.pieces(value);
        if !pieces.iter().any(|piece| matches!(piece, Piece::Id(_))) {
            return self.free_text(value, at);
        }
        self.keep_unicode(value, at);
        let mut parts: Vec<Expr> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(text.into()),
                Piece::Id(id) if id == space => parts.push(Expr::reference("var.octopus_space_id")),
                Piece::Id(id) => {
                    let collection = inventory.collection_of(id).unwrap_or(Collection::NONE);
                    // A template within a template: its parts, not the whole.
                    match self.reference(collection, id, at) {
                        Expr::Template(inner) => parts.extend(inner),
                        other => parts.push(other),
                    }
                }
            }
        }
        match parts.as_slice() {
            [Expr::Text(_)] | [] => Expr::Template(parts),
            [_] => parts.remove(0),
            _ => Expr::Template(parts),
        }
    }

    fn keep_unicode(&mut self, value: &str, at: &At) {
        if !is_nfc(value) {
            self.set(
                at,
                &Value::String(value.to_owned()),
                "Terraform composes every string (Unicode NFC), files included",
            );
        }
    }

    /// An id of the source space that stands as a whole word in the text.
    #[must_use]
    pub fn id_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
            .filter(|word| word.contains('-') && word.ends_with(|letter: char| letter.is_ascii_digit()))
            .find(|word| self.inventory.collection_of(word).is_some() || *word == self.inventory.space_id())
    }

    /// Counts a field of a document that is there.
    pub(super) fn count(&mut self, at: &At, carry: &Carry) {
        count(self.tally.entry(at.target.collection).or_default(), carry);
    }

    // What the module can't hold.

    /// Adds a note about a place.
    pub fn note(&mut self, code: &str, at: &At, text: &str, todo: &str) {
        if !at.path.is_empty() {
            self.tally.entry(at.target.collection).or_default().noted += 1;
        }
        self.notes.insert(Note::new(code, About::field(&at.target, &at.path_text()), text, todo));
    }

    /// Lets finish set a value that the provider can't carry (the fact); ids in it become references. A place that finish can't
    /// name gets a note instead.
    pub fn set(&mut self, at: &At, value: &Value, because: &str) {
        if at.reachable() {
            let free = at.path.last().and_then(Value::as_str).is_some_and(is_words);
            let value = if free { value.clone() } else { self.portable_with_secrets(&HIDDEN, value, at) };
            let value = match value.get("$secret").and_then(Value::as_str) {
                Some(name) => FinishValue::Secret(name.to_owned()),
                None => FinishValue::Json(value),
            };
            self.finish.push(FinishStep::Set { target: at.target.clone(), path: at.path.clone(), value });
        } else {
            self.note("not-carried", at, because, "Set it by hand at the destination.");
        }
    }

    /// A field that no table knows: finish tries to set it. Not where it may start something, name what can't be named, or hold a secret.
    pub(super) fn set_unknown(&mut self, at: &At, value: &Value) -> bool {
        let known_by_name = !matches!(
            at.target.collection,
            Collection::ProjectTriggers
                | Collection::Subscriptions
                | Collection::DeploymentFreezes
                | Collection::RetentionPolicies
                | Collection::ScopedUserRoles
                | Collection::UserRoles
                | Collection::OidcIdentities
        );
        let settable =
            known_by_name && at.reachable() && !is_empty(value) && is_portable(&self.portable(value));
        if settable {
            let value = self.portable(value);
            self.finish(FinishStep::Try { target: at.target.clone(), path: at.path.clone(), value });
        }
        settable
    }

    /// An item of a list that the provider can't carry, for finish; false where finish can't find its place.
    pub(crate) fn add_item(&mut self, list: &At, after: Vec<String>, item: &Value, at: &At) -> bool {
        super::whole::add_item(self, list, after, item, at)
    }

    /// A list of named items that the provider keeps as a map: its order is for finish.
    pub(crate) fn keep_names_in_order(&mut self, at: &At, items: &[Value]) {
        let name = |item: &Value| item.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if items.len() > 1 && at.reachable() {
            let names = items.iter().map(name).collect();
            self.finish(FinishStep::Order { target: at.target.clone(), path: at.path.clone(), names });
        }
    }

    /// A list that the provider keeps as a set: its order is for finish.
    pub fn keep_order(&mut self, at: &At, value: &Value) {
        if value.as_array().is_some_and(|items| items.len() > 1) {
            self.set(at, value, "the provider keeps a set, in no order");
        }
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

    /// Adds any other finish step.
    pub fn finish(&mut self, step: FinishStep) {
        self.finish.push(step);
    }

    /// Says that something which starts work by itself is switched off until the cutover.
    pub fn hold(&mut self, target: &Target, field: &str, source: &Value) {
        let source = source.clone();
        self.held.push(Held { target: target.clone(), field: field.to_owned(), source });
    }

    /// A value for finish: each text that is exactly the id of a document becomes a `$ref` to it.
    pub fn portable(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match self.part(text).or_else(|| self.needed_target(text)) {
                Some(target) => json!({ "$ref": { "collection": target.collection, "key": target.key } }),
                None => value.clone(),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.portable(item)).collect()),
            Value::Object(fields) => {
                let portable = |name: &str, value: &Value| {
                    if is_words(name) { value.clone() } else { self.portable(value) }
                };
                let fields = fields.iter().map(|(name, value)| (name.clone(), portable(name, value)));
                Value::Object(fields.collect())
            }
            _ => value.clone(),
        }
    }

    /// The same, where each hidden value becomes an entry of the manifest, with a note where only a person can give it: what goes to the
    /// destination as a whole leaves no secret behind unsaid.
    pub fn portable_with_secrets(&mut self, hidden: &Hidden, value: &Value, at: &At) -> Value {
        super::whole::portable(self, &|_| *hidden, value, at)
    }

    fn needed_target(&self, text: &str) -> Option<Target> {
        if self.selection.is_part() {
            self.need_tag(text);
            if let Some(collection) = self.inventory.collection_of(text) {
                self.need(collection, text, "");
            }
        }
        self.target_of(text)
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
