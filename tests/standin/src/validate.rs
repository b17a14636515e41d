//! What the official provider refuses in a configuration, beyond what the schema says.

use std::collections::BTreeMap;

use crate::behaviour::{self, Behaviour};
use crate::schema::{Attribute, Block};
use crate::value::Value;

/// The errors of one resource block, as sentences.
#[must_use]
pub fn resource(type_name: &str, block: &Block, config: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    let behaviour = behaviour::of(type_name);
    block_errors(block, behaviour, "", config, &mut errors);
    for name in ["cluster_url", "tentacle_url", "uri", "host"] {
        address(name, config.get(name), &mut errors);
    }
    match type_name {
        "octopusdeploy_variable" => variable(config, &mut errors),
        "octopusdeploy_lifecycle" => lifecycle(config, &mut errors),
        "octopusdeploy_deployment_freeze_project" => {
            if matches!(config.get("environment_ids"), Value::List(items) if items.is_empty()) {
                errors.push(
                    "Attribute environment_ids list must contain at least 1 elements, got: 0".to_owned(),
                );
            }
        }
        "octopusdeploy_step_template" => step_template(config, &mut errors),
        "octopusdeploy_azure_subscription_account" => azure_subscription(config, &mut errors),
        "octopusdeploy_ssh_connection_worker" => ssh_worker(config, &mut errors),
        "octopusdeploy_kubernetes_cluster_deployment_target" => kubernetes(block, config, &mut errors),
        _ => {}
    }
    errors
}

fn block_errors(block: &Block, behaviour: &Behaviour, path: &str, config: &Value, errors: &mut Vec<String>) {
    attribute_errors(&block.attributes, behaviour, path, config, errors);
    for (name, nested) in &block.blocks {
        let path = join(path, name);
        let Value::List(items) = config.get(name) else { continue };
        if items.len() > 1 && behaviour.at_most_one.contains(&path) {
            errors.push(format!("Attribute {path} list must contain at most 1 elements"));
        }
        for item in items {
            block_errors(&nested.block, behaviour, &path, item, errors);
        }
    }
}

fn attribute_errors(
    attributes: &BTreeMap<String, Attribute>,
    behaviour: &Behaviour,
    path: &str,
    config: &Value,
    errors: &mut Vec<String>,
) {
    for (name, attribute) in attributes {
        let path = join(path, name);
        let value = config.get(name);
        if let (Some(allowed), Value::Text(text)) = (behaviour.one_of.get(&path), value)
            && !allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(text))
        {
            errors.push(format!("Attribute {path} value must be one of: {allowed:?}, got: {text:?}"));
        }
        let items: Vec<&Value> = match value {
            Value::List(items) => items.iter().collect(),
            Value::Map(_) if attribute.nested == Some(crate::schema::Nesting::Single) => vec![value],
            Value::Map(items) => items.values().collect(),
            _ => Vec::new(),
        };
        for item in items {
            attribute_errors(&attribute.attributes, behaviour, &path, item, errors);
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn variable(config: &Value, errors: &mut Vec<String>) {
    let sensitive_type = config.get("type") == &Value::Text("Sensitive".to_owned());
    match (config.get("is_sensitive"), sensitive_type) {
        (Value::Bool(true), false) => {
            errors.push("when is_sensitive is set to true, type needs to be 'Sensitive'".to_owned())
        }
        (Value::Null | Value::Bool(false), true) => {
            errors.push("when type is set to 'Sensitive', is_sensitive needs to be true".to_owned());
        }
        _ => {}
    }
    if !config.get("value").is_null() && !config.get("sensitive_value").is_null() {
        errors.push("value and sensitive_value exclude each other".to_owned());
    }
}

/// Default and Forever must come without quantity and unit, Count with both.
fn lifecycle(config: &Value, errors: &mut Vec<String>) {
    let phases = if let Value::List(phases) = config.get("phase") { phases.as_slice() } else { &[] };
    for part in std::iter::once(config).chain(phases) {
        for name in ["release_retention_with_strategy", "tentacle_retention_with_strategy"] {
            let Value::List(blocks) = part.get(name) else { continue };
            for block in blocks {
                let given = !block.get("quantity_to_keep").is_null() || !block.get("unit").is_null();
                let counted = block.get("strategy") == &Value::Text("Count".to_owned());
                let open = block.get("strategy") == &Value::Unknown;
                if given && !counted && !open {
                    errors.push(format!(
                        "{name}: quantity_to_keep and unit can only be used when strategy is set to Count"
                    ));
                }
                if let Value::Number(number) = block.get("quantity_to_keep")
                    && number.to_string() == "0"
                {
                    errors.push(format!("{name}: quantity_to_keep value must be at least 1, got: 0"));
                }
                if counted && (block.get("quantity_to_keep").is_null() || block.get("unit").is_null()) {
                    errors.push(format!("{name}: strategy Count needs quantity_to_keep and unit"));
                }
            }
        }
    }
}

/// The official one writes addresses as Go does (`url.Parse`, `String`): another one arrives than was meant, and each plan differs.
fn address(name: &str, value: &Value, errors: &mut Vec<String>) {
    let Value::Text(text) = value else { return };
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    if text.contains(['#', ' ', '{', '}']) || scheme.chars().any(|letter| letter.is_ascii_uppercase()) {
        errors.push(format!("{name} {text:?} is written otherwise"));
    }
}

/// An address of a cloud needs the cloud's name.
fn azure_subscription(config: &Value, errors: &mut Vec<String>) {
    for name in ["management_endpoint", "storage_endpoint_suffix"] {
        if !config.get(name).is_null() && config.get("azure_environment").is_null() {
            errors.push(format!(
                "Attribute \"azure_environment\" must be specified when \"{name}\" is specified"
            ));
        }
    }
}

fn ssh_worker(config: &Value, errors: &mut Vec<String>) {
    if config.get("account_id") == &Value::Text(String::new()) {
        errors.push("Attribute account_id string length must be at least 1, got: 0".to_owned());
    }
}

/// The official provider crashes on a block of authentication in which nothing is said, or `""`: it reads its first item as a map
/// (`schema_kubernetes_certificate_authentication.go` and its like).
fn kubernetes(block: &Block, config: &Value, errors: &mut Vec<String>) {
    for (name, nested) in block.blocks.iter().filter(|(name, _)| name.ends_with("authentication")) {
        let Value::List(items) = config.get(name) else { continue };
        let is_zero = |value: &Value| {
            value.is_null() || value == &Value::Text(String::new()) || value == &Value::Bool(false)
        };
        let says_nothing =
            |item: &Value| nested.block.attributes.keys().all(|attribute| is_zero(item.get(attribute)));
        if items.iter().any(says_nothing) {
            errors.push(format!("the provider crashes on an empty block \"{name}\""));
        }
    }
}

fn step_template(config: &Value, errors: &mut Vec<String>) {
    let Value::List(parameters) = config.get("parameters") else { return };
    let ids: Vec<&Value> = parameters.iter().map(|parameter| parameter.get("id")).collect();
    if ids.iter().enumerate().any(|(number, id)| ids[..number].contains(id) && **id != Value::Unknown) {
        errors.push("ID conflict: conflicting UUID's within parameters list".to_owned());
    }
    for parameter in parameters {
        let control = parameter.get("display_settings").get("Octopus.ControlType");
        let sensitive = control == &Value::Text("Sensitive".to_owned());
        let wrong = if sensitive { "default_value" } else { "default_sensitive_value" };
        let said = parameter.get(wrong);
        // An empty default is no default in plain text (1.17.0, `validateStepTemplateParameterDefaultValue`).
        let is_none = said.is_null() || sensitive && said == &Value::Text(String::new());
        if !is_none && control != &Value::Unknown {
            errors.push(format!("parameters: {wrong} does not go with this Octopus.ControlType"));
        }
    }
}
