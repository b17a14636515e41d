//! Talk: standard output is data, standard error is talk; inside a step of Octopus all of it goes to standard
//! output with service messages that set its level. Questions are asked on a terminal only.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use failure::Failure;
use secret::Secret;

/// Where messages go and how they look.
pub struct Ui {
    json: bool,
    step: bool,
}

#[expect(clippy::print_stderr, reason = "the one place that talks")]
impl Ui {
    #[must_use]
    pub fn new(json: bool, step: bool) -> Self {
        Self { json, step }
    }

    /// The same, but all talk goes to standard error, in a step too: somebody reads our standard output.
    #[must_use]
    pub fn keeping_standard_output_for_data(&self) -> Self {
        Self { json: self.json, step: false }
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

    /// The result of a command, on standard output. That it could not be written (a full disk) is told; a reader that has gone knows it.
    pub fn data(&self, text: &str) {
        if let Err(error) = write_line(text)
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            say_aside(&format!("error: the result can't be written to standard output: {error}"));
        }
    }

    /// The result of a command as bytes, nothing added.
    ///
    /// # Errors
    /// When the reader has gone.
    pub fn raw_data(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut output = std::io::stdout().lock();
        let written = output.write_all(bytes).and_then(|()| output.flush());
        written.map_err(|error| Failure::failed(format!("writing the result: {error}")))
    }

    /// What is going on, for a person.
    pub fn info(&self, text: &str) {
        if self.step {
            say(text);
        } else {
            say_aside(text);
        }
    }

    /// Something a person should look at.
    pub fn warning(&self, text: &str) {
        if self.step {
            say(&format!("##octopus[stdout-warning]\n{text}\n##octopus[stdout-default]"));
        } else {
            say_aside(&format!("warning: {text}"));
        }
    }

    /// Something that is not well, where the command itself goes on.
    pub fn problem(&self, text: &str) {
        say_aside(&format!("error: {text}"));
    }

    /// Tells Octopus to mask this text from now on, in a step. On both outputs, as its own Bash bootstrap does: which of them is read first
    /// is not known.
    pub fn mask(&self, secret: &Secret) {
        if self.step && !secret.is_empty() {
            let message =
                Zeroizing::new(format!("##octopus[mask value='{}']", STANDARD.encode(secret.expose())));
            say(&message);
            say_aside(&message);
        }
    }

    /// Hands a file to Octopus as an artifact of the run, in a step.
    pub fn artifact(&self, file: &std::path::Path, name: &str) {
        if self.step {
            let length = file.metadata().map_or(0, |metadata| metadata.len());
            let encode = |text: &str| STANDARD.encode(text);
            say(&format!(
                "##octopus[createArtifact path='{}' name='{}' length='{}']",
                encode(&file.to_string_lossy()),
                encode(name),
                encode(&length.to_string())
            ));
        }
    }

    /// Why the command stopped, and what to do.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            say(&serde_json::json!({"Error": failure.message, "Hints": failure.hints}).to_string());
        }
        say_aside(&format!("error: {failure}"));
        for hint in &failure.hints {
            say_aside(&format!("\nhint: {hint}"));
        }
    }

    /// Whether there is somebody to ask.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        !self.step && !self.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks for a line of text. `None`: there is nobody to ask, or no answer.
    ///
    /// # Errors
    /// When the terminal can't be read.
    pub fn ask(&self, question: &str) -> Result<Option<String>, Failure> {
        if !self.can_ask() {
            return Ok(None);
        }
        eprint!("{question}: ");
        let mut answer = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Failure::failed(format!("reading the answer: {error}")))?;
        let answer = answer.trim();
        Ok((!answer.is_empty()).then(|| answer.to_owned()))
    }

    /// Asks for something that is not shown while it is typed. `None`: there is nobody to ask, or no answer.
    ///
    /// # Errors
    /// When the terminal can't be read, or can't be kept from showing it.
    pub fn ask_secret(&self, question: &str) -> Result<Option<Secret>, Failure> {
        if !self.can_ask() {
            return Ok(None);
        }
        let trouble = |error: &dyn std::fmt::Display| {
            Failure::failed(format!("reading a secret from the terminal: {error}"))
        };
        let terminal = std::io::stdin();
        let shown = tcgetattr(&terminal).map_err(|error| trouble(&error))?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        eprint!("{question}: ");
        tcsetattr(&terminal, OptionalActions::Flush, &hidden).map_err(|error| trouble(&error))?;
        let mut answer = Zeroizing::new(String::with_capacity(4096));
        let read = terminal.lock().read_line(&mut answer);
        let restored = tcsetattr(&terminal, OptionalActions::Flush, &shown);
        eprintln!();
        read.map_err(|error| trouble(&error))?;
        restored.map_err(|error| trouble(&error))?;
        let answer = answer.trim();
        Ok((!answer.is_empty()).then(|| Secret::new(answer.to_owned())))
    }

    /// Asks for a go-ahead. `already_agreed` is `--yes`.
    ///
    /// # Errors
    /// When nobody can be asked and nobody agreed before; or the answer is no.
    pub fn confirm(&self, question: &str, already_agreed: bool) -> Result<(), Failure> {
        if already_agreed {
            return Ok(());
        }
        if !self.can_ask() {
            return Err(Failure::usage(format!("nobody is there to answer: {question}"))
                .hint("Agree beforehand with --yes."));
        }
        match self.ask(&format!("{question} [y/N]"))?.as_deref() {
            Some("y" | "Y" | "yes" | "Yes" | "YES") => Ok(()),
            _ => Err(Failure::failed("stopped at your word; nothing was changed")),
        }
    }
}

/// A line on standard output. A reader that has gone is no reason to die in the middle of a deployment; whoever must know listens for it.
fn say(text: &str) {
    let _ = write_line(text);
}

fn write_line(text: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(format!("{text}\n").as_bytes()).and_then(|()| output.flush())
}

/// A line on standard error.
fn say_aside(text: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Lines of a table: columns as wide as their widest cell, the first row underlined. No trailing blanks.
#[must_use]
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = Vec::with_capacity(rows.len() + 1);
    for (number, row) in rows.iter().enumerate() {
        lines.push(line(&mut row.iter().cloned()));
        if number == 0 && rows.len() > 1 {
            lines.push(line(&mut widths.iter().map(|width| "-".repeat(*width))));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn tables_are_aligned_and_end_without_blanks() {
        let rows = [["kind", "same"], ["environments", "3"]].map(|row| row.map(str::to_owned).to_vec());
        expect_test::expect![[r"
            kind          same
            ------------  ----
            environments  3"]]
        .assert_eq(&super::table(&rows));
    }
}
