//! Stopping: sockets hear goodbye, what is begun is answered, the private Redis goes last.

use postoffice_protocol::events::{ClosingReason, ServerNotice};

use crate::office::Office;

#[tokio::test]
async fn desktops_are_told_before_the_server_goes() {
    let office = Office::set_up().await;
    let mut signed_in = office.signed_in().await;
    let mut nobody = office.desk().await;
    let stopped = tokio::spawn(office.stop());
    let reason = signed_in
        .news(|notice| match notice {
            ServerNotice::Closing(closing) => Some(closing.reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, ClosingReason::GoingAway);
    assert_eq!(signed_in.close_code().await, Some(1001));
    assert_eq!(nobody.close_code().await, Some(1001));
    stopped.await.unwrap();
}
