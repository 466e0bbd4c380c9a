//! The rules of the domain, asked in the window: the same Rust as on the server, at once and also without a link.

use std::sync::Arc;

use postoffice_domain::{
    cargo::CargoItemDraft,
    language::Language,
    location::Location,
    order::{CustomerNotice, Order, OrderDraft, Status, status_after_move},
    phone::{Phone, PhoneUse},
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

/// The SMS that a recipient would get. `template`: as it is being written, instead of the default one; `max_segments`: what the server allows
/// it to take (`templates.get`), absent for no limit.
#[tauri::command]
pub async fn preview_sms(
    core: State<'_, Arc<Core>>,
    notice: CustomerNotice,
    language: Language,
    ttn: Option<Ttn>,
    template: Option<String>,
    max_segments: Option<u16>,
) -> Result<SmsPreview, Problem> {
    let url = core.session().map(|session| session.tracking_url).unwrap_or_default();
    let number = ttn.map_or_else(|| NOT_ISSUED.to_owned(), |ttn| ttn.grouped());
    let allowed = max_segments.map_or(usize::MAX, usize::from);
    Ok(preview(notice, language, &number, template.as_deref(), &url, allowed))
}

fn preview(
    notice: CustomerNotice,
    language: Language,
    number: &str,
    template: Option<&str>,
    url: &str,
    max_segments: usize,
) -> SmsPreview {
    let refusal = template.and_then(|template| sms_text::read_template(notice, template, url, max_segments).err());
    let template = template.unwrap_or_else(|| sms_text::default_template(notice, language));
    let text = sms_text::render(template, number, url);
    // A number that is not issued yet is shown with dots but measured with digits: a dot is not in the GSM alphabet.
    let size = sms_text::measure(&text.replace('•', "0"));
    SmsPreview {
        notice,
        text,
        used: size.used,
        limit: size.limit,
        segments: size.segments,
        encoding: size.encoding,
        refusal: refusal.map(|refusal| refusal.at("text")),
    }
}

/// What a number for an SMS would be refused for; nothing: it can get one.
#[tauri::command]
pub async fn check_phone(phone: String) -> Result<Option<FieldRefusal>, Problem> {
    Ok(Phone::parse(&phone, PhoneUse::SmsRecipient).err().map(|refusal| refusal.at("phone")))
}

#[cfg(test)]
mod tests {
    use postoffice_domain::{refusal::RefusalCode, sms_text::SmsEncoding};

    use super::*;

    #[test]
    fn a_text_is_measured_as_it_would_be_sent() {
        let of = |language, template: Option<&str>| {
            preview(CustomerNotice::Accepted, language, NOT_ISSUED, template, "post.example", 1)
        };
        let english = of(Language::En, None);
        assert_eq!((english.encoding, english.segments, english.refusal), (SmsEncoding::Gsm7, 1, None));
        assert!(english.text.contains(NOT_ISSUED), "{}", english.text);
        let long = of(Language::Uk, Some(&format!("{{ttn}} {}", "ї".repeat(60))));
        assert_eq!((long.used, long.limit, long.segments), (80, 134, 2));
        assert_eq!(long.refusal.map(|refusal| refusal.code), Some(RefusalCode::TooManySegments));
        let without = of(Language::Uk, Some("Прийнято"));
        assert_eq!(without.refusal.map(|refusal| refusal.code), Some(RefusalCode::TtnMissing));
    }
}
