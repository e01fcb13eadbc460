//! Somebody at a browser: cookies, redirects, pages and forms.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use reqwest::Method;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::cli::Person;
use super::http::{self, Answer, Http};

/// Where a relying party's own pages are, when they send a form here.
const ELSEWHERE: &str = "https://shop.example";

/// Who makes the browser go somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Initiator {
    /// A page of the server.
    ThisSite,
    /// A page of somebody else: no `SameSite=Lax` cookies go with a form.
    OtherSite,
}

/// A browser with its cookies.
#[derive(Debug)]
pub(crate) struct Browser {
    http: Http,
    /// What the cookies are worth, by name.
    cookies: Mutex<BTreeMap<String, String>>,
    /// Every `Set-Cookie` header that came, as it came.
    set_cookies: Mutex<Vec<String>>,
}

impl Browser {
    pub(crate) fn new(http: Http) -> Self {
        Self { http, cookies: Mutex::default(), set_cookies: Mutex::default() }
    }

    /// Follows a link on somebody else's page.
    pub(crate) async fn open(&self, url: &str) -> Arrival {
        self.go(Method::GET, url, &[], Initiator::OtherSite).await
    }

    /// Sends a form from somebody else's page.
    pub(crate) async fn post_from_elsewhere(
        &self,
        url: &str,
        form: &[(String, String)],
    ) -> Arrival {
        self.go(Method::POST, url, form, Initiator::OtherSite).await
    }

    /// Presses a button on a page, after these fields of its form were filled.
    pub(crate) async fn press(
        &self,
        page: &Page,
        button: &str,
        filled: &[(&str, &str)],
    ) -> Arrival {
        let form = page.form_of(button, filled);
        assert_eq!(form.method, "post", "{page}");
        let arrival = self.go(Method::POST, &form.action, &form.fields, Initiator::ThisSite).await;
        if let Arrival::Left(returned) = &arrival {
            page.assert_form_may_lead_to(&returned.url);
        }
        arrival
    }

    /// Sends a form of this server's, as it is.
    pub(crate) async fn send(&self, form: &Form) -> Arrival {
        self.go(Method::POST, &form.action, &form.fields, Initiator::ThisSite).await
    }

    /// Signs in and allows whatever is asked, until the browser is back at the client.
    pub(crate) async fn sign_in(&self, url: &str, person: &Person) -> Returned {
        let mut arrival = self.open(url).await;
        loop {
            let page = match arrival {
                Arrival::Left(returned) => return returned,
                Arrival::Page(page) => page,
            };
            arrival = if page.has("login-submit") {
                let next = self.enter(&page, &person.username, &person.password).await;
                assert!(!next.is_page_with("login-submit"), "the password is not accepted");
                next
            } else if page.has("consent-allow") {
                self.press(&page, "consent-allow", &[]).await
            } else {
                panic!("this page leads nowhere: {page}")
            };
        }
    }

    /// What a script of a page sends, or an application on a phone.
    pub(crate) async fn call(&self, url: &str, body: &serde_json::Value) -> Answer {
        let request = self.http.request(Method::POST, url);
        let request = request.header("cookie", self.cookie_header()).json(body);
        let answer = http::answer(request).await;
        self.keep_all(&answer);
        answer
    }

    /// Types a name and a password and presses the button.
    pub(crate) async fn enter(&self, login: &Page, username: &str, password: &str) -> Arrival {
        self.press(login, "login-submit", &[("username", username), ("password", password)]).await
    }

    /// A copy of this browser's cookies in another browser.
    pub(crate) fn stolen(&self) -> Self {
        let cookies = Mutex::new(self.cookies.lock().unwrap().clone());
        Self { http: self.http.clone(), cookies, set_cookies: Mutex::default() }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Every `Set-Cookie` header that this browser was sent.
    pub(crate) fn set_cookies(&self) -> Vec<String> {
        self.set_cookies.lock().unwrap().clone()
    }

    async fn go(
        &self,
        method: Method,
        url: &str,
        form: &[(String, String)],
        initiator: Initiator,
    ) -> Arrival {
        let mut url = Url::parse(url).expect("a browser goes to URLs");
        let mut answer = self.fetch(method, &url, form, initiator).await;
        for _ in 0..10 {
            let Some(location) = answer.headers.get("location") else {
                return Arrival::Page(Page { url, answer });
            };
            // 307 and 308 would pass a password on (RFC 9700 §4.12).
            assert!(matches!(answer.status, 302 | 303), "{answer}");
            let location = location.to_str().expect("an address is ASCII");
            url = url.join(location).expect("an address is a URL");
            if !self.http.is_here(url.as_str()) {
                return Arrival::Left(Returned::new(url));
            }
            answer = self.fetch(Method::GET, &url, &[], initiator).await;
        }
        panic!("too many redirects, the last to {url}");
    }

    async fn fetch(
        &self,
        method: Method,
        url: &Url,
        form: &[(String, String)],
        initiator: Initiator,
    ) -> Answer {
        let (site, origin) = match initiator {
            // Pages with `Referrer-Policy: no-referrer` send their forms so.
            Initiator::ThisSite => ("same-origin", "null"),
            Initiator::OtherSite => ("cross-site", ELSEWHERE),
        };
        let posts = method == Method::POST;
        let mut request = self
            .http
            .request(method, url.as_str())
            .header("accept", "text/html,application/xhtml+xml")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document");
        if posts {
            request = request.header("origin", origin).form(form);
        }
        let cookies = self.cookie_header();
        let kept_back = posts && initiator == Initiator::OtherSite;
        if !cookies.is_empty() && !kept_back {
            request = request.header("cookie", cookies);
        }
        let answer = http::answer(request).await;
        self.keep_all(&answer);
        answer
    }

    /// The same browser, whose next requests another server gets.
    pub(crate) fn moved(&self, http: Http) -> Self {
        Self { http, ..self.stolen() }
    }

    /// All cookies, as they are sent.
    pub(crate) fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_all(&self, answer: &Answer) {
        for value in answer.headers.get_all("set-cookie") {
            self.keep(value.to_str().expect("a cookie is ASCII"));
        }
    }

    fn keep(&self, header: &str) {
        self.set_cookies.lock().unwrap().push(header.to_owned());
        let (pair, attributes) = header.split_once(';').unwrap_or((header, ""));
        let (name, value) = pair.split_once('=').expect("a cookie has a name");
        let attributes = attributes.to_ascii_lowercase();
        let mut cookies = self.cookies.lock().unwrap();
        if attributes.contains("max-age=0") || attributes.contains("expires=thu, 01 jan 1970") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Where a browser came to.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// A page of the server.
    Page(Page),
    /// Back at a client.
    Left(Returned),
}

impl Arrival {
    #[track_caller]
    pub(crate) fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Left(returned) => panic!("the browser is at {}", returned.url),
        }
    }

    #[track_caller]
    pub(crate) fn returned(self) -> Returned {
        match self {
            Self::Left(returned) => returned,
            Self::Page(page) => panic!("the browser is still here: {page}"),
        }
    }

    pub(crate) fn is_page_with(&self, id: &str) -> bool {
        matches!(self, Self::Page(page) if page.has(id))
    }
}

/// What a client was told, by a redirect or by a form.
#[derive(Debug, Clone)]
pub(crate) struct Returned {
    pub(crate) url: Url,
    params: Vec<(String, String)>,
}

impl Returned {
    fn new(url: Url) -> Self {
        let params = url.query_pairs().into_owned().collect();
        Self { url, params }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// The names of the parameters, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.params.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        self.get("code").unwrap_or_else(|| panic!("there is no code: {}", self.url))
    }

    /// Checks that it is an error answer with nothing in it that does not belong there
    /// (RFC 6749 §4.1.2.1).
    #[track_caller]
    pub(crate) fn assert_error(&self, error: &str, issuer: &str) {
        assert_eq!(self.get("error"), Some(error), "{}", self.url);
        assert_eq!(self.get("iss"), Some(issuer), "{}", self.url);
        let known = ["error", "error_description", "error_uri", "iss", "state"];
        assert!(self.names().iter().all(|name| known.contains(name)), "{}", self.url);
        let description = self.get("error_description").unwrap_or_default();
        assert!(http::is_description(description), "{description}");
    }
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) answer: Answer,
}

/// A form as it would be sent.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) method: String,
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.answer)
    }
}

impl Page {
    pub(crate) fn has(&self, id: &str) -> bool {
        self.select(&format!("[id='{id}']"), |_| ()).len() == 1
    }

    /// The text in an element, without the white space around it.
    pub(crate) fn text(&self, id: &str) -> String {
        let texts = self.select(&format!("[id='{id}']"), |element| {
            element.text().collect::<String>().trim().to_owned()
        });
        texts.into_iter().next().unwrap_or_default()
    }

    /// An attribute of an element.
    pub(crate) fn attribute(&self, id: &str, name: &str) -> Option<String> {
        let found = self.select(&format!("[id='{id}']"), |element| {
            element.value().attr(name).map(str::to_owned)
        });
        found.into_iter().next().flatten()
    }

    /// What is said of each element that a CSS selector finds.
    pub(crate) fn select<T>(&self, selector: &str, said: impl Fn(ElementRef<'_>) -> T) -> Vec<T> {
        let selector = Selector::parse(selector).expect("a selector can be read");
        Html::parse_document(&self.answer.body).select(&selector).map(said).collect()
    }

    /// All its words.
    pub(crate) fn words(&self) -> String {
        self.select("body", |body| body.text().collect::<String>()).concat()
    }

    /// The form that a button sends, with these fields filled.
    #[track_caller]
    pub(crate) fn form_of(&self, button: &str, filled: &[(&str, &str)]) -> Form {
        let found = self.select(&format!("[id='{button}']"), |element| {
            let form = element.ancestors().filter_map(ElementRef::wrap);
            let form = form.into_iter().find(|each| each.value().name() == "form")?;
            let attribute = |name| form.value().attr(name).unwrap_or_default().to_owned();
            let inputs =
                Selector::parse("input[name], textarea[name]").expect("a selector can be read");
            let mut fields: Vec<(String, String)> = form
                .select(&inputs)
                // A box that nobody checked is not sent.
                .filter(|input| {
                    let value = input.value();
                    let is_box = value.attr("type") == Some("checkbox");
                    let fills = filled.iter().any(|(name, _)| value.attr("name") == Some(name));
                    !is_box || value.attr("checked").is_some() || fills
                })
                .map(|input| {
                    let text = |name| input.value().attr(name).unwrap_or_default().to_owned();
                    let is_lines = input.value().name() == "textarea";
                    (text("name"), if is_lines { input.text().collect() } else { text("value") })
                })
                .collect();
            let value = |name| element.value().attr(name).map(str::to_owned);
            fields.extend(value("name").zip(value("value")));
            Some((attribute("method").to_ascii_lowercase(), attribute("action"), fields))
        });
        let (method, action, mut fields) =
            found.into_iter().flatten().next().unwrap_or_else(|| panic!("no {button} in {self}"));
        for (name, value) in filled {
            let field = fields.iter_mut().find(|(each, _)| each == name);
            let field = field.unwrap_or_else(|| panic!("no field {name} in {self}"));
            (*value).clone_into(&mut field.1);
        }
        let action = self.url.join(&action).expect("a form's action is an address").to_string();
        Form { method, action, fields }
    }

    /// What the client is told by the form of this page, which the browser sends by itself
    /// (Form Post Response Mode §2).
    #[track_caller]
    pub(crate) fn form_post(&self) -> Returned {
        assert_eq!(self.answer.status, 200, "{self}");
        assert!(self.answer.header("cache-control").contains("no-store"), "{self}");
        assert!(self.answer.header("content-type").contains("charset=utf-8"), "{self}");
        let sends_itself =
            self.select("script[type=module]", |script| script.value().attr("src").is_some());
        assert!(sends_itself.contains(&true), "{self}");
        let form = self.form_of("form-post-submit", &[]);
        assert_eq!(form.method, "post");
        let url = Url::parse(&form.action).expect("a form's action is an address");
        self.assert_form_may_lead_to(&url);
        Returned { url, params: form.fields }
    }

    /// Browsers hold the redirects after a form against the page's `form-action`.
    fn assert_form_may_lead_to(&self, url: &Url) {
        let policy = self.answer.header("content-security-policy");
        let directive = policy.split(';').find(|each| each.trim().starts_with("form-action"));
        let mut sources = directive.unwrap_or_default().split_whitespace().skip(1);
        let origin = url.origin().ascii_serialization();
        let scheme = format!("{}:", url.scheme());
        assert!(
            directive.is_none() || sources.any(|source| source == origin || source == scheme),
            "a browser does not go to {url}: {policy}"
        );
    }

    /// Checks that it is an error page that sends nobody anywhere.
    #[track_caller]
    pub(crate) fn assert_error(&self, error: &str, parameter: Option<&str>) {
        assert!((400..500).contains(&self.answer.status), "{self}");
        assert_eq!(self.answer.media_type(), "text/html", "{self}");
        assert_eq!(self.answer.header("location"), "", "{self}");
        assert_eq!(self.text("error-code"), error, "{self}");
        assert_eq!(self.text("error-parameter"), parameter.unwrap_or_default(), "{self}");
        assert_eq!(self.text("request-id"), self.answer.header("x-request-id"), "{self}");
    }
}
