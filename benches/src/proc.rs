//! What Linux says about processes: processor time and peak memory, without a line of C.

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

/// Processor time of a running process, user and system, in seconds (to 0.01 s).
#[must_use]
pub fn cpu_of(pid: u32) -> Option<f64> {
    cpu_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?, [11, 12])
}

/// Processor time that the machine has spent on anything at all since it started, in seconds.
#[must_use]
pub fn busy_cpu() -> Option<f64> {
    busy_in(&fs::read_to_string("/proc/stat").ok()?)
}

/// Processes that were ready to run on average over the last 15 minutes.
#[must_use]
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().nth(2)?.parse().ok()
}

/// A process that this one has started, or that one of those has.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The number of the process that started it.
    pub parent: u32,
    /// The name of its program, of which Linux keeps fifteen letters.
    pub name: String,
    /// Processor time of it and of its children that have ended, user and system, in seconds.
    pub cpu: f64,
}

/// All that run now of what this process has started, directly or not.
#[must_use]
pub fn family() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut others: Vec<Process> =
        entries.filter_map(|entry| process_in(&fs::read_to_string(entry.path().join("stat")).ok()?)).collect();
    let mut family = Vec::new();
    let mut parents = vec![std::process::id()];
    while let Some(parent) = parents.pop() {
        for child in others.extract_if(.., |process| process.parent == parent) {
            parents.push(child.pid);
            family.push(child);
        }
    }
    family
}

fn process_in(stat: &str) -> Option<Process> {
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(')')?;
    let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
    let cpu = cpu_in(stat, [11, 12])? + cpu_in(stat, [13, 14])?;
    Some(Process { pid: pid.parse().ok()?, parent, name: name.to_owned(), cpu })
}

/// Everything but idling and waiting for the disk. Time of guests is in that of users already.
fn busy_in(stat: &str) -> Option<f64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let ticks = fields.take(8).enumerate().filter(|(at, _)| ![3, 4].contains(at));
    ticks.map(|(_, word)| word.parse::<f64>().ok()).sum::<Option<f64>>().map(|ticks| ticks / TICKS)
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
        let process = process_in(stat).unwrap();
        assert_eq!((process.pid, process.parent, process.name.as_str(), process.cpu), (42, 1, "a) b", 12.0));
        assert_eq!(busy_in("cpu  100 0 100 5000 500 0 0 50 7 7\ncpu0 1"), Some(2.5));
    }

    #[test]
    fn a_family_is_everybody_below() {
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "cat; true"])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let is_there = |name: &str| family().iter().any(|process| process.name == name);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        assert!(driftd_testkit::services::wait_until(deadline, || is_there("sh") && is_there("cat")));
        assert!(cpu_of(shell.id()).is_some() && busy_cpu().is_some());
        drop(shell.stdin.take());
        shell.wait().unwrap();
    }
}
