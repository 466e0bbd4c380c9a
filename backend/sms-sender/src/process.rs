//! How a process is told from every other, on this run of this machine.

/// `boot id : process id name space : process id : start time`.
pub fn this_process() -> String {
    let pid = std::process::id();
    format!("{}:{pid}:{}", this_machine(), started_at(pid).unwrap_or_default())
}

/// This run of this machine, and the name space in which process ids mean something (containers share the boot id).
pub(crate) fn this_machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits: String = space.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    format!("{}:{digits}", boot.trim())
}

/// When a process started, in clock ticks since the machine did: with the process id it names a process for good.
fn started_at(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets and may hold anything; the start time is the 20th after it.
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(19).map(str::to_owned)
}

/// Whether the process that wrote a token lives; `None`: it is not on this machine, so we cannot know.
pub fn is_alive_here(token: &str) -> Option<bool> {
    let rest = token.strip_prefix(&format!("{}:", this_machine()))?;
    let mut parts = rest.split(':');
    let pid = parts.next()?.parse().ok()?;
    Some(started_at(pid).as_deref() == parts.next())
}

/// Whether a token was written on this run of this machine, by whatever process and in whatever name space.
pub fn is_of_this_run(token: &str) -> bool {
    let boot = this_machine();
    let boot = boot.split_once(':').map_or(boot.as_str(), |(boot, _)| boot);
    !boot.is_empty() && token.split_once(':').is_some_and(|(wrote, _)| wrote == boot)
}
