//! The loopback server between Terraform and the destination while deploy runs.
