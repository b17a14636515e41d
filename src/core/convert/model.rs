//! What a kind is: [`Kind`], [`Shape`], [`Field`]. The small functions that make fields are in `words`, and belong to a table as these do.
//!
//! A table says for every field of a document how it is carried. What the engine (`convert::fields`) meets in a
//! document and not in the table becomes a note, so a table can be wrong but never silently incomplete.

use serde_json::{Map, Value};

use crate::convert::context::{At, Context, Subject};
pub use crate::convert::words::*;
use crate::hcl::Block;
use documents::collection::Collection;
use documents::document::Document;

/// A class of documents.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Collection in the inventory, such as `environments`.
    pub collection: Collection,
    /// One document, for people and as the first word of the names of its secrets: `account`, `git credential`.
    pub noun: &'static str,
    /// File of the module: `environments.tf`.
    pub file: &'static str,
    /// Comment at the top of that file.
    pub heading: Option<&'static str>,
    /// Which documents of the collection are of this kind.
    pub of: fn(&Document) -> bool,
    /// Which of them belong to the project with that id (kinds of the project module).
    pub belongs: fn(&Document, &str) -> bool,
    /// Why this document isn't carried, though its kind is.
    pub skip: fn(&Document) -> Option<&'static str>,
    /// Why the provider can't make this document, though the API can: finish makes it as a whole.
    pub by_finish: fn(&Kind, &Document) -> Option<&'static str>,
    /// Field that decides on the shape, `/`-separated; none when there is one shape.
    pub discriminator: Option<&'static str>,
    /// The object that holds the fields of the shapes, where they are not beside the others.
    pub inside: Option<Inside>,
    pub shapes: &'static [Shape],
    /// Fields of every shape, written before those of the shape.
    pub first: &'static [Field],
    /// Fields of every shape, written after those of the shape.
    pub last: &'static [Field],
    /// Why a document that is of no shape isn't carried; none: `expand` knows what to do with it.
    pub no_shape: Option<&'static str>,
    /// Known by its flags, never made by the module: looked up by an expression of its own.
    pub built_in: fn(&Document) -> Option<BuiltIn>,
    /// Documents that every server makes with a space and the module takes over.
    pub adopt: Option<Adopt>,
    /// How another module finds a document of this kind by its name.
    pub lookup: Option<Lookup>,
    /// Keeps for the parts of a document the labels that they have in the last module, before anything claims one.
    pub keep: Option<fn(&mut Context<'_>, &Subject<'_>)>,
    /// Declares ids of what `expand` makes, before any reference is asked for.
    pub declare: Option<fn(&mut Context<'_>, &Subject<'_>)>,
    /// Takes the place of "one document, one resource".
    pub expand: Option<fn(&mut Context<'_>, &Subject<'_>)>,
    /// Resource types that only `expand` writes.
    pub expands_to: &'static [&'static str],
}

impl Kind {
    pub const DEFAULT: Self = Self {
        collection: Collection::NONE,
        noun: "",
        file: "",
        heading: None,
        of: |_| true,
        belongs: |document, project| document.text("ProjectId") == Some(project),
        skip: |_| None,
        by_finish: |_, _| None,
        discriminator: None,
        inside: None,
        shapes: &[],
        first: &[],
        last: &[],
        no_shape: Some("the provider has no resource for this type"),
        built_in: |_| None,
        adopt: None,
        lookup: None,
        keep: None,
        declare: None,
        expand: None,
        expands_to: &[],
    };

    /// The shape of a document.
    #[must_use]
    pub fn shape(&self, document: &Document) -> Option<&'static Shape> {
        let Some(discriminator) = self.discriminator else { return self.shapes.first() };
        let mut names = discriminator.split('/');
        let first = names.next().and_then(|name| document.get(name));
        let value = names.fold(first, |value, name| value.and_then(|value| value.get(name)));
        let text = value.and_then(Value::as_str).unwrap_or_default();
        self.shapes.iter().find(|shape| shape.when == text)
    }

    /// Whether a table says that a value at this way (`MachineUpdatePolicy/…`) is not written: it is the default, tells the resource, or is the
    /// server's own.
    #[cfg(test)]
    pub fn leaves_out(&self, way: &str, value: &str) -> bool {
        let steps: Vec<&str> = way.split('/').filter(|step| *step != "[]").collect();
        let found = |field: &Field| match field.carry {
            Carry::Ignored(_) | Carry::Computed(_) => true,
            _ => {
                field.unless == Some(Literal::Text(""))
                    || matches!(field.unless, Some(Literal::Text(usual)) if usual == value)
            }
        };
        fn walk(
            fields: &mut dyn Iterator<Item = Field>,
            steps: &[&str],
            found: &dyn Fn(&Field) -> bool,
        ) -> bool {
            let Some((step, rest)) = steps.split_first() else { return false };
            for field in fields.filter(|field| field.api == *step) {
                let inside = field
                    .carry
                    .tables()
                    .into_iter()
                    .any(|(_, table)| walk(&mut table.iter().copied(), rest, found));
                if inside || (rest.is_empty() && found(&field)) {
                    return true;
                }
            }
            false
        }
        self.shapes.iter().any(|shape| walk(&mut self.fields_of(shape), &steps, &found))
    }

    /// Whether the server makes this field of any document of the kind itself; what the table of some shape says of it.
    #[must_use]
    pub fn computes(&self, api: &str) -> bool {
        let of_shapes = self.shapes.iter().flat_map(|shape| self.fields_of(shape));
        of_shapes.into_iter().any(|field| field.api == api && matches!(field.carry, Carry::Computed(_)))
    }

    /// All fields of a shape, in the order in which they are written.
    pub fn fields_of(&self, shape: &'static Shape) -> impl Iterator<Item = Field> {
        let inside =
            self.inside.map(|inside| Field::new(inside.field, Carry::Inline([shape.fields, inside.fields])));
        let beside = if inside.is_some() { &[][..] } else { shape.fields };
        self.first.iter().chain(beside).copied().chain(inside).chain(self.last.iter().copied())
    }
}

/// An object of a document whose fields are arguments of the resource: `Endpoint`.
#[derive(Debug, Clone, Copy)]
pub struct Inside {
    pub field: &'static str,
    /// Those that every shape has.
    pub fields: &'static [Field],
}

/// A variant of a kind with a Terraform type of its own.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Value of the discriminator.
    pub when: &'static str,
    /// Terraform type.
    pub resource: &'static str,
    pub fields: &'static [Field],
}

impl Shape {
    pub const DEFAULT: Self = Self { when: "", resource: "", fields: &[] };
}

/// A document that every server has and no module makes.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its id at the destination, as Terraform's language.
    pub id: &'static str,
    /// Name of the data source in [`crate::convert::lookups`] that `id` uses.
    pub data: Option<&'static str>,
    /// Its fields: those that can differ are for finish.
    pub fields: &'static [Field],
}

/// What every server makes with a space, and how it is known again: people rename it.
#[derive(Debug, Clone, Copy)]
pub struct Adopt {
    /// What every server calls it.
    pub name: &'static str,
    /// Its slug, which stays when it is renamed.
    pub slug: &'static str,
    /// Whether its flag `IsDefault` tells; a default that people choose tells nothing.
    pub flagged: bool,
    /// Whether a document may be it at all.
    pub of: fn(&Map<String, Value>) -> bool,
    /// How `adopt.tf` finds it: the condition on `x` at the destination, in Terraform's language. Data sources show no slugs.
    pub condition: &'static str,
}

impl Adopt {
    /// Most of them.
    pub const DEFAULT: Self = Self { name: "", slug: "", flagged: false, of: |_| true, condition: "" };

    /// Which of all documents of a kind is the server's own: by its flag, else by its slug, else (servers without slugs) by its name.
    #[must_use]
    pub fn find<'d>(&self, all: &[&'d Map<String, Value>]) -> Option<&'d Map<String, Value>> {
        let by = |field: &str, value: Value| {
            all.iter().copied().find(|document| (self.of)(document) && document.get(field) == Some(&value))
        };
        if self.flagged {
            return by("IsDefault", Value::Bool(true));
        }
        by("Slug", self.slug.into()).or_else(|| by("Name", self.name.into()))
    }
}

/// How a module finds documents of a kind by exact name.
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    /// Name of the local map and of the list in the data source: `environments`.
    pub list: &'static str,
    /// The data source: `octopusdeploy_environments`.
    pub data_source: &'static str,
    /// One of them, for the message: `environment`.
    pub noun: &'static str,
}

/// How one field of a document is carried.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in the document.
    pub api: &'static str,
    /// Argument or block; `None`: the field's name in snake case.
    pub argument: Option<&'static str>,
    pub carry: Carry,
    /// Not written when the value equals this.
    pub unless: Option<Literal>,
    /// Written also when it is empty (and given as `""` or `[]` when it is absent or null).
    pub keep_empty: bool,
    /// What is absent or null is not written, even if it is kept when it is empty: a server that is older than the field has not lifted anything.
    pub where_said: bool,
    /// What is written in the place of an absent or null value, where that is no text.
    pub absent: Option<Literal>,
    /// The only values (of a list: items) that the provider takes; any other is for finish. Empty: it takes all.
    pub accepts: &'static [&'static str],
    /// What a `custom` function writes, for the tests over the tables.
    pub writes: &'static [&'static str],
}

#[derive(Debug, Clone, Copy)]
pub enum Carry {
    /// Text, number, flag or list of texts, as it is.
    Plain,
    /// Id of a document of that collection.
    Reference(Collection),
    /// List of ids of documents of that collection.
    References(Collection),
    /// List of tags, each as `Set/Tag`.
    Tags,
    /// A value that the API hides.
    Secret(Hidden),
    /// The same, where the provider has no safe argument (the reason): finish sets it.
    FinishSecret(Hidden, &'static str),
    /// An object: a block.
    Block(&'static [Field]),
    /// A list of objects: a block each.
    Blocks(&'static [Field]),
    /// An object: an argument with an object.
    Object(&'static [Field]),
    /// A list of objects: an argument with a list of objects.
    Objects(&'static [Field]),
    /// An object whose fields, of both tables, are arguments of the level above.
    Inline([&'static [Field]; 2]),
    /// An object that is one of several blocks, as a text in it says.
    OneOf(&'static OneOf),
    /// A moment as ISO 8601, as the provider reads it back.
    Moment(Zone),
    /// A .NET `TimeSpan`, which the provider takes in nanoseconds.
    TimeSpan,
    /// An object with free keys and texts as values: a map.
    Map,
    /// Not carried, on purpose; the reason.
    Ignored(&'static str),
    /// The same, since the server makes the value itself: left out also where finish makes the whole document.
    Computed(&'static str),
    /// The provider has no argument (the reason); finish sets it, unless it equals `unless`.
    Finish(&'static str),
    /// The server makes it of the name; finish sets it where it is another.
    Slug,
    /// The kind's own code takes it, beside the table. It stands here for readers: what the code forgets becomes a note.
    ByCode,
    /// Anything else. The function writes into the block, and answers for each field below this one.
    Custom(fn(&mut Context<'_>, &At, &Value, &mut Block)),
}

impl Carry {
    /// The tables of the objects below a field.
    #[must_use]
    pub fn tables(&self) -> Vec<(&'static str, &'static [Field])> {
        match self {
            Self::Block(fields) | Self::Blocks(fields) | Self::Object(fields) | Self::Objects(fields) => {
                vec![("", fields)]
            }
            Self::Inline(tables) => tables.iter().map(|fields| ("", *fields)).collect(),
            Self::OneOf(one) => one.cases.iter().map(|case| (case.argument, case.fields)).collect(),
            _ => Vec::new(),
        }
    }
}

/// An object that is carried as one of several blocks.
#[derive(Debug)]
pub struct OneOf {
    /// The field in it that tells which.
    pub discriminator: &'static str,
    pub cases: &'static [Case],
    /// Why the provider has no other; finish sets such an object as a whole.
    pub no_case: &'static str,
}

/// One of these blocks.
#[derive(Debug)]
pub struct Case {
    /// Value of the discriminator.
    pub when: &'static str,
    pub argument: &'static str,
    pub fields: &'static [Field],
}

impl OneOf {
    #[must_use]
    pub fn case(&self, name: &str) -> Option<&'static Case> {
        self.cases.iter().find(|case| case.when == name)
    }
}

/// What of a moment the provider reads back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// No zone; fractions of a second where they are not zero.
    Left,
    /// The zone as it is, and whole seconds.
    Kept,
}

/// A secret of a document.
#[derive(Debug, Clone, Copy)]
pub struct Hidden {
    /// What it is, as the beginning of a sentence: `Secret key`.
    pub what: &'static str,
    /// Sub-variable of a typed account or certificate variable that reveals it, such as `SecretKey`.
    pub revealed: Option<&'static str>,
    /// Otherwise the fact that nothing reveals it.
    pub because: &'static str,
}

/// A value that can stand in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literal {
    Text(&'static str),
    Number(i64),
    Flag(bool),
    NoItems,
}

impl Literal {
    #[must_use]
    pub fn equals(self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Number(number) => value.as_i64() == Some(number),
            Self::Flag(flag) => value.as_bool() == Some(flag),
            Self::NoItems => value.as_array().is_some_and(Vec::is_empty),
        }
    }
}

impl Field {
    pub(super) const fn new(api: &'static str, carry: Carry) -> Self {
        Self {
            api,
            argument: None,
            carry,
            unless: None,
            keep_empty: false,
            where_said: false,
            absent: None,
            accepts: &[],
            writes: &[],
        }
    }

    /// The argument, where it is not the field's name in snake case.
    #[must_use]
    pub const fn named(mut self, argument: &'static str) -> Self {
        self.argument = Some(argument);
        self
    }

    /// Left out when the value equals the default that server and provider share.
    #[must_use]
    pub const fn unless(mut self, default: Literal) -> Self {
        self.unless = Some(default);
        self
    }

    #[must_use]
    pub const fn keep_empty(mut self) -> Self {
        self.keep_empty = true;
        self
    }

    /// Written also when it is empty, but not where the document does not have it, or null.
    #[must_use]
    pub const fn keep_empty_where_said(mut self) -> Self {
        self.keep_empty = true;
        self.where_said = true;
        self
    }

    /// Written always: as this when it is absent or null.
    #[must_use]
    pub const fn or(mut self, absent: Literal) -> Self {
        self.keep_empty = true;
        self.absent = Some(absent);
        self
    }

    /// Says which values the provider takes, as its schema or its source has it.
    #[must_use]
    pub const fn accepts(mut self, values: &'static [&'static str]) -> Self {
        self.accepts = values;
        self
    }

    /// Whether the provider takes a text.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        self.accepts.is_empty() || self.accepts.contains(&value)
    }

    #[must_use]
    pub const fn writes(mut self, arguments: &'static [&'static str]) -> Self {
        self.writes = arguments;
        self
    }

    /// The argument or block that this field becomes.
    #[must_use]
    pub fn argument(&self) -> String {
        self.argument.map_or_else(|| snake_case(self.api), str::to_owned)
    }
}

/// `UseGuidedFailure` → `use_guided_failure`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let starts_word = letter.is_uppercase()
            && index > 0
            && (!letters[index - 1].is_uppercase()
                || letters.get(index + 1).is_some_and(|next| next.is_lowercase()));
        if starts_word {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_keeps_abbreviations_together() {
        assert_eq!(snake_case("UseGuidedFailure"), "use_guided_failure");
        assert_eq!(snake_case("FeedURI"), "feed_uri");
        assert_eq!(snake_case("SHAKey"), "sha_key");
    }
}
