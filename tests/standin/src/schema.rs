//! The official provider's schema, from its own data file, as types of ours and as the messages of the protocol.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::value::Value;
use crate::wire;

/// What `terraform providers schema -json` says of the official provider 1.17.0, trimmed (tests/schema/README.md).
const OFFICIAL: &str = include_str!("../../schema/octopusdeploy-1.17.0.json");

/// The schema of everything the provider offers.
pub static PROVIDER: LazyLock<Provider> = LazyLock::new(|| {
    serde_json::from_str(OFFICIAL).expect("tests/schema holds a schema in the trimmed form")
});

#[derive(Debug, Deserialize)]
pub struct Provider {
    pub provider_config: Block,
    pub resources: BTreeMap<String, Block>,
    pub data_sources: BTreeMap<String, Block>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Nesting {
    Single,
    List,
    Set,
    Map,
    Group,
}

impl Nesting {
    fn number(self) -> i32 {
        match self {
            Self::Single => 1,
            Self::List => 2,
            Self::Set => 3,
            Self::Map => 4,
            Self::Group => 5,
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Attribute {
    /// The cty type; absent when `nested` is there.
    #[serde(rename = "type")]
    pub kind: Option<Json>,
    pub nested: Option<Nesting>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub optional: bool,
    #[serde(default)]
    pub computed: bool,
    #[serde(default)]
    pub sensitive: bool,
    #[serde(default)]
    pub deprecated: bool,
}

#[derive(Debug, Deserialize)]
pub struct Block {
    #[serde(default)]
    pub schema_version: i64,
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    pub blocks: BTreeMap<String, NestedBlock>,
    #[serde(default)]
    pub deprecated: bool,
}

#[derive(Debug, Deserialize)]
pub struct NestedBlock {
    pub nesting: Nesting,
    #[serde(default)]
    pub min_items: i64,
    #[serde(default)]
    pub max_items: i64,
    #[serde(flatten)]
    pub block: Block,
}

impl Attribute {
    fn to_wire(&self, name: &str) -> wire::Attribute {
        wire::Attribute {
            name: name.to_owned(),
            r#type: self.kind.as_ref().map(|kind| kind.to_string().into_bytes()).unwrap_or_default(),
            required: self.required,
            optional: self.optional,
            computed: self.computed,
            sensitive: self.sensitive,
            deprecated: self.deprecated,
            nested_type: self.nested.map(|nesting| wire::Object {
                attributes: attributes_to_wire(&self.attributes),
                nesting: nesting.number(),
            }),
        }
    }
}

fn attributes_to_wire(attributes: &BTreeMap<String, Attribute>) -> Vec<wire::Attribute> {
    attributes.iter().map(|(name, attribute)| attribute.to_wire(name)).collect()
}

impl Block {
    #[must_use]
    pub fn to_wire(&self) -> wire::Schema {
        wire::Schema { version: self.schema_version, block: Some(self.block_to_wire()) }
    }

    fn block_to_wire(&self) -> wire::Block {
        wire::Block {
            version: self.schema_version,
            attributes: attributes_to_wire(&self.attributes),
            block_types: self
                .blocks
                .iter()
                .map(|(name, nested)| wire::NestedBlock {
                    type_name: name.clone(),
                    block: Some(nested.block.block_to_wire()),
                    nesting: nested.nesting.number(),
                    min_items: nested.min_items,
                    max_items: nested.max_items,
                })
                .collect(),
            deprecated: self.deprecated,
        }
    }

    /// Makes a value of exactly this shape: what is absent becomes null (a block: empty), what the schema doesn't know goes.
    #[must_use]
    pub fn shape(&self, json: &Json) -> Value {
        let mut map = BTreeMap::new();
        for (name, attribute) in &self.attributes {
            map.insert(name.clone(), shape_attribute(attribute, json.get(name).unwrap_or(&Json::Null)));
        }
        for (name, nested) in &self.blocks {
            let value = json.get(name).unwrap_or(&Json::Null);
            let shaped = match nested.nesting {
                Nesting::List | Nesting::Set => match value {
                    Json::Array(items) => {
                        Value::List(items.iter().map(|item| nested.block.shape(item)).collect())
                    }
                    Json::Object(_) => Value::List(vec![nested.block.shape(value)]),
                    _ => Value::List(Vec::new()),
                },
                Nesting::Single | Nesting::Group if value.is_null() => Value::Null,
                Nesting::Single | Nesting::Group => nested.block.shape(value),
                Nesting::Map => Value::Map(
                    value
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(key, item)| (key.clone(), nested.block.shape(item)))
                        .collect(),
                ),
            };
            map.insert(name.clone(), shaped);
        }
        Value::Map(map)
    }
}

fn shape_attribute(attribute: &Attribute, json: &Json) -> Value {
    if json.is_null() {
        return Value::Null;
    }
    let object = |json: &Json| {
        Value::Map(
            attribute
                .attributes
                .iter()
                .map(|(name, inner)| {
                    (name.clone(), shape_attribute(inner, json.get(name).unwrap_or(&Json::Null)))
                })
                .collect(),
        )
    };
    match attribute.nested {
        None => shape_type(attribute.kind.as_ref().unwrap_or(&Json::Null), json),
        Some(Nesting::Single | Nesting::Group) => object(json),
        Some(Nesting::List | Nesting::Set) => {
            Value::List(json.as_array().into_iter().flatten().map(object).collect())
        }
        Some(Nesting::Map) => Value::Map(
            json.as_object().into_iter().flatten().map(|(key, item)| (key.clone(), object(item))).collect(),
        ),
    }
}

/// Converts a JSON value to a cty type, e.g. `["set", "string"]`.
fn shape_type(kind: &Json, json: &Json) -> Value {
    if json.is_null() {
        return Value::Null;
    }
    match kind {
        Json::String(name) => match (name.as_str(), json) {
            ("string", Json::String(_)) | ("bool", Json::Bool(_)) | ("number", Json::Number(_)) => {
                Value::from_json(json)
            }
            ("string", other) => Value::Text(other.to_string()),
            ("number", Json::String(text)) => {
                text.parse::<i64>().map_or(Value::Null, |number| Value::Number(number.into()))
            }
            ("bool", Json::String(text)) => Value::Bool(text.eq_ignore_ascii_case("true")),
            _ => Value::Null,
        },
        Json::Array(parts) => {
            let inner = parts.get(1).unwrap_or(&Json::Null);
            match parts.first().and_then(Json::as_str) {
                Some("list" | "set") => match json {
                    Json::Array(items) => {
                        Value::List(items.iter().map(|item| shape_type(inner, item)).collect())
                    }
                    single => Value::List(vec![shape_type(inner, single)]),
                },
                Some("map") => Value::Map(
                    json.as_object()
                        .into_iter()
                        .flatten()
                        .map(|(k, v)| (k.clone(), shape_type(inner, v)))
                        .collect(),
                ),
                Some("object") => Value::Map(
                    inner
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(name, kind)| {
                            (name.clone(), shape_type(kind, json.get(name).unwrap_or(&Json::Null)))
                        })
                        .collect(),
                ),
                _ => Value::Null,
            }
        }
        _ => Value::Null,
    }
}
