//! `session.set_up`: the first branch and the first employee, an admin, with the one-time code that the server printed.

use postoffice_domain::{
    location::Location,
    people::{Branch, EmployeeId, Login, Role},
    refusal::{FieldRefusal, Refusal},
    text::clean_text,
};
use postoffice_protocol::{
    problem::{Problem, ProblemCode},
    session::{Nothing, SetUp},
};

use super::internal;
use crate::{
    auth::{password_rules, setup_code},
    branch_id,
    context::Services,
    store::NewEmployee,
};

/// Longest name of a person or branch, in characters.
const MAX_NAME: usize = 100;

/// The form, every field of it good.
struct Form {
    branch: Branch,
    name: String,
    login: Login,
}

/// Makes the first branch and the first employee.
///
/// # Errors
/// `bad_setup_code` (wrong, or the office is set up already), `invalid_fields`, or the store's.
pub async fn handle(services: &Services, params: SetUp) -> Result<Nothing, Problem> {
    let stored = services.store.setup_code_hash().await.map_err(|error| error.to_problem())?;
    if !stored.is_some_and(|stored| setup_code::is_right(&params.code, &stored)) {
        return Err(bad_code());
    }
    let form = read(&params).map_err(Problem::invalid_fields)?;
    let password_hash =
        services.passwords.hash(&params.password, services.entropy.clone()).await.map_err(|error| internal(&error))?;
    let admin = NewEmployee {
        id: EmployeeId(services.new_id()),
        login: form.login,
        name: form.name,
        role: Role::Admin,
        branch: form.branch.id.clone(),
        password_hash,
    };
    // Two desktops may have typed the code at the same time: the store lets one of them through.
    if !services.store.set_up(form.branch, admin).await.map_err(|error| error.to_problem())? {
        return Err(bad_code());
    }
    tracing::info!("the office is set up");
    Ok(Nothing {})
}

fn bad_code() -> Problem {
    Problem::new(ProblemCode::BadSetupCode, "wrong set-up code, or the office is set up already")
}

/// All refusals at once, so that the form can show them together.
fn read(params: &SetUp) -> Result<Form, Vec<FieldRefusal>> {
    let of = |field: &'static str| move |refusal: Refusal| vec![refusal.at(field)];
    let of_branch = |refused: FieldRefusal| FieldRefusal { field: format!("branch_{}", refused.field), ..refused };
    let branch_name = clean_text(&params.branch_name, MAX_NAME).map_err(of("branch_name"));
    let location = Location::read("", &params.branch_city, &params.branch_street)
        .map_err(|refused| refused.into_iter().map(of_branch).collect());
    let name = clean_text(&params.name, MAX_NAME).map_err(of("name"));
    let login = Login::parse(&params.login).map_err(of("login"));
    let own_words = [params.login.as_str(), &params.name, &params.branch_name];
    let password = password_rules::check(&params.password, &own_words).map_err(|refused| vec![refused]);
    match (branch_name, location, name, login, password) {
        (Ok(branch_name), Ok(location), Ok(name), Ok(login), Ok(())) => {
            let branch = Branch { id: branch_id::of_name(&branch_name), name: branch_name, location };
            Ok(Form { branch, name, login })
        }
        (branch_name, location, name, login, password) => {
            let refused = [branch_name.err(), location.err(), name.err(), login.err(), password.err()];
            Err(refused.into_iter().flatten().flatten().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use postoffice_protocol::session::Password;

    use super::*;

    fn form() -> SetUp {
        SetUp {
            code: String::new(),
            branch_name: "Львів 3".to_owned(),
            branch_city: "Львів".to_owned(),
            branch_street: "Городоцька 12".to_owned(),
            name: "Олена Ковальчук".to_owned(),
            login: "olena".to_owned(),
            password: Password("три кити під мостом".to_owned()),
        }
    }

    #[test]
    fn a_good_form_makes_a_branch() {
        let form = read(&form()).map_err(|refused| refused.len()).unwrap();
        assert_eq!(form.branch.id.0, "lviv-3");
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let empty = SetUp {
            branch_name: String::new(),
            branch_city: String::new(),
            branch_street: "a\nb".to_owned(),
            name: " ".to_owned(),
            login: "x".to_owned(),
            password: Password("short".to_owned()),
            ..form()
        };
        let refused = read(&empty).err().unwrap_or_default();
        let fields: Vec<&str> = refused.iter().map(|refusal| refusal.field.as_str()).collect();
        assert_eq!(fields, ["branch_name", "branch_city", "branch_street", "name", "login", "password"]);
    }
}
