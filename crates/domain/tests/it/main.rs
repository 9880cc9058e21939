//! The rules of the nouns, seen from outside.
#![allow(clippy::unwrap_used)]

mod instants;
mod keys;
mod routes;
mod sample;
