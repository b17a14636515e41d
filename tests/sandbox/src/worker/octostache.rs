//! `#{Name}` expressions, as Octopus evaluates them: a dictionary of variables and a small template language.
//!
//! What holds, and scripts rely on: names are compared without case; a token that has no value stays in the text
//! as it is; `##{` is a literal `#{`; values are evaluated again when they are used; a text that cannot be parsed
//! as a template is left wholly as it is; a variable that needs itself is an error.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

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

// --- The template -------------------------------------------------------------------------------------------

enum Node {
    Text(String),
    /// An expression and its source, which stays when there is no value.
    Value(Expression, String),
    Choice {
        condition: Condition,
        negated: bool,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Each {
        alias: String,
        over: Vec<Part>,
        body: Vec<Node>,
        source: String,
    },
}

struct Expression {
    name: Vec<Part>,
    filters: Vec<Filter>,
}

/// A piece of a name: text, or an expression in an index (`Action[#{Step}]`).
enum Part {
    Text(String),
    Nested(Expression),
}

struct Filter {
    name: String,
    arguments: Vec<Operand>,
}

enum Operand {
    Literal(String),
    Expression(Expression),
}

struct Condition {
    left: Expression,
    comparison: Option<(bool, Operand)>,
}

/// What ended a run of nodes.
#[derive(PartialEq, Eq, Clone, Copy)]
enum End {
    Text,
    Else,
    If,
    Unless,
    Each,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

/// The text is no template. Its caller leaves it as it is.
struct NoTemplate;

type Parsed<T> = Result<T, NoTemplate>;

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { Err(NoTemplate) }
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// A keyword that is followed by a space.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && rest[word.len()..].starts_with(char::is_whitespace);
        if found {
            self.at += word.len();
            self.spaces();
        }
        found
    }

    fn nodes(&mut self) -> Parsed<(Vec<Node>, End)> {
        let mut nodes = Vec::new();
        let mut text = String::new();
        let end = loop {
            if self.eat("##{") {
                text.push_str("#{");
                continue;
            }
            let start = self.at;
            if !self.eat("#{") {
                let Some(character) = self.rest().chars().next() else { break End::Text };
                text.push(character);
                self.at += character.len_utf8();
                continue;
            }
            self.spaces();
            let closing =
                [("else", End::Else), ("/if", End::If), ("/unless", End::Unless), ("/each", End::Each)];
            if let Some((word, end)) = closing.into_iter().find(|(word, _)| {
                self.rest().strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('}'))
            }) {
                self.at += word.len();
                self.spaces();
                self.expect("}")?;
                break end;
            }
            if !text.is_empty() {
                nodes.push(Node::Text(std::mem::take(&mut text)));
            }
            nodes.push(self.tag(start)?);
        };
        if !text.is_empty() {
            nodes.push(Node::Text(text));
        }
        Ok((nodes, end))
    }

    /// What stands after `#{`.
    fn tag(&mut self, start: usize) -> Parsed<Node> {
        if self.keyword("if") {
            return self.choice(false, End::If);
        }
        if self.keyword("unless") {
            return self.choice(true, End::Unless);
        }
        if self.keyword("each") {
            let length = self.rest().find(char::is_whitespace).ok_or(NoTemplate)?;
            let alias = self.rest()[..length].to_owned();
            self.at += length;
            self.spaces();
            if !self.keyword("in") {
                return Err(NoTemplate);
            }
            let over = self.name()?;
            self.spaces();
            self.expect("}")?;
            let (body, end) = self.nodes()?;
            if end != End::Each {
                return Err(NoTemplate);
            }
            return Ok(Node::Each { alias, over, body, source: self.text[start..self.at].to_owned() });
        }
        let expression = self.expression()?;
        self.expect("}")?;
        Ok(Node::Value(expression, self.text[start..self.at].to_owned()))
    }

    fn choice(&mut self, negated: bool, closing: End) -> Parsed<Node> {
        let left = self.expression()?;
        let comparison = if self.eat("==") {
            Some((true, self.operand()?))
        } else if self.eat("!=") {
            Some((false, self.operand()?))
        } else {
            None
        };
        self.spaces();
        self.expect("}")?;
        let (then, mut end) = self.nodes()?;
        let mut otherwise = Vec::new();
        if end == End::Else {
            (otherwise, end) = self.nodes()?;
        }
        if end != closing {
            return Err(NoTemplate);
        }
        Ok(Node::Choice { condition: Condition { left, comparison }, negated, then, otherwise })
    }

    fn expression(&mut self) -> Parsed<Expression> {
        let name = self.name()?;
        let mut filters = Vec::new();
        self.spaces();
        while self.eat("|") {
            self.spaces();
            let length = self.rest().find(|c: char| !c.is_ascii_alphanumeric()).ok_or(NoTemplate)?;
            if length == 0 {
                return Err(NoTemplate);
            }
            let name = self.rest()[..length].to_owned();
            self.at += length;
            let mut arguments = Vec::new();
            loop {
                self.spaces();
                match self.rest().chars().next() {
                    Some('|' | '}' | '=' | '!') => break,
                    _ => arguments.push(self.operand()?),
                }
            }
            filters.push(Filter { name, arguments });
        }
        Ok(Expression { name, filters })
    }

    /// `"text"`, `#{expression}` or a bare word without spaces.
    fn operand(&mut self) -> Parsed<Operand> {
        self.spaces();
        if self.eat("\"") {
            let mut literal = String::new();
            loop {
                let character = self.rest().chars().next().ok_or(NoTemplate)?;
                self.at += character.len_utf8();
                match character {
                    '"' => return Ok(Operand::Literal(literal)),
                    '\\' if self.eat("\"") => literal.push('"'),
                    other => literal.push(other),
                }
            }
        }
        if self.eat("#{") {
            let expression = self.expression()?;
            self.expect("}")?;
            return Ok(Operand::Expression(expression));
        }
        let length = self
            .rest()
            .find(|c: char| c.is_whitespace() || matches!(c, '}' | '|' | '"'))
            .filter(|length| *length > 0)
            .ok_or(NoTemplate)?;
        let word = self.rest()[..length].to_owned();
        self.at += length;
        Ok(Operand::Expression(Expression { name: vec![Part::Text(word)], filters: Vec::new() }))
    }

    /// A variable's name: words, dots and indexes. Other characters make the text no template.
    fn name(&mut self) -> Parsed<Vec<Part>> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut depth = 0_u32;
        while let Some(character) = self.rest().chars().next() {
            if depth > 0 && self.eat("#{") {
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(Part::Nested(self.expression()?));
                self.expect("}")?;
                continue;
            }
            let inside = depth > 0 && character != '}';
            let word = character.is_alphanumeric()
                || character.is_whitespace()
                || matches!(character, '_' | '-' | ':' | '/' | '~' | '(' | ')' | '.');
            match character {
                '[' => depth += 1,
                ']' if depth > 0 => depth -= 1,
                _ if inside || word => {}
                _ => break,
            }
            text.push(character);
            self.at += character.len_utf8();
        }
        let text = text.trim_end().to_owned();
        if depth > 0 || (text.is_empty() && parts.is_empty()) {
            return Err(NoTemplate);
        }
        parts.push(Part::Text(text));
        Ok(parts)
    }
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
        let mut parser = Parser { text, at: 0 };
        match parser.nodes() {
            Ok((nodes, End::Text)) => self.nodes(&nodes),
            _ => Ok(text.to_owned()),
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
            match apply_filter(&filter.name, &value, &arguments) {
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

// --- Filters ------------------------------------------------------------------------------------------------

/// The value through a filter; nothing for a filter that does not exist or arguments that do not fit, which
/// leaves the whole token in the text.
fn apply_filter(name: &str, value: &str, arguments: &[String]) -> Option<String> {
    let argument = |index: usize| arguments.get(index).map(String::as_str);
    let number = |index: usize| argument(index).and_then(|text| text.parse::<usize>().ok());
    let yes_no = |holds: bool| if holds { "true" } else { "false" }.to_owned();
    Some(match name.to_lowercase().as_str() {
        "tolower" => value.to_lowercase(),
        "toupper" => value.to_uppercase(),
        "trim" => match argument(0).map(str::to_lowercase).as_deref() {
            None => value.trim(),
            Some("start") => value.trim_start(),
            Some("end") => value.trim_end(),
            Some(_) => return None,
        }
        .to_owned(),
        "append" => format!("{value}{}", arguments.concat()),
        "prepend" => format!("{}{value}", arguments.concat()),
        "truncate" => {
            let length = number(0)?;
            if value.chars().count() <= length {
                value.to_owned()
            } else {
                format!("{}...", value.chars().take(length).collect::<String>())
            }
        }
        "substring" => {
            let (start, length) = match arguments.len() {
                1 => (0, number(0)?),
                2 => (number(0)?, number(1)?),
                _ => return None,
            };
            if start + length > value.chars().count() {
                return None;
            }
            value.chars().skip(start).take(length).collect()
        }
        "replace" => {
            let pattern = regex::Regex::new(argument(0)?).ok()?;
            pattern.replace_all(value, argument(1).unwrap_or_default()).into_owned()
        }
        "match" => yes_no(regex::Regex::new(argument(0)?).ok()?.is_match(value)),
        "startswith" => yes_no(value.starts_with(argument(0)?)),
        "endswith" => yes_no(value.ends_with(argument(0)?)),
        "contains" => yes_no(value.contains(argument(0)?)),
        "tobase64" => BASE64.encode(value),
        "frombase64" => String::from_utf8(BASE64.decode(value).ok()?).ok()?,
        "jsonescape" => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        "htmlescape" => {
            escape(value, &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")])
        }
        "xmlescape" => {
            escape(value, &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&apos;")])
        }
        "yamlsinglequoteescape" => value.replace('\'', "''"),
        "yamldoublequoteescape" => {
            escape(value, &[("\\", "\\\\"), ("\"", "\\\""), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")])
        }
        "uriescape" => percent_encode(value, "-_.~!*'();:@&=+$,/?#[]%"),
        "uridataescape" => percent_encode(value, "-_.~"),
        "sha1" | "sha256" => digest(&name.to_lowercase(), value)?,
        _ => return None,
    })
}

fn escape(value: &str, replacements: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for character in value.chars() {
        let text = character.to_string();
        out.push_str(replacements.iter().find(|(from, _)| *from == text).map_or(&text, |(_, to)| to));
    }
    out
}

fn percent_encode(value: &str, kept: &str) -> String {
    let mut out = String::new();
    for character in value.chars() {
        if character.is_ascii_alphanumeric() || kept.contains(character) {
            out.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    out
}

fn digest(name: &str, value: &str) -> Option<String> {
    use sha1::Digest as _;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match name {
        "sha1" => Some(hex(&sha1::Sha1::digest(value))),
        "sha256" => Some(hex(&sha2::Sha256::digest(value))),
        _ => None,
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
