//! Everything the demonstration needs, brought into a store; again and again without doing it twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::clock::DemoClock;
use super::error::DemoError;
use super::ids::id;
use super::play::Play;
use super::province::Province;
use super::script::Script;
use super::stage::Stage;
use crate::clock::SharedClock;
use crate::domain::calendar;
use crate::domain::chain::Hash;
use crate::domain::ids::{InstallationId, SessionId};
use crate::domain::session::SessionStatus;
use crate::store::Store;
use crate::store::keys::Keys;

/// When the installation of the demonstration came to be: before the oldest session, so that its key was in use then.
pub const FOUNDED: Timestamp = Timestamp::constant(1_735_693_200, 0);

/// When sessions of the past begin, local time.
const MORNING: SignedDuration = SignedDuration::from_hours(8);
const FEBRUARY_2025: Date = Date::constant(2025, 2, 14);
/// From this day of the month on, the first working day.
const PERIODIC_DAY: i8 = 12;

/// Where the demonstration writes.
#[derive(Clone)]
pub struct Place {
    pub store: Store,
    /// Folder of recordings: the one the server plays from.
    pub recordings: PathBuf,
    /// Hash of the rule set in force, as the server's rooms name it.
    pub rules: Hash,
}

/// The sessions that are there afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeded {
    /// Ready to be opened, or under way.
    pub today: SessionId,
    pub last_month: SessionId,
    pub february_2025: SessionId,
}

/// The keys of the demonstration, made in `dir` when there are none.
///
/// # Errors
/// [`DemoError::Keys`] when the directory cannot be used or its files are readable by others.
pub fn keys(dir: &Path, installation: InstallationId) -> Result<Keys, DemoError> {
    if dir.join("public.json").exists() { Ok(Keys::load(dir)?) } else { Ok(Keys::init(dir, installation, FOUNDED)?) }
}

/// Brings the province and its sessions into the store, as far as they are not there. A run that was cut off goes on where
/// it stopped: every act has an identifier that follows from its place in the script.
///
/// # Errors
/// See [`DemoError`]; what was committed before stays.
pub async fn seed(place: &Place, clock: &SharedClock) -> Result<Seeded, DemoError> {
    let province = Province::load()?;
    let now = clock.now();
    province.settle(&place.store, now).await?;
    let february = Script::parse("february_2025.toml", include_str!("../../config/demo/february_2025.toml"))?;
    let last_month = Script::parse("last_month.toml", include_str!("../../config/demo/last_month.toml"))?;
    let today = Script::parse("today.toml", include_str!("../../config/demo/today.toml"))?;

    let february_start = at(FEBRUARY_2025, MORNING)?;
    let last_day = day_of_last_month(calendar::local_date(now))?;
    let (day, today_name) = todays(place, now).await?;
    let plans = [
        (february, "february-2025".to_owned(), february_start),
        (last_month, format!("{:04}-{:02}", last_day.year(), last_day.month()), at(last_day, MORNING)?),
        (today, today_name, start_of_today(day, now)?),
    ];
    let mut sessions = Vec::new();
    let mut open = None;
    for (script, name, starts_at) in &plans {
        let session = session_id(name);
        if !finished(place, session, script).await? {
            // Oldest first, so that the register's numbers follow the days.
            let stage = match open.take() {
                Some(stage) => stage,
                None => {
                    let from = starts_at.saturating_sub(SignedDuration::from_hours(24 * 30)).unwrap_or(FOUNDED);
                    let clock = DemoClock::starting(Arc::clone(clock), from.max(FOUNDED));
                    Stage::open(&place.store, place.recordings.clone(), clock, place.rules)?
                }
            };
            let announced = place.store.session_row(session).await?.map_or(*starts_at, |row| row.starts_at);
            Play::begin(&stage, &province, script, name, session, announced).await?.run().await?;
            open = Some(stage);
        }
        sessions.push(session);
    }
    if let Some(stage) = open {
        stage.close().await?;
    }
    match sessions.as_slice() {
        [february_2025, last_month, today] => {
            Ok(Seeded { today: *today, last_month: *last_month, february_2025: *february_2025 })
        }
        _ => Err(DemoError::Stuck("three sessions")),
    }
}

fn session_id(name: &str) -> SessionId {
    SessionId(id("session", name))
}

/// Whether the script has been played as far as it goes.
async fn finished(place: &Place, session: SessionId, script: &Script) -> Result<bool, DemoError> {
    use SessionStatus::{Approved, Concluded, Notified, Proposed, Published};
    let row = place.store.session_row(session).await?;
    Ok(row.is_some_and(|row| match script.conclusion {
        Some(_) => row.status == Concluded,
        None => !matches!(row.status, Proposed | Approved | Published | Notified),
    }))
}

/// The day and name of today's session: the first of the day that is not over, so that the demonstration can be started
/// again after its session was played to the end.
async fn todays(place: &Place, now: Timestamp) -> Result<(Date, String), DemoError> {
    let day = calendar::local_date(now);
    let mut number = 1_u32;
    loop {
        let name = format!("{day}/{number}");
        let row = place.store.session_row(session_id(&name)).await?;
        let open = |status: SessionStatus| status.is_before_start() || status.is_under_way();
        if row.is_none_or(|row| open(row.status)) {
            return Ok((day, name));
        }
        number = number.saturating_add(1);
    }
}

/// The next full half hour, on this day.
fn start_of_today(day: Date, now: Timestamp) -> Result<Timestamp, DemoError> {
    const HALF_HOUR: i64 = 1_800;
    let next = now.as_second().div_euclid(HALF_HOUR).saturating_add(1).saturating_mul(HALF_HOUR);
    let last = at(day, SignedDuration::from_mins(23 * 60 + 30))?;
    Ok(Timestamp::from_second(next).unwrap_or(last).min(last))
}

/// The first working day of the week from the twelfth on.
fn day_of_last_month(today: Date) -> Result<Date, DemoError> {
    let out_of_range = |_| DemoError::Stuck("a date");
    let month = today.first_of_month().checked_sub(1.month()).map_err(out_of_range)?;
    let mut day = month.checked_add(i32::from(PERIODIC_DAY - 1).days()).map_err(out_of_range)?;
    while matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        day = day.tomorrow().map_err(out_of_range)?;
    }
    Ok(day)
}

fn at(day: Date, time: SignedDuration) -> Result<Timestamp, DemoError> {
    let start = calendar::start_of(day).ok_or(DemoError::Stuck("a date"))?;
    Ok(start.saturating_add(time).unwrap_or(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_working_days_of_the_month_before() {
        for (today, wanted) in
            [("2026-11-22", "2026-10-12"), ("2026-03-31", "2026-02-12"), ("2027-01-01", "2026-12-14")]
        {
            assert_eq!(day_of_last_month(today.parse().unwrap()).unwrap().to_string(), wanted);
        }
    }

    #[test]
    fn today_stays_today() {
        for (now, wanted) in [
            ("2026-11-22T01:10:00Z", "2026-11-22T01:30:00Z"),
            ("2026-11-22T01:30:00Z", "2026-11-22T02:00:00Z"),
            // 23:50 in Viet Nam.
            ("2026-11-22T16:50:00Z", "2026-11-22T16:30:00Z"),
        ] {
            let now: Timestamp = now.parse().unwrap();
            let start = start_of_today(calendar::local_date(now), now).unwrap();
            assert_eq!(start.to_string(), wanted);
            assert_eq!(calendar::local_date(start), calendar::local_date(now));
        }
    }

    #[test]
    fn the_installation_is_older_than_its_sessions() {
        assert_eq!(FOUNDED.to_string(), "2025-01-01T01:00:00Z");
        assert!(at(FEBRUARY_2025, MORNING).unwrap().duration_since(FOUNDED) > SignedDuration::from_hours(24 * 30));
    }
}
