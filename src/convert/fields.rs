//! The engine over the tables: carries every field of an object as its kind's table says, and accounts for each.

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::convert::context::{At, Context};
use crate::hcl::{Block, Expr};
use crate::kinds::model::{Carry, Field, Hidden, Literal};
use crate::kinds::slug::slug_of;

/// What no table knows gets a note. A field that is null holds nothing that could be lost.
const UNKNOWN: &str = "octoferry does not know this field and does not carry it";
const UNKNOWN_BY_FINISH: &str =
    "octoferry does not know this field; finish sets it as it is, where the destination takes it";

/// Writes the fields of an object into a block, in the table's order, and notes those that the table has never heard of.
pub fn carry<'f>(
    context: &mut Context<'_>,
    fields: impl IntoIterator<Item = &'f Field>,
    object: &Map<String, Value>,
    at: &At,
    into: &mut Block,
) {
    let mut known: Vec<&str> = Vec::new();
    for field in fields {
        known.push(field.api);
        let value = object.get(field.api).unwrap_or(&Value::Null);
        carry_field(context, field, value, object, &at.field(field.api), into);
    }
    for (name, value) in object {
        if !known.contains(&name.as_str()) {
            unknown(context, &at.field(name), value);
        }
    }
}

/// Notes a field that no table knows.
pub fn unknown(context: &mut Context<'_>, at: &At, value: &Value) {
    if value.is_null() {
        return;
    }
    let text = if context.set_unknown(at, value) { UNKNOWN_BY_FINISH } else { UNKNOWN };
    context.note("unknown-field", at, text, "Compare it by hand at the destination.");
}

/// Notes a value of a type that nobody expects there.
pub fn odd(context: &mut Context<'_>, at: &At, value: &Value) {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    context.note(
        "odd-value",
        at,
        &format!("is {found}, which is not expected there; it is not carried"),
        "Set it by hand at the destination.",
    );
}

/// Whether a value holds nothing: null, an empty text, list or object.
#[must_use]
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn carry_field(
    context: &mut Context<'_>,
    field: &Field,
    value: &Value,
    object: &Map<String, Value>,
    at: &At,
    into: &mut Block,
) {
    let default = field.unless.is_some_and(|literal| literal.equals(value));
    let empty = is_empty(value);
    if !value.is_null() {
        context.count(at, &field.carry);
    }
    match field.carry {
        Carry::Ignored(_) => {}
        Carry::Custom(function) => function(context, at, value, into),
        Carry::Finish(because) => {
            if !empty && !default {
                context.set(at, value, because);
            }
        }
        Carry::Slug => {
            let name = object.get("Name").and_then(Value::as_str).unwrap_or_default();
            // Terraform composes every name: the server makes the slug of that.
            let usual = slug_of(&name.nfc().collect::<String>());
            match value.as_str().filter(|text| !text.is_empty()) {
                Some(text) if text != usual || context.slug_is_contested(&at.target.collection, &usual) => {
                    context.set(
                        at,
                        value,
                        "the provider has no argument for the slug, or does not send it on creation",
                    );
                }
                _ => {}
            }
        }
        Carry::Secret(hidden) => carry_secret(context, field, &hidden, value, at, into),
        _ if default => {}
        _ if empty && !field.keep_empty => {}
        _ if value.is_null() && field.absent.is_some() => {
            if let Some(absent) = field.absent {
                into.set(&field.argument(), literal(absent));
            }
        }
        Carry::Plain => {
            if let Some(expression) = plain(context, value, at) {
                into.set(&field.argument(), expression);
            }
        }
        Carry::Reference(collection) => match value {
            // The provider wants an argument and sends an empty text where the document has nothing.
            Value::Null => {
                into.set(&field.argument(), "");
                context.set(at, value, "the provider sends an empty text for nothing");
            }
            Value::String(id) if id.is_empty() => into.set(&field.argument(), ""),
            Value::String(id) => {
                let expression = context.reference(collection, id, at);
                into.set(&field.argument(), expression);
            }
            other => odd(context, at, other),
        },
        Carry::References(collection) => match value {
            Value::Null => into.set(&field.argument(), Vec::new()),
            Value::Array(ids) if ids.iter().all(Value::is_string) => {
                let expressions = context.references(collection, ids, at);
                into.set(&field.argument(), expressions);
            }
            other => odd(context, at, other),
        },
        Carry::Tags => match value {
            Value::Null => into.set(&field.argument(), Vec::new()),
            Value::Array(names) if names.iter().all(Value::is_string) => {
                let tags: Vec<Expr> =
                    names.iter().filter_map(Value::as_str).map(|name| context.tag(name)).collect();
                into.set(&field.argument(), tags);
            }
            other => odd(context, at, other),
        },
        Carry::Block(fields) => {
            if let Some(inner) = nested(context, fields, value, at, &field.argument()) {
                into.blocks.push(inner);
            }
        }
        Carry::Blocks(fields) => {
            for inner in nested_list(context, fields, value, at, &field.argument()) {
                into.blocks.push(inner);
            }
        }
        Carry::Object(fields) => {
            if let Some(inner) = nested(context, fields, value, at, "") {
                into.set(&field.argument(), object_of(inner));
            }
        }
        Carry::Objects(fields) => {
            let items: Vec<Expr> =
                nested_list(context, fields, value, at, "").into_iter().map(object_of).collect();
            into.set(&field.argument(), items);
        }
        Carry::Inline(fields) => match value {
            Value::Object(inner) => carry(context, fields, inner, at, into),
            other => odd(context, at, other),
        },
        Carry::Map => {
            if let Some(expression) = map(context, value, at) {
                into.set(&field.argument(), expression);
            }
        }
    }
}

fn literal(literal: Literal) -> Expr {
    match literal {
        Literal::Text(text) => text.into(),
        Literal::Number(number) => Expr::number(number),
        Literal::Flag(flag) => Expr::Bool(flag),
        Literal::NoItems => Expr::List(Vec::new()),
    }
}

fn nested(context: &mut Context<'_>, fields: &[Field], value: &Value, at: &At, name: &str) -> Option<Block> {
    match value {
        Value::Null => Some(Block::new(name, &[])),
        Value::Object(inner) => {
            let mut block = Block::new(name, &[]);
            carry(context, fields, inner, at, &mut block);
            Some(block)
        }
        other => {
            odd(context, at, other);
            None
        }
    }
}

fn nested_list(
    context: &mut Context<'_>,
    fields: &[Field],
    value: &Value,
    at: &At,
    name: &str,
) -> Vec<Block> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| nested(context, fields, item, &at.item(items, index), name))
            .collect(),
        other => {
            odd(context, at, other);
            Vec::new()
        }
    }
}

/// The attributes of a block as an object.
#[must_use]
pub fn object_of(block: Block) -> Expr {
    Expr::Object(block.attributes.into_iter().map(|attribute| (attribute.name, attribute.value)).collect())
}

/// A text, number, flag, or list of texts.
pub fn plain(context: &mut Context<'_>, value: &Value, at: &At) -> Option<Expr> {
    match value {
        Value::Null => Some("".into()),
        Value::String(text) => Some(context.free_text(text, at)),
        Value::Number(number) => Some(Expr::number(number)),
        Value::Bool(flag) => Some(Expr::Bool(*flag)),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let texts =
                items.iter().filter_map(Value::as_str).map(|text| context.free_text(text, at)).collect();
            Some(Expr::List(texts))
        }
        other => {
            odd(context, at, other);
            None
        }
    }
}

/// An object with free keys whose values are texts.
pub fn map(context: &mut Context<'_>, value: &Value, at: &At) -> Option<Expr> {
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null => return Some(Expr::Map(Vec::new())),
        other => {
            odd(context, at, other);
            return None;
        }
    };
    let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
    sorted.sort_by_key(|(name, _)| name.as_str());
    let mut pairs = Vec::new();
    for (name, value) in sorted {
        let at = at.field(name);
        match value {
            Value::String(text) => pairs.push((name.clone(), context.free_text(text, &at))),
            Value::Null => pairs.push((name.clone(), "".into())),
            other => odd(context, &at, other),
        }
    }
    Some(Expr::Map(pairs))
}

fn carry_secret(
    context: &mut Context<'_>,
    field: &Field,
    hidden: &Hidden,
    value: &Value,
    at: &At,
    into: &mut Block,
) {
    match value {
        Value::Object(fields) if fields.get("HasValue").and_then(Value::as_bool) == Some(true) => {
            let argument = field.argument();
            // `certificate_<label>_data`, not `certificate_<label>_certificate_data`.
            let noun = at.prefix.split('_').next().unwrap_or_default();
            let words =
                argument.strip_prefix(noun).and_then(|rest| rest.strip_prefix('_')).unwrap_or(&argument);
            let expression = context.secret(hidden, words, at);
            into.set(&argument, expression);
        }
        Value::Object(_) | Value::Null if field.keep_empty => into.set(&field.argument(), ""),
        Value::Object(_) | Value::Null => {}
        // A secret in clear text would be a surprise; it must not get into a file.
        other => odd(context, at, other),
    }
}
