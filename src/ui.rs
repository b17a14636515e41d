//! Talk: standard output is data, standard error is talk; inside a step of Octopus all of it goes to standard
//! output with service messages that set its level. Octopus reads the two streams of a step apart, so what is said about one of them may
//! come before or after its lines; and it can be told to fail a step for a word on standard error (`Octopus.Action.FailScriptOnErrorOutput`).
//! Questions are asked on a terminal only.
//!
//! Whatever is said here may hold names, errors and logs of others. So all of it is made harmless on its way out: nothing but our own
//! messages reaches Octopus as a message ([`harmless`]), no control character reaches a terminal, and the secrets of a step are masked.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use unicode_width::UnicodeWidthStr as _;
use zeroize::Zeroizing;

use failure::Failure;
use failure::While as _;
use secret::Secret;
use secret::mask::Masker;

/// Who listens.
#[derive(Debug, Clone, Copy)]
pub struct Audience {
    /// A program that reads results as JSON.
    pub json: bool,
    /// Octopus, which runs us in a step.
    pub step: bool,
    /// A program that reads our standard output, in a step too: all talk goes to standard error then, which a step's shell hands to Octopus.
    pub reads_output: bool,
}

/// Where messages go and how they look.
pub struct Ui {
    json: bool,
    step: bool,
    /// Whether all talk goes to standard error.
    aside: bool,
    /// What must not be said.
    masker: Arc<OnceLock<Arc<Masker>>>,
}

#[expect(clippy::print_stderr, reason = "the one place that talks")]
impl Ui {
    #[must_use]
    pub fn new(Audience { json, step, reads_output }: Audience) -> Self {
        Self { json, step, aside: !step || reads_output, masker: Arc::default() }
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

    /// Masks these secrets in all that is said from now on. Octopus masks by itself what it knows, as it is stored; this also finds lines and
    /// encodings of it. Nothing is sent to Octopus for that: it would stand in a worker's own logs.
    pub fn hide(&self, masker: &Arc<Masker>) {
        let _ = self.masker.set(Arc::clone(masker));
    }

    /// A text as it may leave us.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.masker.get() {
            Some(masker) => Cow::Owned(harmless(&masker.mask(text)).into_owned()),
            None => harmless(text),
        }
    }

    /// The result of a command, on standard output. That it could not be written (a full disk) is reported; a reader that has gone knows it.
    pub fn data(&self, text: &str) {
        if let Err(error) = write_line(&self.shown(text))
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
        written.while_doing("writing the result")
    }

    /// What is going on, for a person.
    pub fn info(&self, text: &str) {
        self.talk(&self.shown(text));
    }

    /// Something a person should look at.
    pub fn warning(&self, text: &str) {
        let text = self.shown(text);
        if self.step {
            self.talk(&at_level("warning", &text));
        } else {
            self.talk(&format!("warning: {text}"));
        }
    }

    /// Something that is not well, where the command itself goes on.
    pub fn problem(&self, text: &str) {
        let text = format!("error: {}", self.shown(text));
        self.talk(&if self.step { at_level("error", &text) } else { text });
    }

    /// Lines that are harmless already.
    fn talk(&self, text: &str) {
        if self.aside {
            say_aside(text);
        } else {
            say(text);
        }
    }

    /// Hands a text to Octopus as an artifact of the run, in a step. The file lies in the step's folder, which Octopus removes after it has
    /// read it.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn artifact(&self, name: &str, text: &str) -> Result<(), Failure> {
        if !self.step || self.aside {
            return Ok(());
        }
        let path = std::path::absolute(name).and_then(|path| std::fs::write(&path, text).map(|()| path));
        let path = path.while_doing(format!("writing the artifact {name}"))?;
        say(&format!(
            "##octopus[createArtifact path='{}' name='{}' length='{}']",
            encode(&path.to_string_lossy()),
            encode(name),
            encode(&text.len().to_string())
        ));
        Ok(())
    }

    /// Why the command stopped, and what to do.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            self.data(&serde_json::json!({"Error": failure.message, "Hints": failure.hints}).to_string());
        }
        let reason = self.shown(&failure.to_string()).into_owned();
        let mut text = format!("error: {reason}");
        for hint in &failure.hints {
            let _ = write!(text, "\n\nhint: {}", self.shown(hint));
        }
        if self.step {
            // What the task shows as its result, in place of the exit code.
            let result = format!("##octopus[resultMessage message='{}']", encode(&reason));
            text = format!("{}\n{result}", at_level("error", &text));
        }
        self.talk(&text);
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
        eprint!("{}: ", self.shown(question));
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).while_doing("reading the answer")?;
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
            _ => Err(Failure::failed("cancelled; nothing was changed")),
        }
    }
}

/// How a message to Octopus begins.
const MESSAGE: &str = "##octopus";

/// A text that is nothing but text, wherever it is shown: what would begin a message to Octopus is broken, control characters are written
/// out, and so are those that turn the direction of writing.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    let harmful = |letter: char| {
        (letter.is_control() && !matches!(letter, '\n' | '\t'))
            || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
    };
    let is_message = |text: &str| text.len() >= MESSAGE.len() && text.to_ascii_lowercase().contains(MESSAGE);
    if !text.contains(harmful) && !is_message(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (position, letter) in text.char_indices() {
        match letter {
            '\r' if text[position..].starts_with("\r\n") => {}
            letter if harmful(letter) => {
                // As JSON has it: the text may be JSON.
                let _ = write!(shown, "\\u{:04x}", u32::from(letter));
            }
            letter => shown.push(letter),
        }
    }
    // Looked for in what is shown: what was taken out might have stood in the middle.
    let lower = shown.to_ascii_lowercase();
    let mut broken = String::with_capacity(shown.len() + 16);
    let mut from = 0;
    for (start, _) in lower.match_indices(MESSAGE) {
        broken.push_str(&shown[from..=start]);
        broken.push(' ');
        from = start + 1;
    }
    broken.push_str(&shown[from..]);
    Cow::Owned(broken)
}

/// Says why the program ends in a panic, which may hold a text of others. Such a step fails whatever stream this is on.
pub fn show_panics() {
    std::panic::set_hook(Box::new(|panic| say_aside(&harmless(&panic.to_string()))));
}

/// Lines for Octopus, which shows them as what they are.
fn at_level(level: &str, text: &str) -> String {
    format!("##octopus[stdout-{level}]\n{text}\n##octopus[stdout-default]")
}

/// A text in a message to Octopus.
fn encode(text: &str) -> String {
    STANDARD.encode(text)
}

/// Says what is wrong with the command line, in which a step may have put a text of others.
pub fn usage(text: &str, is_error: bool) {
    if is_error {
        say_aside(harmless(text).trim_end());
    } else {
        say(harmless(text).trim_end());
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

/// A text as one word of a command that a person copies into a shell: no name may become a command.
#[must_use]
pub fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Lines of a table: columns as wide as their widest cell, the first row underlined. No trailing blanks.
#[must_use]
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| {
                let blanks = " ".repeat(width - cell.width());
                cell + &blanks
            })
            .collect();
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
    use proptest::prelude::*;

    use super::{harmless, table};

    #[test]
    fn columns_stand_below_each_other_however_wide_the_letters_are() {
        let rows =
            [["name", "n"], ["東京", "1"], ["e\u{301}te", "2"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "name  n\n----  -\n東京  1\ne\u{301}te   2");
    }

    #[test]
    fn nothing_of_others_is_a_message_or_moves_a_cursor() {
        for (text, shown) in [
            ("plain \u{e9} \u{1f56f}\ttab\nline", "plain \u{e9} \u{1f56f}\ttab\nline"),
            ("x##octopus[createArtifact path='eA==']", "x# #octopus[createArtifact path='eA==']"),
            ("##OCTOPUS[mask]##octopus[a]", "# #OCTOPUS[mask]# #octopus[a]"),
            ("###octopus[", "## #octopus["),
            ("##oc\r\ntopus[", "##oc\ntopus["),
            ("a\rb\u{1b}[2J\u{7}\u{9b}1m", "a\\u000db\\u001b[2J\\u0007\\u009b1m"),
            ("\u{202e}txt", "\\u202etxt"),
            ("two\r\nlines", "two\nlines"),
        ] {
            assert_eq!(harmless(text), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_message(text in "[#octpusOCTPUS\\r\\n\\x00\\[ ]{0,60}", any in ".*") {
            for text in [text.clone(), any.clone(), format!("{text}##octopus[{any}")] {
                let shown = harmless(&text);
                prop_assert!(!shown.to_lowercase().contains("##octopus"), "{:?}", shown);
                prop_assert!(!shown.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t'));
            }
        }
    }

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
