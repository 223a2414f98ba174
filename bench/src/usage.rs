//! What a process has used, as `/proc` tells it (proc(5)).

use anyhow::{Context, Result, ensure};
use std::{collections::HashMap, fs, time::Duration};

/// A process, this one's child or a stranger's.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

/// Memory at one moment, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// What the process itself has written to and nobody else has: heap and stacks, in memory or swapped out.
    pub anonymous: u64,
    /// Its share of everything that is mapped.
    pub proportional: u64,
}

/// The CPU time of some processes, finer than [`Process::cpu`]: for what takes few ticks.
///
/// It is told for each thread that there is: what a thread has used that has ended since is lost. The servers' threads
/// stay, but for those that have hashed a password.
#[derive(Clone, Debug, Default)]
pub struct Threads(HashMap<u32, Duration>);

impl Threads {
    pub fn of(processes: &[Process]) -> Result<Self> {
        let mut threads = HashMap::new();
        for process in processes {
            // What has ended meanwhile has none.
            let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", process.0)) else { continue };
            for task in tasks {
                let Ok(thread) = task?.file_name().to_string_lossy().parse::<u32>() else { continue };
                let Ok(used) = process.read(&format!("task/{thread}/schedstat")) else { continue };
                let nanoseconds = used.split_whitespace().next().context("schedstat is empty")?.parse()?;
                threads.insert(thread, Duration::from_nanos(nanoseconds));
            }
        }
        ensure!(!threads.is_empty(), "the kernel does not tell the CPU time of threads (CONFIG_SCHED_INFO)");
        Ok(Self(threads))
    }

    /// What has been used since.
    pub fn since(&self, before: &Self) -> Duration {
        let used = |(thread, now): (&u32, &Duration)| {
            now.saturating_sub(before.0.get(thread).copied().unwrap_or_default())
        };
        self.0.iter().map(used).sum()
    }
}

impl Process {
    /// The CPU time of all its threads, ended ones too, in user space and in the kernel. The kernel reckons it in
    /// nanoseconds and tells it in ticks, commonly of 10 ms: what is measured must take many.
    pub fn cpu(self) -> Result<Duration> {
        let stat = self.read("stat")?;
        // The second field is the program's name in parentheses, which may hold anything.
        let after_name = stat.rsplit_once(')').context("stat without a name")?.1;
        let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        let ticks: u64 = ticks.sum::<Result<_, _>>().context("stat without times")?;
        Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
    }

    pub fn memory(self) -> Result<Memory> {
        let status = self.read("status")?;
        Ok(Memory {
            anonymous: amount(&status, "RssAnon:")? + amount(&status, "VmSwap:")?,
            proportional: amount(&self.read("smaps_rollup")?, "Pss:")?,
        })
    }

    fn read(self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.0);
        fs::read_to_string(&path).with_context(|| path)
    }
}

/// The bytes in a line such as `Pss:   123 kB`.
fn amount(text: &str, name: &str) -> Result<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map(|kib| kib * 1024)
        .with_context(|| format!("no {name} in /proc"))
}
