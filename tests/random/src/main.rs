//! Writes a made-up space: `random-space SEED FILE` makes FILE, and FILE.allowed with the differences that the making brings about.

// A small program of the tests; its words are for whoever runs it.
#![allow(clippy::print_stderr, clippy::disallowed_methods)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, file] = arguments.as_slice() else {
        eprintln!("usage: random-space SEED FILE");
        return ExitCode::from(2);
    };
    let Ok(seed) = seed.parse() else {
        eprintln!("{seed} is not a number");
        return ExitCode::from(2);
    };
    let space = random_space::space(seed);
    let written = std::fs::write(file, space.dump.to_string())
        .and_then(|()| std::fs::write(format!("{file}.allowed"), space.allowed));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
