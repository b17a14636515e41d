//! Files that exist in memory alone, for what must not lie on a disk: variables, plans, credentials of a backend.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;

use rustix::fs::{MemfdFlags, memfd_create};

use failure::Failure;

/// A file in memory. Processes that we start inherit it, and their children; it goes when the last of them ends.
pub struct MemoryFile(File);

impl MemoryFile {
    /// An empty file; `name` shows in `/proc` only.
    ///
    /// # Errors
    /// When the system has no memory files (Linux before 3.17).
    pub fn empty(name: &str) -> Result<Self, Failure> {
        // Without close-on-exec: it is meant to be inherited.
        let file = memfd_create(name, MemfdFlags::empty())
            .map_err(|error| Failure::failed(format!("the system gives no file in memory: {error}")))?;
        Ok(Self(file.into()))
    }

    /// A file with this content.
    ///
    /// # Errors
    /// As [`Self::empty`], or when memory is short.
    pub fn with(name: &str, content: &[u8]) -> Result<Self, Failure> {
        let mut file = Self::empty(name)?;
        file.0
            .write_all(content)
            .map_err(|error| Failure::failed(format!("writing a file in memory: {error}")))?;
        Ok(file)
    }

    /// The path by which a process that inherited it opens it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_path_gives_the_content() {
        let file = super::MemoryFile::with("test", b"content").ok().unwrap();
        assert_eq!(std::fs::read(file.path()).unwrap(), b"content");
    }
}
