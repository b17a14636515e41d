//! The program that Terraform starts; all of it stands in the library, so that tests can look at the parts.

use std::process::ExitCode;

fn main() -> ExitCode {
    standin_provider::main()
}
