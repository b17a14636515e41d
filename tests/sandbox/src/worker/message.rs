//! Service messages: how a script talks to the server, by lines `##octopus[name key='base64' …]` in its output.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A message and its decoded attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

impl Message {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// What a line of output consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Message(Message),
}

const OPENING: &str = "##octopus[";

/// The pieces of one line. A message ends at the first `]`; one whose attributes are not base64 is ignored, and
/// an unfinished one is text.
pub fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(OPENING) {
        let inside = &rest[start + OPENING.len()..];
        let Some(end) = inside.find(']') else { break };
        if start > 0 {
            pieces.push(Piece::Text(rest[..start].to_owned()));
        }
        if let Some(message) = parse(&inside[..end]) {
            pieces.push(Piece::Message(message));
        }
        rest = &inside[end + 1..];
    }
    // An empty line is output too; what is left empty behind a message is not.
    if !rest.is_empty() || line.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

fn parse(text: &str) -> Option<Message> {
    let text = text.trim();
    let (name, mut rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return (!name.is_empty()).then(|| Message { name: name.to_owned(), attributes });
        }
        let (key, value) = rest.split_once('=')?;
        let quote = value.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let (encoded, behind) = value[1..].split_once(quote)?;
        let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
        attributes.insert(key.trim().to_owned(), decoded);
        rest = behind;
    }
}

/// The two streams of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Output,
    Error,
}

/// The categories that the following lines of a script's output get in the log; messages switch them.
pub struct Levels {
    output: Option<&'static str>,
    error: Option<&'static str>,
}

impl Default for Levels {
    fn default() -> Self {
        Levels { output: Some("Info"), error: Some("Error") }
    }
}

impl Levels {
    /// The category of a line now, or nothing when it is to be dropped.
    pub fn category(&self, stream: Stream) -> Option<&'static str> {
        match stream {
            Stream::Output => self.output,
            Stream::Error => self.error,
        }
    }

    /// Follows a message that switches levels. Returns whether it was one.
    pub fn switch(&mut self, message: &str) -> bool {
        match message {
            "stdout-default" => self.output = Some("Info"),
            "stdout-verbose" => self.output = Some("Verbose"),
            "stdout-highlight" => self.output = Some("Highlight"),
            "stdout-wait" => self.output = Some("Wait"),
            "stdout-warning" => self.output = Some("Warning"),
            "stdout-error" => self.output = Some("Error"),
            "stdout-ignore" => self.output = None,
            "stderr-default" | "stderr-error" => self.error = Some("Error"),
            "stderr-progress" => self.error = Some("Verbose"),
            "stderr-ignore" => self.error = None,
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_base64_attributes_in_either_quotes() {
        let line = "##octopus[setVariable name='TmFtZQ==' value=\"YSBd\" sensitive='VHJ1ZQ==']";
        let [Piece::Message(message)] = &pieces(line)[..] else { panic!("one message") };
        assert_eq!(message.name, "setVariable");
        assert_eq!(message.attribute("name"), Some("Name"));
        assert_eq!(message.attribute("value"), Some("a ]"));
        assert_eq!(message.attribute("sensitive"), Some("True"));
    }

    #[test]
    fn text_around_messages_stays() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let level =
            Piece::Message(Message { name: "stdout-verbose".to_owned(), attributes: BTreeMap::new() });
        assert_eq!(
            pieces("before ##octopus[stdout-verbose] after"),
            [text("before "), level, text(" after")]
        );
        assert_eq!(pieces(""), [text("")]);
        assert_eq!(pieces("##octopus[unfinished"), [text("##octopus[unfinished")]);
        assert_eq!(pieces("##octopus[setVariable name='not base64!']"), []);
    }

    #[test]
    fn levels_switch_by_message() {
        let mut levels = Levels::default();
        assert_eq!(
            (levels.category(Stream::Output), levels.category(Stream::Error)),
            (Some("Info"), Some("Error"))
        );
        assert!(
            levels.switch("stdout-warning") && levels.switch("stderr-progress") && !levels.switch("mask")
        );
        assert_eq!(
            (levels.category(Stream::Output), levels.category(Stream::Error)),
            (Some("Warning"), Some("Verbose"))
        );
        levels.switch("stdout-ignore");
        assert_eq!(levels.category(Stream::Output), None);
    }
}
