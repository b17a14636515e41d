//! The template language: text with expressions, choices and loops, parsed into nodes.

/// The nodes of a text, or nothing when it is no template.
pub(super) fn parse(text: &str) -> Option<Vec<Node>> {
    match (Parser { text, at: 0 }).nodes() {
        Ok((nodes, End::Text)) => Some(nodes),
        _ => None,
    }
}

pub(super) enum Node {
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

pub(super) struct Expression {
    pub(super) name: Vec<Part>,
    pub(super) filters: Vec<Filter>,
}

/// A piece of a name: text, or an expression in an index (`Action[#{Step}]`).
pub(super) enum Part {
    Text(String),
    Nested(Expression),
}

pub(super) struct Filter {
    pub(super) name: String,
    pub(super) arguments: Vec<Operand>,
}

pub(super) enum Operand {
    Literal(String),
    Expression(Expression),
}

pub(super) struct Condition {
    pub(super) left: Expression,
    pub(super) comparison: Option<(bool, Operand)>,
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
