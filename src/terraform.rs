//! Finds and runs Terraform. The only place that starts a process.
