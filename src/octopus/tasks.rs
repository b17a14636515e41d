//! Runbook runs, task logs and packages of a server.
