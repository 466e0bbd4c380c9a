//! The short version of `make faults ONLY=resume`: every storm a few times with fewer desktops, every planted bug. The seed is printed; with
//! `SEED=…` the same choices are made again.

use futures_util::{StreamExt, stream};
use postoffice_tests::faults::{
    report::{Outcome, table},
    resume::{SHORT, harm, planted, run},
};

/// The two tests one after the other: a bug is only caught where the machine has time for its moment.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
/// Worlds that stand at the same time.
const AT_ONCE: usize = 4;

fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125)
}

async fn all<F>(plays: Vec<F>) -> Vec<Outcome>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let played = stream::iter(plays).map(|play| async { tokio::spawn(play).await.expect("it can be played") });
    played.buffered(AT_ONCE).collect().await
}

fn report(outcomes: &[Outcome]) {
    println!("seed {}\n{}", seed(), table(outcomes));
    let bad: Vec<&Outcome> = outcomes.iter().filter(|one| !one.holds).collect();
    assert!(bad.is_empty(), "seed {}: {bad:#?}", seed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_everybody_hears_everything_once_and_every_command_is_done_once() {
    let _turn = TURN.lock().await;
    let outcomes = all(harm::ALL.map(|(harm, _, storms)| run(harm, storms, SHORT, seed())).into()).await;
    report(&outcomes);
    let counted = |name: &str| {
        outcomes.iter().flat_map(|one| &one.counted).filter(|(of, _)| of == name).map(|(_, n)| n).sum::<u64>()
    };
    assert!(counted("sent again") > 0, "no command was in flight when a link broke: the faults did not bite");
    assert!(counted("too slow") > 0, "no reader was slow: the faults did not bite");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_bug_is_caught() {
    let _turn = TURN.lock().await;
    report(&all(planted::ALL.map(|bug| planted::run(bug, seed())).into()).await);
}
