//! Who may put another provider where the worker's Terraform gets it: a mirror, a cache, a folder of the image.
//!
//! | tried | wanted |
//! | --- | --- |
//! | other files under the version that the last deployment had | not started, and said; another version is another provider |
//! | another provider than the lock file that `seed` or `serialize` were given names | not started: not by `deploy`, not by `check` in a step, not by `migrate` |
//! | a lock file that names another provider too, an older one, or is none | refused before anything is written |

use std::path::{Path, PathBuf};

use octopus_sandbox::Sandbox;

use crate::journey::Journey;
use crate::support::{
    Run, content, http, octoferry, sandbox_with, sandbox_with_empty_space, terraform_config,
};

const ADDRESS: &str = "registry.terraform.io/octopusdeploy/octopusdeploy";

/// A mirror of its own with the stand-in provider, and what tells that the attacker's one has run.
struct Mirror {
    folder: tempfile::TempDir,
}

impl Mirror {
    fn new() -> Self {
        let mirror = Self { folder: tempfile::tempdir().expect("a folder") };
        let config = format!(
            "disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            mirror.folder.path().display()
        );
        std::fs::write(mirror.config(), config).expect("the configuration");
        mirror.put("1.17.0", |genuine, place| {
            std::os::unix::fs::symlink(genuine, place).expect("a link");
        });
        mirror
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("terraform.tfrc")
    }

    fn ran(&self) -> PathBuf {
        self.folder.path().join("ran")
    }

    fn put(&self, version: &str, put: impl Fn(&Path, &Path)) {
        let place = self.folder.path().join(format!("{ADDRESS}/{version}/linux_amd64"));
        std::fs::create_dir_all(&place).expect("a folder");
        let place = place.join(format!("terraform-provider-octopusdeploy_v{version}"));
        let _ = std::fs::remove_file(&place);
        let programs = Path::new(env!("CARGO_BIN_EXE_octoferry")).parent().expect("it lies in a folder");
        put(&programs.join("terraform-provider-octopusdeploy"), &place);
    }

    /// One that does its own work first, and then what it should.
    fn put_evil(&self, version: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.put(version, |genuine, place| {
            let script =
                format!("#!/bin/sh\ntouch {}\nexec {} \"$@\"\n", self.ran().display(), genuine.display());
            std::fs::write(place, script).expect("a program");
            std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o755)).expect("its rights");
        });
    }

    /// Deploys the modules of a folder with the provider that is here.
    fn deploy(&self, work: &Path, destination: &Sandbox) -> Run {
        octoferry(["deploy", "--placeholders"])
            .state_below(&work.join("state"))
            .arg(work.join("modules"))
            .destination(destination, "New")
            .env("TF_CLI_CONFIG_FILE", self.config().to_str().expect("a path in UTF-8"))
    }
}

/// The lock file that Terraform writes of the provider of this configuration.
fn lock(config: &Path) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "terraform {\n  required_providers {\n    octopusdeploy = {\n      source = \"OctopusDeploy/octopusdeploy\"\n    }\n  }\n}\n";
    std::fs::write(folder.path().join("main.tf"), text).expect("a module");
    let init = format!("TF_CLI_CONFIG_FILE={} exec terraform init -no-color", config.display());
    content(Path::new("/bin/sh"), &["-c", &init], folder.path());
    std::fs::read_to_string(folder.path().join(".terraform.lock.hcl")).expect("a lock")
}

/// The same of a provider with other files.
fn other_lock(lock: &str) -> String {
    let (before, hash) = lock.split_once("h1:").expect("a digest");
    let (_, behind) = hash.split_once('"').expect("its end");
    format!("{before}h1:{}=\"{behind}", "A".repeat(43))
}

#[test]
fn the_same_version_with_other_files_is_not_started() {
    let mirror = Mirror::new();
    let (source, destination) = (sandbox_with("small-web"), sandbox_with_empty_space("New"));
    let work = tempfile::tempdir().unwrap();
    let modules = work.path().join("modules");
    let deploy = || mirror.deploy(work.path(), &destination);
    octoferry(["serialize", "space", "--out"]).arg(&modules).source(&source, "Spaces-2").ends_with(3);
    deploy().ends_with(3);
    // There is something to do, so Terraform has to run.
    let (_, page) = http(&destination, "GET", "/api/Spaces-2/environments", None);
    let mut environment = page["Items"][0].clone();
    environment["Description"] = "edited".into();
    let path = format!("/api/Spaces-2/environments/{}", environment["Id"].as_str().unwrap());
    assert_eq!(http(&destination, "PUT", &path, Some(&environment)).0, 200);

    mirror.put_evil("1.17.0");
    let before = destination.dump();
    deploy()
        .ends_with(1)
        .says(&format!("the provider {ADDRESS} 1.17.0 has other files than at the last deployment"))
        .says("Who changed the provider, or its mirror?")
        .says("--provider-lock FILE");
    assert!(!mirror.ran().exists(), "the other one was started");
    assert_eq!(destination.dump(), before);

    // Whoever means it says so.
    let named = work.path().join("lock.hcl");
    std::fs::write(&named, lock(&mirror.config())).unwrap();
    octoferry(["serialize", "space", "--out"])
        .arg(&modules)
        .source(&source, "Spaces-2")
        .option("--provider-lock", &named)
        .ends_with(3);
    deploy().ends_with(3);
    assert!(mirror.ran().exists(), "it does its own work when it is started");

    // Another version is another provider.
    std::fs::remove_file(mirror.ran()).unwrap();
    octoferry(["serialize", "space", "--out"]).arg(&modules).source(&source, "Spaces-2").ends_with(3);
    mirror.put_evil("1.17.1");
    deploy().ends_with(3);
    assert!(mirror.ran().exists());
}

#[test]
fn a_module_with_a_lock_file_is_held_to_it() {
    let mirror = Mirror::new();
    let (source, destination) = (sandbox_with("small-web"), sandbox_with_empty_space("New"));
    let work = tempfile::tempdir().unwrap();
    let (modules, file) = (work.path().join("modules"), work.path().join("lock.hcl"));
    let serialize = |text: &str| {
        std::fs::write(&file, text).unwrap();
        octoferry(["serialize", "all", "--out"])
            .arg(&modules)
            .source(&source, "Spaces-2")
            .option("--provider-lock", &file)
    };
    let deploy = || mirror.deploy(work.path(), &destination);
    let genuine = lock(&mirror.config());
    for (text, says) in [
        ("no lock", "is none"),
        (
            &genuine.replace("octopusdeploy/octopusdeploy", "evil/octopusdeploy") as &str,
            "evil/octopusdeploy too",
        ),
        (&genuine.replace("1.17.0", "1.16.0"), "is of version 1.16.0, and modules need ~> 1.17"),
    ] {
        serialize(text).ends_with(2).says("--provider-lock").says(says).says("terraform providers lock");
        assert!(!modules.exists(), "nothing is written");
    }

    serialize(&genuine.replace('\n', "\r\n")).ends_with(3);
    for module in ["space", "projects/letterbox-web"] {
        let written = std::fs::read_to_string(modules.join(module).join(".terraform.lock.hcl")).unwrap();
        assert_eq!(written, genuine);
    }
    // The newest would be taken without it.
    mirror.put_evil("1.17.1");
    deploy().ends_with(3);
    assert!(!mirror.ran().exists(), "the lock names 1.17.0");

    serialize(&other_lock(&genuine)).ends_with(3);
    deploy()
        .ends_with(1)
        .says(
            "the provider is not the one that the module's .terraform.lock.hcl names, so it was not started",
        )
        .says("--provider-lock FILE");
    assert!(!mirror.ran().exists());
}

#[test]
fn the_runbooks_are_held_to_the_lock_file_of_seed() {
    let journey = Journey::with("small-web");
    let genuine = lock(Path::new(terraform_config()));
    let file = journey.path("lock.hcl");
    let seed = |text: &str| {
        std::fs::write(&file, text).unwrap();
        journey.seeding(&["--provider-lock", &file])
    };
    seed("no lock").ends_with(2).says("--provider-lock").says("is none");
    seed(&other_lock(&genuine)).ends_with(0);
    let (well, log) = journey.run_runbook("__ 0. Check");
    assert!(!well && log.contains("so it was not started"), "{log}");
    journey.migrate(1).says("so it was not started");

    seed(&genuine).ends_with(0);
    let (well, log) = journey.run_runbook("__ 0. Check");
    assert!(well, "{log}");
    journey.spread();
    journey.migrate(3);
    journey.unseed();
}
