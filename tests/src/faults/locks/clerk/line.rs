//! Standing in line, asking, answering; and listening to who has what.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    events::ServerNotice,
    locks::{AnswerAsk, AskAnswer, AskAnswered, AskForLock, InLine, LeaveLine, WaitForLock},
    problem::Problem,
    session::Nothing,
};
use tokio::time::timeout;

use super::{Clerk, Editor};
use crate::faults::{
    locks::journal::{Did, Line, Span},
    moment::Moment,
};

impl Clerk {
    /// Stands in line, or goes on standing.
    ///
    /// # Errors
    /// `locks_unavailable`, `offline`.
    pub async fn wait(&mut self, ttn: Ttn, asking: bool) -> Result<InLine, Problem> {
        let call = if asking { Call::AskForLock(AskForLock { ttn }) } else { Call::WaitForLock(WaitForLock { ttn }) };
        let (state, at) = self.ask::<InLine>(call).await?;
        let granted = matches!(state, InLine::Granted { .. });
        self.write(ttn, at, Did::Waited { asking, granted });
        Ok(state)
    }

    /// Waits no more.
    pub async fn leave(&mut self, ttn: Ttn) {
        if let Ok((_, at)) = self.ask::<Nothing>(Call::LeaveLine(LeaveLine { ttn })).await {
            self.write(ttn, at, Did::Left);
        }
    }

    /// Answers a colleague who asks. After a hand-over the editor is gone.
    pub async fn answer(&mut self, editor: &mut Editor, answer: AskAnswer) {
        editor.asked = false;
        if answer == AskAnswer::HandOver {
            self.let_go(editor);
            editor.gone = true;
        }
        let call = Call::AnswerAsk(AnswerAsk { ttn: editor.ttn, answer, by_silence: false });
        if let Ok((answered, at)) = self.ask::<AskAnswered>(call).await
            && answered.holder.is_some()
        {
            self.write(editor.ttn, at, Did::HandedOver);
        }
    }

    /// Listens for a while and writes down who has locks.
    pub async fn listen(&mut self, until: Moment) {
        while Moment::now() < until {
            let Ok(desk) = self.connect().await else { continue };
            let heard = timeout(until.from_now(), desk.notice()).await;
            match heard {
                Ok(Ok(ServerNotice::Locks(news))) => {
                    let now = Moment::now();
                    for lock in news.held {
                        let at = Span { sent: now, answered: now };
                        self.journal.write(Line { at, session: lock.holder.session, ttn: lock.ttn, did: Did::Heard });
                    }
                }
                Ok(Err(_)) => self.desk = None,
                Ok(Ok(_)) | Err(_) => {}
            }
        }
    }
}
