//! The rules of the domain, asked in the window: the same Rust as on the server, at once and also without a link.

use std::sync::Arc;

use postoffice_domain::{
    cargo::CargoItemDraft,
    language::Language,
    location::Location,
    order::{CustomerNotice, Order, OrderDraft, Status, status_after_move},
    refusal::FieldRefusal,
    sms_text,
    tariff::Tariff,
    ttn::Ttn,
};
use postoffice_protocol::{
    desktop::{Quote, SmsPreview},
    problem::Problem,
};
use serde::Serialize;
use tauri::State;

use crate::core::Core;

/// Stands for digits of a TTN that is not issued yet.
const NOT_ISSUED: &str = "•••• •••• •••• ••••";

/// What the server would be refusing of step 1.
#[tauri::command]
pub async fn check_parties(order: OrderDraft) -> Result<Vec<FieldRefusal>, Problem> {
    Ok(order.check_parties())
}

/// What the server would be refusing of step 2.
#[tauri::command]
pub async fn check_cargo(order: OrderDraft) -> Result<Vec<FieldRefusal>, Problem> {
    Ok(order.check_cargo())
}

/// The price by the tariff of the session.
#[tauri::command]
pub async fn quote(core: State<'_, Arc<Core>>, cargo: Vec<CargoItemDraft>) -> Result<Quote, Problem> {
    let tariff = core.session().map_or_else(Tariff::current, |session| session.tariff);
    let (mut items, mut refused) = (Vec::with_capacity(cargo.len()), Vec::new());
    for (draft, number) in cargo.iter().zip(1_u16..) {
        match draft.read(number) {
            Ok(item) => items.push(item),
            Err(fields) => refused.extend(fields),
        }
    }
    if !refused.is_empty() {
        return Err(Problem::invalid_fields(refused));
    }
    let chargeable =
        |item: &postoffice_domain::cargo::CargoItem| item.chargeable_g(tariff.volume_divisor).unsigned_abs();
    Ok(Quote { price: tariff.price(&items), chargeable_g: items.iter().map(chargeable).collect() })
}

/// Result of [`check_place`].
#[derive(Debug, Serialize)]
pub struct PlaceChecked {
    status: Status,
}

/// The status that a new place would lead to.
#[tauri::command]
pub async fn check_place(order: Order, city: String, street: String) -> Result<PlaceChecked, Problem> {
    let place = Location::read("", &city, &street).map_err(Problem::invalid_fields)?;
    Ok(PlaceChecked { status: status_after_move(&order, &place) })
}

/// The SMS that a recipient would get.
#[tauri::command]
pub async fn preview_sms(
    core: State<'_, Arc<Core>>,
    notice: CustomerNotice,
    language: Language,
    ttn: Option<Ttn>,
) -> Result<SmsPreview, Problem> {
    let url = core.session().map(|session| session.tracking_url).unwrap_or_default();
    let number = ttn.map_or_else(|| NOT_ISSUED.to_owned(), |ttn| ttn.grouped());
    let text = sms_text::text_of(notice, language, &number, &url);
    let size = sms_text::measure(&text);
    Ok(SmsPreview { notice, text, used: size.used, limit: size.limit, segments: size.segments })
}
