//! `postoffice-server user …`.

use std::{
    io::{BufRead, stdin},
    process::ExitCode,
    sync::Arc,
};

use clap::{Subcommand, ValueEnum};
use postoffice_domain::{
    entropy::uuid_v7,
    people::{BranchId, EmployeeId, Login, Role},
    text::clean_text,
};
use postoffice_protocol::session::Password;

use super::office::{OfficeError, of_argument, with_store};
use crate::{
    auth::{Passwords, password_rules, secret},
    config::Config,
    store::{Employee, NewEmployee, Store},
    system::{SystemClock, SystemEntropy},
};

/// Letters of a password that we make: 100 bits.
const MADE_LETTERS: usize = 20;

/// Employees.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Adds an employee. Without --password-stdin a password is made and printed once.
    Add {
        /// Login: 3 to 40 letters of one script, digits, `.`, `-`, `_`.
        #[arg(long)]
        login: String,
        /// Full name.
        #[arg(long)]
        name: String,
        /// Role.
        #[arg(long, value_enum)]
        role: RoleArg,
        /// Id of the branch.
        #[arg(long)]
        branch: String,
        /// Reads the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Gives an employee a new password and ends their sessions.
    Password {
        /// Login.
        #[arg(long)]
        login: String,
        /// Reads the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists the employees.
    List,
    /// Disables an employee and ends their sessions, open sockets included, within a second.
    Disable {
        /// Login.
        #[arg(long)]
        login: String,
    },
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleArg {
    /// Registers, moves and completes parcels.
    Clerk,
    /// Moves parcels of every branch.
    Dispatcher,
    /// Cancels late, undoes, takes locks over.
    Supervisor,
    /// Runs the office.
    Admin,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Clerk => Self::Clerk,
            RoleArg::Dispatcher => Self::Dispatcher,
            RoleArg::Supervisor => Self::Supervisor,
            RoleArg::Admin => Self::Admin,
        }
    }
}

/// Does it.
pub async fn run(config: &Config, command: UserCommand) -> ExitCode {
    with_store(config, async |store| match command {
        UserCommand::Add { login, name, role, branch, password_stdin } => {
            let login = Login::parse(&login).map_err(of_argument("--login"))?;
            let name = clean_text(&name, 100).map_err(of_argument("--name"))?;
            let branch = BranchId::parse(&branch).map_err(of_argument("--branch"))?;
            add(config, &store, login, name, role.into(), branch, password_stdin).await
        }
        UserCommand::Password { login, password_stdin } => {
            change_password(config, &store, &login, password_stdin).await
        }
        UserCommand::List => list(&store).await,
        UserCommand::Disable { login } => disable(&store, &login).await,
    })
    .await
}

async fn add(
    config: &Config,
    store: &Store,
    login: Login,
    name: String,
    role: Role,
    branch: BranchId,
    password_stdin: bool,
) -> Result<(), OfficeError> {
    let office = store.office().await?;
    if !office.branches.iter().any(|known| known.id == branch) {
        return Err(OfficeError::Argument("--branch: no such branch; see `postoffice-server branch list`"));
    }
    let password = password(password_stdin, &[login.as_str(), &name, &office.name])?;
    let password_hash = hash(config, &password).await?;
    let id = EmployeeId(uuid_v7(&SystemClock, &SystemEntropy));
    let shown = login.as_str().to_owned();
    store.add_employee(NewEmployee { id, login, name, role, branch, password_hash }).await?;
    tell(&shown, &password, password_stdin);
    Ok(())
}

async fn change_password(config: &Config, store: &Store, login: &str, password_stdin: bool) -> Result<(), OfficeError> {
    let (office, employee) = (store.office().await?, employee(store, login).await?);
    let password = password(password_stdin, &[login, &employee.name, &office.name])?;
    let password_hash = hash(config, &password).await?;
    store.set_password(employee.id, password_hash).await?;
    store.end_sessions_of(employee.id).await?;
    tell(login, &password, password_stdin);
    Ok(())
}

async fn disable(store: &Store, login: &str) -> Result<(), OfficeError> {
    let employee = employee(store, login).await?;
    store.disable_employee(employee.id).await?;
    println!("{login} is disabled");
    Ok(())
}

async fn list(store: &Store) -> Result<(), OfficeError> {
    for employee in store.list_employees().await? {
        let state = if employee.disabled { "disabled" } else { "active" };
        let role = format!("{:?}", employee.role).to_lowercase();
        println!("{}\t{}\t{role}\t{}\t{state}", employee.login, employee.name, employee.branch.0);
    }
    Ok(())
}

async fn employee(store: &Store, login: &str) -> Result<Employee, OfficeError> {
    let login = Login::parse(login).map_err(of_argument("--login"))?;
    store.employee_by_login(&login).await?.ok_or(OfficeError::Argument("no such employee"))
}

/// The first line of standard input, or a new one that nobody could guess.
fn password(from_stdin: bool, own_words: &[&str]) -> Result<Password, OfficeError> {
    if !from_stdin {
        let letters = secret::letters(&SystemEntropy, MADE_LETTERS);
        let groups: Vec<&str> = (0..MADE_LETTERS / 5).map(|group| &letters[group * 5..group * 5 + 5]).collect();
        return Ok(Password(groups.join("-")));
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(OfficeError::Input)?;
    let password = Password(line.trim_end_matches(['\r', '\n']).to_owned());
    password_rules::check(&password, own_words)?;
    Ok(password)
}

async fn hash(config: &Config, password: &Password) -> Result<String, OfficeError> {
    let passwords = Passwords::new(&config.passwords, &SystemEntropy)?;
    Ok(passwords.hash(password, Arc::new(SystemEntropy)).await?)
}

fn tell(login: &str, password: &Password, was_given: bool) {
    if was_given {
        println!("{login}");
    } else {
        println!("{login}\t{}", password.0);
    }
}
