//! A space while it is made up: its documents and secrets, which names and slugs are taken, what old documents lack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::text;

/// The id of every space that is made.
pub(crate) const SPACE: &str = "Spaces-2";

/// A tag set's name, its scopes and its tags.
#[derive(Clone)]
pub(crate) struct Tags {
    pub(crate) scopes: Vec<String>,
    pub(crate) only_one: bool,
    pub(crate) tags: Vec<String>,
}

pub(crate) struct Making {
    pub(crate) chance: Chance,
    dump: Value,
    allowed: BTreeSet<String>,
    numbers: BTreeMap<String, u64>,
    names: BTreeSet<(String, String)>,
    slugs: BTreeSet<(String, String)>,
    pub(crate) tags: Vec<Tags>,
}

impl Making {
    pub(crate) fn new(seed: u64) -> Self {
        let dump =
            serde_json::from_str(include_str!("../empty-space.json")).expect("the empty space is JSON");
        let mut making = Self {
            chance: Chance::new(seed),
            dump,
            allowed: BTreeSet::new(),
            numbers: BTreeMap::new(),
            names: BTreeSet::new(),
            slugs: BTreeSet::new(),
            tags: Vec::new(),
        };
        // What every space has.
        let taken: Vec<(String, String, String)> = making.dump["Documents"][SPACE]
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(collection, documents)| {
                documents.as_object().into_iter().flatten().map(|(_, document)| {
                    let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
                    (collection.clone(), text("Name"), text("Slug"))
                })
            })
            .collect();
        for (collection, name, slug) in taken {
            making.names.insert((collection.clone(), folded(&name)));
            making.slugs.insert((collection, slug));
        }
        making
    }

    /// The dump, and the differences that the making itself brings about.
    pub(crate) fn finish(self) -> (Value, String) {
        let lines: Vec<String> = self.allowed.into_iter().collect();
        (self.dump, lines.concat())
    }

    pub(crate) fn id(&mut self, prefix: &str) -> String {
        // Not from 1: so none of them is an id that a new server gives.
        let number = self.numbers.entry(prefix.to_owned()).or_insert(100);
        *number += 1;
        format!("{prefix}-{number}")
    }

    /// A name that nothing else at this place has.
    pub(crate) fn name(&mut self, place: &str) -> String {
        let stem = self.chance.one(text::NAMES);
        // The provider's client takes the blanks away, and then finds another name than it wanted.
        let trims = place == "lifecycles" || place.starts_with("channels ");
        let stem = if trims { stem.trim() } else { stem };
        let mut name = stem.to_owned();
        let mut number = 2;
        while !self.names.insert((place.to_owned(), folded(&name))) {
            name =
                if self.chance.percent(50) { format!("{stem} {number}") } else { format!("{stem}-{number}") };
            number += 1;
        }
        name
    }

    /// Takes a name that was chosen, if it is free.
    pub(crate) fn is_free(&mut self, place: &str, name: &str) -> bool {
        self.names.insert((place.to_owned(), folded(name)))
    }

    pub(crate) fn taken(&mut self, place: &str, name: &str) -> String {
        self.names.insert((place.to_owned(), folded(name)));
        name.to_owned()
    }

    /// Whether a tenant has a value for a template already.
    pub(crate) fn has_value(&self, tenant: &str, template: &str) -> bool {
        self.all(SPACE, "tenantvariablevalues")
            .any(|(_, value)| value["TenantId"] == tenant && value["TemplateId"] == template)
    }

    /// A name without what separates lists and tags. Not decomposed either: tags are referred to by their names, and a server that renames a tag
    /// renames what refers to it, which the sandbox does not.
    pub(crate) fn plain_name(&mut self, place: &str) -> String {
        loop {
            let name = self.name(place);
            if !name.contains(['/', ',', '\u{301}']) {
                return name;
            }
        }
    }

    /// The slug that a server makes of a name, or now and then one that somebody chose.
    pub(crate) fn slug(&mut self, place: &str, name: &str) -> String {
        let base = if self.chance.percent(15) {
            self.chance.one(&["chosen", "by-hand", "x"]).to_owned()
        } else {
            text::slug(name)
        };
        let mut slug = base.clone();
        let mut number = 2;
        while !self.slugs.insert((place.to_owned(), slug.clone())) {
            slug = format!("{base}-{number}");
            number += 1;
        }
        slug
    }

    pub(crate) fn line(&mut self) -> String {
        self.chance.one(text::LINES).to_owned()
    }

    /// Null, empty, one line or several.
    pub(crate) fn description(&mut self) -> Value {
        match self.chance.below(6) {
            0 => Value::Null,
            1 => json!(""),
            2 | 3 => json!(self.line()),
            _ => json!(self.chance.one(text::BLOCKS)),
        }
    }

    /// The same for a field that the provider's client can't give as an empty text (`omitempty`).
    pub(crate) fn optional(&mut self, collection: &str, key: &str, field: &str) -> Value {
        let text = self.description();
        if text == "" {
            self.allow(collection, field, "provider 1.17.0: its client leaves out an empty text", key);
        }
        text
    }

    /// The same, but never null: of kinds whose texts servers answer as "".
    pub(crate) fn words(&mut self) -> Value {
        match self.description() {
            Value::Null => json!(""),
            words => words,
        }
    }

    pub(crate) fn script(&mut self) -> String {
        self.chance.one(text::SCRIPTS).to_owned()
    }

    pub(crate) fn duration(&mut self) -> String {
        self.chance.one(text::DURATIONS).to_owned()
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.chance.percent(50)
    }

    /// A secret that is there; what it is, nobody who asks the API learns.
    pub(crate) fn secret(&mut self, id: &str, path: &str) -> Value {
        let odd = self.chance.one(&["", "\"q\"", "${s}", "#{s}", "\\", "\nsecond line\n", "größe"]);
        let secret = format!("rnd-9v4t-{:08x}{odd}", self.chance.next() >> 32);
        self.given_secret(id, path, &secret)
    }

    pub(crate) fn given_secret(&mut self, id: &str, path: &str, secret: &str) -> Value {
        let secrets = self.dump["Secrets"].as_object_mut().expect("an object");
        let of_document = secrets.entry(id.to_owned()).or_insert_with(|| json!({}));
        of_document[path] = json!(secret);
        json!({"HasValue": true, "Hint": null, "NewValue": null})
    }

    /// A secret, or none.
    pub(crate) fn maybe_secret(&mut self, id: &str, path: &str) -> Value {
        if self.chance.percent(60) { self.secret(id, path) } else { no_secret() }
    }

    pub(crate) fn put(&mut self, collection: &str, mut document: Value) -> String {
        document["SpaceId"] = json!(SPACE);
        self.insert(SPACE, collection, document)
    }

    pub(crate) fn put_in_server(&mut self, collection: &str, document: Value) -> String {
        self.insert("Server", collection, document)
    }

    fn insert(&mut self, place: &str, collection: &str, document: Value) -> String {
        let id = document["Id"].as_str().expect("an id").to_owned();
        self.dump["Documents"][place][collection][&id] = document;
        id
    }

    pub(crate) fn document(&mut self, collection: &str, id: &str) -> &mut Value {
        &mut self.dump["Documents"][SPACE][collection][id]
    }

    fn all(&self, place: &str, collection: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.dump["Documents"][place][collection].as_object().into_iter().flatten()
    }

    /// The ids of a collection's documents.
    pub(crate) fn ids(&self, collection: &str) -> Vec<String> {
        self.all(SPACE, collection).map(|(id, _)| id.clone()).collect()
    }

    /// The ids of those of which a field has this value.
    pub(crate) fn ids_with(&self, collection: &str, field: &str, value: &str) -> Vec<String> {
        self.all(SPACE, collection)
            .filter(|(_, document)| document[field] == value)
            .map(|(id, _)| id.clone())
            .collect()
    }

    pub(crate) fn any(&mut self, collection: &str) -> Option<String> {
        let ids = self.ids(collection);
        (!ids.is_empty()).then(|| self.chance.one(&ids))
    }

    pub(crate) fn some(&mut self, collection: &str, most: usize) -> Vec<String> {
        let ids = self.ids(collection);
        self.chance.some(&ids, most)
    }

    /// Tags that may stand at a kind of document; of a set that allows one only, one.
    pub(crate) fn some_tags(&mut self, scope: &str) -> Vec<String> {
        let mut found = Vec::new();
        for set in self.tags.clone() {
            if set.scopes.iter().any(|allowed| allowed == scope) && self.chance.percent(50) {
                let most = if set.only_one { 1 } else { 2 };
                found.extend(self.chance.some(&set.tags, most));
            }
        }
        found
    }

    /// Environments, tenants and tenant tags that something is limited to.
    pub(crate) fn limit(&mut self, document: &mut Value) {
        document["EnvironmentIds"] = json!(self.some("environments", 2));
        document["TenantedDeploymentParticipation"] =
            json!(self.chance.one(&["Untenanted", "Tenanted", "TenantedOrUntenanted"]));
        let untenanted = document["TenantedDeploymentParticipation"] == "Untenanted";
        document["TenantIds"] = if untenanted { json!([]) } else { json!(self.some("tenants", 2)) };
        document["TenantTags"] = if untenanted { json!([]) } else { json!(self.some_tags("Tenant")) };
    }

    /// Takes away, now and then, fields that an older server does not know; the destination's server adds them.
    pub(crate) fn lack(&mut self, collection: &str, key: &str, document: &mut Value, fields: &[&str]) {
        for field in fields {
            if !self.chance.percent(8) {
                continue;
            }
            let Some(fields) = document.as_object_mut() else { return };
            if fields.shift_remove(*field).is_some() {
                self.allow(collection, &format!("{field}*"), "older servers do not know the field", key);
            }
        }
    }

    /// A difference that is forced by what was made up: not a defect of anything.
    pub(crate) fn allow(&mut self, collection: &str, field: &str, fact: &str, key: &str) {
        self.allow_what("differ", collection, field, fact, key);
    }

    /// The same of a secret.
    pub(crate) fn allow_secret(&mut self, collection: &str, field: &str, fact: &str, key: &str) {
        self.allow_what("secret", collection, field, fact, key);
    }

    fn allow_what(&mut self, what: &str, collection: &str, field: &str, fact: &str, key: &str) {
        let mut pattern = String::new();
        for letter in key.chars() {
            match letter {
                '[' | '*' | '?' => pattern.extend(['[', letter, ']']),
                '\t' | '\n' | '\r' => pattern.push('?'),
                letter => pattern.push(letter),
            }
        }
        self.allowed.insert(format!("{what}\t{collection}\t{field}\t{fact}\t{pattern}\n"));
    }

    /// A tenant's secret comes in a run for that tenant, never with a deployment of modules alone.
    pub(crate) fn allow_value(
        &mut self,
        tenant: &str,
        owner: &Value,
        template: &Value,
        environments: &[String],
    ) {
        let (collection, id) = match owner["ProjectId"].as_str() {
            Some(id) => ("projects", id),
            None => ("libraryvariablesets", owner["LibraryVariableSetId"].as_str().unwrap_or_default()),
        };
        let name = |making: &mut Self, collection: &str, id: &str| {
            making.document(collection, id)["Name"].as_str().unwrap_or_default().to_owned()
        };
        let beginning = [
            name(self, "tenants", tenant),
            name(self, collection, id),
            template["Name"].as_str().unwrap_or_default().to_owned(),
        ]
        .join("/");
        let mut names: Vec<String> = environments.iter().map(|id| name(self, "environments", id)).collect();
        names.sort();
        let mut scopes = vec![names.join(" + ")];
        // A server that knows no value for all environments has one for each.
        let links = self.document("tenants", tenant)["ProjectEnvironments"][id].clone();
        for linked in links.as_array().into_iter().flatten().filter_map(Value::as_str) {
            scopes.push(name(self, "environments", linked));
        }
        let fact = "API: a tenant's secret is a variable only in a run for that tenant";
        for scope in scopes {
            let key = format!("{beginning}/{scope}");
            self.allow("tenantvariablevalues", "<missing>", fact, &key);
            self.allow_secret("tenantvariablevalues", "Value", fact, &key);
        }
    }
}

/// How names are compared: servers do not tell upper from lower case, nor blanks at the ends.
fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

pub(crate) fn no_secret() -> Value {
    json!({"HasValue": false, "Hint": null, "NewValue": null})
}

/// Leaves a field out, or gives it a value.
pub(crate) fn set(document: &mut Value, field: &str, value: Option<Value>) {
    if let Some(value) = value {
        document[field] = value;
    }
}

/// The fields of both.
pub(crate) fn with(mut document: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut document, more) {
        fields.extend(more);
    }
    document
}
