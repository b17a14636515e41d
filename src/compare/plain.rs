//! Documents as they are compared: without what servers compute, with names for ids, unordered things in order.

use serde_json::{Map, Value, json};

use super::names::Names;
use documents::collection::Collection;
use documents::document::Document;
use documents::moment::instant;
use documents::property::TEMPLATE_VERSION;

/// A collection of which only the order counts, not by which numbers: an update of a document takes none.
pub(super) const ORDERED: Collection = Collection::WorkerPools;

/// Fields that a server computes in documents of every collection.
const COMPUTED_EVERYWHERE: &[&str] = &["SpaceId", "Links", "LastModifiedOn", "LastModifiedBy", "CreatedOn"];

/// The same of one collection. Everything else counts.
const COMPUTED: &[(Collection, &[&str])] = &[
    (ORDERED, &["SortOrder"]),
    (Collection::Variables, &["Version", "ScopeValues"]),
    (Collection::DeploymentProcesses, &["Version", "LastSnapshotId"]),
    (Collection::RunbookProcesses, &["Version", "LastSnapshotId"]),
    // Counted up from the start at each server.
    (Collection::ActionTemplates, &["Version"]),
    // The health of a machine, as each server sees it.
    (Collection::Machines, HEALTH),
    (Collection::Workers, HEALTH),
    // Body and language of a script module are variables; some clients send copies, which servers of today drop.
    (Collection::LibraryVariableSets, &["Version", "scriptBody", "syntax"]),
    // What a snapshot froze, and when.
    (
        Collection::RunbookSnapshots,
        &[
            "Assembled",
            "FrozenProjectVariableSetId",
            "FrozenRunbookProcessId",
            "LibraryVariableSetSnapshotIds",
            "ProjectVariableSetSnapshotId",
            "VariableSnapshotConcurrencyToken",
        ],
    ),
];

/// Fields of a machine with its health, as a server sees it.
pub const HEALTH: &[&str] = &[
    "HealthStatus",
    "Status",
    "StatusSummary",
    "HasLatestCalamari",
    "IsInProcess",
    "Architecture",
    "OperatingSystem",
    "OperatingSystemVersion",
    "ShellName",
    "ShellVersion",
    // Only the request that makes a machine takes it (`POST machines`, `POST workers`).
    "SkipInitialHealthCheck",
];

/// How far a server is with telling its own events, in a subscription.
const PROGRESS: &[&str] = &[
    "EmailDigestLastProcessed",
    "EmailDigestLastProcessedEventAutoId",
    "SlackDigestLastProcessed",
    "SlackDigestLastProcessedEventAutoId",
    "TeamsDigestLastProcessed",
    "TeamsDigestLastProcessedEventAutoId",
    "WebhookLastProcessed",
    "WebhookLastProcessedEventAutoId",
];

/// The server's own word on whether this view of a variable can be edited.
const EDITABLE: &str = "IsEditable";

/// Words of people, which may look like an id.
const WORDS: &[&str] = &["Name", "Description", "Notes", "Label", "HelpText", "Username", "Host"];

/// What any part of a document may have of its own history.
const HISTORY: &[&str] = &["LastModifiedOn", "LastModifiedBy"];

/// What a server sees of an action's packages.
const VERSIONING: &str = "CanBeUsedForProjectVersioning";

/// What a server learns from a machine, in its endpoint.
pub const OF_THE_MACHINE: &[&str] = &[
    "TentacleVersionDetails",
    "KubernetesAgentDetails",
    "CertificateSignatureAlgorithm",
    "LastUpgradeSuccessful",
];

/// Stands for a text in which ids were replaced and which is also known as it was: `[resolved, original]`. No document holds such a key.
const TEXT: &str = "\u{0}text";
/// Stands for a secret; its value is whether there is one.
const SECRET: &str = "\u{0}secret";

/// A document's natural key and comparable form; tenant values become one for each environment.
pub(super) fn plain(
    names: &Names<'_>,
    collection: Collection,
    document: &Document,
) -> Vec<(Vec<String>, Value)> {
    let key = names.key(collection, document);
    if collection == Collection::TenantVariableValues {
        return tenant_value(names, key, document);
    }
    let mut fields = Map::new();
    let counts = |field: &str| field != "Id" && !is_computed(collection, field);
    for (field, value) in document.fields().iter().filter(|(field, _)| counts(field)) {
        let value = match value {
            _ if collection == Collection::Variables && field == "Variables" => variables(names, value),
            _ if collection == Collection::DeploymentFreezes => {
                comparable(names, &of_this_space(names, value))
            }
            Value::Array(tags) if collection == Collection::TagSets && field == "Tags" => {
                in_their_order(names, tags)
            }
            Value::String(text) if is_words(names, document.fields(), field) => words(names, text),
            value => comparable(names, value),
        };
        fields.insert(names.resolve(field), value);
    }
    if let Some(picture) = names.picture(document.id()) {
        fields.insert("<logo>".to_owned(), Value::from(picture));
    }
    vec![(key, Value::Object(fields))]
}

/// A freeze belongs to the server: what it says of projects of other spaces is theirs.
fn of_this_space(names: &Names<'_>, value: &Value) -> Value {
    let is_other = |id: &str| id.starts_with("Projects-") && names.resolve(id) == id;
    match value {
        Value::Object(scope) => {
            let ours = scope.iter().filter(|(project, _)| !is_other(project));
            Value::Object(ours.map(|(project, of)| (project.clone(), of.clone())).collect())
        }
        Value::Array(scopes) => {
            let ours = |scope: &&Value| !scope["ProjectId"].as_str().is_some_and(is_other);
            Value::Array(scopes.iter().filter(ours).cloned().collect())
        }
        other => other.clone(),
    }
}

/// Whether a server computes a field of a collection's documents.
pub(super) fn is_computed(collection: Collection, field: &str) -> bool {
    COMPUTED_EVERYWHERE.contains(&field)
        || COMPUTED.iter().any(|(of, fields)| *of == collection && fields.contains(&field))
}

/// Views of older servers tell a value for several environments as several values; so here it is always one for each.
fn tenant_value(names: &Names<'_>, key: Vec<String>, document: &Document) -> Vec<(Vec<String>, Value)> {
    let value = json!({"Value": comparable(names, document.get("Value").unwrap_or(&Value::Null))});
    let environments: Vec<String> = document.texts("EnvironmentIds").map(|id| names.resolve(id)).collect();
    if environments.is_empty() {
        return vec![(key, value)];
    }
    environments
        .into_iter()
        .map(|environment| ([key.clone(), vec![environment]].concat(), value.clone()))
        .collect()
}

/// Variables by name and scope: their order means nothing.
fn variables(names: &Names<'_>, variables: &Value) -> Value {
    let mut keyed: Vec<(String, Value)> = Vec::new();
    for variable in variables.as_array().into_iter().flatten() {
        let plain = comparable(names, variable);
        let scope = plain.get("Scope").map(scope_text).unwrap_or_default();
        let name = variable.get("Name").and_then(Value::as_str).unwrap_or_default();
        keyed.push((if scope.is_empty() { name.to_owned() } else { format!("{name} ({scope})") }, plain));
    }
    keyed.sort_by_cached_key(|(key, value)| (key.clone(), value.to_string()));
    let mut fields = Map::new();
    for (key, value) in keyed {
        let same =
            fields.keys().filter(|known| **known == key || known.starts_with(&format!("{key}#"))).count();
        fields.insert(if same == 0 { key } else { format!("{key}#{}", same + 1) }, value);
    }
    Value::Object(fields)
}

fn scope_text(scope: &Value) -> String {
    let text = |value: &Value| match shown(value) {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let mut parts: Vec<String> = Vec::new();
    for (field, values) in scope.as_object().into_iter().flatten() {
        let values: Vec<String> = values.as_array().into_iter().flatten().map(text).collect();
        if !values.is_empty() {
            parts.push(format!("{field}: {}", values.join(", ")));
        }
    }
    parts.sort();
    parts.join("; ")
}

fn comparable(names: &Names<'_>, value: &Value) -> Value {
    match value {
        Value::Object(fields)
            if fields.get("HasValue").is_some_and(Value::is_boolean) && fields.contains_key("NewValue") =>
        {
            json!({SECRET: fields["HasValue"]})
        }
        // A value that may be a secret (the header of a subscription's call, vendor's reference of 2026-08); others show its text alone.
        Value::Object(fields)
            if ["IsSensitive", "SensitiveValue", "Value"].iter().all(|field| fields.contains_key(*field)) =>
        {
            if fields["IsSensitive"] == false {
                comparable(names, &fields["Value"])
            } else {
                json!({SECRET: true})
            }
        }
        Value::Object(fields) => {
            let mut plain = Map::new();
            for (field, inner) in fields {
                // An id inside a document says where it is; what refers to it is compared instead.
                let is_fact =
                    [OF_THE_MACHINE, HISTORY, PROGRESS].iter().any(|facts| facts.contains(&field.as_str()));
                if ["Id", TEMPLATE_VERSION, VERSIONING, EDITABLE].contains(&field.as_str()) || is_fact {
                    continue;
                }
                let inner = match inner {
                    Value::String(text) if is_words(names, fields, field) => words(names, text),
                    inner => comparable(names, inner),
                };
                plain.insert(names.resolve(field), inner);
            }
            Value::Object(plain)
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            // Sets of ids, tags, roles: servers give them in any order.
            let mut items: Vec<Value> = items.iter().map(|item| comparable(names, item)).collect();
            items.sort_by_cached_key(|item| shown(item).to_string());
            Value::Array(items)
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| comparable(names, item)).collect()),
        Value::String(text) => {
            let resolved = names.resolve(text);
            // A script may hold words that happen to be ids; as they were, they may be equal.
            if resolved == *text || names.is_id(text) {
                Value::String(resolved)
            } else {
                json!({TEXT: [resolved, text]})
            }
        }
        other => other.clone(),
    }
}

/// Tags, by the places that they say themselves: a server may show them in the order of their making.
fn in_their_order(names: &Names<'_>, tags: &[Value]) -> Value {
    let mut tags: Vec<&Value> = tags.iter().collect();
    tags.sort_by_key(|tag| tag["SortOrder"].as_i64());
    tags.into_iter().map(|tag| comparable(names, tag)).collect()
}

/// Whether a field holds a person's words, also where they look like an id: a name, or a package that is none of the feed of projects.
fn is_words(names: &Names<'_>, fields: &Map<String, Value>, field: &str) -> bool {
    let is_package = field.strip_suffix("PackageId").is_some_and(|before| {
        let feed = fields.get(&format!("{before}FeedId")).and_then(Value::as_str);
        !feed.is_some_and(|feed| names.is_feed_of_projects(feed))
    });
    is_package || WORDS.contains(&field)
}

/// Words: equal as they are, or with what the ids in them stand for.
fn words(names: &Names<'_>, text: &str) -> Value {
    let resolved = names.resolve(text);
    if resolved == text { Value::from(text) } else { json!({TEXT: [resolved, text]}) }
}

/// Whether two leaves are equal. Nothing is nothing: absent, null, an empty list or object. An empty text is not nothing.
pub(super) fn same(left: Option<&Value>, right: Option<&Value>) -> bool {
    let nothing = |value: Option<&Value>| match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(_) => false,
    };
    match (left, right) {
        _ if nothing(left) && nothing(right) => true,
        (Some(left), Some(right)) => match (both(left), both(right)) {
            (Some((left, left_as_was)), Some((right, right_as_was))) => {
                left == right || left_as_was == right_as_was
            }
            _ => match (left, right) {
                (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
                    left.iter().zip(right).all(|(left, right)| same(Some(left), Some(right)))
                }
                _ => left == right,
            },
        },
        // No secret is as good as none mentioned.
        (Some(one), None) | (None, Some(one)) => one.get(SECRET) == Some(&Value::Bool(false)),
        (None, None) => true,
    }
}

/// Whether two texts are the same moment, which servers write in several ways: with another zone, with and without fractions.
pub(super) fn same_moment(left: Option<&Value>, right: Option<&Value>) -> bool {
    let moment = |value: Option<&Value>| value.and_then(Value::as_str).and_then(instant);
    moment(left).is_some_and(|left| moment(right) == Some(left))
}

/// Whether flags and numbers say what a server takes when nothing is said, and the other side says nothing.
pub(super) fn is_usual(left: Option<&Value>, right: Option<&Value>) -> bool {
    fn usual(value: &Value) -> bool {
        match value {
            Value::Bool(flag) => !flag,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::Object(fields) if !is_leaf(value) => fields.values().all(usual),
            other => is_nothing(Some(other)),
        }
    }
    (left.is_none() && right.is_some_and(usual)) || (right.is_none() && left.is_some_and(usual))
}

/// Whether a leaf says nothing: absent, null, empty, no secret.
pub(super) fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) if fields.contains_key(SECRET) => fields[SECRET] == Value::Bool(false),
        Some(Value::Object(fields)) => fields.values().all(|value| is_nothing(Some(value))),
        Some(_) => false,
    }
}

/// A text with ids in it: resolved, and as it was.
fn both(value: &Value) -> Option<(&str, &str)> {
    match value {
        Value::String(text) => Some((text, text)),
        Value::Object(fields) => match fields.get(TEXT)?.as_array()?.as_slice() {
            [Value::String(resolved), Value::String(text)] => Some((resolved, text)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a leaf is a secret that is set.
pub(super) fn is_secret(value: &Value) -> bool {
    value.get(SECRET) == Some(&Value::Bool(true))
}

/// Whether a comparable value is one of our stand-ins, which are leaves.
pub(super) fn is_leaf(value: &Value) -> bool {
    value.get(SECRET).is_some() || value.get(TEXT).is_some()
}

/// How many variables of a set are sensitive: the API shows of them neither value nor whether there is one.
pub(super) fn sensitive_variables(document: &Document) -> usize {
    document
        .list("Variables")
        .iter()
        .filter(|variable| variable.get("IsSensitive") == Some(&Value::Bool(true)))
        .count()
}

/// A comparable value as a person reads it.
pub(super) fn shown(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            if let Some((resolved, _)) = both(value) {
                return Value::from(resolved);
            }
            if let Some(set) = fields.get(SECRET) {
                return Value::from(if set == &Value::Bool(true) {
                    "⟨secret⟩"
                } else {
                    "⟨no secret⟩"
                });
            }
            Value::Object(fields.iter().map(|(field, inner)| (field.clone(), shown(inner))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(shown).collect()),
        other => other.clone(),
    }
}
