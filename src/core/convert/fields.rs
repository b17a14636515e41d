//! The engine over the tables: carries every field of an object as its kind's table says, and accounts for each.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::convert::context::{At, Context};
use crate::convert::model::{Carry, Field, Hidden, Literal, OneOf};
use crate::convert::time;
use crate::convert::whole::without_ids;
use crate::hcl::{Attribute, Block, Expr};
use documents::slug::slug_of;

/// Why finish sets a value that the provider has an argument for.
pub const REFUSED: &str = "the provider refuses this value";
/// What every resource of a server has of its own history.
const HISTORY: [&str; 2] = ["LastModifiedOn", "LastModifiedBy"];

static NULL: Value = Value::Null;

/// The fields of one object. It hands them out and remembers which were taken.
///
/// Only [`read`] makes one, and notes at its end what nobody took: code that forgets a field can't lose it.
#[derive(Debug)]
pub struct Fields<'v> {
    object: &'v Map<String, Value>,
    at: At,
    taken: BTreeMap<&'v str, Taken>,
}

/// How a field was taken; what a table takes counts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    ByTable,
    ByCode,
    Ignored,
    /// It was asked for as a text, a flag, a list or a map, and is none.
    Odd,
}

/// Lets `by` take the fields of an object at a place; what it leaves gets a note each.
pub fn read<'i, 'v, R>(
    context: &mut Context<'i>,
    object: &'v Map<String, Value>,
    at: &At,
    by: impl FnOnce(&mut Context<'i>, &mut Fields<'v>) -> R,
) -> R {
    let mut fields = Fields { object, at: at.clone(), taken: BTreeMap::new() };
    let result = by(context, &mut fields);
    fields.finish(context);
    result
}

/// The same for a value that may be an object: nothing is read of null, and a value of another type gets a note.
pub fn read_value<'i, 'v, R>(
    context: &mut Context<'i>,
    value: &'v Value,
    at: &At,
    by: impl FnOnce(&mut Context<'i>, &mut Fields<'v>) -> R,
) -> Option<R> {
    match value {
        Value::Null => None,
        Value::Object(object) => Some(read(context, object, at, by)),
        other => {
            odd(context, at, other);
            None
        }
    }
}

impl<'v> Fields<'v> {
    /// The place of the object.
    #[must_use]
    pub fn place(&self) -> &At {
        &self.at
    }

    /// The place of a field.
    #[must_use]
    pub fn at(&self, name: &str) -> At {
        self.at.field(name)
    }

    /// Names of all fields, taken or not, in the server's order.
    pub fn names(&self) -> impl Iterator<Item = &'v str> + use<'v> {
        self.object.keys().map(String::as_str)
    }

    /// Whether a field holds such a value.
    pub fn any(&self, is_so: impl Fn(&Value) -> bool) -> bool {
        self.object.values().any(is_so)
    }

    /// A field, whatever it holds; null where it is absent. Whoever takes an object or a list answers for all in it.
    pub fn take(&mut self, name: &str) -> &'v Value {
        self.mark(name, Taken::ByCode)
    }

    /// A field that is looked at and not taken.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<&'v Value> {
        self.object.get(name)
    }

    /// A text; empty where there is none. Here and below: a value of another type gets a note.
    pub fn text(&mut self, name: &str) -> &'v str {
        self.take_as(name, Value::as_str).unwrap_or_default()
    }

    /// A flag; absent counts as false.
    pub fn flag(&mut self, name: &str) -> bool {
        self.take_as(name, Value::as_bool).unwrap_or_default()
    }

    /// A list; absent counts as empty. Whoever takes it answers for each item.
    pub fn list(&mut self, name: &str) -> &'v [Value] {
        self.take_as(name, Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// An object with free keys; absent counts as empty. Whoever takes it answers for each entry.
    pub fn entries(&mut self, name: &str) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
        self.take_as(name, Value::as_object).into_iter().flatten()
    }

    fn take_as<T>(&mut self, name: &str, type_of: impl FnOnce(&'v Value) -> Option<T>) -> Option<T> {
        let value = self.object.get(name).unwrap_or(&NULL);
        let found = type_of(value);
        self.mark(name, if found.is_some() || value.is_null() { Taken::ByCode } else { Taken::Odd });
        found
    }

    /// Lets `by` take the fields of an object in a field.
    pub fn inside<'i, R>(
        &mut self,
        context: &mut Context<'i>,
        name: &str,
        by: impl FnOnce(&mut Context<'i>, &mut Fields<'v>) -> R,
    ) -> Option<R> {
        let at = self.at(name);
        read_value(context, self.mark(name, Taken::ByTable), &at, by)
    }

    /// Leaves a field out on purpose.
    pub fn ignore(&mut self, name: &str, _because: &'static str) {
        self.mark(name, Taken::Ignored);
    }

    /// Leaves all fields of a table out on purpose.
    pub fn ignore_all(&mut self, table: &[Field], because: &'static str) {
        for field in table {
            self.ignore(field.api, because);
        }
    }

    /// Writes the fields of a table into a block, in the table's order. Those that are [`Carry::ByCode`] are left for code to take.
    pub fn carry(
        &mut self,
        context: &mut Context<'_>,
        table: impl IntoIterator<Item = impl Borrow<Field>>,
        into: &mut Block,
    ) {
        for field in table {
            let field = field.borrow();
            if !matches!(field.carry, Carry::ByCode) {
                let value = self.mark(field.api, Taken::ByTable);
                let at = self.at.field(field.api);
                carry_field(context, field, value, self.object, &at, into);
            }
        }
    }

    fn mark(&mut self, name: &str, taken: Taken) -> &'v Value {
        match self.object.get_key_value(name) {
            Some((name, value)) => {
                self.taken.entry(name).or_insert(taken);
                value
            }
            None => &NULL,
        }
    }

    /// Counts what code took, and notes what nobody took.
    fn finish(self, context: &mut Context<'_>) {
        for (name, value) in self.object {
            let at = self.at.field(name);
            match self.taken.get(name.as_str()) {
                None if HISTORY.contains(&name.as_str()) => context.count(&at, &Carry::Computed("")),
                None => unknown(context, &at, value),
                Some(Taken::Odd) => odd(context, &at, value),
                Some(Taken::ByCode) if !value.is_null() => context.count(&at, &Carry::ByCode),
                Some(Taken::Ignored) if !value.is_null() => context.count(&at, &Carry::Ignored("")),
                Some(_) => {}
            }
        }
    }
}

/// Writes the fields of an object into a block, in the table's order, and notes those that the table has never heard of.
pub fn carry(
    context: &mut Context<'_>,
    table: impl IntoIterator<Item = impl Borrow<Field>>,
    object: &Map<String, Value>,
    at: &At,
    into: &mut Block,
) {
    read(context, object, at, |context, fields| fields.carry(context, table, into));
}

/// Notes a field that nobody took, unless it says what a server takes when nothing is said.
fn unknown(context: &mut Context<'_>, at: &At, value: &Value) {
    if says_nothing(value) {
        return;
    }
    let rest = if context.set_unknown(at, value) {
        "finish sets it as it is, where the destination takes it"
    } else {
        "it is not carried"
    };
    let text = format!("holds {}, and octoferry does not know this field: {rest}", shape(value));
    context.note("unknown-field", at, &text, "Compare it by hand at the destination.");
}

/// Notes a value of a type that nobody expects there.
pub fn odd(context: &mut Context<'_>, at: &At, value: &Value) {
    context.note(
        "odd-value",
        at,
        &format!("is {}, which is not expected there; it is not carried", shape(value)),
        "Set it by hand at the destination.",
    );
}

/// What kind of value it is, for a person. Never the value: it may be a secret.
fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whether a value is null, false, zero, empty, or an object of such values.
#[must_use]
pub fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Object(fields) => fields.values().all(says_nothing),
        other => is_empty(other),
    }
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

/// Carries one value as a field of a table would be, for code that does so under a condition.
pub fn carry_one(context: &mut Context<'_>, field: &Field, value: &Value, at: &At, into: &mut Block) {
    carry_field(context, field, value, &Map::new(), at, into);
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
        Carry::Ignored(_) | Carry::Computed(_) | Carry::ByCode => {}
        Carry::Custom(function) => function(context, at, value, into),
        Carry::Finish(because) => {
            if !empty && !default {
                context.set(at, value, because);
            }
        }
        Carry::Slug => carry_slug(context, object, value, at),
        Carry::Secret(hidden) => carry_secret(context, field, &hidden, value, at, into),
        Carry::FinishSecret(hidden, because) => {
            // Some servers show such a secret as it is; it must not get into a file.
            if value["HasValue"] == true || value.as_str().is_some_and(|text| !text.is_empty()) {
                context.finish_secret(&hidden, &field.argument(), at, because);
            }
        }
        _ if default => {}
        _ if empty && !field.keep_empty => {}
        _ if !is_taken(field, value) => refused(context, field, value, at, into),
        _ => write_field(context, field, value, at, into),
    }
}

/// The server makes the slug of the name: finish sets one that is another, or that several documents would get.
fn carry_slug(context: &mut Context<'_>, object: &Map<String, Value>, value: &Value, at: &At) {
    let name = object.get("Name").and_then(Value::as_str).unwrap_or_default();
    // Terraform composes every name: the server makes the slug of that.
    let usual = slug_of(&name.nfc().collect::<String>());
    let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return };
    if text != usual || context.slug_is_contested(at.target.collection, &usual) {
        context.set(at, value, "the provider has no argument for the slug, or does not send it on creation");
    }
}

/// Writes what the provider has an argument or a block for.
fn write_field(context: &mut Context<'_>, field: &Field, value: &Value, at: &At, into: &mut Block) {
    if let Some(absent) = field.absent.filter(|_| value.is_null()) {
        into.set(&field.argument(), literal(absent));
        return;
    }
    match field.carry {
        Carry::Blocks(fields) | Carry::Objects(fields) if holds_more(fields, value, at) => {
            left_to_finish(context, field, value, at, into);
        }
        Carry::Block(_) | Carry::Blocks(_) | Carry::Object(_) | Carry::Objects(_) => {
            write_nested(context, field, value, at, into);
        }
        Carry::Inline(tables) => {
            read_value(context, value, at, |context, inner| {
                inner.carry(context, tables.into_iter().flatten(), into);
            });
        }
        Carry::OneOf(one) => carry_one_of(context, one, value, at, into),
        _ => {
            if let Some(expression) = argument(context, field, value, at) {
                into.attributes.push(expression);
            }
        }
    }
}

/// Objects below a field: blocks, or arguments that hold objects.
fn write_nested(context: &mut Context<'_>, field: &Field, value: &Value, at: &At, into: &mut Block) {
    match field.carry {
        Carry::Block(fields) => {
            if let Some(mut inner) = nested(context, fields, value, at, &field.argument()) {
                hoist(&mut inner, &format!("{}[0]", field.argument()), into);
                into.blocks.push(inner);
            }
        }
        Carry::Blocks(fields) => {
            let inner = nested_list(context, fields, value, at, &field.argument());
            for (index, mut inner) in inner.into_iter().enumerate() {
                hoist(&mut inner, &format!("{}[{index}]", field.argument()), into);
                into.blocks.push(inner);
            }
        }
        Carry::Object(fields) => {
            if let Some(mut inner) = nested(context, fields, value, at, "") {
                hoist(&mut inner, &field.argument(), into);
                into.set(&field.argument(), object_of(inner));
            }
        }
        Carry::Objects(fields) => {
            let items: Vec<Expr> =
                nested_list(context, fields, value, at, "").into_iter().map(object_of).collect();
            into.set(&field.argument(), items);
        }
        _ => {}
    }
}

/// The argument of a field that is one value or a list of values; `None`: it is for finish, or has got a note.
fn argument(context: &mut Context<'_>, field: &Field, value: &Value, at: &At) -> Option<Attribute> {
    let mut comment = None;
    let expression = match (field.carry, value) {
        (Carry::Plain, _) => plain(context, value, at)?,
        (Carry::Map, _) => map(context, value, at)?,
        // The provider wants an argument and sends an empty text where the document has nothing.
        (Carry::Reference(_), Value::Null) => {
            context.set(at, value, "the provider sends an empty text for nothing");
            "".into()
        }
        (Carry::Reference(_), Value::String(id)) if id.is_empty() => "".into(),
        (Carry::Reference(collection), Value::String(id)) => context.reference(collection, id, at),
        (Carry::References(_) | Carry::Tags, Value::Null) => Vec::new().into(),
        (Carry::References(collection), Value::Array(ids)) if ids.iter().all(Value::is_string) => {
            context.references(collection, ids, at).into()
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
fn left_to_finish(context: &mut Context<'_>, field: &Field, value: &Value, at: &At, into: &mut Block) {
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
fn refused(context: &mut Context<'_>, field: &Field, value: &Value, at: &At, into: &mut Block) {
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
fn carry_one_of(context: &mut Context<'_>, one: &OneOf, value: &Value, at: &At, into: &mut Block) {
    let name = value[one.discriminator].as_str().unwrap_or_default();
    match one.case(name) {
        None if value.is_object() && !matches!(name, "" | "None") => context.set(at, value, one.no_case),
        case => {
            read_value(context, value, at, |context, fields| {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::convert::model::{by_code, flag};
    use crate::convert::{SecretSources, Selection};
    use documents::collection::Collection;
    use documents::inventory::Inventory;
    use module::manifest::{Scope, Target};

    /// Codes and fields of the notes, and how many fields were counted as carried and as ignored.
    fn noted(
        object: &Value,
        by: impl FnOnce(&mut Context<'_>, &mut Fields<'_>),
    ) -> (Vec<String>, usize, usize) {
        let (inventory, sources, selection) =
            (Inventory::default(), SecretSources::default(), Selection::default());
        let mut context = Context::new(&crate::kinds::ALL, &inventory, &sources, &selection, Scope::Space);
        let at = At {
            target: Target { collection: Collection::Tenants, key: vec!["A".to_owned()] },
            id: String::new(),
            path: Vec::new(),
            prefix: String::new(),
            owner: String::new(),
        };
        read_value(&mut context, object, &at, by);
        let notes = context.notes.iter().map(|note| format!("{} {}", note.code, note.field())).collect();
        let tally = context.tally.get(&Collection::Tenants).copied().unwrap_or_default();
        (notes, tally.carried, tally.ignored)
    }

    #[test]
    fn what_nobody_takes_is_noted_and_what_is_of_another_type_too() {
        let object = json!({"Name": "a", "Forgotten": 1, "Links": {}, "On": "yes", "Nothing": null, "In": {"Deep": 1, "Text": "x"}});
        let (notes, carried, ignored) = noted(&object, |context, fields| {
            assert_eq!((fields.text("Name"), fields.text("Absent")), ("a", ""));
            assert!(!fields.flag("On"));
            fields.ignore("Links", "navigation");
            fields.inside(context, "In", |_, inner| assert_eq!(inner.text("Text"), "x"));
        });
        assert_eq!(notes, ["odd-value On", "unknown-field Forgotten", "unknown-field In/Deep"]);
        assert_eq!((carried, ignored), (2, 1));
    }

    #[test]
    fn what_says_nothing_and_what_is_a_servers_own_history_is_not_noted() {
        let object = json!({"Off": false, "Zero": 0, "List": [], "Text": "", "In": {"Off": false, "Null": null},
            "LastModifiedOn": "2026-01-01", "LastModifiedBy": "ops", "On": true, "Deep": {"Off": false, "Text": "x"}});
        let (notes, _, ignored) = noted(&object, |_, _| ());
        assert_eq!(notes, ["unknown-field Deep", "unknown-field On"]);
        assert_eq!(ignored, 2);
    }

    #[test]
    fn a_table_leaves_to_code_what_it_says_is_codes() {
        const TABLE: &[Field] = &[flag("On"), by_code("Kept"), by_code("Forgotten")];
        let object = json!({"On": true, "Kept": 1, "Forgotten": 2});
        let mut block = Block::default();
        let (notes, carried, _) = noted(&object, |context, fields| {
            fields.carry(context, TABLE, &mut block);
            assert_eq!(fields.take("Kept"), 1);
        });
        assert_eq!(notes, ["unknown-field Forgotten"]);
        assert_eq!((carried, block.attributes.len()), (2, 1));
    }
}
