//! Two inventories → differences of whole documents, by natural keys, ids resolved to names. Uses no kind's table: a mistake
//! in the tables must show here, so a field nobody has heard of counts like any other.
//!
//! `names` says what an id stands for, `plain` makes a document comparable, `explain` finds the note behind a difference, `skew` knows the
//! fields that one of the servers is too old for.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

mod explain;
mod names;
mod plain;
mod skew;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

pub use explain::Explanations;
pub use plain::{HEALTH, OF_THE_MACHINE};

use documents::collection::Collection;
use documents::document::Document;
use documents::feed::is_of_server;
use documents::inventory::Inventory;
use names::Names;
use skew::Skew;

/// The outcome for all kinds.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Comparison {
    pub kinds: BTreeMap<Collection, KindComparison>,
    /// Secrets that are not at the destination, and why: placeholders until a person enters them. The documents of both sides don't tell, so
    /// whoever compares says it.
    pub secrets_for_a_person: Vec<String>,
    /// Secrets of which nobody can tell any more whether they are there.
    pub secrets_not_known: Vec<String>,
}

/// The outcome for one collection.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KindComparison {
    /// Documents that are equal in every field.
    pub same: usize,
    /// Fields that were compared, leaf by leaf.
    pub fields: usize,
    /// Secrets that both sides have; whether they are equal can't be seen from outside.
    pub secrets: usize,
    pub different: Vec<Different>,
    pub missing: Vec<Absent>,
    pub extra: Vec<Absent>,
}

/// A document that both sides have, not equal.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Different {
    pub key: Vec<String>,
    pub fields: Vec<FieldDifference>,
}

/// One field that differs. `None`: not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FieldDifference {
    /// The way to the field; items of lists by name, where they have one.
    pub path: String,
    pub source: Option<Value>,
    pub destination: Option<Value>,
    /// The note that says so.
    pub because: Option<String>,
}

/// A document that only one side has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Absent {
    pub key: Vec<String>,
    /// The note that says so, or that servers make such a thing by themselves.
    pub because: Option<String>,
}

impl Comparison {
    /// Whether both are equal, or every difference is explained.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.kinds.values().all(|kind| kind.unexplained() == 0)
    }
}

impl KindComparison {
    /// Differences, missing and extra documents that no note explains.
    #[must_use]
    pub fn unexplained(&self) -> usize {
        let fields = self
            .different
            .iter()
            .flat_map(|different| &different.fields)
            .filter(|field| field.because.is_none())
            .count();
        let documents =
            self.missing.iter().chain(&self.extra).filter(|absent| absent.because.is_none()).count();
        fields + documents
    }
}

/// A pool of the destination's own that can run steps keeps its place: without one, nothing there would run.
const OWN_POOL: &str = "the destination's own worker pool stays the default one";

/// Compares two spaces.
#[must_use]
pub fn compare(source: &Inventory, destination: &Inventory, explanations: &Explanations) -> Comparison {
    let (source, destination) = (Side::new(source), Side::new(destination));
    let collections: BTreeSet<Collection> =
        source.documents.keys().chain(destination.documents.keys()).copied().collect();
    let nothing = BTreeMap::new();
    let mut comparison = Comparison::default();
    for collection in collections {
        let unknown = |side: &Side<'_>, which: &str| {
            side.unknown.contains(&collection).then(|| format!("the {which} server has no such things"))
        };
        let left = source.documents.get(&collection).unwrap_or(&nothing);
        let right = destination.documents.get(&collection).unwrap_or(&nothing);
        let own_pool = collection == Collection::WorkerPools
            && right.iter().any(|(key, (pool, _))| pool.flag("IsDefault") && !left.contains_key(key));
        let mut outcome = KindComparison::default();
        let skew = Skew::of(left, right, explanations.destination_is_older);
        for (key, (document, value)) in left {
            let Some((other_document, other)) = right.get(key) else {
                let because = explanations.of_document(collection, key);
                let because = because.or_else(|| unknown(&destination, "destination"));
                let because = because.or_else(|| of_no_use(collection, document).map(str::to_owned));
                outcome.missing.push(Absent { key: key.clone(), because });
                continue;
            };
            let mut leaves = Leaves::default();
            leaves.walk(&mut Vec::new(), Some(value), Some(other));
            outcome.fields += leaves.compared;
            outcome.secrets += leaves.secrets
                + plain::sensitive_variables(document).min(plain::sensitive_variables(other_document));
            if leaves.differences.is_empty() {
                outcome.same += 1;
                continue;
            }
            for (difference, way) in leaves.differences.iter_mut().zip(&leaves.ways) {
                let unknown = skew.explains(difference, way);
                let unknown = unknown.or((own_pool && difference.path == "IsDefault").then_some(OWN_POOL));
                difference.because =
                    explanations.of_field(collection, key, difference).or_else(|| unknown.map(str::to_owned));
            }
            outcome.different.push(Different { key: key.clone(), fields: leaves.differences });
        }
        for (key, (document, _)) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
            let at_source = |collection: Collection, name: &str| {
                let named = source.documents.get(&collection);
                named.is_some_and(|documents| documents.contains_key(&vec![name.to_owned()]))
            };
            let because = (collection == Collection::RetentionPolicies || is_servers_own(document))
                .then(|| "every server makes it".to_owned())
                .or_else(|| explanations.of_extra(collection, key, at_source))
                .or_else(|| unknown(&source, "source"));
            outcome.extra.push(Absent { key: key.clone(), because });
        }
        if collection == plain::ORDERED {
            outcome.different.extend(other_order(left, right));
        }
        comparison.kinds.insert(collection, outcome);
    }
    comparison
}

/// Why nobody misses a document.
fn of_no_use(collection: Collection, document: &Document) -> Option<&'static str> {
    match collection {
        Collection::RetentionPolicies => Some("servers make these; the destination has none of this type"),
        Collection::Certificates if document.text("Archived").is_some() => {
            Some("it is archived, and nothing can use it")
        }
        _ => None,
    }
}

/// Whether the documents that both sides have stand in another order.
fn other_order(left: &Documents<'_>, right: &Documents<'_>) -> Option<Different> {
    let order = |document: &Document| document.get("SortOrder").and_then(Value::as_i64);
    let common = left.iter().filter_map(|(key, (one, _))| {
        let (other, _) = right.get(key)?;
        Some((order(one), order(other), key.join("/")))
    });
    let mut at_source: Vec<_> = common.collect();
    at_source.sort();
    if at_source.is_sorted_by_key(|(_, other, _)| other) {
        return None;
    }
    let names = |of: &[(Option<i64>, Option<i64>, String)]| -> Value {
        of.iter().map(|(.., name)| Value::from(name.as_str())).collect()
    };
    let mut at_destination = at_source.clone();
    at_destination.sort_by_key(|(_, other, _)| *other);
    let field = FieldDifference {
        path: "SortOrder".to_owned(),
        source: Some(names(&at_source)),
        destination: Some(names(&at_destination)),
        because: None,
    };
    Some(Different { key: vec!["<order>".to_owned()], fields: vec![field] })
}

/// The documents of a collection: natural key → document as it was, and plain.
type Documents<'i> = BTreeMap<Vec<String>, (&'i Document, Value)>;

/// One space, made comparable: collection → natural key → document as it was, and plain.
struct Side<'i> {
    /// Collections that the server is too old for.
    unknown: &'i BTreeSet<Collection>,
    documents: BTreeMap<Collection, Documents<'i>>,
}

impl<'i> Side<'i> {
    fn new(inventory: &'i Inventory) -> Self {
        let names = Names::new(inventory);
        let mut documents: BTreeMap<Collection, BTreeMap<Vec<String>, (&Document, Value)>> = BTreeMap::new();
        for collection in inventory.collections().filter(|collection| collection.row().compared) {
            let kind = documents.entry(collection).or_default();
            let plain = |document| plain::plain(&names, collection, document).into_iter();
            let mut found: Vec<(Vec<String>, (&Document, Value))> = inventory
                .all(collection)
                .flat_map(|document| plain(document).map(move |(key, value)| (key, (document, value))))
                .collect();
            // Several of one name are told apart by what they are: the order of their making may be another.
            found.sort_by_cached_key(|(key, (_, value))| (key.clone(), value.to_string()));
            for (key, found) in found {
                let mut unique = key.clone();
                let mut number = 1;
                while kind.contains_key(&unique) {
                    number += 1;
                    unique.clone_from(&key);
                    unique.push(format!("#{number}"));
                }
                kind.insert(unique, found);
            }
        }
        Self { unknown: &inventory.unknown, documents }
    }
}

/// Things that a server makes with each space, by its own flags.
fn is_servers_own(document: &Document) -> bool {
    ["IsDefault", "IsBuiltIn", "BuiltIn"].iter().any(|flag| document.flag(flag))
        || is_of_server(document)
        || document.get("CanBeDeleted") == Some(&Value::Bool(false))
        // The certificate that another one has replaced.
        || document.text("ReplacedBy").is_some()
}

/// Leaf by leaf.
#[derive(Default)]
struct Leaves {
    compared: usize,
    secrets: usize,
    differences: Vec<FieldDifference>,
    /// The way to each difference: fields, and `None` for the items of lists.
    ways: Vec<Vec<Option<String>>>,
    way: Vec<Option<String>>,
}

impl Leaves {
    fn walk(&mut self, path: &mut Vec<String>, left: Option<&Value>, right: Option<&Value>) {
        match (left, right) {
            (Some(left), Some(right)) if plain::is_leaf(left) || plain::is_leaf(right) => {
                self.leaf(path, Some(left), Some(right))
            }
            (Some(Value::Object(left)), Some(Value::Object(right)))
                if !left.is_empty() || !right.is_empty() =>
            {
                let fields: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
                for field in fields {
                    path.push(field.clone());
                    self.way.push(Some(field.clone()));
                    self.walk(path, left.get(field), right.get(field));
                    self.way.pop();
                    path.pop();
                }
            }
            (Some(Value::Array(left)), Some(Value::Array(right)))
                if left.iter().chain(right).any(Value::is_object) =>
            {
                self.walk_list(path, left, right);
            }
            _ => self.leaf(path, left, right),
        }
    }

    /// Items with names that are unique are matched by them, so that one more doesn't make all that follow different.
    fn walk_list(&mut self, path: &mut Vec<String>, left: &[Value], right: &[Value]) {
        let (left_names, right_names) = (labels(left), labels(right));
        let common = |mine: &[String], others: &[String]| -> Vec<String> {
            mine.iter().filter(|name| others.contains(name)).cloned().collect()
        };
        let (left_order, right_order) =
            (common(&left_names, &right_names), common(&right_names, &left_names));
        if left_order != right_order {
            path.push("<order>".to_owned());
            self.way.push(None);
            self.leaf(path, Some(&Value::from(left_order)), Some(&Value::from(right_order)));
            self.way.pop();
            path.pop();
        }
        let mut all = left_names.clone();
        all.extend(right_names.iter().filter(|name| !left_names.contains(name)).cloned());
        let item = |names: &[String], items: &'_ [Value], name: &String| {
            names.iter().position(|known| known == name).map(|at| items[at].clone())
        };
        for name in all {
            path.push(name.clone());
            self.way.push(None);
            self.walk(
                path,
                item(&left_names, left, &name).as_ref(),
                item(&right_names, right, &name).as_ref(),
            );
            self.way.pop();
            path.pop();
        }
    }

    fn leaf(&mut self, path: &[String], left: Option<&Value>, right: Option<&Value>) {
        self.compared += 1;
        if left.is_some_and(plain::is_secret) && right.is_some_and(plain::is_secret) {
            self.secrets += 1;
        }
        // An empty text is no other nothing than an absent or null one, but for values that steps read.
        let exact =
            path.iter().any(|part| part == "Properties") || path.last().is_some_and(|part| part == "Value");
        let equal = plain::same(left, right)
            || plain::same_moment(left, right)
            || (!exact && plain::is_nothing(left) && plain::is_nothing(right))
            || (!exact && plain::is_usual(left, right));
        if equal {
            return;
        }
        self.ways.push(self.way.clone());
        self.differences.push(FieldDifference {
            path: path.join("/"),
            source: left.map(plain::shown),
            destination: right.map(plain::shown),
            because: None,
        });
    }
}

/// Names of a list's items: their own if they have one, else their place; the second of a name gets a number.
fn labels(items: &[Value]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let name = item.get("Name").or_else(|| item.get("ExtensionId"));
        let name = name.and_then(Value::as_str).filter(|name| !name.is_empty());
        let label = name.map_or_else(|| index.to_string(), str::to_owned);
        let mut unique = label.clone();
        let mut number = 1;
        while labels.contains(&unique) {
            number += 1;
            unique = format!("{label}#{number}");
        }
        labels.push(unique);
    }
    labels
}

#[cfg(test)]
mod tests;
