//! The short version of `make faults ONLY=resume`: every storm a few times with fewer desktops, every planted bug. The seed is printed; with
//! `SEED=…` the same choices are made again.

use futures_util::{StreamExt, stream};
use postoffice_tests::faults::{
    database::Engine,
    report::{Outcome, table},
    resume::{SHORT, harm, planted, run},
};

/// The tests one after the other: a bug is only caught where the machine has time for its moment.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
/// Worlds that stand at the same time, for storms: they wait most of the time.
const STORMS_AT_ONCE: usize = 6;
/// And for bugs, which take a busy office.
const BUGS_AT_ONCE: usize = 4;

fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125)
}

async fn all<F>(plays: Vec<F>, at_once: usize) -> Vec<Outcome>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let played = stream::iter(plays).map(|play| async { tokio::spawn(play).await.expect("it can be played") });
    played.buffered(at_once).collect().await
}

fn report(outcomes: &[Outcome]) {
    println!("seed {}\n{}", seed(), table(outcomes));
    let bad: Vec<&Outcome> = outcomes.iter().filter(|one| !one.holds).collect();
    assert!(bad.is_empty(), "seed {}: {bad:#?}", seed());
}

async fn storms(engine: Engine) -> Vec<Outcome> {
    let short = harm::on(engine).iter().filter(|(_, _, storms)| *storms > 0);
    let plays = short.map(|(harm, _, storms)| run(*harm, engine, *storms, SHORT, seed()));
    all(plays.collect(), STORMS_AT_ONCE).await
}

fn counted(outcomes: &[Outcome], name: &str) -> u64 {
    outcomes.iter().flat_map(|one| &one.counted).filter(|(of, _)| of == name).map(|(_, n)| n).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_everybody_hears_everything_once_and_every_command_is_done_once() {
    let _turn = TURN.lock().await;
    let outcomes = storms(Engine::Sqlite).await;
    report(&outcomes);
    assert!(
        counted(&outcomes, "sent again") > 0,
        "no command was in flight when a link broke: the faults did not bite"
    );
    assert!(counted(&outcomes, "too slow") > 0, "no reader was slow: the faults did not bite");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgresql_which_dies_itself_and_with_one_of_two_servers_killed() {
    let _turn = TURN.lock().await;
    let outcomes = storms(Engine::Postgres).await;
    report(&outcomes);
    assert!(
        counted(&outcomes, "sent again") > 0,
        "no command was in flight when something broke: the faults did not bite"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_bug_is_caught() {
    let _turn = TURN.lock().await;
    report(&all(planted::ALL.map(|bug| planted::run(bug, seed())).into(), BUGS_AT_ONCE).await);
}
