//! What the integration tests share: sandboxes with a space in them, runs of the built program whose outcome must be asserted, and plain
//! HTTP to the sandbox's own routes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use octopus_sandbox::{Options, S3Store, Sandbox};
use serde_json::{Value, json};

/// The file of one of the spaces in `tests/spaces`.
pub(crate) fn space_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spaces").join(name).join("space.json")
}

/// A sandbox that holds one of the spaces in `tests/spaces` (id `Spaces-2`).
pub(crate) fn sandbox_with(name: &str) -> Sandbox {
    Sandbox::launch(Options { load: vec![space_file(name)], ..Options::default() })
        .expect("the sandbox starts")
}

/// A sandbox with one more, empty space of this name.
pub(crate) fn sandbox_with_empty_space(name: &str) -> Sandbox {
    Sandbox::launch(Options { spaces: vec![name.to_owned()], ..Options::default() })
        .expect("the sandbox starts")
}

/// Cargo's folder below `target` for what tests make once for all: nobody removes what a `static` holds.
const KEPT: &str = env!("CARGO_TARGET_TMPDIR");

/// The package of this build, made once: the program that is under test and the steps' shell.
pub(crate) fn package() -> &'static Path {
    static PACKAGE: OnceLock<PathBuf> = OnceLock::new();
    PACKAGE.get_or_init(|| {
        let folder = tempfile::tempdir_in(KEPT).expect("a folder for the package");
        let file = folder.path().join("octoferry.0.1.0.zip");
        let shell = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/step.sh");
        let mut archive = zip::ZipWriter::new(std::fs::File::create(&file).expect("a file"));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .unix_permissions(0o755);
        let program = stripped(Path::new(env!("CARGO_BIN_EXE_octoferry")), folder.path());
        for (name, from) in [("octoferry", &program), ("step.sh", &shell)] {
            archive.start_file(name, options).expect("an entry");
            archive.write_all(&std::fs::read(from).expect("its file")).expect("its bytes");
        }
        archive.finish().expect("an archive");
        let kept = Path::new(KEPT).join("octoferry.0.1.0.zip");
        std::fs::rename(&file, &kept).expect("the package of an earlier run is replaced");
        kept
    })
}

/// The program without what only a debugger reads, as in a release: each step of each run unpacks and hashes it.
fn stripped(program: &Path, folder: &Path) -> PathBuf {
    let stripped = folder.join("octoferry");
    let ended = std::process::Command::new("strip").arg("-o").arg(&stripped).arg(program).status();
    // It comes with the C compiler; without it the tests take longer, and nothing else.
    if ended.is_ok_and(|status| status.success()) { stripped } else { program.to_owned() }
}

/// The built program with arguments, in an environment that holds `PATH`, `TMPDIR` and what the test gives it, and nothing else.
#[must_use = "a prepared run does nothing until `ends_with` says how it should end"]
pub(crate) struct Run {
    arguments: Vec<OsString>,
    environment: BTreeMap<String, String>,
    input: Vec<u8>,
    folder: Folder,
}

/// Where a program runs; what it writes to temporary files lies in `tmp` below it.
enum Folder {
    /// For this run alone; it goes with it.
    Own(tempfile::TempDir),
    /// The test's.
    Given(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(folder) => folder,
        }
    }
}

/// Go's collector runs at each doubling of what a program holds. Terraform lives for less than a second and holds little: a fifth of its work is
/// that, and Terraform is most of the work of the tests.
pub(crate) const LAZY_COLLECTOR: (&str, &str) = ("GOGC", "800");

/// A program that runs in a folder of the test and leaves its temporary files there; its environment holds `PATH`, `TMPDIR`, what makes Terraform
/// start faster, and nothing else.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let temporary = folder.join("tmp");
    std::fs::create_dir_all(&temporary).expect("a folder for temporary files");
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().env("PATH", path()).env("TMPDIR", temporary);
    let (name, value) = LAZY_COLLECTOR;
    command.env(name, value);
    command
}

/// Runs one of the repository's programs, or one of the `PATH`, in a folder; what it said. It must be content.
#[track_caller]
pub(crate) fn content(program: &Path, arguments: &[&str], folder: &Path) -> String {
    let output = command(program, folder).args(arguments).output().expect("the program starts");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{} is not content:\n{said}", program.display());
    said
}

/// The program while it runs, and the folder in which it does.
pub(crate) struct Started {
    child: Child,
    _folder: Folder,
}

impl std::ops::Deref for Started {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.child
    }
}

impl std::ops::DerefMut for Started {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.child
    }
}

/// How a run ended; its code has been asserted.
pub(crate) struct Ended {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Prepares a run: `octoferry(["serialize", "space"])`.
pub(crate) fn octoferry<Arguments, Argument>(arguments: Arguments) -> Run
where
    Arguments: IntoIterator<Item = Argument>,
    Argument: AsRef<OsStr>,
{
    Run {
        arguments: arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect(),
        environment: BTreeMap::new(),
        input: Vec::new(),
        folder: Folder::Own(tempfile::tempdir().expect("a folder for the run")),
    }
}

impl Run {
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(crate) fn args<Argument: AsRef<OsStr>>(self, arguments: &[Argument]) -> Self {
        arguments.iter().fold(self, Self::arg)
    }

    /// An option with its value.
    pub(crate) fn option(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.arg(name).arg(value)
    }

    /// Keeps the state in a folder.
    pub(crate) fn state_below(self, folder: &Path) -> Self {
        self.option("--backend", "local").option("--backend-config", format!("path={}", folder.display()))
    }

    /// Keeps the state in the bucket `states` of a store.
    pub(crate) fn state_in(self, store: &S3Store) -> Self {
        let settings = [
            "bucket=states",
            "region=eu-north-1",
            "use_path_style=true",
            "use_lockfile=true",
            "skip_credentials_validation=true",
            "skip_requesting_account_id=true",
            "skip_metadata_api_check=true",
            "skip_region_validation=true",
        ];
        let run = self
            .option("--backend", "s3")
            .option("--backend-config", format!("endpoints={{s3=\"{}\"}}", store.url()));
        settings.into_iter().fold(run, |run, setting| run.option("--backend-config", setting))
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What the program finds on standard input; otherwise nothing.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// The folder in which it runs, else one of its own.
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.folder = Folder::Given(folder.to_owned());
        self
    }

    /// Names the source by the environment, as a person at a workstation does.
    pub(crate) fn source(self, sandbox: &Sandbox, space: &str) -> Self {
        self.server("SOURCE", &sandbox.url(), space, &sandbox.api_key())
    }

    /// Names the destination by the environment.
    pub(crate) fn destination(self, sandbox: &Sandbox, space: &str) -> Self {
        self.server("DESTINATION", &sandbox.url(), space, &sandbox.api_key())
    }

    /// Names a server by the environment: `SOURCE` or `DESTINATION`.
    pub(crate) fn server(self, side: &str, url: &str, space: &str, key: &str) -> Self {
        self.env(&format!("OCTOFERRY_{side}_URL"), url)
            .env(&format!("OCTOFERRY_{side}_SPACE"), space)
            .env(&format!("OCTOFERRY_{side}_API_KEY"), key)
    }

    fn command(&self) -> Command {
        let mut command = command(env!("CARGO_BIN_EXE_octoferry"), self.folder.path());
        command.args(&self.arguments).envs(&self.environment);
        command
    }

    /// Starts the program without input, for tests that do something while it runs.
    pub(crate) fn start(self, stderr: impl Into<Stdio>) -> Started {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        let child = command.spawn().expect("the built program starts");
        Started { child, _folder: self.folder }
    }

    /// Runs the program and asserts its exit code; prints all it said when the code is another one.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Ended {
        self.ends_with_one_of(&[code]).1
    }

    /// The same for runs that may end in several ways; which it was.
    #[track_caller]
    pub(crate) fn ends_with_one_of(self, codes: &[i32]) -> (i32, Ended) {
        let mut child = self
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the built program starts");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        // From a thread of its own: the program may write much before it reads. It may also end without reading.
        let input = self.input;
        let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("the program ends");
        feeding.join().expect("the input's thread ends");
        let ended = Ended {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        let code = output.status.code().filter(|code| codes.contains(code)).unwrap_or_else(|| {
            panic!(
                "{:?} ended with {}\n--- standard output\n{}\n--- standard error\n{}",
                self.arguments, output.status, ended.stdout, ended.stderr
            )
        });
        (code, ended)
    }
}

impl Ended {
    /// Asserts that standard error says this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "{text:?} is not in standard error:\n{}", self.stderr);
        self
    }

    /// Asserts that the destination is as the modules say: a plan has just shown it, or nothing has changed since one did.
    #[track_caller]
    pub(crate) fn is_settled(&self) -> &Self {
        let texts = ["a second plan is empty", "unchanged since the last deployment"];
        let any = texts.iter().any(|text| self.stderr.contains(text));
        assert!(any && !self.stderr.contains("would still"), "{texts:?}: neither was said:\n{}", self.stderr);
        self
    }

    /// Asserts that this is in none of its output.
    #[track_caller]
    pub(crate) fn never_says(&self, text: &str) -> &Self {
        assert!(
            !self.stderr.contains(text) && !self.stdout.contains(text),
            "{text:?} was said:\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is no JSON ({error}):\n{}", self.stdout))
    }
}

/// The stream of secrets, as the shell of a step sends it; written by hand, so that a wrong reader isn't confirmed by its own writer.
pub(crate) fn secrets_stream(secrets: &[(&str, &str)]) -> Vec<u8> {
    let mut stream = b"octoferry-secrets/1\0".to_vec();
    for (name, value) in secrets {
        stream.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
    }
    stream.extend_from_slice(format!("\0{}\0", secrets.len()).as_bytes());
    stream
}

/// Runs openssl with these words and paths in a folder; what it printed.
#[track_caller]
pub(crate) fn openssl(folder: &Path, words: &[&str], paths: &[(&str, &Path)]) -> String {
    let mut made = command("openssl", folder);
    made.args(words);
    for (option, path) in paths {
        made.arg(option).arg(path);
    }
    let made = made.output().expect("openssl is there");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8_lossy(&made.stdout).into_owned()
}

/// Asks the sandbox for trouble, as `tests/sandbox/src/faults.rs` describes it.
#[track_caller]
pub(crate) fn fault(sandbox: &Sandbox, fault: Value) {
    let (status, answer) = http(sandbox, "POST", "/sandbox/faults", Some(&fault));
    assert_eq!(status, 200, "{answer}");
}

/// Makes a user with just these permissions; its API key.
#[track_caller]
pub(crate) fn user_with(sandbox: &Sandbox, permissions: &[&str]) -> String {
    let (status, answer) = http(
        sandbox,
        "POST",
        "/sandbox/users",
        Some(&json!({"Username": "tester", "Permissions": permissions})),
    );
    assert_eq!(status, 200, "{answer}");
    answer["ApiKey"].as_str().expect("a key").to_owned()
}

/// One plain request with the administrator's key; status and JSON (or null).
pub(crate) fn http(sandbox: &Sandbox, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let (status, text) = http_raw(sandbox, method, path, body);
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// The body of an answer that is no JSON, such as a log.
#[track_caller]
pub(crate) fn http_text(sandbox: &Sandbox, path: &str) -> String {
    let (status, text) = http_raw(sandbox, "GET", path, None);
    assert_eq!(status, 200, "{path}: {text}");
    text
}

fn http_raw(sandbox: &Sandbox, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
    let (status, bytes) = http_bytes(sandbox, method, path, body);
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

/// One plain request; status and the bytes of the body.
pub(crate) fn http_bytes(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, Vec<u8>) {
    http_as(sandbox, &sandbox.api_key(), method, path, body)
}

/// The same with the key of another user.
pub(crate) fn http_as(
    sandbox: &Sandbox,
    key: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, Vec<u8>) {
    let url = sandbox.url();
    let address = url.strip_prefix("http://").expect("a plain address");
    let mut connection = TcpStream::connect(address).expect("the sandbox listens");
    let body = body.map(Value::to_string).unwrap_or_default();
    write!(
        connection,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nX-Octopus-ApiKey: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        key,
        body.len()
    )
    .expect("the sandbox reads");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("the sandbox answers");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, answer.split_off(end + 4))
}

/// The paths of all files below a folder, relative, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten() {
            let path = entry.expect("an entry of a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(
                    path.strip_prefix(folder).expect("below the folder").to_string_lossy().into_owned(),
                );
            }
        }
    }
    found.sort();
    found
}

/// The CLI configuration by which Terraform takes the stand-in for the official provider; for `TF_CLI_CONFIG_FILE`.
///
/// `cargo build -p standin-provider` must have been done; `scripts/test` does it. Where the official one is at hand, a configuration that names it
/// may be given as `OCTOFERRY_TEST_TERRAFORMRC`.
pub(crate) fn terraform_config() -> &'static str {
    static CONFIG: OnceLock<String> = OnceLock::new();
    CONFIG.get_or_init(|| {
        if let Ok(given) = std::env::var("OCTOFERRY_TEST_TERRAFORMRC") {
            return given;
        }
        let programs = Path::new(env!("CARGO_BIN_EXE_octoferry")).parent().expect("it lies in a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/standin/mirror.sh");
        let provider = programs.join("terraform-provider-octopusdeploy");
        content(&script, &["mirror", &provider.to_string_lossy()], Path::new(KEPT)).trim().to_owned()
    })
}

/// A folder with a program of this name that is a shell script; to be put in front of the `PATH`.
pub(crate) fn program(name: &str, script: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder for the program");
    let path = folder.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("the program is written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is made executable");
    folder
}

/// The `PATH`.
pub(crate) fn path() -> String {
    std::env::var("PATH").expect("there is one")
}

/// The `PATH` with a folder in front of it.
pub(crate) fn path_with(folder: &Path) -> String {
    format!("{}:{}", folder.display(), path())
}

/// A package that passes for octoferry's: the head of a static program, and the shell.
pub(crate) fn pretended_package(folder: &Path) -> PathBuf {
    let mut program = vec![0; 64];
    program[..6].copy_from_slice(b"\x7fELF\x02\x01");
    program[18] = 62;
    let file = folder.join("octoferry.9.9.9.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&file).expect("a file"));
    for (name, bytes) in [("octoferry", program.as_slice()), ("step.sh", b"#!/bin/bash\n")] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(bytes).expect("its bytes");
    }
    archive.finish().expect("an archive");
    file
}

/// What has not come after it never will, on a slow and busy machine, too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Waits until something is so; fails when it never is.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what} never comes");
        std::thread::sleep(Duration::from_millis(20));
    }
}
