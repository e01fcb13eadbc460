use super::*;
use crate::form_spec::{Field, FieldKind, Value, anything};
use crate::testing;

fn not_empty(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("it is needed".to_owned()) } else { Ok(()) }
}

fn spec(email: &str, version: &str) -> FormSpec {
    let field = |key, label, kind| Field {
        key,
        label,
        help: "What they will type to sign in.",
        kind,
        check: if key == "username" { not_empty } else { anything },
    };
    let words = vec!["web".to_owned(), "spa".to_owned()];
    let fields = vec![
        field("id", "Id", FieldKind::Fixed("0190".to_owned())),
        field("username", "User name", FieldKind::Text(String::new())),
        field("email", "E-mail address", FieldKind::Text(email.to_owned())),
        field("password", "Password", FieldKind::Secret),
        field("kind", "Kind", FieldKind::Choice { words, chosen: "spa".to_owned() }),
        field("uris", "Addresses", FieldKind::Lines(vec!["https://a.example".to_owned()])),
        field("active", "Active", FieldKind::Flag(true)),
    ];
    FormSpec {
        title: "Add a person".to_owned(),
        fields,
        version: version.to_owned(),
        ..FormSpec::default()
    }
}

fn press(form: &mut Form, code: KeyCode) -> Outcome {
    form.on_key(code.into())
}

fn typed(form: &mut Form, text: &str) {
    for c in text.chars() {
        assert_eq!(press(form, KeyCode::Char(c)), Outcome::Stays);
    }
}

fn submit(form: &mut Form) -> Outcome {
    let key = KeyEvent::new(KeyCode::Char('s'), crossterm::event::KeyModifiers::CONTROL);
    form.on_key(key)
}

#[test]
fn it_cannot_be_sent_while_something_is_wrong() {
    let mut form = Form::new(spec("", "1"));
    assert_eq!(submit(&mut form), Outcome::Stays);
    assert!(testing::drawn_dialog(&form, 80, 24).contains("× it is needed"));
    typed(&mut form, "ada");
    assert!(!testing::drawn_dialog(&form, 80, 24).contains("it is needed"));
    assert!(matches!(submit(&mut form), Outcome::Submit(_)));
}

#[test]
fn what_was_typed_comes_out_by_the_names_of_the_fields() {
    let mut form = Form::new(spec("ada@example.org", "7"));
    typed(&mut form, "ada");
    press(&mut form, KeyCode::Tab);
    press(&mut form, KeyCode::Enter);
    typed(&mut form, "hunter2");
    press(&mut form, KeyCode::Tab);
    press(&mut form, KeyCode::Right);
    press(&mut form, KeyCode::Tab);
    form.on_paste("/x\nhttps://b.example");
    let Outcome::Submit(values) = submit(&mut form) else { panic!("it is complete") };
    assert_eq!(values.version, "7");
    assert_eq!(values.text("username"), "ada");
    assert_eq!(values.text("email"), "ada@example.org");
    assert_eq!(values.secret("password").unwrap().expose(), "hunter2");
    assert_eq!(values.text("kind"), "web");
    assert_eq!(values.lines("uris"), ["https://a.example/x", "https://b.example"]);
    assert!(values.flag("active"));
    assert!(values.fields.iter().all(|(key, _)| *key != "id"));
}

#[test]
fn enter_leads_through_the_fields_and_sends_from_the_last() {
    let mut form = Form::new(spec("", "1"));
    typed(&mut form, "ada");
    for _ in 0..4 {
        assert_eq!(press(&mut form, KeyCode::Enter), Outcome::Stays);
    }
    // Another line, which is empty, and on.
    assert_eq!(press(&mut form, KeyCode::Enter), Outcome::Stays);
    assert_eq!(press(&mut form, KeyCode::Enter), Outcome::Stays);
    assert!(matches!(press(&mut form, KeyCode::Enter), Outcome::Submit(_)));
}

#[test]
fn nothing_that_was_typed_is_lost_when_the_store_fails() {
    let mut form = Form::new(spec("", "1"));
    typed(&mut form, "ada");
    let before = form.values();
    form.fail(Trouble::Gone("there is no file".to_owned()), false);
    assert_eq!(form.values(), before);
    assert!(testing::drawn_dialog(&form, 80, 24).contains("The store does not answer"));
    form.fail(Trouble::Gone("there is no file".to_owned()), true);
    assert_eq!(form.values(), before);
    assert!(testing::drawn_dialog(&form, 80, 24).contains("Look whether it was done"));
}

#[test]
fn whoever_was_overtaken_is_told_and_keeps_what_they_typed() {
    let mut form = Form::new(spec("old@example.org", "1"));
    typed(&mut form, "ada");
    form.fail(Trouble::Changed("somebody else changed it meanwhile".to_owned()), false);
    let text = testing::drawn_dialog(&form, 80, 24);
    assert!(text.contains("somebody else changed it") && text.contains("Ctrl-R"), "{text}");

    form.reload(spec("new@example.org", "2"));
    let values = form.values();
    assert_eq!((values.text("username"), values.text("email")), ("ada", "new@example.org"));
    assert_eq!(values.version, "2");
}

#[test]
fn what_the_desk_refuses_stands_under_its_field_until_it_is_changed() {
    let mut form = Form::new(spec("", "1"));
    typed(&mut form, "ada");
    submit(&mut form);
    form.fail(Trouble::Field("email", "the address is taken".to_owned()), false);
    assert!(testing::drawn_dialog(&form, 80, 24).contains("× the address is taken"));
    typed(&mut form, "x");
    assert!(matches!(submit(&mut form), Outcome::Submit(_)));
}

#[test]
fn it_looks_like_this() {
    let mut form = Form::new(spec("ada@", "1"));
    submit(&mut form);
    for (width, height) in testing::SIZES {
        let text = testing::drawn_dialog(&form, width, height);
        testing::assert_snapshot("form", (width, height), &text);
    }
    assert_eq!(form.values().find("active"), Some(&Value::Flag(true)));
}
