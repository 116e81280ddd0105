//! Several hosts: which is tried next, after which failure, and how often.
//!
//! Must not know: how one host is connected to, or what a session is used for.

mod departing;
mod role;

use std::time::Duration;

use crate::config::{Config, Endpoint};
use crate::connect::attempt;
use crate::error::{Error, HostFailure};
use crate::session::Session;

pub(crate) use departing::announce;

/// The longest pause between two rounds.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Connects and logs in: tries the hosts in turn, and all of them again up to `connect_retries` times.
///
/// Runs on the Tokio runtime. `connect_timeout` bounds each host's whole attempt.
pub(crate) async fn connect(config: &Config) -> Result<Session, Error> {
    let mut pause = config.connect_backoff.min(LONGEST_PAUSE);
    let mut retries = config.connect_retries;
    loop {
        match round(config).await {
            Err(error) if retries > 0 && error.is_temporary() => {
                tokio::time::sleep(jittered(pause)).await;
                retries -= 1;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// What came of trying one host.
enum Outcome {
    Suits(Session),
    /// Usable, but `target_session_attrs` prefers another.
    SecondChoice(Session),
    /// Says nothing of the other hosts: not reached, not ready, or not what is asked for.
    Next(Error),
    /// A server that decided: another one would decide the same.
    Final(Error),
}

/// Tries every host once.
async fn round(config: &Config) -> Result<Session, Error> {
    let mut failures = Vec::new();
    let mut second_choice: Option<Session> = None;
    for endpoint in in_order(config) {
        match limited(config, endpoint).await {
            Outcome::Suits(session) => {
                if let Some(mut other) = second_choice {
                    other.close();
                }
                return Ok(session);
            }
            Outcome::SecondChoice(session) if second_choice.is_none() => {
                second_choice = Some(session);
            }
            Outcome::SecondChoice(mut session) => session.close(),
            Outcome::Next(error) => failures.push(HostFailure {
                address: endpoint.to_string(),
                error,
            }),
            Outcome::Final(error) => return second_choice.ok_or(error),
        }
    }
    second_choice.ok_or_else(|| Error::of_hosts(failures))
}

async fn limited(config: &Config, endpoint: &Endpoint) -> Outcome {
    let Some(limit) = config.connect_timeout else {
        return try_host(config, endpoint).await;
    };
    match tokio::time::timeout(limit, try_host(config, endpoint)).await {
        Ok(outcome) => outcome,
        Err(_) => {
            let error = Error::timeout(format!("connecting (connect_timeout {limit:?})"));
            Outcome::Next(error.connecting_to(endpoint.to_string()))
        }
    }
}

async fn try_host(config: &Config, endpoint: &Endpoint) -> Outcome {
    let mut session = match attempt(config, endpoint).await {
        Ok(session) => session,
        Err(error) => {
            let error = error.connecting_to(endpoint.to_string());
            return match error {
                Error::Connect { .. } => Outcome::Next(error),
                Error::Database(_) if error.is_temporary() => Outcome::Next(error),
                error => Outcome::Final(error),
            };
        }
    };
    let checked = role::check(&mut session, config.target_session).await;
    // The check may have waited on the reactor.
    session.transport.leave_reactor();
    match checked {
        Ok(true) => Outcome::Suits(session),
        Ok(false) => Outcome::SecondChoice(session),
        Err(error) => {
            session.close();
            Outcome::Next(error.connecting_to(endpoint.to_string()))
        }
    }
}

/// The hosts as they were given or, to balance the load, shuffled; those that announced a failover come last.
fn in_order(config: &Config) -> Vec<&Endpoint> {
    let mut hosts: Vec<&Endpoint> = config.endpoints.iter().collect();
    if config.balance_load {
        shuffle(&mut hosts);
    }
    // A stable sort keeps the order otherwise.
    hosts.sort_by_cached_key(|endpoint| departing::is_departing(endpoint));
    hosts
}

/// Fisher-Yates.
pub(crate) fn shuffle<T>(items: &mut [T]) {
    for end in (1..items.len()).rev() {
        let random = u64::from(getrandom::u32().unwrap_or(0));
        // Scaled, not taken modulo: as fair as 32 bits are.
        let at = (random * (end as u64 + 1)) >> 32;
        items.swap(end, at as usize);
    }
}

/// Between half of it and all of it, so that clients that failed together do not come back together.
fn jittered(time: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0);
    time.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dsn: &str) -> Config {
        Config::from_parts(Some(dsn), std::iter::empty(), |_| None).unwrap()
    }

    fn order(config: &Config) -> Vec<String> {
        in_order(config).iter().map(|e| e.to_string()).collect()
    }

    #[test]
    fn hosts_are_tried_as_given_and_a_departing_one_last() {
        let config = config("host=order-a,order-b,order-c port=1 user=u");
        assert_eq!(order(&config), ["order-a:1", "order-b:1", "order-c:1"]);
        announce(&config.endpoints[0]);
        assert_eq!(order(&config), ["order-b:1", "order-c:1", "order-a:1"]);
    }

    #[test]
    fn shuffling_brings_every_host_to_the_front() {
        let config = config("host=r1,r2,r3 user=u load_balance_hosts=random");
        let first: std::collections::HashSet<String> =
            (0..200).map(|_| order(&config).remove(0)).collect();
        assert_eq!(first.len(), 3);
        assert!((0..50).all(|_| order(&config).len() == 3));
    }

    #[test]
    fn a_pause_is_shortened_by_half_at_most() {
        let pause = Duration::from_secs(1);
        assert!((0..100).all(|_| (pause / 2..=pause).contains(&jittered(pause))));
    }
}
