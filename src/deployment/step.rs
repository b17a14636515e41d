//! What octoferry runs in: the secrets that a step streams, the folder for the work, what must not be printed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::mark::name;
use crate::settings;
use crate::ui::Ui;
use failure::Failure;
use secret::Secret;
use secret::mask::Masker;
use terraform::working_copy::Workplace;

/// Octopus would print every variable of the run, ours included.
///
/// # Errors
/// When it was told to.
pub fn refuse_printed_variables(streamed: &BTreeMap<String, Secret>) -> Result<(), Failure> {
    for variable in ["OctopusPrintVariables", "OctopusPrintEvaluatedVariables"] {
        if streamed.get(variable).is_some_and(|value| value.expose().trim().eq_ignore_ascii_case("true")) {
            return Err(Failure::failed(format!(
                "the variable {variable} is True: Octopus prints the run's variables into the log"
            ))
            .hint("Remove it, then run again."));
        }
    }
    Ok(())
}

/// Addresses and settings on standard input, which are no secrets.
const PLAIN: [&str; 7] = [
    name::SECRETS_DONE,
    name::BACKEND_TYPE,
    name::BACKEND_CONFIG,
    "Octoferry.Source.Url",
    "Octoferry.Source.Space",
    "Octoferry.Destination.Url",
    "Octoferry.Destination.Space",
];

/// Masks everything from standard input but addresses and settings, which are no secrets; and these.
#[must_use]
pub fn masker(streamed: &BTreeMap<String, Secret>, more: &[&Secret]) -> Masker {
    let secrets = streamed.iter().filter(|(name, _)| !PLAIN.contains(&name.as_str()));
    Masker::new(secrets.map(|(_, secret)| secret).chain(more.iter().copied()))
}

/// In a step: below its own folder, which Octopus removes whatever happens.
///
/// # Errors
/// When the folder can't be made.
pub fn workplace(ui: &Ui) -> Result<Workplace, Failure> {
    if ui.in_step() {
        return Workplace::new(Path::new("."));
    }
    let temporary = settings::environment_variable("TMPDIR").unwrap_or_else(|| "/tmp".into());
    Workplace::new(Path::new(&temporary))
}
