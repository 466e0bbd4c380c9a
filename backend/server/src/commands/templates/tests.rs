//! The texts that customers get, changed by an admin.

use postoffice_domain::{
    language::Language,
    order::CustomerNotice,
    people::Role,
    refusal::RefusalCode,
    sms_text::{default_template, texts},
};
use postoffice_protocol::{
    problem::ProblemCode,
    session::Nothing,
    templates::{ResetTemplate, SetTemplate, Templates},
};

use super::{get, reset, set};
use crate::test_office::TestOffice;

fn to(office: &TestOffice, text: &str) -> SetTemplate {
    SetTemplate {
        command_id: office.command_id(),
        notice: CustomerNotice::Accepted,
        language: Language::Uk,
        text: text.to_owned(),
    }
}

fn accepted(templates: &Templates) -> (&str, bool) {
    let found = templates
        .templates
        .iter()
        .find(|template| (template.notice, template.language) == (CustomerNotice::Accepted, Language::Uk));
    let template = found.unwrap();
    (&template.text, template.changed_by.is_some())
}

#[tokio::test]
async fn a_changed_text_goes_out_from_the_next_message_on_and_can_be_taken_back() {
    let office = TestOffice::open().await;
    let (admin, clerk) = (office.session(Role::Admin, "9"), office.clerk("1"));
    let text_of = async || {
        let ttn = office.register(&clerk).await.ttn;
        let message = office.services.store.details(&ttn).await.unwrap().unwrap().messages.remove(0);
        (ttn.grouped().replace('\u{a0}', " "), message.text.unwrap(), message.segments)
    };
    let before = get::handle(&clerk, Nothing {}).await.unwrap();
    assert_eq!((before.templates.len(), before.max_segments), (texts().count(), 1));
    assert!(before.templates.iter().all(|template| template.size.segments == 1 && template.changed_at.is_none()));
    let (ttn, text, segments) = text_of().await;
    assert_eq!((text, segments), (format!("Посилку {ttn} прийнято. Стежити: post.example"), Some(1)));

    let params = to(&office, "Маємо {ttn}! {url}");
    let after = set::handle(&admin, params.clone()).await.unwrap();
    assert_eq!(accepted(&after), ("Маємо {ttn}! {url}", true));
    assert_eq!(set::handle(&admin, params.clone()).await.unwrap(), after, "once");
    let other = SetTemplate { text: "Інше {ttn}".to_owned(), ..params };
    assert_eq!(set::handle(&admin, other).await.unwrap_err().code, ProblemCode::IdReused);
    let (ttn, text, _) = text_of().await;
    assert_eq!(text, format!("Маємо {ttn}! post.example"));

    let reset =
        ResetTemplate { command_id: office.command_id(), notice: CustomerNotice::Accepted, language: Language::Uk };
    let default = default_template(CustomerNotice::Accepted, Language::Uk);
    assert_eq!(accepted(&reset::handle(&admin, reset).await.unwrap()), (default, false));
    let audit = office.services.store.audit(10).await.unwrap();
    let lines: Vec<&str> = audit.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(lines, ["sms_template_changed", "sms_template_reset"]);
    assert!(audit[0].detail.contains("Маємо"), "{}", audit[0].detail);
}

#[tokio::test]
async fn a_text_that_would_mislead_or_not_fit_is_refused_with_the_reason() {
    let office = TestOffice::open().await;
    let admin = office.session(Role::Admin, "9");
    let long = format!("{{ttn}} {{url}} {}", "ї".repeat(50));
    for (text, code) in [
        ("Стежити: {url}", RefusalCode::TtnMissing),
        ("{ttn} для {name}", RefusalCode::UnknownPlaceholder),
        (" ", RefusalCode::Empty),
        (long.as_str(), RefusalCode::TooManySegments),
    ] {
        let problem = set::handle(&admin, to(&office, text)).await.unwrap_err();
        let refused = &problem.fields[0];
        assert_eq!((refused.field.as_str(), refused.code), ("text", code), "{text}");
        if code == RefusalCode::TooManySegments {
            assert_eq!((refused.detail.actual, refused.detail.max), (Some(2), Some(1)));
        }
    }
    let templates = get::handle(&admin, Nothing {}).await.unwrap();
    assert_eq!(accepted(&templates), (default_template(CustomerNotice::Accepted, Language::Uk), false));
}
