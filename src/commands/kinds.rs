//! `octoferry kinds`: what of each kind is carried, and how.

use crate::outcome::Outcome;
use crate::ui::Ui;
use octoferry_core::kinds::catalogue;

/// Prints the tables as Markdown.
pub fn run(ui: &Ui) -> Outcome {
    ui.data(catalogue::markdown().trim_end());
    Outcome::Done
}
