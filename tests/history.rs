//! What becomes of sign-ins that are long over.

use std::time::{Duration, Instant};

use crate::harness::on_every_database;
use crate::harness::server::Server;

/// Sign-ins that ended long ago leave the store, and nothing that is in use goes with them.
#[test]
fn what_ended_long_ago_is_deleted() {
    on_every_database(async |mut server| {
        let (ada, browser) = (server.add_user("ada"), server.browser());
        let (own, app) = (server.client_with("own", "spa", &["--first-party"]), server.app("app"));
        for party in [&own, &own, &app, &app] {
            let tokens = party.sign_in(&browser, &ada, party.offline_request()).await;
            party.refreshed(tokens.refresh()).await;
        }
        let rows = |server: &Server| {
            ["sessions", "grants", "authorization_codes", "refresh_tokens"].map(|table| {
                server
                    .database
                    .run(&format!("SELECT COUNT(*) FROM {table}"))
                    .parse::<u64>()
                    .unwrap()
            })
        };
        assert_eq!(rows(&server), [1, 4, 4, 8]);

        server.kill();
        let years = 2 * 365 * 86_400 * 1_000_000_i64;
        for (table, moments) in [
            ("sessions", &["auth_time", "created_at", "expires_at"][..]),
            ("grants", &["auth_time", "created_at", "expires_at"]),
            ("authorization_codes", &["expires_at", "redeemed_at"]),
            ("refresh_tokens", &["issued_at", "expires_at", "used_at"]),
        ] {
            for moment in moments {
                let earlier = format!("UPDATE {table} SET {moment} = {moment} - {years}");
                server.database.run(&earlier);
            }
        }
        server.start_again().await;
        let deadline = Instant::now() + Duration::from_secs(20);
        // What is left says when Ada last used the application that she allowed something.
        while rows(&server) != [1, 1, 0, 0] {
            assert!(Instant::now() < deadline, "{:?} are left", rows(&server));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let fresh = app.sign_in(&browser, &ada, app.offline_request()).await;
        app.refreshed(fresh.refresh()).await;
        assert_eq!(rows(&server), [2, 2, 1, 2]);
    });
}
