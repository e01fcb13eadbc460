// Comfort only: every page works without this file.

// Longer than any answer should take; after it, the person may try again.
const PATIENCE_MS = 10_000;

/** Adds the button that shows what is being typed as a password. */
function addPasswordToggle(input) {
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "reveal";
  toggle.setAttribute("aria-controls", input.id);

  const show = (visible) => {
    input.type = visible ? "text" : "password";
    toggle.textContent = visible ? "Hide" : "Show";
    toggle.setAttribute("aria-label", visible ? "Hide password" : "Show password");
  };
  // The cursor stays where the person is typing.
  toggle.addEventListener("mousedown", (event) => event.preventDefault());
  toggle.addEventListener("click", () => {
    const { selectionStart, selectionEnd } = input;
    show(input.type === "password");
    if (document.activeElement === input) input.setSelectionRange(selectionStart, selectionEnd);
  });
  // A browser remembers what was typed into a text field, so it must not be one when it is sent.
  input.form.addEventListener("submit", () => show(false));

  show(false);
  input.after(toggle);
  input.parentElement.classList.add("has-reveal");
}

/** Says so while Caps Lock is on, the commonest reason for a wrong password. */
function addCapsLockHint(input) {
  const hint = document.createElement("p");
  hint.className = "field-hint";
  hint.setAttribute("role", "status");
  input.closest(".field").append(hint);

  const update = (event) => {
    // Autofill sends key events that are no KeyboardEvent.
    if (typeof event.getModifierState !== "function") return;
    hint.textContent = event.getModifierState("CapsLock") ? "Caps Lock is on." : "";
  };
  input.addEventListener("keydown", update);
  input.addEventListener("keyup", update);
  input.addEventListener("blur", () => {
    hint.textContent = "";
  });
}

/** Lets a form be sent once, until its answer is here or does not come. */
function sendOnce(form) {
  let timer;
  const setBusy = (busy) => {
    clearTimeout(timer);
    form.toggleAttribute("data-busy", busy);
    for (const button of form.querySelectorAll("button[type=submit]")) {
      // Not `disabled`: that would take the focus away and leave the button's value out.
      if (busy) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  };

  form.addEventListener("submit", (event) => {
    if (form.hasAttribute("data-busy")) {
      event.preventDefault();
      return;
    }
    event.submitter?.setAttribute("data-pressed", "");
    setBusy(true);
    timer = setTimeout(() => setBusy(false), PATIENCE_MS);
  });
  // The browser's Back button brings the page as it was left.
  addEventListener("pageshow", () => {
    setBusy(false);
    for (const button of form.querySelectorAll("[data-pressed]")) {
      button.removeAttribute("data-pressed");
    }
  });
}

for (const input of document.querySelectorAll(".secret > input")) {
  addPasswordToggle(input);
  addCapsLockHint(input);
}
for (const form of document.querySelectorAll("form")) sendOnce(form);
