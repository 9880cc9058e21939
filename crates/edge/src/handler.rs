//! Handlers without their types.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::response::Response;

use crate::state::State;

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler of which only this is known: that it answers requests.
#[derive(Clone)]
pub struct Boxed(Arc<dyn Fn(Request, State) -> Answering + Send + Sync>);

/// An async function that takes out of a request what it needs.
pub trait Plain<T>: Handler<T, State, Future = Answering> + Sync {}

impl<T, H: Handler<T, State, Future = Answering> + Sync> Plain<T> for H {}

/// Takes a handler's type away. A router has many functions that are compiled anew for every type of handler that it gets,
/// and there are some hundreds of handlers; of boxed ones there is one type (ADR 73).
/// The cost is one call through a pointer for each request.
pub fn boxed<T: 'static>(handler: impl Plain<T>) -> Boxed {
    Boxed(Arc::new(move |request, state| handler.clone().call(request, state)))
}

impl Handler<(), State> for Boxed {
    type Future = Answering;

    fn call(self, request: Request, state: State) -> Answering {
        (self.0)(request, state)
    }
}
