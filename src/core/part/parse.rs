//! The options of a selection as they are given, `--only KIND[:WHICH]` and the others.

use std::fmt;

use crate::part::rename::Rename;
use crate::part::sorts::{Home, Sort, Thing, named, sorts};
use documents::collection::Collection;
use failure::Failure;

/// What an option does with the things that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Only,
    Exclude,
    ExcludeExcept,
    Lookup,
}

impl Verb {
    #[must_use]
    pub const fn option(self) -> &'static str {
        match self {
            Self::Only => "--only",
            Self::Exclude => "--exclude",
            Self::ExcludeExcept => "--exclude-except",
            Self::Lookup => "--lookup",
        }
    }
}

/// The option that gives things other names.
pub const RENAME: &str = "--rename";
/// The option that uses a thing of the destination in place of one of the source.
pub const MAP: &str = "--map";

/// Which things of a sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    All,
    /// This name, or `Owner/Name`.
    Name(String),
    /// The same with `*` for any text.
    Pattern(String),
    /// Those that carry this tag; it may be a pattern.
    Tag(String),
}

impl Which {
    fn parse(text: &str) -> Self {
        if let Some(name) = text.strip_prefix("name:") {
            Self::Name(name.to_owned())
        } else if let Some(tag) = text.strip_prefix("tag:") {
            Self::Tag(tag.to_owned())
        } else if text.contains('*') {
            Self::Pattern(text.to_owned())
        } else {
            Self::Name(text.to_owned())
        }
    }

    /// Whether this thing is meant.
    #[must_use]
    pub fn is(&self, thing: &Thing<'_>) -> bool {
        let any_name = |matches: &dyn Fn(&str) -> bool| {
            matches(&thing.name)
                || thing.owners.iter().any(|owner| matches(&format!("{owner}/{}", thing.name)))
        };
        match self {
            Self::All => true,
            Self::Name(wanted) => any_name(&|name| name == wanted),
            Self::Pattern(pattern) => any_name(&|name| matches(pattern, name)),
            Self::Tag(pattern) => thing.tags().any(|tag| matches(pattern, tag)),
        }
    }
}

/// Whether a text is like a pattern, in which `*` stands for any text.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// One option.
#[derive(Debug, Clone)]
pub struct Rule {
    pub verb: Verb,
    pub sorts: Vec<Sort>,
    pub which: Which,
    /// The value as it was given.
    pub text: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.verb.option(), self.text)
    }
}

impl Rule {
    fn parse(verb: Verb, text: &str) -> Result<Self, Failure> {
        let (word, which) = match text.split_once(':') {
            Some((word, which)) => (word, Some(which)),
            None => (text, None),
        };
        let option = verb.option();
        let can = |sort: &Sort| match verb {
            Verb::Only => sort.list != "steps" && sort.list != "tenant_variables",
            Verb::Exclude | Verb::ExcludeExcept => true,
            Verb::Lookup => sort.can_be_looked_up,
        };
        let found = named(word);
        let usable: Vec<Sort> = found.iter().filter(|sort| can(sort)).cloned().collect();
        if usable.is_empty() {
            let message = match found.first() {
                None => format!("{option} does not know the kind {word:?}"),
                Some(sort) => format!("{option} can't be said of {}", sort.list),
            };
            let mut lists: Vec<String> = Vec::new();
            for sort in sorts().into_iter().filter(can) {
                if !lists.contains(&sort.list) {
                    lists.push(sort.list);
                }
            }
            return Err(Failure::usage(message).hint(format!("Kinds: {}.", lists.join(", "))));
        }
        let which = match which {
            Some("" | "tag:" | "name:") => {
                return Err(Failure::usage(format!("{option} {text}: nothing stands after the colon"))
                    .hint("A name, a pattern with *, tag:SET/TAG, or name:TEXT for a name that looks like one of these."));
            }
            Some(which) => Which::parse(which),
            None if verb == Verb::ExcludeExcept => {
                return Err(Failure::usage(format!("{option} {text} does not say what stays")).hint(
                    format!(
                        "{option} {text}:NAME, or {} {text} to leave out all of them.",
                        Verb::Exclude.option()
                    ),
                ));
            }
            None => Which::All,
        };
        Ok(Self { verb, sorts: usable, which, text: text.to_owned() })
    }

    /// Whether it names things that are in no space module.
    #[must_use]
    pub fn is_of_projects(&self) -> bool {
        self.sorts.iter().all(|sort| {
            sort.home == Home::Projects
                || sort.home == Home::OfProject
                || (sort.home == Home::Inside && sort.list != "library_variables")
        })
    }
}

impl Rule {
    /// Whether a project's module has no part in what it names: links to tenants and parts of freezes it has.
    #[must_use]
    pub fn is_of_no_project(&self) -> bool {
        self.sorts.iter().all(|sort| {
            let is_shared = sort.home == Home::Shared || sort.list == "library_variables";
            is_shared
                && !matches!(
                    sort.collection,
                    Collection::Tenants | Collection::DeploymentFreezes | Collection::ScopedUserRoles
                )
        })
    }
}

/// All options, as they are given.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub rules: Vec<Rule>,
    pub renames: Vec<Rename>,
}

impl Options {
    /// Reads options, each with its value. They are kept in one order: verb by verb, renames and maps last.
    ///
    /// # Errors
    /// Usage: an unknown option or kind, with those that there are; a value that can't be meant.
    pub fn parse<'g>(given: impl IntoIterator<Item = (&'g str, &'g str)>) -> Result<Self, Failure> {
        const VERBS: [Verb; 4] = [Verb::Only, Verb::Exclude, Verb::ExcludeExcept, Verb::Lookup];
        let given: Vec<(&str, &str)> = given.into_iter().collect();
        let is_known = |option: &str| {
            [RENAME, MAP].contains(&option) || VERBS.iter().any(|verb| verb.option() == option)
        };
        if let Some((option, value)) = given.iter().find(|(option, _)| !is_known(option)) {
            let line = format!("{option} {value}");
            return Err(Failure::usage(format!("{:?} is no option of a selection", line.trim_end())));
        }
        let values = |wanted: &'static str| {
            given.iter().filter(move |(option, _)| *option == wanted).map(|(_, value)| *value)
        };
        let mut options = Self::default();
        for verb in VERBS {
            for text in values(verb.option()) {
                options.rules.push(Rule::parse(verb, text)?);
            }
        }
        for text in values(RENAME) {
            options.renames.push(Rename::parse(text)?);
        }
        for text in values(MAP) {
            options.renames.push(Rename::parse_map(text)?);
        }
        Ok(options)
    }

    /// The same of a text with an option a line, as a step has it.
    ///
    /// # Errors
    /// As [`Options::parse`].
    pub fn of_lines(text: &str) -> Result<Self, Failure> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self::parse(lines.map(|line| {
            let (option, value) = line.split_once(' ').unwrap_or((line, ""));
            (option, value.trim())
        }))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.renames.is_empty()
    }

    /// Whether `--only` names projects or what belongs to them.
    #[must_use]
    pub fn only_of_projects(&self) -> bool {
        self.of(Verb::Only).any(|(_, rule)| rule.is_of_projects())
    }

    /// The options of one verb.
    pub fn of(&self, verb: Verb) -> impl Iterator<Item = (usize, &Rule)> {
        self.rules.iter().enumerate().filter(move |(_, rule)| rule.verb == verb)
    }

    /// As they were given, in one order.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let rules = self.rules.iter().map(Rule::to_string);
        rules.chain(self.renames.iter().map(Rename::to_string)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use failure::FailureKind;

    fn rule(verb: Verb, text: &str) -> Rule {
        Rule::parse(verb, text).unwrap_or_else(|failure| panic!("{text}: {}", failure.message))
    }

    fn mistake(verb: Verb, text: &str) -> Failure {
        let failure = Rule::parse(verb, text).err().unwrap_or_else(|| panic!("{text} is no mistake"));
        assert_eq!(failure.kind, FailureKind::Usage);
        failure
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "x"),
            ("Prod*", "Production"),
            ("*ion", "Production"),
            ("P*d*n", "Production"),
            ("a*", "a"),
            ("*a*", "a"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("Prod*", "prod"),
            ("*ion", "ions"),
            ("a*a", "a"),
            ("a*bc*c", "abc"),
            ("", "x"),
            ("Production", "Production (US)"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_follows_the_kind_says_which() {
        let which = |text: &str| rule(Verb::Only, text).which;
        assert_eq!(which("tenants"), Which::All);
        assert_eq!(which("tenants:Acme: the shop"), Which::Name("Acme: the shop".to_owned()));
        assert_eq!(which("tenants:A*"), Which::Pattern("A*".to_owned()));
        assert_eq!(which("tenants:tag:Region/EU"), Which::Tag("Region/EU".to_owned()));
        assert_eq!(which("tenants:name:A*"), Which::Name("A*".to_owned()));
        assert_eq!(which("tenants:name:tag:x"), Which::Name("tag:x".to_owned()));
        assert_eq!(rule(Verb::Exclude, "runbooks:Shop/Backup").to_string(), "--exclude runbooks:Shop/Backup");
    }

    #[test]
    fn options_are_the_same_in_lines() {
        let text = "--only projects:Whole Shop\n--exclude tenants:tag:Region/EU\n--rename environments:A=B\n--map accounts:A=B";
        let options = Options::of_lines(&format!("\r\n{text}\r\n")).expect("options");
        assert_eq!(options.texts().join("\n"), text);
        assert!(Options::of_lines("").expect("none").is_empty());
        assert!(Options::of_lines("only projects").is_err());
    }

    #[test]
    fn mistakes_say_what_there_is() {
        let hint = |failure: Failure| failure.hints.join(" ");
        let unknown = mistake(Verb::Only, "gnomes:Fred");
        assert_eq!(unknown.message, "--only does not know the kind \"gnomes\"");
        let kinds = hint(unknown);
        for list in
            ["environments", "library_variable_sets", "projects", "runbooks", "variables", "subscriptions"]
        {
            assert!(kinds.contains(list), "{kinds}");
        }
        assert!(!kinds.contains("steps"), "{kinds}");
        let not_by_name = mistake(Verb::Lookup, "runbooks");
        assert_eq!(not_by_name.message, "--lookup can't be said of runbooks");
        assert!(!hint(not_by_name).contains("runbooks"));
        mistake(Verb::Only, "steps:Build");
        mistake(Verb::Only, "tenants:");
        mistake(Verb::ExcludeExcept, "tenants");
    }
}
