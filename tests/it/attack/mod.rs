//! Attacks, one file per kind of attacker. Each says what the attacker may do, and holds a table of what was tried.

mod crash;
mod editor;
mod mirror;
mod pusher;
mod relay;
mod server;
mod tools;
mod worker;
