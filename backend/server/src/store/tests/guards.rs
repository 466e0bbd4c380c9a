//! The fencing token: whoever else loaded since makes the write fail.

use postoffice_domain::order::OrderEventKind;
use postoffice_protocol::orders::{Fact, TimelineEntry};

use super::*;
use crate::store::StoreError;

on_both_engines! {
    only_the_last_who_loaded_may_write,
    in_every_history_of_two_sessions_only_the_last_who_loaded_writes,
    loads_of_one_commit_do_not_disturb_each_other,
}

async fn only_the_last_who_loaded_may_write(on: On) {
    let desk = Desk::open(on).await;
    let ttn = desk.registered().await.ttn;
    let (_, first) = desk.store.load_for_edit(ttn, session(1)).await.unwrap().unwrap();
    let (_, second) = desk.store.load_for_edit(ttn, session(2)).await.unwrap().unwrap();
    assert!(second > first);
    for fence in [0, first, second] {
        let stale = desk.decide(ttn, move_to("Одеса"), Guard::Fence(fence));
        assert_eq!(refused(desk.store.submit(stale).await.unwrap()), ProblemCode::LockLost, "{fence}");
    }
    let mut holder = desk.decide(ttn, move_to("Київ"), Guard::Fence(second));
    holder.session = session(2);
    done(desk.store.submit(holder).await.unwrap());

    // A command without an editor: passes when nobody loaded since, and ends the editors of others, not its own.
    let stale = desk.decide(ttn, move_to("Одеса"), Guard::Unmoved(first));
    assert_eq!(refused(desk.store.submit(stale).await.unwrap()), ProblemCode::LockLost);
    done(desk.store.submit(desk.decide(ttn, move_to("Одеса"), Guard::Unmoved(second))).await.unwrap());
    let mut ended = desk.decide(ttn, move_to("Київ"), Guard::Fence(second));
    ended.session = session(2);
    assert_eq!(refused(desk.store.submit(ended).await.unwrap()), ProblemCode::LockLost);
    let (_, own) = desk.store.load_for_edit(ttn, session(1)).await.unwrap().unwrap();
    done(desk.store.submit(desk.decide(ttn, move_to("Луцьк"), Guard::Unmoved(own))).await.unwrap());
    done(desk.store.submit(desk.decide(ttn, move_to("Рівне"), Guard::Fence(own))).await.unwrap());
    assert_eq!(desk.store.fence(&ttn).await.unwrap(), Some(own));

    let unknown = Ttn::draw(&SystemEntropy);
    assert_eq!(desk.store.load_for_edit(unknown, session(1)).await.unwrap(), None);
    let mistaken = desk.registered().await.ttn;
    let delete = desk.decide(mistaken, OrderCommand::delete("помилка").unwrap(), Guard::None);
    done(desk.store.submit(delete).await.unwrap());
    assert_eq!(desk.store.load_for_edit(mistaken, session(1)).await.unwrap(), None, "deleted");
}

/// What a session does to an order in a history.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// Opens the editor.
    Load,
    /// Saves under the token it got last (0: it has none).
    Save,
    /// Begins a short command: looks at the token.
    Look,
    /// Ends it: writes if nobody loaded since it looked.
    Act,
}

/// What must hold, in plain words: the last who loaded, and how many loads there were.
#[derive(Default)]
struct Model {
    loads: u64,
    /// Who is at work.
    last: Option<usize>,
    /// Per session: the token it got, the token it looked at.
    tokens: [u64; 2],
    looks: [u64; 2],
}

impl Model {
    /// Whether the deed succeeds.
    fn passes(&mut self, who: usize, deed: Deed) -> bool {
        match deed {
            Deed::Load => {
                self.loads += 1;
                (self.last, self.tokens[who]) = (Some(who), self.loads);
                true
            }
            Deed::Save => {
                let passes = self.last == Some(who) && self.tokens[who] == self.loads;
                // The work is done: a second save needs a second load.
                if passes {
                    self.last = None;
                }
                passes
            }
            Deed::Look => {
                self.looks[who] = self.loads;
                true
            }
            Deed::Act => {
                let passes = self.looks[who] == self.loads;
                // It counts as a load, so that editors of others are over.
                if passes && self.last != Some(who) {
                    self.loads += 1;
                    self.last = Some(who);
                }
                passes
            }
        }
    }
}

/// Plays a history on an order of its own, and compares every step with the model.
async fn play(desk: &Desk, history: &[(usize, Deed)]) {
    let ttn = desk.registered().await.ttn;
    let mut model = Model::default();
    let mut written = 0;
    for (step, (who, deed)) in history.iter().enumerate() {
        let me = session(1 + *who as u128);
        let guard = match deed {
            Deed::Save => Some(Guard::Fence(model.tokens[*who])),
            Deed::Act => Some(Guard::Unmoved(model.looks[*who])),
            Deed::Load | Deed::Look => None,
        };
        let expected = model.passes(*who, *deed);
        if let Some(guard) = guard {
            let city = ["Луцьк", "Рівне", "Суми", "Полтава"][step];
            let work = OrderWork { session: me, ..desk.decide(ttn, move_to(city), guard) };
            let answer = desk.store.submit(work).await.unwrap();
            let landed = matches!(answer, Answer::Done(_));
            assert_eq!(landed, expected, "step {step} of {history:?}: {answer:?}");
            if landed {
                written += 1;
                let city_now = desk.store.details(&ttn).await.unwrap().unwrap().order.location.city;
                assert_eq!(city_now, city);
            } else {
                assert_eq!(refused(answer), ProblemCode::LockLost);
            }
        } else if matches!(deed, Deed::Load) {
            let (_, token) = desk.store.load_for_edit(ttn, me).await.unwrap().unwrap();
            assert_eq!(token, model.loads, "{history:?}");
        }
        assert_eq!(desk.store.fence(&ttn).await.unwrap(), Some(model.loads), "step {step} of {history:?}");
    }
    let moves = desk.store.details(&ttn).await.unwrap().unwrap().timeline.iter().filter(|line| is_move(line)).count();
    assert_eq!(moves, written, "{history:?}");
}

fn is_move(line: &TimelineEntry) -> bool {
    matches!(&line.fact, Fact::Order { event: OrderEventKind::LocationChanged { .. } })
}

/// Every history four deeds deep, but for mirror images (the first deed is the first session's) and those that end without a write. Played side
/// by side, so that they share commits.
async fn in_every_history_of_two_sessions_only_the_last_who_loaded_writes(on: On) {
    let desk = Desk::open(on).await;
    let of = |who| [Deed::Load, Deed::Save, Deed::Look, Deed::Act].map(|deed| (who, deed));
    let mut histories: Vec<Vec<(usize, Deed)>> = of(0).map(|deed| vec![deed]).into();
    for _ in 1..4 {
        let longer = histories
            .iter()
            .flat_map(|history| [of(0), of(1)].concat().into_iter().map(|deed| [history.as_slice(), &[deed]].concat()));
        histories = longer.collect();
    }
    histories.retain(|history| matches!(history.last(), Some((_, Deed::Save | Deed::Act))));
    assert_eq!(histories.len(), 4 * 8 * 8 * 4);
    futures_util::future::join_all(histories.iter().map(|history| play(&desk, history))).await;
}

/// Asked for at once, so that they share a commit: an order three times, a damaged one, one that is not there.
async fn loads_of_one_commit_do_not_disturb_each_other(on: On) {
    let desk = Desk::open(on).await;
    let (ttn, damaged) = (desk.registered().await.ttn, desk.registered().await.ttn);
    let mut behind = desk.behind_its_back().await;
    behind.run("UPDATE orders SET body = '{}' WHERE ttn = $1", &[&damaged.to_string()]).await.unwrap();
    let unknown = Ttn::draw(&SystemEntropy);
    let wanted = [(ttn, 1), (damaged, 2), (ttn, 2), (unknown, 1), (ttn, 3)];
    let loads = wanted.map(|(ttn, who)| desk.store.load_for_edit(ttn, session(who)));
    let mut loaded = futures_util::future::join_all(loads).await.into_iter();
    let mut token = || loaded.next().unwrap().map(|loaded| loaded.map(|(_, token)| token));
    assert!(matches!(token(), Ok(Some(1))));
    assert!(matches!(token(), Err(StoreError::Corrupt(_))));
    assert!(matches!(token(), Ok(Some(2))));
    assert!(matches!(token(), Ok(None)));
    assert!(matches!(token(), Ok(Some(3))));
    assert_eq!(desk.store.at_work(&ttn).await.unwrap(), Some(session(3)));
}
