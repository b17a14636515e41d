//! Spreading sensitive variables and collapsing them: pure functions of documents.
