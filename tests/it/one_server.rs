//! Moves inside one server: source and destination are two spaces of it. What belongs to the server is shared or gets one of its own, and nothing
//! of the source changes.

use octopus_sandbox::{Options, Sandbox};
use serde_json::Value;

use crate::support::{octoferry, space_file, terraform_config};

const NEW: &str = "New";

struct One {
    server: Sandbox,
    work: tempfile::TempDir,
}

impl One {
    fn start() -> Self {
        let options = Options {
            load: vec![space_file("operations")],
            spaces: vec![NEW.to_owned()],
            ..Options::default()
        };
        Self {
            server: Sandbox::launch(options).expect("the server starts"),
            work: tempfile::tempdir().expect("a folder"),
        }
    }

    fn serialize(&self, options: &[&str]) {
        let modules = self.work.path().join("modules");
        let _ = std::fs::remove_dir_all(&modules);
        let run = octoferry(["serialize", "all"]).option("--out", modules).args(options);
        run.source(&self.server, "Spaces-2").ends_with(3);
    }

    fn deploy(&self) -> crate::support::Run {
        octoferry(["deploy", "--placeholders"])
            .state_below(&self.work.path().join("state"))
            .arg(self.work.path().join("modules"))
            .destination(&self.server, NEW)
            .env("TF_CLI_CONFIG_FILE", terraform_config())
    }

    /// What the source space holds, and what of the server was there before.
    fn before(&self) -> (Value, Vec<String>) {
        let mut dump = self.server.dump();
        let roles = dump["Documents"]["Server"]["userroles"].as_object().expect("roles");
        let roles = roles.keys().cloned().collect();
        (dump["Documents"]["Spaces-2"].take(), roles)
    }

    fn freezes(&self, name: &str) -> Vec<Value> {
        let dump = self.server.dump();
        let freezes = dump["Documents"]["Server"]["deploymentfreezes"].as_object().expect("freezes");
        freezes.values().filter(|freeze| freeze["Name"] == name).cloned().collect()
    }
}

#[test]
fn two_spaces_of_one_server_share_roles_and_have_freezes_of_their_own() {
    let one = One::start();
    let before = one.before();
    let (theirs, nights) = (one.freezes("Regatta"), one.freezes("Nights"));
    octoferry(["check"])
        .source(&one.server, "Spaces-2")
        .destination(&one.server, NEW)
        .ends_with(3)
        .says("its user roles serve both as they are: \"Pilot\"; the destination gets freezes of its own beside these: \"Nights\", \"Regatta\"");
    one.serialize(&[]);
    one.deploy().ends_with(3);
    one.deploy().arg("--plan").ends_with(0);
    octoferry(["verify", "--notes"])
        .arg(one.work.path().join("modules"))
        .source(&one.server, "Spaces-2")
        .destination(&one.server, NEW)
        .ends_with(0);
    assert_eq!(one.before(), before, "the source and the roles stay as they are");
    for (name, theirs) in [("Regatta", theirs), ("Nights", nights)] {
        let now = one.freezes(name);
        assert_eq!(now.len(), 2, "{name}");
        assert!(now.contains(&theirs[0]), "{name} of the source stays as it is");
    }

    // A role that the part no longer has is let go, and serves the source as before.
    one.serialize(&["--exclude", "roles of a team", "--exclude", "user roles"]);
    one.deploy().arg("--allow-destroy").ends_with(3);
    assert_eq!(one.before().1, before.1);
}

#[test]
fn a_freeze_of_the_server_gets_the_other_spaces_projects_where_it_is_looked_up() {
    let one = One::start();
    let theirs = one.freezes("Regatta")[0]["ProjectEnvironmentScope"].clone();
    one.serialize(&["--lookup", "deploymentfreezes:Regatta"]);
    one.deploy().ends_with(3);
    one.deploy().arg("--plan").ends_with(0);
    let now = one.freezes("Regatta");
    assert_eq!(now.len(), 1);
    let scope = now[0]["ProjectEnvironmentScope"].as_object().expect("a scope");
    let theirs = theirs.as_object().expect("a scope");
    assert!(
        theirs.iter().all(|(project, environments)| scope.get(project) == Some(environments)),
        "{scope:?}"
    );
    assert_eq!(scope.len(), 2 * theirs.len());
}
