//! `signet`: a self-hosted OpenID Connect provider.

mod app;
mod cli;
mod clients;
mod connections;
mod demo;
mod discovery;
mod fetch;
mod health;
mod jobs;
mod journal;
mod key_sets;
mod keys;
mod limits;
mod login;
mod oauth;
mod routes;
mod serve;
mod token;
mod web;

use std::process::ExitCode;

use clap::Parser;

/// Tokens, pages and rows are many small allocations; the system's allocator is slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(cli::Arguments::parse()).await
}
