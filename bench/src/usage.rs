//! The CPU time and memory of processes, from `/proc` (proc(5)).

use anyhow::{Context, Result, ensure};
use std::{collections::HashMap, fs, time::Duration};

/// A process, which need not be a child of this one.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

/// The memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Private anonymous memory: heap and stacks, resident or swapped out.
    pub anonymous: u64,
    /// The proportional set size (PSS): its share of all mapped memory.
    pub proportional: u64,
}

/// The CPU time of the threads of some processes, in nanoseconds: more precise than [`Process::cpu`].
///
/// Only existing threads are counted; the CPU time of threads that have ended is lost. The threads of the servers stay,
/// except those that hash passwords.
#[derive(Clone, Debug, Default)]
pub struct Threads(HashMap<u32, Duration>);

impl Threads {
    pub fn of(processes: &[Process]) -> Result<Self> {
        let mut threads = HashMap::new();
        for process in processes {
            // A process that has ended has no threads.
            let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", process.0)) else { continue };
            for task in tasks {
                let Ok(thread) = task?.file_name().to_string_lossy().parse::<u32>() else { continue };
                let Ok(used) = process.read(&format!("task/{thread}/schedstat")) else { continue };
                let nanoseconds = used.split_whitespace().next().context("schedstat is empty")?.parse()?;
                threads.insert(thread, Duration::from_nanos(nanoseconds));
            }
        }
        ensure!(
            !threads.is_empty(),
            "the kernel does not report the CPU time of threads (CONFIG_SCHED_INFO)"
        );
        Ok(Self(threads))
    }

    /// Returns the CPU time used since an earlier reading.
    pub fn since(&self, before: &Self) -> Duration {
        let used = |(thread, now): (&u32, &Duration)| {
            now.saturating_sub(before.0.get(thread).copied().unwrap_or_default())
        };
        self.0.iter().map(used).sum()
    }
}

impl Process {
    /// Returns the CPU time of all threads, including ended ones, in user space and in the kernel. The unit of the
    /// kernel is a tick, commonly 10 ms, so a measurement must take many ticks.
    pub fn cpu(self) -> Result<Duration> {
        let stat = self.read("stat")?;
        // The second field is the program's name in parentheses, which may contain any character.
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

/// Returns the amount in a line such as `Pss:   123 kB`, in bytes.
fn amount(text: &str, name: &str) -> Result<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map(|kib| kib * 1024)
        .with_context(|| format!("no {name} in /proc"))
}
