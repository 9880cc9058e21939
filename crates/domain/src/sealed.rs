//! Values that must be read again and are kept under a key of the installation.

use std::fmt;

/// A sealed value: worthless without the master key and the place it was sealed for. Never shown, not even in an audit
/// line.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}
