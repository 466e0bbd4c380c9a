//! Waiting for a condition: asked again and again, with an end.

use std::{future::Future, time::Duration};

/// Longest wait of a story's step.
pub const PATIENCE: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(25);

/// Asks until there is an answer.
///
/// # Panics
/// Patience is over: `what` did not come.
pub async fn until<T, F>(what: &str, ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    until_within(PATIENCE, what, ask).await
}

/// The same, with more patience or less.
///
/// # Panics
/// Patience is over: `what` did not come.
pub async fn until_within<T, F>(patience: Duration, what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let asked = tokio::time::timeout(patience, async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    });
    let Ok(answer) = asked.await else { panic!("waited {patience:?} in vain for: {what}") };
    answer
}
