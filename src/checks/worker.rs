//! Whether this machine has what the runbooks' steps need: architecture, tools, room, Terraform and the provider.

use std::path::Path;

use crate::checks::Findings;
use crate::settings;
use failure::Failure;
use module::provider_lock;
use terraform::Terraform;
use terraform::program;

/// A provider and all that Terraform unpacks take about this much.
const ROOM: u64 = 500 << 20;

/// Another machine than the one the program was built for can only be found where it is emulated.
pub async fn architecture(findings: &mut Findings) {
    const CHECK: &str = "worker-architecture";
    let to_do = "Run the runbooks on a Linux x86-64 worker, or in a container there (octoferry seed --worker-pool NAME).";
    let environment = settings::child_environment();
    match program::ask("uname", &["-s", "-m"], &environment).await {
        Ok((_, said)) => match said.trim() {
            "Linux x86_64" | "Linux amd64" => findings.fine(CHECK, "Linux on x86-64"),
            other => findings.stops(
                CHECK,
                format!("this worker is {other}; octoferry needs Linux on x86-64"),
                to_do,
            ),
        },
        // The program runs, so the machine is one for it; its tool is not worth a finding.
        Err(_) => findings.fine(CHECK, format!("Linux on {}", std::env::consts::ARCH)),
    }
}

/// What the shell of a step needs to read variables.
pub async fn tools(findings: &mut Findings) {
    let environment = settings::child_environment();
    let bash = program::ask("bash", &["-c", "printf %s \"$BASH_VERSION\""], &environment).await;
    match bash {
        Ok((path, version)) => {
            findings.fine("worker-bash", format!("Bash {} ({})", version.trim(), path.display()))
        }
        Err(failure) => findings.failed("worker-bash", for_steps(failure, "bash")),
    }
    // What Octopus does for each variable: a build without this cipher would give empty values.
    let zero = "0".repeat(64);
    let cipher = ["enc", "-aes-256-cbc", "-nosalt", "-a", "-A", "-K", &zero, "-iv", &zero[..32]];
    let openssl = match program::ask("openssl", &cipher, &environment).await {
        Ok(_) => program::ask("openssl", &["version"], &environment).await,
        Err(failure) => Err(failure),
    };
    match openssl {
        Ok((path, version)) => {
            findings.fine("worker-openssl", format!("{} ({})", version.trim(), path.display()))
        }
        Err(failure) => findings.failed("worker-openssl", for_steps(failure, "openssl")),
    }
}

fn for_steps(failure: Failure, tool: &str) -> Failure {
    failure.hint(format!(
        "Octopus's own Bash steps read variables with {tool}. Install it on the worker, or use a container image that has it."
    ))
}

/// Room on the disk that Terraform works on.
pub fn room(folder: &Path, findings: &mut Findings) {
    let Ok(disk) = rustix::fs::statvfs(folder) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < ROOM {
        findings.person(
            "worker-disk",
            format!("only {} MB are free where Terraform works ({})", free >> 20, folder.display()),
            format!("Make room: the provider and what Terraform unpacks take up to {} MB.", ROOM >> 20),
        );
    } else {
        findings.fine("worker-disk", format!("{} MB free to work in", free >> 20));
    }
}

/// Whether Terraform can get the provider, and start it.
///
/// # Errors
/// When the files for it can't be written, or somebody wants us to stop.
pub async fn provider(
    terraform: &Terraform<'_>,
    lock: Option<&str>,
    findings: &mut Findings,
) -> Result<(), Failure> {
    const CHECK: &str = "worker-provider";
    let text = format!(
        "terraform {{\n  required_providers {{\n    octopusdeploy = {{\n      source  = \"OctopusDeploy/octopusdeploy\"\n      version = {:?}\n    }}\n  }}\n}}\n\nprovider \"octopusdeploy\" {{}}\n",
        module::PROVIDER_VERSION
    );
    write(&terraform.directory, "versions.tf", &text)?;
    if let Some(lock) = lock {
        write(&terraform.directory, provider_lock::FILE, lock)?;
    }
    let tried = match terraform.init(&[]).await {
        // Its schema is asked for, so it is started.
        Ok(()) => terraform.validate().await.map_err(|failure| {
            failure.hint("A folder for temporary files that is mounted noexec is one reason: set TMPDIR for the worker.")
        }),
        Err(failure) => Err(failure.hint(
            "Terraform must reach registry.terraform.io and github.com (HTTPS_PROXY counts), or have a mirror: `provider_installation` in its CLI configuration (TF_CLI_CONFIG_FILE).",
        )),
    };
    terraform.stop_if_interrupted()?;
    match tried {
        Ok(()) => findings
            .fine(CHECK, "the provider OctopusDeploy/octopusdeploy 1.17 or later can be had, and starts"),
        Err(failure) => findings.failed(CHECK, failure),
    }
    Ok(())
}

/// A file for Terraform.
///
/// # Errors
/// When it can't be written.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let path = folder.join(name);
    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text)).map_err(|error| {
        Failure::failed(format!("writing {}: {error}", path.display()))
            .hint("Is the disk full? Terraform and the provider need some hundred MB.")
    })
}
