//! Waiting for locks. The core stands in line for the window: it says every few seconds that it is still there, which also heals messages
//! that got lost; confirms a lock that was given; and leaves when the window does not open what is kept for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    desktop::{CoreEvent, LineState},
    events::LockNews,
    locks::{AskForLock, InLine, LeaveLine, LockHolder, WaitForLock},
    problem::{Problem, ProblemCode},
    session::SessionId,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use crate::core::Core;

/// How often a place is said to be still wanted; the server passes over who was silent for 7 s.
const AGAIN: Duration = Duration::from_secs(3);

/// Our place in the line for one lock.
struct Place {
    /// Another number: left and joined again, an answer to the one before is not ours.
    number: u64,
    /// The holder is to be asked.
    asking: bool,
    /// Whom we asked: the question does not go on to whoever has the lock after that one.
    asked: Option<SessionId>,
    /// Who keeps it, and until when.
    kept: Option<(SessionId, Instant)>,
    /// It is ours until then, if it is opened.
    granted_until: Option<Instant>,
    again_at: Instant,
    /// What the window was told last.
    line: Option<InLine>,
}

#[derive(Default)]
struct Places {
    by_order: HashMap<Ttn, Place>,
    last_number: u64,
}

/// The lines that this desktop stands in.
#[derive(Default)]
pub struct Line {
    places: Mutex<Places>,
    changed: Notify,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stands in line; with `asking` the holder is asked to hand over. The window hears how it stands.
    ///
    /// # Errors
    /// `locks_unavailable`, `offline`: it stands where it stood before.
    pub async fn stand(&self, core: &Core, ttn: Ttn, asking: bool) -> Result<(), Problem> {
        let (number, before) = self.join(ttn, asking);
        let answer = self.ask(core, ttn, number).await;
        if answer.is_err() {
            let mut places = self.lock();
            match before {
                None => drop(places.by_order.remove(&ttn)),
                Some(asked_before) => {
                    if let Some(place) = places.by_order.get_mut(&ttn) {
                        place.asking = asked_before;
                    }
                }
            }
        }
        answer
    }

    /// Our number there, and whether the holder was being asked before; `None`: we did not stand there.
    fn join(&self, ttn: Ttn, asking: bool) -> (u64, Option<bool>) {
        let again_at = Instant::now() + AGAIN;
        let mut places = self.lock();
        if let Some(place) = places.by_order.get_mut(&ttn) {
            let before = place.asking;
            place.asking |= asking;
            place.again_at = again_at;
            return (place.number, Some(before));
        }
        places.last_number += 1;
        let number = places.last_number;
        let place = Place { number, asking, asked: None, kept: None, granted_until: None, again_at, line: None };
        places.by_order.insert(ttn, place);
        self.changed.notify_one();
        (number, None)
    }

    /// Says "still here", and asks if that is wanted.
    async fn ask(&self, core: &Core, ttn: Ttn, number: u64) -> Result<(), Problem> {
        let asking = match self.lock().by_order.get(&ttn) {
            Some(place) if place.number == number => place.asking,
            _ => return Ok(()),
        };
        let call = if asking { Call::AskForLock(AskForLock { ttn }) } else { Call::WaitForLock(WaitForLock { ttn }) };
        let sent = Instant::now();
        let answer = timeout(AGAIN, core.ask_for::<InLine>(call)).await;
        let line = answer.map_err(|_| Problem::new(ProblemCode::Offline, "no answer about the line"))??;
        self.answered(core, ttn, number, sent, line).await;
        Ok(())
    }

    async fn answered(&self, core: &Core, ttn: Ttn, number: u64, sent: Instant, line: InLine) {
        let told = {
            let mut places = self.lock();
            places
                .by_order
                .get_mut(&ttn)
                .filter(|place| place.number == number)
                .map(|place| place.hear(line.clone(), sent))
        };
        match (told, line) {
            (Some(line), _) => {
                self.changed.notify_one();
                core.tell(CoreEvent::InLine(LineState { ttn, line: Some(line) }));
            }
            (None, InLine::Granted { .. }) => self.refuse(core, ttn).await,
            (None, _) => {}
        }
    }

    /// A lock was given that nobody here waits for any more.
    async fn refuse(&self, core: &Core, ttn: Ttn) {
        if !core.editors.is_open(ttn) {
            self.say_goodbye(core, ttn).await;
        }
    }

    async fn say_goodbye(&self, core: &Core, ttn: Ttn) {
        if let Err(problem) = core.ask(Call::LeaveLine(LeaveLine { ttn })).await {
            tracing::info!(%problem, %ttn, "the place in the line ends by itself");
        }
    }

    /// Waits and asks no more.
    pub async fn leave(&self, core: &Core, ttn: Ttn) {
        if self.forget(core, ttn) {
            self.say_goodbye(core, ttn).await;
        }
    }

    /// Leaves every line (sign-out, window close).
    pub(crate) async fn leave_all(&self, core: &Core) {
        let standing: Vec<Ttn> = self.lock().by_order.keys().copied().collect();
        for ttn in standing {
            self.leave(core, ttn).await;
        }
    }

    /// There is nothing to wait for any more: the editor was opened, or we leave.
    pub(crate) fn forget(&self, core: &Core, ttn: Ttn) -> bool {
        let stood = self.lock().by_order.remove(&ttn).is_some();
        if stood {
            core.tell(CoreEvent::InLine(LineState { ttn, line: None }));
        }
        stood
    }

    /// The session is over, and all its places with it.
    pub(crate) fn forget_all(&self) {
        self.lock().by_order.clear();
    }

    /// The server says that it is ours: confirmed at once, or it goes to the next one.
    pub(crate) fn granted(&self, core: &Arc<Core>, ttn: Ttn) {
        let number = self.lock().by_order.get(&ttn).map(|place| place.number);
        let core = Arc::clone(core);
        tokio::spawn(async move {
            match number {
                Some(number) => ask_again(&core, ttn, number).await,
                None => core.line.refuse(&core, ttn).await,
            }
        });
    }

    /// The holder keeps it for now.
    pub(crate) fn kept(&self, core: &Core, ttn: Ttn, ask_again_in_ms: u64) {
        let told = {
            let mut places = self.lock();
            places.by_order.get_mut(&ttn).and_then(|place| place.hear_kept(ask_again_in_ms))
        };
        match told {
            Some(line) => core.tell(CoreEvent::InLine(LineState { ttn, line: Some(line) })),
            None => self.again_soon(ttn),
        }
    }

    /// Locks changed hands: a question that was put to somebody is not put to the next holder.
    pub(crate) fn heard(&self, news: &LockNews) {
        let mut moved = false;
        let mut places = self.lock();
        for view in &news.held {
            let Some(place) = places.by_order.get_mut(&view.ttn) else { continue };
            if place.asked.is_some_and(|asked| asked != view.holder.session) {
                (place.asking, place.asked, place.again_at) = (false, None, Instant::now());
                moved = true;
            }
        }
        drop(places);
        if moved {
            self.changed.notify_one();
        }
    }

    /// Something happened to this lock: ask how it stands.
    pub(crate) fn again_soon(&self, ttn: Ttn) {
        if let Some(place) = self.lock().by_order.get_mut(&ttn) {
            (place.again_at, place.granted_until) = (Instant::now(), None);
        }
        self.changed.notify_one();
    }

    /// The link is back: say at once that we still wait.
    pub(crate) fn all_again_soon(&self) {
        let now = Instant::now();
        for place in self.lock().by_order.values_mut() {
            place.again_at = now;
        }
        self.changed.notify_one();
    }

    /// When something is to be done next.
    fn next(&self) -> Option<Instant> {
        self.lock().by_order.values().map(Place::next).min()
    }

    /// Whose time to be opened is over, and who is to say "still here".
    fn due(&self, now: Instant) -> (Vec<Ttn>, Vec<(Ttn, u64)>) {
        let (mut over, mut again) = (Vec::new(), Vec::new());
        for (ttn, place) in &mut self.lock().by_order {
            if place.granted_until.is_some_and(|until| until <= now) {
                over.push(*ttn);
            } else if place.again_at <= now {
                place.again_at = now + AGAIN;
                again.push((*ttn, place.number));
            }
        }
        (over, again)
    }
}

impl Place {
    /// Takes an answer in; what the window is to be told.
    fn hear(&mut self, line: InLine, sent: Instant) -> InLine {
        let now = Instant::now();
        self.granted_until = None;
        let line = match line {
            InLine::Granted { open_within_ms } => {
                let until = sent + Duration::from_millis(open_within_ms);
                (self.asking, self.granted_until, self.again_at) = (false, Some(until), until);
                line
            }
            InLine::Asked { ref holder, .. } => {
                self.asked = Some(holder.session);
                line
            }
            InLine::Kept { ref holder, ask_again_in_ms, .. } => {
                // Asking on would put the same question again as soon as it may be put.
                self.asking = false;
                self.kept = Some((holder.session, now + Duration::from_millis(ask_again_in_ms)));
                line
            }
            InLine::Waiting { holder, place } => match self.kept {
                Some((by, until)) if by == holder.session && until > now => {
                    InLine::Kept { holder, place, ask_again_in_ms: millis(until - now) }
                }
                _ => InLine::Waiting { holder, place },
            },
            InLine::AskedByOther { .. } => line,
        };
        self.line = Some(line.clone());
        line
    }

    fn hear_kept(&mut self, ask_again_in_ms: u64) -> Option<InLine> {
        let (holder, place) = self.line.as_ref().and_then(standing)?;
        let line = InLine::Kept { holder: holder.clone(), place, ask_again_in_ms };
        Some(self.hear(line, Instant::now()))
    }

    fn next(&self) -> Instant {
        self.granted_until.map_or(self.again_at, |until| until.min(self.again_at))
    }
}

fn standing(line: &InLine) -> Option<(&LockHolder, u32)> {
    match line {
        InLine::Granted { .. } => None,
        InLine::Waiting { holder, place }
        | InLine::Asked { holder, place, .. }
        | InLine::Kept { holder, place, .. }
        | InLine::AskedByOther { holder, place, .. } => Some((holder, *place)),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

async fn ask_again(core: &Core, ttn: Ttn, number: u64) {
    if let Err(problem) = core.line.ask(core, ttn, number).await {
        tracing::info!(%problem, %ttn, "not heard how the line stands; trying again");
    }
}

/// Keeps the places in the lines as long as the desktop runs.
pub async fn run(core: Arc<Core>) {
    loop {
        match core.line.next() {
            None => core.line.changed.notified().await,
            Some(at) => tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = core.line.changed.notified() => {}
            },
        }
        let (over, again) = core.line.due(Instant::now());
        for ttn in over {
            // Told here and now, so that nobody opens it while it goes to the next one.
            if core.line.forget(&core, ttn) {
                let core = Arc::clone(&core);
                tokio::spawn(async move { core.line.say_goodbye(&core, ttn).await });
            }
        }
        for (ttn, number) in again {
            // On tasks of their own: one lost answer must not make the others look dead.
            let core = Arc::clone(&core);
            tokio::spawn(async move { ask_again(&core, ttn, number).await });
        }
    }
}

#[cfg(test)]
mod tests;
