//! The integration tests: one binary, a file per topic.

mod adopt;
mod asks_both;
mod attack;
mod bad_input;
mod bad_runs;
mod by_hand;
mod cases;
mod check;
mod check_worker;
mod costs;
mod cutover;
mod docs;
mod entered;
mod exported;
mod framework;
mod fuzz;
mod git_projects;
mod golden;
mod handed_on;
mod identity;
mod import_first;
mod interrupted;
mod journey;
mod keys;
mod killed;
mod lifted;
mod limited;
mod logos;
mod lost;
mod made_up;
mod markers;
mod merged;
mod merged_tags;
mod merged_tenants;
mod modules;
mod moved;
mod newest;
mod odd;
mod one_server;
mod outputs;
mod pace;
mod packages;
mod part;
mod permissions;
mod planted;
mod random;
mod read_feeds;
mod reading;
mod references;
mod rehome;
mod report;
mod road;
mod rooms;
mod rows;
mod runs;
mod sequences;
mod servers;
mod since;
mod spread;
mod steps;
#[allow(
    clippy::disallowed_methods,
    reason = "the one place that starts programs, each in a folder of its own"
)]
#[allow(dead_code, reason = "each topic uses some of it")]
mod support;
mod template_defaults;
mod tenants;
mod this_time;
mod tls;
mod tokens;
mod trial;
mod unchanged;
mod unlock;
mod unreadable;
mod years;
