//! The rules of the nouns, seen from outside.
#![allow(clippy::unwrap_used)]

mod instants;
mod keys;
mod passwords;
mod routes;
mod sample;
