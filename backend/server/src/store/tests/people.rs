//! Branches, employees, sessions and the set-up.

use postoffice_domain::{
    language::Language,
    people::{BranchId, Login},
};

use super::*;
use crate::store::{NewEmployee, SessionRecord, StoreError};

on_both_engines! {
    the_set_up_happens_once_all_or_nothing,
    a_login_belongs_to_one_employee,
    a_session_lives_until_it_is_ended_expires_or_its_employee_is_disabled,
}

pub fn employee(number: u128, login: &str) -> NewEmployee {
    NewEmployee {
        id: EmployeeId(Uuid::from_u128(number)),
        login: Login::parse(login).unwrap(),
        name: "Олена Ковальчук".to_owned(),
        role: Role::Clerk,
        branch: branch().id,
        password_hash: "$argon2id$…".to_owned(),
    }
}

pub fn record(desk: &Desk, number: u8, who: u128) -> SessionRecord {
    let now = desk.clock.now();
    SessionRecord {
        id: session(u128::from(number)),
        token_hash: [number; 32],
        employee: EmployeeId(Uuid::from_u128(who)),
        branch: branch().id,
        station: "2".to_owned(),
        language: Language::Uk,
        created_at: now,
        expires_at: now.plus_millis(1_000),
    }
}

async fn the_set_up_happens_once_all_or_nothing(on: On) {
    let desk = Desk::open(on).await;
    let store = &desk.store;
    assert!(store.office().await.unwrap().setup_required);
    store.set_setup_code([3; 32]).await.unwrap();
    assert_eq!(store.setup_code_hash().await.unwrap(), Some([3; 32]));
    assert!(store.set_up(branch(), employee(1, "olena")).await.unwrap());
    assert_eq!(store.setup_code_hash().await.unwrap(), None);
    let mut second = branch();
    second.id = BranchId("kyiv-41".to_owned());
    assert!(!store.set_up(second, employee(2, "taras")).await.unwrap());
    let office = store.office().await.unwrap();
    assert_eq!((office.setup_required, office.branches), (false, vec![branch()]));
    assert_eq!(store.list_employees().await.unwrap().len(), 1);
}

async fn a_login_belongs_to_one_employee(on: On) {
    let desk = Desk::open(on).await;
    desk.store.add_branch(branch()).await.unwrap();
    assert!(matches!(desk.store.add_branch(branch()).await, Err(StoreError::Taken(_))));
    desk.store.add_employee(employee(1, "Olena")).await.unwrap();
    assert!(matches!(desk.store.add_employee(employee(2, "OLENA")).await, Err(StoreError::Taken(_))));
    let known = desk.store.employee_by_login(&Login::parse("olena").unwrap()).await.unwrap().unwrap();
    assert_eq!((known.id, known.disabled), (EmployeeId(Uuid::from_u128(1)), false));
    assert_eq!(desk.store.employee_by_login(&Login::parse("taras").unwrap()).await.unwrap(), None);
}

async fn a_session_lives_until_it_is_ended_expires_or_its_employee_is_disabled(on: On) {
    let desk = Desk::open(on).await;
    let store = &desk.store;
    store.add_branch(branch()).await.unwrap();
    for number in [1, 2] {
        store.add_employee(employee(number, &format!("clerk {number}"))).await.unwrap();
    }
    for (number, who) in [(1, 1), (2, 1), (3, 2), (4, 2)] {
        store.begin_session(record(&desk, number, who)).await.unwrap();
    }
    let living = async || {
        let mut living = Vec::new();
        for number in 1..=4_u8 {
            if store.session_by_token(&[number; 32], desk.clock.now()).await.unwrap().is_some() {
                living.push(number);
            }
        }
        let ids: Vec<SessionId> = (1..=4).map(session).collect();
        let ended = store.ended_sessions(&ids, desk.clock.now()).await.unwrap();
        assert_eq!(living.len() + ended.len(), 4, "both ways of asking agree");
        living
    };
    assert_eq!(living().await, [1, 2, 3, 4]);
    store.end_session(session(1)).await.unwrap();
    assert_eq!(living().await, [2, 3, 4]);
    store.disable_employee(EmployeeId(Uuid::from_u128(2))).await.unwrap();
    assert_eq!(living().await, [2]);
    desk.clock.advance(500);
    store.touch_session(session(2)).await.unwrap();
    let touched = store.session_by_token(&[2; 32], desk.clock.now()).await.unwrap().unwrap();
    assert_eq!((touched.last_seen_at, touched.branch), (desk.clock.now(), branch()));
    desk.clock.advance(501);
    assert_eq!(living().await, [] as [u8; 0], "expired whatever happens");
    assert_eq!(store.session_by_token(&[9; 32], desk.clock.now()).await.unwrap(), None);
}
