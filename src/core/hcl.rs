//! Terraform's language as a tree, and its printing, byte for byte as `terraform fmt` would leave it.
//!
//! References are nodes of the tree ([`Expr::Reference`]), never text that is replaced later. Text is escaped in one
//! place ([`quoted`]). There are no heredocs: long text goes into files beside the module, short text stays in quotes,
//! so that no choice of a marker and no trailing newline can change a byte.

mod print;

pub use print::{print, quoted};

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Null,
    Bool(bool),
    /// A number as it is to be printed, such as `3600000000000` or `0.5`.
    Number(String),
    /// Plain text; whatever it holds stays text.
    Text(String),
    /// Text with expressions in it: `"teams-${var.octopus_space_id}"`.
    Template(Vec<Expr>),
    List(Vec<Expr>),
    /// An object whose keys are arguments of the provider: bare where Terraform allows it.
    Object(Vec<(String, Expr)>),
    /// A map whose keys are data: always in quotes.
    Map(Vec<(String, Expr)>),
    /// Names joined by dots: `octopusdeploy_environment.production.id`.
    Reference(Vec<String>),
    /// `base[key]`.
    Index(Box<Expr>, Box<Expr>),
    /// `base.name`.
    Attribute(Box<Expr>, String),
    Call(String, Vec<Expr>),
    /// `!expression`.
    Not(Box<Expr>),
    /// Terraform's language in one line, written by us and never made of data.
    Code(String),
}

impl Expr {
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    pub fn number(value: impl ToString) -> Self {
        Self::Number(value.to_string())
    }

    /// The reference that a dotted path names: `reference("var.octopus_url")`.
    #[must_use]
    pub fn reference(path: &str) -> Self {
        Self::Reference(path.split('.').map(str::to_owned).collect())
    }

    /// `self.name`; references stay references.
    #[must_use]
    pub fn attribute(self, name: &str) -> Self {
        match self {
            Self::Reference(mut path) => {
                path.push(name.to_owned());
                Self::Reference(path)
            }
            other => Self::Attribute(Box::new(other), name.to_owned()),
        }
    }

    /// `self["key"]`.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self::Index(Box::new(self), Box::new(Self::Text(key.into())))
    }

    /// The bytes of a file of the module: `file("${path.module}/scripts/smoke.sh")`.
    #[must_use]
    pub fn file(path: &str) -> Self {
        Self::Call(
            "file".to_owned(),
            vec![Self::Template(vec![Self::reference("path.module"), Self::Text(format!("/{path}"))])],
        )
    }

    /// Calls `visit` for this expression and all that are in it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Template(parts) | Self::List(parts) | Self::Call(_, parts) => {
                parts.iter().for_each(|part| part.walk(visit));
            }
            Self::Object(pairs) | Self::Map(pairs) => pairs.iter().for_each(|(_, value)| value.walk(visit)),
            Self::Index(base, key) => {
                base.walk(visit);
                key.walk(visit);
            }
            Self::Attribute(base, _) | Self::Not(base) => base.walk(visit),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Reference(_)
            | Self::Code(_) => {}
        }
    }
}

impl From<&str> for Expr {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Expr {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Expr {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Vec<Expr>> for Expr {
    fn from(value: Vec<Expr>) -> Self {
        Self::List(value)
    }
}

/// `name = value`, with a comment behind it if there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    pub name: String,
    pub value: Expr,
    pub comment: Option<String>,
}

/// A block. Printed in this order: attributes of one line, longer ones, blocks, `depends_on`; each in the order given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    pub kind: String,
    pub labels: Vec<String>,
    /// Written above the block.
    pub comment: Option<String>,
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
    pub depends_on: Vec<Expr>,
    /// Of a resource: the id that it has at the source; not printed.
    pub made_of: String,
}

impl Block {
    #[must_use]
    pub fn new(kind: &str, labels: &[&str]) -> Self {
        Self {
            kind: kind.to_owned(),
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Whether Terraform ignores changes of an argument.
    #[must_use]
    pub fn ignores(&self, argument: &str) -> bool {
        let lifecycle = self.blocks.iter().filter(|inner| inner.kind == "lifecycle");
        let mut ignored = lifecycle.flat_map(|inner| &inner.attributes).map(|attribute| &attribute.value);
        ignored.any(|value| match value {
            Expr::List(items) => items.contains(&Expr::Code(argument.to_owned())),
            _ => true,
        })
    }

    /// Adds an argument, or the way to one in a block, to those whose changes Terraform ignores.
    pub fn ignore_changes(&mut self, argument: &str) {
        let found = self.blocks.iter().position(|inner| inner.kind == "lifecycle");
        let mut lifecycle = found.map_or_else(|| Self::new("lifecycle", &[]), |at| self.blocks.remove(at));
        let mut ignored = match lifecycle.attributes.pop().map(|attribute| attribute.value) {
            Some(Expr::List(items)) => items,
            // All of them.
            Some(other) => return self.blocks.push(lifecycle.with("ignore_changes", other)),
            None => Vec::new(),
        };
        ignored.push(Expr::Code(argument.to_owned()));
        self.blocks.push(lifecycle.with("ignore_changes", Expr::List(ignored)));
    }

    /// Ignores all changes, those too that were named.
    pub fn ignore_all_changes(&mut self) {
        self.blocks.retain(|inner| inner.kind != "lifecycle");
        self.blocks.push(Self::new("lifecycle", &[]).with("ignore_changes", Expr::reference("all")));
    }

    /// Takes out what [`Block::ignore_changes`] was told of this block, for the resource around it.
    pub fn take_ignored(&mut self) -> Vec<String> {
        let found = self.blocks.iter().position(|inner| inner.kind == "lifecycle");
        let lifecycle = found.map(|at| self.blocks.remove(at));
        let attributes = lifecycle.into_iter().flat_map(|lifecycle| lifecycle.attributes);
        let lists = attributes.filter_map(|attribute| match attribute.value {
            Expr::List(items) => Some(items),
            _ => None,
        });
        let code = |item| match item {
            Expr::Code(code) => Some(code),
            _ => None,
        };
        lists.flatten().filter_map(code).collect()
    }

    /// `resource "type" "label"`.
    #[must_use]
    pub fn resource(resource_type: &str, label: &str) -> Self {
        Self::new("resource", &[resource_type, label])
    }

    /// Says what the resource is at the source, by its id there.
    #[must_use]
    pub fn made_of(mut self, id: &str) -> Self {
        id.clone_into(&mut self.made_of);
        self
    }

    /// The address of a resource: `octopusdeploy_environment.production`.
    #[must_use]
    pub fn address(&self) -> String {
        self.labels.join(".")
    }

    pub fn set(&mut self, name: &str, value: impl Into<Expr>) {
        self.attributes.push(Attribute { name: name.to_owned(), value: value.into(), comment: None });
    }

    /// The same for a chain: `Block::new(…).with("take", …)`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Expr>) -> Self {
        self.set(name, value);
        self
    }

    #[must_use]
    pub fn with_block(mut self, block: Self) -> Self {
        self.blocks.push(block);
        self
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Expr> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &attribute.value)
    }

    /// Calls `visit` for every expression in the block, with the path of argument names to it.
    pub fn walk<'a>(&'a self, path: &str, visit: &mut impl FnMut(&str, &'a Expr)) {
        for attribute in &self.attributes {
            let path = format!("{path}{}", attribute.name);
            attribute.value.walk(&mut |expression| visit(&path, expression));
        }
        for block in &self.blocks {
            block.walk(&format!("{path}{}.", block.kind), visit);
        }
    }
}

/// What a file consists of; each item is printed with a blank line before it.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Lines without `#`.
    Comment(String),
    Block(Block),
}
