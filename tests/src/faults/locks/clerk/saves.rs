//! Saving: under an id, again and again until it is answered.

use std::time::Duration;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    events::ServerNotice,
    orders::{ChangeLocation, CommandId, PlaceItem, SetPlaces},
    problem::{Problem, ProblemCode},
};
use tokio::time::{Instant, sleep, timeout};

use super::{Clerk, Editor, PATIENCE, PAUSE};
use crate::faults::{
    locks::journal::{Answer, Did, Span},
    moment::Moment,
};

/// An unanswered save is sent again for so long.
const SAVE_WITHIN: Duration = Duration::from_secs(25);
/// The city of every change; no order goes there, so that none is ever delivered.
const CITY: &str = "Вінниця";

impl Clerk {
    /// Saves another place, again and again under the same id until it is answered; the answer, if one came in time.
    pub async fn save(&mut self, editor: &Editor) -> Option<Answer> {
        let (command_id, street) = (self.command_id(), self.street());
        let answer = self.save_as(editor, command_id, &street).await;
        self.let_go(editor);
        answer
    }

    /// Saves under a known id.
    pub async fn save_as(&mut self, editor: &Editor, command_id: CommandId, street: &str) -> Option<Answer> {
        let call = Call::ChangeLocation(ChangeLocation {
            command_id,
            ttn: editor.ttn,
            fence: editor.fence,
            city: CITY.to_owned(),
            street: street.to_owned(),
            note: None,
        });
        self.command(editor.ttn, command_id, street, Some(editor.fence), call).await
    }

    /// Sets a place without an editor: a short command, which takes and frees the lock itself.
    pub async fn set_place(&mut self, ttn: Ttn) -> Option<Answer> {
        let (command_id, street) = (self.command_id(), self.street());
        let items = vec![PlaceItem { command_id, ttn }];
        let call = Call::SetPlaces(SetPlaces { items, city: CITY.to_owned(), street: street.clone(), note: None });
        self.command(ttn, command_id, &street, None, call).await
    }

    async fn command(
        &mut self,
        ttn: Ttn,
        command: CommandId,
        street: &str,
        fence: Option<u64>,
        call: Call,
    ) -> Option<Answer> {
        let began = Moment::now();
        let deadline = Instant::now() + SAVE_WITHIN;
        while Instant::now() < deadline {
            // Its session may be another one than at the first attempt.
            if self.connect().await.is_err() {
                sleep(PAUSE).await;
                continue;
            }
            self.write_now(ttn, Did::Asked { command, street: street.to_owned(), fence });
            if let Some(answer) = self.outcome(call.clone(), command).await {
                let at = Span { sent: began, answered: Moment::now() };
                self.write(ttn, at, Did::Answered { command, answer });
                return Some(answer);
            }
        }
        None
    }

    /// Sends a command and waits for its outcome; none when the link broke on the way.
    async fn outcome(&mut self, call: Call, command: CommandId) -> Option<Answer> {
        match self.ask::<serde_json::Value>(call).await {
            Ok(_) => {}
            Err(problem) => return final_answer(&problem),
        }
        let desk = self.desk.as_mut()?;
        let outcome = timeout(PATIENCE, async {
            loop {
                match desk.notice().await {
                    Ok(ServerNotice::Outcome(outcome)) if outcome.command_id == command => return Ok(outcome.problem),
                    Ok(_) => {}
                    Err(problem) => return Err(problem),
                }
            }
        });
        match outcome.await {
            Ok(Ok(None)) => Some(Answer::Done),
            Ok(Ok(Some(problem))) => final_answer(&problem),
            Ok(Err(_)) | Err(_) => {
                self.desk = None;
                None
            }
        }
    }

    /// A new command id.
    pub fn command_id(&mut self) -> CommandId {
        let (high, low) = (self.dice.throw(), self.dice.throw());
        // As version 7 it would begin with the time; the server takes any version.
        CommandId(
            uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid(),
        )
    }

    /// A street that nobody else ever names.
    pub fn street(&mut self) -> String {
        self.streets += 1;
        format!("Сортувальний центр {}-{}-{:04x}", self.station, self.streets, self.dice.throw() & 0xffff)
    }
}

/// What the answer to a command is, if it is one for good.
const fn final_answer(problem: &Problem) -> Option<Answer> {
    match problem.code {
        ProblemCode::Offline | ProblemCode::Unauthenticated | ProblemCode::RateLimited | ProblemCode::ServerBusy => {
            None
        }
        ProblemCode::LockLost => Some(Answer::LockLost),
        code => Some(Answer::Refused(code)),
    }
}
