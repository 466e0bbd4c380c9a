//! Tariff and price. Whole kopiykas; the order keeps the tariff's version and the breakdown it was charged by.

use serde::{Deserialize, Serialize};

use crate::cargo::CargoItem;

/// A version of the price list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Tariff {
    /// Name of the version, for example `2026-10`.
    pub version: String,
    /// Base price in minor units.
    pub base_minor: i64,
    /// Price per kilogram of chargeable weight, in minor units.
    pub per_kg_minor: i64,
    /// Share of the declared value in hundredths of a percent (50 = 0.5 %).
    pub declared_basis_points: i64,
    /// Cubic millimetres that count as a gram.
    pub volume_divisor: i64,
}

/// A price and how it came about, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Price {
    /// Version of the tariff.
    pub tariff_version: String,
    /// Base.
    pub base_minor: i64,
    /// For the chargeable weight.
    pub weight_minor: i64,
    /// For the declared value.
    pub declared_minor: i64,
    /// To pay.
    pub total_minor: i64,
    /// Chargeable weight in grams, all items.
    pub chargeable_g: i64,
}

/// `amount / unit`, half up. Both positive.
const fn rounded(amount: i64, unit: i64) -> i64 {
    (amount + unit / 2) / unit
}

impl Tariff {
    /// The tariff in force. (An editor for admins comes with the tariff settings.)
    pub fn current() -> Self {
        Self {
            version: "2026-10".to_owned(),
            base_minor: 5_500,
            per_kg_minor: 1_800,
            declared_basis_points: 50,
            volume_divisor: 4_000,
        }
    }

    /// The price of these items. Bounds of [`crate::cargo`] keep every product far below `i64::MAX`.
    pub fn price(&self, items: &[CargoItem]) -> Price {
        let chargeable_g: i64 = items.iter().map(|item| item.chargeable_g(self.volume_divisor)).sum();
        let declared: i64 = items.iter().map(|item| item.declared_minor).sum();
        let weight_minor = rounded(chargeable_g * self.per_kg_minor, 1_000);
        let declared_minor = rounded(declared * self.declared_basis_points, 10_000);
        Price {
            tariff_version: self.version.clone(),
            base_minor: self.base_minor,
            weight_minor,
            declared_minor,
            total_minor: self.base_minor + weight_minor + declared_minor,
            chargeable_g,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_counter() {
        let m = CargoItem {
            number: 1,
            length_mm: 300,
            width_mm: 200,
            height_mm: 150,
            weight_g: 1850,
            declared_minor: 100_000,
        };
        let s = CargoItem {
            number: 2,
            length_mm: 230,
            width_mm: 160,
            height_mm: 100,
            weight_g: 1550,
            declared_minor: 50_000,
        };
        let price = Tariff::current().price(&[m, s]);
        assert_eq!(
            (price.chargeable_g, price.weight_minor, price.declared_minor, price.total_minor),
            (3_800, 6_840, 750, 13_090)
        );
    }
}
