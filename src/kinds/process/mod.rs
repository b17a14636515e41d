//! Deployment and runbook processes: steps, their actions, and the order of both.

// Used by what is being built here.
#![allow(dead_code)]

mod template;
mod text_file;
