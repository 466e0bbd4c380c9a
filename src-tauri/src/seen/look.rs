//! Lists out of what was seen: tabs, search and sorting as the server does them, as far as rows show it (phones are not in rows).

use std::cmp::Ordering;

use postoffice_domain::{
    message::MessageState,
    order::Status,
    search::{Search, Searched},
    text::fold_for_search,
};
use postoffice_protocol::orders::{
    Direction, ListOrders, OrderCounts, OrderPage, OrderRow, OrderScope, OrderTab, SortKey,
};

use super::{Pages, add};

/// The last message needs somebody, and so does the order.
pub(super) fn is_problem(status: Status, sms: Option<MessageState>) -> bool {
    matches!(sms, Some(MessageState::Failed | MessageState::Unknown)) && !status.is_final()
}

/// All rows of a list at once.
pub(super) fn page(pages: &Pages, asked: &ListOrders) -> OrderPage {
    let search = asked.search.as_deref().and_then(Search::read);
    let in_reach = |row: &&OrderRow| {
        is_in_scope(pages, asked.scope, row) && search.as_ref().is_none_or(|search| fits(search, row))
    };
    let mut rows: Vec<OrderRow> =
        pages.rows.iter().filter(in_reach).filter(|row| on_tab(asked.tab, row)).cloned().collect();
    rows.sort_by(|a, b| {
        let order = compare(asked.sort, a, b).then_with(|| a.ttn.cmp(&b.ttn));
        if asked.direction == Direction::Descending { order.reverse() } else { order }
    });
    let known = match asked.scope {
        OrderScope::MyBranch => &pages.branch_counted,
        OrderScope::AllBranches => &pages.company_counted,
    };
    let counted = || {
        let mut counts = OrderCounts::default();
        for row in pages.rows.iter().filter(in_reach) {
            add(&mut counts, row.status, row.sms, 1);
        }
        counts
    };
    // The office has more orders than were seen; of a search only what was seen can be counted.
    let known = known.as_ref().filter(|_| asked.search.is_none());
    let counts = known.map_or_else(counted, |known| known.counts);
    OrderPage { rows, next: None, counts: Some(counts), older: None, sequence: pages.sequence, ahead: Vec::new() }
}

fn on_tab(tab: OrderTab, row: &OrderRow) -> bool {
    match tab {
        OrderTab::All => true,
        OrderTab::New => row.status == Status::New,
        OrderTab::Delivering => row.status == Status::Delivering,
        OrderTab::Delivered => row.status == Status::Delivered,
        OrderTab::Completed => row.status == Status::Completed,
        OrderTab::Canceled => row.status == Status::Canceled,
        OrderTab::Problem => is_problem(row.status, row.sms),
    }
}

fn is_in_scope(pages: &Pages, scope: OrderScope, row: &OrderRow) -> bool {
    scope == OrderScope::AllBranches || pages.branch.as_ref() == Some(&row.branch)
}

fn fits(search: &Search, row: &OrderRow) -> bool {
    let texts = [&row.description, &row.location.city, &row.recipient_city].map(|text| fold_for_search(text));
    search.fits(&Searched { ttn: &row.ttn.to_string(), phones: Vec::new(), text: &texts.join(" ") })
}

fn compare(sort: SortKey, a: &OrderRow, b: &OrderRow) -> Ordering {
    match sort {
        SortKey::Ttn => Ordering::Equal,
        SortKey::Status => a.status.cmp(&b.status),
        SortKey::Description => fold_for_search(&a.description).cmp(&fold_for_search(&b.description)),
        SortKey::Location => {
            let folded = |row: &OrderRow| (fold_for_search(&row.location.city), fold_for_search(&row.location.street));
            folded(a).cmp(&folded(b))
        }
        SortKey::Updated => a.updated_at.cmp(&b.updated_at),
    }
}
