//! What the tests of screens share: made-up answers, and drawings to compare with.

use std::path::PathBuf;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use shared::model::Timestamp;
use shared::store::Counts;

use crate::dialogs::Dialog;
use crate::form_spec::{FormSpec, Values};
use crate::keys::ActionId;
use crate::look::Look;
use crate::place::{Kind, Place, Scope, Target, WhyAsked};
use crate::screen::{Reply, Screen};
use crate::source::{
    Answer, Aside, Course, Credentials, Errand, HomeFacts, Performed, Preview, Progress, Series,
    SignIn, Source, Trouble,
};
use crate::theme::Theme;
use crate::view::{Detail, Fact, Link, Mark, Page, Query, Row, Section, Total};

/// The moment of all tests.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
/// The sizes that drawings are compared at.
pub(crate) const SIZES: [(u16, u16); 2] = [(80, 24), (160, 50)];
/// How tests draw.
pub(crate) const LOOK: Look = Look { theme: Theme::WITHOUT_COLOUR, ascii: false, now: NOW };

/// A person.
pub(crate) fn ada() -> Target {
    Target { kind: Kind::Users, id: "id-1".to_owned(), name: "ada".to_owned(), scope: None }
}

/// That person as what a list is about.
pub(crate) fn scope() -> Scope {
    Scope { kind: Kind::Users, id: "id-1".to_owned(), name: "ada".to_owned() }
}

/// An action on that person.
pub(crate) fn errand() -> Errand {
    Errand { action: ActionId::UserDisable, target: ada(), values: Values::default() }
}

/// All about that person.
pub(crate) fn detail() -> Detail {
    let sessions = Place::List(Kind::Sessions, Some(scope()));
    let who = vec![
        Fact::new("User name", "ada"),
        Fact::new("Id", "id-1"),
        Fact::new("E-mail", "ada@example.org (verified)"),
        Fact::new("Redirect URIs", "https://shop.example/callback\nhttps://shop.example/silent"),
    ];
    let belongs = vec![Fact::link("Sessions", "3", sessions)];
    Detail {
        id: "id-1".to_owned(),
        title: "ada".to_owned(),
        state: "disabled".to_owned(),
        sections: vec![
            Section { title: "Person".to_owned(), facts: who },
            Section { title: "Belongs to it".to_owned(), facts: belongs },
        ],
    }
}

/// A person's row.
pub(crate) fn row(number: usize) -> Row {
    let names = ["ada", "bob", "carol", "dave", "erin"];
    let name =
        names.get(number - 1).map_or_else(|| format!("user-{number:04}"), ToString::to_string);
    let off = number == 3;
    Row {
        id: format!("id-{number}"),
        cursor: name.clone(),
        cells: vec![
            name.clone(),
            format!(
                "{}{} Example",
                name.get(..1).unwrap_or_default().to_uppercase(),
                name.get(1..).unwrap_or_default()
            ),
            format!("{name}@example.org"),
            if off { "disabled" } else { "active" }.to_owned(),
            "2023-11-14 22:13:20".to_owned(),
        ],
        mark: if off { Mark::Off } else { Mark::None },
        links: vec![Link {
            name: "Sessions".to_owned(),
            place: Place::List(Kind::Sessions, Some(scope())),
        }],
    }
}

/// Rows, and whether others come after.
pub(crate) fn page(numbers: std::ops::RangeInclusive<usize>, more: bool) -> Page {
    Page { rows: numbers.map(row).collect(), more, total: Total::Unknown }
}

/// No rows.
pub(crate) fn nothing() -> Page {
    Page { rows: Vec::new(), more: false, total: Total::Unknown }
}

/// What the first screen shows.
pub(crate) fn home() -> HomeFacts {
    HomeFacts {
        series: vec![
            Series { name: "Sign-ins", points: (0..60).map(|minute| minute % 9).collect() },
            Series { name: "Failures", points: vec![0; 60] },
        ],
        alerts: vec!["Stolen tokens are suspected: 1 in the last hour.".to_owned()],
        failing: vec!["shop  7 times  wrong secret".to_owned()],
    }
}

/// What happened last.
pub(crate) fn events() -> Page {
    let event = |number: u64, action: &str, mark| Row {
        id: number.to_string(),
        cells: ["2023-11-14 22:13:20", action, "shop", "user 0190"].map(str::to_owned).into(),
        mark,
        ..Row::default()
    };
    let rows = vec![event(2, "login.failed", Mark::Alert), event(1, "login.succeeded", Mark::None)];
    Page { rows, more: false, total: Total::Unknown }
}

/// How much there is.
pub(crate) fn counts() -> Counts {
    Counts { users: 1234, clients: 5, sessions: 60, grants: 789, signing_keys: 1 }
}

/// An answer as a screen gets it.
pub(crate) fn reply(ticket: u64, answer: Result<Answer, Trouble>) -> Reply {
    Reply { ticket, took: Duration::ZERO, answer }
}

/// A source that never makes a form and never counts for the first screen, counts for a second
/// what there is, and answers the rest at once.
pub(crate) struct FakeSource;

impl Source for FakeSource {
    async fn ready(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    fn home(&mut self, _: Timestamp) -> Aside<HomeFacts> {
        Box::pin(std::future::pending())
    }

    async fn page(&mut self, _: &Query, _: Timestamp) -> Result<Page, Trouble> {
        Ok(page(1..=5, false))
    }

    async fn detail(&mut self, _: &Target, _: Timestamp) -> Result<Detail, Trouble> {
        Ok(detail())
    }

    async fn form(&mut self, _: ActionId, _: &Target, _: Timestamp) -> Result<FormSpec, Trouble> {
        std::future::pending().await
    }

    async fn preview(&mut self, _: &Errand, _: Timestamp) -> Result<Preview, Trouble> {
        Ok(Preview::default())
    }

    async fn perform(
        &mut self,
        _: &Errand,
        course: &Course,
        _: Timestamp,
    ) -> Result<Performed, Trouble> {
        course.tell(Progress { done: 1, of: Some(2), text: "half".to_owned() });
        // Long enough to be forgotten on the way.
        tokio::task::yield_now().await;
        Ok(Performed { said: "done".to_owned(), ..Performed::default() })
    }

    fn counts(&mut self, _: Timestamp) -> Aside<Counts> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(counts())
        })
    }

    async fn because(&mut self, _: &WhyAsked, _: Timestamp) -> Result<Detail, Trouble> {
        Err(Trouble::Refused("nobody knows".to_owned()))
    }

    async fn sign_in(&mut self, _: &Credentials, _: Timestamp) -> Result<SignIn, Trouble> {
        Ok(SignIn::Wrong)
    }

    async fn close(&mut self) {}
}

/// A buffer's text, a line a row.
pub(crate) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let lines = buffer.content.chunks(width).map(|line| {
        let line: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}

/// A screen as it is drawn.
pub(crate) fn drawn(screen: &dyn Screen, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let area = buffer.area;
    screen.draw(&mut buffer, area, &LOOK);
    text(&buffer)
}

/// A dialog as it is drawn.
pub(crate) fn drawn_dialog(dialog: &dyn Dialog, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let area = buffer.area;
    dialog.draw(&mut buffer, area, &LOOK);
    text(&buffer)
}

/// Compares a drawing with the one that is kept under this name.
pub(crate) fn assert_snapshot(name: &str, (width, height): (u16, u16), drawn: &str) {
    assert_kept(&format!("{name}_{width}x{height}.txt"), drawn);
}

/// Compares a text with the one that is kept in a file of this name. With `DRAW_ANEW=1` in
/// the environment it is kept in its place; look at the difference before you commit it.
pub(crate) fn assert_kept(name: &str, drawn: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/snapshots");
    let file = folder.join(name);
    if std::env::var_os("DRAW_ANEW").is_some() {
        std::fs::write(&file, drawn).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == drawn,
        "{} differs; DRAW_ANEW=1 keeps this one instead:\n{drawn}",
        file.display()
    );
}
