//! Connections that end, servers that stop, transactions that PostgreSQL refuses.

use std::time::Duration;

use postoffice_runtime::testing::TestPostgres;

use super::*;

#[tokio::test]
async fn a_connection_that_was_ended_is_noticed_by_nobody() {
    let desk = Desk::open(On::Postgres).await;
    let ttn = desk.registered().await.ttn;
    end_connections(&desk).await;
    assert!(desk.store.details(&ttn).await.unwrap().is_some());
    end_connections(&desk).await;
    let work = desk.create(&draft());
    done(desk.store.submit(work.clone()).await.unwrap());
    happened_once(&desk, &work, 1).await;
}

/// Makes the server refuse commands with a code: the first ones, or all.
async fn refusing(desk: &Desk, code: &str, times: &str) {
    let mut behind = desk.behind_its_back().await;
    for sql in [
        "CREATE SEQUENCE refusals",
        "GRANT USAGE ON SEQUENCE refusals TO office_app",
        &format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('refusals') <= {times} THEN RAISE EXCEPTION 'for the test' USING ERRCODE = '{code}'; END IF;
             RETURN NEW; END $$"
        ),
        "CREATE TRIGGER refuse BEFORE INSERT ON commands FOR EACH ROW EXECUTE FUNCTION refuse()",
    ] {
        behind.run(sql, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn what_other_servers_disturbed_is_written_again_from_the_beginning() {
    for code in ["40001", "40P01"] {
        let desk = Desk::open(On::Postgres).await;
        refusing(&desk, code, "3").await;
        let work = desk.create(&draft());
        done(desk.store.submit(work.clone()).await.unwrap());
        happened_once(&desk, &work, 0).await;
    }
}

#[tokio::test]
async fn what_is_disturbed_for_ever_is_told_and_leaves_nothing() {
    let desk = Desk::open(On::Postgres).await;
    refusing(&desk, "40001", "1000000").await;
    let work = desk.create(&draft());
    let refused = desk.store.submit(work.clone()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Contended(_)), "{refused}");
    assert_eq!(refused.to_problem().code, ProblemCode::StorageUnavailable);
    assert_eq!(desk.store.outbox_depth().await.unwrap(), 0);
    desk.behind_its_back().await.run("DROP TRIGGER refuse ON commands", &[]).await.unwrap();
    done(desk.store.submit(work.clone()).await.unwrap());
    happened_once(&desk, &work, 0).await;
}

#[tokio::test]
async fn a_full_disk_a_read_only_server_and_too_many_clients_are_told_in_words() {
    let desk = Desk::open(On::Postgres).await;
    let ttn = desk.registered().await.ttn;
    let name = database(&desk).url.rsplit('/').next().unwrap().to_owned();
    let (read_only, writable) = (
        format!("ALTER DATABASE {name} SET default_transaction_read_only = on"),
        format!("ALTER DATABASE {name} RESET default_transaction_read_only"),
    );
    let (crowded, free) =
        (format!("ALTER DATABASE {name} CONNECTION LIMIT 0"), format!("ALTER DATABASE {name} CONNECTION LIMIT -1"));
    for (number, (breaks, mends, reads)) in
        [(read_only, writable, true), (crowded, free, false)].into_iter().enumerate()
    {
        let mut behind = desk.behind_its_back().await;
        behind.run(&breaks, &[]).await.unwrap();
        end_connections(&desk).await;
        let work = desk.create(&draft());
        let refused = desk.store.submit(work.clone()).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{breaks}: {refused}");
        assert_eq!(refused.to_problem().code, ProblemCode::StorageUnavailable);
        assert_eq!(desk.store.details(&ttn).await.is_ok(), reads, "{breaks}");
        let mut behind = desk.behind_its_back().await;
        behind.run("SET default_transaction_read_only = off", &[]).await.unwrap();
        behind.run(&mends, &[]).await.unwrap();
        end_connections(&desk).await;
        done(desk.store.submit(work.clone()).await.unwrap());
        happened_once(&desk, &work, 1 + u64::try_from(number).unwrap()).await;
    }
    refusing(&desk, "53100", "1").await;
    let refused = desk.store.submit(desk.create(&draft())).await.unwrap_err();
    assert_eq!(refused.to_problem().code, ProblemCode::StorageFull, "{refused}");
}

#[tokio::test]
async fn a_server_that_stops_at_once_loses_nothing_that_was_answered() {
    let mut cluster = TestPostgres::start();
    let place = Place::Database(cluster.database());
    let TestStore { store, clock, .. } = TestStore::open(&place).await;
    let desk = Desk { store, clock, place };
    let mut answered = Vec::new();
    for round in 0..2 {
        let works: Vec<OrderWork> = (0..50).map(|_| desk.create(&draft())).collect();
        let answers = futures_util::future::join_all(works.iter().map(|work| desk.store.submit(work.clone()))).await;
        answered.extend(answers.into_iter().map(|answer| done(answer.unwrap()).order.ttn));
        cluster.stop_at_once();
        let work = desk.create(&draft());
        let refused = tokio::time::timeout(Duration::from_secs(20), desk.store.submit(work.clone())).await.unwrap();
        assert_eq!(refused.unwrap_err().to_problem().code, ProblemCode::StorageUnavailable);
        assert!(desk.store.details(&answered[0]).await.is_err());
        cluster.start_again();
        answered.push(done(desk.store.submit(work).await.unwrap()).order.ttn);
        for ttn in &answered {
            assert!(desk.store.details(ttn).await.unwrap().is_some(), "round {round}: {ttn}");
        }
    }
    assert_eq!(desk.store.outbox_depth().await.unwrap(), 102);
}
