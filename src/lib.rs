//! octoferry moves an Octopus Deploy space to another space or server, secrets included.
//!
//! The way data takes: `octopus` reads documents into an inventory; `convert` turns inventory and selection
//! into a `module` (Terraform files, manifest, notes), guided by the tables in `kinds`; in a step of the source
//! server `commands::deploy` reads the secrets from standard input, runs `terraform` behind the `relay`, and
//! `finish` sets through the API what the provider can't carry. `seeded` and `spread` prepare the source space and
//! put it back; `compare` shows that both spaces are equal. ARCHITECTURE.md has the map and the invariants.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

pub mod backend;
pub mod checks;
pub mod cli;
pub mod commands;
pub mod cutover;
pub mod delivery;
pub mod deployment;
pub mod finish;
pub mod mark;
pub mod outcome;
pub mod packages;
pub mod rehome;
pub mod relay;
pub mod report;
pub mod rights;
pub mod seeded;
pub mod settings;
pub mod spread;
#[cfg(test)]
mod testing;
pub mod ui;
pub mod unlock;

use std::process::ExitCode;

/// Runs the program: parse, prepare, run one command, report.
#[must_use]
pub fn main() -> ExitCode {
    ui::show_panics();
    let arguments = match cli::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let ui = ui::Ui::new(ui::Audience {
        json: arguments.global.json,
        step: arguments.global.step,
        reads_output: matches!(arguments.command, cli::Command::Needs(_)),
    });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            ui.failure(&failure::Failure::failed(format!("the program can't start its runtime: {error}")));
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(commands::run(arguments, &ui)) {
        Ok(outcome) => outcome.exit_code(&ui),
        Err(failure) => {
            ui.failure(&failure);
            outcome::of_failure(&failure)
        }
    }
}
