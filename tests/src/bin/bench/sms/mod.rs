//! The SMS sender: the first message of an idle system, many through nothing, many through Kannel, and a long backlog at the start.

mod backlog;
mod first;
mod kannel;
mod null;
mod peer;
mod sender;

use crate::figure::Figure;

/// Measures all of it.
pub async fn measure() -> Vec<Figure> {
    let mut figures = first::measure().await;
    figures.extend(null::measure().await);
    figures.extend(kannel::measure().await);
    figures.extend(backlog::measure().await);
    figures
}
