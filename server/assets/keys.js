// Passkeys and security keys. Without this file all other ways to sign in work.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** What the server asks, as the browser takes it. */
function read(options) {
  const described = (key) => ({ ...key, id: toBytes(key.id) });
  const read = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) read.user = described(options.user);
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) read[list] = options[list].map(described);
  }
  return read;
}

/** What the browser answers, as the server takes it. */
function write(credential) {
  const { response } = credential;
  const written = {};
  const parts = [
    "clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle",
  ];
  for (const part of parts) {
    if (response[part]) written[part] = toText(response[part]);
  }
  if (response.getTransports) written.transports = response.getTransports();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response: written,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

/** Says no in words for the person. */
class Refused extends Error {
  constructor(code) {
    super(WORDS[code] ?? "It did not work. Try again, or take another way.");
    this.mayTryAgain = code === "not_accepted" || code === "challenge_ended";
  }
}

const WORDS = {
  challenge_ended: "It took too long. Try again.",
  interaction_ended: "This sign-in has ended. Go back to the application.",
  key_taken: "This key is here already.",
  model_not_allowed: "Keys of this model may not be used here.",
  not_accepted: "This key is not accepted here.",
  not_due: "This sign-in went on in another window. Load this page again.",
  sign_in_required: "Too much time has passed. Load this page again.",
};

async function post(url, body) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const document = await answer.json();
  if (answer.ok) return document;
  throw new Refused(document.code);
}

/** Why it did not work, in words for the person. */
function words(error) {
  if (error instanceof Refused) return error.message;
  if (error.name === "InvalidStateError") return "This key is here already.";
  if (error.name === "NotAllowedError") return "No key was used. Try again, or take another way.";
  if (error.name === "SecurityError") return "Keys cannot be used at this address.";
  return "It did not work. Try again, or take another way.";
}

// A question may be answered for five minutes; browsers do not end one that waits in a field, and
// are slow to wake a page that nobody looks at.
const RENEWAL_MS = 4 * 60 * 1000;
// How often a key that was not accepted may be followed by another one without a button.
const MOST_OFFERS = 5;

/** One place on a page where keys are used: a question's address, and buttons. */
class Place {
  constructor(element) {
    this.element = element;
    this.at = element.dataset.keysAt;
    this.problem = element.querySelector("[role=alert]");
    this.offers = MOST_OFFERS;
    element.hidden = false;
    for (const button of element.querySelectorAll("button[data-key]")) {
      button.addEventListener("click", () => this.press(button));
    }
  }

  say(text) {
    this.problem.textContent = text;
    this.problem.hidden = text === "";
  }

  /** Ends a question that waits in the user name field: a browser asks one at a time. */
  stopWaiting() {
    clearTimeout(this.renewal);
    this.waiting?.abort();
    this.waiting = undefined;
  }

  async press(button) {
    if (this.element.hasAttribute("data-busy")) return;
    this.element.setAttribute("data-busy", "");
    this.say("");
    this.stopWaiting();
    try {
      await (button.dataset.key === "show" ? this.show({}) : this.add(button.dataset.key));
    } catch (error) {
      this.say(words(error));
      this.offer();
    } finally {
      this.element.removeAttribute("data-busy");
    }
  }

  async show(how) {
    const { challenge, publicKey } = await post(`${this.at}/options`, {});
    const credential = await navigator.credentials.get({ publicKey: read(publicKey), ...how });
    clearTimeout(this.renewal);
    const remember = document.querySelector("[name=remember]")?.checked ?? false;
    this.goOn(await post(this.at, { challenge, credential: write(credential), remember }));
  }

  async add(kind) {
    const { challenge, publicKey } = await post(`${this.at}/options`, { kind });
    const credential = await navigator.credentials.create({ publicKey: read(publicKey) });
    const name = this.element.querySelector("[name=key-name]")?.value;
    this.goOn(await post(this.at, { challenge, kind, name, credential: write(credential) }));
  }

  /** Offers passkeys where the user name is typed, if the browser can (conditional UI). */
  async offer() {
    if (!this.element.hasAttribute("data-keys-offer")) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    this.stopWaiting();
    const waiting = new AbortController();
    this.waiting = waiting;
    this.renewal = setTimeout(() => this.offer(), RENEWAL_MS);
    try {
      await this.show({ mediation: "conditional", signal: waiting.signal });
    } catch (error) {
      if (waiting.signal.aborted) return;
      this.stopWaiting();
      this.say(words(error));
      // The next one that is chosen there may be the right one.
      if (error.mayTryAgain && --this.offers > 0) this.offer();
    }
  }

  goOn({ location, recovery_codes: codes }) {
    if (!codes?.length) {
      window.location.assign(location);
      return;
    }
    const shown = document.getElementById("codes-template").content.cloneNode(true);
    const list = shown.querySelector("ul");
    for (const code of codes) {
      const item = document.createElement("li");
      item.append(Object.assign(document.createElement("code"), { textContent: code }));
      list.append(item);
    }
    shown.querySelector("a").href = location;
    const main = document.querySelector("main");
    main.replaceChildren(shown);
    main.querySelector("h1").focus();
  }
}

if (window.PublicKeyCredential) {
  for (const element of document.querySelectorAll("[data-keys-at]")) new Place(element).offer();
}
