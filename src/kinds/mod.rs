//! The tables of kinds: one file for each, and the list of all.
