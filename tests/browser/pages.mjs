// Every page that people see.

import assert from 'node:assert/strict';
import {
  PASSKEY, SECURITY_KEY, back, browser, claim, end, issuer, operator, person, request, totp,
} from './browser.mjs';
import { guest, inspect } from './look.mjs';

const ACCOUNT = `${issuer}/account`;
const STRONG = JSON.stringify({
  id_token: { acr: { essential: true, values: ['phishing-resistant'] } },
});

const submit = async (page, fields, button) => {
  for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value);
  await page.click(button);
  await page.waitForLoadState();
};

/** No passkey is offered in the field of the user name: nobody presses anything by themselves. */
const offersNone = page => page.addInitScript(() => {
  PublicKeyCredential.isConditionalMediationAvailable = async () => false;
});

/** Adds an application that makes codes on the page of the account; gives its seed. */
async function addTotp(page) {
  await page.goto(`${ACCOUNT}/factors/totp`);
  const seed = await page.textContent('#totp-seed');
  await submit(page, { code: totp(seed, -1) }, '#enrol-submit');
  return seed;
}

await claim('axe-core finds nothing on the pages of a sign-in', undefined, async () => {
  const visitor = await guest();
  const { page } = visitor;
  const ada = person();
  await page.goto(request('bank'));
  await page.waitForSelector('#passkey:visible');
  await inspect(page, 'sign-in');
  await submit(page, { username: ada.username, password: 'a wrong password' }, '#login-submit');
  await inspect(page, 'sign-in with a wrong password');
  await submit(page, { password: ada.password }, '#login-submit');
  await page.click('summary');
  await inspect(page, 'enrolment');
  const seed = await page.textContent('#totp-seed');
  await submit(page, { code: '000000' }, '#enrol-submit');
  await inspect(page, 'enrolment with a wrong code');
  await submit(page, { code: totp(seed, -1) }, '#enrol-submit');
  await inspect(page, 'recovery codes');
  await page.click('#continue');
  await page.waitForSelector('#consent-allow');
  await inspect(page, 'consent');
  await page.click('#consent-allow');
  await back(page);
  for (const [path, name] of [
    ['/', 'home'], ['/logout', 'sign-out'], ['/login', 'an error'], ['/nowhere', 'nowhere'],
  ]) {
    await page.goto(issuer + path);
    await inspect(page, name);
  }
  await page.goto(`${issuer}/logout`);
  await page.click('#logout-confirm');
  await inspect(page, 'signed out');
  await page.goto(issuer);
  await inspect(page, 'home of nobody');

  await visitor.logIn(request(), ada);
  await page.waitForSelector('#code');
  await inspect(page, 'second factor');
  await submit(page, { code: '000000' }, '#code-submit');
  await inspect(page, 'second factor with a wrong code');
  await page.click('#use-recovery');
  await inspect(page, 'recovery code');
  await page.click('#use-totp');
  await submit(page, { code: totp(seed) }, '#code-submit');
  await page.click('#consent-allow');
  await back(page);
  await page.goto(request('shop', { scope: 'openid profile email', prompt: 'consent' }));
  await inspect(page, 'consent to more than before');
  // The page that sends itself back, as somebody sees it whose script does not come.
  await page.route('**/form-post.js*', route => route.abort());
  await page.goto(request('shop', { response_mode: 'form_post' }));
  await page.waitForSelector('#form-post-submit');
  await inspect(page, 'going back');
  await visitor.close();
});

await claim('axe-core finds nothing where one has to wait', undefined, async () => {
  const visitor = await guest();
  const { page } = visitor;
  const ada = person();
  await page.goto(request());
  for (let number = 0; number < 6; number++) {
    await submit(page, { username: ada.username, password: 'a wrong one' }, '#login-submit');
  }
  assert.match(await page.textContent('#login-notice'), /too many attempts/);
  await inspect(page, 'sign-in that has to wait');

  const eve = person();
  await visitor.logIn(request('bank'), eve);
  const seed = await page.textContent('#totp-seed');
  await submit(page, { code: totp(seed, -1) }, '#enrol-submit');
  const thief = await guest();
  await thief.logIn(request('bank'), eve);
  await thief.page.waitForSelector('#code-submit');
  for (let number = 0; number < 6; number++) {
    await submit(thief.page, { code: '000000' }, '#code-submit');
  }
  assert.match(await thief.page.textContent('#code-notice'), /too many attempts/);
  await inspect(thief.page, 'second factor that has to wait');
  await thief.close();
  await visitor.close();
});

await claim('axe-core finds nothing where keys are used', undefined, async () => {
  const visitor = await guest(PASSKEY);
  const { page } = visitor;
  await offersNone(page);
  const ada = person();
  await visitor.logIn(request('shop', { claims: STRONG }), ada);
  await page.waitForSelector('#add-passkey:visible');
  await inspect(page, 'enrolment of keys alone');
  await visitor.tell('setUserVerified', { isUserVerified: false });
  await page.click('#add-passkey');
  await page.waitForSelector('#key-problem:visible');
  await inspect(page, 'enrolment of a key that did not work');
  await visitor.tell('setUserVerified', { isUserVerified: true });
  await page.click('#add-passkey');
  await page.waitForSelector('#recovery-codes code');
  await inspect(page, 'recovery codes by the script');
  await page.click('#continue');
  await page.click('#consent-allow');
  await back(page);

  await page.context().clearCookies();
  await visitor.logIn(request(), ada);
  await page.waitForSelector('#use-key:visible');
  await inspect(page, 'second factor with a key and a recovery code');
  await page.goto(request('shop', { claims: STRONG }));
  await page.waitForSelector('#use-key:visible');
  await inspect(page, 'second factor with a key alone');
  await page.click('#use-key');
  await back(page);
  await addTotp(page);
  await page.context().clearCookies();
  await visitor.logIn(request(), ada);
  await page.waitForSelector('#use-key:visible');
  await inspect(page, 'second factor with a key and an application');
  await visitor.tell('setUserVerified', { isUserVerified: false });
  await visitor.tell('clearCredentials');
  await page.click('#use-key');
  await page.waitForSelector('#key-problem:visible');
  await inspect(page, 'second factor with a key that did not work');

  await page.context().clearCookies();
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  await page.click('#passkey');
  await page.waitForSelector('#key-problem:visible');
  await inspect(page, 'sign-in with a passkey that did not work');
  await visitor.close();
});

await claim('axe-core finds nothing where an application says who it is', undefined, async () => {
  const visitor = await guest();
  const { page } = visitor;
  const ada = person();
  await page.goto(request('linked'));
  await inspect(page, 'sign-in for an application with links');
  await visitor.logIn(request('linked', { scope: 'openid profile email address phone offline_access' }), ada);
  await page.waitForSelector('#consent-allow');
  await inspect(page, 'consent to an application with links');
  await visitor.close();
});

await claim('axe-core finds nothing on the pages of an account', undefined, async () => {
  const visitor = await guest();
  const { page } = visitor;
  const ada = person();
  await visitor.logIn(`${ACCOUNT}/applications`, ada);
  await page.waitForSelector('#no-applications');
  await inspect(page, 'account applications, none');
  for (const path of ['/factors', '/sessions']) {
    await page.goto(ACCOUNT + path);
    await inspect(page, `account${path}, none`);
  }
  // Somewhere else, and in the history.
  const other = await browser(undefined);
  await other.logIn(request('shop'), ada);
  await other.page.click('#consent-allow');
  await back(other.page);

  for (const path of [
    '', '/profile', '/password', '/factors/totp', '/sessions', '/applications', '/history',
  ]) {
    await page.goto(ACCOUNT + path);
    for (const summary of await page.$$('summary')) await summary.click();
    await inspect(page, `account${path}`);
  }
  await page.goto(`${ACCOUNT}/profile`);
  await submit(page, { birthdate: 'yesterday' }, '#profile-submit');
  await inspect(page, 'account profile that cannot be');
  await submit(page, { birthdate: '1815-12-10' }, '#profile-submit');
  await inspect(page, 'account profile saved');
  await page.goto(`${ACCOUNT}/password`);
  await submit(page, { password: 'short' }, '#password-submit');
  await inspect(page, 'account password that is too short');
  await submit(page, { password: 'vier elefanten im regen' }, '#password-submit');
  await inspect(page, 'account password changed');
  ada.password = 'vier elefanten im regen';

  const again = await browser(undefined);
  await again.logIn(`${ACCOUNT}/sessions`, ada);
  await page.goto(`${ACCOUNT}/sessions`);
  await page.click('#end-others');
  await page.waitForSelector('#done');
  await inspect(page, 'account sessions ended');
  await page.goto(`${ACCOUNT}/applications`);
  await page.click('#withdraw-shop');
  await page.waitForSelector('#done');
  await inspect(page, 'account applications withdrawn');
  await visitor.close();
});

await claim('axe-core finds nothing on the page of second factors', undefined, async () => {
  const visitor = await guest(SECURITY_KEY);
  const { page } = visitor;
  const ada = person();
  await visitor.logIn(ACCOUNT, ada);
  await page.goto(`${ACCOUNT}/factors/totp`);
  await submit(page, { code: '000000' }, '#enrol-submit');
  await page.click('summary');
  await inspect(page, 'account totp with a wrong code');
  const seed = await addTotp(page);
  await page.click('#continue');
  const other = await browser(undefined);
  await other.logIn(request('bank'), ada);
  await other.page.check('#remember');
  await submit(other.page, { code: totp(seed) }, '#code-submit');

  await page.goto(`${ACCOUNT}/factors`);
  await page.waitForSelector('#add-security-key:visible');
  await page.click('summary');
  await inspect(page, 'account factors and a remembered browser');
  await page.fill('#key-name', 'Blue key');
  await page.click('#add-security-key');
  await page.waitForSelector('#done');
  assert.match(await page.textContent('main'), /Blue key/);
  await inspect(page, 'account factors, one added');
  await page.click('#add-security-key');
  await page.waitForSelector('#key-problem:visible');
  await inspect(page, 'account factors and a key that is here already');
  const { factors } = operator('user', 'factors', 'list', ada.username);
  assert.deepEqual(factors.map(factor => factor.name).sort(), ['Authenticator app', 'Blue key']);
  const [{ id }, key] = factors;
  await page.click(`details:has(#rename-${id}) summary`);
  await submit(page, { [`name-${id}`]: 'Phone' }, `#rename-${id}`);
  await inspect(page, 'account factors, one renamed');
  await page.click('#forget-browsers');
  await page.waitForSelector('#done');
  await inspect(page, 'account browsers forgotten');
  await page.click(`details:has(#remove-${id}) summary`);
  await page.click(`#remove-${id}`);
  await page.waitForSelector('#done');
  await inspect(page, 'account factors, one removed');
  await page.goto(`${ACCOUNT}/password`);
  await submit(page, { password: 'vK2#pq9!xR' }, '#password-submit');
  await page.goto(`${ACCOUNT}/factors`);
  await page.click(`details:has(#remove-${key.id}) summary`);
  await page.click(`#remove-${key.id}`);
  await page.waitForSelector('#problem');
  await inspect(page, 'account factors, the last one is needed');
  await visitor.close();
});

await end();
