//! `#{Name}` expressions, as Octopus evaluates them: a dictionary of variables and a small template language.
//!
//! What holds, and scripts rely on: names are compared without case; a token that has no value stays in the text
//! as it is; `##{` is a literal `#{`; values are evaluated again when they are used; a text that cannot be parsed
//! as a template is left wholly as it is; a variable that needs itself is an error.

mod filter;
mod template;

use std::collections::BTreeMap;

use self::template::{Condition, Expression, Node, Operand, Part};

/// A variable as stored: the value is *raw*, its expressions not evaluated.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub value: String,
    pub sensitive: bool,
}

/// Variables by name, without case; the spelling that was set last is kept.
#[derive(Clone, Default)]
pub struct Dictionary {
    variables: BTreeMap<String, Variable>,
}

impl Dictionary {
    /// Sets a plain variable, in place of one of the same name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.insert(Variable { name: name.into(), value: value.into(), sensitive: false });
    }

    /// Sets a sensitive variable, in place of one of the same name.
    pub fn set_sensitive(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.insert(Variable { name: name.into(), value: value.into(), sensitive: true });
    }

    pub fn insert(&mut self, variable: Variable) {
        self.variables.insert(variable.name.to_lowercase(), variable);
    }

    /// The raw value.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.variables.get(&name.to_lowercase()).map(|variable| variable.value.as_str())
    }

    /// The evaluated value. Fails when the variable needs itself.
    pub fn get(&self, name: &str) -> Result<Option<String>, String> {
        Evaluation::new(self).value_of(name)
    }

    /// Whether the evaluated value says yes (`True`, `1`, any text but `False`, `0`, `No` and nothing).
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).ok().flatten().is_some_and(|value| is_truthy(&value))
    }

    /// All variables in the order of their lower-case names.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.variables.values()
    }

    /// The text with its expressions evaluated. Fails when a variable needs itself.
    pub fn evaluate(&self, text: &str) -> Result<String, String> {
        Evaluation::new(self).text(text)
    }
}

fn is_truthy(value: &str) -> bool {
    !matches!(value.trim().to_lowercase().as_str(), "" | "0" | "no" | "false")
}

// --- Evaluation ---------------------------------------------------------------------------------------------

/// One evaluation: the dictionary, the names of `each`, and the names being evaluated, against loops.
struct Evaluation<'a> {
    dictionary: &'a Dictionary,
    aliases: Vec<(String, Item)>,
    path: Vec<String>,
}

/// What the alias of an `each` stands for.
#[derive(Clone)]
enum Item {
    /// A variable's name, which also is the beginning of other names, and the key in its index.
    Name(String, String),
    Value(String),
}

impl<'a> Evaluation<'a> {
    fn new(dictionary: &'a Dictionary) -> Self {
        Evaluation { dictionary, aliases: Vec::new(), path: Vec::new() }
    }

    fn text(&mut self, text: &str) -> Result<String, String> {
        if !text.contains("#{") {
            return Ok(text.to_owned());
        }
        match template::parse(text) {
            Some(nodes) => self.nodes(&nodes),
            None => Ok(text.to_owned()),
        }
    }

    fn nodes(&mut self, nodes: &[Node]) -> Result<String, String> {
        let mut out = String::new();
        for node in nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Value(expression, source) => {
                    out.push_str(self.expression(expression)?.as_deref().unwrap_or(source));
                }
                Node::Choice { condition, negated, then, otherwise } => {
                    let holds = self.condition(condition)? != *negated;
                    out.push_str(&self.nodes(if holds { then } else { otherwise })?);
                }
                Node::Each { alias, over, body, source } => match self.items(over)? {
                    None => out.push_str(source),
                    Some(items) => {
                        for item in items {
                            self.aliases.push((alias.to_lowercase(), item));
                            let written = self.nodes(body);
                            self.aliases.pop();
                            out.push_str(&written?);
                        }
                    }
                },
            }
        }
        Ok(out)
    }

    fn condition(&mut self, condition: &Condition) -> Result<bool, String> {
        let left = self.expression(&condition.left)?;
        match &condition.comparison {
            None => Ok(left.is_some_and(|value| is_truthy(&value))),
            Some((equal, right)) => {
                let right = self.operand(right)?.unwrap_or_default();
                Ok((left.unwrap_or_default() == right) == *equal)
            }
        }
    }

    fn operand(&mut self, operand: &Operand) -> Result<Option<String>, String> {
        match operand {
            Operand::Literal(text) => Ok(Some(text.clone())),
            Operand::Expression(expression) => self.expression(expression),
        }
    }

    fn expression(&mut self, expression: &Expression) -> Result<Option<String>, String> {
        let Some(name) = self.name(&expression.name)? else { return Ok(None) };
        let mut value = match self.value_of(&name)? {
            Some(value) => value,
            // Filters such as `NowDateUtc` need no value; others have nothing to work on.
            None => return Ok(None),
        };
        for filter in &expression.filters {
            let mut arguments = Vec::new();
            for argument in &filter.arguments {
                match argument {
                    // A bare word that is no variable is meant as text: `Substring 3`.
                    Operand::Expression(Expression { name, filters }) if filters.is_empty() => {
                        let name = self.name(name)?.unwrap_or_default();
                        arguments.push(self.value_of(&name)?.unwrap_or(name));
                    }
                    other => arguments.push(self.operand(other)?.unwrap_or_default()),
                }
            }
            match filter::apply(&filter.name, &value, &arguments) {
                Some(changed) => value = changed,
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    }

    fn name(&mut self, parts: &[Part]) -> Result<Option<String>, String> {
        let mut name = String::new();
        for part in parts {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Nested(expression) => match self.expression(expression)? {
                    Some(value) => name.push_str(&value),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(name))
    }

    /// The evaluated value of a name: an alias of `each`, a variable, or a part of a variable that holds JSON.
    fn value_of(&mut self, name: &str) -> Result<Option<String>, String> {
        let lower = name.to_lowercase();
        let split = lower.find(['.', '[']).unwrap_or(lower.len());
        let alias = self.aliases.iter().rev().find(|(alias, _)| *alias == lower[..split]);
        if let Some((_, item)) = alias.cloned() {
            return match item {
                Item::Value(value) => Ok((split == lower.len()).then_some(value)),
                Item::Name(full, key) => match self.value_of(&format!("{full}{}", &name[split..]))? {
                    None if split == lower.len() => Ok(Some(key)),
                    found => Ok(found),
                },
            };
        }
        if self.path.contains(&lower) {
            return Err(format!("the variable `{name}` refers to itself ({})", self.path.join(" -> ")));
        }
        let Some(variable) = self.dictionary.variables.get(&lower) else { return self.json_part(name) };
        self.path.push(lower);
        let value = self.text(&variable.value);
        self.path.pop();
        value.map(Some)
    }

    /// `Config.port` or `Config[port]` where the variable `Config` holds JSON.
    fn json_part(&mut self, name: &str) -> Result<Option<String>, String> {
        for (split, _) in name.char_indices().rev().filter(|(_, c)| matches!(c, '.' | '[')) {
            let Some(raw) = self.dictionary.raw(&name[..split]) else { continue };
            if !raw.trim_start().starts_with(['{', '[']) {
                return Ok(None);
            }
            let text = self.text(raw)?;
            let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) else { return Ok(None) };
            let mut place = Some(&json);
            for key in name[split..].split(['.', '[', ']']).filter(|key| !key.is_empty()) {
                place = place.and_then(|place| match place {
                    serde_json::Value::Array(items) => {
                        key.parse().ok().and_then(|index: usize| items.get(index))
                    }
                    serde_json::Value::Object(fields) => {
                        fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
                    }
                    _ => None,
                });
            }
            return Ok(place.map(json_text));
        }
        Ok(None)
    }

    /// What `each` walks over: indexed variables, JSON, or a list with commas.
    fn items(&mut self, over: &[Part]) -> Result<Option<Vec<Item>>, String> {
        let Some(name) = self.name(over)? else { return Ok(None) };
        let prefix = format!("{}[", name.to_lowercase());
        let mut keys: Vec<String> = Vec::new();
        for variable in self.dictionary.iter() {
            if !variable.name.to_lowercase().starts_with(&prefix) {
                continue;
            }
            if let Some((key, _)) = variable.name.get(prefix.len()..).and_then(|rest| rest.split_once(']'))
                && !keys.iter().any(|known| known.eq_ignore_ascii_case(key))
            {
                keys.push(key.to_owned());
            }
        }
        if !keys.is_empty() {
            return Ok(Some(keys.into_iter().map(|key| Item::Name(format!("{name}[{key}]"), key)).collect()));
        }
        let Some(value) = self.value_of(&name)? else { return Ok(None) };
        Ok(Some(match serde_json::from_str::<serde_json::Value>(&value) {
            Ok(serde_json::Value::Array(items)) => (0..items.len())
                .map(|index| Item::Name(format!("{name}[{index}]"), index.to_string()))
                .collect(),
            Ok(serde_json::Value::Object(fields)) => {
                fields.keys().map(|key| Item::Name(format!("{name}[{key}]"), key.clone())).collect()
            }
            _ => value.split(',').map(|item| Item::Value(item.to_owned())).collect(),
        }))
    }
}

fn json_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(variables: &[(&str, &str)]) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for (name, value) in variables {
            dictionary.set(*name, *value);
        }
        dictionary
    }

    fn evaluate(variables: &[(&str, &str)], text: &str) -> String {
        dictionary(variables).evaluate(text).unwrap()
    }

    #[test]
    fn names_match_without_case_and_unknown_ones_stay() {
        let variables = [("Server.Url", "https://x"), ("Deep", "<#{server.URL}>")];
        assert_eq!(evaluate(&variables, "a #{SERVER.url} b"), "a https://x b");
        assert_eq!(
            evaluate(&variables, "#{Deep} #{Nobody} #{ Nobody | ToLower }"),
            "<https://x> #{Nobody} #{ Nobody | ToLower }"
        );
    }

    #[test]
    fn escapes_and_texts_that_are_no_template() {
        let variables = [("X", "1")];
        assert_eq!(evaluate(&variables, "##{X} #{X} # #x ${#X} $#{X}"), "#{X} 1 # #x ${#X} $1");
        // One bad token leaves all of the text as it is.
        assert_eq!(evaluate(&variables, "#{X} #{X"), "#{X} #{X");
        assert_eq!(evaluate(&variables, "#{X} #{a$b}"), "#{X} #{a$b}");
        assert_eq!(evaluate(&variables, "#{X} #{if X}y"), "#{X} #{if X}y");
    }

    #[test]
    fn indexes_take_expressions() {
        let variables = [
            ("Action[One].Name", "first"),
            ("Which", "One"),
            ("Octopus.Action.Package[tool].ExtractedPath", "/w/tool"),
        ];
        assert_eq!(evaluate(&variables, "#{Action[#{Which}].Name}"), "first");
        assert_eq!(evaluate(&variables, "#{Octopus.Action.Package[tool].ExtractedPath}"), "/w/tool");
    }

    #[test]
    fn filters() {
        let variables = [("N", "Lantern & Lane"), ("J", "a\"b\\c\nd"), ("E", "")];
        assert_eq!(evaluate(&variables, r#"#{N | Replace "[^A-Za-z]" "" | ToLower}"#), "lanternlane");
        assert_eq!(evaluate(&variables, "#{J | JsonEscape}"), r#"a\"b\\c\nd"#);
        assert_eq!(evaluate(&variables, "#{N | ToBase64}"), "TGFudGVybiAmIExhbmU=");
        assert_eq!(
            evaluate(&variables, "#{N | UriEscape} #{N | UriDataEscape}"),
            "Lantern%20&%20Lane Lantern%20%26%20Lane"
        );
        assert_eq!(
            evaluate(&variables, "#{N | Substring 7} #{N | Truncate 3} [#{E | ToUpper}]"),
            "Lantern Lan... []"
        );
        assert_eq!(evaluate(&variables, "#{N | NoSuchFilter}"), "#{N | NoSuchFilter}");
    }

    #[test]
    fn choices() {
        let variables = [("Yes", "True"), ("No", "False"), ("Env", "Production")];
        assert_eq!(
            evaluate(&variables, "#{if Yes}a#{else}b#{/if}#{if No}c#{/if}#{unless Missing}d#{/unless}"),
            "ad"
        );
        assert_eq!(
            evaluate(&variables, r#"#{if Env == "Production"}p#{/if}#{if Env != "Production"}n#{/if}"#),
            "p"
        );
        assert_eq!(evaluate(&variables, "#{if Yes}#{if No}1#{else}#{Env}#{/if}#{/if}"), "Production");
    }

    #[test]
    fn each_walks_indexes_json_and_commas() {
        let variables = [
            ("Host[a].Port", "1"),
            ("Host[b].Port", "2"),
            ("List", "x,y"),
            ("Json", r#"{"k": {"n": 5}, "l": {"n": 6}}"#),
        ];
        assert_eq!(evaluate(&variables, "#{each h in Host}#{h}=#{h.Port};#{/each}"), "a=1;b=2;");
        assert_eq!(evaluate(&variables, "#{each i in List}<#{i}>#{/each}"), "<x><y>");
        assert_eq!(evaluate(&variables, "#{Json.k.n} #{each j in Json}#{j.n}#{/each}"), "5 56");
    }

    #[test]
    fn a_variable_that_needs_itself_is_an_error() {
        let dictionary = dictionary(&[("A", "#{B}"), ("B", "#{a}"), ("C", "fine")]);
        assert!(dictionary.get("A").unwrap_err().contains("refers to itself"));
        assert_eq!(dictionary.get("c").unwrap().as_deref(), Some("fine"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_evaluated_without_panic(text in "[#{}|\\[\\] a-z.\"=/]{0,40}") {
            let _ = dictionary(&[("a", "#{b}"), ("b", "x")]).evaluate(&text);
        }

        #[test]
        fn text_without_hash_is_kept(text in "[^#]{0,60}") {
            proptest::prop_assert_eq!(evaluate(&[("a", "1")], &text), text);
        }
    }
}
