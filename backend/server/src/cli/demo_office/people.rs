//! Branches and employees of the demo office, with the passwords that `make run` prints.

use postoffice_domain::{
    location::Location,
    people::{Actor, Branch, BranchId, Login, Role},
};
use postoffice_protocol::session::Password;

use super::{Employee, employee_id, entropy};
use crate::{
    auth::Passwords,
    cli::office::{OfficeError, of_argument},
    config::Config,
    store::{NewEmployee, Store},
    system::SystemEntropy,
};

const BRANCHES: [(&str, &str, &str, &str); 5] = [
    ("lviv-3", "Львів 3", "Львів", "вул. Городоцька, 120"),
    ("kyiv-41", "Київ 41", "Київ", "вул. Хрещатик, 22"),
    ("odesa-12", "Одеса 12", "Одеса", "вул. Дерибасівська, 12"),
    ("kharkiv-7", "Харків 7", "Харків", "просп. Науки, 38"),
    ("ternopil-2", "Тернопіль 2", "Тернопіль", "вул. Руська, 30"),
];

/// Login, name, role, branch, station, password. The supervisor comes last.
const PEOPLE: [(&str, &str, Role, &str, &str, &str); 5] = [
    ("admin1", "Адміністратор 1", Role::Admin, "lviv-3", "9", "keys of the house"),
    ("clerk12", "Оператор 12", Role::Clerk, "lviv-3", "2", "counter at lviv 3"),
    ("clerk7", "Оператор 7", Role::Clerk, "lviv-3", "3", "counter at lviv 3"),
    ("clerk4", "Оператор 4", Role::Clerk, "kyiv-41", "1", "counter at kyiv 41"),
    ("supervisor1", "Старший зміни 1", Role::Supervisor, "lviv-3", "1", "keys of the shift"),
];

/// Opens the branches and hires everybody. Who works at a counter is returned; admins do not.
pub(super) async fn hire(config: &Config, store: &Store) -> Result<Vec<Employee>, OfficeError> {
    let mut branches = Vec::with_capacity(BRANCHES.len());
    for (id, name, city, street) in BRANCHES {
        let location = Location { city: city.to_owned(), street: street.to_owned() };
        let branch = Branch { id: BranchId(id.to_owned()), name: name.to_owned(), location };
        store.add_branch(branch.clone()).await?;
        branches.push(branch);
    }
    let passwords = Passwords::new(&config.passwords, &SystemEntropy)?;
    let mut staff = Vec::with_capacity(PEOPLE.len());
    for (login, name, role, branch, station, password) in PEOPLE {
        let branch = branches
            .iter()
            .find(|known| known.id.0 == branch)
            .cloned()
            .ok_or(OfficeError::Argument("a demo employee without a branch"))?;
        let id = employee_id();
        let password_hash = passwords.hash(&Password(password.to_owned()), entropy()).await?;
        let login = Login::parse(login).map_err(of_argument("login"))?;
        let employee = NewEmployee { id, login, name: name.to_owned(), role, branch: branch.id.clone(), password_hash };
        store.add_employee(employee).await?;
        let actor =
            Actor { employee: id, name: name.to_owned(), role, branch: branch.id.clone(), station: station.to_owned() };
        if role < Role::Admin {
            staff.push(Employee { actor, branch });
        }
    }
    store.set_office_name("Пошта Львова".to_owned()).await?;
    Ok(staff)
}

/// Prints who can sign in.
pub(super) fn tell(orders: u32) {
    println!("A demo office with {orders} orders. Sign in as:");
    for (login, name, _, branch, station, password) in PEOPLE {
        // As the sign-in shows it, which begins with the first branch of the alphabet and not with this one.
        let branch = BRANCHES.iter().find(|(id, ..)| *id == branch).map_or(branch, |(_, name, ..)| *name);
        println!("  {login:<12} password: {password:<20} {name}, branch {branch}, station {station}");
    }
}
