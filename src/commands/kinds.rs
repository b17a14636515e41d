//! `octoferry kinds`: what of each kind is carried, and how.

use crate::kinds::catalogue;
use crate::outcome::Outcome;
use crate::ui::Ui;

/// Prints the tables as Markdown.
pub fn run(ui: &Ui) -> Outcome {
    ui.data(catalogue::markdown().trim_end());
    Outcome::Done
}
