//! Steps of many messages in one call of a script: whoever comes while a call is under way goes with the next. So an idle sender loses no time
//! and a busy one asks Redis once for dozens of messages.

use postoffice_runtime::redis_link::RedisConnection;
use redis::{ErrorKind, RedisError, RedisResult, Script};
use tokio::sync::{mpsc, oneshot};

/// Most steps of one call: it holds up everybody else on this Redis for less than half a millisecond.
const MOST: usize = 64;
/// Steps that may wait before their callers do.
const QUEUE: usize = 1_024;

/// The step of one message: its own part of the script's keys and arguments.
pub(super) struct Step {
    pub(super) keys: Vec<String>,
    pub(super) args: Vec<String>,
}

type Asked = (Step, oneshot::Sender<RedisResult<String>>);

/// Where steps are handed in.
#[derive(Clone)]
pub(super) struct Steps(mpsc::Sender<Asked>);

/// What makes the calls.
pub(super) struct Calls {
    script: &'static Script,
    redis: RedisConnection,
    keys: Vec<String>,
    args: Vec<String>,
    asked: mpsc::Receiver<Asked>,
}

/// Steps of `script`; its keys and arguments begin with these, which are the same for all.
pub(super) fn steps_of(
    script: &'static Script,
    redis: RedisConnection,
    keys: Vec<String>,
    args: Vec<String>,
) -> (Steps, Calls) {
    let (sender, asked) = mpsc::channel(QUEUE);
    (Steps(sender), Calls { script, redis, keys, args, asked })
}

impl Steps {
    /// What the script answers for this message. After an error the step may be asked for again: it is made once.
    ///
    /// # Errors
    /// Redis is away, or does not take this step.
    pub(super) async fn make(&self, step: Step) -> RedisResult<String> {
        let gone = || RedisError::from((ErrorKind::Client, "the journal has stopped"));
        let (reply, answer) = oneshot::channel();
        self.0.send((step, reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Calls {
    /// Makes the steps until nobody can ask for any more.
    pub(super) async fn run(mut self) {
        let mut asked = Vec::with_capacity(MOST);
        while self.asked.recv_many(&mut asked, MOST).await > 0 {
            let answers = self.call(&asked).await;
            for (number, (_, reply)) in asked.drain(..).enumerate() {
                let answer = match &answers {
                    Ok(answers) => of_one(answers.get(number)),
                    Err(error) => Err(error.clone()),
                };
                // The one who asked may have been told to stop meanwhile.
                reply.send(answer).ok();
            }
        }
    }

    async fn call(&self, asked: &[Asked]) -> RedisResult<Vec<String>> {
        let mut call = self.script.prepare_invoke();
        call.key(&self.keys).arg(&self.args);
        for (step, _) in asked {
            call.key(&step.keys).arg(&step.args);
        }
        call.invoke_async(&mut self.redis.clone()).await
    }
}

/// A script marks what it could not do with `!`; what follows is Redis' own error, its code first.
fn of_one(answer: Option<&String>) -> RedisResult<String> {
    let Some(answer) = answer else {
        return Err((ErrorKind::Client, "the script did not answer for every step").into());
    };
    match answer.strip_prefix('!') {
        None => Ok(answer.clone()),
        Some(error) => {
            let (code, detail) = error.split_once(' ').unwrap_or((error, ""));
            Err(redis::make_extension_error(code.to_owned(), Some(detail.to_owned())))
        }
    }
}
