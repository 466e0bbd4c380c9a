//! The channel to the gateway: open, or paused because the gateway is away, busy or refuses us.
//!
//! After a pause one message goes alone (the probe). If it is taken, all go; if not, the pause grows. So a gateway that comes back is not hit
//! by everything at once, and one that is away costs one call per pause.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use postoffice_domain::entropy::Entropy;
use postoffice_protocol::messages::MessageReason;
use tokio::{
    sync::OwnedMutexGuard,
    time::{Instant, sleep_until},
};

use crate::policy::backoff::Backoff;

/// Failures in a row, each of one message only, that count as trouble of the whole channel.
const SUSPICIOUS_ROW: u32 = 5;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It refuses us: somebody must mend it.
    Refuses,
    /// The money of the day is spent.
    Spent,
    /// It is away or busy, and perhaps said for how long.
    Away(Option<Duration>),
    /// One message did not go through; by itself that says little.
    OneMessage,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Instant,
    reason: MessageReason,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    pause: Option<Pause>,
}

/// The channel.
pub struct Channel {
    state: Mutex<State>,
    probe: Arc<tokio::sync::Mutex<()>>,
    backoff: Backoff,
    refusal_pause: Duration,
    entropy: Arc<dyn Entropy>,
}

/// Permission for one call. Keep it until the answer was told to the channel.
#[derive(Debug)]
pub struct Pass {
    _alone: Option<OwnedMutexGuard<()>>,
}

impl Channel {
    /// An open channel.
    pub fn new(backoff: Backoff, refusal_pause: Duration, entropy: Arc<dyn Entropy>) -> Self {
        Self { state: Mutex::default(), probe: Arc::default(), backoff, refusal_pause, entropy }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing can panic while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Permission for a call if the channel is open.
    pub fn pass_now(&self) -> Option<Pass> {
        self.lock().pause.is_none().then_some(Pass { _alone: None })
    }

    /// Waits until a call may be made.
    pub async fn pass(&self) -> Pass {
        loop {
            let Some(pause) = self.lock().pause else { return Pass { _alone: None } };
            sleep_until(pause.until).await;
            let alone = Arc::clone(&self.probe).lock_owned().await;
            // Another probe may have opened the channel, or paused it again, while we waited for our turn.
            match self.lock().pause {
                None => return Pass { _alone: None },
                Some(pause) if pause.until > Instant::now() => {}
                Some(_) => return Pass { _alone: Some(alone) },
            }
        }
    }

    /// The gateway took a message.
    pub fn works(&self) {
        let mut state = self.lock();
        if state.pause.is_some() {
            tracing::info!("the gateway takes messages again");
        }
        *state = State::default();
    }

    /// The gateway did not take a message.
    pub fn fails(&self, trouble: Trouble) {
        let mut state = self.lock();
        let now = Instant::now();
        // Calls that were under way when the pause began say nothing new.
        if state.pause.is_some_and(|pause| pause.until > now) {
            return;
        }
        state.failures = state.failures.saturating_add(1);
        let wait = |failures| self.backoff.after(failures, &*self.entropy);
        let (pause, reason) = match trouble {
            Trouble::Refuses => (self.refusal_pause, MessageReason::ChannelPaused),
            // Looked at again now and then and not at midnight only: an admin may raise the limit, and clocks are set.
            Trouble::Spent => (self.refusal_pause, MessageReason::SpendCap),
            // "At once" would be a tight loop.
            Trouble::Away(Some(asked)) => (asked.max(wait(1)), MessageReason::GatewayUnavailable),
            Trouble::Away(None) => (wait(state.failures), MessageReason::GatewayUnavailable),
            Trouble::OneMessage if state.failures >= SUSPICIOUS_ROW || state.pause.is_some() => {
                (wait(state.failures.saturating_sub(SUSPICIOUS_ROW - 1).max(1)), MessageReason::GatewayUnavailable)
            }
            Trouble::OneMessage => return,
        };
        if trouble == Trouble::Refuses {
            tracing::error!(?pause, "the gateway refuses us: check credentials, credit and address; messages wait");
        } else if trouble == Trouble::Spent {
            tracing::error!("what may be spent on a day (spend.per_day) is spent; messages wait for the next day");
        } else {
            tracing::warn!(?pause, failures = state.failures, "the gateway does not take messages; they wait");
        }
        state.pause = Some(Pause { until: now.checked_add(pause).unwrap_or(now), reason });
    }

    /// How long the pause lasts from now; zero: it is open, or its probe is due.
    pub fn opens_in(&self) -> Duration {
        self.lock().pause.map_or(Duration::ZERO, |pause| pause.until.saturating_duration_since(Instant::now()))
    }

    /// Why the channel is paused; `None`: it is open.
    pub fn paused_because(&self) -> Option<MessageReason> {
        self.lock().pause.map(|pause| pause.reason)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    struct NoJitter;
    impl Entropy for NoJitter {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn channel() -> Arc<Channel> {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));
        Arc::new(Channel::new(backoff, Duration::from_mins(5), Arc::new(NoJitter)))
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_then_all() {
        let channel = channel();
        channel.fails(Trouble::Away(None));
        assert_eq!(channel.paused_because(), Some(MessageReason::GatewayUnavailable));
        let begun = Instant::now();
        let probe = channel.pass().await;
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        let second = tokio::spawn({
            let channel = Arc::clone(&channel);
            async move { channel.pass().await }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished(), "the probe goes alone");
        channel.works();
        drop(probe);
        second.await.unwrap();
        assert!(channel.pass().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_by_the_episode_not_by_the_call() {
        let channel = channel();
        for _ in 0..16 {
            channel.fails(Trouble::Away(None));
        }
        let begun = Instant::now();
        let probe = channel.pass().await;
        channel.fails(Trouble::Away(None));
        drop(probe);
        drop(channel.pass().await);
        assert_eq!(begun.elapsed(), Duration::from_secs(1 + 2));
    }

    #[tokio::test(start_paused = true)]
    async fn refusal_is_long_and_an_asked_for_wait_is_heeded() {
        let channel = channel();
        channel.fails(Trouble::Refuses);
        assert_eq!(channel.paused_because(), Some(MessageReason::ChannelPaused));
        let begun = Instant::now();
        drop(channel.pass().await);
        channel.fails(Trouble::Away(Some(Duration::from_secs(7))));
        drop(channel.pass().await);
        assert_eq!(begun.elapsed(), Duration::from_secs(300 + 7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_single_message_does_not_pause_the_others_but_a_row_does() {
        let channel = channel();
        for _ in 0..4 {
            channel.fails(Trouble::OneMessage);
            assert_eq!(channel.paused_because(), None);
        }
        channel.works();
        for _ in 0..5 {
            channel.fails(Trouble::OneMessage);
        }
        assert!(channel.paused_because().is_some());
    }
}
