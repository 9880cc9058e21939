//! Where memory comes from.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h, which the bindings leave out.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Lets what was freed go back to the system within a tenth of a second, and not only after ten, when something else
/// happens: a desk that has read all its keys at the start would keep what that took for as long as nobody calls.
pub(crate) fn give_back_soon() {
    #[expect(unsafe_code, reason = "the one way to set it from within; it changes a number and nothing else")]
    // SAFETY: takes two numbers, and may be called at any time.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, 10);
    }
}
