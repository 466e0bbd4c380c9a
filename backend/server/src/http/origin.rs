//! Which web pages may open a socket: none, unless an admin names them. The desktop's Rust core sends no Origin; a browser always does.

use http::{HeaderMap, header::ORIGIN};

/// Whether the request may be upgraded.
pub fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => allowed.iter().any(|allowed| origin.as_bytes() == allowed.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origins: &[&'static str]) -> HeaderMap {
        origins.iter().map(|origin| (ORIGIN, origin.parse().unwrap())).collect()
    }

    #[test]
    fn only_named_origins() {
        let allowed = ["https://post.example".to_owned()];
        assert!(is_allowed(&headers(&[]), &allowed));
        assert!(is_allowed(&headers(&["https://post.example"]), &allowed));
        let refused: [&[&str]; 4] =
            [&["https://evil.example"], &["null"], &["https://post.example", "https://post.example"], &[""]];
        for origins in refused {
            assert!(!is_allowed(&headers(origins), &allowed), "{origins:?}");
        }
    }
}
