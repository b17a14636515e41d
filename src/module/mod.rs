//! A module: the Terraform folder we write, its manifest, its package.

pub mod manifest;
