//! What a plan says: defaults filled in, computed values unknown until the apply, what a change replaces; and how an
//! answer of the server is fitted to what was planned.
//!
//! Newer types (framework) make every computed value unknown again once anything differs, but for those that keep their
//! state; older ones (SDK) keep all, and can't tell an empty value from none.

use std::collections::BTreeMap;

use crate::behaviour::Behaviour;
use crate::schema::{Attribute, Block, Nesting};
use crate::value::Value;

/// Plans a create (`prior` null) or an update.
#[must_use]
pub fn plan(block: &Block, behaviour: &Behaviour, prior: &Value, proposed: &Value, config: &Value) -> Value {
    let planner = Planner { behaviour };
    let create = prior.is_null();
    let planned = planner.block(block, "", proposed, config, prior, Pass::Defaults);
    if behaviour.sdk {
        if create {
            return planner.block(block, "", &planned, config, prior, Pass::Unknowns);
        }
        return keep_empty(&planned, prior);
    }
    let planned = planner.any_order(planned, prior);
    if planned == *prior {
        return planned;
    }
    planner.block(block, "", &planned, config, prior, Pass::Unknowns)
}

/// The attributes at the top whose change makes a new thing.
#[must_use]
pub fn replacing(behaviour: &Behaviour, prior: &Value, planned: &Value) -> Vec<String> {
    if prior.is_null() || planned.is_null() {
        return Vec::new();
    }
    behaviour
        .replace
        .iter()
        .filter(|name| !name.contains('.') && prior.get(name) != planned.get(name))
        .cloned()
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Defaults,
    Unknowns,
}

struct Planner<'a> {
    behaviour: &'a Behaviour,
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Planner<'_> {
    fn block(
        &self,
        block: &Block,
        path: &str,
        proposed: &Value,
        config: &Value,
        prior: &Value,
        pass: Pass,
    ) -> Value {
        let mut result = self.attributes(&block.attributes, path, proposed, config, prior, pass);
        for (name, nested) in &block.blocks {
            let inner_path = join(path, name);
            let (value, config, prior) = (proposed.get(name), config.get(name), prior.get(name));
            let planned = self.items(value, config, prior, nested.nesting, &|value, config, prior| {
                self.block(&nested.block, &inner_path, value, config, prior, pass)
            });
            result.insert(name.clone(), planned);
        }
        Value::Map(result)
    }

    fn attributes(
        &self,
        attributes: &BTreeMap<String, Attribute>,
        path: &str,
        proposed: &Value,
        config: &Value,
        prior: &Value,
        pass: Pass,
    ) -> BTreeMap<String, Value> {
        attributes
            .iter()
            .map(|(name, attribute)| {
                let path = join(path, name);
                let value = self.attribute(
                    attribute,
                    &path,
                    proposed.get(name),
                    config.get(name),
                    prior.get(name),
                    pass,
                );
                (name.clone(), value)
            })
            .collect()
    }

    fn attribute(
        &self,
        attribute: &Attribute,
        path: &str,
        proposed: &Value,
        config: &Value,
        prior: &Value,
        pass: Pass,
    ) -> Value {
        if config.is_null() {
            let default = self.behaviour.default.get(path);
            match pass {
                Pass::Defaults => {
                    if let Some(default) = default {
                        return shape(attribute, Value::from_json(default));
                    }
                }
                Pass::Unknowns if attribute.computed && default.is_none() => {
                    let kept = self.behaviour.keep.iter().any(|kept| kept == path);
                    return if kept && !prior.is_null() { prior.clone() } else { Value::Unknown };
                }
                Pass::Unknowns => {}
            }
            return proposed.clone();
        }
        let Some(nesting) = attribute.nested else { return proposed.clone() };
        self.items(proposed, config, prior, nesting, &|value, config, prior| {
            Value::Map(self.attributes(&attribute.attributes, path, value, config, prior, pass))
        })
    }

    /// Goes into the elements of a nested value. Elements of sets have no place to be found at: each counts as its own configuration.
    fn items(
        &self,
        value: &Value,
        config: &Value,
        prior: &Value,
        nesting: Nesting,
        inner: &dyn Fn(&Value, &Value, &Value) -> Value,
    ) -> Value {
        let at = |list: &Value, index: usize| match list {
            Value::List(items) => items.get(index).cloned().unwrap_or(Value::Null),
            _ => Value::Null,
        };
        match (nesting, value) {
            (Nesting::Set, Value::List(items)) => {
                Value::List(items.iter().map(|item| inner(item, item, &Value::Null)).collect())
            }
            (_, Value::List(items)) => Value::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| inner(item, &at(config, index), &at(prior, index)))
                    .collect(),
            ),
            (Nesting::Map, Value::Map(items)) => Value::Map(
                items
                    .iter()
                    .map(|(key, item)| (key.clone(), inner(item, config.get(key), prior.get(key))))
                    .collect(),
            ),
            (_, Value::Map(_)) => inner(value, config, prior),
            _ => value.clone(),
        }
    }

    /// Lists whose order does not count take the order of the state when they hold the same.
    fn any_order(&self, planned: Value, prior: &Value) -> Value {
        self.behaviour.any_order.iter().fold(planned, |planned, path| reorder(planned, prior, path))
    }
}

/// The list at `path` of `value` in the order of `reference`, when both hold the same items.
#[must_use]
pub fn reorder(value: Value, reference: &Value, path: &str) -> Value {
    match value {
        Value::List(items) if path.is_empty() => match reference {
            Value::List(wanted)
                if wanted.len() == items.len()
                    && items.iter().all(|i| wanted.contains(i))
                    && wanted.iter().all(|w| items.contains(w)) =>
            {
                reference.clone()
            }
            _ => Value::List(items),
        },
        Value::List(items) => {
            let wanted: &[Value] = if let Value::List(wanted) = reference { wanted } else { &[] };
            Value::List(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| match wanted.get(index) {
                        Some(wanted) => reorder(item, wanted, path),
                        None => item,
                    })
                    .collect(),
            )
        }
        Value::Map(mut entries) => {
            let (name, rest) = path.split_once('.').unwrap_or((path, ""));
            if let Some(inner) = entries.remove(name) {
                entries.insert(name.to_owned(), reorder(inner, reference.get(name), rest));
            }
            Value::Map(entries)
        }
        other => other,
    }
}

/// A default may leave out members: they are null.
fn shape(attribute: &Attribute, mut value: Value) -> Value {
    if attribute.nested == Some(Nesting::Single)
        && let Value::Map(entries) = &mut value
    {
        for name in attribute.attributes.keys() {
            entries.entry(name.clone()).or_insert(Value::Null);
        }
    }
    value
}

/// The older library's way: an empty value that takes the place of an empty value is no change.
fn keep_empty(planned: &Value, prior: &Value) -> Value {
    if planned.is_empty() && prior.is_empty() {
        return prior.clone();
    }
    match (planned, prior) {
        (Value::Map(entries), Value::Map(_)) => Value::Map(
            entries.iter().map(|(name, value)| (name.clone(), keep_empty(value, prior.get(name)))).collect(),
        ),
        (Value::List(items), Value::List(before)) if items.len() == before.len() => {
            Value::List(items.iter().zip(before).map(|(item, before)| keep_empty(item, before)).collect())
        }
        _ => planned.clone(),
    }
}

/// Fits the server's answer to the plan or the state before: "nothing" and "empty" take the spelling that is expected.
///
/// Everything else stays as the server says, so that Terraform sees a real difference.
#[must_use]
pub fn settle(answer: &Value, reference: &Value) -> Value {
    match (answer, reference) {
        (_, Value::Unknown) => answer.clone(),
        (answer, Value::Null) if answer.is_empty() => Value::Null,
        (Value::Null, reference) if reference.is_empty() => reference.clone(),
        (Value::Map(entries), Value::Map(_)) => Value::Map(
            entries.iter().map(|(name, value)| (name.clone(), settle(value, reference.get(name)))).collect(),
        ),
        (Value::List(items), Value::List(wanted)) if items.len() == wanted.len() => {
            Value::List(items.iter().zip(wanted).map(|(item, wanted)| settle(item, wanted)).collect())
        }
        _ => answer.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{behaviour, schema};

    fn planned(type_name: &str, prior: &Value, config: serde_json::Value) -> Value {
        let block = &schema::PROVIDER.resources[type_name];
        let config = block.shape(&config);
        // What Terraform core proposes: the configuration, computed values from the state.
        let mut proposed = config.clone();
        if let (Value::Map(proposed), Value::Map(prior)) = (&mut proposed, prior) {
            for (name, attribute) in &block.attributes {
                if attribute.computed && proposed[name].is_null() {
                    proposed.insert(name.clone(), prior[name].clone());
                }
            }
        }
        plan(block, behaviour::of(type_name), prior, &proposed, &config)
    }

    #[test]
    fn create_fills_defaults_and_leaves_the_rest_unknown() {
        let plan = planned("octopusdeploy_environment", &Value::Null, json!({"name": "Test"}));
        assert_eq!(plan.get("description"), &Value::Text(String::new()));
        assert_eq!(plan.get("id"), &Value::Unknown);
        assert_eq!(plan.get("slug"), &Value::Unknown);
        assert_eq!(plan.get("name"), &Value::Text("Test".to_owned()));
    }

    #[test]
    fn update_keeps_what_is_kept() {
        let block = &schema::PROVIDER.resources["octopusdeploy_environment"];
        let prior = block.shape(&json!({"id": "Environments-1", "name": "Test", "description": "", "slug": "test", "sort_order": 1,
            "space_id": "Spaces-1", "allow_dynamic_infrastructure": false, "use_guided_failure": false, "environment_tags": []}));
        assert_eq!(planned("octopusdeploy_environment", &prior, json!({"name": "Test"})), prior);
        let changed = planned("octopusdeploy_environment", &prior, json!({"name": "Tests"}));
        assert_eq!(changed.get("id"), &Value::Text("Environments-1".to_owned()));
        assert_eq!(changed.get("slug"), &Value::Unknown);
    }

    #[test]
    fn nested_defaults_and_unknowns() {
        let plan = planned(
            "octopusdeploy_process_step",
            &Value::Null,
            json!({"name": "a", "process_id": "p", "type": "t", "primary_package": {"package_id": "x"}}),
        );
        assert_eq!(plan.get("container").to_json(), json!({"feed_id": "", "image": ""}));
        assert_eq!(plan.get("primary_package").get("feed_id"), &Value::Text("feeds-builtin".to_owned()));
        assert_eq!(plan.get("primary_package").get("id"), &Value::Unknown);
        assert!(plan.get("git_dependencies").to_json().as_object().unwrap().is_empty());
    }

    #[test]
    fn older_types_do_not_tell_empty_from_none() {
        let block = &schema::PROVIDER.resources["octopusdeploy_static_worker_pool"];
        let prior = block.shape(&json!({"id": "WorkerPools-1", "name": "a", "description": "", "is_default": false, "sort_order": 3,
            "space_id": "Spaces-1", "can_add_workers": true}));
        assert_eq!(planned("octopusdeploy_static_worker_pool", &prior, json!({"name": "a"})), prior);
    }

    #[test]
    fn order_does_not_count_where_the_facts_say_so() {
        let value = Value::from_json(&json!({"scope": [{"roles": ["b", "a"]}]}));
        let reference = Value::from_json(&json!({"scope": [{"roles": ["a", "b"]}]}));
        assert_eq!(reorder(value, &reference, "scope.roles"), reference);
    }
}
