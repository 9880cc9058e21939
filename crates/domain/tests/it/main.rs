//! The rules of the nouns, seen from outside.
#![allow(clippy::unwrap_used)]

mod clients;
mod drafts;
mod instants;
mod invitations;
mod keys;
mod passwords;
mod permissions;
mod routes;
mod sample;
mod state_machines;
