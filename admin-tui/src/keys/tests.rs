//! What has to be true of the table.

use super::*;
use crate::place::Target;

/// What two contexts share: keys of both reach the same screen.
fn together(one: Context, other: Context) -> bool {
    let on_screen = |context| matches!(context, Context::List | Context::Detail | Context::Home);
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
    let mut values = Values::of_words(&[("username", "ada"), ("full_name", "Ada L'Ovelace")]);
    assert_eq!(
        add.equal_command(&none, &values),
        r"signet user add ada --name='Ada L'\''Ovelace' --password-stdin"
    );
    values.fields.push(("email_verified", Value::Flag(true)));
    assert_eq!(
        add.equal_command(&none, &values),
        r"signet user add ada --email-verified=true --name='Ada L'\''Ovelace' --password-stdin"
    );
}

/// What is not known is no word that a shell would take for a value.
#[test]
fn what_is_not_known_has_its_name_in_angle_brackets() {
    for action in ACTIONS {
        let kind = if action.needs == Needs::Row { "row" } else { "" };
        let command = action.equal_command(&Target::new(action.on, kind, kind), &Values::default());
        let is_known = |c: char| c.is_lowercase() || "-=&".contains(c);
        for word in command.split(' ') {
            let value = word.trim_start_matches(is_known);
            let open = value.starts_with('<') && value.ends_with('>') && !value.contains(':');
            assert!(value.is_empty() || open, "{word} in {command}");
        }
    }
    let give = Action::of(ActionId::RoleGive).unwrap();
    let role = Target::new(Kind::Roles, "r1", "editor");
    let command = give.equal_command(&role, &Values::default());
    assert_eq!(command, "signet role give editor <USER_OR_CLIENT_OR_GROUP>");
}

fn changed(action: ActionId, target: &Target, words: &[(&'static str, &str)]) -> String {
    let mut values = Values::of_words(words);
    values.touched = words.iter().map(|(key, _)| *key).collect();
    Action::of(action).unwrap().equal_command(target, &values)
}

#[test]
fn the_equal_command_changes_what_was_changed_and_nothing_else() {
    let ada = Target::new(Kind::Users, "0190-ada", "ada");
    for (words, command) in [
        (&[("email", "")][..], "signet user change 0190-ada --email=''"),
        (&[("username", "-x")], "signet user change 0190-ada --username=-x"),
        (&[("nickname", "A")], "signet user change 0190-ada --claims=<FILE>"),
        (
            &[("email", "a@b"), ("email_verified", "true"), ("full_name", "A")],
            "signet user change 0190-ada --email=a@b --email-verified=true --claims=<FILE>",
        ),
    ] {
        assert_eq!(changed(ActionId::UserEdit, &ada, words), command);
    }
    let role = Target::new(Kind::Roles, "r1", "editor");
    for (words, command) in [
        (&[("mfa", "required")][..], "signet role set-mfa editor required"),
        (&[("mfa", "says nothing")], "signet role set-mfa editor"),
        (&[("description", "")], "signet role change editor --description=''"),
        (
            &[("mfa", "off"), ("role", "writer")],
            "signet role set-mfa editor off && signet role change editor --name=writer",
        ),
    ] {
        assert_eq!(changed(ActionId::RoleEdit, &role, words), command);
    }
    let none = Target::none(Kind::Roles, None);
    let add = changed(ActionId::RoleAdd, &none, &[("role", "-x"), ("mfa", "required")]);
    assert_eq!(add, "signet role add --mfa=required -- -x");
    let add = changed(ActionId::RoleAdd, &none, &[("role", "x"), ("mfa", "says nothing")]);
    assert_eq!(add, "signet role add x");
}

#[test]
fn a_value_that_begins_with_a_hyphen_is_not_taken_for_an_option() {
    let key = Target::new(Kind::Keys, "-abc", "-abc");
    let revoke = Action::of(ActionId::KeyRevoke).unwrap();
    assert_eq!(revoke.equal_command(&key, &Values::default()), "signet key revoke -- -abc");
    let robot = Target::new(Kind::Clients, "-robot", "-robot");
    assert_eq!(
        changed(ActionId::ClientGiveRole, &robot, &[("role", "-a b")]),
        "signet role give --client=-robot -- '-a b'"
    );
    let staff = Target::new(Kind::Groups, "g1", "staff");
    let join = changed(ActionId::GroupJoin, &staff, &[("user", "-ada")]);
    assert_eq!(join, "signet group join -- staff -ada");
    let join = changed(ActionId::GroupJoin, &staff, &[("client", "robot")]);
    assert_eq!(join, "signet group join staff --client=robot");
}

#[test]
fn what_why_is_asked_can_be_asked_in_a_shell() {
    let asked = |what: &str, client: &str, user: &str| crate::place::WhyAsked {
        what: what.into(),
        user: user.to_owned(),
        session: "none".to_owned(),
        client: client.to_owned(),
        scope: "openid email".to_owned(),
        prompt: String::new(),
        max_age: "60".to_owned(),
        acr_values: String::new(),
    };
    for (asked, command) in [
        (asked("K7QF-2M9P", "", ""), "signet why K7QF-2M9P"),
        (asked("eyJhbGciOi.x.y", "", ""), "signet token inspect"),
        (
            asked("/authorize?client_id=shop&x=1", "", "ada"),
            "signet predict '/authorize?client_id=shop&x=1' --user=ada --session=none",
        ),
        (
            asked("", "-shop", ""),
            "signet predict --client=-shop --scope='openid email' --max-age=60",
        ),
    ] {
        assert_eq!(asked.equal_command().1, command);
    }
    assert!(asked("eyJhbGciOi.x.y", "", "").equal_command().0.contains("standard input"));
}

/// Every command with plain values and with awkward ones: the tests beside run each of them with
/// the real program, from the file that is compared here.
#[test]
fn every_equal_command_is_as_it_is_kept() {
    let values = |text: &str| {
        let mut values = Values::default();
        for key in KEYS {
            let value = match *key {
                "email" if !text.is_empty() => Value::Text(format!("{text}@example.org")),
                "kind" => Value::Text("spa".to_owned()),
                "mfa" => Value::Text("required".to_owned()),
                "factor" => Value::Text(format!("{text} totp phone")),
                "right" => Value::Text(format!("https://api.example {text}")),
                "identifier" | "api" => Value::Text("https://api.example".to_owned()),
                "scope_asked" => Value::Text("openid email".to_owned()),
                "redirect_uris" => Value::Lines(vec!["https://a.example/cb".to_owned(); 2]),
                "permissions" => Value::Lines(vec![text.to_owned()]),
                "email_verified" | "first_party" | "without_scope" | "tells_roles" => {
                    Value::Flag(true)
                }
                "tells_permissions" => Value::Flag(false),
                _ => Value::Text(text.to_owned()),
            };
            values.fields.push((*key, value));
            values.touched.push(*key);
        }
        values
    };
    let mut lines = String::new();
    for text in ["plain", "-x", "it's; $(ls) \"so\"", ""] {
        for action in ACTIONS {
            let id = match action.on {
                Kind::Permissions => "https://api.example plain".to_owned(),
                Kind::Consents => "ada plain".to_owned(),
                _ => if text.is_empty() { "plain" } else { text }.to_owned(),
            };
            let mut values = values(text);
            // Of a client every field is named; of a person those with an option.
            values.touched.retain(|key| match action.on {
                Kind::Clients => *key == "client_name",
                Kind::Users => key.starts_with("email") || *key == "username",
                _ => true,
            });
            let command = action.equal_command(&Target::new(action.on, id.as_str(), &*id), &values);
            if !command.contains('<') {
                lines.extend([command.as_str(), "\n"]);
            }
        }
    }
    crate::testing::assert_kept("commands.txt", &lines);
}

/// Every field that a command names.
const KEYS: &[&str] = &[
    "username",
    "full_name",
    "email",
    "email_verified",
    "role",
    "group",
    "factor",
    "client_name",
    "kind",
    "client_id",
    "redirect_uris",
    "scope_asked",
    "first_party",
    "identifier",
    "api",
    "api_name",
    "tells_roles",
    "tells_permissions",
    "permission",
    "permissions",
    "scope_name",
    "without_scope",
    "description",
    "mfa",
    "right",
    "user",
];
