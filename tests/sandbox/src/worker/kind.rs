//! What kind of machine a worker is: its tools, its architecture, its own environment.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::Result;

/// A worker, as tests want it. The default is a Linux machine with everything.
#[derive(Debug, Clone)]
pub struct WorkerKind {
    pub bash: bool,
    pub openssl: bool,
    /// What `uname -m` says, where it shall not be the truth.
    pub architecture: Option<String>,
    /// Where the worker's programs are.
    pub path: Vec<PathBuf>,
    /// The worker's own environment, besides PATH, HOME and TMPDIR (which it may replace).
    pub environment: BTreeMap<String, String>,
    /// Container images that can't be pulled.
    pub missing_images: Vec<String>,
}

impl Default for WorkerKind {
    fn default() -> Self {
        Self {
            bash: true,
            openssl: true,
            architecture: None,
            path: ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from).to_vec(),
            environment: BTreeMap::new(),
            missing_images: Vec::new(),
        }
    }
}

impl WorkerKind {
    /// The programs that this worker lacks.
    fn absent(&self) -> Vec<&'static str> {
        let tools = [("bash", self.bash), ("sh", self.bash), ("openssl", self.openssl)];
        tools.into_iter().filter(|(_, present)| !present).map(|(tool, _)| tool).collect()
    }

    /// The environment of a process on this worker. `folder` takes what must be simulated: links to all programs but
    /// those that the worker lacks, and a `uname` that tells another architecture.
    pub fn environment(
        &self,
        folder: &Path,
        home: &Path,
        temporary: &Path,
    ) -> Result<BTreeMap<String, String>> {
        let mut path = self.path.clone();
        let absent = self.absent();
        if !absent.is_empty() {
            let links = folder.join("programs");
            fs::create_dir_all(&links)?;
            for directory in &path {
                for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                    let name = entry.file_name();
                    let link = links.join(&name);
                    if !absent.iter().any(|tool| name == *tool) && link.symlink_metadata().is_err() {
                        symlink(entry.path(), link)?;
                    }
                }
            }
            path = vec![links];
        }
        if let Some(architecture) = &self.architecture {
            let shims = folder.join("shims");
            fs::create_dir_all(&shims)?;
            let uname = shims.join("uname");
            fs::write(&uname, uname_script(architecture))?;
            fs::set_permissions(&uname, fs::Permissions::from_mode(0o755))?;
            path.insert(0, shims);
        }
        let path: Vec<String> =
            path.iter().map(|directory| directory.to_string_lossy().into_owned()).collect();
        let mut environment = BTreeMap::from([
            ("PATH".to_owned(), path.join(":")),
            ("HOME".to_owned(), home.to_string_lossy().into_owned()),
            ("TMPDIR".to_owned(), temporary.to_string_lossy().into_owned()),
        ]);
        environment.extend(self.environment.clone());
        Ok(environment)
    }
}

fn uname_script(architecture: &str) -> String {
    format!(
        "#!/bin/sh\ncase \"$*\" in\n*m*|*p*|*i*) echo '{architecture}' ;;\n*a*) echo 'Linux worker 6.1.0 #1 SMP {architecture} GNU/Linux' ;;\n*) echo Linux ;;\nesac\n"
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn run(kind: &WorkerKind, code: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let environment = kind.environment(folder.path(), Path::new("/h"), Path::new("/t")).unwrap();
        let output =
            Command::new("/bin/bash").args(["-c", code]).env_clear().envs(&environment).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn a_worker_may_lack_tools_or_be_another_machine() {
        let kind = WorkerKind { openssl: false, ..WorkerKind::default() };
        assert_eq!(
            run(&kind, "command -v openssl || echo none; command -v base64 >/dev/null && echo others"),
            "none\nothers"
        );
        let kind = WorkerKind { architecture: Some("aarch64".to_owned()), ..WorkerKind::default() };
        assert_eq!(run(&kind, "uname -m; uname -s; echo $HOME $TMPDIR"), "aarch64\nLinux\n/h /t");
    }
}
