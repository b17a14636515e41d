//! Tests over all tables.
