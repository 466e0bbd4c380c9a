//! `session.sign_in`: login and password become a session, bound to a branch and a workstation.

use std::sync::Arc;

use postoffice_domain::{
    clock::Timestamp,
    people::{Actor, Branch, Login, Role, station_name},
    refusal::{Refusal, RefusalCode},
};
use postoffice_protocol::{
    problem::{Problem, ProblemCode},
    session::{SessionId, SignIn, SignedIn},
};

use super::{Visitor, internal, view};
use crate::{
    auth::{Identity, secret},
    store::{Employee, SessionRecord},
};

const MS_PER_MINUTE: i64 = 60_000;

/// Signs an employee in and binds the socket to the new session.
///
/// # Errors
/// `setup_required`, `wrong_credentials` (never says which), `invalid_fields`, or `refused` for a branch that is not the employee's.
pub async fn handle(visitor: &Visitor<'_>, params: SignIn) -> Result<(Arc<Identity>, SignedIn), Problem> {
    let services = visitor.services;
    let office = services.store.office().await.map_err(|error| error.to_problem())?;
    if office.setup_required {
        return Err(Problem::new(ProblemCode::SetupRequired, "the office has no employee yet"));
    }
    let station =
        station_name(&params.station).map_err(|refusal| Problem::invalid_fields(vec![refusal.at("station")]))?;
    let employee = authenticate(visitor, &params).await?;
    let branch = office.branches.into_iter().find(|branch| branch.id == params.branch);
    let branch = branch
        .filter(|branch| may_work_at(&employee, branch))
        .ok_or_else(|| Problem::from(Refusal::new(RefusalCode::NotYourBranch)))?;

    let token = secret::new_token(services.entropy.as_ref());
    let now = services.now();
    let record = SessionRecord {
        id: SessionId(services.new_id()),
        token_hash: secret::token_hash(&token),
        employee: employee.id,
        branch: branch.id.clone(),
        station: station.clone(),
        language: params.language,
        created_at: now,
        expires_at: expiry(now, services.config.sessions.absolute_hours),
    };
    let (session, expires_at) = (record.id, record.expires_at);
    services.store.begin_session(record).await.map_err(|error| error.to_problem())?;

    let actor =
        Actor { employee: employee.id, name: employee.name, role: employee.role, branch: branch.id.clone(), station };
    let idle_ms = i64::from(services.config.sessions.idle_minutes) * MS_PER_MINUTE;
    let identity = Identity::new(session, actor, branch, expires_at, idle_ms, now);
    let sequence = services.hub.attach(session, visitor.outbound.clone());
    tracing::info!(%session, employee = %identity.actor.employee.0, branch = %identity.branch.id.0, "signed in");
    let answer = SignedIn { token, session: view(services, &identity, sequence) };
    Ok((Arc::new(identity), answer))
}

/// The employee, if the password is right. An unknown login, a disabled employee and a wrong password look alike and take the same time.
async fn authenticate(visitor: &Visitor<'_>, params: &SignIn) -> Result<Employee, Problem> {
    let services = visitor.services;
    let employee = match Login::parse(&params.login) {
        Ok(login) => services.store.employee_by_login(&login).await.map_err(|error| error.to_problem())?,
        Err(_) => None,
    };
    let employee = employee.filter(|employee| !employee.disabled);
    let stored = employee.as_ref().map(|employee| employee.password_hash.clone());
    let right = services.passwords.check(&params.password, stored).await.map_err(|error| internal(&error))?;
    employee
        .filter(|_| right)
        .ok_or_else(|| Problem::new(ProblemCode::WrongCredentials, "no such employee, or the password is wrong"))
}

/// Clerks and dispatchers work at their own branch only.
fn may_work_at(employee: &Employee, branch: &Branch) -> bool {
    employee.role >= Role::Supervisor || employee.branch == branch.id
}

fn expiry(now: Timestamp, hours: u32) -> Timestamp {
    now.plus_millis(i64::from(hours) * 60 * MS_PER_MINUTE)
}
