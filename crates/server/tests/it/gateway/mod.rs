//! The gateway check: asked directly, and by real gateways that run the files of the guide.

pub mod call;
mod certificates;
mod decision;
mod described;
pub mod door;
mod failing;
pub mod front;
mod guide;
mod limits;
mod monitor;
mod peers;
mod protected;
mod same_path;
mod tokens;
pub mod upstream;

pub use call::Call;
pub use door::listen;
pub use front::{Front, Kind};
pub use upstream::Upstream;
