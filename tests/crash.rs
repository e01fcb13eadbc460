//! What was acknowledged is there after the process was killed in the middle of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::harness::client::{Params, RelyingParty};
use crate::harness::database::Durability;
use crate::harness::http::Answer;
use crate::harness::server::Server;
use crate::harness::{at_once, on_every_site};

/// How many sign-ins are in use when the process is killed.
const FAMILIES: usize = 200;
/// How often it is killed.
const CRASHES: usize = 10;

/// Sends all these forms at the same moment and kills the process once `answered` of them
/// have their answer. Gives what each got, if anything.
async fn killed_amid(
    server: &mut Server,
    party: &RelyingParty,
    forms: Vec<Params>,
    answered: usize,
) -> Vec<Option<Answer>> {
    let count = Arc::new(AtomicUsize::new(0));
    let mut requests = JoinSet::new();
    let total = forms.len();
    for (number, form) in forms.into_iter().enumerate() {
        let (party, count) = (party.clone(), Arc::clone(&count));
        requests.spawn(async move {
            let answer = party.try_token(&form).await;
            count.fetch_add(1, Ordering::SeqCst);
            (number, answer)
        });
    }
    while count.load(Ordering::SeqCst) < answered {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.kill();
    let mut answers = vec![None; total];
    for (number, answer) in requests.join_all().await {
        answers[number] = answer;
    }
    server.start_again().await;
    answers
}

fn refresh_form(refresh_token: &str) -> Params {
    Params::new(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
}

/// The refresh token of a good answer.
#[track_caller]
fn refresh_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()["refresh_token"].as_str().expect("there is a refresh token").to_owned()
}

/// Invariants 1 and 2. A token in an answer that arrived works once; the one before it never
/// again. A client that heard nothing still has a token that works.
#[test]
fn no_acknowledged_refresh_is_lost_or_undone_by_a_crash() {
    on_every_site(Durability::Full, async |mut site| {
        // All at the same moment, however slow the machine is.
        site.set("SIGNET_REQUESTS_AT_ONCE", "1000");
        let mut server = site.start().await;
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        browser.sign_in(&app.offline_request().url(), &ada).await;
        let fresh = async || {
            let request = app.offline_request();
            let returned = browser.open(&request.url()).await.returned();
            refresh_token(&app.token(&app.code_form(&request, &returned)).await)
        };
        let mut tokens = Vec::new();
        for _ in 0..FAMILIES {
            tokens.push(fresh().await);
        }

        let (mut acknowledged, mut unheard) = (0, 0);
        for crash in 0..CRASHES {
            let forms = tokens.iter().map(|token| refresh_form(token)).collect();
            let answers = killed_amid(&mut server, &app, forms, 5 + crash * 18).await;
            acknowledged += answers.iter().flatten().count();
            unheard += answers.iter().filter(|answer| answer.is_none()).count();

            // What each client believes to have works, and gives it another.
            let believed: Vec<_> = tokens
                .iter()
                .zip(&answers)
                .map(|(before, answer)| answer.as_ref().map_or(before.clone(), refresh_token))
                .collect();
            let used = tokens;
            tokens = at_once(FAMILIES, |number| {
                let (app, token) = (app.clone(), believed[number].clone());
                async move { refresh_token(&app.refresh(&token).await) }
            })
            .await;
            // To look at the one before kills the family, so few are looked at each time.
            for number in (crash..FAMILIES).step_by(CRASHES) {
                if answers[number].is_some() {
                    app.refresh(&used[number]).await.assert_refused(400, "invalid_grant");
                    tokens[number] = fresh().await;
                }
            }
        }
        assert!(acknowledged >= 100, "only {acknowledged} answers came before the crashes");
        assert!(unheard >= 100, "only {unheard} requests were cut off by the crashes");
    });
}

/// Invariants 1 and 2, 77: a code that gave tokens once gives none after the crash, and
/// the tokens work.
#[test]
fn no_acknowledged_code_is_lost_or_undone_by_a_crash() {
    on_every_site(Durability::Full, async |mut site| {
        // Nobody is sent away here, however slow the machine is.
        site.set("SIGNET_REQUESTS_AT_ONCE", "1000");
        let mut server = site.start().await;
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        browser.sign_in(&app.offline_request().url(), &ada).await;
        for crash in 0..3 {
            let mut forms = Vec::new();
            for _ in 0..60 {
                let request = app.offline_request();
                let returned = browser.open(&request.url()).await.returned();
                forms.push(app.code_form(&request, &returned));
            }
            let answers = killed_amid(&mut server, &app, forms.clone(), 10 + crash * 15).await;
            for (form, answer) in forms.iter().zip(answers) {
                let again = app.token(form).await;
                match answer {
                    Some(answer) => {
                        // Known, and dead only since it was presented twice.
                        let token = refresh_token(&answer);
                        again.assert_refused(400, "invalid_grant");
                        app.refresh(&token).await.assert_refused(400, "invalid_grant");
                    }
                    None if again.status == 200 => {}
                    None => again.assert_refused(400, "invalid_grant"),
                }
            }
        }
        // Sessions and consents outlive it too.
        browser.open(&app.request().with("prompt", "none").url()).await.returned().code();
    });
}
