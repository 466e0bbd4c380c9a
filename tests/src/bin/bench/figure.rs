//! One measured figure: what it stands beside, and whether it holds.

use serde::{Deserialize, Serialize};

/// What a figure is compared with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// `ours / limit` is at least this.
    RatioAtLeast(f64),
    /// `ours / limit` is at most this.
    RatioAtMost(f64),
    /// `ours` is at least this.
    AtLeast(f64),
    /// `ours` is at most this.
    AtMost(f64),
    /// Nothing: the figure explains another one.
    None,
}

/// One measured figure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured, and what one operation is.
    pub name: String,
    /// Unit of `ours` and `limit`.
    pub unit: String,
    /// Our figure: the median of `samples` where there are rounds.
    pub ours: f64,
    /// What it is held against, by name, measured in the same run: the engine without us, or the plain way to do it.
    pub limit: Option<(String, f64)>,
    /// Somebody else's program that does the same, by name, measured in the same run.
    pub peer: Option<(String, f64)>,
    /// `ours / limit`.
    pub ratio: Option<f64>,
    /// What it has to hold.
    pub target: Target,
    /// Whether it does; absent without a target.
    pub holds: Option<bool>,
    /// Every round.
    pub samples: Vec<f64>,
}

impl Figure {
    /// A figure of its own; `samples` are the rounds.
    ///
    /// # Panics
    /// There are none.
    pub fn of_rounds(name: &str, unit: &str, samples: Vec<f64>) -> Self {
        let ours = median(&samples);
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            ours,
            limit: None,
            peer: None,
            ratio: None,
            target: Target::None,
            holds: None,
            samples,
        }
    }

    /// A single value.
    pub fn of(name: &str, unit: &str, value: f64) -> Self {
        Self::of_rounds(name, unit, vec![value])
    }

    /// Puts it beside what was measured in the same run.
    #[must_use]
    pub fn beside(mut self, what: &str, samples: &[f64]) -> Self {
        let limit = median(samples);
        self.ratio = Some(self.ours / limit);
        self.limit = Some((what.to_owned(), limit));
        self
    }

    /// Puts somebody else's program beside it.
    #[must_use]
    pub fn against(mut self, whose: &str, samples: &[f64]) -> Self {
        self.peer = Some((whose.to_owned(), median(samples)));
        self
    }

    /// Says what it has to hold.
    #[must_use]
    pub fn holding(mut self, target: Target) -> Self {
        self.holds = match target {
            Target::RatioAtLeast(least) => self.ratio.map(|ratio| ratio >= least),
            Target::RatioAtMost(most) => self.ratio.map(|ratio| ratio <= most),
            Target::AtLeast(least) => Some(self.ours >= least),
            Target::AtMost(most) => Some(self.ours <= most),
            Target::None => None,
        };
        self.target = target;
        self
    }

    /// As a line of the table; see [`HEAD`].
    pub fn line(&self) -> String {
        let beside = |other: &Option<(String, f64)>| {
            other.as_ref().map_or(String::new(), |(what, value)| format!("{} {what}", number(*value)))
        };
        let ratio = self.ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let target = match self.target {
            Target::RatioAtLeast(least) => format!("≥ {least} ×"),
            Target::RatioAtMost(most) => format!("≤ {most} ×"),
            Target::AtLeast(least) => format!("≥ {} {}", number(least), self.unit),
            Target::AtMost(most) => format!("≤ {} {}", number(most), self.unit),
            Target::None => String::new(),
        };
        let holds = match self.holds {
            Some(true) => "holds",
            Some(false) => "LESS",
            None => "",
        };
        let ours = format!("{} {}", number(self.ours), self.unit);
        let cells = [
            self.name.as_str(),
            ours.trim(),
            &self.spread(),
            &beside(&self.limit),
            &ratio,
            &beside(&self.peer),
            target.trim(),
            holds,
        ];
        format!("| {} |", cells.join(" | "))
    }

    /// The lowest and the highest round.
    fn spread(&self) -> String {
        let lowest = self.samples.iter().copied().min_by(f64::total_cmp);
        let highest = self.samples.iter().copied().max_by(f64::total_cmp);
        match (lowest, highest) {
            (Some(lowest), Some(highest)) if self.samples.len() > 1 => {
                format!("{}–{}", number(lowest), number(highest))
            }
            _ => String::new(),
        }
    }
}

/// Head of the table.
pub const HEAD: &str = "| What | Ours | Rounds | Limit | Ratio | Peer | Target | |\n|---|---|---|---|---|---|---|---|";

/// The middle of the samples.
///
/// # Panics
/// There are none.
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    *sorted.get(sorted.len() / 2).expect("something was measured")
}

/// A number as people read it: `48 000`, `12.3`, `0.43`, `0.998`.
pub fn number(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value.abs() >= 100.0 {
        let digits = format!("{:.0}", value.round());
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(' ');
            }
            grouped.push(digit);
        }
        grouped
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else if value.abs() >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}
