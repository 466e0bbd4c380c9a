//! The office in which is measured: release build, default settings, except what would stop a load generator that has one address.

use postoffice_tests::office::Office;

/// An office without orders whose server takes many connections from one address.
///
/// # Panics
/// It does not start.
pub async fn office() -> Office {
    let mut office = Office::start(0).await;
    office.set("POSTOFFICE_LIMITS__CONNECTIONS_PER_ADDRESS", "20000");
    office.stop_server();
    office.start_server().await;
    office
}
