//! Slows down guessing: after some failures each further attempt has to wait longer.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Attempts on one name. A person mistypes a few times; the longest wait stays short, since otherwise anybody could
/// lock somebody else out for long.
const NAME: Policy = Policy {
    free: 5,
    longest: Duration::from_secs(60),
    forget: Duration::from_secs(5 * 60),
};
/// Attempts from one address. An office shares one, so it may fail more often, but then waits longer.
const ADDRESS: Policy = Policy {
    free: 20,
    longest: Duration::from_secs(5 * 60),
    forget: Duration::from_secs(15 * 60),
};
/// Names and addresses remembered, a few hundred bytes each; above this the older half is forgotten.
const MOST: usize = 20_000;

#[derive(Clone, Copy)]
struct Policy {
    /// Attempts without a wait.
    free: u32,
    /// The wait doubles from one second up to this.
    longest: Duration,
    /// After this long without an attempt everything is forgotten.
    forget: Duration,
}

#[derive(Default)]
pub(crate) struct SignInThrottle {
    names: Attempts<String>,
    addresses: Attempts<IpAddr>,
}

impl SignInThrottle {
    /// Counts an attempt, before it is known whether it succeeds, so that many at once gain nothing.
    /// `false` when it comes too early; it then does not count.
    pub(crate) fn admit(&self, name: &str, address: IpAddr, now: Instant) -> bool {
        let name = name.trim().to_lowercase();
        let address = network(address);
        self.names.may_try(&name, now)
            && self.addresses.may_try(&address, now)
            && self.names.count(name, NAME, now)
            && self.addresses.count(address, ADDRESS, now)
    }

    /// Forgets the failures of a name whose owner came in, and takes this attempt back from the address, which an
    /// office may share. The failures of the address stay: one who has an account could otherwise guess at others
    /// without end.
    pub(crate) fn succeeded(&self, name: &str, address: IpAddr) {
        self.names.lock().remove(&name.trim().to_lowercase());
        self.vouched(address);
    }

    /// As [`Self::admit`], of a sign-in at a provider: whose it will be is not known yet.
    pub(crate) fn admit_from(&self, address: IpAddr, now: Instant) -> bool {
        self.addresses.count(network(address), ADDRESS, now)
    }

    /// Takes such an attempt back from the address: it came to a good end.
    pub(crate) fn vouched(&self, address: IpAddr) {
        if let Some(attempt) = self.addresses.lock().get_mut(&network(address)) {
            attempt.count = attempt.count.saturating_sub(1);
            if attempt.count < ADDRESS.free {
                attempt.next = attempt.last;
            }
        }
    }
}

/// For tokens, and apart from sign-ins: a program with a wrong token must not keep people out.
#[derive(Default)]
pub(crate) struct TokenThrottle {
    addresses: Attempts<IpAddr>,
    /// Hashes of tokens that were good once. Programs share addresses, and one with a wrong token must not stop the others.
    accepted: Mutex<HashSet<[u8; 32]>>,
}

impl TokenThrottle {
    /// Whether a token may be looked up. Unlike with passwords nothing is counted yet: nobody guesses 256 bits with many
    /// attempts at once, and programs do ask many things at once.
    pub(crate) fn may_try(&self, hash: Option<&[u8; 32]>, address: IpAddr, now: Instant) -> bool {
        hash.is_some_and(|hash| self.lock().contains(hash))
            || self.addresses.may_try(&network(address), now)
    }

    /// A wrong token came: each one after some has to wait longer.
    pub(crate) fn failed(&self, address: IpAddr, now: Instant) {
        self.addresses.count(network(address), ADDRESS, now);
    }

    /// A token was good; from now on it does not wait.
    pub(crate) fn accepted(&self, hash: Option<[u8; 32]>) {
        let mut accepted = self.lock();
        if accepted.len() >= MOST {
            accepted.clear();
        }
        accepted.extend(hash);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<[u8; 32]>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Attempts<K>(Mutex<HashMap<K, Attempt>>);

impl<K> Default for Attempts<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[derive(Clone, Copy)]
struct Attempt {
    count: u32,
    last: Instant,
    /// Not before.
    next: Instant,
}

impl<K: Eq + Hash + Clone> Attempts<K> {
    fn may_try(&self, key: &K, now: Instant) -> bool {
        self.lock()
            .get(key)
            .is_none_or(|attempt| now >= attempt.next)
    }

    /// Again asks whether the time has come: of several that asked at once, one is first.
    fn count(&self, key: K, policy: Policy, now: Instant) -> bool {
        let mut attempts = self.lock();
        if attempts.len() >= MOST && !attempts.contains_key(&key) {
            forget_older_half(&mut attempts);
        }
        let attempt = attempts.entry(key).or_insert(Attempt {
            count: 0,
            last: now,
            next: now,
        });
        if now < attempt.next {
            return false;
        }
        if now.duration_since(attempt.last) > policy.forget {
            attempt.count = 0;
        }
        attempt.count = attempt.count.saturating_add(1);
        attempt.last = now;
        if let Some(beyond) = attempt.count.checked_sub(policy.free) {
            attempt.next = now + Duration::from_secs(1 << beyond.min(16)).min(policy.longest);
        }
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, Attempt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_older_half<K: Eq + Hash + Clone>(attempts: &mut HashMap<K, Attempt>) {
    let mut times: Vec<Instant> = attempts.values().map(|attempt| attempt.last).collect();
    let half = times.len() / 2;
    let (_, middle, _) = times.select_nth_unstable(half);
    let middle = *middle;
    attempts.retain(|_, attempt| attempt.last > middle);
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_sixth_attempt_waits_and_the_wait_grows() {
        let throttle = SignInThrottle::default();
        let start = Instant::now();
        for _ in 0..5 {
            assert!(throttle.admit("Ada", HERE, start));
        }
        assert!(
            !throttle.admit("ada ", HERE, start),
            "names are compared as sign-in compares them"
        );
        assert!(throttle.admit("grace", HERE, start), "another name is free");
        let mut now = start;
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(
                !throttle.admit("ada", HERE, now + Duration::from_millis(seconds * 1000 - 1)),
                "{seconds}"
            );
            now += Duration::from_secs(seconds);
            assert!(throttle.admit("ada", HERE, now), "{seconds}");
        }
        now += NAME.forget + Duration::from_secs(1);
        for _ in 0..5 {
            assert!(throttle.admit("ada", HERE, now));
        }
    }

    #[test]
    fn success_frees_the_name_and_of_the_address_only_itself() {
        let throttle = SignInThrottle::default();
        let now = Instant::now();
        for _ in 0..100 {
            assert!(throttle.admit("ada", HERE, now), "an office in the morning");
            throttle.succeeded("ada", HERE);
        }
        for guessed in 0..20 {
            assert!(throttle.admit(&guessed.to_string(), HERE, now));
        }
        assert!(
            !throttle.admit("ada", HERE, now),
            "guesses are not forgotten"
        );
        assert!(throttle.admit("ada", "10.0.0.1".parse().unwrap(), now));
    }

    #[test]
    fn sign_ins_at_a_provider_count_for_the_address_until_they_succeed() {
        let throttle = SignInThrottle::default();
        let now = Instant::now();
        for _ in 0..100 {
            assert!(throttle.admit_from(HERE, now));
            throttle.vouched(HERE);
        }
        for _ in 0..20 {
            assert!(throttle.admit_from(HERE, now), "begun and left");
        }
        assert!(!throttle.admit_from(HERE, now));
        assert!(!throttle.admit("ada", HERE, now), "of either way");
        assert!(throttle.admit_from(HERE, now + Duration::from_secs(1)));
    }

    #[test]
    fn wrong_tokens_wait_and_good_ones_do_not() {
        let throttle = TokenThrottle::default();
        let now = Instant::now();
        let (good, other) = ([1; 32], [2; 32]);
        throttle.accepted(Some(good));
        for _ in 0..20 {
            assert!(throttle.may_try(None, HERE, now));
            throttle.failed(HERE, now);
        }
        assert!(!throttle.may_try(None, HERE, now));
        assert!(!throttle.may_try(Some(&other), HERE, now));
        assert!(throttle.may_try(Some(&good), HERE, now));
        assert!(throttle.may_try(None, "10.0.0.1".parse().unwrap(), now));
        assert!(throttle.may_try(None, HERE, now + Duration::from_secs(1)));
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let throttle = SignInThrottle::default();
        let now = Instant::now();
        for host in 0..20 {
            assert!(throttle.admit(
                &host.to_string(),
                format!("2001:db8::{host:x}").parse().unwrap(),
                now
            ));
        }
        assert!(!throttle.admit("x", "2001:db8::ffff".parse().unwrap(), now));
        assert!(throttle.admit("x", "2001:db8:0:1::1".parse().unwrap(), now));
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = SignInThrottle::default();
        let start = Instant::now();
        for n in 0..MOST as u64 + 10 {
            throttle
                .names
                .count(n.to_string(), NAME, start + Duration::from_millis(n));
        }
        assert!(throttle.names.lock().len() <= MOST / 2 + 20);
    }
}
