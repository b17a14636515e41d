//! What the schema does not say of the official provider's types: defaults, what a change replaces, what stays as it is.
//!
//! The facts stand in `behaviour-1.17.0.json`, one type a line, paths with dots: `sdk` (made with the older plugin
//! library, whose inconsistencies Terraform tolerates), `no_import`, `default`, `replace`, `keep` (computed, but known
//! again on an update), `one_of` (allowed values), `at_most_one` (blocks), `any_order` (lists compared as sets).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value as Json;

/// Facts about provider 1.17.0, by type.
static FACTS: LazyLock<BTreeMap<String, Behaviour>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../behaviour-1.17.0.json"))
        .expect("behaviour-1.17.0.json has the form that is written here")
});

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    pub sdk: bool,
    pub no_import: bool,
    pub default: BTreeMap<String, Json>,
    pub replace: Vec<String>,
    pub keep: Vec<String>,
    pub one_of: BTreeMap<String, Vec<String>>,
    pub at_most_one: Vec<String>,
    pub any_order: Vec<String>,
}

/// The behaviour of one type; a type without a line behaves plainly.
pub fn of(type_name: &str) -> &'static Behaviour {
    static PLAIN: LazyLock<Behaviour> = LazyLock::new(Behaviour::default);
    FACTS.get(type_name).unwrap_or(&PLAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path of the facts names something of the schema: a fact that hits nothing would be silently lost.
    #[test]
    fn paths_exist() {
        for (type_name, facts) in FACTS.iter() {
            let block = &crate::schema::PROVIDER.resources[type_name];
            let paths =
                facts.default.keys().chain(&facts.replace).chain(&facts.keep).chain(facts.one_of.keys());
            for path in paths.chain(&facts.at_most_one).chain(&facts.any_order) {
                assert!(exists(block, &path.split('.').collect::<Vec<_>>()), "{type_name}: {path}");
            }
        }
    }

    fn exists(block: &crate::schema::Block, path: &[&str]) -> bool {
        match block.attributes.get(path[0]) {
            Some(attribute) => in_attribute(attribute, &path[1..]),
            None => block
                .blocks
                .get(path[0])
                .is_some_and(|nested| path.len() == 1 || exists(&nested.block, &path[1..])),
        }
    }

    fn in_attribute(attribute: &crate::schema::Attribute, path: &[&str]) -> bool {
        path.is_empty()
            || attribute.attributes.get(path[0]).is_some_and(|inner| in_attribute(inner, &path[1..]))
    }
}
