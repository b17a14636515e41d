//! The engine over the tables: carries every field of an object as its kind's table says, and accounts for each.

use std::borrow::Borrow;

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::convert::context::{At, Context};
use crate::convert::fields::{HISTORY, is_empty, odd, read, read_value, says_nothing};
use crate::convert::model::{Carry, Field, Hidden, Literal, OneOf};
use crate::convert::time;
use crate::convert::whole::without_ids;
use crate::hcl::{Attribute, Block, Expr};
use documents::slug::slug_of;

/// Why finish sets a value that the provider has an argument for.
pub const REFUSED: &str = "the provider refuses this value";

/// Writes the fields of an object into a block, in the table's order, and notes those that the table has never heard of.
pub fn carry(
    context: &mut Context<'_>,
    at: &At,
    table: impl IntoIterator<Item = impl Borrow<Field>>,
    object: &Map<String, Value>,
    into: &mut Block,
) {
    read(context, at, object, |context, fields| fields.carry(context, table, into));
}

/// Carries one value as a field of a table would be, for code that does so under a condition.
pub fn carry_one(context: &mut Context<'_>, at: &At, field: &Field, value: &Value, into: &mut Block) {
    carry_field(context, at, field, value, &Map::new(), into);
}

pub(super) fn carry_field(
    context: &mut Context<'_>,
    at: &At,
    field: &Field,
    value: &Value,
    object: &Map<String, Value>,
    into: &mut Block,
) {
    let default = field.unless.is_some_and(|literal| literal.equals(value));
    let empty = is_empty(value);
    if !value.is_null() {
        context.count(at, &field.carry);
    }
    match field.carry {
        Carry::Ignored(_) | Carry::Computed(_) | Carry::ByCode => {}
        Carry::Custom(function) => function(context, at, value, into),
        Carry::Finish(because) => {
            if !empty && !default {
                context.set(at, value, because);
            }
        }
        Carry::Slug => carry_slug(context, at, object, value),
        Carry::Secret(hidden) => carry_secret(context, at, field, &hidden, value, into),
        Carry::FinishSecret(hidden, because) => {
            // Some servers show such a secret as it is; it must not get into a file.
            if value["HasValue"] == true || value.as_str().is_some_and(|text| !text.is_empty()) {
                context.finish_secret(at, &hidden, &field.argument(), because);
            }
        }
        _ if default => {}
        _ if empty && !field.keep_empty => {}
        _ if value.is_null() && field.where_said => {}
        _ if !is_taken(field, value) => refused(context, at, field, value, into),
        _ => write_field(context, at, field, value, into),
    }
}

/// The server makes the slug of the name: finish sets one that is another, or that several documents would get.
fn carry_slug(context: &mut Context<'_>, at: &At, object: &Map<String, Value>, value: &Value) {
    let name = object.get("Name").and_then(Value::as_str).unwrap_or_default();
    // Terraform composes every name: the server makes the slug of that.
    let usual = slug_of(&name.nfc().collect::<String>());
    let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return };
    if text != usual || context.slug_is_contested(at.target.collection, &usual) {
        context.set(at, value, "the provider has no argument for the slug, or does not send it on creation");
    }
}

/// Writes what the provider has an argument or a block for.
fn write_field(context: &mut Context<'_>, at: &At, field: &Field, value: &Value, into: &mut Block) {
    if let Some(absent) = field.absent.filter(|_| value.is_null()) {
        into.set(&field.argument(), literal(absent));
        return;
    }
    match field.carry {
        Carry::Blocks(fields) | Carry::Objects(fields) if holds_more(fields, value, at) => {
            left_to_finish(context, at, field, value, into);
        }
        Carry::Block(_) | Carry::Blocks(_) | Carry::Object(_) | Carry::Objects(_) => {
            write_nested(context, at, field, value, into);
        }
        Carry::Inline(tables) => {
            read_value(context, at, value, |context, inner| {
                inner.carry(context, tables.into_iter().flatten(), into);
            });
        }
        Carry::OneOf(one) => carry_one_of(context, at, one, value, into),
        _ => {
            if let Some(expression) = argument(context, at, field, value) {
                into.attributes.push(expression);
            }
        }
    }
}

/// Objects below a field: blocks, or arguments that hold objects.
fn write_nested(context: &mut Context<'_>, at: &At, field: &Field, value: &Value, into: &mut Block) {
    match field.carry {
        Carry::Block(fields) => {
            if let Some(mut inner) = nested(context, at, fields, value, &field.argument()) {
                hoist(&mut inner, &format!("{}[0]", field.argument()), into);
                into.blocks.push(inner);
            }
        }
        Carry::Blocks(fields) => {
            let inner = nested_list(context, at, fields, value, &field.argument());
            for (index, mut inner) in inner.into_iter().enumerate() {
                hoist(&mut inner, &format!("{}[{index}]", field.argument()), into);
                into.blocks.push(inner);
            }
        }
        Carry::Object(fields) => {
            if let Some(mut inner) = nested(context, at, fields, value, "") {
                hoist(&mut inner, &field.argument(), into);
                into.set(&field.argument(), object_of(inner));
            }
        }
        Carry::Objects(fields) => {
            let items: Vec<Expr> =
                nested_list(context, at, fields, value, "").into_iter().map(object_of).collect();
            into.set(&field.argument(), items);
        }
        _ => {}
    }
}

/// The argument of a field that is one value or a list of values; `None`: it is for finish, or has got a note.
fn argument(context: &mut Context<'_>, at: &At, field: &Field, value: &Value) -> Option<Attribute> {
    let mut comment = None;
    let expression = match (field.carry, value) {
        (Carry::Plain, _) => plain(context, at, value)?,
        (Carry::Map, _) => map(context, at, value)?,
        // The provider wants an argument and sends an empty text where the document has nothing.
        (Carry::Reference(_), Value::Null) => {
            context.set(at, value, "the provider sends an empty text for nothing");
            "".into()
        }
        (Carry::Reference(_), Value::String(id)) if id.is_empty() => "".into(),
        (Carry::Reference(collection), Value::String(id)) => context.reference(at, collection, id),
        (Carry::References(_) | Carry::Tags, Value::Null) => Vec::new().into(),
        (Carry::References(collection), Value::Array(ids)) if ids.iter().all(Value::is_string) => {
            context.references(at, collection, ids).into()
        }
        (Carry::Tags, Value::Array(names)) if names.iter().all(Value::is_string) => {
            names.iter().filter_map(Value::as_str).map(|name| context.tag(name)).collect::<Vec<_>>().into()
        }
        (Carry::Moment(_), Value::Null) => return None,
        (Carry::Moment(zone), Value::String(text)) => time::moment(text, zone).into(),
        (Carry::TimeSpan, Value::String(text)) if time::nanoseconds(text).is_some() => {
            comment = Some(text.clone());
            Expr::number(time::nanoseconds(text)?)
        }
        _ => {
            odd(context, at, value);
            return None;
        }
    };
    Some(Attribute { name: field.argument(), value: expression, comment })
}

/// What Terraform ignores inside of a block is for the resource to say.
fn hoist(inner: &mut Block, path: &str, into: &mut Block) {
    for ignored in inner.take_ignored() {
        into.ignore_changes(&format!("{path}.{ignored}"));
    }
}

/// Whether a list has an item that finish can't find again, with something in it that the provider has no argument for: such an item would mean
/// more than at the source (a rule without one of its limits).
fn holds_more(fields: &[Field], value: &Value, at: &At) -> bool {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    let is_more =
        |(index, item): (usize, &Value)| !at.item(items, index).reachable() && !says_all(fields, item);
    at.reachable() && items.iter().enumerate().any(is_more)
}

/// Whether the provider has an argument for all that an object of a table holds.
#[must_use]
pub fn says_all(fields: &[Field], object: &Value) -> bool {
    let all = |inner: &[Field], value: &Value| match value {
        Value::Array(items) => items.iter().all(|item| says_all(inner, item)),
        other => says_all(inner, other),
    };
    object.as_object().into_iter().flatten().all(|(name, value)| {
        let known = fields.iter().find(|field| field.api == name);
        says_nothing(value)
            || HISTORY.contains(&name.as_str())
            || name == "Links"
            || known.is_some_and(|field| match field.carry {
                Carry::Finish(_) => field.unless.is_some_and(|usual| usual.equals(value)),
                Carry::Block(inner) | Carry::Object(inner) | Carry::Blocks(inner) | Carry::Objects(inner) => {
                    all(inner, value)
                }
                _ => true,
            })
    })
}

/// Lets finish set a list as a whole; Terraform has it empty, and looks away.
fn left_to_finish(context: &mut Context<'_>, at: &At, field: &Field, value: &Value, into: &mut Block) {
    let argument = field.argument();
    if field.keep_empty {
        into.set(&argument, Vec::new());
    }
    into.ignore_changes(&argument);
    context.set(at, &without_ids(value), "the provider does not know all that an item of the list says");
}

fn is_taken(field: &Field, value: &Value) -> bool {
    match value {
        Value::String(text) => field.takes(text),
        Value::Array(items) => items.iter().filter_map(Value::as_str).all(|text| field.takes(text)),
        _ => true,
    }
}

/// A value that the provider refuses, which would stop the whole plan: finish sets it. The provider reads it back, so without
/// `ignore_changes` each plan would take it away. Of a list the module holds what the provider takes.
fn refused(context: &mut Context<'_>, at: &At, field: &Field, value: &Value, into: &mut Block) {
    let argument = field.argument();
    let taken = value.as_array().map(|items| {
        let texts = items.iter().filter_map(Value::as_str).filter(|text| field.takes(text));
        texts.map(Expr::from).collect::<Vec<Expr>>()
    });
    if let Some(taken) = taken.filter(|taken| !taken.is_empty()) {
        into.set(&argument, taken);
    }
    context.set(at, value, REFUSED);
    into.ignore_changes(&argument);
}

/// The block of the case that the object names; of another, finish sets the object.
fn carry_one_of(context: &mut Context<'_>, at: &At, one: &OneOf, value: &Value, into: &mut Block) {
    let name = value[one.discriminator].as_str().unwrap_or_default();
    match one.case(name) {
        None if value.is_object() && !matches!(name, "" | "None") => context.set(at, value, one.no_case),
        case => {
            read_value(context, at, value, |context, fields| {
                fields.ignore(one.discriminator, "tells the block");
                if let Some(case) = case {
                    let mut block = Block::new(case.argument, &[]);
                    fields.carry(context, case.fields, &mut block);
                    into.blocks.push(block);
                }
            });
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

fn nested(context: &mut Context<'_>, at: &At, fields: &[Field], value: &Value, name: &str) -> Option<Block> {
    match value {
        Value::Null => Some(Block::new(name, &[])),
        Value::Object(inner) => {
            let mut block = Block::new(name, &[]);
            carry(context, at, fields, inner, &mut block);
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
    at: &At,
    fields: &[Field],
    value: &Value,
    name: &str,
) -> Vec<Block> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| nested(context, &at.item(items, index), fields, item, name))
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
pub fn plain(context: &mut Context<'_>, at: &At, value: &Value) -> Option<Expr> {
    match value {
        Value::Null => Some("".into()),
        Value::String(text) => Some(context.free_text(at, text)),
        Value::Number(number) => Some(Expr::number(number)),
        Value::Bool(flag) => Some(Expr::Bool(*flag)),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let texts =
                items.iter().filter_map(Value::as_str).map(|text| context.free_text(at, text)).collect();
            Some(Expr::List(texts))
        }
        other => {
            odd(context, at, other);
            None
        }
    }
}

/// An object with free keys whose values are texts.
pub fn map(context: &mut Context<'_>, at: &At, value: &Value) -> Option<Expr> {
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
            Value::String(text) => pairs.push((name.clone(), context.free_text(&at, text))),
            Value::Null => pairs.push((name.clone(), "".into())),
            other => odd(context, &at, other),
        }
    }
    Some(Expr::Map(pairs))
}

fn carry_secret(
    context: &mut Context<'_>,
    at: &At,
    field: &Field,
    hidden: &Hidden,
    value: &Value,
    into: &mut Block,
) {
    match value {
        Value::Object(fields) if fields.get("HasValue").and_then(Value::as_bool) == Some(true) => {
            let argument = field.argument();
            // `certificate_<label>_data`, not `certificate_<label>_certificate_data`.
            let noun = at.prefix.split('_').next().unwrap_or_default();
            let words =
                argument.strip_prefix(noun).and_then(|rest| rest.strip_prefix('_')).unwrap_or(&argument);
            let expression = context.secret(at, hidden, words);
            into.set(&argument, expression);
        }
        Value::Object(_) | Value::Null if field.keep_empty => into.set(&field.argument(), ""),
        Value::Object(_) | Value::Null => {}
        // A secret in clear text would be a surprise; it must not get into a file.
        other => odd(context, at, other),
    }
}
