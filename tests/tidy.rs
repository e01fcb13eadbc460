//! Rules of the house that no compiler knows.

use std::path::{Path, PathBuf};

/// Folders and files, and what nothing in them may import: the directions of the house.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("shared/src", &["axum", "askama", "clap", "ratatui", "crossterm", "tower", "hyper"]),
    (
        "shared/src/model",
        &[
            "sqlx",
            "tokio",
            "crate::store",
            "crate::rules",
            "crate::crypto",
            "crate::admin",
            "crate::config",
        ],
    ),
    (
        "shared/src/rules",
        &[
            "sqlx",
            "tokio",
            "std::fs",
            "std::net::Tcp",
            "std::time::SystemTime",
            "std::time::Instant",
            "aws_lc_rs",
            "crate::store",
            "crate::crypto",
            "crate::admin",
            "crate::config",
        ],
    ),
    ("shared/src/crypto", &["sqlx", "crate::store", "crate::rules", "crate::admin"]),
    ("shared/src/store", &["crate::rules", "crate::admin", "crate::config"]),
    ("shared/src/config", &["crate::store", "crate::admin"]),
    (
        "server/src",
        &["sqlx", "ratatui", "crossterm", "signet_admin", "admin_tui", "oxide_auth_axum"],
    ),
    ("server/src/login", &["crate::token", "crate::cli", "crate::demo"]),
    ("server/src/token", &["crate::login", "crate::cli", "crate::demo"]),
    ("server/src/oauth", &["crate::login", "crate::token", "crate::cli", "crate::demo"]),
    ("server/src/web", &["crate::cli", "crate::demo", "crate::login", "crate::token"]),
    ("admin-tui/src", &["sqlx", "axum", "askama", "signet", "server", "reqwest"]),
];

/// Folders that hold nothing of ours.
const NOT_OURS: &[&str] = &["target", ".git", "node_modules", "data"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository")
}

/// Every file at or below a path, with its text, if its name ends so.
fn texts(path: &Path, endings: &[&str]) -> Vec<(PathBuf, String)> {
    if path.is_file() {
        let named = endings.iter().any(|ending| path.to_string_lossy().ends_with(ending));
        let text = named.then(|| std::fs::read_to_string(path).expect("a source is text"));
        return text.map(|text| (path.to_owned(), text)).into_iter().collect();
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if NOT_OURS.contains(&name) || name.starts_with('.') && path != root() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.flat_map(|entry| texts(&entry.path(), endings)).collect()
}

/// The sources at or below a place of the repository. A rule for a place without any, as
/// somebody has renamed it, would hold for nothing.
fn sources(place: &str) -> Vec<(PathBuf, String)> {
    let found = texts(&root().join(place), &[".rs"]);
    assert!(!found.is_empty(), "there are no sources at {place}");
    found
}

/// What a source imports: the paths of its `use` declarations, groups taken apart.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let plain: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(" ");
    for part in plain.split(';') {
        let Some(position) = part.rfind("use ") else { continue };
        let before = part[..position].chars().last();
        if before.is_none_or(|c| c.is_whitespace() || c == ')' || c == '}' || c == '{') {
            take_apart("", part[position + 4..].trim(), &mut found);
        }
    }
    found
}

fn take_apart(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let Some((head, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        // After the last comma of a group there may be nothing.
        found.extend((!path.is_empty()).then(|| format!("{prefix}{path}")));
        return;
    };
    let group = group.rsplit_once('}').map_or(group, |(inside, _)| inside);
    let (mut depth, mut start) = (0, 0);
    for (position, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                take_apart(&format!("{prefix}{head}"), group[start..position].trim(), found);
                start = position + 1;
            }
            _ => {}
        }
    }
    take_apart(&format!("{prefix}{head}"), group[start..].trim(), found);
}

fn is_or_is_below(path: &str, forbidden: &str) -> bool {
    path.strip_prefix(forbidden).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        || forbidden.ends_with("::Tcp") && path.starts_with(forbidden)
}

/// Groups, aliases and lines are read as the compiler reads them; else the next test
/// would be worth nothing.
#[test]
fn imports_are_found_however_they_are_written() {
    let text = "//! use axum;\npub(crate) use a::b as c;\nuse d::{\n  e,\n  f::{g, h as i},\n};\n\
                fn x() { use crate::store; }\n#[cfg(test)] mod y { use super::*; }";
    assert_eq!(imports(text), ["a::b", "d::e", "d::f::g", "d::f::h", "crate::store", "super::*"]);
    assert!(is_or_is_below("sqlx::Row", "sqlx") && is_or_is_below("sqlx", "sqlx"));
    assert!(!is_or_is_below("sqlx_macros", "sqlx"));
}

/// The directions hold: nobody imports what is above or beside them.
#[test]
fn nobody_imports_what_they_may_not() {
    let mut offences = Vec::new();
    for (place, forbidden) in FORBIDDEN {
        for (file, text) in sources(place) {
            // A path may also be written where it is used.
            let inline = forbidden.iter().filter(|path| path.contains("::"));
            let inline = inline.filter(|path| text.contains(&format!("{path}::")));
            let imported = imports(&text);
            let imported = forbidden
                .iter()
                .filter(|path| imported.iter().any(|import| is_or_is_below(import, path)));
            for path in inline.chain(imported) {
                offences.push(format!("{} uses {path}", file.display()));
            }
        }
    }
    offences.sort();
    offences.dedup();
    assert!(offences.is_empty(), "{offences:#?}");
}

/// What nobody may import is there, or the rule would hold for nothing as well.
#[test]
fn what_may_not_be_imported_has_not_been_renamed() {
    for (place, forbidden) in FORBIDDEN {
        let (package, _) = place.split_once("/src").expect("each place is in a package");
        for module in forbidden.iter().filter_map(|path| path.strip_prefix("crate::")) {
            let folder = root().join(package).join("src").join(module);
            let is_there = folder.is_dir() || folder.with_extension("rs").is_file();
            assert!(is_there, "{place} may not import {module}, which {package} does not have");
        }
    }
}

/// Where refusals are made that `signet why` explains.
const REFUSING: &[&str] = &[
    "server/src/token",
    "server/src/oauth",
    "shared/src/rules/asked_claims.rs",
    "shared/src/rules/authorize.rs",
    "shared/src/rules/client_assertion.rs",
    "shared/src/rules/logout.rs",
    "shared/src/rules/params.rs",
    "shared/src/rules/resource.rs",
];

/// Refusals that are nobody's mistake, have no code, or are told apart by their error.
const UNEXPLAINED: &[&str] = &[
    "id_token_hint and claims expect different people",
    "the token comes in two ways",
    "the token is not good, or not any more",
    "the token is without openid",
    "this parameter is not supported here",
];

/// Whoever is given the code of a refusal is told its cause: each text has one.
#[test]
fn every_refusal_is_explained() {
    let causes = std::fs::read_to_string(root().join("shared/src/rules/why/cause.rs"));
    let causes = causes.expect("the causes are there");
    let mut unknown = Vec::new();
    let mut count = 0;
    for (file, text) in REFUSING.iter().flat_map(|place| sources(place)) {
        let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        for opening in ["because(", "invalid(", "Err(", "ok_or("] {
            for (_, rest) in code.match_indices(opening).map(|(at, _)| code.split_at(at)) {
                let literal = rest[opening.len()..].trim_start().strip_prefix('"');
                let Some((words, _)) = literal.and_then(|literal| literal.split_once('"')) else {
                    continue;
                };
                count += 1;
                if !causes.contains(&format!("\"{words}\"")) && !UNEXPLAINED.contains(&words) {
                    unknown.push(format!("{}: {words}", file.display()));
                }
            }
        }
    }
    assert!(count > 50, "{count} refusals are found");
    assert!(unknown.is_empty(), "give these a cause in rules/why/cause.rs: {unknown:#?}");
}

/// What is to be done stands in an issue, where somebody sees it.
#[test]
fn nothing_is_left_to_do_in_a_comment() {
    let words = ["TO", "FIX", "XX"].map(|start| match start {
        "TO" => format!("{start}DO"),
        "FIX" => format!("{start}ME"),
        _ => format!("{start}X"),
    });
    let endings = [".rs", ".sql", ".toml", ".html", ".css", ".js", ".mjs", ".py", ".sh"];
    let mut left = Vec::new();
    for (file, text) in texts(root(), &endings) {
        for (number, line) in text.lines().enumerate() {
            let mut upper = line.split(|c: char| !c.is_ascii_alphanumeric());
            if upper.any(|word| words.iter().any(|each| each == word)) {
                left.push(format!("{}:{}: {line}", file.display(), number + 1));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

/// A migration that is not embedded is never taken.
#[test]
fn every_migration_is_embedded_and_numbered_in_order() {
    let store: String = sources("shared/src/store").into_iter().map(|(_, text)| text).collect();
    let entries = std::fs::read_dir(root().join("migrations")).expect("there are migrations");
    let mut names: Vec<_> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert!(!names.is_empty());
    for (position, name) in names.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", position + 1)), "{name}");
        assert!(store.contains(&format!("migrations/{name}")), "{name} is not embedded");
    }
}
