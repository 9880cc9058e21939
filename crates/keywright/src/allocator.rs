//! Where memory comes from: of Rust and of C alike.

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What jemalloc reads before anything else. Few arenas, for few threads make many allocations; and what was freed goes
/// back to the system within a second, whatever happens: a desk that has read all its keys at the start would keep what
/// that took for as long as nobody calls.
#[expect(unsafe_code, reason = "the one way to set it from within; it names a text and nothing else")]
// SAFETY: jemalloc reads this text up to its end, and nobody else has a symbol of this name.
#[unsafe(export_name = "malloc_conf")]
static CONFIGURATION: &[u8; 86] =
    b"narenas:2,background_thread:true,dirty_decay_ms:500,muzzy_decay_ms:0,tcache_max:16384\0";
