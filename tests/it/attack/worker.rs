//! Another user of the machine on which octoferry and Terraform run: may list and read what others left readable.
//!
//! | tried | wanted |
//! | --- | --- |
//! | the folder of a local state read, also one that an older octoferry made for all to read | 0700, each file in it 0600 |
//! | the state that could not be saved, kept where octoferry ran | 0600 |
//! | the module's working copy, plans and Terraform's own folder | nothing below the temporary folder is for others while it runs, nothing is left afterwards |
//! | arguments and environment of all processes | no secret (`markers.rs`, `editor.rs`) · requests to the relay: `relay.rs` |

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::journey::Journey;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).map_or(0, |found| found.permissions().mode() & 0o777)
}

/// Everything below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.flat_map(|path| [vec![path.clone()], below(&path)].concat()).collect()
}

#[test]
fn a_local_state_is_for_its_owner_alone() {
    let journey = Journey::with("small-web");
    let (modules, state) = (journey.path("modules"), journey.folder.path().join("states"));
    journey.run(&["serialize", "space", "--out", &modules]).ends_with(3);
    let deploy = || journey.run(&["deploy", &modules, "--placeholders"]).state_below(&state);
    deploy().ends_with(3);
    let files = |folder: &Path| below(folder).into_iter().filter(|path| path.is_file()).collect::<Vec<_>>();
    let is_closed = || {
        let open: Vec<(PathBuf, u32)> = files(&state)
            .into_iter()
            .flat_map(|file| [file.parent().expect("a folder").to_owned(), file])
            .map(|path| (path.clone(), mode(&path)))
            .filter(|(_, mode)| mode & 0o077 != 0)
            .collect();
        assert!(open.is_empty(), "{open:?}");
    };
    assert!(!files(&state).is_empty(), "a state is kept there");
    is_closed();
    // As an older one left it.
    for path in below(&state) {
        let for_all = if path.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(for_all)).expect("its rights");
    }
    deploy().ends_with(3);
    is_closed();
}

#[test]
fn nothing_in_the_temporary_folder_is_for_others_and_nothing_is_left() {
    let journey = Journey::with("small-web");
    let (modules, state) = (journey.path("modules"), journey.folder.path().join("states"));
    journey.run(&["serialize", "space", "--out", &modules]).ends_with(3);
    let temporary = journey.folder.path().join("tmp");
    let mut child =
        journey.run(&["deploy", &modules, "--placeholders"]).state_below(&state).start(Stdio::null());
    let mut seen = 0;
    while child.try_wait().expect("its state").is_none() {
        // What lies in a folder that others can't enter is theirs by no mode.
        let tops =
            std::fs::read_dir(&temporary).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        for top in tops {
            let mode = mode(&top);
            seen += usize::from(mode != 0);
            assert_eq!(mode & 0o077, 0, "{}: {mode:o}", top.display());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(seen > 0, "it worked there");
    let left = below(&temporary);
    assert!(left.is_empty(), "{left:?}");
}
