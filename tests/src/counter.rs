//! What a clerk does at the counter, key by key, in a real window.

use fantoccini::{Locator, key::Key};

use crate::{wait::until, window::Window};

/// A parcel as a customer hands it over.
pub struct Parcel<'a> {
    /// Sender: phone, name, city, street.
    pub sender: [&'a str; 4],
    /// Recipient: phone, name, city, branch.
    pub recipient: [&'a str; 4],
    /// What is inside.
    pub contents: &'a str,
    /// Key of the box: `1` … `6`.
    pub preset: &'a str,
    /// Grams.
    pub weight: &'a str,
    /// Hryvnias.
    pub declared: &'a str,
}

/// The parcel of the demonstration.
pub const CERAMICS: Parcel<'static> = Parcel {
    sender: ["0670001241", "Оксана Коваль", "Львів", "вул. Городоцька, 120"],
    recipient: ["0930005508", "Марко Дячук", "Одеса", "Відділення 12"],
    contents: "Кераміка, крихке",
    preset: "4",
    weight: "1850",
    declared: "1000",
};

impl Window {
    /// Step 1: who sends what to whom.
    ///
    /// # Panics
    /// A field is missing.
    pub async fn type_parties(&self, parcel: &Parcel<'_>) {
        for (side, party) in [("sender", parcel.sender), ("recipient", parcel.recipient)] {
            for (part, text) in ["name", "city", "street"].into_iter().zip(&party[1..]) {
                self.fill(&format!("{side}.{part}"), text).await;
            }
            self.type_phone(&format!("{side}.phone"), party[0]).await;
        }
        self.fill("description", parcel.contents).await;
    }

    /// Step 2: one box.
    ///
    /// # Panics
    /// A field is missing.
    pub async fn type_box(&self, parcel: &Parcel<'_>) {
        self.see_id("cargo[0].length_mm").await;
        self.alt(parcel.preset).await;
        self.fill("cargo[0].weight_g", parcel.weight).await;
        self.fill("cargo[0].declared_minor", parcel.declared).await;
    }

    /// Registers a parcel from the first key to the success screen; its TTN, sixteen digits.
    ///
    /// # Panics
    /// It is not registered.
    pub async fn register(&self, parcel: &Parcel<'_>) -> String {
        self.press_key(Key::F2).await;
        self.type_parties(parcel).await;
        self.ctrl(Key::Enter).await;
        self.type_box(parcel).await;
        self.ctrl(Key::Enter).await;
        self.see_id("register-save").await;
        self.ctrl(Key::Enter).await;
        self.registered_ttn().await
    }

    /// The number on the success screen.
    ///
    /// # Panics
    /// There is none.
    pub async fn registered_ttn(&self) -> String {
        let shown = self.see_id("registered-ttn").await;
        shown.attr("data-ttn").await.expect("the window answers").expect("the number is there")
    }

    /// Waits until the SMS on the success screen has come to `state`.
    ///
    /// # Panics
    /// It does not.
    pub async fn sms_is(&self, state: &str) {
        self.see(&format!("[data-testid='registered-sms-state'][data-state='{state}']")).await;
    }

    /// Opens an order's page.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open_order(&self, ttn: &str) {
        self.go(&format!("#/orders/{ttn}")).await;
        self.see("[role=tabpanel]").await;
    }

    /// Opens the drawer in which the place is changed (F6), and waits until the lock is there.
    ///
    /// # Panics
    /// The lock does not come.
    pub async fn edit_place(&self) {
        self.press_key(Key::F6).await;
        self.see("[data-testid='place-save']:not([disabled])").await;
    }

    /// The TTNs of the list of orders from its top, once `least` of them are drawn.
    ///
    /// # Panics
    /// They do not come.
    pub async fn listed(&self, least: usize) -> Vec<String> {
        let script = "const rows = [...document.querySelectorAll('[role=row][id^=row-]')];
            rows.sort((a, b) => a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex'));
            return rows.map((row) => row.id.slice(4))";
        until(&format!("{least} orders in the list"), || async {
            let rows = self.run(script, Vec::new()).await;
            let ttns: Vec<String> = serde_json::from_value(rows).ok()?;
            (ttns.len() >= least).then_some(ttns)
        })
        .await
    }

    /// Types a phone; the window shows it as people read it once the field is left.
    async fn type_phone(&self, id: &str, phone: &str) {
        let css = format!("[data-testid='{id}']");
        until(&format!("{id} to take {phone}"), || async {
            let element = self.client().find(Locator::Css(&css)).await.ok()?;
            element.clear().await.ok()?;
            element.send_keys(phone).await.ok()
        })
        .await;
    }
}
