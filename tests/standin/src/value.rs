//! Values as Terraform sends them: like JSON, but a value may be unknown until the apply. MessagePack in and out.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Number, Value as Json};

use crate::wire::DynamicValue;

/// A value of Terraform's type system. Lists, sets and tuples are `List`; maps and objects are `Map`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Unknown,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Decodes what the protocol carries: MessagePack if there, else JSON, else null.
    ///
    /// # Errors
    /// When neither can be read.
    pub fn decode(wire: Option<&DynamicValue>) -> Result<Self> {
        let Some(wire) = wire else { return Ok(Self::Null) };
        if !wire.msgpack.is_empty() {
            let raw = rmpv::decode::read_value(&mut wire.msgpack.as_slice())
                .context("a value that is not MessagePack")?;
            return Self::from_msgpack(raw);
        }
        if wire.json.is_empty() {
            return Ok(Self::Null);
        }
        Ok(Self::from_json(&serde_json::from_slice(&wire.json).context("a value that is not JSON")?))
    }

    /// Encodes as MessagePack.
    #[must_use]
    pub fn encode(&self) -> DynamicValue {
        let mut msgpack = Vec::new();
        rmpv::encode::write_value(&mut msgpack, &self.to_msgpack()).expect("writing to memory does not fail");
        DynamicValue { msgpack, json: Vec::new() }
    }

    fn from_msgpack(raw: rmpv::Value) -> Result<Self> {
        Ok(match raw {
            rmpv::Value::Nil => Self::Null,
            rmpv::Value::Boolean(b) => Self::Bool(b),
            rmpv::Value::Integer(i) => Self::Number(
                i.as_i64()
                    .map(Number::from)
                    .or_else(|| i.as_u64().map(Number::from))
                    .context("a number out of range")?,
            ),
            rmpv::Value::F32(f) => Self::from_float(f64::from(f))?,
            rmpv::Value::F64(f) => Self::from_float(f)?,
            rmpv::Value::String(s) => Self::Text(s.into_str().context("text that is not UTF-8")?),
            rmpv::Value::Binary(_) => bail!("a binary value"),
            rmpv::Value::Array(items) => {
                Self::List(items.into_iter().map(Self::from_msgpack).collect::<Result<_>>()?)
            }
            rmpv::Value::Map(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let key = key.as_str().context("a key that is not text")?.to_owned();
                        Ok((key, Self::from_msgpack(value)?))
                    })
                    .collect::<Result<_>>()?,
            ),
            // Type 0 is unknown; type 12 is an unknown with refinements, which nothing here needs.
            rmpv::Value::Ext(..) => Self::Unknown,
        })
    }

    fn from_float(float: f64) -> Result<Self> {
        #[allow(clippy::cast_possible_truncation, reason = "checked: only whole numbers of a safe size")]
        if float.fract() == 0.0 && float.abs() < 9.0e15 {
            return Ok(Self::Number(Number::from(float as i64)));
        }
        Ok(Self::Number(Number::from_f64(float).context("a number that is not finite")?))
    }

    fn to_msgpack(&self) -> rmpv::Value {
        match self {
            Self::Null => rmpv::Value::Nil,
            Self::Unknown => rmpv::Value::Ext(0, vec![0]),
            Self::Bool(b) => rmpv::Value::Boolean(*b),
            Self::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
                (Some(i), _, _) => rmpv::Value::from(i),
                (_, Some(u), _) => rmpv::Value::from(u),
                (_, _, float) => rmpv::Value::F64(float.unwrap_or_default()),
            },
            Self::Text(s) => rmpv::Value::from(s.as_str()),
            Self::List(items) => rmpv::Value::Array(items.iter().map(Self::to_msgpack).collect()),
            Self::Map(entries) => rmpv::Value::Map(
                entries
                    .iter()
                    .map(|(key, value)| (rmpv::Value::from(key.as_str()), value.to_msgpack()))
                    .collect(),
            ),
        }
    }

    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => Self::Number(n.clone()),
            Json::String(s) => Self::Text(s.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            Json::Object(entries) => {
                Self::Map(entries.iter().map(|(k, v)| (k.clone(), Self::from_json(v))).collect())
            }
        }
    }

    /// As JSON; what is unknown becomes null (the apply asks the server for it).
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null | Self::Unknown => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Number(n) => Json::Number(n.clone()),
            Self::Text(s) => Json::String(s.clone()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(entries) => {
                Json::Object(entries.iter().map(|(k, v)| (k.clone(), v.to_json())).collect())
            }
        }
    }

    #[must_use]
    pub fn get(&self, key: &str) -> &Self {
        match self {
            Self::Map(entries) => entries.get(key).unwrap_or(&Self::Null),
            _ => &Self::Null,
        }
    }

    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Null, or what the older half of the provider can't tell from null: `""`, `false`, `0`, an empty list or map.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Unknown => false,
            Self::Bool(b) => !b,
            Self::Number(n) => n.as_f64() == Some(0.0),
            Self::Text(s) => s.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let json = serde_json::json!({"a": [1, 2.5, "é", null, true], "b": {"c": 86_400_000_000_000_i64}});
        let value = Value::from_json(&json);
        assert_eq!(Value::decode(Some(&value.encode())).unwrap().to_json(), json);
    }

    #[test]
    fn unknown_survives_and_becomes_null_in_json() {
        let value = Value::Map([("id".to_owned(), Value::Unknown)].into());
        let again = Value::decode(Some(&value.encode())).unwrap();
        assert_eq!(again, value);
        assert_eq!(again.to_json(), serde_json::json!({"id": null}));
        let refined = rmpv::Value::Ext(12, vec![0x80]);
        assert_eq!(Value::from_msgpack(refined).unwrap(), Value::Unknown);
    }
}
