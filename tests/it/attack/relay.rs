//! Somebody on the machine on which `deploy` runs, who has found the address of the relay between Terraform and the destination.
//!
//! | tried | wanted |
//! | --- | --- |
//! | no key, another one, a longer one, a shorter one | 401, nothing reaches the destination |
//! | the right key, after the run of Terraform has ended | 503, nothing reaches the destination |
//! | another user of the machine, with the right key | no answer at all |
//! | the machine's other addresses | nobody listens there |
//! | a request of a terabyte | refused before it is read |
//! | the right key for another server: a whole address, a path that leaves `/api` | 404, or a document of the destination |
//! | a destination that redirects | no other server is asked, and Terraform is not told where it leads |

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use octopus_sandbox::Sandbox;

use crate::support::{
    Ended, command, octoferry, path, path_with, program, sandbox_with, sandbox_with_empty_space,
    terraform_config, until,
};

/// A deployment whose Terraform waits before a plan and after the apply, and what it was given.
struct Halted {
    folder: std::path::PathBuf,
    address: String,
    key: String,
}

impl Halted {
    /// Deploys, and lets an attacker do something while a plan is going on, and between the apply and the next plan.
    fn deploy(
        destination: &str,
        key: &str,
        during: impl FnOnce(&Self),
        between: impl FnOnce(&Self),
        code: i32,
    ) -> Ended {
        let source = sandbox_with("small-web");
        let folder = tempfile::tempdir().expect("a folder");
        octoferry(["serialize", "space", "--out", "space"])
            .source(&source, "Spaces-2")
            .in_folder(folder.path())
            .ends_with(3);
        let script = format!(
            "PATH={}\nhere={}\nhalt() {{ touch $here/$1; while [ ! -e $here/go-$1 ]; do sleep 0.05; done; }}\n\
             case $1 in\n\
             plan) for given; do case $given in -var-file=*) cat ${{given#-var-file=}} >$here/given ;; esac; done; halt during ;;\n\
             apply) touch $here/applied ;;\n\
             state) [ ! -e $here/applied ] || halt between ;;\n\
             esac\nexec terraform \"$@\"",
            path(),
            folder.path().display()
        );
        let terraform = program("terraform", &script);
        let run = octoferry(["deploy", "space", "--placeholders"])
            .state_below(&folder.path().join("state"))
            .server("DESTINATION", destination, "New", key)
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .env("PATH", &path_with(terraform.path()))
            .in_folder(folder.path());
        std::thread::scope(|scope| {
            let running = scope.spawn(|| run.ends_with(code));
            appears(&folder.path().join("during"));
            let given = std::fs::read_to_string(folder.path().join("given")).expect("the variables");
            let value = |name: &str| {
                let line = given.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
                line.expect("it is given").trim_matches('"').to_owned()
            };
            let address = value("octopus_url").strip_prefix("http://").expect("a plain address").to_owned();
            let halted = Self { folder: folder.path().to_owned(), address, key: value("octopus_api_key") };
            during(&halted);
            halted.go_on("during");
            if code == 0 || code == 3 {
                appears(&halted.folder.join("between"));
                between(&halted);
            }
            drop(halted);
            running.join().expect("it ends")
        })
    }

    fn go_on(&self, from: &str) {
        std::fs::write(self.folder.join(format!("go-{from}")), "").expect("a file");
    }

    /// Asks the relay; its whole answer, nothing when there is none.
    fn ask(&self, head: &str, key: &str) -> String {
        let mut connection = TcpStream::connect(&self.address).expect("somebody listens");
        let _ = write!(
            connection,
            "{head} HTTP/1.1\r\nHost: {}\r\nX-Octopus-ApiKey: {key}\r\nConnection: close\r\n\r\n",
            self.address
        );
        let mut answer = String::new();
        let _ = connection.read_to_string(&mut answer);
        answer
    }
}

/// Whatever happens, Terraform goes on: the test waits for its end.
impl Drop for Halted {
    fn drop(&mut self) {
        self.go_on("during");
        self.go_on("between");
    }
}

/// Waits for a file.
fn appears(file: &Path) {
    until(&file.display().to_string(), || file.exists());
}

fn root_requests(destination: &Sandbox) -> usize {
    let requests = destination.requests();
    requests.iter().filter(|request| request["Path"] == "/api/spaces/Spaces-404").count()
}

#[test]
fn only_this_runs_terraform_uses_the_relay_and_only_while_it_runs() {
    let destination = sandbox_with_empty_space("New");
    let during = |halted: &Halted| {
        let key = halted.key.as_str();
        let wrong = [
            "",
            "API-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            &format!("{key}A"),
            &key[..key.len() - 1],
            &key.to_lowercase(),
            &destination.api_key(),
        ]
        .map(str::to_owned);
        for other in wrong {
            let answer = halted.ask("GET /api/spaces/Spaces-404", &other);
            assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        }
        assert_eq!(root_requests(&destination), 0);
        assert!(halted.ask("GET /api/spaces/Spaces-404", key).starts_with("HTTP/1.1 404"), "the right one");
        assert_eq!(root_requests(&destination), 1);

        let large = "PUT /api/spaces/Spaces-404 HTTP/1.1\r\nContent-Length: 1099511627776\r\nX-Ignored:";
        let answer = halted.ask(large, key);
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        for other in
            ["GET http://192.0.2.1/elsewhere", "GET /elsewhere", "GET //192.0.2.1/api/spaces/Spaces-404"]
        {
            assert!(halted.ask(other, key).starts_with("HTTP/1.1 404"), "{other}");
        }
        assert_eq!(root_requests(&destination), 1);

        let port = halted.address.rsplit(':').next().expect("a port").parse().expect("a number");
        if let Some(other) = other_address() {
            assert!(TcpStream::connect((other, port)).is_err(), "somebody listens at {other}");
        }
        // Only an administrator can pass for somebody else.
        let url = destination.url();
        let open_to_all = url.rsplit(':').next().expect("a port").parse().expect("a number");
        if let Some(answer) = as_nobody(open_to_all, "/api/users/me", key, &halted.folder) {
            assert!(answer.starts_with("HTTP/1.1 401"), "the sandbox answers everybody: {answer}");
            assert_eq!(
                as_nobody(port, "/api/spaces/Spaces-404", key, &halted.folder).as_deref(),
                Some(""),
                "another user is answered"
            );
            assert_eq!(root_requests(&destination), 1);
        }
    };
    let between = |halted: &Halted| {
        let answer = halted.ask("GET /api/spaces/Spaces-404", &halted.key);
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert_eq!(root_requests(&destination), 1);
    };
    Halted::deploy(&destination.url(), &destination.api_key(), during, between, 3);
}

/// An address of this machine that is not the loopback's. Nothing is sent.
fn other_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback()).then_some(address)
}

/// What another user is answered; `None` where no other user can be had.
fn as_nobody(port: u16, asked: &str, key: &str, folder: &Path) -> Option<String> {
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{port} || exit 1; printf 'GET {asked} HTTP/1.1\\r\\nHost: x\\r\\nX-Octopus-ApiKey: {key}\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3; true"
    );
    let other = ["--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", &script];
    let output = command("setpriv", folder).args(other).output().ok()?;
    let refused = String::from_utf8_lossy(&output.stderr).contains("setpriv:");
    (!refused).then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Passes connections on to a server, but answers what Terraform's provider asks with a redirect; its address.
fn redirecting(server: &str, to: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (server, to) = (server.strip_prefix("http://").expect("a plain address").to_owned(), to.to_owned());
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let (server, to) = (server.clone(), to.clone());
            std::thread::spawn(move || pass_on(connection, &server, &to));
        }
    });
    address
}

/// One request of a connection: octoferry's own to the server, others to nowhere.
fn pass_on(mut connection: TcpStream, server: &str, to: &str) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    if head.to_lowercase().contains("user-agent: go-octopusdeploy") || head.contains("/api/spaces/Spaces-404")
    {
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}/api\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        return connection.write_all(answer.as_bytes()).ok();
    }
    let mut onward = TcpStream::connect(server).ok()?;
    // One request per connection, so that each is looked at.
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    onward.write_all(head.as_bytes()).ok()?;
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    onward.write_all(&body).ok()?;
    std::io::copy(&mut onward, &mut connection).ok()?;
    Some(())
}

#[test]
fn a_redirect_of_the_destination_takes_neither_key_anywhere() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let elsewhere = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    });
    let sandbox = sandbox_with_empty_space("New");
    let destination = redirecting(&sandbox.url(), &elsewhere);
    let during = |halted: &Halted| {
        let answer = halted.ask("GET /api/spaces/Spaces-404", &halted.key);
        assert!(answer.starts_with("HTTP/1.1 307"), "{answer}");
        assert!(!answer.to_lowercase().contains("location"), "{answer}");
    };
    Halted::deploy(&destination, &sandbox.api_key(), during, |_| {}, 1);
    assert_eq!(asked.load(Ordering::SeqCst), 0, "a redirect was followed");
}
