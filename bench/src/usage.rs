//! What a process has used, as `/proc` tells it (proc(5)).

use anyhow::{Context, Result};
use std::{fs, time::Duration};

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
