//! What sign-in, sessions and the command line ask of the store about people.

use postoffice_domain::{
    clock::Timestamp,
    people::{Branch, BranchId, EmployeeId, Login},
};
use postoffice_protocol::session::SessionId;

use super::{
    Employee, LiveSession, NewEmployee, OfficeRecord, SessionRecord, Store, accounts, error::StoreError, sessions,
};

impl Store {
    /// The office: name, branches, whether it is set up.
    ///
    /// # Errors
    /// The store could not.
    pub async fn office(&self) -> Result<OfficeRecord, StoreError> {
        let mut reader = self.readers.reader().await?;
        accounts::office(&mut reader.connection()).await
    }

    /// Gives the office a name.
    ///
    /// # Errors
    /// The store could not.
    pub async fn set_office_name(&self, name: String) -> Result<(), StoreError> {
        self.write(name, |connection, name| Box::pin(accounts::set_office_name(connection, name))).await
    }

    /// Adds a branch.
    ///
    /// # Errors
    /// `Taken`, or the store could not.
    pub async fn add_branch(&self, branch: Branch) -> Result<(), StoreError> {
        self.write(branch, |connection, branch| Box::pin(accounts::add_branch(connection, branch))).await
    }

    /// One branch.
    ///
    /// # Errors
    /// The store could not.
    pub async fn branch(&self, id: &BranchId) -> Result<Option<Branch>, StoreError> {
        let mut reader = self.readers.reader().await?;
        accounts::branch_by_id(&mut reader.connection(), id).await
    }

    /// Adds an employee.
    ///
    /// # Errors
    /// `Taken`, or the store could not.
    pub async fn add_employee(&self, employee: NewEmployee) -> Result<(), StoreError> {
        self.write((employee, self.clock.now()), |connection, (employee, now)| {
            Box::pin(accounts::add_employee(connection, employee, *now))
        })
        .await
    }

    /// Makes the first branch and the first employee and forgets the set-up code, all or nothing; `false` when there is an employee already.
    ///
    /// # Errors
    /// `Taken`, or the store could not.
    pub async fn set_up(&self, branch: Branch, admin: NewEmployee) -> Result<bool, StoreError> {
        self.write((branch, admin, self.clock.now()), |connection, (branch, admin, now)| {
            Box::pin(accounts::set_up(connection, branch, admin, *now))
        })
        .await
    }

    /// An employee by login.
    ///
    /// # Errors
    /// The store could not.
    pub async fn employee_by_login(&self, login: &Login) -> Result<Option<Employee>, StoreError> {
        let mut reader = self.readers.reader().await?;
        accounts::employee_by_login(&mut reader.connection(), login).await
    }

    /// All employees by login.
    ///
    /// # Errors
    /// The store could not.
    pub async fn list_employees(&self) -> Result<Vec<Employee>, StoreError> {
        let mut reader = self.readers.reader().await?;
        accounts::employees(&mut reader.connection()).await
    }

    /// Gives an employee another password.
    ///
    /// # Errors
    /// The store could not.
    pub async fn set_password(&self, id: EmployeeId, hash: String) -> Result<(), StoreError> {
        self.write((id, hash), |connection, (id, hash)| Box::pin(accounts::set_password(connection, *id, hash))).await
    }

    /// Lets an employee not sign in any more and ends every session.
    ///
    /// # Errors
    /// The store could not.
    pub async fn disable_employee(&self, id: EmployeeId) -> Result<(), StoreError> {
        self.write((id, self.clock.now()), |connection, (id, now)| {
            Box::pin(accounts::disable_employee(connection, *id, *now))
        })
        .await
    }

    /// SHA-256 of the one-time set-up code, if one is waiting.
    ///
    /// # Errors
    /// The store could not.
    pub async fn setup_code_hash(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let mut reader = self.readers.reader().await?;
        accounts::setup_code_hash(&mut reader.connection()).await
    }

    /// Keeps the SHA-256 of a set-up code; an older one is forgotten.
    ///
    /// # Errors
    /// The store could not.
    pub async fn set_setup_code(&self, hash: [u8; 32]) -> Result<(), StoreError> {
        self.write(Some(hash), |connection, hash| Box::pin(accounts::set_setup_code_hash(connection, hash.as_ref())))
            .await
    }

    /// Forgets the set-up code.
    ///
    /// # Errors
    /// The store could not.
    pub async fn clear_setup_code(&self) -> Result<(), StoreError> {
        self.write((), |connection, ()| Box::pin(accounts::set_setup_code_hash(connection, None))).await
    }

    /// Begins a session.
    ///
    /// # Errors
    /// The store could not.
    pub async fn begin_session(&self, session: SessionRecord) -> Result<(), StoreError> {
        self.write(session, |connection, session| Box::pin(sessions::begin(connection, session))).await
    }

    /// The living session of a token.
    ///
    /// # Errors
    /// The store could not.
    pub async fn session_by_token(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<LiveSession>, StoreError> {
        let mut reader = self.readers.reader().await?;
        sessions::by_token(&mut reader.connection(), token_hash, now).await
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// The store could not.
    pub async fn touch_session(&self, id: SessionId) -> Result<(), StoreError> {
        self.write((id, self.clock.now()), |connection, (id, now)| Box::pin(sessions::touch(connection, *id, *now)))
            .await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store could not.
    pub async fn end_session(&self, id: SessionId) -> Result<(), StoreError> {
        self.write((id, self.clock.now()), |connection, (id, now)| Box::pin(sessions::end(connection, *id, *now))).await
    }

    /// Which of these sessions live no more: ended, expired at `now`, or their employee was disabled.
    ///
    /// # Errors
    /// The store could not.
    pub async fn ended_sessions(&self, ids: &[SessionId], now: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        let mut reader = self.readers.reader().await?;
        sessions::ended(&mut reader.connection(), ids, now).await
    }

    /// Ends every session of an employee.
    ///
    /// # Errors
    /// The store could not.
    pub async fn end_sessions_of(&self, employee: EmployeeId) -> Result<(), StoreError> {
        self.write((employee, self.clock.now()), |connection, (id, now)| {
            Box::pin(sessions::end_all_of(connection, *id, *now))
        })
        .await
    }
}
