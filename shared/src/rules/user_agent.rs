//! What kind of browser somebody uses, for whoever looks for the one they do not know.

/// Names a browser and its system in words, as far as its `User-Agent` says.
///
/// It is nothing to rely on: browsers say of themselves what they like.
pub fn describe(user_agent: Option<&str>) -> String {
    let Some(text) = user_agent.filter(|text| !text.is_empty()) else {
        return "Unknown device".to_owned();
    };
    // In this order: most of them also name others that they want to be taken for.
    let browser = first(
        text,
        &[
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("SamsungBrowser", "Samsung Internet"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("CriOS/", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
            ("curl/", "curl"),
        ],
    );
    let system = first(
        text,
        &[
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("CrOS", "ChromeOS"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("Linux", "Linux"),
        ],
    );
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

fn first(text: &str, known: &[(&str, &'static str)]) -> Option<&'static str> {
    known.iter().find(|(part, _)| text.contains(part)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_named() {
        for (text, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            ("curl/8.5.0", "curl"),
            ("<script>", "Unknown device"),
            ("", "Unknown device"),
        ] {
            assert_eq!(describe(Some(text)), name);
        }
        assert_eq!(describe(None), "Unknown device");
    }
}
