//! JSON in a property as `jsonencode(…)`, where that gives the very bytes back.

use serde_json::Value;

use crate::hcl::Expr;

/// Numbers beyond this may be printed otherwise.
const LARGEST: i64 = 1 << 53;

/// `jsonencode({…})` for an object or list that Terraform would encode to exactly this text; strings become what `string` makes of them.
///
/// Terraform sorts keys, writes no blanks, and escapes `<`, `>`, `&`, U+2028 and U+2029.
pub(super) fn encoded(text: &str, string: &mut impl FnMut(&str) -> Expr) -> Option<Expr> {
    let value: Value = serde_json::from_str(text).ok()?;
    let worth = matches!(&value, Value::Object(fields) if !fields.is_empty())
        || matches!(&value, Value::Array(items) if !items.is_empty());
    let mut out = String::new();
    (worth && write(&value, &mut out) && out == text)
        .then(|| Expr::Call("jsonencode".to_owned(), vec![tree(&value, string)]))
}

/// Writes as Terraform would; false for what it might write otherwise.
fn write(value: &Value, out: &mut String) -> bool {
    match value {
        Value::Number(number) => {
            out.push_str(&number.to_string());
            number.as_i64().is_some_and(|number| number.abs() < LARGEST)
        }
        Value::String(text) => {
            out.push_str(&value.to_string());
            !text.contains(|letter: char| {
                matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{7f}') || letter.is_control()
            }) && unicode_normalization::is_nfc(text)
        }
        Value::Array(items) => {
            out.push('[');
            let all = items.iter().enumerate().all(|(index, item)| {
                if index > 0 {
                    out.push(',');
                }
                write(item, out)
            });
            out.push(']');
            all
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            let all = sorted.iter().enumerate().all(|(index, (name, value))| {
                if index > 0 {
                    out.push(',');
                }
                let name = write(&Value::String((*name).clone()), out);
                out.push(':');
                write(value, out) && name
            });
            out.push('}');
            all
        }
        Value::Null | Value::Bool(_) => {
            out.push_str(&value.to_string());
            true
        }
    }
}

fn tree(value: &Value, string: &mut impl FnMut(&str) -> Expr) -> Expr {
    match value {
        Value::Null => Expr::Null,
        Value::Bool(flag) => Expr::Bool(*flag),
        Value::Number(number) => Expr::number(number),
        Value::String(text) => string(text),
        Value::Array(items) => Expr::List(items.iter().map(|item| tree(item, string)).collect()),
        Value::Object(fields) => {
            Expr::Map(fields.iter().map(|(name, value)| (name.clone(), tree(value, string))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_encoded(text: &str) -> bool {
        encoded(text, &mut |text| text.into()).is_some()
    }

    #[test]
    fn only_text_that_terraform_would_write_the_same() {
        assert!(is_encoded(r#"{"Search.Replicas":"2"}"#));
        assert!(is_encoded(r#"[{"a":1,"b":[true,null]}]"#));
        for other in [
            r#"{"b":1,"a":2}"#,
            r#"{"a": 1}"#,
            r#"{"a":"<b>"}"#,
            r#"{"a":1.50}"#,
            "{}",
            "[]",
            "1",
            "text",
            r#"{"a":1,"a":2}"#,
            "{\"a\":\"\\t\"}",
        ] {
            assert!(!is_encoded(other), "{other}");
        }
    }
}
