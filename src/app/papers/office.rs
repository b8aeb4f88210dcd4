//! The names at the head of a paper.

use jiff::civil::Date;

use crate::documents::parts::Head;
use crate::domain::units::Unit;

/// The issuing unit as papers print it (D30 Điều 8(2)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Office {
    /// Superior agency.
    pub superior: Option<String>,
    pub agency: String,
    /// Abbreviation in numbers, such as `BTCD`.
    pub code: String,
    /// Place name before the date.
    pub place: String,
}

impl Office {
    /// From the unit and its superior among `units`.
    pub fn of(unit: &Unit, units: &[Unit]) -> Self {
        let superior = unit.parent.and_then(|parent| units.iter().find(|known| known.id == parent));
        Self {
            superior: superior.map(|unit| unit.name.clone()),
            agency: unit.name.clone(),
            code: unit.code.clone(),
            place: unit.place.clone(),
        }
    }

    /// Head of minutes. No number: it is given after signing (D30 Điều 15).
    pub(super) fn head(&self, date: Option<Date>) -> Head {
        let symbol = if self.code.is_empty() { "BB".to_owned() } else { format!("BB-{}", self.code) };
        Head {
            superior: self.superior.clone(),
            agency: self.agency.clone(),
            number: None,
            symbol,
            place: self.place.clone(),
            date,
        }
    }
}
