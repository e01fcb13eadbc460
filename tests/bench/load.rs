//! Many connections that all do the same, for a while.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::process::cpu;
use super::scenario::{Outcome, Worker};
use super::wire::Connection;

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    /// Of what was accepted, in microseconds.
    latencies: Vec<u32>,
    pub(crate) shed: usize,
    pub(crate) shed_without_word: usize,
    pub(crate) failed: usize,
    elapsed: Duration,
    cpu: Duration,
}

impl Measured {
    pub(crate) fn accepted(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Processor time of the server for each request, in microseconds.
    pub(crate) fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.latencies.len().max(1) as f64
    }

    /// A percentile of the latencies, in milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        f64::from(sorted.get(index).copied().unwrap_or_default()) / 1000.0
    }

    /// Both rounds together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.latencies.extend(other.latencies);
        self.shed += other.shed;
        self.shed_without_word += other.shed_without_word;
        self.failed += other.failed;
        self.elapsed += other.elapsed;
        self.cpu += other.cpu;
        self
    }
}

/// Lets every worker work for so long, each on a connection of its own. With a `pace`
/// each begins anew after that time, whether it was served or not.
pub(crate) async fn run(
    address: SocketAddr,
    pid: u32,
    workers: &mut [Worker],
    span: Duration,
    pace: Option<Duration>,
) -> Measured {
    let mut connections = Vec::new();
    for _ in workers.iter() {
        connections.push(Connection::open(address).await);
    }
    let cpu_before = cpu(pid);
    let began = Instant::now();
    let working = workers.iter_mut().zip(connections).enumerate().map(|(number, pair)| {
        let (worker, mut connection) = pair;
        async move {
            let mut measured = Measured::default();
            let mut turn = began + pace.unwrap_or_default().mul_f64(number as f64 / 64.0 % 1.0);
            while began.elapsed() < span {
                if let Some(pace) = pace {
                    tokio::time::sleep_until(turn.into()).await;
                    turn += pace;
                }
                let started = Instant::now();
                match worker.work(&mut connection).await {
                    Outcome::Accepted => {
                        let micros = u32::try_from(started.elapsed().as_micros());
                        measured.latencies.push(micros.unwrap_or(u32::MAX));
                    }
                    Outcome::Shed { says_when } => {
                        measured.shed += 1;
                        measured.shed_without_word += usize::from(!says_when);
                    }
                    Outcome::Failed(status) => {
                        measured.failed += 1;
                        assert!(measured.failed < 100, "it fails with {status}");
                    }
                }
            }
            measured
        }
    });
    let parts = futures::future::join_all(working).await;
    let mut all = parts.into_iter().fold(Measured::default(), Measured::and);
    all.elapsed = began.elapsed();
    all.cpu = cpu(pid).saturating_sub(cpu_before);
    all
}
