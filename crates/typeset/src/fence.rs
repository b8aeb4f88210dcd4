//! What one paper may use of the machine. The child sets it on itself before it reads the request, so it also holds
//! when the parent has died.

use rustix::process::{Resource, Rlimit, nice, setrlimit};

/// Bounds of one `typeset` process; the figures are the server's (`limits.rs`).
#[derive(Debug, Clone, Copy)]
pub struct Fence {
    /// Bytes of private writable memory (RLIMIT_DATA). More: allocation fails and the process aborts.
    pub memory: u64,
    /// Seconds of processor time (RLIMIT_CPU). More: the kernel kills the process.
    pub cpu_seconds: u64,
}

impl Fence {
    /// Puts the limits on the calling process. No core dump (it would hold personal data), no more
    /// than a handful of descriptors, and a lower priority than the call that runs beside it.
    ///
    /// # Errors
    /// The kernel's refusal.
    pub fn close(&self) -> std::io::Result<()> {
        for (resource, most) in [
            (Resource::Data, self.memory),
            (Resource::Cpu, self.cpu_seconds),
            (Resource::Core, 0),
            (Resource::Nofile, 16),
        ] {
            setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
        }
        nice(10)?;
        Ok(())
    }
}
