//! Sentinels: three or more processes that watch a primary and its replicas, and agree on a new primary when it is gone.
//!
//! A client asks them who the primary is, and asks the one they name whether it agrees (`ROLE`): a sentinel that was away itself may
//! name one that has been replaced.

use std::time::Duration;

use redis::{ConnectionInfo, RedisConnectionInfo, RedisError, RedisResult, Value, aio::MultiplexedConnection};
use tokio::task::JoinSet;

use super::{address::elsewhere, away, connect, within};

/// How long all sentinels together may take to name a primary that agrees.
const FIND_WITHIN: Duration = Duration::from_secs(2);
const SENTINEL_ANSWERS_WITHIN: Duration = Duration::from_millis(700);

/// The sentinels of one primary.
#[derive(Clone)]
pub(super) struct Sentinels {
    /// With the credentials and the database of the primary.
    nodes: Vec<ConnectionInfo>,
    name: String,
}

/// A primary that said so itself.
pub(super) struct Primary {
    pub(super) info: ConnectionInfo,
    pub(super) connection: MultiplexedConnection,
}

impl Sentinels {
    pub(super) fn new(nodes: Vec<ConnectionInfo>, name: &str) -> Self {
        Self { nodes, name: name.to_owned() }
    }

    /// A connection to the present primary.
    pub(super) async fn connect(&self, response: Duration) -> RedisResult<Primary> {
        within(FIND_WITHIN, self.find(response)).await
    }

    async fn find(&self, response: Duration) -> RedisResult<Primary> {
        // All at once: one that hangs costs nothing while another answers.
        let mut questions = JoinSet::new();
        for sentinel in &self.nodes {
            questions.spawn(named_by(sentinel.clone(), self.name.clone()));
        }
        let mut asked: Vec<String> = Vec::new();
        let mut failed = away("no sentinel answers");
        while let Some(answer) = questions.join_next().await {
            let named = answer.unwrap_or_else(|_| Err(away("a question to a sentinel was given up")));
            let info = match named {
                Ok(info) => info,
                Err(error) => {
                    failed = error;
                    continue;
                }
            };
            let address = info.addr().to_string();
            if asked.contains(&address) {
                continue;
            }
            asked.push(address);
            match agreeing(info, response).await {
                Ok(primary) => return Ok(primary),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

async fn named_by(sentinel: ConnectionInfo, name: String) -> RedisResult<ConnectionInfo> {
    let question = redis::cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(&name).to_owned();
    let ask = async |settings: RedisConnectionInfo| -> RedisResult<Option<(String, u16)>> {
        let mut connection = connect(sentinel.clone().set_redis_settings(settings), SENTINEL_ANSWERS_WITHIN).await?;
        question.query_async(&mut connection).await
    };
    let settings = sentinel.redis_settings();
    let answer = match ask(RedisConnectionInfo::default()).await {
        // Sentinels that want a password get the one of the primary.
        Err(error) if error.code() == Some("NOAUTH") => ask(settings.clone().set_db(0)).await,
        answer => answer,
    };
    let (host, port) = answer?.ok_or_else(|| away("the sentinels know no primary of this name"))?;
    elsewhere(&sentinel, &host, port)
}

async fn agreeing(info: ConnectionInfo, response: Duration) -> RedisResult<Primary> {
    let mut connection = connect(info.clone(), response).await?;
    let role: Vec<Value> = redis::cmd("ROLE").query_async(&mut connection).await?;
    match role.into_iter().next().map(redis::from_redis_value::<String>) {
        Some(Ok(role)) if role == "master" => Ok(Primary { info, connection }),
        _ => Err::<_, RedisError>(away("the server that the sentinels name is no primary")),
    }
}
