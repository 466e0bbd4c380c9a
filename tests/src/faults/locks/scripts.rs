//! Small plays with a fixed course: what the storms meet by chance, each alone. They are what the planted bugs are caught with.

use std::time::Duration;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{locks::InLine, problem::Problem};
use tokio::time::sleep;

use super::{
    clerk::{Clerk, Editor},
    judge::Demands,
    stage::{LEASE, Stage},
};
use crate::faults::moment::Moment;

/// Scripts leave Redis and the server alone and nobody asks: everything must hold.
pub const DEMANDS: Demands = Demands { polite: true, in_turn: true };
/// A waiter that said nothing for so long is dead (docs/LOCKS.md), and a little more.
const DEAD: Duration = Duration::from_millis(7_700);
const POLL: Duration = Duration::from_millis(120);

/// A script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// A clerk's computer sleeps past its lease; another one opens; the first wakes, renews, saves, closes; a third tries to open.
    Asleep,
    /// The same, but the other one has saved and gone before the first wakes.
    CameAndWent,
    /// Three wait; each gets it in turn.
    InLine,
    /// A lease runs out while one waits; another one opens without waiting.
    Jump,
    /// One waits and dies without a word, another one waits and lives.
    DeadWaiter,
    /// A supervisor takes over while the holder is about to save.
    TakeOver,
    /// A save is sent again after it was answered.
    SentAgain,
    /// A short command of another clerk while the holder's computer sleeps.
    ShortCommand,
    /// Two open at once.
    Both,
}

impl Script {
    /// All.
    pub const ALL: [Self; 9] = [
        Self::Asleep,
        Self::CameAndWent,
        Self::InLine,
        Self::Jump,
        Self::DeadWaiter,
        Self::TakeOver,
        Self::SentAgain,
        Self::ShortCommand,
        Self::Both,
    ];

    /// Its name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asleep => "asleep while another edits",
            Self::CameAndWent => "asleep while another came and went",
            Self::InLine => "three in line",
            Self::Jump => "a lease ends while one waits",
            Self::DeadWaiter => "a waiter dies",
            Self::TakeOver => "taken over before the save",
            Self::SentAgain => "a save sent again",
            Self::ShortCommand => "a short command meanwhile",
            Self::Both => "two open at once",
        }
    }

    /// Plays it on one order.
    pub async fn play(self, stage: &mut Stage, ttn: Ttn) {
        match self {
            Self::Asleep => asleep(stage, ttn).await,
            Self::CameAndWent => came_and_went(stage, ttn).await,
            Self::InLine => in_line(stage, ttn).await,
            Self::Jump => jump(stage, ttn).await,
            Self::DeadWaiter => dead_waiter(stage, ttn).await,
            Self::TakeOver => take_over(stage, ttn).await,
            Self::SentAgain => sent_again(stage, ttn).await,
            Self::ShortCommand => short_command(stage, ttn).await,
            Self::Both => both(stage, ttn).await,
        }
    }
}

/// Opens, as soon as it is free.
async fn open(clerk: &mut Clerk, ttn: Ttn) -> Editor {
    let deadline = Moment::now().after(LEASE * 10);
    loop {
        match clerk.open(ttn).await {
            Ok(editor) => return editor,
            Err(problem) => assert!(Moment::now() < deadline, "the order never gets free: {problem:?}"),
        }
        sleep(POLL).await;
    }
}

/// Saves if the editor could be opened.
async fn save(clerk: &mut Clerk, opened: Result<Editor, Problem>) {
    if let Ok(editor) = opened {
        clerk.save(&editor).await;
    }
}

async fn asleep(stage: &mut Stage, ttn: Ttn) {
    let (mut first, mut second, mut third) = (stage.clerk().await, stage.clerk().await, stage.clerk().await);
    let mut old = open(&mut first, ttn).await;
    first.sleep(&old, LEASE).await;
    let mut editor = open(&mut second, ttn).await;
    first.renew(&mut old).await;
    first.save(&old).await;
    first.release(&old).await;
    let opened = third.open(ttn).await;
    second.renew(&mut editor).await;
    second.save(&editor).await;
    save(&mut third, opened).await;
}

async fn came_and_went(stage: &mut Stage, ttn: Ttn) {
    let (mut first, mut second) = (stage.clerk().await, stage.clerk().await);
    let mut old = open(&mut first, ttn).await;
    first.sleep(&old, LEASE).await;
    let editor = open(&mut second, ttn).await;
    second.save(&editor).await;
    first.renew(&mut old).await;
    first.save(&old).await;
}

async fn in_line(stage: &mut Stage, ttn: Ttn) {
    let mut holder = stage.clerk().await;
    let editor = open(&mut holder, ttn).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mut clerk = stage.clerk().await;
        clerk.wait(ttn, false).await.expect("Redis is well");
        waiting.push(clerk);
    }
    holder.save(&editor).await;
    let deadline = Moment::now().after(LEASE * 10);
    while !waiting.is_empty() && Moment::now() < deadline {
        let mut still = Vec::new();
        for mut clerk in waiting {
            match clerk.wait(ttn, false).await {
                Ok(InLine::Granted { .. }) => {
                    let opened = clerk.open(ttn).await;
                    // The others say once more that they are there before it goes on.
                    sleep(POLL).await;
                    save(&mut clerk, opened).await;
                }
                _ => still.push(clerk),
            }
        }
        waiting = still;
        sleep(POLL).await;
    }
}

async fn jump(stage: &mut Stage, ttn: Ttn) {
    let (mut holder, mut waiter, mut jumper) = (stage.clerk().await, stage.clerk().await, stage.clerk().await);
    // It ends its turn by doing nothing more.
    let editor = open(&mut holder, ttn).await;
    // The first time puts it into the line, the second is a sign of life.
    for _ in 0..2 {
        waiter.wait(ttn, false).await.expect("Redis is well");
    }
    holder.sleep(&editor, LEASE + POLL).await;
    let opened = jumper.open(ttn).await;
    save(&mut jumper, opened).await;
    if let Ok(InLine::Granted { .. }) = waiter.wait(ttn, false).await {
        let opened = waiter.open(ttn).await;
        save(&mut waiter, opened).await;
    }
    holder.let_go(&editor);
}

async fn dead_waiter(stage: &mut Stage, ttn: Ttn) {
    let (mut holder, mut dead, mut alive) = (stage.clerk().await, stage.clerk().await, stage.clerk().await);
    let mut witness = stage.clerk().await;
    let mut editor = open(&mut holder, ttn).await;
    for _ in 0..2 {
        dead.wait(ttn, false).await.expect("Redis is well");
    }
    let released = Moment::now().after(DEAD);
    let heard = released.after(Duration::from_secs(1));
    let listening = tokio::spawn(async move { witness.listen(heard).await });
    holder.edit(&mut editor, released).await;
    alive.wait(ttn, false).await.expect("Redis is well");
    holder.save(&editor).await;
    while Moment::now() < heard {
        if let Ok(InLine::Granted { .. }) = alive.wait(ttn, false).await {
            let opened = alive.open(ttn).await;
            save(&mut alive, opened).await;
            break;
        }
        sleep(POLL).await;
    }
    listening.await.expect("the witness listens to the end");
}

async fn take_over(stage: &mut Stage, ttn: Ttn) {
    let (mut holder, mut supervisor) = (stage.clerk().await, stage.supervisor().await);
    let editor = open(&mut holder, ttn).await;
    let taken = supervisor.take_over(ttn).await;
    holder.save(&editor).await;
    save(&mut supervisor, taken).await;
}

async fn sent_again(stage: &mut Stage, ttn: Ttn) {
    let mut clerk = stage.clerk().await;
    let editor = open(&mut clerk, ttn).await;
    let (command_id, street) = (clerk.command_id(), clerk.street());
    clerk.save_as(&editor, command_id, &street).await;
    clerk.save_as(&editor, command_id, &street).await;
    clerk.let_go(&editor);
}

async fn short_command(stage: &mut Stage, ttn: Ttn) {
    let (mut first, mut second) = (stage.clerk().await, stage.clerk().await);
    let editor = open(&mut first, ttn).await;
    first.sleep(&editor, LEASE + POLL).await;
    second.set_place(ttn).await;
    first.save(&editor).await;
}

async fn both(stage: &mut Stage, ttn: Ttn) {
    let (mut one, mut two) = (stage.clerk().await, stage.clerk().await);
    let editor = open(&mut one, ttn).await;
    let opened = two.open(ttn).await;
    one.save(&editor).await;
    save(&mut two, opened).await;
}
