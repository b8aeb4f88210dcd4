//! What a process on this machine uses, as the kernel counts it.

use std::fs;

/// Of one process, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time on a processor of all its threads, ns (`/proc/PID/task/*/schedstat`): exact, unlike the ticks of `stat`.
    pub cpu_ns: u64,
    /// Memory in use, bytes (`VmRSS`).
    pub rss: u64,
    /// Open files and sockets.
    pub descriptors: u64,
}

/// Reads it; zeroes when there is no such process, or none may be seen. Threads that have ended are not counted.
pub fn usage(pid: u32) -> Usage {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of_task = |entry: fs::DirEntry| -> Option<u64> {
        fs::read_to_string(entry.path().join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |entries| entries.count() as u64);
    Usage { cpu_ns: tasks.filter_map(of_task).sum(), rss: kib.unwrap_or(0) * 1_024, descriptors }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let before = usage(std::process::id());
        assert!(before.rss > 1_000_000 && before.descriptors > 2, "{before:?}");
        let sum = (0..3_000_000u64).fold(0u64, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
        let after = usage(std::process::id());
        assert!(after.cpu_ns > before.cpu_ns, "{sum}");
        assert_eq!(usage(u32::MAX), Usage::default());
    }
}
