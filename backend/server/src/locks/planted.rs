//! Bugs that fault suites plant in the scripts (`postoffice_runtime::planted!`): one place, one replacement each.

use postoffice_runtime::planted;

/// The script with the bug of `POSTOFFICE_PLANTED`, if that bug is one of this script.
///
/// # Panics
/// The script has changed and the bug does not fit into it any more.
pub(super) fn in_script(file: &str, text: &str) -> String {
    let bug = match file {
        "release.lua" if planted!("locks.release_anyones") => {
            Some(("owner ~= ME or (wanted ~= '' and word ~= wanted)", "wanted ~= '' and word ~= wanted"))
        }
        "renew.lua" if planted!("locks.renew_anyones") => Some(("if owner ~= ME then", "if false then")),
        "acquire.lua" if planted!("locks.acquire_overwrites") => Some(("if owner ~= ME then", "if false then")),
        "acquire.lua" if planted!("locks.acquire_jumps_line") => {
            Some(("redis.call('EXISTS', QUEUE) == 1", "redis.call('EXISTS', QUEUE) == 2"))
        }
        _ if planted!("locks.line_last_first") => Some(("redis.call('LPOP', QUEUE)", "redis.call('RPOP', QUEUE)")),
        _ if planted!("locks.grant_to_dead") => Some((
            "alive_until and tonumber(alive_until) > now then\n            holder",
            "alive_until then\n            holder",
        )),
        _ => None,
    };
    let Some((right, wrong)) = bug else { return text.to_owned() };
    assert!(text.contains(right), "{file}: the planted bug does not fit any more");
    text.replace(right, wrong)
}
