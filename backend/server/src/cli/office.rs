//! Opening the office's database for one command of the admin, also while the server runs; and the office's name.

use std::{future::Future, process::ExitCode, sync::Arc};

use postoffice_domain::{
    clock::Clock,
    refusal::{FieldRefusal, Refusal, RefusalCode},
    text::clean_text,
};

use super::failed;
use crate::{
    auth::{password_rules, passwords::PasswordError},
    config::Config,
    serve::{StartError, make_data_folder},
    store::{OpenError, Store, StoreConfig, StoreError},
    system::{SystemClock, SystemEntropy},
};

/// Why a command of the admin failed. Display is for the admin.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] StartError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hashing failed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A value was refused.
    #[error("the {field} is refused: {}", plain(refusal))]
    Refused {
        /// Which argument.
        field: String,
        /// Why.
        refusal: Refusal,
    },
    /// Anything the admin can mend by another argument.
    #[error("{0}")]
    Argument(&'static str),
    /// The password could not be read.
    #[error("cannot read the password: {0}")]
    Input(std::io::Error),
}

/// A refusal in words for the admin at the terminal; the window has its own, in the clerk's language.
fn plain(refusal: &Refusal) -> String {
    let detail = &refusal.detail;
    match (refusal.code, detail.reason.as_deref(), detail.position, detail.max) {
        (_, Some("too_short"), ..) => format!("shorter than {} characters", password_rules::MIN_CHARS),
        (_, Some("too_long"), ..) => format!("longer than {} characters", password_rules::MAX_CHARS),
        (_, Some("repetitive"), ..) => "it repeats too few characters".to_owned(),
        (_, Some("common"), ..) => "it is among the most used ones".to_owned(),
        (_, Some("own_words"), ..) => "it is little more than names of the office or the employee".to_owned(),
        (RefusalCode::Empty, ..) => "nothing is written".to_owned(),
        (RefusalCode::TooLong, .., Some(max)) => format!("longer than {max} characters"),
        (RefusalCode::BadText, _, Some(position), _) => format!("character {position} has no place in it"),
        _ => refusal.to_string(),
    }
}

impl From<FieldRefusal> for OfficeError {
    fn from(refused: FieldRefusal) -> Self {
        Self::Refused { field: refused.field, refusal: Refusal { code: refused.code, detail: refused.detail } }
    }
}

/// Ties a refusal to the argument it is about.
pub fn of_argument(field: &str) -> impl FnOnce(Refusal) -> OfficeError {
    let field = field.to_owned();
    move |refusal| OfficeError::Refused { field, refusal }
}

/// Opens the database, does `work`, waits until everything is written.
pub async fn with_store<F, W>(config: &Config, work: W) -> ExitCode
where
    W: FnOnce(Store) -> F,
    F: Future<Output = Result<(), OfficeError>>,
{
    ended(open_and_do(config, true, Arc::new(SystemClock), work).await)
}

/// The same with a clock of the caller, refused while a server has the database.
pub async fn with_store_alone<F, W>(config: &Config, clock: Arc<dyn Clock>, work: W) -> ExitCode
where
    W: FnOnce(Store) -> F,
    F: Future<Output = Result<(), OfficeError>>,
{
    ended(open_and_do(config, false, clock, work).await)
}

fn ended(done: Result<(), OfficeError>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn open_and_do<F, W>(
    config: &Config,
    beside_a_server: bool,
    clock: Arc<dyn Clock>,
    work: W,
) -> Result<(), OfficeError>
where
    W: FnOnce(Store) -> F,
    F: Future<Output = Result<(), OfficeError>>,
{
    make_data_folder(config)?;
    let settings = StoreConfig {
        database: config.database().map_err(StartError::from)?,
        group_max: config.store.group_max,
        sms: config.sms_rules(),
        beside_a_server,
    };
    let (store, writer) = Store::open(&settings, clock, Arc::new(SystemEntropy)).await?;
    let writer = tokio::spawn(writer.run());
    let done = work(store).await;
    let written = writer.await.map_err(|_| StoreError::Unavailable("the writer died".to_owned()))?;
    done?;
    Ok(written?)
}

/// `postoffice-server office-name`.
pub async fn rename(config: &Config, name: &str) -> ExitCode {
    with_store(config, async |store| {
        let name = clean_text(name, 100).map_err(of_argument("name"))?;
        Ok(store.set_office_name(name).await?)
    })
    .await
}
