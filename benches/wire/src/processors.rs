//! Who runs on which processor: the program under measurement has one for itself, as it has on Lambda, and its
//! neighbours, which are other machines there, share the others. Left to itself, the kernel runs whoever is waited for on
//! the processor of the one who waits, and their work would count as the program's time.

#[cfg(target_os = "linux")]
pub(crate) use linux::Processors;

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::Arc;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The processors of this machine, divided; empty where there is only one, or where they can't be divided.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Processors(Option<Arc<Divided>>);

    #[derive(Debug)]
    struct Divided {
        program: CpuSet,
        neighbours: CpuSet,
    }

    impl Processors {
        /// Keeps this thread, and those that it starts from now on, off the last processor.
        pub(crate) fn divide() -> Self {
            let Ok(mut neighbours) = sched_getaffinity(None) else { return Self::default() };
            let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|processor| neighbours.is_set(*processor)) else {
                return Self::default();
            };
            neighbours.unset(last);
            let mut program = CpuSet::new();
            program.set(last);
            let is_divided = neighbours.count() > 0 && sched_setaffinity(None, &neighbours).is_ok();
            Self(is_divided.then(|| Arc::new(Divided { program, neighbours })))
        }

        /// Runs what spawns the program, which inherits the processor that is kept for it.
        pub(crate) fn spawn<T>(&self, spawn: impl FnOnce() -> T) -> T {
            let Some(divided) = &self.0 else { return spawn() };
            let is_there = sched_setaffinity(None, &divided.program).is_ok();
            let spawned = spawn();
            if is_there {
                // It was possible before.
                let _is_back = sched_setaffinity(None, &divided.neighbours);
            }
            spawned
        }

        /// What the table says of it.
        pub(crate) const fn in_words(&self) -> &'static str {
            if self.0.is_some() { "each program alone on one of them" } else { "not divided" }
        }
    }
}

/// Processors that can't be divided.
#[cfg(not(target_os = "linux"))]
#[derive(Clone, Debug, Default)]
pub(crate) struct Processors;

#[cfg(not(target_os = "linux"))]
impl Processors {
    /// Leaves everything to the kernel.
    pub(crate) const fn divide() -> Self {
        Self
    }

    /// Runs what spawns the program.
    pub(crate) fn spawn<T>(&self, spawn: impl FnOnce() -> T) -> T {
        spawn()
    }

    /// What the table says of it.
    pub(crate) const fn in_words(&self) -> &'static str {
        "not divided"
    }
}
