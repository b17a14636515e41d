//! JSON of answers as it is kept: without the server's navigation, without spare room.
//!
//! A variable set comes with the names of all that its scopes could name (`ScopeValues`): every target of the space, in each set. In a space
//! of 350 projects and 1 200 targets that was two thirds of all memory.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};

/// Parses an answer. `Links` (but for `Logo`, which says whether there is one) and `ScopeValues` of documents are left out: of the answer
/// itself, and of the items of its list.
///
/// # Errors
/// When it is not JSON.
pub(super) fn parse(text: &[u8]) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Depth::Answer.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Where in an answer a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// A document, a page of documents or an array of them.
    Answer,
    /// The list of a page.
    Items,
    /// An item of a list.
    Item,
    /// Within a document.
    Inside,
}

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let place = if self == Self::Inside { Self::Inside } else { Self::Item };
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(place)? {
            list.push(item);
        }
        list.shrink_to_fit();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let is_document = matches!(self, Self::Answer | Self::Item);
        let mut fields: Vec<(String, Value)> = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            if is_document && name == "ScopeValues" {
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            if is_document && name == "Links" {
                if let Some(logo) = entries.next_value_seed(Logo)? {
                    fields.push((name, json!({ "Logo": logo })));
                }
                continue;
            }
            let place = if self == Self::Answer && name == "Items" { Self::Items } else { Self::Inside };
            fields.push((name, entries.next_value_seed(place)?));
        }
        let mut exact = Map::with_capacity(fields.len());
        exact.extend(fields);
        Ok(Value::Object(exact))
    }
}

/// The link to the logo among the links of a document.
struct Logo;

impl<'de> DeserializeSeed<'de> for Logo {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Logo {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("links")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut logo = None;
        while let Some(name) = entries.next_key::<String>()? {
            if name == "Logo" {
                logo = entries.next_value::<Value>()?.as_str().map(str::to_owned);
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(logo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_navigation_is_as_it_was() {
        let text = r#"{"z": [1, -2, 3.5, null, true, "e\u0301\n"], "a": {"Links": {"x": "y"}, "ScopeValues": [[]]}, "Links": {}, "a b": {}}"#;
        let mut expected: Value = serde_json::from_str(text).unwrap();
        expected.as_object_mut().unwrap().shift_remove("Links");
        let parsed = parse(text.as_bytes()).unwrap();
        assert_eq!(parsed, expected);
        assert_eq!(parsed.to_string(), expected.to_string(), "the order is the server's");
        assert!(parse(b"{} x").is_err() && parse(b"[1,]").is_err() && parse(b"").is_err());
    }

    #[test]
    fn documents_of_lists_lose_it_and_what_is_in_them_keeps_it() {
        let document = r#"{"Id": "a", "ScopeValues": {"Machines": []}, "Variables": [{"Links": 1}]}"#;
        let lean = json!({"Id": "a", "Variables": [{"Links": 1}]});
        let page = format!(r#"{{"Items": [{document}], "TotalResults": 1}}"#);
        assert_eq!(parse(page.as_bytes()).unwrap(), json!({"Items": [lean], "TotalResults": 1}));
        assert_eq!(parse(format!("[{document}]").as_bytes()).unwrap(), json!([lean]));
        assert_eq!(parse(document.as_bytes()).unwrap(), lean);
        let logo = r#"{"Id": "a", "Links": {"Self": "/a", "Logo": "/a/logo?cb=1", "x": [{}]}}"#;
        assert_eq!(parse(logo.as_bytes()).unwrap(), json!({"Id": "a", "Links": {"Logo": "/a/logo?cb=1"}}));
        assert_eq!(parse(br#"{"Id": "a", "Links": null}"#).unwrap(), json!({"Id": "a"}));
    }
}
