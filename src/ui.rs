//! Talk: standard output is data, standard error is talk; inside a step of Octopus all of it goes to standard
//! output with service messages that set its level.

use crate::failure::Failure;

/// Where messages go and how they look.
pub struct Ui {
    json: bool,
    step: bool,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the one place that talks")]
impl Ui {
    #[must_use]
    pub fn new(json: bool, step: bool) -> Self {
        Self { json, step }
    }

    /// Whether Octopus runs us in a step.
    #[must_use]
    pub fn in_step(&self) -> bool {
        self.step
    }

    /// Whether results are wanted as JSON.
    #[must_use]
    pub fn json(&self) -> bool {
        self.json
    }

    /// The result of a command, on standard output.
    pub fn data(&self, text: &str) {
        println!("{text}");
    }

    /// What is going on, for a person.
    pub fn info(&self, text: &str) {
        if self.step {
            println!("{text}");
        } else {
            eprintln!("{text}");
        }
    }

    /// Something a person should look at.
    pub fn warning(&self, text: &str) {
        if self.step {
            println!("##octopus[stdout-warning]");
            println!("{text}");
            println!("##octopus[stdout-default]");
        } else {
            eprintln!("warning: {text}");
        }
    }

    /// Why the command stopped, and what to do.
    pub fn failure(&self, failure: &Failure) {
        eprintln!("error: {failure}");
        for hint in &failure.hints {
            eprintln!("\nhint: {hint}");
        }
    }
}
