//! Where a server is, as people type it.

use postoffice_protocol::problem::{Problem, ProblemCode};

/// Port of a server when none is typed.
pub const DEFAULT_PORT: u16 = 7700;

/// `host:port` of what was typed: a name or address, with or without port, scheme or trailing slash.
///
/// # Errors
/// `server_unreachable`: it cannot be an address.
pub fn normal(typed: &str) -> Result<String, Box<Problem>> {
    let bad = || Box::new(Problem::new(ProblemCode::ServerUnreachable, "not a server address"));
    let bare = typed.trim();
    let bare = ["ws://", "http://"].iter().find_map(|scheme| bare.strip_prefix(scheme)).unwrap_or(bare);
    let bare = bare.trim_end_matches('/');
    if bare.is_empty() || bare.len() > 253 + 6 {
        return Err(bad());
    }
    let (host, port) = match bare.rsplit_once(':') {
        // A bare IPv6 address has several colons and no brackets.
        Some((host, _)) if host.contains(':') && !host.starts_with('[') => (format!("[{bare}]"), DEFAULT_PORT),
        Some((host, port)) => (host.to_owned(), port.parse().map_err(|_| bad())?),
        None => (bare.to_owned(), DEFAULT_PORT),
    };
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(good) || port == 0 {
        return Err(bad());
    }
    Ok(format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        for (typed, expected) in [
            ("post-lviv.local", "post-lviv.local:7700"),
            (" 192.168.10.5:7800/ ", "192.168.10.5:7800"),
            ("http://post", "post:7700"),
            ("::1", "[::1]:7700"),
            ("[::1]:81", "[::1]:81"),
        ] {
            assert_eq!(normal(typed).unwrap(), expected);
        }
        for typed in ["", "a b", "host:port", "host:0", "host:70000", "post/../x", "користувач@post"] {
            assert_eq!(normal(typed).map_err(|problem| problem.code), Err(ProblemCode::ServerUnreachable), "{typed}");
        }
    }
}
