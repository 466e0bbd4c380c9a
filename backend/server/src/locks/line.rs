//! Waiting for a lock: the line, the question to the holder, its answer. All state is in Redis and in the desktop that waits: any server may
//! die and nobody loses its place.

use postoffice_domain::{clock::Timestamp, ttn::Ttn};
use postoffice_protocol::{
    locks::{AskAnswer, InLine, LockHolder, LockParty, LockPurpose},
    session::SessionId,
};

use super::{Locks, LocksError, call, unstamped};

/// A waiter that said nothing for this long is passed over. A desktop asks again every 3 s.
const ALIVE_MS: u64 = 7_000;

/// A grant that nobody confirms ends after this (`common.lua`).
const CONFIRM_MS: u64 = 3_000;

/// The holder and its desktop were silent, the lock went to who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overruled {
    /// Who had it.
    pub former: LockHolder,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// What `wait.lua` answers.
type LineAnswer = (u8, String, u32, i64, String, Option<String>);

/// How it stands with who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the desktop is told.
    pub state: InLine,
    /// Set when this very call took the lock from a silent holder.
    pub overruled: Option<Overruled>,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// The question was over before.
    Over,
    /// The lock is somebody else's now.
    HandedOver {
        /// Whose.
        to: LockHolder,
        /// When it was asked for.
        asked_at: Timestamp,
    },
    /// Kept for a while.
    Kept,
}

impl Locks {
    /// No lock is given for longer than this.
    pub(super) fn longest_ms(&self) -> u64 {
        self.settings.lease_ms.max(self.settings.reserve_ms).max(CONFIRM_MS)
    }

    /// Waits in line, and with `asking` asks the holder to hand over. Called again every few seconds by who waits.
    ///
    /// # Errors
    /// Redis is away, or the key holds something else.
    pub async fn wait(&self, ttn: &Ttn, holder: &LockHolder, asking: bool) -> Result<Line, LocksError> {
        let waiter = LockHolder { purpose: LockPurpose::Reserved, ..holder.clone() };
        let mut asked = call(&self.scripts.wait, ttn, holder.session);
        asked
            .arg(unstamped(&waiter)?)
            .arg(ALIVE_MS)
            .arg(self.settings.reserve_ms)
            .arg(if asking { self.settings.ask_ms } else { 0 })
            .arg(self.settings.overrule_ms)
            .arg(serde_json::to_string(&LockParty::from(holder))?)
            .arg(self.longest_ms());
        let (what, present, place, number, party, asked_at): LineAnswer =
            asked.invoke_async(&mut self.redis.clone()).await?;
        let holder: LockHolder = serde_json::from_str(&present)?;
        let ms = u64::try_from(number).unwrap_or(0);
        let mut overruled = None;
        let state = match what {
            1 => {
                if let Some(holder) = self.undone(ttn, holder.session).await? {
                    InLine::Waiting { holder, place: 1 }
                } else {
                    self.remember(ttn, &holder, ms);
                    InLine::Granted { open_within_ms: ms }
                }
            }
            3 => InLine::Asked { holder, place, answer_within_ms: ms },
            4 => InLine::Kept { holder, place, ask_again_in_ms: ms },
            5 => InLine::AskedByOther { holder, place, by: serde_json::from_str(&party)? },
            6 => {
                self.memory.let_go(ttn, holder.session);
                overruled = Some(Overruled { former: holder, asked_at: at(asked_at.as_deref()) });
                InLine::Granted { open_within_ms: ms }
            }
            _ => InLine::Waiting { holder, place },
        };
        Ok(Line { state, overruled })
    }

    /// Waits and asks no more. What is kept for this session goes to the next one.
    ///
    /// # Errors
    /// Redis is away; the place in the line ends by itself.
    pub async fn leave(&self, ttn: &Ttn, session: SessionId) -> Result<(), LocksError> {
        let asked = call(&self.scripts.leave, ttn, session);
        asked.invoke_async::<u8>(&mut self.redis.clone()).await?;
        Ok(())
    }

    /// The holder's answer to a colleague who asks.
    ///
    /// # Errors
    /// Redis is away, or the key holds something else.
    pub async fn answer(&self, ttn: &Ttn, session: SessionId, answer: AskAnswer) -> Result<Answered, LocksError> {
        let word = match answer {
            AskAnswer::HandOver => "hand_over",
            AskAnswer::Keep => "keep",
        };
        let mut asked = call(&self.scripts.answer, ttn, session);
        asked.arg(word).arg(self.settings.keep_ms);
        let (what, to, asked_at): (u8, String, String) = asked.invoke_async(&mut self.redis.clone()).await?;
        Ok(match what {
            0 => Answered::Over,
            1 => {
                let to: LockHolder = serde_json::from_str(&to)?;
                self.remember(ttn, &to, CONFIRM_MS);
                Answered::HandedOver { to, asked_at: at(Some(&asked_at)) }
            }
            _ => Answered::Kept,
        })
    }
}

/// A time that a script wrote down.
fn at(millis: Option<&str>) -> Timestamp {
    Timestamp::from_millis(millis.and_then(|text| text.parse().ok()).unwrap_or(0))
}
