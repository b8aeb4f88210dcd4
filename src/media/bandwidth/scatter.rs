//! Losses as sound meets them: how many, and whether they come one by one or in a row. Smoothed over the packets of the
//! line, so that it needs no clock.

/// A loss weighs this much: what was lost is forgotten after some 200 packets, 2 to 4 s of a call.
const WEIGHT: f64 = 1.0 / 200.0;
/// Whether losses follow each other is judged over so many of them.
const ROW_WEIGHT: f64 = 1.0 / 16.0;

/// What is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Losses {
    /// Of all packets, 0 to 1.
    pub(crate) share: f64,
    /// Of the lost ones those whose predecessor was lost too, 0 to 1.
    pub(crate) in_row: f64,
}

/// Losses of one line.
#[derive(Debug, Default)]
pub(crate) struct Scatter {
    losses: Losses,
    lost_before: bool,
}

impl Scatter {
    /// A packet's fate was told for the first time, in the order of sending.
    pub(crate) fn told(&mut self, arrived: bool) {
        let Losses { share, in_row } = &mut self.losses;
        *share += (f64::from(u8::from(!arrived)) - *share) * WEIGHT;
        if !arrived {
            *in_row += (f64::from(u8::from(self.lost_before)) - *in_row) * ROW_WEIGHT;
        }
        self.lost_before = !arrived;
    }

    /// A packet told as lost came after all.
    pub(crate) fn found(&mut self) {
        self.losses.share = (self.losses.share - WEIGHT).max(0.0);
    }

    pub(crate) fn losses(&self) -> Losses {
        self.losses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(count: usize, lost: impl Fn(usize) -> bool) -> Losses {
        let mut scatter = Scatter::default();
        (0..count).for_each(|packet| scatter.told(!lost(packet)));
        scatter.losses()
    }

    #[test]
    fn as_many_and_as_close_as_they_are() {
        let single = line(2_000, |packet| packet % 25 == 0);
        assert!((0.03..0.05).contains(&single.share) && single.in_row == 0.0, "{single:?}");
        let burst = line(2_000, |packet| packet % 100 < 4);
        assert!((0.03..0.06).contains(&burst.share) && burst.in_row > 0.6, "{burst:?}");
        assert!(line(60, |packet| packet > 0 && packet % 25 == 0).share >= 0.0075, "seen within a second");
        assert_eq!(line(1_000, |_| false), Losses::default());
        let mut late = Scatter::default();
        late.told(false);
        late.found();
        late.found();
        assert_eq!(late.losses().share, 0.0);
    }
}
