//! Steps of the new step framework: they keep their settings in `Inputs` (or `Items`), which the provider's client does not know (1.17.0:
//! it would lose them with every update of the process). Finish makes them as a whole, and the relay hides them from Terraform.

use serde_json::{Map, Value};

use super::plan::Actions;
use crate::convert::context::{At, Context};
use crate::convert::fields::is_empty;

/// Whether a step or action has settings that only the new step framework knows.
pub(super) fn has_inputs(fields: &Map<String, Value>) -> bool {
    ["Inputs", "Items"].iter().any(|name| fields.get(*name).is_some_and(|value| !is_empty(value)))
}

/// Whether the step itself, which is its first action, is of that framework.
pub(super) fn is_step(fields: &Map<String, Value>) -> bool {
    let first = fields.get("Actions").and_then(|actions| actions.get(0)).and_then(Value::as_object);
    has_inputs(fields) || first.is_some_and(has_inputs)
}

/// A whole step for finish. `owner`: of which process, for people.
pub(super) fn step(context: &mut Context<'_>, steps: &[Value], index: usize, list: &At, owner: &str) {
    let name = steps[index]["Name"].as_str().unwrap_or_default();
    for action in steps[index]["Actions"].as_array().into_iter().flatten() {
        context.drawers.open::<Actions>().made_by_finish(action);
    }
    make(context, steps, index, list, &format!("step \"{name}\" {owner}"));
}

/// A child step for finish. `described` for people: `step "x" of the project "y"`.
pub(super) fn action(context: &mut Context<'_>, actions: &[Value], index: usize, list: &At, described: &str) {
    context.drawers.open::<Actions>().made_by_finish(&actions[index]);
    make(context, actions, index, list, described);
}

fn make(context: &mut Context<'_>, items: &[Value], index: usize, list: &At, described: &str) {
    let mut at = list.item(items, index);
    at.owner = described.to_owned();
    at.prefix =
        format!("step_{}", crate::convert::names::label(items[index]["Name"].as_str().unwrap_or_default()));
    let before = items[..index].iter().filter_map(|item| item["Name"].as_str()).map(str::to_owned).collect();
    let text = format!(
        "the {described} is of the new step framework (its settings are in Inputs), which the provider can't carry"
    );
    if context.add_item(&at, list, before, &items[index]) {
        context.note(&at, "step-framework", &format!("{text}: finish makes it through the API"), "");
    } else {
        context.note(
            &at,
            "step-framework",
            &format!("{text}; it is left out"),
            "Make the step by hand at the destination.",
        );
    }
}
