// Passkeys and security keys, as people use them and as others would like to.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import {
  PASSKEY, SECURITY_KEY, back, claim, end, issuer, operator, person, request,
} from './browser.mjs';

const { RELATED } = process.env;
const ACCOUNT = `${issuer}/account/factors`;

/** Adds a key on the account page of somebody who just signed in there. */
async function enrol(visitor, who, button) {
  const { page } = visitor;
  await visitor.logIn(ACCOUNT, who);
  await page.click(button);
  await page.click('#continue');
  await page.waitForSelector('.thing');
  await page.goto(`${issuer}/logout`);
  await page.click('#logout-confirm');
  await page.waitForSelector('h1:has-text("You are signed out")');
}

const quiet = visitor => visitor.tell('setAutomaticPresenceSimulation', { enabled: false });
const awake = visitor => visitor.tell('setAutomaticPresenceSimulation', { enabled: true });

/** Keeps the first that the page's script sends to this address, and does not send it. */
async function catches(page, ending) {
  const caught = {};
  caught.sent = new Promise(resolve => { caught.keep = resolve; });
  await page.route(`**/${ending}`, route => {
    caught.keep({ url: route.request().url(), body: route.request().postData() });
    return route.abort();
  });
  return caught;
}

/** Sends from the page what a script of ours would send. */
const send = (page, { url, body }) => page.evaluate(async ([url, body]) => {
  const answer = await fetch(url, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body,
  });
  return { status: answer.status, ...(await answer.json()) };
}, [url, body]);

const failures = () => operator('audit', 'list', '--limit', '3').map(event => event.detail);

/** The address of the step that this page is at. */
const keyUrl = (page, more) => page.evaluate(
  more => {
    const { keysAt } = document.querySelector('[data-keys-at]').dataset;
    return new URL(more ? `${keysAt}/${more}` : keysAt, location.href).href;
  },
  more,
);

/** Signs on a page, whichever it is, and gives the answer as JSON. */
const sign = (page, options) => page.evaluate(async options => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}, options);

await claim('a passkey signs in without a typed name', PASSKEY, async visitor => {
  const { page } = visitor;
  const ada = person();
  await enrol(visitor, ada, '#add-passkey');
  const [key] = await visitor.keys();
  assert.equal(key.isResidentCredential, true);
  assert.equal(key.rpId, 'localhost');
  await quiet(visitor);
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  await awake(visitor);
  await page.click('#passkey');
  await page.click('#consent-allow');
  assert.ok((await back(page)).get('code'));
  const { factors } = operator('user', 'factors', 'list', ada.username);
  assert.equal(factors[0].kind, 'passkey');
  assert.ok(factors[0].last_used_at);
  const [event] = operator('audit', 'list').filter(each => each.action === 'login.succeeded');
  assert.equal(event.user_id, ada.id);
  assert.equal(event.detail, 'passkey');
});

await claim('a passkey is offered where the user name is typed', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  await page.goto(request());
  // Nobody presses anything: the browser's own list is answered.
  await page.waitForSelector('#consent-allow');
});

await claim('a passkey is enough where a second factor is required', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  await page.goto(request('bank', { acr_values: 'phishing-resistant' }));
  await page.click('#consent-allow');
  assert.ok((await back(page)).get('code'));
});

await claim('a security key is the second step after a password', SECURITY_KEY, async visitor => {
  const { page } = visitor;
  const ada = person();
  await enrol(visitor, ada, '#add-security-key');
  await visitor.logIn(request(), ada);
  await page.waitForSelector('#use-key:visible');
  await page.click('#use-key');
  await page.waitForSelector('#consent-allow');
  assert.equal(operator('user', 'factors', 'list', ada.username).factors[0].kind, 'security-key');
});

await claim('a security key opens nothing without a password', SECURITY_KEY, async visitor => {
  const { page } = visitor;
  const ada = person();
  await enrol(visitor, ada, '#add-security-key');
  const [{ credentialId }] = await visitor.keys();
  const id = credentialId.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  const asked = await send(page, { url: await keyUrl(page, 'options'), body: '{}' });
  const allowCredentials = [{ type: 'public-key', id }];
  const options = { ...asked.publicKey, allowCredentials, userVerification: 'discouraged' };
  const credential = await sign(page, options);
  credential.response.userHandle =
    Buffer.from(ada.id.replaceAll('-', ''), 'hex').toString('base64url');
  const url = await keyUrl(page);
  const body = JSON.stringify({ challenge: asked.challenge, credential });
  assert.equal((await send(page, { url, body })).code, 'not_accepted');
});

await claim('a removed passkey is not accepted', PASSKEY, async visitor => {
  const { page } = visitor;
  const eve = person();
  await enrol(visitor, eve, '#add-passkey');
  const { factors } = operator('user', 'factors', 'list', eve.username);
  operator('user', 'factors', 'remove', eve.username, factors[0].id);
  await page.goto(request());
  await page.waitForSelector('#key-problem:visible');
  assert.match(await page.textContent('#key-problem'), /not accepted/);
  assert.ok(failures().includes('wrong_answer'));
});

await claim('whoever needs a factor enrols a passkey while signing in', PASSKEY, async visitor => {
  const { page } = visitor;
  await visitor.logIn(request('bank'), person());
  await page.click('#add-passkey');
  await page.waitForSelector('#recovery-codes code');
  const codes = await page.$$eval('#recovery-codes code', all => all.map(each => each.textContent));
  assert.equal(codes.length, 10);
  await page.click('#continue');
  await page.click('#consent-allow');
  assert.ok((await back(page)).get('code'));
});

await claim('a person who cancels is told and takes another way', PASSKEY, async visitor => {
  const { page } = visitor;
  const ada = person();
  await enrol(visitor, ada, '#add-passkey');
  await quiet(visitor);
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  await visitor.tell('setUserVerified', { isUserVerified: false });
  await awake(visitor);
  await page.click('#passkey');
  await page.waitForSelector('#key-problem:visible');
  assert.match(await page.textContent('#key-problem'), /No key was used/);
  await page.fill('#username', ada.username);
  await page.fill('#password', ada.password);
  await page.click('#login-submit');
  // The password is only the first step for somebody with a key.
  await visitor.tell('setUserVerified', { isUserVerified: true });
  await page.click('#use-key');
  await page.waitForSelector('#consent-allow');
});

await claim('a removed key is not accepted', SECURITY_KEY, async visitor => {
  const { page } = visitor;
  const ada = person();
  await enrol(visitor, ada, '#add-security-key');
  const [removed] = await visitor.keys();
  // With another key the step stays due when this one is gone.
  await visitor.tell('clearCredentials');
  await page.context().clearCookies();
  const [{ id }] = operator('user', 'factors', 'list', ada.username).factors;
  operator('user', 'factors', 'remove', ada.username, id);
  await enrol(visitor, ada, '#add-security-key');
  await visitor.tell('addCredential', { credential: removed });
  await visitor.logIn(request(), ada);
  await page.waitForSelector('#use-key:visible');
  const asked = await send(page, { url: await keyUrl(page, 'options'), body: '{}' });
  const [wanted] = asked.publicKey.allowCredentials;
  const its = removed.credentialId.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  assert.notEqual(wanted.id, its);
  const credential =
    await sign(page, { ...asked.publicKey, allowCredentials: [{ ...wanted, id: its }] });
  const body = JSON.stringify({ challenge: asked.challenge, credential });
  const answer = await send(page, { url: await keyUrl(page), body });
  assert.equal(answer.status, 403);
  assert.equal(answer.code, 'not_accepted');
});

await claim("another person's key is not accepted", PASSKEY, async visitor => {
  const { page } = visitor;
  const [ada, eve] = [person(), person()];
  await enrol(visitor, ada, '#add-passkey');
  const [adas] = await visitor.keys();
  await visitor.tell('clearCredentials');
  await enrol(visitor, eve, '#add-passkey');
  await quiet(visitor);

  // As ada's second step.
  await visitor.logIn(request(), ada);
  await page.waitForSelector('#use-key:visible');
  await awake(visitor);
  let asked = await send(page, { url: await keyUrl(page, 'options'), body: '{}' });
  let credential = await sign(page, { ...asked.publicKey, allowCredentials: [] });
  let url = await keyUrl(page);
  let body = JSON.stringify({ challenge: asked.challenge, credential });
  assert.equal((await send(page, { url, body })).status, 403);

  // As ada's passkey: what a browser says of the owner is not signed.
  await page.context().clearCookies();
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  asked = await send(page, { url: await keyUrl(page, 'options'), body: '{}' });
  credential = await sign(page, asked.publicKey);
  credential.response.userHandle = adas.userHandle
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  url = await keyUrl(page);
  body = JSON.stringify({ challenge: asked.challenge, credential });
  assert.equal((await send(page, { url, body })).code, 'not_accepted');
});

await claim('an assertion counts once, however many present it', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  const caught = await catches(page, 'passkey');
  await page.goto(request());
  const sent = await caught.sent;
  await page.unroute('**/passkey');
  const statuses = await page.evaluate(async ({ url, body }) => {
    const headers = { 'content-type': 'application/json' };
    const all = Array.from({ length: 16 }, () => fetch(url, { method: 'POST', headers, body }));
    return (await Promise.all(all)).map(answer => answer.status);
  }, sent);
  assert.equal(statuses.filter(status => status === 200).length, 1, `${statuses}`);
  // Nor later, nor in another sign-in.
  assert.notEqual((await send(page, sent)).status, 200);
  await page.context().clearCookies();
  await quiet(visitor);
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  const replayed = await send(page, { url: await keyUrl(page), body: sent.body });
  assert.equal(replayed.code, 'challenge_ended');
});

await claim('an assertion made for another site is not accepted', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  await quiet(visitor);
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  const asked = await send(page, { url: await keyUrl(page, 'options'), body: '{}' });
  const url = await keyUrl(page);

  // The same host, which the key is bound to, and another port: another origin.
  const elsewhere = createServer((_, answer) => answer.end('<h1>elsewhere</h1>'));
  await new Promise(resolve => elsewhere.listen(0, 'localhost', resolve));
  const here = page.url();
  await page.goto(`http://localhost:${elsewhere.address().port}/`);
  await awake(visitor);
  const credential = await sign(page, asked.publicKey);
  await quiet(visitor);
  await page.goto(here);
  elsewhere.close();
  const body = JSON.stringify({ challenge: asked.challenge, credential });
  assert.equal((await send(page, { url, body })).code, 'not_accepted');
});

await claim('an assertion made at a site that was named is accepted', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  await quiet(visitor);
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  const asked = await send(page, { url: await keyUrl(page, 'options'), body: '{}' });
  const url = await keyUrl(page);
  const related = createServer((_, answer) => answer.end('<h1>related</h1>'));
  await new Promise(resolve => related.listen(new URL(RELATED).port, 'localhost', resolve));
  const here = page.url();
  await page.goto(RELATED);
  await awake(visitor);
  const credential = await sign(page, asked.publicKey);
  await quiet(visitor);
  await page.goto(here);
  related.close();
  const body = JSON.stringify({ challenge: asked.challenge, credential });
  const { status, location } = await send(page, { url, body });
  assert.equal(status, 200);
  await page.goto(location);
  await page.waitForSelector('#consent-allow');
});

await claim('a passkey is offered however long a page stands open', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  await quiet(visitor);
  const challenges = [];
  // Read before the page has it: once the page has gone on, its answers cannot be read.
  await page.route('**/passkey/options', async route => {
    const response = await route.fetch();
    challenges.push((await response.json()).challenge);
    await route.fulfill({ response });
  });
  await page.clock.install();
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  const sent = page.waitForRequest('**/passkey');
  const asked = async number => {
    while (challenges.length < number) await new Promise(resolve => setTimeout(resolve, 50));
  };
  for (const number of [1, 2, 3]) {
    await asked(number);
    // The last question is answered, as somebody comes back to the page.
    if (number === 3) await awake(visitor);
    await page.clock.fastForward('04:10');
  }
  const { challenge } = (await sent).postDataJSON();
  await asked(4);
  assert.equal(challenges.indexOf(challenge), 3);
  await page.waitForSelector('#consent-allow');
});

await claim('after a key that is not accepted another one is offered', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  const [key] = await visitor.keys();
  await visitor.tell('clearCredentials');
  const credentialId = Buffer.from('somebody else made this key').toString('base64');
  await visitor.tell('addCredential', { credential: { ...key, credentialId } });
  const refused = page.waitForResponse(
    answer => answer.url().endsWith('/passkey') && answer.status() === 403,
  );
  const again = refused.then(() => page.waitForRequest('**/passkey/options'));
  await page.goto(request());
  await again;
});

await claim('a copied key that counts behind is not accepted', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  const [before] = await visitor.keys();
  await page.goto(request());
  await page.waitForSelector('#consent-allow');
  await visitor.tell('clearCredentials');
  await visitor.tell('addCredential', { credential: { ...before, signCount: 0 } });
  await page.context().clearCookies();
  // It counts on with each question, so only the first answer is looked at.
  const answered = page.waitForResponse(answer => answer.url().endsWith('/passkey'));
  await page.goto(request());
  assert.equal((await answered).status(), 403);
  assert.ok(failures().includes('cloned_key'), `${failures()}`);
});

await claim('a key that may not be copied cannot become one that may', PASSKEY, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  const [{ credentialId }] = await visitor.keys();
  // Whether it may be copied is settled when it is made (§6.1.3).
  await visitor.tell('setCredentialProperties', { credentialId, backupEligibility: true });
  await page.goto(request());
  await page.waitForSelector('#key-problem:visible');
  assert.ok(failures().includes('wrong_answer'), `${failures()}`);
  // The page offers keys again by itself; what it is answered now is not what is tried.
  await page.goto('about:blank');
  await visitor.tell('setCredentialProperties', { credentialId, backupEligibility: false });
  await page.goto(request());
  await page.waitForSelector('#consent-allow');
});

const SYNCED = { ...PASSKEY, defaultBackupEligibility: true };

await claim('a key that was copied meanwhile, and may be, is accepted', SYNCED, async visitor => {
  const { page } = visitor;
  await enrol(visitor, person(), '#add-passkey');
  const [{ credentialId }] = await visitor.keys();
  await visitor.tell('setCredentialProperties', { credentialId, backupState: true });
  await page.goto(request());
  await page.waitForSelector('#consent-allow');
});

await claim('an unknown key is not accepted', PASSKEY, async visitor => {
  const { page } = visitor;
  const ada = person();
  await enrol(visitor, ada, '#add-passkey');
  const [key] = await visitor.keys();
  await visitor.tell('clearCredentials');
  const credentialId = Buffer.from('somebody else made this key').toString('base64');
  await visitor.tell('addCredential', { credential: { ...key, credentialId } });
  await page.goto(request());
  await page.waitForSelector('#key-problem:visible');
  assert.match(await page.textContent('#key-problem'), /not accepted/);
});

await claim('one authenticator holds one key of a person', PASSKEY, async visitor => {
  const { page } = visitor;
  await visitor.logIn(ACCOUNT, person());
  await page.click('#add-passkey');
  await page.click('#continue');
  await page.waitForSelector('.thing');
  await page.click('#add-passkey');
  await page.waitForSelector('#key-problem:visible');
  assert.match(await page.textContent('#key-problem'), /here already/);
});

await end();
