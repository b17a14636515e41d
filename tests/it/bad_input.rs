//! Bad input, command by command: a clear message, what to do, the documented exit code, and nothing half done.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::package;
use crate::support::{
    Run, command, fault, files_below, http, octoferry, path_with, pretended_package, program, sandbox_with,
    sandbox_with_empty_space, secrets_stream, terraform_config,
};

const SOURCE: &str = "SOURCE";
const DESTINATION: &str = "DESTINATION";

/// Every command that speaks to a server, and the sides that it speaks to.
struct Commands {
    source: Sandbox,
    destination: Sandbox,
    folder: tempfile::TempDir,
}

impl Commands {
    fn new() -> Self {
        let commands = Self {
            source: sandbox_with("small-web"),
            destination: sandbox_with_empty_space("Other"),
            folder: tempfile::tempdir().expect("it is there"),
        };
        octoferry(["serialize", "space", "--out"])
            .arg(commands.path("module"))
            .source(&commands.source, "Letterbox")
            .ends_with(3);
        commands
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All of them, prepared with good settings; a later `server` replaces one side.
    fn all(&self) -> Vec<(&'static str, &'static [&'static str], Run)> {
        let both = [SOURCE, DESTINATION].as_slice();
        let of_source = [SOURCE].as_slice();
        let state = format!("path={}", self.path("state").display());
        let backend = |run: Run| run.option("--backend", "local").option("--backend-config", &state);
        let deploy = octoferry(["deploy", "--placeholders"]).arg(self.path("module"));
        let needs = octoferry(["needs", "--fetch", "space"]).arg(self.path("fetched"));
        let seed = octoferry(["seed", "--yes"]).option("--package", pretended_package(self.folder.path()));
        let runs = [
            ("check", both, octoferry(["check"])),
            ("serialize space", of_source, octoferry(["serialize", "space", "--out"]).arg(self.path("out"))),
            ("serialize all", of_source, octoferry(["serialize", "all", "--out"]).arg(self.path("out"))),
            ("needs", of_source, needs),
            ("deploy", [DESTINATION].as_slice(), backend(deploy)),
            ("seed", both, backend(seed)),
            ("spread", of_source, octoferry(["spread", "--yes"])),
            ("collapse", of_source, octoferry(["collapse", "--yes"])),
            ("unseed", of_source, octoferry(["unseed", "--yes"])),
            ("migrate", both, octoferry(["migrate", "--yes"])),
            ("verify", both, octoferry(["verify"])),
        ];
        runs.into_iter()
            .map(|(name, sides, run)| {
                let run = run
                    .source(&self.source, "Letterbox")
                    .destination(&self.destination, "Other")
                    .env("TF_CLI_CONFIG_FILE", terraform_config())
                    .env("OCTOFERRY_MODULE_KEY", "a-long-random-text-of-this-test-alone")
                    .in_folder(self.folder.path());
                (name, sides, run)
            })
            .collect()
    }

    /// Spoils each side of each command in turn; `code` is the exit code that all but `check` end with.
    #[track_caller]
    fn each(
        &self,
        code: i32,
        spoil: impl Fn(&'static str, Run) -> Run,
        says: impl Fn(&'static str) -> Vec<String>,
    ) {
        let before = (self.source.dump(), self.destination.dump());
        for side in [SOURCE, DESTINATION] {
            for (name, sides, run) in self.all() {
                if !sides.contains(&side) {
                    continue;
                }
                // What stands in the way of a migration is what check looks for: its code is always 1.
                let ended = spoil(side, run).ends_with(if name == "check" { 1 } else { code });
                for text in says(side) {
                    assert!(ended.stderr.contains(&text), "{name}: {text:?} is not in\n{}", ended.stderr);
                }
                ended.never_says("API-WRONGWRONGWRONG");
            }
        }
        assert_eq!((self.source.dump(), self.destination.dump()), before, "something was written");
        assert!(!self.path("out").exists() && !self.path("fetched").exists() && !self.path("state").exists());
    }

    fn sandbox(&self, side: &str) -> (&Sandbox, &'static str) {
        if side == SOURCE { (&self.source, "Letterbox") } else { (&self.destination, "Other") }
    }
}

fn role(side: &str) -> String {
    side.to_lowercase()
}

#[test]
fn a_wrong_key_says_where_a_key_is_made_and_given() {
    let commands = Commands::new();
    commands.each(
        1,
        |side, run| {
            let (sandbox, space) = commands.sandbox(side);
            run.server(side, &sandbox.url(), space, "API-WRONGWRONGWRONG")
        },
        |side| {
            vec![
                format!("the {} server", role(side)),
                "does not accept the API key (401)".to_owned(),
                "My API Keys".to_owned(),
                format!("OCTOFERRY_{side}_API_KEY"),
            ]
        },
    );
}

#[test]
fn a_forbidden_request_names_the_permission() {
    let commands = Commands::new();
    let missing = json!({"ErrorMessage": "You do not have permission to perform this action. Please contact your Octopus administrator. Missing permission: EnvironmentView"});
    for sandbox in [&commands.source, &commands.destination] {
        // Reading a space is one request for all commands: the first thing they do with it.
        let path =
            "/api/Spaces-2/(environments|runbooks|packages|users)|/api/spaces/Spaces-2$|/api/spaces\\?";
        fault(sandbox, json!({"path": path, "kind": "status", "status": 403, "body": missing}));
    }
    commands.each(1, |_, run| run, |_| vec!["(403)".to_owned(), "the permission EnvironmentView".to_owned()]);
}

#[test]
fn an_unknown_space_names_those_there_are() {
    let commands = Commands::new();
    commands.each(
        2,
        |side, run| run.env(&format!("OCTOFERRY_{side}_SPACE"), "Nowhere"),
        |side| {
            let (_, space) = commands.sandbox(side);
            vec!["has no space \"Nowhere\"".to_owned(), format!("It has: "), format!("{space:?} (Spaces-2)")]
        },
    );
}

#[test]
fn a_server_that_nobody_answers_for_is_reported_with_its_address() {
    let commands = Commands::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    commands.each(
        1,
        |side, run| run.env(&format!("OCTOFERRY_{side}_URL"), &format!("http://{free}")),
        |side| {
            vec![
                format!("the {} server http://{free} can't be reached", role(side)),
                "HTTPS_PROXY".to_owned(),
            ]
        },
    );
}

#[test]
fn a_slow_server_is_reported_with_its_limit() {
    let commands = Commands::new();
    for sandbox in [&commands.source, &commands.destination] {
        fault(sandbox, json!({"path": "/api/spaces", "kind": "slow", "milliseconds": 5000}));
    }
    commands.each(
        1,
        |_, run| run.option("--timeout", "1"),
        |_| vec!["gave no answer within 1 s".to_owned(), "--timeout SECONDS".to_owned()],
    );
}

#[test]
fn one_space_can_not_be_source_and_destination() {
    let commands = Commands::new();
    for (name, sides, run) in commands.all() {
        if sides.len() == 2 {
            let ended =
                run.destination(&commands.source, "Spaces-2").ends_with(if name == "check" { 1 } else { 2 });
            ended.says("source and destination are the same space: \"Letterbox\" (Spaces-2)");
        }
        if name == "deploy" {
            let run = commands.all().into_iter().find(|(name, ..)| *name == "deploy").unwrap().2;
            run.destination(&commands.source, "Spaces-2")
                .ends_with(2)
                .says("was made of the destination itself");
        }
    }
}

/// A TLS server with a certificate that nobody trusts, which says the same to everybody.
struct TlsServer {
    process: Child,
    url: String,
    certificate: PathBuf,
}

impl TlsServer {
    fn start(folder: &Path) -> Self {
        let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
        let made = command("openssl", folder)
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=octopus.example",
            ])
            .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .expect("it is there");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let address =
            TcpListener::bind("127.0.0.1:0").expect("it is there").local_addr().expect("it is there");
        let process = command("openssl", folder)
            .args(["s_server", "-quiet", "-www", "-accept", &address.to_string(), "-key"])
            .arg(&key)
            .arg("-cert")
            .arg(&certificate)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it is there");
        let begun = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "openssl s_server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { process, url: format!("https://{address}"), certificate }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}

#[test]
fn a_certificate_that_is_not_trusted_says_how_to_trust_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = TlsServer::start(folder.path());
    let run =
        || {
            octoferry(["serialize", "space", "--out", "x", "--timeout", "10"])
                .in_folder(folder.path())
                .server(SOURCE, &server.url, "Letterbox", "API-X")
        };
    run()
        .ends_with(1)
        .says("the certificate of the source server")
        .says("is not trusted")
        .says("--ca-file company.pem, or SSL_CERT_FILE=company.pem");
    // Trusted in either way, the connection stands: what answers is no Octopus.
    let trusted = "web page of a proxy or a sign-in";
    run().option("--ca-file", &server.certificate).ends_with(1).says(trusted);
    run().env("SSL_CERT_FILE", server.certificate.to_str().unwrap()).ends_with(1).says(trusted);
    run()
        .option("--ca-file", folder.path().join("none.pem"))
        .ends_with(2)
        .says("--ca-file")
        .says("No such file");
    run().option("--ca-file", folder.path().join("key.pem")).ends_with(2).says("no certificate in it");
}

/// Deploys the module of the space small-web, placeholders in place of secrets.
fn deploy(commands: &Commands) -> Run {
    commands.all().into_iter().find(|(name, ..)| *name == "deploy").expect("it is there").2
}

/// The paths of all writes that the destination has seen.
fn writes(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests();
    let writes = requests.iter().filter(|request| request["Method"] != "GET");
    writes.map(|request| request["Path"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn terraform_that_is_missing_too_old_or_failing_is_reported_before_anything_is_written() {
    let commands = Commands::new();
    let empty = tempfile::tempdir().unwrap();
    deploy(&commands)
        .env("PATH", empty.path().to_str().unwrap())
        .ends_with(1)
        .says("there is neither terraform nor tofu on the PATH")
        .says("Install Terraform 1.7 or later");
    let old = program("terraform", "echo 'Terraform v0.11.15'");
    deploy(&commands)
        .env("PATH", &path_with(old.path()))
        .ends_with(1)
        .says("Terraform 0.11.15")
        .says("is too old: modules need 1.7 or later")
        .says("Octopus comes with Terraform 0.11.15");
    // One that hides its age is known by what it says of a module.
    let script = "case $1 in version) echo 'Terraform v1.9.0';; *) echo 'Error parsing versions.tf: At 2:1: unexpected token while parsing list: IDENT' >&2; exit 1;; esac";
    let hidden = program("terraform", script);
    deploy(&commands)
        .env("PATH", &path_with(hidden.path()))
        .ends_with(1)
        .says("is too old")
        .says("--tools container --image REF");
    let failing = program(
        "terraform",
        "case $1 in version) echo 'Terraform v1.9.0';; *) echo 'no space left for plugins' >&2; exit 1;; esac",
    );
    deploy(&commands)
        .option("--terraform", failing.path().join("terraform"))
        .ends_with(1)
        .says("Terraform init failed:\nno space left for plugins");
    deploy(&commands)
        .option("--terraform", "/nowhere/terraform")
        .ends_with(1)
        .says("/nowhere/terraform can't be run");
    assert!(writes(&commands.destination).is_empty());
}

#[test]
fn a_module_that_was_edited_into_an_invalid_one_says_where() {
    let commands = Commands::new();
    let file = commands.path("module/environments.tf");
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        good.replacen("resource \"octopusdeploy_environment\"", "resource \"octopusdeploy_environment", 1),
    )
    .unwrap();
    deploy(&commands).ends_with(1).says("environments.tf");
    std::fs::write(&file, good.replacen("name ", "nmae ", 1)).unwrap();
    deploy(&commands).ends_with(1).says("environments.tf").says("nmae");
    std::fs::write(&file, &good).unwrap();
    let manifest = commands.path("module/octoferry.json");
    let whole = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, &whole[..whole.len() / 2]).unwrap();
    deploy(&commands).ends_with(1).says("octoferry.json");
    std::fs::write(&manifest, whole.replacen("\"format\": 1", "\"format\": 9", 1)).unwrap();
    deploy(&commands).ends_with(1).says("octoferry.json").says("serialize");
    std::fs::remove_file(&manifest).unwrap();
    deploy(&commands).ends_with(2).says("octoferry.json");
    assert!(writes(&commands.destination).is_empty());
}

#[test]
fn a_secret_that_is_needed_and_absent_is_named_before_anything_is_written() {
    let commands = Commands::new();
    let state = format!("path={}", commands.path("state").display());
    let deploy = |secrets: &[(&str, &str)]| {
        octoferry(["deploy", "--secrets", "stdin"])
            .arg(commands.path("module"))
            .option("--backend", "local")
            .option("--backend-config", &state)
            .option("--destination-url", commands.destination.url())
            .option("--destination-space", "Other")
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .input(secrets_stream(secrets))
    };
    let key = commands.destination.api_key();
    let keys = [("Octoferry.Destination.ApiKey", key.as_str())];
    deploy(&keys).ends_with(1).says("Mail.Password").says("--placeholders");
    deploy(&[("Octoferry.Destination.ApiKey", "\n")])
        .ends_with(1)
        .says("the variable Octoferry.Destination.ApiKey has no value in this run");
    let whole = secrets_stream(&keys);
    for end in [0, 10, 25, whole.len() - 4, whole.len() - 1] {
        deploy(&keys).input(&whole[..end]).ends_with(1).says("are not complete; nothing was done");
    }
    deploy(&[("Octoferry.Destination.ApiKey", key.as_str()), ("OctopusPrintVariables", "true")])
        .ends_with(1)
        .says("OctopusPrintVariables is True");
    assert!(writes(&commands.destination).is_empty());
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let commands = Commands::new();
    let small = |script: &str| {
        // Files of more than 2 kB can't be written: to the program that is as if the disk were full.
        let limited = format!("trap '' XFSZ; ulimit -f 2; {script}");
        command("bash", commands.folder.path())
            .args(["-c", &limited, env!("CARGO_BIN_EXE_octoferry")])
            .env("OCTOFERRY_SOURCE_URL", commands.source.url())
            .env("OCTOFERRY_SOURCE_SPACE", "Letterbox")
            .env("OCTOFERRY_SOURCE_API_KEY", commands.source.api_key())
            .env("OCTOFERRY_DESTINATION_URL", commands.destination.url())
            .env("OCTOFERRY_DESTINATION_SPACE", "Other")
            .env("OCTOFERRY_DESTINATION_API_KEY", commands.destination.api_key())
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .output()
            .unwrap()
    };
    let output = small("exec \"$0\" serialize all --out out");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("can't be written") && said.contains("Nothing was changed"), "{said}");
    assert!(files_below(&commands.path("out")).is_empty());

    let output =
        small("exec \"$0\" deploy module --placeholders --backend local --backend-config path=$PWD/state");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("copying the module") && said.contains("File too large"), "{said}");
    assert!(writes(&commands.destination).is_empty());

    // The result of a command that nobody can keep.
    let output = small("exec \"$0\" check --json >/dev/full");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("can't be written to standard output: No space left on device"), "{said}");
}

#[test]
fn requests_that_are_refused_for_their_number_are_repeated() {
    let commands = Commands::new();
    let limited = |path: &str, more: Value| {
        let mut wanted = json!({"path": path, "kind": "status", "status": 429, "times": 2});
        wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fault(&commands.destination, wanted);
    };
    limited("/api/Spaces-2/environments", json!({"method": "POST", "headers": {"Retry-After": "1"}}));
    limited("/api/Spaces-2/lifecycles", json!({"method": "POST"}));
    limited("/api/Spaces-2/variables", json!({"method": "PUT"}));
    limited("/api/Spaces-2/feeds", json!({"headers": {"Retry-After": "1"}}));
    deploy(&commands).ends_with(3).says("a second plan is empty");
    let (_, page) = http(&commands.destination, "GET", "/api/Spaces-2/environments?take=100", None);
    assert_eq!(page["TotalResults"], 3, "each once");
}

#[test]
fn a_deploy_that_fails_in_the_middle_goes_on_when_it_is_run_again() {
    let commands = Commands::new();
    let trouble = json!({"path": "/api/Spaces-2/lifecycles", "method": "POST", "kind": "status", "status": 500,
        "body": {"ErrorMessage": "The database is tired."}, "times": 2});
    fault(&commands.destination, trouble);
    let failed = deploy(&commands).ends_with(1);
    failed
        .says("Terraform could not do everything; what was done is in the state")
        .says("The database is tired.")
        .says("deploy again");
    let made = writes(&commands.destination).len();
    assert!(made > 1, "something was made before");
    deploy(&commands).ends_with(3).says("a second plan is empty");
    for (collection, count) in [("environments", 3), ("lifecycles", 3)] {
        let path = format!("/api/Spaces-2/{collection}?take=100");
        let (_, page) = http(&commands.destination, "GET", &path, None);
        assert_eq!(page["TotalResults"], count, "{collection}: each once");
    }
}

#[test]
fn a_package_that_is_none_is_refused_by_seed() {
    let commands = Commands::new();
    let seed = |file: &Path| {
        octoferry(["seed", "--yes", "--backend", "local", "--backend-config", "path=/var/tmp/states"])
            .option("--package", file)
            .source(&commands.source, "Letterbox")
            .destination(&commands.destination, "Other")
    };
    let file = commands.path("octoferry.1.0.0.zip");
    std::fs::write(&file, "no zip").unwrap();
    seed(&file).ends_with(2).says("--package");
    seed(&commands.path("none.zip")).ends_with(2).says("octoferry.<version>.zip");
    assert!(package().exists());
    octoferry(["seed", "--yes", "--backend", "local", "--backend-config", "path=states"])
        .source(&commands.source, "Letterbox")
        .destination(&commands.destination, "Other")
        .ends_with(2)
        .says("absolute");
    assert!(writes(&commands.source).is_empty());
}
