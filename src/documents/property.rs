//! Names of properties of actions that the server itself goes by.

/// The id of the step template that an action was made from.
pub const TEMPLATE_ID: &str = "Octopus.Action.Template.Id";
/// The version of the step template that an action follows.
pub const TEMPLATE_VERSION: &str = "Octopus.Action.Template.Version";

/// Whether a property's text is written by people, so that an id in it is nothing but words.
#[must_use]
pub fn is_free(name: &str) -> bool {
    name == "Octopus.Action.Script.ScriptBody" || name.starts_with("Octopus.Action.CustomScripts.")
}
