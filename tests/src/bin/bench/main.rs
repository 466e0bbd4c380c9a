//! `make bench`: what PostOffice does in a second, beside what the engines below it can do at all, in the same run.
//!
//! The machine is noisy, so ours and the limit take turns and every figure is the median of its rounds. A figure is a claim only together
//! with commit and machine; `docs/BENCHMARKS.md` says how to read them.

mod create;
mod limits;
mod live;
mod memory;
mod relay;
mod report;
mod sms;
mod template;
mod window;

use report::Report;

#[tokio::main]
async fn main() {
    let only = std::env::args().nth(1).filter(|name| !name.is_empty());
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let mut report = Report::new();
    if wanted("create") {
        create::measure(&mut report).await;
    }
    if wanted("relay") {
        relay::measure(&mut report).await;
    }
    if wanted("live") {
        live::measure(&mut report).await;
    }
    if wanted("sms") {
        sms::measure(&mut report).await;
    }
    if wanted("memory") {
        memory::measure(&mut report).await;
    }
    if wanted("window") {
        window::measure(&mut report).await;
    }
    report.finish();
}
