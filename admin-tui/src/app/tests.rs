use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::*;
use crate::desk::LISTS;
use crate::form_spec::{Field, FieldKind, FormSpec, anything};
use crate::source::{Errand, Performed, Preview, Trouble};
use crate::testing::{self, LOOK, NOW};
use crate::theme::Theme;

fn operator() -> Operator {
    Operator { name: "ada".to_owned(), role: "administrator".to_owned(), ..Operator::default() }
}

fn app_of(operator: Operator, place: Place) -> App {
    let store = "sqlite:data/signet.db".to_owned();
    let setup = Setup { lists: LISTS, store, operator: Some(operator), look: LOOK, place };
    let mut app = App::new(setup);
    app.lay_out(Rect::new(0, 0, 80, 24));
    app
}

fn users() -> Place {
    Place::List(Kind::Users, None)
}

/// A console on the list of people, with rows.
fn on_users() -> App {
    let mut app = app_of(operator(), users());
    let effects = app.on_tick(NOW);
    answer(&mut app, &effects, Ok(Answer::Page(testing::page(1..=5, false))));
    app
}

fn key(app: &mut App, code: KeyCode) -> Vec<Effect> {
    app.on_event(Event::Key(code.into()), NOW)
}

fn press(app: &mut App, text: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for c in text.chars() {
        effects = key(app, if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) });
    }
    effects
}

fn asked(effects: &[Effect]) -> (u64, Question) {
    let found = effects.iter().rev().find_map(|effect| match effect {
        Effect::Send(Sent::Asked { id, question, .. }) => Some((*id, (**question).clone())),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing is asked: {effects:?}"))
}

fn answer(app: &mut App, effects: &[Effect], answer: Result<Answer, Trouble>) -> Vec<Effect> {
    let (id, _) = asked(effects);
    app.on_told(Told { id, took: std::time::Duration::ZERO, answer }, NOW)
}

fn drawn(app: &App, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    app.draw(&mut buffer);
    testing::text(&buffer)
}

fn form() -> FormSpec {
    let kind = FieldKind::Text(String::new());
    let field = Field { key: "email", label: "E-mail", help: "", kind, check: anything };
    FormSpec {
        title: "Edit ada".to_owned(),
        fields: vec![field],
        version: "1".to_owned(),
        ..FormSpec::default()
    }
}

fn leaves(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::Leave])
}

#[test]
fn q_and_ctrl_c_leave() {
    assert!(leaves(&press(&mut on_users(), "q")));
    let mut app = on_users();
    press(&mut app, ":");
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(leaves(&app.on_event(Event::Key(ctrl_c), NOW)));
}

#[test]
fn numbers_lead_through_the_menu_and_back_leads_where_one_was() {
    let mut app = on_users();
    assert!(matches!(asked(&press(&mut app, "3")).1, Question::Page(_)));
    assert_eq!(app.place(), &Place::List(Kind::Clients, None));
    press(&mut app, "1");
    assert_eq!(app.place(), &Place::Home);
    press(&mut app, "[");
    assert_eq!(app.place(), &Place::List(Kind::Clients, None));
    key(&mut app, KeyCode::Esc);
    assert_eq!(app.place(), &users());
    press(&mut app, "]]]");
    assert_eq!(app.place(), &Place::Home);
    key(&mut app, KeyCode::Esc);
    press(&mut app, "5");
    press(&mut app, "]");
    assert_eq!(app.place(), &Place::List(Kind::Permissions, None));
}

#[test]
fn whoever_leaves_a_screen_does_not_wait_for_its_answers() {
    let mut app = app_of(operator(), users());
    let effects = app.on_tick(NOW);
    let (id, _) = asked(&effects);
    let left = press(&mut app, "3");
    assert!(
        left.iter().any(|effect| matches!(effect, Effect::Send(Sent::Forget(one)) if *one == id))
    );
    answer(&mut app, &effects, Ok(Answer::Page(testing::page(1..=5, false))));
    assert!(!drawn(&app, 80, 24).contains("bob"));
}

#[test]
fn a_screen_that_one_comes_back_to_is_as_it_was() {
    let mut app = on_users();
    press(&mut app, "jj\n");
    assert!(matches!(app.place(), Place::Detail(target) if target.name == "carol"));
    key(&mut app, KeyCode::Esc);
    let text = drawn(&app, 80, 24);
    assert!(text.contains("›× carol") || text.contains("›×carol"), "{text}");
}

#[test]
fn an_action_asks_what_it_needs_shows_what_it_would_do_and_does_it_after_a_yes() {
    let mut app = on_users();
    let effects = press(&mut app, "e");
    let (_, question) = asked(&effects);
    assert!(matches!(question, Question::Form(crate::keys::ActionId::UserEdit, _)));
    answer(&mut app, &effects, Ok(Answer::Form(form())));
    let effects = press(&mut app, "a@b\n");
    let (_, Question::Preview(Errand { values, target, .. })) = asked(&effects) else {
        panic!("{effects:?}")
    };
    assert_eq!((values.text("email"), target.id.as_str()), ("a@b", "id-1"));
    let preview = Preview { lines: vec!["Ends 3 sessions.".to_owned()], word: None };
    answer(&mut app, &effects, Ok(Answer::Preview(preview)));
    assert!(drawn(&app, 80, 24).contains("Ends 3 sessions."));
    let effects = press(&mut app, "y");
    assert!(matches!(asked(&effects).1, Question::Perform(..)));
    let secret = Some(("Secret of shop".to_owned(), "s3cr3t".into()));
    let performed = Performed { said: "Done so.".to_owned(), secret, go_to: None };
    answer(&mut app, &effects, Ok(Answer::Performed(performed)));
    let text = drawn(&app, 80, 24);
    assert!(
        text.contains("Done so.") && text.contains("s3cr3t") && !text.contains("E-mail  "),
        "{text}"
    );
    key(&mut app, KeyCode::Esc);
    assert!(!drawn(&app, 80, 24).contains("s3cr3t"));
}

#[test]
fn nothing_is_done_without_a_yes() {
    let mut app = on_users();
    let effects = press(&mut app, "D");
    let effects = answer(&mut app, &effects, Ok(Answer::Form(FormSpec::default())));
    let preview = Preview { lines: vec!["Ends 3 sessions.".to_owned()], word: None };
    answer(&mut app, &effects, Ok(Answer::Preview(preview)));
    assert!(press(&mut app, "\n").is_empty());
    assert!(!drawn(&app, 80, 24).contains("Ends 3 sessions."));
    // And another action can begin.
    asked(&press(&mut app, "D"));
}

#[test]
fn what_was_typed_survives_a_store_that_fails() {
    let mut app = on_users();
    let effects = press(&mut app, "e");
    answer(&mut app, &effects, Ok(Answer::Form(form())));
    let effects = press(&mut app, "typed@long\n");
    let effects = answer(&mut app, &effects, Ok(Answer::Preview(Preview::default())));
    let gone = Trouble::Gone("there is no file".to_owned());
    answer(&mut app, &effects, Err(gone));
    let text = drawn(&app, 80, 24);
    assert!(text.contains("typed@long") && text.contains("there is no file"), "{text}");
    // It was asked to do it, and its answer is lost.
    assert!(text.contains("Look whether it was done"), "{text}");
    let effects = press(&mut app, "\n");
    assert!(matches!(asked(&effects).1, Question::Preview(_)));
    answer(&mut app, &effects, Err(Trouble::Gone("there is no file".to_owned())));
    let text = drawn(&app, 80, 24);
    assert!(text.contains("Try again") && !text.contains("Look whether"), "{text}");
}

#[test]
fn esc_breaks_off_long_work() {
    let mut app = on_users();
    let effects = press(&mut app, "E");
    let effects = answer(&mut app, &effects, Ok(Answer::Form(FormSpec::default())));
    let effects = answer(&mut app, &effects, Ok(Answer::Preview(Preview::default())));
    let (_, Question::Perform(_, cancel)) = asked(&effects) else { panic!("{effects:?}") };
    key(&mut app, KeyCode::Esc);
    assert!(cancel.is_cancelled());
    answer(&mut app, &effects, Err(Trouble::Cancelled("Broken off: 1 of 3.".to_owned())));
    assert!(drawn(&app, 80, 24).contains("Broken off: 1 of 3."));
}

/// A console whose store keeps it waiting for what disabling somebody would do.
fn on_users_waiting() -> (App, Vec<Effect>) {
    let mut app = on_users();
    let effects = press(&mut app, "D");
    let effects = answer(&mut app, &effects, Ok(Answer::Form(FormSpec::default())));
    assert!(matches!(asked(&effects).1, Question::Preview(_)));
    assert!(drawn(&app, 80, 24).contains("Asking the store"));
    (app, effects)
}

fn forgets(effects: &[Effect], asked_in: &[Effect]) -> bool {
    let (sought, _) = asked(asked_in);
    let is_it = |effect: &Effect| matches!(effect, Effect::Send(Sent::Forget(id)) if *id == sought);
    effects.iter().any(is_it)
}

#[test]
fn whoever_leaves_or_presses_esc_does_not_wait_for_an_action_any_more() {
    for leave in [KeyCode::Esc, KeyCode::Char('3'), KeyCode::Enter] {
        let (mut app, pending) = on_users_waiting();
        let effects = key(&mut app, leave);
        assert!(forgets(&effects, &pending), "{leave:?}: {effects:?}");
        let preview = Preview::of(vec!["Ends 3 sessions.".to_owned()]);
        answer(&mut app, &pending, Ok(Answer::Preview(preview)));
        assert!(!drawn(&app, 80, 24).contains("Ends 3 sessions."), "{leave:?}");
    }
    // Esc did nothing else.
    let (mut app, _) = on_users_waiting();
    key(&mut app, KeyCode::Esc);
    assert_eq!(app.place(), &users());
}

#[test]
fn another_action_takes_the_place_of_one_that_nothing_is_seen_of() {
    let (mut app, pending) = on_users_waiting();
    let effects = press(&mut app, "e");
    assert!(forgets(&effects, &pending), "{effects:?}");
    assert!(matches!(asked(&effects).1, Question::Form(crate::keys::ActionId::UserEdit, _)));
}

#[test]
fn every_action_begins_with_its_key_on_its_list() {
    for action in ACTIONS {
        let mut app = app_of(operator(), Place::List(action.on, None));
        let effects = app.on_tick(NOW);
        answer(&mut app, &effects, Ok(Answer::Page(testing::page(1..=5, false))));
        let (_, question) = asked(&press(&mut app, &format!("j{}", action.key)));
        let Question::Form(id, target) = question else { panic!("{question:?}") };
        let on = if action.needs == crate::keys::Needs::Row { "id-2" } else { "" };
        assert_eq!((id, target.kind, target.id.as_str()), (action.id, action.on, on));
    }
}

#[test]
fn what_is_added_to_a_list_of_somebody_knows_whose_list_it_is() {
    let api = crate::place::Scope::new(Kind::Apis, "api-1", "https://api.example");
    let mut app = app_of(operator(), Place::of(Kind::Permissions, &api));
    let effects = app.on_tick(NOW);
    answer(&mut app, &effects, Ok(Answer::Page(testing::nothing())));
    let (_, question) = asked(&press(&mut app, "a"));
    let Question::Form(_, target) = question else { panic!("{question:?}") };
    assert_eq!(target.scope, Some(api));
}

#[test]
fn a_menu_that_is_too_long_shows_what_is_around() {
    let mut app = on_users();
    let line = |app: &App| drawn(app, 80, 24).lines().nth(1).unwrap_or_default().to_owned();
    assert!(line(&app).starts_with("  1 Home") && line(&app).ends_with('›'), "{}", line(&app));
    app.go(Place::List(Kind::Audit, None), NOW);
    assert!(line(&app).starts_with('‹') && line(&app).contains(" Audit"), "{}", line(&app));
}

#[test]
fn every_screen_and_every_action_is_in_the_palette_and_can_be_reached() {
    let app = on_users();
    let entries = app.palette();
    for action in ACTIONS {
        let found = entries.iter().any(|entry| entry.name == action.palette);
        assert!(found, "{}", action.palette);
        let mut app = on_users();
        press(&mut app, ":");
        app.on_event(Event::Paste(action.palette.to_owned()), NOW);
        press(&mut app, "\n");
        let began = app.work.as_ref().is_some();
        let there = app.place().kind().is_some_and(|kind| action.is_on(kind));
        let said = app.said.is_some();
        assert!(began || there || said, "{} leads nowhere", action.palette);
    }
    for place in app.tabs() {
        let name = place.crumbs().join(" ").to_lowercase();
        assert!(entries.iter().any(|entry| entry.name == name), "{name}");
    }
}

#[test]
fn letters_find_and_enter_goes() {
    let mut app = on_users();
    press(&mut app, ":cli");
    press(&mut app, "\n");
    assert_eq!(app.place(), &Place::List(Kind::Clients, None));
}

#[test]
fn whoever_may_not_does_not_see_it() {
    let permissions = Some(vec!["users.read".to_owned()]);
    let reader = Operator { permissions, ..operator() };
    let mut app = app_of(reader, users());
    let effects = app.on_tick(NOW);
    answer(&mut app, &effects, Ok(Answer::Page(testing::page(1..=5, false))));
    assert!(press(&mut app, "D").is_empty());
    let text = drawn(&app, 80, 24);
    assert!(!text.contains("disable ") && !text.contains("Clients"), "{text}");
    assert!(app.palette().iter().all(|entry| !entry.name.contains("disable")));
    assert_eq!(app.tabs(), [Place::Home, users()]);
}

#[test]
fn a_red_banner_is_on_every_screen_after_the_glass_was_broken() {
    let broken = Operator { break_glass: true, ..operator() };
    let lists = LISTS.iter().map(|list| Place::List(list.kind, None));
    let others = [Place::Home, Place::Why, Place::Detail(testing::ada())];
    for place in lists.chain(others) {
        // Also beneath what lies on top of a screen.
        for keys in ["", ":", "?"] {
            for theme in [Theme::DARK, Theme::LIGHT, Theme::HIGH_CONTRAST] {
                let mut app = app_of(broken.clone(), place.clone());
                press(&mut app, keys);
                app.look.theme = theme;
                let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
                app.draw(&mut buffer);
                let text = testing::text(&buffer);
                let line = text.lines().position(|line| line.contains("BREAK GLASS"));
                let y = line.unwrap_or_else(|| panic!("{place:?} {keys}: {text}"));
                let y = u16::try_from(y).unwrap();
                let is_red = |x| buffer[(x, y)].bg == Color::Red;
                assert!((0..80).all(is_red), "{place:?} {keys} {}", theme.name);
            }
        }
    }
    assert!(!drawn(&on_users(), 80, 24).contains("BREAK GLASS"));
}

#[test]
fn whoever_is_not_signed_in_sees_nothing_else() {
    let store = "sqlite:data/signet.db".to_owned();
    let setup = Setup { lists: LISTS, store, operator: None, look: LOOK, place: users() };
    let mut app = App::new(setup);
    press(&mut app, "ada\n");
    let effects = press(&mut app, "2:?\n");
    assert_eq!(app.place(), &Place::SignIn);
    assert!(matches!(asked(&effects).1, Question::SignIn(_)));
    let effects = answer(&mut app, &effects, Ok(Answer::SignIn(SignIn::In(operator()))));
    // They are where they asked to begin, and the first screen is behind that.
    assert_eq!(app.place(), &users());
    assert!(matches!(asked(&effects).1, Question::Page(_)));
    assert!(drawn(&app, 80, 24).contains("ada (administrator)"));
    key(&mut app, KeyCode::Esc);
    assert_eq!(app.place(), &Place::Home);
}

#[test]
fn whoever_may_not_see_the_screen_they_ask_for_begins_at_the_first() {
    let store = "sqlite:data/signet.db".to_owned();
    let setup = Setup { lists: LISTS, store, operator: None, look: LOOK, place: users() };
    let mut app = App::new(setup);
    press(&mut app, "ada\n");
    let effects = press(&mut app, "2\n");
    let support = Operator { permissions: Some(Vec::new()), ..operator() };
    let effects = answer(&mut app, &effects, Ok(Answer::SignIn(SignIn::In(support))));
    assert_eq!(app.place(), &Place::Home);
    assert!(matches!(asked(&effects).1, Question::Home));
    assert!(drawn(&app, 80, 24).contains("users.read"));
}

#[test]
fn y_copies_and_l_leads_to_what_belongs_to_a_row() {
    let mut app = on_users();
    let effects = press(&mut app, "jy");
    assert!(matches!(&effects[..], [Effect::Copy(text)] if text == "id-2"), "{effects:?}");
    press(&mut app, "l\n");
    assert_eq!(app.place().kind(), Some(Kind::Sessions));
    assert_eq!(app.place().crumbs(), ["Users", "ada", "Sessions"]);
}

#[test]
fn c_shows_the_equal_commands_and_enter_copies_one() {
    let mut app = on_users();
    press(&mut app, "c");
    assert!(drawn(&app, 80, 24).contains("signet user disable id-1"));
    let effects = press(&mut app, "\n");
    assert!(matches!(&effects[..], [Effect::Copy(text)] if text.starts_with("signet user")));
}

#[test]
fn the_equal_command_is_seen_while_a_form_is_filled_in_and_after_it_was_done() {
    let mut app = on_users();
    let effects = press(&mut app, "e");
    answer(&mut app, &effects, Ok(Answer::Form(form())));
    press(&mut app, "a@b");
    let ctrl_o = KeyEvent::new(KeyCode::Char('o'), KeyModifiers::CONTROL);
    app.on_event(Event::Key(ctrl_o), NOW);
    assert!(drawn(&app, 80, 24).contains("signet user change id-1 --email=a@b"));
    key(&mut app, KeyCode::Esc);
    assert!(drawn(&app, 80, 24).contains("Edit ada"));
    let effects = press(&mut app, "\n");
    // Nothing was asked before it was done.
    let effects = answer(&mut app, &effects, Ok(Answer::Preview(Preview::default())));
    answer(&mut app, &effects, Ok(Answer::Performed(Performed::said("Done so."))));
    press(&mut app, "c");
    let effects = press(&mut app, "\n");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(text, "signet user change id-1 --email=a@b");
}

#[test]
fn who_can_and_why_have_their_commands_too() {
    let id = "https://api.example read";
    let holders = Place::one(Kind::Holders, id, "https://api.example");
    let mut app = app_of(operator(), holders);
    press(&mut app, "c");
    let text = drawn(&app, 80, 24);
    assert!(text.contains("signet who-can https://api.example read"), "{text}");
    let asked = crate::place::WhyAsked {
        what: "K7QF-2M9P".into(),
        user: String::new(),
        session: String::new(),
        client: String::new(),
        scope: String::new(),
        prompt: String::new(),
        max_age: String::new(),
        acr_values: String::new(),
    };
    let mut app = app_of(operator(), Place::Because(asked));
    press(&mut app, "c");
    assert!(drawn(&app, 80, 24).contains("signet why K7QF-2M9P"));
}

#[test]
fn from_where_every_key_is_text_one_gets_about_all_the_same() {
    let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    let mut app = on_users();
    app.go(Place::Why, NOW);
    press(&mut app, "q:?1");
    assert_eq!(app.place(), &Place::Why);
    let text = drawn(&app, 80, 24);
    assert!(text.contains("q:?1") && text.contains("Ctrl-P palette  F1 help"), "{text}");
    key(&mut app, KeyCode::F(1));
    let text = drawn(&app, 80, 24);
    assert!(text.contains("Alt-Left") && text.contains("Says what would happen"), "{text}");
    assert!(!text.contains("Alt-Left [") && !text.contains("1-9"), "{text}");
    key(&mut app, KeyCode::F(1));
    app.on_event(Event::Key(ctrl('p')), NOW);
    press(&mut app, "keys\n");
    assert_eq!(app.place(), &Place::List(Kind::Keys, None));
    let alt = |code| KeyEvent::new(code, KeyModifiers::ALT);
    app.on_event(Event::Key(alt(KeyCode::Left)), NOW);
    assert_eq!(app.place(), &Place::Why);
    app.on_event(Event::Key(alt(KeyCode::Left)), NOW);
    assert_eq!(app.place(), &users());
    app.on_event(Event::Key(alt(KeyCode::Right)), NOW);
    assert!(drawn(&app, 80, 24).contains("q:?1"));
    // Nothing of that is there before somebody is in.
    let store = "sqlite:data/signet.db".to_owned();
    let setup = Setup { lists: LISTS, store, operator: None, look: LOOK, place: users() };
    let mut app = App::new(setup);
    app.on_event(Event::Key(ctrl('p')), NOW);
    key(&mut app, KeyCode::F(1));
    assert!(app.fronts.is_empty());
}

/// A click at the beginning of this text, where it is drawn last.
fn click(app: &mut App, text: &str) -> Vec<Effect> {
    let all = drawn(app, 80, 24);
    let lines: Vec<_> = all.lines().enumerate().collect();
    let found = lines.iter().rfind(|(_, line)| line.contains(text));
    let (row, line) = found.unwrap_or_else(|| panic!("{text} is not in {all}"));
    let column = line.split(text).next().unwrap().chars().count();
    click_at(app, column, *row)
}

fn click_at(app: &mut App, column: usize, row: usize) -> Vec<Effect> {
    let mouse = crossterm::event::MouseEvent {
        kind: crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left),
        column: u16::try_from(column).unwrap(),
        row: u16::try_from(row).unwrap(),
        modifiers: KeyModifiers::NONE,
    };
    app.on_event(Event::Mouse(mouse), NOW)
}

#[test]
fn a_click_on_the_menu_goes_there() {
    let mut app = on_users();
    click(&mut app, "1 Home");
    assert_eq!(app.place(), &Place::Home);
}

#[test]
fn a_click_chooses_a_line_of_a_dialog() {
    let mut app = on_users();
    press(&mut app, "l");
    click(&mut app, "Sessions");
    assert_eq!(app.place().kind(), Some(Kind::Sessions));
    press(&mut app, ":");
    click(&mut app, "Esc close");
    assert!(app.fronts.is_empty());
    press(&mut app, ":clients");
    click(&mut app, "clients");
    assert_eq!(app.place(), &Place::List(Kind::Clients, None));
}

#[test]
fn a_form_and_its_question_are_answered_by_clicks() {
    let mut app = on_users();
    let effects = press(&mut app, "e");
    let spec = FormSpec {
        fields: vec![Field::text("email", ("E-mail", ""), ""), Field::flag("on", ("On", ""), true)],
        ..form()
    };
    answer(&mut app, &effects, Ok(Answer::Form(spec)));
    click(&mut app, "[x] yes");
    assert!(drawn(&app, 80, 24).contains("› On"));
    click(&mut app, "[x] yes");
    let effects = click(&mut app, "Ctrl-S go on");
    let (_, Question::Preview(errand)) = asked(&effects) else { panic!("{effects:?}") };
    assert!(!errand.values.flag("on"));
    let preview = || Ok(Answer::Preview(Preview::of(vec!["Ends 3 sessions.".to_owned()])));
    answer(&mut app, &effects, preview());
    click(&mut app, "no");
    let effects = click(&mut app, "Ctrl-S go on");
    answer(&mut app, &effects, preview());
    let effects = click(&mut app, "yes  › no");
    assert!(matches!(asked(&effects).1, Question::Perform(..)), "{effects:?}");
}

#[test]
fn a_click_beside_a_dialog_does_nothing_and_one_on_it_breaks_nothing() {
    for (column, row) in [(3, 1), (0, 0), (79, 23), (4, 12)] {
        let mut app = on_users();
        press(&mut app, "l");
        let before = drawn(&app, 80, 24);
        assert!(click_at(&mut app, column, row).is_empty());
        assert_eq!(drawn(&app, 80, 24), before, "{column} {row}");
    }
    for opened in ["l", "c", "?", ":"] {
        for at in (0..80 * 24).step_by(7) {
            let mut app = on_users();
            press(&mut app, opened);
            click_at(&mut app, at % 80, at / 80);
        }
    }
}

#[test]
fn a_second_that_changes_nothing_draws_the_same() {
    let mut app = on_users();
    let before = drawn(&app, 80, 24);
    app.on_tick(NOW.plus(std::time::Duration::from_secs(1)));
    assert_eq!(drawn(&app, 80, 24), before);
}

#[test]
fn a_window_that_is_too_small_says_so_and_draws_nothing_else() {
    for (width, height) in [(79, 24), (80, 23), (20, 6)] {
        let text = drawn(&on_users(), width, height);
        assert!(text.contains("The window is too"), "{text}");
        assert!(!text.contains("ada"), "{text}");
    }
    drawn(&on_users(), 1, 1);
}

#[test]
fn in_ascii_everything_is_drawn_in_ascii() {
    let mut app = on_users();
    app.look.ascii = true;
    press(&mut app, ":");
    let text = drawn(&app, 120, 40);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn it_looks_like_this() {
    for (width, height) in testing::SIZES {
        let mut app = on_users();
        app.lay_out(Rect::new(0, 0, width, height));
        testing::assert_snapshot("console", (width, height), &drawn(&app, width, height));
        press(&mut app, ":us");
        testing::assert_snapshot("palette", (width, height), &drawn(&app, width, height));
    }
}
