//! The maps of what is known: read by every call, written as changes come in.

/// Without a lock, and with a fast hash: all keys are ids, names and keyed hashes that this installation keeps. Nobody
/// who calls can put one in, so that none can be chosen to collide.
pub(crate) type Known<K, V> = papaya::HashMap<K, V, foldhash::fast::RandomState>;
