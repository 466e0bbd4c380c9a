//! Tables `office`, `branches` and `employees`.

use postoffice_domain::{
    clock::Timestamp,
    location::Location,
    people::{Branch, BranchId, EmployeeId, Login, Role},
};
use uuid::Uuid;

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    hex::{hex, unhex},
    messages::{from_word, word},
    row::Row,
    statement::query,
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
pub(super) async fn office(connection: &mut Connection<'_>) -> Result<OfficeRecord, StoreError> {
    let name = query("SELECT name FROM office WHERE id = 1").optional(connection).await?;
    let employees = query("SELECT count(*) FROM employees").one(connection).await?.count(0)?;
    let branches = query("SELECT id, name, city, street FROM branches ORDER BY name").all(connection).await?;
    Ok(OfficeRecord {
        name: name.map(|row| row.string(0)).transpose()?.unwrap_or_else(|| UNNAMED.to_owned()),
        setup_required: employees == 0,
        branches: branches.iter().map(branch).collect::<Result<_, _>>()?,
    })
}

fn branch(row: &Row) -> Result<Branch, StoreError> {
    Ok(Branch {
        id: BranchId(row.string("id")?),
        name: row.string("name")?,
        location: Location { city: row.string("city")?, street: row.string("street")? },
    })
}

/// One branch.
pub(super) async fn branch_by_id(connection: &mut Connection<'_>, id: &BranchId) -> Result<Option<Branch>, StoreError> {
    let row =
        query("SELECT id, name, city, street FROM branches WHERE id = $1").bind(&id.0).optional(connection).await?;
    row.as_ref().map(branch).transpose()
}

/// Gives the office a name.
pub(super) async fn set_office_name(connection: &mut Connection<'_>, name: &str) -> Result<(), StoreError> {
    query("INSERT INTO office (id, name) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET name = excluded.name")
        .bind(name)
        .run(connection)
        .await?;
    Ok(())
}

/// SHA-256 of the one-time set-up code, if one is waiting.
pub(super) async fn setup_code_hash(connection: &mut Connection<'_>) -> Result<Option<[u8; 32]>, StoreError> {
    let row = query("SELECT setup_code_hash FROM office WHERE id = 1").optional(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let hash = |text| unhex(text).and_then(|hash| hash.try_into().ok()).ok_or_else(|| unexpected("set-up code hash"));
    row.maybe_text(0)?.map(hash).transpose()
}

/// Keeps or clears the hash of the set-up code.
pub(super) async fn set_setup_code_hash(
    connection: &mut Connection<'_>,
    hash: Option<&[u8; 32]>,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO office (id, name, setup_code_hash) VALUES (1, $2, $1)
         ON CONFLICT (id) DO UPDATE SET setup_code_hash = excluded.setup_code_hash",
    )
    .bind(hash.map(|hash| hex(hash)))
    .bind(UNNAMED)
    .run(connection)
    .await?;
    Ok(())
}

/// Adds a branch.
pub(super) async fn add_branch(connection: &mut Connection<'_>, branch: &Branch) -> Result<(), StoreError> {
    query("INSERT INTO branches (id, name, city, street) VALUES ($1, $2, $3, $4)")
        .bind(&branch.id.0)
        .bind(&branch.name)
        .bind(&branch.location.city)
        .bind(&branch.location.street)
        .run_unless_taken(connection, "the branch id")
        .await?;
    Ok(())
}

/// Adds an employee.
pub(super) async fn add_employee(
    connection: &mut Connection<'_>,
    employee: &NewEmployee,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO employees (id, login, name, role, branch, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(employee.id.0)
    .bind(employee.login.as_str())
    .bind(&employee.name)
    .bind(word(&employee.role)?)
    .bind(&employee.branch.0)
    .bind(&employee.password_hash)
    .bind(now)
    .run_unless_taken(connection, "the login")
    .await?;
    Ok(())
}

/// Makes the first employee, an admin, with the first branch; `false` when there is an employee already.
pub(super) async fn set_up(
    connection: &mut Connection<'_>,
    branch: &Branch,
    admin: &NewEmployee,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // Two first desktops at two servers: the second one finds the admin that the first one made.
    if matches!(connection, Connection::Postgres(_)) {
        connection.control("LOCK TABLE employees IN SHARE ROW EXCLUSIVE MODE").await?;
    }
    let employees = query("SELECT count(*) FROM employees").one(connection).await?.count(0)?;
    if employees > 0 {
        return Ok(false);
    }
    if branch_by_id(connection, &branch.id).await?.is_none() {
        add_branch(connection, branch).await?;
    }
    add_employee(connection, admin, now).await?;
    set_setup_code_hash(connection, None).await?;
    Ok(true)
}

const EMPLOYEE_COLUMNS: &str = "id, login, name, role, branch, password_hash, disabled_at";

/// An employee by login.
pub(super) async fn employee_by_login(
    connection: &mut Connection<'_>,
    login: &Login,
) -> Result<Option<Employee>, StoreError> {
    let sql = format!("SELECT {EMPLOYEE_COLUMNS} FROM employees WHERE login = $1");
    let row = query(sql).bind(login.as_str()).optional(connection).await?;
    row.as_ref().map(employee).transpose()
}

/// All employees by login.
pub(super) async fn employees(connection: &mut Connection<'_>) -> Result<Vec<Employee>, StoreError> {
    let sql = format!("SELECT {EMPLOYEE_COLUMNS} FROM employees ORDER BY login");
    query(sql).all(connection).await?.iter().map(employee).collect()
}

pub(super) fn employee(row: &Row) -> Result<Employee, StoreError> {
    let id: Uuid = row.text("id")?.parse().map_err(|_| unexpected("employee id"))?;
    Ok(Employee {
        id: EmployeeId(id),
        login: row.string("login")?,
        name: row.string("name")?,
        role: from_word(row.text("role")?)?,
        branch: BranchId(row.string("branch")?),
        password_hash: row.string("password_hash")?,
        disabled: row.maybe_number("disabled_at")?.is_some(),
    })
}

/// Gives an employee another password.
pub(super) async fn set_password(
    connection: &mut Connection<'_>,
    id: EmployeeId,
    hash: &str,
) -> Result<(), StoreError> {
    query("UPDATE employees SET password_hash = $2 WHERE id = $1").bind(id.0).bind(hash).run(connection).await?;
    Ok(())
}

/// Lets an employee not sign in any more and ends every session.
pub(super) async fn disable_employee(
    connection: &mut Connection<'_>,
    id: EmployeeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    query("UPDATE employees SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL")
        .bind(id.0)
        .bind(now)
        .run(connection)
        .await?;
    super::sessions::end_all_of(connection, id, now).await
}
