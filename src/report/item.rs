//! One thing that is left to people: the same for `report` and `todo.md`, whatever the form.

use serde::Serialize;

/// Groups of items, in the order in which a move takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Section {
    NotMoved,
    Secrets,
    Machines,
    Packages,
    ByHand,
    Differences,
    Server,
    People,
    Cutover,
}

impl Section {
    pub const ALL: [Self; 9] = [
        Self::NotMoved,
        Self::Secrets,
        Self::Machines,
        Self::Packages,
        Self::ByHand,
        Self::Differences,
        Self::Server,
        Self::People,
        Self::Cutover,
    ];

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NotMoved => "Not migrated yet",
            Self::Secrets => "Secrets that only a person can enter",
            Self::Machines => "Tentacles and workers that must know the new server",
            Self::Packages => "Packages that the destination lacks",
            Self::ByHand => "To be done by hand",
            Self::Differences => "Differences that nothing explains",
            Self::Server => "Settings of the server itself",
            Self::People => "People, keys and what makes releases",
            Self::Cutover => "Held back until the cutover",
        }
    }

    /// What an item of it is, as a line begins.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotMoved => "To migrate",
            Self::Secrets => "Secret",
            Self::Machines => "Machine",
            Self::Packages => "Package",
            Self::ByHand => "By hand",
            Self::Differences => "Difference",
            Self::Server => "Server",
            Self::People => "People",
            Self::Cutover => "Cutover",
        }
    }
}

/// Whether anything keeps an item from being done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub enum State {
    /// A person can do it.
    #[default]
    Open,
    /// It waits for the cutover.
    Held,
    /// The key's owner may not see how it stands.
    Unseen,
    /// Nobody can tell any more how it stands.
    Forgotten,
}

/// One thing that is left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Item {
    pub section: Section,
    /// The project it belongs to; none: the space, or the server.
    #[serde(with = "documents::optional_text")]
    pub project: Option<String>,
    /// The thing: `account "AWS main"`.
    pub subject: String,
    /// What is to be done, and why.
    pub text: String,
    /// Where in the destination's portal; none: it says nothing of a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Commands to type, filled in as far as they can be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    pub state: State,
}

impl Item {
    /// One of the space or the server, without commands.
    #[must_use]
    pub fn new(section: Section, subject: &str, text: String) -> Self {
        Self {
            section,
            project: None,
            subject: subject.to_owned(),
            text,
            place: None,
            commands: Vec::new(),
            state: if section == Section::Cutover { State::Held } else { State::Open },
        }
    }

    /// The text with the place.
    #[must_use]
    pub fn whole(&self) -> String {
        match &self.place {
            None => self.text.clone(),
            Some(place) => format!("{}. In the portal: {place}", self.text.trim_end_matches('.')),
        }
    }

    /// By what a line of the item is known while its reason changes.
    #[must_use]
    pub fn key(&self) -> String {
        plain(&format!("**{}** {}: ", self.section.word(), self.subject))
    }

    /// One line of Markdown, whatever a name holds.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("{}{}", self.key(), self.whole());
        if !self.commands.is_empty() && !line.ends_with(['.', '!', '?', ':']) {
            line.push('.');
        }
        line.extend(self.commands.iter().map(|command| format!(" {}", code(command))));
        plain(&line)
    }
}

/// A command as Markdown's code, as it is: its fence is longer than what is inside.
fn code(command: &str) -> String {
    let longest = command.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("{fence}{command}{fence}") } else { format!("{fence} {command} {fence}") }
}

/// One line, whatever a name holds.
pub(super) fn plain(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_before_its_commands_and_shows_each_as_it_is() {
        let mut item = Item::new(Section::Machines, "target \"web\"", "it trusts the old server".to_owned());
        assert_eq!(item.line(), "**Machine** target \"web\": it trusts the old server");
        item.place = Some("Infrastructure".to_owned());
        item.commands = vec!["a 'b'".to_owned(), "c `d` ``e".to_owned(), "f\ng".to_owned()];
        assert_eq!(
            item.line(),
            "**Machine** target \"web\": it trusts the old server. In the portal: Infrastructure. `a 'b'` ``` c `d` ``e ``` `f g`"
        );
    }
}
