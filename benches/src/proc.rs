//! What Linux says about this process: processor time and peak memory, without a line of C.

use std::fs;

/// Ticks of `/proc/*/stat` in a second; Linux shows user space 100 on every architecture.
const TICKS: f64 = 100.0;

/// Processor time of this process so far, user and system, in seconds (to 0.01 s); `None` where there is no `/proc`.
#[must_use]
pub fn own_cpu() -> Option<f64> {
    cpu_in(&fs::read_to_string("/proc/self/stat").ok()?, [11, 12])
}

/// Processor time of all children that were waited for, user and system, in seconds (to 0.01 s).
#[must_use]
pub fn children_cpu() -> Option<f64> {
    cpu_in(&fs::read_to_string("/proc/self/stat").ok()?, [13, 14])
}

/// Peak resident memory of a process so far, in MiB; `None` once it has ended.
#[must_use]
pub fn peak_rss_mib(pid: u32) -> Option<f64> {
    peak_in(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Peak resident memory of this process so far, in MiB.
#[must_use]
pub fn own_peak_rss_mib() -> Option<f64> {
    peak_rss_mib(std::process::id())
}

/// Sum of two fields, counted from the one after the command, whose name may hold spaces and brackets.
fn cpu_in(stat: &str, fields: [usize; 2]) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields = fields.map(|at| rest.split_whitespace().nth(at).and_then(|word| word.parse::<f64>().ok()));
    let [user, system] = fields;
    Some((user? + system?) / TICKS)
}

fn peak_in(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_any_name() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194304 100 200 0 0 150 50 700 300 20 0 1 0 5 6 7";
        assert_eq!(cpu_in(stat, [11, 12]), Some(2.0));
        assert_eq!(cpu_in(stat, [13, 14]), Some(10.0));
        assert_eq!(cpu_in("nonsense", [11, 12]), None);
        assert_eq!(peak_in("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2.0));
        assert_eq!(peak_in("Name:\tx\n"), None);
    }
}
