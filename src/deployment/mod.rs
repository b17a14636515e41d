//! The parts of a deployment: which modules in which order, which secrets they get, what stands at the destination already, and the run of
//! one module through Terraform and finish.

mod apply;
mod by_relay;
pub mod collected;
pub mod deployed;
mod destruction;
pub mod entered;
pub mod existing;
pub mod exported;
pub mod fetched;
mod former;
mod gone;
mod identity;
pub mod left;
pub mod licence;
pub mod notes;
pub mod order;
pub mod outcomes;
mod prepare;
pub mod projects;
pub mod providers;
pub mod ready;
pub mod refused;
mod remade;
mod renames;
pub mod run;
mod state;
pub mod step;
pub mod supply;
pub mod tenant;
pub mod times;
pub mod token;
