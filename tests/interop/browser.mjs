// A browser without a window: follows redirects, keeps cookies, fills in forms by the
// ids that the pages promise.

import { execFileSync } from 'node:child_process';

const decode = text => text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (_, dec, hex, name) =>
  name ? { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name] : String.fromCodePoint(dec ?? parseInt(hex, 16)));

const attribute = (tag, name) => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);
  return found && decode(found[1]);
};

export class Browser {
  #cookies = new Map();
  /** Of the person's authenticator application. */
  #seed;
  /** Codes work once: the first is that of the period before. */
  #period = -1;

  /** The next code, by a program that was not written here. */
  #code() {
    const moment = `@${Math.floor(Date.now() / 1000) + this.#period++ * 30}`;
    const seed = this.#seed.replaceAll(' ', '');
    return execFileSync('oathtool', ['--totp', '--base32', '--now', moment, seed]).toString().trim();
  }

  /** Forgets all cookies, as another browser of the same person. */
  forget() {
    this.#cookies.clear();
  }

  async #request(url, form) {
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form && new URLSearchParams(form),
      redirect: 'manual',
      headers: {
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form && { 'sec-fetch-site': 'same-origin' }),
      },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      const [name, value] = pair.split(/=(.*)/s);
      value ? this.#cookies.set(name, value) : this.#cookies.delete(name);
    }
    return answer;
  }

  /**
   * Goes to `url`, signs in and allows where asked, and gives the address it ends at, or,
   * where the answer is a form that a script would send, the request that this sends.
   */
  async signIn(url, username, password) {
    const origin = new URL(url).origin;
    let answer = await this.#request(url);
    for (let step = 0; step < 20; step++) {
      const location = answer.headers.get('location');
      if (location) {
        const next = new URL(location, url);
        if (next.origin !== origin) return next;
        answer = await this.#request(next);
        continue;
      }
      const page = await answer.text();
      const fields = {};
      for (const [tag] of page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
        fields[attribute(tag, 'name')] = attribute(tag, 'value');
      }
      const shown = /<code[^>]*id="totp-seed"[^>]*>([^<]*)</.exec(page);
      if (shown) this.#seed = shown[1];
      const next = /<a[^>]*id="continue"[^>]*href=[^>]*>/.exec(page);
      if (next) {
        answer = await this.#request(new URL(attribute(next[0], 'href'), url));
        continue;
      }
      const action = new URL(attribute(/<form[^>]*>/.exec(page)?.[0] ?? '', 'action') ?? '', url);
      if (page.includes('id="login-submit"')) {
        answer = await this.#request(action, { ...fields, username, password });
      } else if (shown || page.includes('id="code-submit"')) {
        answer = await this.#request(action, { ...fields, code: this.#code() });
      } else if (page.includes('id="consent-allow"')) {
        answer = await this.#request(action, { ...fields, decision: 'allow' });
      } else if (page.includes('id="form-post-submit"')) {
        return new Request(action, { method: 'POST', body: new URLSearchParams(fields) });
      } else {
        throw new Error(`a page that is neither: ${answer.status}\n${page}`);
      }
    }
    throw new Error('the sign-in does not end');
  }
}
