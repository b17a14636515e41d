//! The words of which a kind's table is made: each makes a [`Field`].

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::model::{Carry, Field, Hidden, Literal, OneOf, Zone};
use crate::hcl::Block;
use documents::collection::Collection;

pub const fn plain(api: &'static str) -> Field {
    Field::new(api, Carry::Plain)
}

/// A flag that is false by default.
pub const fn flag(api: &'static str) -> Field {
    Field::new(api, Carry::Plain).unless(Literal::Flag(false))
}

pub const fn reference(api: &'static str, collection: Collection) -> Field {
    Field::new(api, Carry::Reference(collection))
}

pub const fn references(api: &'static str, collection: Collection) -> Field {
    Field::new(api, Carry::References(collection))
}

pub const fn tags(api: &'static str) -> Field {
    Field::new(api, Carry::Tags)
}

/// A secret that nothing but a person can give; `because` is the fact.
pub const fn secret(api: &'static str, what: &'static str, because: &'static str) -> Field {
    Field::new(api, Carry::Secret(Hidden { what, revealed: None, because }))
}

/// A secret that the provider has no safe argument for; `unrevealed` is the fact that nothing but a person can give it.
pub const fn finish_secret(
    api: &'static str,
    what: &'static str,
    unrevealed: &'static str,
    because: &'static str,
) -> Field {
    Field::new(api, Carry::FinishSecret(Hidden { what, revealed: None, because: unrevealed }, because))
}

/// A secret that a typed variable's sub-variable reveals; `because` holds when there is no such variable.
pub const fn revealed(api: &'static str, what: &'static str, sub_variable: &'static str) -> Field {
    Field::new(
        api,
        Carry::Secret(Hidden {
            what,
            revealed: Some(sub_variable),
            because: "no typed variable of the source space reveals it",
        }),
    )
}

pub const fn block(api: &'static str, fields: &'static [Field]) -> Field {
    Field::new(api, Carry::Block(fields))
}

pub const fn blocks(api: &'static str, fields: &'static [Field]) -> Field {
    Field::new(api, Carry::Blocks(fields))
}

pub const fn object(api: &'static str, fields: &'static [Field]) -> Field {
    Field::new(api, Carry::Object(fields))
}

pub const fn objects(api: &'static str, fields: &'static [Field]) -> Field {
    Field::new(api, Carry::Objects(fields))
}

pub const fn inline(api: &'static str, fields: &'static [Field]) -> Field {
    Field::new(api, Carry::Inline([fields, &[]]))
}

pub const fn one_of(api: &'static str, cases: &'static OneOf) -> Field {
    Field::new(api, Carry::OneOf(cases))
}

/// A moment with its zone, in whole seconds.
pub const fn moment(api: &'static str) -> Field {
    Field::new(api, Carry::Moment(Zone::Kept))
}

/// A moment of a zone that is said beside it.
pub const fn local_moment(api: &'static str) -> Field {
    Field::new(api, Carry::Moment(Zone::Left))
}

pub const fn timespan(api: &'static str) -> Field {
    Field::new(api, Carry::TimeSpan)
}

pub const fn map(api: &'static str) -> Field {
    Field::new(api, Carry::Map)
}

pub const fn ignored(api: &'static str, reason: &'static str) -> Field {
    Field::new(api, Carry::Ignored(reason))
}

/// The server makes the value itself, of what the reason says.
pub const fn computed(api: &'static str, reason: &'static str) -> Field {
    Field::new(api, Carry::Computed(reason))
}

/// No argument in the provider: set by finish unless it is absent, null, empty or equal to `.unless(…)`.
pub const fn finish(api: &'static str, because: &'static str) -> Field {
    Field::new(api, Carry::Finish(because))
}

pub const fn slug() -> Field {
    Field::new("Slug", Carry::Slug)
}

/// Taken by the kind's own code, beside the table.
pub const fn by_code(api: &'static str) -> Field {
    Field::new(api, Carry::ByCode)
}

pub const fn custom(api: &'static str, function: fn(&mut Context<'_>, &At, &Value, &mut Block)) -> Field {
    Field::new(api, Carry::Custom(function))
}

/// Why finish sets a field that servers have and the provider has not.
pub const NO_ARGUMENT: &str = "the provider has no argument for it";

/// How a thing takes part in deployments of tenants.
pub const PARTICIPATIONS: &[&str] = &["Untenanted", "TenantedOrUntenanted", "Tenanted"];

/// The server gives ids itself.
pub const ID: Field = computed("Id", "the server gives ids itself");
/// The module goes into the space that `octopus_space_id` names.
pub const SPACE_ID: Field = computed("SpaceId", "the module goes into the space that octopus_space_id names");
