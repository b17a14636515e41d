//! Listens to a script: its lines go to the log, its messages to the server.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::execute::{Context, with_task};
use super::log;
use crate::store::text;
use crate::worker::message::{Levels, Message, Piece, Stream, pieces};
use crate::worker::octostache::Variable;

/// What the messages of a script amount to.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) outputs: Vec<Variable>,
    pub(super) artifacts: Vec<(PathBuf, String)>,
    pub(super) result: Option<String>,
    /// Something was written to the error stream.
    pub(super) errors: bool,
}

pub(super) struct Listener<'a, 'b> {
    context: &'a Context<'b>,
    action: &'a Value,
    path: &'a log::Path,
    levels: Levels,
    heard: Heard,
}

impl<'a, 'b> Listener<'a, 'b> {
    pub(super) fn new(context: &'a Context<'b>, action: &'a Value, path: &'a log::Path) -> Self {
        Listener { context, action, path, levels: Levels::default(), heard: Heard::default() }
    }

    pub(super) fn into_heard(self) -> Heard {
        self.heard
    }

    pub(super) fn line(&mut self, stream: Stream, line: &str) {
        for piece in pieces(line) {
            match piece {
                Piece::Message(message) => self.message(&message),
                Piece::Text(text) => {
                    self.heard.errors |= stream == Stream::Error;
                    if let Some(category) = self.levels.category(stream) {
                        self.context.log(self.path, category, &text);
                    }
                }
            }
        }
    }

    fn message(&mut self, message: &Message) {
        let attribute = |name: &str| message.attribute(name).unwrap_or_default();
        match message.name.as_str() {
            "mask" => {
                self.context.with_log(|log| log.masker.add(attribute("value")));
            }
            "setVariable" => self.output(attribute("name"), attribute("value"), attribute("sensitive")),
            "createArtifact" => {
                let file = PathBuf::from(attribute("path"));
                let own =
                    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let name = message.attribute("name").map_or(own, ToOwned::to_owned);
                self.heard.artifacts.push((file, name));
            }
            "progress" => {
                let percentage = attribute("percentage").parse().unwrap_or_default();
                self.context.with_log(|log| log.progress(self.path, percentage, attribute("message")));
            }
            "resultMessage" => self.heard.result = Some(attribute("message").to_owned()),
            // Others create targets and the like; nothing here needs them.
            name => {
                self.levels.switch(name);
            }
        }
    }

    fn output(&mut self, name: &str, value: &str, sensitive: &str) {
        let sensitive = sensitive.eq_ignore_ascii_case("true");
        let full = format!("Octopus.Action[{}].Output.{name}", text(self.action, "Name"));
        let shown = if sensitive {
            self.context.with_log(|log| log.masker.add(value));
            Value::Null
        } else {
            json!(value)
        };
        let note = json!({"Name": full, "Value": shown, "IsSensitive": sensitive});
        self.context.shared.lock().tasks.outputs.push(with_task(self.context, note, self.action));
        self.heard.outputs.push(Variable { name: full, value: value.to_owned(), sensitive });
    }
}
