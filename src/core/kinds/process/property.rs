//! The value of a property of a step or action: text, file, reference, JSON, or a secret for finish.

use serde_json::Value;

use super::json;
use super::plan::{Action, Process};
use super::text_file::text_file;
use crate::convert::context::{At, Context};
use crate::convert::fields;
use crate::convert::model::Hidden;
use crate::convert::names::label;
use crate::hcl::Expr;
use documents::property::is_free;

const PLAIN_TEXT: &str = "the provider sends every property of a step as plain text";

/// Whose property it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Step,
    Action,
}

/// The expression for a property, or `None` when it is for finish or for a note.
pub(super) fn value(
    context: &mut Context<'_>,
    at: &At,
    process: &Process<'_>,
    action: &Action<'_>,
    level: Level,
    name: &str,
    value: &Value,
) -> Option<Expr> {
    match value {
        Value::String(text) => {
            let place = (level == Level::Action).then_some((process, action));
            Some(text_value(context, at, place, name, text))
        }
        // Servers answer texts only, but take these as well.
        Value::Bool(_) | Value::Number(_) => Some(value.to_string().into()),
        Value::Object(secret) if secret.contains_key("HasValue") => {
            if secret.get("HasValue") == Some(&Value::Bool(true)) {
                let mut at = at.clone();
                at.prefix.clone_from(&action.at.prefix);
                at.owner.clone_from(&action.at.owner);
                let hidden = Hidden {
                    what: "Secret property",
                    revealed: None,
                    because: "no step can read the secret properties of another",
                };
                context.finish_secret(
                    &at,
                    &hidden,
                    &label(name.rsplit('.').next().unwrap_or(name)),
                    PLAIN_TEXT,
                );
            }
            None
        }
        Value::Null => None,
        other => {
            fields::odd(context, at, other);
            None
        }
    }
}

fn text_value(
    context: &mut Context<'_>,
    at: &At,
    place: Option<(&Process<'_>, &Action<'_>)>,
    name: &str,
    text: &str,
) -> Expr {
    let free = is_free(name);
    let has_ids = !free && context.has_ids(text);
    if let Some((process, action)) = place.filter(|_| !has_ids) {
        let syntax = action
            .fields
            .get("Properties")
            .and_then(|all| all.get("Octopus.Action.Script.Syntax"))
            .and_then(Value::as_str);
        if let Some(file) = text_file(name, text, syntax) {
            let folder = if process.folder.is_empty() {
                file.folder.to_owned()
            } else {
                format!("{}/{}", file.folder, process.folder)
            };
            let stem = if action.text("Slug").is_empty() { action.text("Name") } else { action.text("Slug") };
            let ending = format!("{}{}", file.suffix, file.extension);
            return context.file(at, &folder, stem, ending.trim_start_matches('.'), text);
        }
    }
    if !free && let Some(expression) = json::encoded(text, &mut |text| context.text_with_ids(at, text)) {
        return expression;
    }
    if has_ids { context.text_with_ids(at, text) } else { context.free_text(at, text) }
}
