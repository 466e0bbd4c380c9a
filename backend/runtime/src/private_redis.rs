//! A `redis-server` of our own in a data folder, for offices that run none: a child process on a unix socket, started, watched and stopped.
//!
//! AOF is on (`everysec`): measured, a `kill -9` with Redis' default persistence lost every acknowledged entry. Nothing depends on it for
//! truth (that is SQL), but a warm stream saves re-publishing.

use std::{
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use redis::Client;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// Longest path of a unix socket that every system takes.
const MAX_SOCKET_PATH: usize = 100;
const START_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(25);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Why the private Redis is not there.
#[derive(Debug, thiserror::Error)]
pub enum PrivateRedisError {
    /// No program `redis-server`.
    #[error("redis-server is not installed: install the package redis-server, or set redis.url in the configuration")]
    NotInstalled,
    /// The folder cannot be prepared.
    #[error("{path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process answers on the socket and does not go.
    #[error("another Redis runs in {0} and does not stop")]
    Occupied(PathBuf),
    /// It was started and does not answer.
    #[error("redis-server was started in {0} but does not answer; its log is redis.log there")]
    Silent(PathBuf),
    /// The program could not be started.
    #[error("redis-server cannot be started: {0}")]
    Start(std::io::Error),
}

/// A private Redis. Dropping it kills the child.
#[derive(Debug)]
pub struct PrivateRedis {
    folder: PathBuf,
    socket: PathBuf,
    child: Child,
}

impl PrivateRedis {
    /// Starts it in `folder` (made when missing, mode 0700) and waits until it answers. A left-over of a killed server is stopped first.
    ///
    /// # Errors
    /// See [`PrivateRedisError`].
    pub async fn start(folder: &Path) -> Result<Self, PrivateRedisError> {
        let broken = |source| PrivateRedisError::Folder { path: folder.to_owned(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(broken)?;
        let folder = folder.canonicalize().map_err(broken)?;
        let socket = socket_path(&folder).map_err(broken)?;
        stop_left_over(&folder, &socket).await?;
        let child = spawn(&folder, &socket)?;
        let mut redis = Self { folder, socket, child };
        redis.wait_until_ready().await?;
        Ok(redis)
    }

    /// Its address, for [`crate::redis_link::RedisLink`] and for the SMS sender's configuration.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Process id of the child, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Watches the child until `stopping`, starting it again when it dies; then stops it, so that its AOF is complete.
    ///
    /// # Errors
    /// It cannot be started again because the program is gone; other failures are tried again with growing pauses.
    pub async fn supervise(mut self, stopping: CancellationToken) -> Result<(), PrivateRedisError> {
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::select! {
                ended = self.child.wait() => tracing::warn!(?ended, "the private Redis ended; starting it again"),
                () = stopping.cancelled() => return self.stop().await,
            }
            loop {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stopping.cancelled() => return Ok(()),
                }
                match self.restart().await {
                    Ok(()) => {
                        pause = FIRST_PAUSE;
                        break;
                    }
                    Err(PrivateRedisError::NotInstalled) => return Err(PrivateRedisError::NotInstalled),
                    Err(error) => {
                        pause = (pause * 2).min(LONGEST_PAUSE);
                        tracing::error!(%error, ?pause, "the private Redis cannot be started; trying again");
                    }
                }
            }
        }
    }

    async fn restart(&mut self) -> Result<(), PrivateRedisError> {
        stop_left_over(&self.folder, &self.socket).await?;
        self.child = spawn(&self.folder, &self.socket)?;
        self.wait_until_ready().await
    }

    async fn wait_until_ready(&mut self) -> Result<(), PrivateRedisError> {
        let deadline = tokio::time::Instant::now() + START_WITHIN;
        while tokio::time::Instant::now() < deadline {
            // PING is refused while the AOF is being loaded, so an answer means ready.
            if ask(&self.socket, &["PING"]).await.is_some() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                tracing::error!(%status, "redis-server ended at once");
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(PrivateRedisError::Silent(self.folder.clone()))
    }

    async fn stop(&mut self) -> Result<(), PrivateRedisError> {
        // The connection breaks instead of an answer when it works, so the answer says nothing; the child's end does.
        if ask(&self.socket, &["SHUTDOWN"]).await.is_some() {
            tracing::warn!("the private Redis refused to shut down");
        }
        if tokio::time::timeout(Duration::from_secs(10), self.child.wait()).await.is_err() {
            tracing::warn!("the private Redis did not stop in 10 s; killing it");
            self.child.kill().await.map_err(PrivateRedisError::Start)?;
        }
        Ok(())
    }
}

fn spawn(folder: &Path, socket: &Path) -> Result<Child, PrivateRedisError> {
    let conf = folder.join("redis.conf");
    let text = format!(
        "# Written by PostOffice at every start.\nport 0\nunixsocket {socket}\nunixsocketperm 600\ndir {folder}\nlogfile {folder}/redis.log\n\
         daemonize no\nappendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n",
        socket = quoted(socket),
        folder = folder.display(),
    );
    let written = std::fs::write(&conf, text)
        .and_then(|()| std::fs::set_permissions(&conf, std::fs::Permissions::from_mode(0o600)));
    written.map_err(|source| PrivateRedisError::Folder { path: conf.clone(), source })?;
    let command = match (on_path("redis-server"), on_path("setpriv")) {
        (None, _) => return Err(PrivateRedisError::NotInstalled),
        (Some(redis), None) => Command::new(redis),
        // The kernel kills it when we are killed, so that no Redis is left that nobody watches. Killed, because a Redis that shuts down
        // removes its socket, and that may be the socket of the next one already.
        (Some(redis), Some(setpriv)) => {
            let mut tied = Command::new(setpriv);
            tied.args(["--pdeathsig", "KILL", "--"]).arg(redis);
            tied
        }
    };
    start(command, &conf)
}

fn start(mut command: Command, conf: &Path) -> Result<Child, PrivateRedisError> {
    // Its own process group: Ctrl-C in the terminal reaches us, and we stop it last.
    command
        .arg(conf)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => PrivateRedisError::NotInstalled,
            _ => PrivateRedisError::Start(error),
        })
}

/// Where a program is, looked up as a shell does.
fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display())
}

/// Address of the private Redis that a server keeps in `folder`, whether it runs now or not.
///
/// # Errors
/// There is no such folder yet, or the short folder for a long path cannot be made.
pub fn address_in(folder: &Path) -> std::io::Result<String> {
    Ok(format!("unix://{}", socket_path(&folder.canonicalize()?)?.display()))
}

/// The socket inside the folder; where its path would be too long for a socket, a short one in a private folder beside the temp files.
fn socket_path(folder: &Path) -> std::io::Result<PathBuf> {
    let inside = folder.join("redis.sock");
    if inside.as_os_str().len() <= MAX_SOCKET_PATH {
        return Ok(inside);
    }
    let name = folder.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a: a name, not a secret
    });
    let short = std::env::temp_dir().join(format!("postoffice-{name:016x}"));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&short)?;
    Ok(short.join("redis.sock"))
}

/// Stops a Redis that answers on our socket and keeps its data in our folder: the child of a server that was killed.
async fn stop_left_over(folder: &Path, socket: &Path) -> Result<(), PrivateRedisError> {
    let Some(redis::Value::Array(answer)) = ask(socket, &["CONFIG", "GET", "dir"]).await else { return Ok(()) };
    let dir = answer.get(1).and_then(|value| redis::from_redis_value_ref::<String>(value).ok());
    if dir.as_deref().map(Path::new) != Some(folder) {
        return Err(PrivateRedisError::Occupied(folder.to_owned()));
    }
    tracing::info!("stopping the Redis that a killed server left behind");
    if ask(socket, &["SHUTDOWN"]).await.is_some() {
        tracing::warn!("the left-over Redis refused to shut down");
    }
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while tokio::time::Instant::now() < deadline {
        if ask(socket, &["PING"]).await.is_none() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(PrivateRedisError::Occupied(folder.to_owned()))
}

/// One command on a fresh connection; `None` when nobody answers.
async fn ask(socket: &Path, command: &[&str]) -> Option<redis::Value> {
    let client = Client::open(format!("unix://{}", socket.display())).ok()?;
    let config = redis::AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(1)))
        .set_response_timeout(Some(Duration::from_secs(2)));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await.ok()?;
    let mut request = redis::cmd(command.first()?);
    for argument in &command[1..] {
        request.arg(*argument);
    }
    request.query_async(&mut connection).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_comes_back_with_its_data_after_a_kill_and_replaces_a_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let redis = PrivateRedis::start(folder.path()).await.unwrap();
        let (url, first_pid) = (redis.url(), redis.pid().unwrap());
        let socket = PathBuf::from(url.trim_start_matches("unix://"));
        ask(&socket, &["SET", "a", "1"]).await.unwrap();
        // appendfsync is everysec; the kernel keeps what was written although the process is killed.
        let stopping = CancellationToken::new();
        let watching = tokio::spawn(redis.supervise(stopping.clone()));
        std::process::Command::new("kill").args(["-9", &first_pid.to_string()]).status().unwrap();
        let back = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                if let Some(value) = ask(&socket, &["GET", "a"]).await {
                    return value;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        assert_eq!(back.await.unwrap(), redis::Value::BulkString(b"1".to_vec()));

        // A second start in the same folder, as after `kill -9` of the server: the left-over is stopped, the data stays.
        stopping.cancel();
        watching.await.unwrap().unwrap();
        assert!(ask(&socket, &["PING"]).await.is_none(), "stopped with us");
        let mut left_over = PrivateRedis::start(folder.path()).await.unwrap();
        let again = PrivateRedis::start(folder.path()).await.unwrap();
        assert!(left_over.child.wait().await.is_ok(), "the left-over is gone");
        assert_eq!(ask(&socket, &["GET", "a"]).await, Some(redis::Value::BulkString(b"1".to_vec())));
        assert!(again.pid().is_some());
    }
}
