//! The spool of gammu-smsd (`service = files`), for a modem on this machine.
//!
//! A message is a file `OUTC<date>_<time>_00_<number>_<event id>-<ttn>.txtd`, written beside the outbox and renamed into it, so the daemon never
//! sees half of one. It moves the file to `sent/` when the operator took it and to `error/` when it gave up. The name carries our id: what a
//! kill hid is found again by looking, and a file is never written twice under one id. gammu brings no delivery reports in this mode: the last
//! that is known of a message is that the operator took it.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt};
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::messages::{MessageReason, MessageState};
use postoffice_runtime::fail_point;
use tokio::fs;
use uuid::Uuid;

use super::{Answer, Fate, Gateway, Message, Report};
use crate::config::SpoolSettings;

/// How often `sent/` and `error/` are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The daemon sends in the order of names; every message here has the same date, and what is due is due.
const LONG_DUE: &str = "OUTC20000101_000000_00";

/// The spool.
#[derive(Debug)]
pub struct SpoolGateway {
    outbox: PathBuf,
    sent: PathBuf,
    error: PathBuf,
}

impl SpoolGateway {
    /// The spool in the configured folder.
    pub fn new(settings: &SpoolSettings) -> Self {
        let folder = |name: &str| settings.folder.join(name);
        Self { outbox: folder("outbox"), sent: folder("sent"), error: folder("error") }
    }

    async fn put(&self, message: &Message) -> io::Result<()> {
        let mark = mark(message);
        // Beside it on the same disk, under a name that the daemon does not take for a message.
        let beside = self.outbox.join(format!(".{mark}.part"));
        let name = format!("{LONG_DUE}_{}_{mark}.txtd", message.phone.as_e164());
        let mut file = fs::File::create(&beside).await?;
        tokio::io::AsyncWriteExt::write_all(&mut file, message.text.text.as_bytes()).await?;
        file.sync_all().await?;
        fs::rename(&beside, self.outbox.join(name)).await
    }

    async fn call(&self, message: &Message) -> Answer {
        // A name that is there already is this very message: an attempt of ours that was not finished.
        if !self.find(message).await.is_empty() {
            return Answer::Accepted(None);
        }
        let put = self.put(message).await;
        fail_point!("sender.after_send");
        match put {
            Ok(()) => Answer::Accepted(None),
            // Nothing was renamed, so nothing was handed over.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                tracing::warn!(%error, "no room in the spool");
                Answer::Retry { after: None }
            }
            Err(error) => {
                tracing::error!(%error, folder = %self.outbox.display(), "the spool takes no files");
                Answer::PauseChannel
            }
        }
    }

    async fn find(&self, message: &Message) -> Vec<Fate> {
        let mark = mark(message);
        let fate = |state, reason| Fate { state, reason, gateway_id: None };
        let is_in = async |folder: &Path| names(folder).await.iter().any(|name| name.contains(&mark));
        // In the order in which the daemon moves files, so that none slips through between two looks.
        if is_in(&self.outbox).await || is_in(&self.sent).await {
            return vec![fate(MessageState::Accepted, None)];
        }
        if is_in(&self.error).await {
            return vec![fate(MessageState::Failed, Some(MessageReason::Rejected))];
        }
        Vec::new()
    }

    async fn news(&self) -> Vec<Report> {
        let mut reports = Vec::new();
        let folders = [
            (&self.sent, (MessageState::Accepted, None)),
            (&self.error, (MessageState::Failed, Some(MessageReason::Rejected))),
        ];
        for (folder, said) in folders {
            for name in names(folder).await {
                let Some((event_id, ttn)) = read_mark(&name) else { continue };
                let gateway_id = Some(folder.join(&name).to_string_lossy().into_owned());
                reports.push(Report { event_id: Some(event_id), ttn: Some(ttn), gateway_id, said: Some(said) });
            }
        }
        reports
    }
}

/// What names a message in a file's name.
fn mark(message: &Message) -> String {
    format!("{}-{}", message.event_id.simple(), message.ttn)
}

fn read_mark(name: &str) -> Option<(Uuid, Ttn)> {
    let mark = name.rsplit_once('_')?.1.split('.').next()?;
    let (id, ttn) = mark.split_once('-')?;
    Some((id.parse().ok()?, Ttn::parse(ttn).ok()?))
}

/// Names of the messages in a folder; what cannot be read has none.
async fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let Ok(mut entries) = fs::read_dir(folder).await else { return names };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("OUT") {
            names.push(name);
        }
    }
    names
}

impl Gateway for SpoolGateway {
    fn name(&self) -> &'static str {
        "spool"
    }

    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Answer> {
        self.call(message).boxed()
    }

    fn can_look_up(&self) -> bool {
        true
    }

    fn look_up<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Vec<Fate>> {
        self.find(message).boxed()
    }

    fn fetches_reports_every(&self) -> Option<Duration> {
        Some(LOOK_EVERY)
    }

    fn fetch_reports(&self) -> BoxFuture<'_, Vec<Report>> {
        self.news().boxed()
    }

    /// Files that were read are taken away: they hold a number and a text.
    fn report_is_recorded<'a>(&'a self, report: &'a Report) -> BoxFuture<'a, ()> {
        async move {
            let Some(path) = &report.gateway_id else { return };
            if let Err(error) = fs::remove_file(path).await
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%error, path, "a file of the spool that was read cannot be taken away");
            }
        }
        .boxed()
    }
}
