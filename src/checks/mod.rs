//! What `check` finds: findings, each with a name for scripts, its weight, a sentence and what to do about it.

pub mod backend;
pub mod cost;
pub mod forecast;
pub mod keys;
pub mod offered;
pub mod permissions;
pub mod servers;
pub mod space;
pub mod worker;
pub mod workers;

use serde::Serialize;

use crate::outcome::Outcome;
use crate::ui::Ui;
use failure::Failure;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Weight {
    /// It prevents the migration.
    Stops,
    /// There is something for a person to do, or to know before going on.
    Person,
    /// As it should be.
    Fine,
    /// Good to know; nothing has to be done.
    Known,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Finding {
    pub weight: Weight,
    /// The check's name, which stays the same from version to version: `destination-reachable`.
    pub check: &'static str,
    pub text: String,
    /// What to do; empty when nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_do: Vec<String>,
}

/// All findings, in the order in which they came.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Something that is as it should be.
    pub fn fine(&mut self, check: &'static str, text: impl Into<String>) {
        self.add(Weight::Fine, check, text.into(), Vec::new());
    }

    /// Something that is good to know.
    pub fn known(&mut self, check: &'static str, text: impl Into<String>) {
        self.add(Weight::Known, check, text.into(), Vec::new());
    }

    /// Something for a person.
    pub fn person(&mut self, check: &'static str, text: impl Into<String>, to_do: impl Into<String>) {
        self.add(Weight::Person, check, text.into(), vec![to_do.into()]);
    }

    /// Something that prevents the migration.
    pub fn stops(&mut self, check: &'static str, text: impl Into<String>, to_do: impl Into<String>) {
        self.add(Weight::Stops, check, text.into(), vec![to_do.into()]);
    }

    /// A failure as a finding: it prevents the migration.
    pub fn failed(&mut self, check: &'static str, failure: Failure) {
        self.add(Weight::Stops, check, failure.message, failure.hints);
    }

    fn add(&mut self, weight: Weight, check: &'static str, text: String, mut to_do: Vec<String>) {
        to_do.retain(|text| !text.is_empty());
        self.0.push(Finding { weight, check, text, to_do });
    }

    #[must_use]
    pub fn all(&self) -> &[Finding] {
        &self.0
    }

    /// Those of a weight.
    pub fn of(&self, weight: Weight) -> impl Iterator<Item = &Finding> {
        self.0.iter().filter(move |finding| finding.weight == weight)
    }

    /// What all findings come to.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.0.iter().map(|finding| finding.weight).min() {
            Some(Weight::Stops) => Outcome::NotWell,
            Some(Weight::Person) => Outcome::DoneWithNotes,
            Some(Weight::Fine | Weight::Known) | None => Outcome::Done,
        }
    }

    /// Shows them to a person: what is well on a line each, then what needs a person, then what stops the migration, which so stands last,
    /// where it is seen.
    pub fn show(&self, ui: &Ui) {
        for finding in self.of(Weight::Fine) {
            ui.info(&format!("  ok  {}", finding.text));
        }
        for finding in self.of(Weight::Known) {
            ui.info(&format!("  --  {}", finding.told()));
        }
        for finding in self.of(Weight::Person) {
            ui.warning(&finding.told());
        }
        for finding in self.of(Weight::Stops) {
            ui.problem(&finding.told());
        }
    }
}

impl Finding {
    /// The sentence, and below it what to do.
    #[must_use]
    pub fn told(&self) -> String {
        let mut text = self.text.clone();
        for line in self.to_do.iter().flat_map(|text| text.lines()) {
            text.push_str("\n    ");
            text.push_str(line);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_finding_decides() {
        let mut findings = Findings::default();
        assert_eq!(findings.outcome(), Outcome::Done);
        findings.fine("a", "all is well");
        assert_eq!(findings.outcome(), Outcome::Done);
        findings.person("b", "look", "and do");
        assert_eq!(findings.outcome(), Outcome::DoneWithNotes);
        findings.failed("c", Failure::failed("no").hint("do this\nthen that"));
        findings.fine("d", "well");
        assert_eq!(findings.outcome(), Outcome::NotWell);
        assert_eq!(findings.all()[2].told(), "no\n    do this\n    then that");
    }
}
