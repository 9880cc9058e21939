//! Keeps secrets out of what a crash leaves behind.

/// Writes no core dumps, and lets nobody but root look into the memory of this process. Where the system refuses, there
/// is nothing to be done about it.
pub(crate) fn harden() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};

        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
