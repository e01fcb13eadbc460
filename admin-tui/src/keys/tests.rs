//! What has to be true of the table.

use super::*;

/// What two contexts share: keys of both reach the same screen.
fn together(one: Context, other: Context) -> bool {
    let on_screen = |context| matches!(context, Context::List | Context::Detail);
    one == other
        || (one == Context::Screen && on_screen(other))
        || (other == Context::Screen && on_screen(one))
}

#[test]
fn no_two_bindings_of_one_context_share_a_key() {
    for (position, one) in BINDINGS.iter().enumerate() {
        for other in BINDINGS.iter().skip(position + 1) {
            let shared = one.keys.iter().find(|key| other.keys.contains(key));
            let clash = shared.filter(|_| together(one.context, other.context));
            assert_eq!(clash, None, "{} and {}", one.help, other.help);
        }
    }
}

#[test]
fn no_action_shares_its_key_with_a_binding_or_another_action_of_its_kind() {
    for (position, action) in ACTIONS.iter().enumerate() {
        let key = Press::Char(action.key);
        for binding in BINDINGS.iter().filter(|binding| together(Context::List, binding.context)) {
            assert!(!binding.keys.contains(&key), "{}: {}", action.palette, binding.help);
        }
        for other in ACTIONS.iter().skip(position + 1) {
            let shared = other.is_on(action.on);
            assert!(!shared || other.key != action.key, "{} {}", action.palette, other.palette);
            assert_ne!(action.id, other.id);
        }
    }
}

#[test]
fn names_and_sentences_are_whole() {
    for action in ACTIONS {
        assert!(action.help.ends_with('.'), "{}", action.help);
        assert!(!action.palette.is_empty() && !action.name.is_empty());
    }
    for binding in BINDINGS {
        assert!(binding.help.ends_with('.') || binding.help.ends_with(')'), "{}", binding.help);
        assert!(!binding.keys.is_empty());
    }
}

#[test]
fn a_key_is_that_key_and_no_other() {
    let key = |code, modifiers| KeyEvent::new(code, modifiers);
    assert!(Press::Char('S').is(key(KeyCode::Char('S'), KeyModifiers::SHIFT)));
    assert!(!Press::Char('c').is(key(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    assert!(Press::Ctrl('c').is(key(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    assert!(Press::Alt(KeyCode::Left).is(key(KeyCode::Left, KeyModifiers::ALT)));
    assert!(!Press::Code(KeyCode::Left).is(key(KeyCode::Left, KeyModifiers::ALT)));
    assert_eq!(Press::Ctrl('s').to_string(), "Ctrl-S");
}

/// What the core calls them is what an operator needs.
#[test]
fn every_permission_is_one_of_an_operator() {
    let known = shared::model::OperatorPermission::WORDS;
    let actions = ACTIONS.iter().map(|action| action.permission);
    let lists = crate::desk::LISTS.iter().map(|list| list.permission);
    for permission in actions.chain(lists) {
        assert!(permission.is_empty() || known.contains(&permission), "{permission}");
    }
}

#[test]
fn the_equal_command_knows_the_words_of_an_id_and_what_was_changed() {
    let withdraw = Action::of(ActionId::ConsentWithdraw).unwrap();
    let target = Target::new(Kind::Consents, "0190-a shop", "ada");
    assert_eq!(
        withdraw.equal_command(&target, &Values::default()),
        "signet consent withdraw 0190-a shop"
    );
    let permit = Action::of(ActionId::RolePermit).unwrap();
    let role = Target::new(Kind::Roles, "r1", "editor");
    let values = Values::of_words(&[("right", "https://api.example read")]);
    assert_eq!(
        permit.equal_command(&role, &values),
        "signet role permit editor https://api.example read"
    );
    let edit = Action::of(ActionId::ClientEdit).unwrap();
    let mut values = Values::of_words(&[("client_name", "The shop"), ("mfa", "off")]);
    let uris = vec!["https://a.example".to_owned(), "https://b.example".to_owned()];
    values.fields.push(("redirect_uris", Value::Lines(uris)));
    values.touched = vec!["client_name", "redirect_uris"];
    assert_eq!(
        edit.equal_command(&Target::new(Kind::Clients, "shop", "shop"), &values),
        "signet client change shop 'client_name=The shop' \
         'redirect_uris=https://a.example https://b.example'"
    );
}

#[test]
fn the_equal_command_has_what_was_typed_and_leaves_out_what_was_not() {
    let add = Action::of(ActionId::UserAdd).unwrap();
    let none = Target::none(Kind::Users, None);
    let values = Values::of_words(&[("username", "ada"), ("full_name", "Ada L'Ovelace")]);
    assert_eq!(
        add.equal_command(&none, &values),
        r"signet user add ada --name 'Ada L'\''Ovelace' --password-stdin"
    );
    assert_eq!(
        add.equal_command(&none, &Values::default()),
        "signet user add USERNAME --password-stdin"
    );
}
