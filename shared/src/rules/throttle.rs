//! How failing to sign in slows down whoever tries.
//!
//! Failures are counted by what is tried (a name, a person's codes), by the address that
//! tries and by the network around it. A browser in which the person once signed in has a
//! count of its own instead of all these, so that no stranger can lock anybody out.

use std::net::IpAddr;
use std::time::Duration;

use crate::model::{Failures, Timestamp};

/// What failures are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Somebody's name, or their codes.
    Person,
    /// A browser in which that person once signed in.
    Browser,
    /// An address: all of it for IPv4, the /64 that one host has for IPv6.
    Address,
    /// The network around it: /24 for IPv4, /48 for IPv6.
    Network,
}

impl Counted {
    /// How many failures cost nothing.
    const fn free(self) -> u32 {
        match self {
            Self::Person => 5,
            Self::Browser => 10,
            Self::Address => 30,
            Self::Network => 200,
        }
    }
}

/// The first wait; each failure after it doubles the wait.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The longest wait: at most a hundred guesses a day at one person's password, and a code of
/// six digits is found with a chance of one in three thousand a day.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// After so long without a failure all are forgotten.
pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// Until when nobody may try again under this key, if that is still to come.
pub fn blocked_until(counted: Counted, failures: Failures, now: Timestamp) -> Option<Timestamp> {
    let beyond = failures.number.checked_sub(counted.free())?;
    let doubled = 1_u32.checked_shl(beyond).unwrap_or(u32::MAX);
    let until = failures.last.plus(FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT));
    (until > now).then_some(until)
}

/// The address and the network that failures from here are counted by.
pub fn places(address: IpAddr) -> [(Counted, String); 2] {
    let (host, network) = match address.to_canonical() {
        IpAddr::V4(_) => (32, 24),
        IpAddr::V6(_) => (64, 48),
    };
    let within = |length| {
        ipnet::IpNet::new(address.to_canonical(), length)
            .map_or_else(|_| address.to_string(), |network| network.trunc().to_string())
    };
    [(Counted::Address, within(host)), (Counted::Network, within(network))]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: Timestamp = Timestamp::from_seconds(1000);

    /// Seconds to wait right after the last of so many failures.
    fn wait(counted: Counted, number: u32) -> u64 {
        let failures = Failures { number, last: LAST };
        blocked_until(counted, failures, LAST).map_or(0, |until| until.since(LAST).as_secs())
    }

    #[test]
    fn some_failures_are_free_and_then_each_doubles_the_wait_up_to_a_quarter_of_an_hour() {
        let waits: Vec<_> = (0..16).map(|number| wait(Counted::Person, number)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(wait(Counted::Person, u32::MAX), 900);
    }

    #[test]
    fn a_whole_network_has_more_patience_than_one_name() {
        for number in 0..300 {
            let waits = [Counted::Person, Counted::Browser, Counted::Address, Counted::Network]
                .map(|counted| wait(counted, number));
            assert!(waits.is_sorted_by(|one, other| one >= other), "{number}: {waits:?}");
        }
    }

    #[test]
    fn a_wait_ends() {
        let failures = Failures { number: 5, last: LAST };
        let end = LAST.plus(FIRST_WAIT);
        assert_eq!(blocked_until(Counted::Person, failures, Timestamp(end.0 - 1)), Some(end));
        assert_eq!(blocked_until(Counted::Person, failures, end), None);
    }

    #[test]
    fn one_host_is_one_address_however_many_it_has() {
        let keys = |text: &str| places(text.parse().unwrap()).map(|(_, key)| key);
        assert_eq!(keys("192.0.2.77"), ["192.0.2.77/32", "192.0.2.0/24"]);
        assert_eq!(keys("::ffff:192.0.2.77"), keys("192.0.2.77"));
        assert_eq!(keys("2001:db8:1:2::3"), ["2001:db8:1:2::/64", "2001:db8:1::/48"]);
        assert_eq!(keys("2001:db8:1:2:ff::"), keys("2001:db8:1:2::3"));
    }
}
