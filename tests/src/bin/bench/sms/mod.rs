//! The SMS sender: the first message of an idle system, many through nothing, many through Kannel, and a long backlog at the start.

mod backlog;
mod first;
mod kannel;
mod null;
mod peer;
mod sender;

use crate::figure::Figure;

/// Measures all of it, or the parts whose names begin so.
pub async fn measure(part: &str) -> Vec<Figure> {
    let mut figures = Vec::new();
    if "first".starts_with(part) {
        figures.extend(first::measure().await);
    }
    if "null".starts_with(part) {
        figures.extend(null::measure().await);
    }
    if "kannel".starts_with(part) {
        figures.extend(kannel::measure().await);
    }
    if "backlog".starts_with(part) {
        figures.extend(backlog::measure().await);
    }
    figures
}
