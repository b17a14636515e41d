//! `octoferry kinds`: what of each kind is carried, and how.

use crate::failure::Outcome;
use crate::kinds::catalogue;
use crate::ui::Ui;

/// Prints the tables as Markdown.
pub fn run(ui: &Ui) -> Outcome {
    ui.data(catalogue::markdown().trim_end());
    Outcome::Done
}
