use std::time::Duration;

use super::window::{MOST, PAGE};
use super::*;
use crate::desk::LISTS;
use crate::source::Trouble;
use crate::testing::{self, NOW, SIZES};

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn empty() -> ListScreen {
    let spec = LISTS.iter().find(|spec| spec.kind == crate::place::Kind::Users).unwrap();
    let mut screen = ListScreen::new(spec, None);
    screen.lay_out(Rect::new(0, 0, 80, 21));
    screen
}

/// The one question among what is wanted, with its ticket.
fn query(wanted: &[Wanted]) -> (u64, Query) {
    let asked = wanted.iter().find_map(|wanted| match wanted {
        Wanted::Ask(ticket, Question::Page(query)) => Some((*ticket, query.clone())),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("no page is asked for: {wanted:?}"))
}

fn answered(screen: &mut ListScreen, wanted: &[Wanted], page: crate::view::Page) -> Vec<Wanted> {
    let (ticket, _) = query(wanted);
    screen.on_reply(testing::reply(ticket, Ok(Answer::Page(page))), NOW)
}

fn loaded() -> ListScreen {
    let mut screen = empty();
    let wanted = screen.on_tick(NOW);
    answered(&mut screen, &wanted, testing::page(1..=5, false));
    screen
}

fn typed(screen: &mut ListScreen, text: &str) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for c in text.chars() {
        wanted = screen.on_typed(KeyCode::Char(c).into(), NOW);
    }
    wanted
}

#[test]
fn enter_opens_the_row_under_the_cursor() {
    let mut screen = loaded();
    assert_eq!(screen.on_command(Command::Down, NOW), []);
    let [Wanted::Go(Place::Detail(target))] = &screen.on_command(Command::Open, NOW)[..] else {
        panic!("it goes to the detail")
    };
    assert_eq!((target.id.as_str(), target.name.as_str()), ("id-2", "bob"));
    assert_eq!(screen.copied().as_deref(), Some("id-2"));
}

#[test]
fn it_asks_at_each_tick_for_what_is_shown() {
    let mut screen = loaded();
    let (_, query) = query(&screen.on_tick(after(1)));
    assert_eq!((query.after, query.limit, query.filter.as_str()), (None, PAGE, ""));
    assert_eq!(screen.on_tick(after(2)), []);
}

/// What happens comes above what happened, where one sees it.
#[test]
fn a_row_that_comes_above_the_first_is_seen() {
    let mut screen = empty();
    let wanted = screen.on_tick(NOW);
    answered(&mut screen, &wanted, testing::page(2..=3, false));
    let wanted = screen.on_tick(after(1));
    answered(&mut screen, &wanted, testing::page(1..=3, false));
    assert_eq!(screen.copied().as_deref(), Some("id-2"));
    let text = testing::drawn(&screen, 80, 21);
    assert!(text.contains("ada") && text.contains("› bob"), "{text}");
}

#[test]
fn each_letter_of_the_filter_asks_anew_and_nobody_waits_for_the_answer_before() {
    let mut screen = loaded();
    screen.on_command(Command::Filter, NOW);
    let (first, asked) = query(&typed(&mut screen, "a"));
    assert_eq!(asked.filter, "a");
    let wanted = typed(&mut screen, "d");
    assert_eq!(wanted.first(), Some(&Wanted::Forget(first)));
    let (second, asked) = query(&wanted);
    assert_eq!(asked.filter, "ad");

    // The late answer changes nothing.
    screen.on_reply(testing::reply(first, Ok(Answer::Page(testing::page(4..=4, false)))), NOW);
    assert_eq!(screen.copied().as_deref(), Some("id-1"));
    screen.on_reply(testing::reply(second, Ok(Answer::Page(testing::page(1..=1, false)))), NOW);
    assert!(testing::drawn(&screen, 80, 21).contains("Users 1 filter: ad"));
}

#[test]
fn enter_keeps_the_filter_and_esc_shows_all_again_and_then_leads_back() {
    let mut screen = loaded();
    screen.on_command(Command::Filter, NOW);
    typed(&mut screen, "ad");
    assert_eq!(screen.on_typed(KeyCode::Enter.into(), NOW), []);
    assert!(!screen.is_typing());
    let (_, asked) = query(&screen.on_command(Command::Back, NOW));
    assert_eq!(asked.filter, "");
    assert_eq!(screen.on_command(Command::Back, NOW), [Wanted::Back]);
}

#[test]
fn more_rows_are_asked_for_before_one_is_at_the_end() {
    let mut screen = empty();
    let wanted = screen.on_tick(NOW);
    assert_eq!(answered(&mut screen, &wanted, testing::page(1..=PAGE, true)), []);
    let (_, asked) = query(&down(&mut screen));
    assert_eq!((asked.after.as_deref(), asked.backwards), (Some("user-0200"), false));
    // Another key does not ask twice.
    assert_eq!(screen.on_command(Command::Up, NOW), []);
}

/// Goes down until something is asked.
fn down(screen: &mut ListScreen) -> Vec<Wanted> {
    let mut pages = (0..PAGE).map(|_| screen.on_command(Command::PageDown, NOW));
    pages.find(|wanted| !wanted.is_empty()).unwrap()
}

#[test]
fn home_asks_for_the_beginning_if_that_was_let_go() {
    let mut screen = empty();
    let mut wanted = screen.on_tick(NOW);
    let mut next = 1;
    while next <= MOST + PAGE {
        answered(&mut screen, &wanted, testing::page(next..=next + PAGE - 1, true));
        next += PAGE;
        wanted = down(&mut screen);
    }
    let (_, asked) = query(&screen.on_command(Command::First, NOW));
    assert_eq!((asked.after, asked.backwards), (None, false));
}

/// The end of a million rows is as near as their beginning, and from there one comes back.
#[test]
fn the_end_is_asked_for_and_read_upwards() {
    let mut screen = empty();
    let wanted = screen.on_tick(NOW);
    answered(&mut screen, &wanted, testing::page(1..=PAGE, true));
    let wanted = screen.on_command(Command::Last, NOW);
    let (_, asked) = query(&wanted);
    assert_eq!((asked.after, asked.backwards, asked.limit), (None, true, PAGE));

    // The store gives what it was asked for: the last one first.
    let upwards = |rows: std::ops::RangeInclusive<usize>, more| {
        let mut page = testing::page(rows, more);
        page.rows.reverse();
        page
    };
    answered(&mut screen, &wanted, upwards(9801..=10_000, true));
    assert_eq!(screen.copied().as_deref(), Some("id-10000"));
    let text = testing::drawn(&screen, 80, 21);
    let shown: Vec<_> = text.lines().filter(|line| line.contains("user-")).collect();
    assert!(shown.first().unwrap().contains("user-9983"), "{text}");
    assert!(shown.last().unwrap().contains("user-10000"), "{text}");

    // Above comes what the list has before, and the cursor stays on its row and in its line.
    let mut pages = (0..PAGE).map(|_| screen.on_command(Command::PageUp, NOW));
    let wanted = pages.find(|wanted| !wanted.is_empty()).unwrap();
    drop(pages);
    let (_, asked) = query(&wanted);
    assert_eq!((asked.after.as_deref(), asked.backwards), (Some("user-9801"), true));
    let (row, text) = (screen.copied(), testing::drawn(&screen, 80, 21));
    answered(&mut screen, &wanted, upwards(9601..=9800, true));
    assert_eq!(screen.copied(), row);
    assert_eq!(testing::drawn(&screen, 80, 21).lines().nth(5), text.lines().nth(5));

    // What is here is asked for anew in the same direction; the beginning is another.
    let wanted = screen.on_tick(after(5));
    let (_, asked) = query(&wanted);
    assert_eq!((asked.after, asked.backwards, asked.limit), (None, true, 2 * PAGE));
    answered(&mut screen, &wanted, upwards(9601..=10_000, true));
    let wanted = screen.on_command(Command::First, NOW);
    let (_, asked) = query(&wanted);
    assert_eq!((asked.after, asked.backwards), (None, false));
    answered(&mut screen, &wanted, testing::page(1..=PAGE, true));
    assert_eq!(screen.copied().as_deref(), Some("id-1"));
}

#[test]
fn a_list_that_has_one_order_says_so_and_another_is_sorted() {
    static UNSORTED: ListSpec = ListSpec {
        kind: crate::place::Kind::Users,
        columns: &[crate::view::Column::share("name", "name", 10)],
        scopes: &[],
        whole: true,
        filter: "",
        permission: "",
    };
    let wanted = ListScreen::new(&UNSORTED, None).on_command(Command::Sort, NOW);
    assert!(matches!(wanted.as_slice(), [Wanted::Say(_)]), "{wanted:?}");

    let spec = LISTS.iter().find(|spec| spec.kind == crate::place::Kind::Keys).unwrap();
    let mut screen = ListScreen::new(spec, None);
    let (_, asked) = query(&screen.on_command(Command::Sort, NOW));
    assert_eq!(asked.sort, Some(Sort { column: 0, descending: false }));
    let (_, asked) = query(&screen.on_command(Command::Reverse, NOW));
    assert_eq!(asked.sort, Some(Sort { column: 0, descending: true }));
    let (_, asked) = query(&screen.on_command(Command::Sort, NOW));
    assert_eq!(asked.sort, Some(Sort { column: 1, descending: false }));
}

#[test]
fn a_list_that_is_filtered_keeps_its_order() {
    let mut screen = loaded();
    let wanted = screen.on_command(Command::Sort, NOW);
    let (_, asked) = query(&wanted);
    screen.on_command(Command::Filter, NOW);
    let (_, filtered) = query(&screen.on_typed(KeyCode::Char('a').into(), NOW));
    assert_eq!((filtered.filter.as_str(), filtered.sort), ("a", asked.sort));
    assert!(testing::drawn(&screen, 80, 21).contains("USER NAME ▲"));
}

#[test]
fn the_details_follow_the_cursor_one_question_at_a_time() {
    let mut screen = loaded();
    let wanted = screen.on_command(Command::Pane, NOW);
    let [Wanted::Ask(ticket, Question::Detail(target))] = wanted.as_slice() else {
        panic!("{wanted:?}")
    };
    assert_eq!(target.id, "id-1");
    assert_eq!(screen.on_command(Command::Down, NOW), []);
    let reply = testing::reply(*ticket, Ok(Answer::Detail(testing::detail())));
    let wanted = screen.on_reply(reply, NOW);
    let [Wanted::Ask(_, Question::Detail(target))] = wanted.as_slice() else {
        panic!("{wanted:?}")
    };
    assert_eq!(target.id, "id-2");
}

#[test]
fn a_store_that_is_gone_is_said_the_rows_stay_and_the_filter_too() {
    let mut screen = loaded();
    screen.on_command(Command::Filter, NOW);
    let (ticket, _) = query(&typed(&mut screen, "a"));
    let gone = Trouble::Gone("there is no file data/signet.db".to_owned());
    screen.on_reply(testing::reply(ticket, Err(gone)), NOW);
    let text = testing::drawn(&screen, 80, 21);
    for word in ["STORE GONE since", "The rows are old.", "ada", "filter: a"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    // It comes back.
    let (ticket, asked) = query(&screen.on_tick(after(1)));
    assert_eq!(asked.filter, "a");
    screen.on_reply(testing::reply(ticket, Ok(Answer::Page(testing::page(1..=1, false)))), NOW);
    assert!(!testing::drawn(&screen, 80, 21).contains("GONE"));
}

#[test]
fn whoever_may_see_it_no_longer_does_not() {
    let mut screen = loaded();
    let (ticket, _) = query(&screen.on_tick(after(1)));
    let forbidden = Trouble::Forbidden("this needs the permission users.read".to_owned());
    screen.on_reply(testing::reply(ticket, Err(forbidden)), NOW);
    let text = testing::drawn(&screen, 80, 21);
    assert!(text.contains("this needs the permission users.read"), "{text}");
    for word in ["GONE", "ada", "There are no"] {
        assert!(!text.contains(word), "{word} is in\n{text}");
    }
    assert_eq!(screen.chosen(), None);
}

#[test]
fn nothing_is_said_in_words() {
    assert!(testing::drawn(&empty(), 80, 21).contains("Asking the store"));
    let mut screen = empty();
    let wanted = screen.on_tick(NOW);
    answered(&mut screen, &wanted, testing::nothing());
    assert!(testing::drawn(&screen, 80, 21).contains("There are no users."));
    screen.on_command(Command::Filter, NOW);
    let wanted = typed(&mut screen, "x");
    answered(&mut screen, &wanted, testing::nothing());
    assert!(testing::drawn(&screen, 80, 21).contains("No users match \"x\"."));
}

#[test]
fn a_click_chooses_a_row_and_another_opens_it() {
    let mut screen = loaded();
    let click = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 10,
        row: 4,
        modifiers: crossterm::event::KeyModifiers::NONE,
    };
    assert_eq!(screen.on_mouse(click, NOW), []);
    assert_eq!(screen.copied().as_deref(), Some("id-3"));
    assert!(matches!(screen.on_mouse(click, NOW).as_slice(), [Wanted::Go(_)]));
}

#[test]
fn it_looks_like_this() {
    for (width, height) in SIZES {
        let mut screen = loaded();
        screen.on_command(Command::Down, NOW);
        let wanted = screen.on_command(Command::Pane, NOW);
        let [Wanted::Ask(ticket, _)] = wanted.as_slice() else { panic!("{wanted:?}") };
        let detail = crate::view::Detail { id: "id-2".to_owned(), ..testing::detail() };
        screen.on_reply(testing::reply(*ticket, Ok(Answer::Detail(detail))), NOW);
        let text = testing::drawn(&screen, width, height);
        testing::assert_snapshot("list", (width, height), &text);
    }
}
