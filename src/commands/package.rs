//! `octoferry package`: the files of a release that the binary carries in itself; `scripts/pack` calls it.

use std::path::Path;

use crate::cli;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::seeded::{package, template};
use crate::ui::Ui;
use failure::Failure;
use failure::While as _;

/// Writes `octoferry.<version>.zip`, made of this very program as seed would make it, and the step templates.
///
/// # Errors
/// When this program can't run on workers, or the folder can't be written.
pub fn run(arguments: &cli::Package, ui: &Ui) -> Result<Outcome, Failure> {
    let made = package::of_program(&package::own_program()?)?;
    let folder = &arguments.out;
    std::fs::create_dir_all(folder).while_doing(format!("making {}", folder.display()))?;
    write(folder, &format!("{}.{}.zip", name::PACKAGE, made.version), &made.bytes, ui)?;
    for template in template::ALL {
        let kebab = template.name.to_lowercase().replace(" - ", "-").replace(' ', "-");
        write(folder, &format!("{kebab}.json"), template.text.as_bytes(), ui)?;
    }
    Ok(Outcome::Done)
}

fn write(folder: &Path, file: &str, content: &[u8], ui: &Ui) -> Result<(), Failure> {
    let file = folder.join(file);
    std::fs::write(&file, content).while_doing(format!("writing {}", file.display()))?;
    ui.data(&file.display().to_string());
    Ok(())
}
