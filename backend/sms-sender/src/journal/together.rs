//! Steps of many messages in one call of a script: whoever comes while a call is under way goes with the next. So an idle sender loses no time
//! and a busy one asks Redis once for dozens of messages. What comes together is asked for at once, without waiting for others.

use std::sync::Arc;

use postoffice_runtime::redis_link::RedisConnection;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Script, ServerErrorKind};
use tokio::sync::{mpsc, oneshot};

/// Most steps of one call: it holds up everybody else on this Redis for less than a millisecond.
const MOST: usize = 128;
/// Steps that may wait before their callers do.
const QUEUE: usize = 1_024;

/// The step of one message.
pub(super) struct Step {
    /// What it touches; the script is told once of what many steps touch.
    pub(super) keys: Vec<String>,
    /// Its line of the last argument that all share.
    pub(super) line: String,
    /// Its own part of the script's arguments.
    pub(super) args: Vec<String>,
}

type Asked = (Step, oneshot::Sender<RedisResult<String>>);

/// The script, and what is the same in every call of it.
struct Common {
    script: &'static Script,
    redis: RedisConnection,
    keys: Vec<String>,
    args: Vec<String>,
}

/// Where steps are handed in.
#[derive(Clone)]
pub(super) struct Steps {
    queue: mpsc::Sender<Asked>,
    common: Arc<Common>,
}

/// What makes the calls.
pub(super) struct Calls {
    asked: mpsc::Receiver<Asked>,
    common: Arc<Common>,
}

/// Steps of `script`; its keys and arguments begin with these, which are the same for all.
pub(super) fn steps_of(
    script: &'static Script,
    redis: RedisConnection,
    keys: Vec<String>,
    args: Vec<String>,
) -> (Steps, Calls) {
    let (queue, asked) = mpsc::channel(QUEUE);
    let common = Arc::new(Common { script, redis, keys, args });
    (Steps { queue, common: Arc::clone(&common) }, Calls { asked, common })
}

impl Steps {
    /// What the script answers for this message. After an error the step may be asked for again: it is made once.
    ///
    /// # Errors
    /// Redis is away, or does not take this step.
    pub(super) async fn make(&self, step: Step) -> RedisResult<String> {
        let gone = || RedisError::from((ErrorKind::Client, "the journal has stopped"));
        let (reply, answer) = oneshot::channel();
        self.queue.send((step, reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// The same for many messages that come together.
    pub(super) async fn make_all(&self, steps: &[Step]) -> Vec<RedisResult<String>> {
        let mut answers = Vec::with_capacity(steps.len());
        for steps in steps.chunks(MOST) {
            answers.extend(self.common.call(steps.iter()).await);
        }
        answers
    }
}

impl Calls {
    /// Makes the steps until nobody can ask for any more.
    pub(super) async fn run(mut self) {
        let mut asked = Vec::with_capacity(MOST);
        while self.asked.recv_many(&mut asked, MOST).await > 0 {
            let answers = self.common.call(asked.iter().map(|(step, _)| step)).await;
            for ((_, reply), answer) in asked.drain(..).zip(answers) {
                // The one who asked may have been told to stop meanwhile.
                reply.send(answer).ok();
            }
        }
    }
}

impl Common {
    /// An answer for every step.
    async fn call(&self, steps: impl ExactSizeIterator<Item = &Step> + Clone) -> Vec<RedisResult<String>> {
        let call = self.command(&steps);
        let mut redis = self.redis.clone();
        let mut answers: RedisResult<String> = call.query_async(&mut redis).await;
        // A Redis that was started anew does not know the script.
        if let Err(error) = &answers
            && error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
        {
            answers = match self.script.load_async(&mut redis).await {
                Ok(_) => call.query_async(&mut redis).await,
                Err(error) => Err(error),
            };
        }
        match answers {
            Ok(lines) => {
                let mut lines = lines.split('\n');
                steps.map(|_| of_one(lines.next())).collect()
            }
            Err(error) => steps.map(|_| Err(error.clone())).collect(),
        }
    }

    /// Written straight into the command: `ScriptInvocation` would keep every key and argument in a piece of memory of its own.
    fn command<'a>(&self, steps: &(impl Iterator<Item = &'a Step> + Clone)) -> Cmd {
        let mut touched: Vec<&String> = steps.clone().flat_map(|step| &step.keys).collect();
        // Nearly always one that all touch.
        touched.dedup();
        touched.sort_unstable();
        touched.dedup();
        let mut lines = String::with_capacity(steps.clone().map(|step| step.line.len() + 1).sum());
        for (number, step) in steps.clone().enumerate() {
            if number > 0 {
                lines.push('\n');
            }
            lines.push_str(&step.line);
        }
        let parts = || {
            let keys = self.keys.iter().chain(touched.iter().copied());
            keys.chain(&self.args).chain([&lines]).chain(steps.clone().flat_map(|step| &step.args))
        };
        let bytes = parts().map(String::len).sum::<usize>();
        let mut call = Cmd::with_capacity(parts().count() + 3, bytes + 60);
        call.arg("EVALSHA").arg(self.script.get_hash()).arg(self.keys.len() + touched.len());
        for part in parts() {
            call.arg(part);
        }
        call
    }
}

/// A script marks what it could not do with `!`; what follows is Redis' own error, its code first.
fn of_one(answer: Option<&str>) -> RedisResult<String> {
    let Some(answer) = answer else {
        return Err((ErrorKind::Client, "the script did not answer for every step").into());
    };
    match answer.strip_prefix('!') {
        None => Ok(answer.to_owned()),
        Some(error) => {
            let (code, detail) = error.split_once(' ').unwrap_or((error, ""));
            Err(redis::make_extension_error(code.to_owned(), Some(detail.to_owned())))
        }
    }
}
