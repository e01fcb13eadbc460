//! What an operator types, and what a script reads.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::client::RelyingParty;
use crate::harness::database::{Durability, Kind};
use crate::harness::{on_every_database, on_every_site};

/// What cannot be done says so on standard error, with the exit codes that are promised.
#[test]
fn exit_codes_say_whose_fault_it_is() {
    on_every_site(Durability::Relaxed, async |site| {
        for args in [
            &["client", "add", "--name", "x", "--kind", "toaster"][..],
            &["client", "add", "--kind", "web"],
            &["user", "add"],
            &["user", "dance"],
            &["--colour", "user", "list"],
            // There is no terminal here that could be asked for the password.
            &["user", "add", "ada"],
        ] {
            site.cli(args).assert_failed(2, &[]);
        }
        for args in [
            &["user", "show", "nobody"][..],
            &["user", "disable", "nobody"],
            &["client", "show", "nobody"],
            &["client", "rotate-secret", "nobody"],
            &["client", "delete", "nobody"],
        ] {
            site.cli(args).assert_failed(3, &["signet: ", "nobody"]);
        }
        let nowhere = format!("sqlite:{}", site.path("master.key/signet.db").display());
        std::fs::write(site.path("master.key"), "a file").expect("the file can be written");
        site.cli(&["user", "list", "--database-url", &nowhere]).assert_failed(1, &["signet: "]);

        assert_eq!(site.cli(&["--help"]).code, 0);
        assert_eq!(site.cli(&["--version"]).code, 0);
    });
}

/// A person from being added to being locked out.
#[test]
fn people_are_added_shown_and_disabled() {
    on_every_site(Durability::Relaxed, async |site| {
        let ada = site.add_user_with("ada", &["--name", "Ada Lovelace"]);
        for named in [&ada.id, &ada.username, &ada.email, &ada.email.to_uppercase()] {
            let shown = site.cli(&["user", "show", named]).done();
            assert_eq!(shown["id"], *ada.id);
            assert_eq!(shown["username"], "ada");
            assert_eq!(shown["email"], *ada.email);
            assert_eq!(shown["disabled"], false);
            assert_eq!(shown["claims"]["name"], "Ada Lovelace");
        }
        site.add_user("bob");
        let listed = site.cli(&["user", "list"]).done();
        let names: Vec<_> =
            listed.as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
        assert_eq!(names, ["ada", "bob"]);

        for taken in ["ada", "ADA"] {
            let args = ["user", "add", taken, "--password-stdin"];
            site.cli_with_input(&args, "korrekt pferd batterie\n").assert_failed(3, &["taken"]);
        }
        let args = ["user", "add", "carl", "--email", &*ada.email, "--password-stdin"];
        site.cli_with_input(&args, "korrekt pferd batterie\n").assert_failed(3, &["taken"]);

        let disabled = site.cli(&["user", "disable", "bob"]).done();
        assert_eq!(disabled["disabled"], true);
        assert_eq!(site.cli(&["user", "show", "bob"]).done()["disabled"], true);
        for outcome in [site.cli(&["user", "show", "ada"]), site.cli(&["user", "list"])] {
            assert!(!outcome.stdout.contains("password") && !outcome.stdout.contains("argon2"));
        }
    });
}

/// Page f: what is stored of a person is checked when it is given.
#[test]
fn people_with_wrong_claims_are_refused() {
    on_every_site(Durability::Relaxed, async |site| {
        let file = site.path("claims.json");
        let path = file.display().to_string();
        let add = |claims: &str| {
            std::fs::write(&file, claims).expect("the file can be written");
            let args = ["user", "add", "ada", "--claims", &path, "--password-stdin"];
            site.cli_with_input(&args, "korrekt pferd batterie\n")
        };
        for (claims, word) in [
            (json!({"birthdate": "10.12.1815"}), "birthdate"),
            (json!({"nickname": ""}), "nickname"),
            (json!({"nickname": null, "surname": "x"}), "surname"),
            (json!({"picture": "javascript:alert(1)"}), "picture"),
            (json!({"phone_number_verified": true}), "phone_number"),
            (json!({"email_verified": "true", "email": "a@b.example"}), "email_verified"),
            (json!({"email": "not an address"}), "email"),
            (json!({"address": "London"}), "claims"),
            (json!(["name"]), "claims"),
        ] {
            add(&claims.to_string()).assert_failed(3, &[word]);
        }
        add("{").assert_failed(3, &["claims"]);
        let args = ["user", "add", "ada", "--claims", "/nowhere.json", "--password-stdin"];
        site.cli_with_input(&args, "korrekt pferd batterie\n").assert_failed(2, &["/nowhere.json"]);
        for (username, email, password) in [
            ("ada", "ada", "korrekt pferd batterie"),
            ("ada", "a@b.example", "short"),
            ("", "a@b.example", "korrekt pferd batterie"),
        ] {
            let args = ["user", "add", username, "--email", email, "--password-stdin"];
            site.cli_with_input(&args, &format!("{password}\n")).assert_failed(3, &[]);
        }
        assert_eq!(site.cli(&["user", "list"]).done(), json!([]));
        assert_eq!(add(&json!({"birthdate": "1815", "locale": "en-GB"}).to_string()).code, 0);
    });
}

/// Without a word an address is verified only if the claims say so of this one.
#[test]
fn an_address_is_verified_if_that_is_said() {
    on_every_site(Durability::Relaxed, async |site| {
        let file = site.path("claims.json");
        let claims = json!({"email": "c@b.example", "email_verified": true});
        std::fs::write(&file, claims.to_string()).expect("the file can be written");
        let path = file.display().to_string();
        for (name, more, is_verified) in [
            ("ada", &["--email", "a@b.example"][..], false),
            ("bob", &["--email", "b@b.example", "--email-verified", "true"], true),
            ("carl", &["--claims", &path, "--email-verified", "false"], false),
            ("dora", &["--email", "d@b.example", "--claims", &path], false),
            ("emil", &["--claims", &path], true),
            ("finn", &["--email-verified", "true"], false),
        ] {
            let args = [&["user", "add", name, "--password-stdin"], more].concat();
            let added = site.cli_with_input(&args, "korrekt pferd batterie\n").done();
            assert_eq!(added["email_verified"], is_verified, "{added}");
            // The address in the claims is for one after the other.
            let gone = ["user", "change", name, "--email", ""];
            site.cli(&gone).done();
        }
    });
}

/// The running server knows at once, and the old password is worth nothing.
#[test]
fn a_new_password_replaces_the_old_one() {
    on_every_database(async |server| {
        let (ada, shop) = (server.add_user("ada"), server.client("shop"));
        let set = |input: &str| {
            let args = ["user", "set-password", "ada", "--password-stdin"];
            server.cli_with_input(&args, input)
        };
        set("short\n").assert_failed(3, &["password"]);
        set("the new password\nand a second line\n").done();

        let browser = server.browser();
        let login = browser.open(&shop.request().url()).await.page();
        let again = browser.enter(&login, "ada", &ada.password).await.page();
        assert!(again.has("login-submit"), "{again}");
        let arrival = browser.enter(&again, "ada", "the new password").await;
        assert!(arrival.is_page_with("consent-allow"), "{arrival:?}");
    });
}

/// What a kind of client gets without being asked, and what it may not be.
#[test]
fn clients_are_what_their_kind_says() {
    on_every_site(Durability::Relaxed, async |site| {
        let add = |kind: &str, more: &[&str]| {
            let mut args = vec!["client", "add", "--name", "Shop", "--kind", kind];
            args.extend(more);
            site.cli(&args)
        };
        let uri = ["--redirect-uri", "https://shop.example/cb"];
        let web = add("web", &uri).done();
        assert_eq!(web["client_name"], "Shop");
        assert_eq!(web["kind"], "web");
        assert_eq!(web["redirect_uris"], json!(["https://shop.example/cb"]));
        assert_eq!(web["scope"], "openid profile email address phone offline_access");
        assert_eq!(web["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(web["token_endpoint_auth_method"], "client_secret_basic");
        assert!(web["client_secret"].as_str().is_some_and(|secret| secret.len() >= 32), "{web}");
        for kind in ["spa", "native"] {
            let public = add(kind, &uri).done();
            assert_eq!(public["token_endpoint_auth_method"], "none");
            assert_eq!(public.get("client_secret"), None);
            let secret = [&uri[..], &["--auth-method", "client_secret_basic"]].concat();
            add(kind, &secret).assert_failed(3, &["token_endpoint_auth_method"]);
            add(kind, &[&uri[..], &["--without-pkce"]].concat()).assert_failed(3, &["pkce"]);
        }
        for (kind, uri) in [
            ("web", "http://shop.example/cb"),
            ("web", "https://shop.example/cb#fragment"),
            ("web", "https://*.shop.example/cb"),
            ("web", "https://user:password@shop.example/cb"),
            ("web", "com.example.shop:/cb"),
            ("spa", "javascript:alert(1)"),
            ("spa", "data:text/html,x"),
            ("native", "shop:/cb"),
            ("native", "/cb"),
        ] {
            add(kind, &["--redirect-uri", uri]).assert_failed(3, &["redirect_uris", uri]);
        }
        add("web", &[]).assert_failed(3, &["redirect_uris"]);
        add("web", &[&uri[..], &["--tos-uri", "javascript:x"]].concat())
            .assert_failed(3, &["tos_uri"]);
        add("web", &[&uri[..], &["--scope", "a\"b"]].concat()).assert_failed(3, &["scope"]);
        add("web", &[&uri[..], &["--id", "a b"]].concat()).assert_failed(3, &["client_id"]);
        let named = [&uri[..], &["--id", "taken"]].concat();
        add("web", &named).done();
        add("web", &named).assert_failed(3, &["taken"]);
    });
}

/// A secret is shown once; a rotated one is dead at once, in the running server too.
#[test]
fn secrets_are_shown_once_and_can_be_rotated() {
    on_every_database(async |server| {
        let (ada, shop, browser) =
            (server.add_user("ada"), server.client("shop"), server.browser());
        let tokens = shop.sign_in(&browser, &ada, shop.offline_request()).await;
        for args in [&["client", "show", "shop"][..], &["client", "list"]] {
            let outcome = server.cli(args);
            outcome.done();
            assert!(!outcome.stdout.contains("secret\""), "{outcome:?}");
            assert!(!outcome.stdout.contains(&shop.secret), "{outcome:?}");
        }

        let rotated = server.cli(&["client", "rotate-secret", "shop"]).done();
        let secret = rotated["client_secret"].as_str().expect("there is a new secret").to_owned();
        assert_ne!(secret, shop.secret);
        shop.refresh(tokens.refresh()).await.assert_refused(401, "invalid_client");
        let shop = RelyingParty { secret, ..shop };
        let tokens = shop.refreshed(tokens.refresh()).await;

        let args = ["client", "rotate-secret", "shop", "--secret-stdin"];
        let given = server.cli_with_input(&args, "a secret from elsewhere\n").done();
        assert_eq!(given.get("client_secret"), None, "what is known needs no showing");
        let shop = RelyingParty { secret: "a secret from elsewhere".to_owned(), ..shop };
        shop.refreshed(tokens.refresh()).await;
        server.app("app");
        server.cli(&["client", "rotate-secret", "app"]).assert_failed(3, &["client_secret"]);

        server.cli(&["client", "delete", "shop"]).done();
        server.cli(&["client", "show", "shop"]).assert_failed(3, &["shop"]);
        let listed = server.cli(&["client", "list"]).done();
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    });
}

/// 94: what somebody allowed can be withdrawn; its tokens die and it is asked again.
#[test]
fn a_withdrawn_consent_takes_its_tokens_along() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        let other = server.app("other");
        let tokens = app.sign_in(&browser, &ada, app.offline_request()).await;
        let kept = other.sign_in(&browser, &ada, other.offline_request()).await;
        let listed = server.cli(&["consent", "list", "ada"]).done();
        assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");

        server.cli(&["consent", "withdraw", "ada", "app"]).done();
        app.refresh(tokens.refresh()).await.assert_refused(400, "invalid_grant");
        app.userinfo(&tokens.access_token).await.assert_refused(401, "invalid_token");
        assert!(browser.open(&app.request().url()).await.is_page_with("consent-allow"));
        other.refreshed(kept.refresh()).await;
        server.cli(&["consent", "withdraw", "ada", "app"]).assert_failed(3, &[]);
    });
}

/// The keys that the operator sees are those that clients see, each in its own order.
#[test]
fn the_listed_keys_are_the_published_ones() {
    on_every_database(async |server| {
        let kids = |keys: &Value| -> Vec<String> {
            let keys = keys.as_array().expect("a list of keys").iter();
            let mut kids: Vec<_> = keys.map(|key| key["kid"].to_string()).collect();
            kids.sort();
            kids
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        let listed = loop {
            let listed = server.cli(&["key", "list"]).done();
            let published = server.get("/jwks").await.json();
            if kids(&listed) == kids(&published["keys"]) {
                break listed;
            }
            // The server may have made the next key between the two looks.
            assert!(Instant::now() < deadline, "{listed} is not {published}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let keys = listed.as_array().expect("a list of keys");
        for key in keys {
            assert!(key["alg"] == "RS256" && key["created_at"].is_string(), "{key}");
        }
        let active = keys.iter().filter(|key| key["state"] == "active");
        assert_eq!(active.count(), 1, "{listed}");
        assert!(!listed.to_string().contains("private"), "{listed}");
    });
}

/// `db check` changes nothing; `db migrate` may run again and again.
#[test]
fn the_tables_are_checked_and_brought_up_to_date() {
    on_every_site(Durability::Relaxed, async |site| {
        for _ in 0..2 {
            let fresh = site.cli(&["db", "check"]);
            match site.database.kind {
                Kind::Sqlite => fresh.assert_failed(1, &["there is no file"]),
                Kind::Postgres => {
                    assert_eq!(fresh.code, 1, "{fresh:?}");
                    assert_eq!(fresh.json()["state"], "behind");
                }
            }
        }
        let codes: Vec<_> = std::thread::scope(|scope| {
            let migrate = || site.cli(&["db", "migrate"]).code;
            let racers: Vec<_> = (0..4).map(|_| scope.spawn(migrate)).collect();
            racers.into_iter().map(|racer| racer.join().expect("a racer arrives")).collect()
        });
        assert_eq!(codes, [0, 0, 0, 0]);
        assert_eq!(site.cli(&["db", "check"]).done()["state"], "current");
    });
}

/// Options may stand before and after the command; `--database-url` wins over all else;
/// no password is printed.
#[test]
fn global_options_work_anywhere_and_settings_are_printed_without_secrets() {
    on_every_site(Durability::Relaxed, async |site| {
        site.add_user("ada");
        let elsewhere = format!("sqlite:{}", site.path("elsewhere.db").display());
        for args in [
            ["--database-url", &*elsewhere, "user", "list"],
            ["user", "--database-url", &*elsewhere, "list"],
            ["user", "list", "--database-url", &*elsewhere],
        ] {
            assert_eq!(site.cli(&args).done(), json!([]));
        }
        assert_eq!(site.cli(&["user", "list"]).done().as_array().map(Vec::len), Some(1));

        let secret = "postgres://signet:hunter2@db.example/signet";
        for json in [true, false] {
            let mut command = site.command(&["config", "print", "--database-url", secret]);
            let output = command.args(json.then_some("--json")).output().expect("signet starts");
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && !printed.contains("hunter2"), "{printed}");
            for setting in ["issuer", "listen", "code_lifetime", "refresh_token_lifetime"] {
                assert!(printed.contains(setting), "{printed}");
            }
        }
    });
}

/// Key ids are made of letters, digits, `-` and `_`, in any order.
#[test]
fn a_key_may_be_called_as_an_option_is() {
    on_every_site(Durability::Relaxed, async |site| {
        for args in [
            &["key", "revoke", "-HbM0yAbc"][..],
            &["key", "revoke", "--HbM0yAbc", "--dry-run"],
            &["key", "revoke", "--dry-run", "-hVAbc_-"],
        ] {
            let kid = args.iter().find(|word| word.ends_with("Abc") || word.ends_with("_-"));
            site.cli(args).assert_failed(3, &[kid.unwrap()]);
        }
        site.cli(&["key", "revoke", "--dry-ru", "abc"]).assert_failed(2, &["unexpected"]);
    });
}

/// Without `--json` the same things are said for people.
#[test]
fn people_read_text_and_tables() {
    on_every_site(Durability::Relaxed, async |site| {
        site.add_user("ada");
        site.client("shop");
        for (args, words) in [
            (&["user", "list"][..], ["ada", "ada@people.example"]),
            (&["user", "show", "ada"], ["ada", "active"]),
            (&["client", "list"], ["shop", "web"]),
            (&["client", "show", "shop"], ["https://shop.example/cb", "client_secret_basic"]),
            (&["db", "check"], ["current", "step"]),
        ] {
            let output = site.command(args).output().expect("signet starts");
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{args:?}: {output:?}");
            for word in words {
                assert!(said.contains(word), "{word} is not in {said}");
            }
            assert!(!said.starts_with(['{', '[']), "{said}");
        }
    });
}
