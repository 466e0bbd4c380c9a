//! Tables `office`, `branches` and `employees`.

use postoffice_domain::{
    clock::Timestamp,
    location::Location,
    people::{Branch, BranchId, EmployeeId, Login, Role},
};
use sqlx::{Row, SqliteConnection, SqliteExecutor, SqlitePool, sqlite::SqliteRow};
use uuid::Uuid;

use super::{
    error::{StoreError, unexpected},
    hex::hex,
    messages::{from_word, word},
};

/// Name of an office that nobody has named yet.
const UNNAMED: &str = "PostOffice";

/// The office as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeRecord {
    /// Its name.
    pub name: String,
    /// True until the first employee exists.
    pub setup_required: bool,
    /// Its branches by name.
    pub branches: Vec<Branch>,
}

/// An employee to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEmployee {
    /// Id.
    pub id: EmployeeId,
    /// Login, unique.
    pub login: Login,
    /// Full name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Home branch.
    pub branch: BranchId,
    /// Argon2id hash in PHC notation.
    pub password_hash: String,
}

/// An employee.
#[derive(Clone, PartialEq, Eq)]
pub struct Employee {
    /// Id.
    pub id: EmployeeId,
    /// Login, folded.
    pub login: String,
    /// Full name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Home branch.
    pub branch: BranchId,
    /// Argon2id hash in PHC notation.
    pub password_hash: String,
    /// Whether the employee may not sign in any more.
    pub disabled: bool,
}

impl std::fmt::Debug for Employee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Employee").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// The office.
pub(super) async fn office(pool: &SqlitePool) -> Result<OfficeRecord, StoreError> {
    let name = sqlx::query("SELECT name FROM office WHERE id = 1").fetch_optional(pool).await?;
    let employees: i64 = sqlx::query("SELECT count(*) FROM employees").fetch_one(pool).await?.try_get(0)?;
    let branches = sqlx::query("SELECT id, name, city, street FROM branches ORDER BY name").fetch_all(pool).await?;
    Ok(OfficeRecord {
        name: name.map(|row| row.try_get(0)).transpose()?.unwrap_or_else(|| UNNAMED.to_owned()),
        setup_required: employees == 0,
        branches: branches.iter().map(branch).collect::<Result<_, _>>()?,
    })
}

fn branch(row: &SqliteRow) -> Result<Branch, StoreError> {
    Ok(Branch {
        id: BranchId(row.try_get("id")?),
        name: row.try_get("name")?,
        location: Location { city: row.try_get("city")?, street: row.try_get("street")? },
    })
}

/// One branch.
pub(super) async fn branch_by_id(
    executor: impl SqliteExecutor<'_>,
    id: &BranchId,
) -> Result<Option<Branch>, StoreError> {
    let row = sqlx::query("SELECT id, name, city, street FROM branches WHERE id = ?1")
        .bind(&id.0)
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(branch).transpose()
}

/// Gives the office a name.
pub(super) async fn set_office_name(connection: &mut SqliteConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO office (id, name) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET name = excluded.name")
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}

/// SHA-256 of the one-time set-up code, if one is waiting.
pub(super) async fn setup_code_hash(pool: &SqlitePool) -> Result<Option<[u8; 32]>, StoreError> {
    let row = sqlx::query("SELECT unhex(setup_code_hash) FROM office WHERE id = 1").fetch_optional(pool).await?;
    let hash = row.map(|row| row.try_get::<Option<Vec<u8>>, _>(0)).transpose()?.flatten();
    hash.map(|hash| hash.try_into().map_err(|_| unexpected("set-up code hash"))).transpose()
}

/// Keeps or clears the hash of the set-up code.
pub(super) async fn set_setup_code_hash(
    connection: &mut SqliteConnection,
    hash: Option<&[u8; 32]>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO office (id, name, setup_code_hash) VALUES (1, ?2, ?1)
         ON CONFLICT (id) DO UPDATE SET setup_code_hash = excluded.setup_code_hash",
    )
    .bind(hash.map(|hash| hex(hash)))
    .bind(UNNAMED)
    .execute(connection)
    .await?;
    Ok(())
}

/// A unique value that is there already, as `Taken`.
fn taken(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match error.as_database_error() {
        Some(refused) if refused.is_unique_violation() => StoreError::Taken(what),
        _ => error.into(),
    }
}

/// Adds a branch.
pub(super) async fn add_branch(connection: &mut SqliteConnection, branch: &Branch) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO branches (id, name, city, street) VALUES (?1, ?2, ?3, ?4)")
        .bind(&branch.id.0)
        .bind(&branch.name)
        .bind(&branch.location.city)
        .bind(&branch.location.street)
        .execute(connection)
        .await
        .map_err(taken("the branch id"))?;
    Ok(())
}

/// Adds an employee.
pub(super) async fn add_employee(
    connection: &mut SqliteConnection,
    employee: &NewEmployee,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO employees (id, login, name, role, branch, password_hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(employee.id.0.to_string())
    .bind(employee.login.as_str())
    .bind(&employee.name)
    .bind(word(&employee.role)?)
    .bind(&employee.branch.0)
    .bind(&employee.password_hash)
    .bind(now.millis())
    .execute(connection)
    .await
    .map_err(taken("the login"))?;
    Ok(())
}

/// Makes the first employee, an admin, with the first branch; `false` when there is an employee already.
pub(super) async fn set_up(
    connection: &mut SqliteConnection,
    branch: &Branch,
    admin: &NewEmployee,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let employees: i64 = sqlx::query("SELECT count(*) FROM employees").fetch_one(&mut *connection).await?.try_get(0)?;
    if employees > 0 {
        return Ok(false);
    }
    if branch_by_id(&mut *connection, &branch.id).await?.is_none() {
        add_branch(connection, branch).await?;
    }
    add_employee(connection, admin, now).await?;
    set_setup_code_hash(connection, None).await?;
    Ok(true)
}

const EMPLOYEE_COLUMNS: &str = "id, login, name, role, branch, password_hash, disabled_at";

/// An employee by login.
pub(super) async fn employee_by_login(
    executor: impl SqliteExecutor<'_>,
    login: &Login,
) -> Result<Option<Employee>, StoreError> {
    let sql = format!("SELECT {EMPLOYEE_COLUMNS} FROM employees WHERE login = ?1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(login.as_str()).fetch_optional(executor).await?;
    row.as_ref().map(employee).transpose()
}

/// All employees by login.
pub(super) async fn employees(pool: &SqlitePool) -> Result<Vec<Employee>, StoreError> {
    let sql = format!("SELECT {EMPLOYEE_COLUMNS} FROM employees ORDER BY login");
    sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await?.iter().map(employee).collect()
}

pub(super) fn employee(row: &SqliteRow) -> Result<Employee, StoreError> {
    let id: Uuid = row.try_get::<&str, _>("id")?.parse().map_err(|_| unexpected("employee id"))?;
    Ok(Employee {
        id: EmployeeId(id),
        login: row.try_get("login")?,
        name: row.try_get("name")?,
        role: from_word(row.try_get("role")?)?,
        branch: BranchId(row.try_get("branch")?),
        password_hash: row.try_get("password_hash")?,
        disabled: row.try_get::<Option<i64>, _>("disabled_at")?.is_some(),
    })
}

/// Gives an employee another password.
pub(super) async fn set_password(
    connection: &mut SqliteConnection,
    id: EmployeeId,
    hash: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE employees SET password_hash = ?2 WHERE id = ?1")
        .bind(id.0.to_string())
        .bind(hash)
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets an employee not sign in any more and ends every session.
pub(super) async fn disable_employee(
    connection: &mut SqliteConnection,
    id: EmployeeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE employees SET disabled_at = ?2 WHERE id = ?1 AND disabled_at IS NULL")
        .bind(id.0.to_string())
        .bind(now.millis())
        .execute(&mut *connection)
        .await?;
    super::sessions::end_all_of(connection, id, now).await
}
