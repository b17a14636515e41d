//! The fields of one object: handed out, remembered, and noted where nobody took one.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::convert::context::{At, Context};
use crate::convert::model::{Carry, Field};
use crate::convert::table;
use crate::hcl::Block;

/// What every resource of a server has of its own history. Its links a [`documents::document::Document`] has not.
pub const HISTORY: [&str; 2] = ["LastModifiedOn", "LastModifiedBy"];

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
    at: &At,
    object: &'v Map<String, Value>,
    by: impl FnOnce(&mut Context<'i>, &mut Fields<'v>) -> R,
) -> R {
    context.visit(at);
    let mut fields = Fields { object, at: at.clone(), taken: BTreeMap::new() };
    let result = by(context, &mut fields);
    fields.finish(context);
    result
}

/// The same for a value that may be an object: nothing is read of null, and a value of another type gets a note.
pub fn read_value<'i, 'v, R>(
    context: &mut Context<'i>,
    at: &At,
    value: &'v Value,
    by: impl FnOnce(&mut Context<'i>, &mut Fields<'v>) -> R,
) -> Option<R> {
    match value {
        Value::Null => None,
        Value::Object(object) => Some(read(context, at, object, by)),
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
        read_value(context, &at, self.mark(name, Taken::ByTable), by)
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
                table::carry_field(context, &at, field, value, self.object, into);
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
    context.note(at, "unknown-field", &text, "Compare it by hand at the destination.");
}

/// Notes a value of a type that nobody expects there.
pub fn odd(context: &mut Context<'_>, at: &At, value: &Value) {
    context.note(
        at,
        "odd-value",
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
        read_value(&mut context, &at, object, by);
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
