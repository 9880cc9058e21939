//! The gateway check: asked directly, and by real gateways that run the files of the guide.

mod call;
mod certificates;
mod decision;
mod described;
mod door;
mod failing;
mod front;
mod guide;
mod monitor;
mod peers;
mod protected;
mod same_path;
mod upstream;
