//! `signet`: a self-hosted OpenID Connect provider.

mod app;
mod batch;
mod catalogue;
mod cli;
mod clients;
mod connections;
mod demo;
mod discovery;
mod fetch;
mod health;
mod incidents;
mod jobs;
mod journal;
mod key_sets;
mod keys;
mod limits;
mod login;
mod oauth;
mod routes;
mod serve;
mod throttle;
mod tls;
mod token;
mod web;
mod well_known;

use std::process::ExitCode;

use clap::Parser;

/// Tokens, pages and rows are many small allocations; the system's allocator is slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // A signature is long for one turn: with the usual 61 turns between two looks at the
        // sockets, requests would have grown old before anybody saw them.
        .event_interval(8)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(cli::run(cli::Arguments::parse())),
        Err(fault) => {
            eprintln!("signet: the system gives no threads: {fault}");
            ExitCode::FAILURE
        }
    }
}
