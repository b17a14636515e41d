//! What Terraform sees of a draft.

use std::ops::Deref;
use std::sync::OnceLock;

use axum::body::Bytes;
use serde_json::Value;

use super::form::closed;
use super::kind::Kind;

/// A draft's document with its printed form, which is made once for each of its states: Terraform gets it when it writes a part, and when it reads the
/// document for the next one.
pub(super) struct Printed {
    document: Value,
    whole: OnceLock<Bytes>,
}

impl Printed {
    /// The document as the server would show it.
    pub(super) fn whole(&self, kind: Kind) -> Bytes {
        self.whole.get_or_init(|| closed(kind, &self.document).to_string().into()).clone()
    }

    /// The document as Terraform gets it that has asked with this query.
    pub(super) fn shown(&self, kind: Kind, query: &str) -> Bytes {
        if !matches!(kind, Kind::ProjectValues | Kind::CommonValues)
            || query.to_lowercase().contains("includemissingvariables=true")
        {
            return self.whole(kind);
        }
        let mut document = closed(kind, &self.document).into_owned();
        if let Some(fields) = document.as_object_mut() {
            fields.shift_remove("MissingVariables");
        }
        document.to_string().into()
    }

    /// The document, to be changed.
    pub(super) fn change(&mut self) -> &mut Value {
        self.whole = OnceLock::new();
        &mut self.document
    }
}

impl From<Value> for Printed {
    fn from(document: Value) -> Self {
        Self { document, whole: OnceLock::new() }
    }
}

impl Deref for Printed {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.document
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_printed_once_and_anew_when_it_has_changed() {
        let mut values = Printed::from(json!({"Variables": [], "MissingVariables": []}));
        let printed = values.whole(Kind::ProjectValues);
        assert_eq!(
            printed.as_ptr(),
            values.shown(Kind::ProjectValues, "IncludeMissingVariables=true").as_ptr()
        );
        assert_eq!(values.shown(Kind::ProjectValues, ""), r#"{"Variables":[]}"#);
        values.change()["MissingVariables"] = json!([1]);
        assert_eq!(values.whole(Kind::ProjectValues), r#"{"Variables":[],"MissingVariables":[1]}"#);
    }
}
