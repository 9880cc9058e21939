//! The maps of what is known: read by every call, written as changes come in.

/// Without a lock, and with a fast hash: keys are ids that we make, keyed hashes, and names that administrators choose.
/// Nobody else can choose one, to make it collide with others.
pub(crate) type Known<K, V> = papaya::HashMap<K, V, foldhash::fast::RandomState>;
