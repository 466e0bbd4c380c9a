//! One request id goes from the window's request to the SMS: whoever has it finds the order's way in the logs of both processes,
//! as they are written by default.

use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
    wait::until,
};

/// Ids that the sender's log names, in the order of the log.
fn ids(log: &str) -> Vec<String> {
    let starts = log.split("request_id=").skip(1);
    starts
        .map(|rest| rest.chars().filter(|c| *c != '"').take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect())
        .collect()
}

#[tokio::test]
async fn the_servers_log_and_the_senders_name_the_same_request() {
    let mut office = Office::start(1).await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    office.start_sender_with(&gateway.url());
    let mut desk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    desk.register(command_id(1), draft(1)).await.unwrap();
    gateway.wait_for(1).await;
    let id = until("the sender to name a request", || {
        let named = ids(&office.log("sender")).pop().filter(|id| !id.is_empty());
        async move { named }
    })
    .await;
    let server = office.log("server");
    let line = server.lines().find(|line| line.contains(&id)).unwrap_or_else(|| panic!("no line of {id} in\n{server}"));
    assert!(line.contains("orders.create") && line.contains("order registered"), "{line}");
}
