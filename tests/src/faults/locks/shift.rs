//! A clerk's shift among faults: opens an editor on one of a few orders, keeps it a while, saves, or waits for it, asks, takes it over.

use std::{path::PathBuf, time::Duration};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    locks::{AskAnswer, InLine},
    problem::ProblemCode,
};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::{
    clerk::{Clerk, Editor, Role},
    journal::Journal,
    stage::LEASE,
};
use crate::faults::{dice::Dice, moment::Moment};

/// How often a clerk does what, of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// Its computer sleeps past the lease while the editor is open.
    pub sleeps: u64,
    /// Waits for a lock that somebody has.
    pub waits: u64,
    /// Asks the holder as well.
    pub asks: u64,
    /// Takes over (the supervisor).
    pub takes_over: u64,
    /// Sets the place by a short command instead of an editor.
    pub sets_place: u64,
}

impl Habits {
    /// A clerk on an ordinary day.
    pub const ORDINARY: Self = Self { sleeps: 0, waits: 60, asks: 30, takes_over: 15, sets_place: 10 };
}

/// A shift.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shift {
    /// Address of the server.
    pub address: String,
    /// Who.
    pub role: Role,
    /// Where; also tells its dice from those of the others.
    pub station: u64,
    /// Seed of the scenario.
    pub seed: u64,
    /// The orders.
    pub ttns: Vec<Ttn>,
    /// How it works.
    pub habits: Habits,
    /// The shift is over when this file is there.
    pub over: PathBuf,
}

impl Shift {
    /// Works until it is over.
    pub async fn work(&self, journal: Journal) {
        let dice = Dice::new(self.seed).fork(self.station);
        let mut clerk = Clerk::sit_down(&self.address, self.role, self.station, dice, journal).await;
        while !self.over.exists() {
            self.one(&mut clerk).await;
            sleep(Duration::from_millis(clerk.dice().between(1, 30))).await;
        }
    }

    async fn one(&self, clerk: &mut Clerk) {
        let ttn = *clerk.dice().one_of(&self.ttns);
        if clerk.dice().percent(self.habits.sets_place) {
            clerk.set_place(ttn).await;
            return;
        }
        let opened = match clerk.open(ttn).await {
            Err(problem) if problem.code == ProblemCode::OrderLocked => self.locked(clerk, ttn).await,
            opened => opened.ok(),
        };
        match opened {
            Some(editor) => self.edit(clerk, editor).await,
            None => sleep(Duration::from_millis(clerk.dice().between(5, 60))).await,
        }
    }

    /// Somebody else has it.
    async fn locked(&self, clerk: &mut Clerk, ttn: Ttn) -> Option<Editor> {
        if self.role == Role::Supervisor && clerk.dice().percent(self.habits.takes_over) {
            return clerk.take_over(ttn).await.ok();
        }
        if !clerk.dice().percent(self.habits.waits) {
            return None;
        }
        let asking = clerk.dice().percent(self.habits.asks);
        let patience = Moment::now().after(Duration::from_millis(clerk.dice().between(400, 3_000)));
        while Moment::now() < patience && !self.over.exists() {
            match clerk.wait(ttn, asking).await {
                Ok(InLine::Granted { .. }) => return clerk.open(ttn).await.ok(),
                Ok(_) => sleep(Duration::from_millis(120)).await,
                Err(_) => return None,
            }
        }
        clerk.leave(ttn).await;
        None
    }

    /// Holds it for a while, then saves or closes.
    async fn edit(&self, clerk: &mut Clerk, mut editor: Editor) {
        if clerk.dice().percent(self.habits.sleeps) {
            let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
            let how_long = Duration::from_millis(clerk.dice().between(lease + 100, lease * 2));
            clerk.sleep(&editor, how_long).await;
            // Wakes up and either saves at once, or its core's heartbeat comes first.
            if clerk.dice().percent(50) {
                clerk.renew(&mut editor).await;
            }
        } else {
            let longest = if clerk.dice().percent(10) { 2_000 } else { 500 };
            let until = Moment::now().after(Duration::from_millis(clerk.dice().between(5, longest)));
            clerk.edit(&mut editor, until).await;
            if editor.asked && !editor.gone {
                let answer = if clerk.dice().percent(60) { AskAnswer::HandOver } else { AskAnswer::Keep };
                clerk.answer(&mut editor, answer).await;
                if answer == AskAnswer::HandOver {
                    return;
                }
            }
        }
        self.finish(clerk, &editor).await;
    }

    /// Saves, most of the time; also when the lock is gone: the save was on its way. What was answered is sometimes sent again.
    async fn finish(&self, clerk: &mut Clerk, editor: &Editor) {
        if editor.gone {
            clerk.let_go(editor);
            if clerk.dice().percent(30) {
                return;
            }
        }
        if clerk.dice().percent(15) {
            clerk.release(editor).await;
            return;
        }
        let (command_id, street) = (clerk.command_id(), clerk.street());
        let answered = clerk.save_as(editor, command_id, &street).await;
        clerk.let_go(editor);
        if answered.is_some() && clerk.dice().percent(15) {
            clerk.save_as(editor, command_id, &street).await;
        }
    }
}
