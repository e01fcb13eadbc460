//! How often the store is asked again: twice a second, less often if it is slow.

use std::time::Duration;

use shared::model::Timestamp;

use crate::screen::Health;
use crate::source::Trouble;

/// From when on a store that does not answer is said to keep one waiting.
const SLOW: Duration = Duration::from_secs(3);
/// A screen may take one part in this many of the store's time.
const SHARE: u32 = 5;

/// When to ask again, and what the answers tell of the store.
#[derive(Debug)]
pub(crate) struct Pace {
    /// The ticket of the question that is out, and when it was asked: never two at once.
    asked: Option<(u64, Timestamp)>,
    /// Until then a store that took long is left alone.
    rests_until: Timestamp,
    failed: Option<Health>,
    answered: bool,
    now: Timestamp,
    tickets: u64,
    /// One part in this many of the store's time may be taken.
    share: u32,
}

impl Pace {
    /// The same, with one part in this many of the store's time.
    pub(crate) fn with_share(self, share: u32) -> Self {
        Self { share, ..self }
    }

    /// Nothing was asked yet; tickets begin after this number.
    pub(crate) fn starting_at(tickets: u64) -> Self {
        let never = Timestamp(0);
        let (asked, failed, answered) = (None, None, false);
        Self { asked, rests_until: never, failed, answered, now: never, tickets, share: SHARE }
    }

    /// Notes the time; true if it is time to ask.
    pub(crate) fn is_due(&mut self, now: Timestamp) -> bool {
        self.now = now;
        self.asked.is_none() && now >= self.rests_until
    }

    /// Whether a question is out.
    pub(crate) fn is_out(&self) -> bool {
        self.asked.is_some()
    }

    /// A question goes out, with this ticket.
    pub(crate) fn ask(&mut self, now: Timestamp) -> u64 {
        self.now = now;
        self.tickets += 1;
        self.asked = Some((self.tickets, now));
        self.tickets
    }

    /// Nobody waits for the question that is out.
    pub(crate) fn forget(&mut self) -> Option<u64> {
        self.rests_until = Timestamp(0);
        self.asked.take().map(|(ticket, _)| ticket)
    }

    /// Whether this is the answer to the question that is out. If so, notes how it went.
    pub(crate) fn take(
        &mut self,
        ticket: u64,
        failed: Option<&Trouble>,
        took: Duration,
        now: Timestamp,
    ) -> bool {
        if self.asked.is_none_or(|(asked, _)| asked != ticket) {
            return false;
        }
        self.asked = None;
        self.now = now;
        self.answered = true;
        let since = match self.failed {
            Some(Health::Lost(since, _)) => since,
            _ => now,
        };
        self.failed = failed.map(|trouble| match trouble {
            Trouble::Gone(why) => Health::Lost(since, why.clone()),
            other => Health::Refused(other.words().to_owned()),
        });
        // A store that is lost is asked again at once: that may be how it comes back.
        let is_lost = matches!(failed, Some(Trouble::Gone(_)));
        let rest = if is_lost { Duration::ZERO } else { took * (self.share - 1) };
        self.rests_until = now.plus(rest);
        true
    }

    /// How the store does.
    pub(crate) fn health(&self) -> Health {
        let waited = self.asked.map_or(Duration::ZERO, |(_, asked)| self.now.since(asked));
        if let Some(failed) = &self.failed {
            return failed.clone();
        }
        if waited >= SLOW {
            return Health::Slow(waited.as_secs());
        }
        match self.rests_until.since(self.now).as_secs() {
            _ if !self.answered => Health::Unknown,
            0 => Health::Well,
            seconds => Health::Resting(seconds),
        }
    }

    /// Whether what is shown may not be what the store holds at this moment.
    pub(crate) fn is_old(&self) -> bool {
        matches!(self.health(), Health::Slow(_) | Health::Lost(..) | Health::Refused(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn gone() -> Trouble {
        Trouble::Gone("no".to_owned())
    }

    fn asked() -> (Pace, u64) {
        let mut pace = Pace::starting_at(0);
        assert!(pace.is_due(NOW));
        let ticket = pace.ask(NOW);
        (pace, ticket)
    }

    #[test]
    fn it_asks_at_each_tick_and_never_twice_at_once() {
        let (mut pace, ticket) = asked();
        assert!(!pace.is_due(after(1)));
        assert!(pace.take(ticket, None, Duration::ZERO, after(1)));
        assert!(pace.is_due(after(2)));
    }

    #[test]
    fn a_store_that_takes_long_is_asked_less_often() {
        let (mut pace, ticket) = asked();
        pace.take(ticket, None, Duration::from_secs(2), after(2));
        assert!(!pace.is_due(after(9)));
        assert_eq!(pace.health(), Health::Resting(1));
        assert!(pace.is_due(after(10)));
    }

    #[test]
    fn a_store_that_is_lost_is_asked_again_at_once_however_long_it_took() {
        let (mut pace, ticket) = asked();
        pace.take(ticket, Some(&gone()), Duration::from_secs(10), after(10));
        assert_eq!(pace.health(), Health::Lost(after(10), "no".to_owned()));
        assert!(pace.is_due(after(11)));
        let ticket = pace.ask(after(11));
        pace.take(ticket, Some(&gone()), Duration::ZERO, after(12));
        assert_eq!(pace.health(), Health::Lost(after(10), "no".to_owned()));
    }

    #[test]
    fn a_store_that_refuses_is_not_lost() {
        let (mut pace, ticket) = asked();
        let forbidden = Trouble::Forbidden("this needs more".to_owned());
        pace.take(ticket, Some(&forbidden), Duration::ZERO, after(1));
        assert_eq!(pace.health(), Health::Refused("this needs more".to_owned()));
        assert!(pace.is_old());
    }

    #[test]
    fn a_store_that_keeps_one_waiting_makes_things_old() {
        let (mut pace, _) = asked();
        assert!(!pace.is_old());
        pace.is_due(after(4));
        assert_eq!(pace.health(), Health::Slow(4));
        assert!(pace.is_old());
    }

    #[test]
    fn an_answer_to_a_forgotten_question_changes_nothing() {
        let (mut pace, ticket) = asked();
        assert_eq!(pace.forget(), Some(ticket));
        assert!(!pace.take(ticket, Some(&gone()), Duration::ZERO, after(1)));
        assert_eq!(pace.health(), Health::Unknown);
    }
}
