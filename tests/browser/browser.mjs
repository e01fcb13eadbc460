// People at their browsers, with keys.

import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const { ISSUER, SIGNET, CHROMIUM, REDIRECT_URI } = process.env;

export const issuer = ISSUER;

const chrome = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
});

// The client: what it is told is in the address.
const client = createServer((_, answer) => answer.end('back')).listen(new URL(REDIRECT_URI).port, 'localhost');

let number = 0;

/** Somebody with an account here, whom nobody else has met. */
export function person() {
  const username = `person${process.pid}x${number++}`;
  const password = `korrekt pferd ${username}`;
  const args = ['--json', 'user', 'add', username, '--password-stdin'];
  const { id } = JSON.parse(execFileSync(SIGNET, args, { input: `${password}\n` }));
  return { id, username, password };
}

/** What an operator does, and what the command answers. */
export const operator = (...args) => JSON.parse(execFileSync(SIGNET, ['--json', ...args]));

/** A code of an authenticator application, which was not written here. */
export function totp(seed, later = 0) {
  const moment = `@${Math.floor(Date.now() / 1000) + later * 30}`;
  const args = ['--totp', '--base32', '--now', moment, seed.replaceAll(' ', '')];
  return execFileSync('oathtool', args).toString().trim();
}

/** Where a client sends somebody. */
export function request(client = 'shop', more = {}) {
  const params = {
    client_id: client,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...more,
  };
  return `${ISSUER}/authorize?${new URLSearchParams(params)}`;
}

export const PASSKEY = {
  protocol: 'ctap2', transport: 'internal', hasResidentKey: true,
  hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
};
export const SECURITY_KEY = {
  protocol: 'ctap2', transport: 'usb', hasResidentKey: false,
  hasUserVerification: false, automaticPresenceSimulation: true,
};

/** A browser of its own, with an authenticator if it is given one. */
export async function browser(authenticator, options = {}) {
  const context = await chrome.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const authenticators = cdp;
  let authenticatorId;
  if (authenticator) {
    ({ authenticatorId } =
      await cdp.send('WebAuthn.addVirtualAuthenticator', { options: authenticator }));
  }
  return {
    page,
    context,
    /** Tells the authenticator something, by a command of the DevTools protocol. */
    tell: (command, more = {}) =>
      authenticators.send(`WebAuthn.${command}`, { authenticatorId, ...more }),
    keys: async () =>
      (await authenticators.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    /** Goes through the sign-in page with a password. */
    async logIn(url, { username, password }) {
      await page.goto(url);
      await page.fill('#username', username);
      await page.fill('#password', password);
      await page.click('#login-submit');
    },
    close: () => context.close(),
  };
}

/** The address that a client is told, once somebody is back there. */
export async function back(page) {
  await page.waitForURL(`${REDIRECT_URI}**`);
  return new URL(page.url()).searchParams;
}

let failed = 0;

/** One claim, in a browser of its own. */
export async function claim(name, authenticator, test, options = {}) {
  const visitor = await browser(authenticator, options);
  try {
    await test(visitor);
    console.log(`ok   browser ${name}`);
  } catch (error) {
    failed++;
    const said = await visitor.page.textContent('[role=alert]', { timeout: 500 }).catch(() => '');
    console.log(`FAIL browser ${name}\n${error.stack}\nat ${visitor.page.url()} ${said}`);
  } finally {
    await visitor.close();
  }
}

/** Ends the run; whoever started it learns whether all claims hold. */
export async function end() {
  await chrome.close();
  client.close();
  process.exitCode = failed ? 1 : 0;
}
