//! What a process costs, as the kernel counts it.

use std::time::Duration;

/// Clock ticks of a second in `/proc`: the same on every Linux that this runs on.
const TICKS: u32 = 100;

/// The processor time that a process has taken.
pub(crate) fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process lives");
    // After the name, which may have blanks: field 3 is the first.
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |number: usize| fields[number - 3].parse::<u32>().expect("a number of ticks");
    Duration::from_secs(1) * (ticks(14) + ticks(15)) / TICKS
}

/// A line of `/proc/PID/status`, in MiB: `VmRSS` for now, `VmHWM` for the most ever.
pub(crate) fn memory(pid: u32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process lives");
    let line = status.lines().find(|line| line.starts_with(name)).expect("there is such a line");
    let kib: f64 = line.split_whitespace().nth(1).expect("a number").parse().expect("a number");
    kib / 1024.0
}
