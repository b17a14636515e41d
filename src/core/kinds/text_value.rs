//! Values that people write: of variables, of tenants, defaults of templates.

use crate::convert::context::{At, Context};
use crate::hcl::Expr;

/// A value of more lines than this, or longer than [`LONG`], is a file beside the module.
const MANY_LINES: usize = 12;
/// In bytes.
const LONG: usize = 1000;

/// Text in the module, or in a file when it is long.
pub(super) fn text_or_file(context: &mut Context<'_>, at: &At, folder: &str, stem: &str, text: &str) -> Expr {
    if text.len() > LONG || text.split('\n').count() > MANY_LINES {
        let ending = if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() { "json" } else { "txt" };
        return context.file(at, folder, stem, ending, text);
    }
    context.typed_value(at, text)
}

/// The value of something that is chosen (an account, a certificate, a pool, a project …) is an id; the value of what is typed is text.
pub(super) fn by_control_type(context: &mut Context<'_>, at: &At, control_type: &str, text: &str) -> Expr {
    match control_type {
        "" | "String" | "SingleLineText" | "MultiLineText" | "Select" | "Checkbox" | "Sensitive"
        | "StepName" => context.typed_value(at, text),
        _ if context.waits_for_project(at, text) => "".into(),
        _ => context.text_with_ids(at, text),
    }
}
