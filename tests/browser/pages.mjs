// Every page as somebody sees it who uses the keyboard alone, or has it read to them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { back, browser, claim, end, issuer, person, request, totp } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds on a page, at either width, in light and dark. */
async function inspect(page, name) {
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html)}`);
      assert.deepEqual(found, [], `${name} at ${width}, ${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(wide, false, `${name} is wider than ${width}`);
    }
  }
}

/** A visitor whose pages let axe-core in. */
async function guest() {
  return browser(undefined, { bypassCSP: true });
}

await claim('axe-core finds nothing on any page', undefined, async () => {
  const visitor = await guest();
  const { page } = visitor;
  const ada = person();
  await page.goto(request('bank'));
  await page.waitForSelector('#passkey:visible');
  await inspect(page, 'sign-in');
  await page.fill('#username', ada.username);
  await page.fill('#password', 'a wrong password');
  await page.click('#login-submit');
  await inspect(page, 'sign-in with a wrong password');
  await page.fill('#password', ada.password);
  await page.click('#login-submit');
  await page.waitForSelector('#enrol-submit');
  await page.click('summary');
  await inspect(page, 'enrolment');
  const seed = await page.textContent('#totp-seed');
  await page.fill('#code', '000000');
  await page.click('#enrol-submit');
  await inspect(page, 'enrolment with a wrong code');
  await page.fill('#code', totp(seed, -1));
  await page.click('#enrol-submit');
  await page.waitForSelector('#recovery-codes');
  await inspect(page, 'recovery codes');
  await page.click('#continue');
  await page.waitForSelector('#consent-allow');
  await inspect(page, 'consent');
  await page.click('#consent-allow');
  await back(page);

  for (const path of [
    '', '/profile', '/password', '/factors', '/factors/totp', '/sessions', '/applications',
    '/history',
  ]) {
    await page.goto(`${issuer}/account${path}`);
    for (const summary of await page.$$('summary')) await summary.click();
    await inspect(page, `account${path}`);
  }
  await page.goto(`${issuer}/account/profile`);
  await page.fill('#birthdate', 'yesterday');
  await page.click('#profile-submit');
  await inspect(page, 'a profile that cannot be');
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
  await page.click('#use-recovery');
  await inspect(page, 'recovery code');
  await visitor.close();
});

await claim('a whole sign-in goes by the keyboard alone', undefined, async visitor => {
  const { page } = visitor;
  const ada = person();
  const { keyboard } = page;
  const focused = () => page.evaluate(() => document.activeElement?.id);
  const tabTo = async id => {
    for (let step = 0; step < 30 && (await focused()) !== id; step++) await keyboard.press('Tab');
    assert.equal(await focused(), id);
  };
  await page.goto(request('bank'));
  assert.equal(await focused(), 'username');
  await keyboard.type(ada.username);
  await tabTo('password');
  await keyboard.type(ada.password);
  await keyboard.press('Enter');
  await page.waitForSelector('#enrol-submit');
  const seed = await page.textContent('#totp-seed');
  await tabTo('code');
  await keyboard.type(totp(seed, -1));
  await keyboard.press('Enter');
  await page.waitForSelector('#recovery-codes');
  await tabTo('continue');
  await keyboard.press('Enter');
  await page.waitForSelector('#consent-allow');
  await tabTo('consent-allow');
  await keyboard.press('Enter');
  assert.ok((await back(page)).get('code'));

  // And with the second factor, from a browser without scripts.
  const plain = await browser(undefined, { javaScriptEnabled: false });
  await plain.logIn(request('bank'), ada);
  await plain.page.fill('#code', totp(seed, 0));
  await plain.page.click('#code-submit');
  assert.ok((await back(plain.page)).get('code'));
  await plain.close();
});

await end();
