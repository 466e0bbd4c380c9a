//! `orders.list`: one page.

use postoffice_protocol::{
    orders::{ListOrders, OrderPage},
    problem::Problem,
};

use crate::{commands::bounds, context::Context};

/// Gives one page with, on the first one, the counts of all tabs.
///
/// # Errors
/// `invalid_fields` (search too long, limit out of bounds), `bad_request` (cursor of another list, `before` without a search); the store's own.
pub async fn handle(context: &Context, params: ListOrders) -> Result<OrderPage, Problem> {
    bounds::check(params.search.as_deref(), params.limit).map_err(Problem::invalid_fields)?;
    context.services.store.list(&params, &context.branch.id).await.map_err(|error| error.to_problem())
}

#[cfg(test)]
mod tests {
    use postoffice_domain::refusal::RefusalCode;
    use postoffice_protocol::{
        orders::{Direction, OrderScope, OrderTab, SortKey},
        problem::ProblemCode,
    };

    use super::*;
    use crate::{
        store::{MAX_LIMIT, MAX_SEARCH},
        test_office::TestOffice,
    };

    fn page() -> ListOrders {
        ListOrders {
            tab: OrderTab::All,
            scope: OrderScope::MyBranch,
            sort: SortKey::Ttn,
            direction: Direction::Ascending,
            search: None,
            before: None,
            after: None,
            limit: 2,
        }
    }

    #[tokio::test]
    async fn pages_follow_each_other_without_gap_or_double() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut registered = Vec::new();
        for _ in 0..5 {
            registered.push(office.register(&clerk).await.ttn);
        }
        registered.sort_unstable();
        let mut listed = Vec::new();
        let mut asked = page();
        loop {
            let page = handle(&clerk, asked.clone()).await.unwrap();
            assert_eq!(
                page.counts.map(|counts| counts.all),
                asked.after.is_none().then_some(5),
                "counts on the first page"
            );
            listed.extend(page.rows.iter().map(|row| row.ttn));
            match page.next {
                Some(next) => asked.after = Some(next),
                None => break,
            }
        }
        assert_eq!(listed, registered);
    }

    #[tokio::test]
    async fn questions_out_of_bounds_are_refused() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        for limit in [0, MAX_LIMIT + 1] {
            let problem = handle(&clerk, ListOrders { limit, ..page() }).await.unwrap_err();
            assert_eq!((problem.code, problem.fields[0].field.as_str()), (ProblemCode::InvalidFields, "limit"));
        }
        let long = ListOrders { search: Some("я".repeat(MAX_SEARCH + 1)), ..page() };
        assert_eq!(handle(&clerk, long).await.unwrap_err().fields[0].code, RefusalCode::TooLong);
        for after in ["", "nonsense", "bm9uc2Vuc2U"] {
            let foreign = ListOrders { after: Some(after.to_owned()), ..page() };
            assert_eq!(handle(&clerk, foreign).await.unwrap_err().code, ProblemCode::BadRequest, "{after:?}");
        }
        let nothing_searched = ListOrders { before: Some(7), ..page() };
        assert_eq!(handle(&clerk, nothing_searched).await.unwrap_err().code, ProblemCode::BadRequest);
    }
}
