//! What it was measured on: without it a figure means nothing.

use std::{
    fmt,
    fs::{self, File},
    io::{Seek, Write},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// The machine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_mb: u64,
    kernel: String,
    /// 8 KB written and synced in a second, one after another, where the databases of the bench are.
    fsyncs_per_second: f64,
    /// Load average of the last minute, before and after: how much the machine did besides.
    pub load_before: String,
    /// The same, after.
    pub load_after: String,
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, memory_mb, kernel, fsyncs_per_second, load_before, .. } = self;
        write!(
            f,
            "{cores} cores ({processor}), {memory_mb} MB, Linux {kernel}, {fsyncs_per_second:.0} fsyncs/s, load {load_before}"
        )
    }
}

/// Looks at it.
pub fn look() -> Machine {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_default();
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    Machine {
        processor,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_mb: memory.trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024,
        kernel: read("/proc/sys/kernel/osrelease"),
        fsyncs_per_second: fsyncs_per_second(),
        load_before: load(),
        load_after: String::new(),
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// Load average of the last minute.
pub fn load() -> String {
    read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned()
}

/// Resident memory of a process in MB.
///
/// # Panics
/// There is no such process.
pub fn resident_mb(pid: u32) -> f64 {
    let resident = field(&format!("/proc/{pid}/status"), "VmRSS").expect("the process runs");
    resident.trim_end_matches(" kB").parse::<f64>().expect("the kernel gives a number") / 1024.0
}

/// Processor time that a process has used so far.
///
/// # Panics
/// There is no such process.
pub fn processor_time(pid: u32) -> Duration {
    let stat = read(&format!("/proc/{pid}/stat"));
    // Behind the name in brackets, which may hold anything: utime and stime are the 12th and 13th word, in hundredths of a second.
    let (_, words) = stat.rsplit_once(") ").expect("the process runs");
    let ticks: u64 = words.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The same of the processes that a process has begun, also of those that have ended: PostgreSQL has one for each connection. Of a
/// process that is gone, nothing.
///
/// # Panics
/// There is no `/proc`.
pub fn processor_time_of_children(pid: u32) -> Duration {
    // In `stat` of a process the words behind its name begin with its state and its parent; the time of ended children are the 14th and 15th.
    let words = |pid: &str| -> Vec<u64> {
        let stat = read(&format!("/proc/{pid}/stat"));
        let behind = stat.rsplit_once(") ").map_or("", |(_, words)| words);
        behind.split(' ').map(|word| word.parse().unwrap_or(0)).collect()
    };
    let ended: u64 = words(&pid.to_string()).iter().skip(13).take(2).sum();
    let running: u64 = fs::read_dir("/proc")
        .expect("Linux")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .map(|entry| words(&entry))
        .filter(|words| words.get(1) == Some(&u64::from(pid)))
        .map(|words| words.iter().skip(11).take(2).sum::<u64>())
        .sum();
    Duration::from_millis((ended + running) * 10)
}

fn fsyncs_per_second() -> f64 {
    let path = std::env::temp_dir().join(format!("postoffice-bench-{}.fsync", std::process::id()));
    let mut file = File::create(&path).expect("a temp file");
    let began = Instant::now();
    let mut count = 0.0;
    while began.elapsed() < Duration::from_secs(1) {
        file.rewind()
            .and_then(|()| file.write_all(&[7; 8192]))
            .and_then(|()| file.sync_data())
            .expect("the disk takes it");
        count += 1.0;
    }
    let rate = count / began.elapsed().as_secs_f64();
    fs::remove_file(&path).expect("our own file");
    rate
}
