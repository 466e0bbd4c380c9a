//! Cargo items: the boxes of an order. Whole millimetres, grams and kopiykas.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::refusal::{FieldRefusal, RefusalCode, RefusalDetail};

/// Longest edge in millimetres.
pub const MAX_EDGE_MM: i64 = 3_000;
/// Heaviest item in grams.
pub const MAX_WEIGHT_G: i64 = 1_000_000;
/// Highest declared value in minor units (10 million hryvnias).
pub const MAX_DECLARED_MINOR: i64 = 1_000_000_000;
/// Most items of one order.
pub const MAX_ITEMS: usize = 50;

/// A number as it came from outside. Anything that is no whole number stays visible as such, so that the answer can be "between 1 and
/// 3000", not "broken frame".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "number"))]
pub enum Quantity {
    /// A whole number.
    Whole(i64),
    /// Not a whole number that fits.
    NotWhole,
}

impl Quantity {
    /// The number if it is between `min` and `max`.
    ///
    /// # Errors
    /// `bad_number` with both bounds.
    pub fn between(self, min: i64, max: i64, field: impl Into<String>) -> Result<i64, FieldRefusal> {
        match self {
            Self::Whole(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(FieldRefusal {
                field: field.into(),
                code: RefusalCode::BadNumber,
                detail: RefusalDetail { min: Some(min), max: Some(max), ..RefusalDetail::default() },
            }),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::NotWhole => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNumber;
        impl<'de> Visitor<'de> for AnyNumber {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Quantity, E> {
                Ok(Quantity::Whole(number))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Quantity, E> {
                Ok(i64::try_from(number).map_or(Quantity::NotWhole, Quantity::Whole))
            }
            fn visit_f64<E: Error>(self, _: f64) -> Result<Quantity, E> {
                Ok(Quantity::NotWhole)
            }
            fn visit_str<E: Error>(self, _: &str) -> Result<Quantity, E> {
                Ok(Quantity::NotWhole)
            }
            fn visit_bool<E: Error>(self, _: bool) -> Result<Quantity, E> {
                Ok(Quantity::NotWhole)
            }
            fn visit_unit<E: Error>(self) -> Result<Quantity, E> {
                Ok(Quantity::NotWhole)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Quantity, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Quantity::NotWhole)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Quantity, A::Error> {
                while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Quantity::NotWhole)
            }
        }
        deserializer.deserialize_any(AnyNumber)
    }
}

/// A cargo item as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CargoItemDraft {
    /// Length in millimetres.
    pub length_mm: Quantity,
    /// Width in millimetres.
    pub width_mm: Quantity,
    /// Height in millimetres.
    pub height_mm: Quantity,
    /// Weight in grams.
    pub weight_g: Quantity,
    /// Declared value in minor units (kopiykas).
    pub declared_minor: Quantity,
}

impl CargoItemDraft {
    /// The item as number `number` (from 1) of its order; `cargo[number - 1]` in field paths.
    ///
    /// # Errors
    /// Every field that is out of bounds.
    pub fn read(&self, number: u16) -> Result<CargoItem, Vec<FieldRefusal>> {
        let path = |part: &str| format!("cargo[{}].{part}", number - 1);
        let length = self.length_mm.between(1, MAX_EDGE_MM, path("length_mm"));
        let width = self.width_mm.between(1, MAX_EDGE_MM, path("width_mm"));
        let height = self.height_mm.between(1, MAX_EDGE_MM, path("height_mm"));
        let weight = self.weight_g.between(1, MAX_WEIGHT_G, path("weight_g"));
        let declared = self.declared_minor.between(0, MAX_DECLARED_MINOR, path("declared_minor"));
        match (length, width, height, weight, declared) {
            (Ok(length_mm), Ok(width_mm), Ok(height_mm), Ok(weight_g), Ok(declared_minor)) => {
                Ok(CargoItem { number, length_mm, width_mm, height_mm, weight_g, declared_minor })
            }
            (length, width, height, weight, declared) => {
                Err([length.err(), width.err(), height.err(), weight.err(), declared.err()]
                    .into_iter()
                    .flatten()
                    .collect())
            }
        }
    }
}

/// One box of an order. Its own number is `<TTN>-<number>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CargoItem {
    /// Position in the order, from 1.
    pub number: u16,
    /// Length in millimetres.
    pub length_mm: i64,
    /// Width in millimetres.
    pub width_mm: i64,
    /// Height in millimetres.
    pub height_mm: i64,
    /// Weight in grams.
    pub weight_g: i64,
    /// Declared value in minor units.
    pub declared_minor: i64,
}

impl CargoItem {
    /// Weight that is charged, in grams: the greater of the real one and `L·W·H / divisor` (cubic millimetres per gram), rounded up.
    pub fn chargeable_g(&self, divisor: i64) -> i64 {
        let volume = self.length_mm * self.width_mm * self.height_mm;
        self.weight_g.max((volume + divisor - 1) / divisor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_no_whole_number_gets_the_bounds() {
        for json in ["1.5", "1e308", "\"12,5\"", "null", "18446744073709551615", "[]", "{\"a\":1}", "true", "-0.5"] {
            let quantity: Quantity = serde_json::from_str(json).unwrap();
            let refusal = quantity.between(1, MAX_EDGE_MM, "x").unwrap_err();
            assert_eq!(
                (refusal.code, refusal.detail.min, refusal.detail.max),
                (RefusalCode::BadNumber, Some(1), Some(3000))
            );
        }
        for json in ["0", "-1", "3001", "9007199254740993"] {
            let quantity: Quantity = serde_json::from_str(json).unwrap();
            assert!(quantity.between(1, MAX_EDGE_MM, "x").is_err(), "{json}");
        }
        assert_eq!(serde_json::from_str::<Quantity>("12").unwrap().between(1, 20, "x"), Ok(12));
    }

    #[test]
    fn chargeable_is_the_greater_of_weight_and_volume() {
        let light =
            CargoItem { number: 1, length_mm: 300, width_mm: 200, height_mm: 150, weight_g: 1850, declared_minor: 0 };
        assert_eq!(light.chargeable_g(4000), 2250);
        assert_eq!(CargoItem { weight_g: 9000, ..light }.chargeable_g(4000), 9000);
    }
}
