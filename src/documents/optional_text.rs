//! A text that is not always there, where a format writes it empty then: `#[serde(with = "documents::optional_text")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().unwrap_or_default().serialize(serializer)
}

/// # Errors
/// When it is no text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|text| !text.is_empty()))
}
