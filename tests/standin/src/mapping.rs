//! Between a Terraform value and the JSON document of the REST API.
//!
//! An attribute `snake_case` is the member `SnakeCase`; what differs stands in a small table per type.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::schema::{Attribute, Block, Nesting};
use crate::timespan;

/// How an attribute or block differs from the plain way.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// The member has this name; dots go deeper.
    Name(&'static str),
    /// Sent as `{HasValue, NewValue}` (also when it is not configured: then it is taken away), never read back.
    Secret(&'static str),
    /// The same, but left out when it is not configured.
    SecretIfGiven(&'static str),
    /// Nanoseconds here, a .NET time span there.
    Nanoseconds(&'static str),
    /// Read, not sent.
    Read(&'static str),
    /// Sent, not read back: the state keeps what was configured.
    Send(&'static str),
    /// Neither sent nor read.
    Leave,
    /// A block that may stand once: an object of this name, left out when there is no block.
    One(&'static str),
}

/// Paths with dots, from the top of the type.
pub type Rules = &'static [(&'static str, How)];

/// `is_disabled` is `IsDisabled`.
#[must_use]
pub fn pascal(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
                .unwrap_or_default()
        })
        .collect()
}

/// The member at a path with dots; null when there is none.
#[must_use]
pub fn at<'a>(document: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(document, |json, name| json.get(name).unwrap_or(&Json::Null))
}

/// Puts a member at a path with dots.
pub fn put(document: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            document.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = document.entry(first.to_owned()).or_insert_with(|| json!({}));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// A secret as the API takes it. Without a value it says that there is none, which wipes what the server has.
#[must_use]
pub fn sensitive(value: &Json) -> Json {
    match value.as_str().unwrap_or_default() {
        "" => json!({"HasValue": false, "Hint": null, "NewValue": null}),
        secret => json!({"HasValue": true, "Hint": null, "NewValue": secret}),
    }
}

/// The client's way through its own types loses nulls.
pub fn without_nulls(json: &mut Json) {
    match json {
        Json::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// The mapping of one type.
#[derive(Clone, Copy)]
pub struct Mapping<'a> {
    pub block: &'a Block,
    pub rules: Rules,
}

struct Fields<'a> {
    attributes: &'a BTreeMap<String, Attribute>,
    blocks: Option<&'a Block>,
}

impl Mapping<'_> {
    /// The document for a value; null attributes are left out.
    #[must_use]
    pub fn document(&self, value: &Json) -> Map<String, Json> {
        self.members(&Fields { attributes: &self.block.attributes, blocks: Some(self.block) }, value, "")
    }

    /// The value for a document.
    #[must_use]
    pub fn value(&self, document: &Json, state: &Json) -> Json {
        self.fields(
            &Fields { attributes: &self.block.attributes, blocks: Some(self.block) },
            document,
            state,
            "",
        )
    }

    fn rule(&self, path: &str) -> Option<How> {
        self.rules.iter().find(|(rule, _)| *rule == path).map(|(_, how)| *how)
    }

    fn members(&self, fields: &Fields<'_>, value: &Json, path: &str) -> Map<String, Json> {
        let mut document = Map::new();
        for (name, attribute) in fields.attributes {
            let inner = join(path, name);
            let value = value.get(name).unwrap_or(&Json::Null);
            match self.rule(&inner) {
                Some(How::Leave | How::Read(_)) => {}
                Some(How::Secret(member)) => put(&mut document, member, sensitive(value)),
                _ if value.is_null() => {}
                Some(How::SecretIfGiven(member)) => put(&mut document, member, sensitive(value)),
                Some(How::Nanoseconds(member)) => {
                    put(&mut document, member, json!(timespan::write(value.as_i64().unwrap_or_default())));
                }
                Some(How::Name(member) | How::Send(member) | How::One(member)) => {
                    put(&mut document, member, self.sent(attribute, value, &inner));
                }
                None => put(&mut document, &pascal(name), self.sent(attribute, value, &inner)),
            }
        }
        for (name, nested) in fields.blocks.into_iter().flat_map(|block| &block.blocks) {
            let inner = join(path, name);
            let fields = Fields { attributes: &nested.block.attributes, blocks: Some(&nested.block) };
            let items = value.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
            let mut sent = items.iter().map(|item| self.members(&fields, item, &inner));
            match self.rule(&inner) {
                Some(How::Leave | How::Read(_)) => {}
                Some(How::One(member)) => {
                    if let Some(object) = sent.next() {
                        put(&mut document, member, Json::Object(object));
                    }
                }
                Some(How::Name(member)) => put(&mut document, member, sent.map(Json::Object).collect()),
                _ => put(&mut document, &pascal(name), sent.map(Json::Object).collect()),
            }
        }
        document
    }

    fn sent(&self, attribute: &Attribute, value: &Json, path: &str) -> Json {
        let fields = Fields { attributes: &attribute.attributes, blocks: None };
        let object = |item: &Json| Json::Object(self.members(&fields, item, path));
        match attribute.nested {
            None => value.clone(),
            Some(Nesting::Single | Nesting::Group) => object(value),
            Some(Nesting::List | Nesting::Set) => {
                value.as_array().into_iter().flatten().map(object).collect()
            }
            Some(Nesting::Map) => Json::Object(
                value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(key, item)| (key.clone(), object(item)))
                    .collect(),
            ),
        }
    }

    fn fields(&self, fields: &Fields<'_>, document: &Json, state: &Json, path: &str) -> Json {
        let mut value = Map::new();
        for (name, attribute) in fields.attributes {
            let inner = join(path, name);
            let before = state.get(name).unwrap_or(&Json::Null);
            let read = match self.rule(&inner) {
                Some(How::Leave | How::Secret(_) | How::SecretIfGiven(_) | How::Send(_)) => before.clone(),
                Some(How::Nanoseconds(member)) => {
                    at(document, member).as_str().map_or(Json::Null, |span| json!(timespan::read(span)))
                }
                Some(How::Name(member) | How::Read(member) | How::One(member)) => {
                    self.read(attribute, at(document, member), before, &inner)
                }
                None => self.read(attribute, at(document, &pascal(name)), before, &inner),
            };
            value.insert(name.clone(), read);
        }
        for (name, nested) in fields.blocks.into_iter().flat_map(|block| &block.blocks) {
            let inner = join(path, name);
            let before = state.get(name).unwrap_or(&Json::Null);
            let fields = Fields { attributes: &nested.block.attributes, blocks: Some(&nested.block) };
            let member = match self.rule(&inner) {
                Some(How::Leave | How::Send(_)) => {
                    value.insert(name.clone(), before.clone());
                    continue;
                }
                Some(How::One(member) | How::Name(member) | How::Read(member)) => at(document, member),
                _ => at(document, &pascal(name)),
            };
            let items: Vec<Json> = match member {
                Json::Array(items) => items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| self.fields(&fields, item, &before[i], &inner))
                    .collect(),
                Json::Object(_) => vec![self.fields(&fields, member, &before[0], &inner)],
                _ => Vec::new(),
            };
            value.insert(name.clone(), Json::Array(items));
        }
        Json::Object(value)
    }

    fn read(&self, attribute: &Attribute, member: &Json, before: &Json, path: &str) -> Json {
        let fields = Fields { attributes: &attribute.attributes, blocks: None };
        match (attribute.nested, member) {
            (Some(Nesting::Single | Nesting::Group), Json::Object(_)) => {
                self.fields(&fields, member, before, path)
            }
            (Some(Nesting::List | Nesting::Set), Json::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(i, item)| self.fields(&fields, item, &before[i], path))
                .collect(),
            (Some(Nesting::Map), Json::Object(items)) => Json::Object(
                items
                    .iter()
                    .map(|(key, item)| (key.clone(), self.fields(&fields, item, &before[key.as_str()], path)))
                    .collect(),
            ),
            (None, member) => member.clone(),
            _ => Json::Null,
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::PROVIDER;

    #[test]
    fn plain_and_secret_members() {
        let mapping = Mapping {
            block: &PROVIDER.resources["octopusdeploy_username_password_account"],
            rules: &[("password", How::Secret("Password")), ("environments", How::Name("EnvironmentIds"))],
        };
        let value = json!({"name": "a", "password": "s", "environments": ["Environments-1"]});
        let document = Json::Object(mapping.document(&value));
        assert_eq!(document["Password"], json!({"HasValue": true, "Hint": null, "NewValue": "s"}));
        assert_eq!(document["EnvironmentIds"], json!(["Environments-1"]));
        let answer =
            json!({"Name": "a", "Password": {"HasValue": true}, "EnvironmentIds": ["Environments-1"]});
        let read = mapping.value(&answer, &value);
        assert_eq!((&read["password"], &read["environments"]), (&json!("s"), &json!(["Environments-1"])));
    }

    #[test]
    fn a_secret_that_is_not_configured_is_taken_away() {
        assert_eq!(sensitive(&Json::Null)["HasValue"], json!(false));
    }
}
