// People who use the keyboard alone, and people without scripts.

import assert from 'node:assert/strict';
import {
  PASSKEY, SECURITY_KEY, back, browser, claim, end, issuer, operator, person, request, totp,
} from './browser.mjs';

const ACCOUNT = `${issuer}/account`;

/** Hands on a page. */
function hands(page) {
  const { keyboard } = page;
  const focused = () => page.evaluate(() => document.activeElement?.id);
  const tabTo = async id => {
    for (let step = 0; step < 60 && (await focused()) !== id; step++) await keyboard.press('Tab');
    assert.equal(await focused(), id);
  };
  const enter = async id => {
    await tabTo(id);
    await keyboard.press('Enter');
  };
  /** Opens what is folded away around an element, at whose summary no id stands. */
  const unfold = async id => {
    const isThere = () => page.evaluate(
      id => document.activeElement?.matches(`details:has(#${CSS.escape(id)}) > summary`), id,
    );
    for (let step = 0; step < 60 && !(await isThere()); step++) await keyboard.press('Tab');
    assert.ok(await isThere(), `nothing unfolds ${id}`);
    await keyboard.press('Enter');
  };
  const type = async (id, text) => {
    await tabTo(id);
    await keyboard.press('Control+A');
    await keyboard.type(text);
  };
  return { focused, tabTo, enter, unfold, type };
}

/** Where the cursor is can be seen. */
const isSeen = page => page.evaluate(() => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
  return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
});

const NO_SCRIPTS = { javaScriptEnabled: false };

/** No passkey is offered in the field of the user name. */
const offersNone = page => page.addInitScript(() => {
  PublicKeyCredential.isConditionalMediationAvailable = async () => false;
});

await claim('a whole sign-in goes by the keyboard alone', undefined, async visitor => {
  const { page } = visitor;
  const ada = person();
  const { focused, enter, type } = hands(page);
  await page.goto(request('bank'));
  assert.equal(await focused(), 'username');
  await type('username', ada.username);
  assert.ok(await isSeen(page));
  await type('password', ada.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#enrol-submit');
  const seed = await page.textContent('#totp-seed');
  await type('code', totp(seed, -1));
  await page.keyboard.press('Enter');
  await page.waitForSelector('#recovery-codes');
  await enter('continue');
  await page.waitForSelector('#consent-allow');
  await enter('consent-allow');
  assert.ok((await back(page)).get('code'));

  // And with the second factor, once by a code and once by a recovery code.
  await page.context().clearCookies();
  await page.goto(request('bank'));
  await type('username', ada.username);
  await type('password', ada.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#code-submit');
  assert.equal(await focused(), 'code');
  await page.keyboard.type('000000');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#code-notice');
  await enter('use-recovery');
  await page.waitForSelector('#use-totp');
  await enter('use-totp');
  await page.waitForSelector('#use-recovery');
  await type('code', totp(seed));
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'remember');
  await page.keyboard.press('Space');
  assert.ok(await page.isChecked('#remember'));
  await enter('code-submit');
  assert.ok((await back(page)).get('code'));

  // From a browser without scripts.
  const plain = await browser(undefined, NO_SCRIPTS);
  await plain.logIn(request('bank'), ada);
  await plain.page.fill('#code', totp(seed, 1));
  await plain.page.click('#code-submit');
  assert.ok((await back(plain.page)).get('code'));
  await plain.close();
});

await claim('keys are added and used by the keyboard alone', PASSKEY, async visitor => {
  const { page } = visitor;
  await offersNone(page);
  const ada = person();
  const { focused, enter, type } = hands(page);
  await visitor.logIn(request('bank'), ada);
  await page.waitForSelector('#add-passkey:visible');
  await type('key-name', 'My laptop');
  await enter('add-passkey');
  await page.waitForSelector('#recovery-codes code');
  assert.ok(await page.evaluate(() => document.activeElement.matches('h1')), 'they are read out');
  await enter('continue');
  await page.waitForSelector('#consent-allow');
  await enter('consent-allow');
  await back(page);
  assert.equal(operator('user', 'factors', 'list', ada.username).factors[0].name, 'My laptop');

  await page.context().clearCookies();
  await page.goto(request());
  await page.waitForSelector('#passkey:visible');
  assert.equal(await focused(), 'username');
  await enter('passkey');
  await page.waitForSelector('#consent-allow');
  await enter('consent-deny');
  await back(page);

  // After a password; and not again in this browser.
  await page.context().clearCookies();
  await visitor.logIn(request(), ada);
  await page.waitForSelector('#use-key:visible');
  await hands(page).tabTo('remember');
  await page.keyboard.press('Space');
  await enter('use-key');
  await page.waitForSelector('#consent-allow');
  await visitor.logIn(request('shop', { prompt: 'login' }), ada);
  await page.waitForSelector('#consent-allow');
});

await claim('an account is looked after by the keyboard alone', SECURITY_KEY, async visitor => {
  const { page } = visitor;
  const ada = person();
  const { enter, type, unfold } = hands(page);
  await visitor.logIn(request(), ada);
  await page.click('#consent-allow');
  await back(page);
  await page.goto(ACCOUNT);
  await enter('to-factors');
  await page.waitForSelector('#add-security-key:visible');
  await enter('add-security-key');
  await page.waitForSelector('#recovery-codes code');
  await enter('continue');
  await page.waitForSelector('.thing');
  const [{ id }] = operator('user', 'factors', 'list', ada.username).factors;
  await unfold(`rename-${id}`);
  await type(`name-${id}`, 'Blue key');
  await enter(`rename-${id}`);
  await page.waitForSelector('#done');
  assert.match(await page.textContent('.thing-title'), /Blue key/);
  await enter('make-recovery');
  await page.waitForSelector('#recovery-codes code');
  await enter('continue');
  await page.waitForSelector('.thing');
  await unfold(`remove-${id}`);
  await enter(`remove-${id}`);
  await page.waitForSelector('#no-factors');
  await enter('back');

  await page.waitForSelector('#to-applications');
  await enter('to-applications');
  await page.waitForSelector('#withdraw-shop');
  await enter('withdraw-shop');
  await page.waitForSelector('#no-applications');
  await enter('back');
  await page.waitForSelector('#to-profile');
  await enter('to-profile');
  await page.waitForSelector('#profile-submit');
  await type('nickname', 'Ada');
  await enter('profile-submit');
  await page.waitForSelector('#done');
  await enter('back');
  await page.waitForSelector('#to-password');
  await enter('to-password');
  await page.waitForSelector('#password-submit');
  await type('password', 'vier elefanten im regen');
  await enter('password-submit');
  await page.waitForSelector('#done');

  const other = await browser(undefined);
  await other.logIn(ACCOUNT, { ...ada, password: 'vier elefanten im regen' });
  await other.page.waitForSelector('#to-sessions');
  await page.goto(`${ACCOUNT}/sessions`);
  await enter('end-others');
  await page.waitForSelector('#done');
  await other.page.goto(ACCOUNT);
  await other.page.waitForSelector('#login-submit');
  await other.close();
  const own = await page.getAttribute('button[name=session]', 'id');
  await enter(own);
  await page.waitForSelector('#login-submit');
});

await claim('a second factor is added and used without scripts', undefined, async own => {
  const ada = person();
  await own.logIn(`${ACCOUNT}/factors`, ada);
  await own.page.waitForSelector('#add-totp');
  assert.equal(await own.page.isVisible('#add-passkey'), false, 'no script has shown it');
  await own.page.click('#add-totp');
  await own.page.click('summary');
  const seed = await own.page.textContent('#totp-seed');
  await own.page.fill('#code', totp(seed, -1));
  await own.page.click('#enrol-submit');
  await own.page.waitForSelector('#recovery-codes code');
  const codes = await own.page.locator('#recovery-codes code').allTextContents();
  assert.equal(codes.length, 10);
  await own.page.click('#continue');
  assert.match(await own.page.textContent('#recovery-left'), /10 are left/);

  const other = await browser(undefined, NO_SCRIPTS);
  await other.logIn(request(), ada);
  await other.page.click('#use-recovery');
  await other.page.waitForSelector('#use-totp');
  await other.page.fill('#code', codes[0]);
  await other.page.click('#code-submit');
  await other.page.click('#consent-allow');
  assert.ok((await back(other.page)).get('code'));
  await other.close();
  await own.page.reload();
  assert.match(await own.page.textContent('#recovery-left'), /9 are left/);
  await own.page.click('#make-recovery');
  await own.page.waitForSelector('#recovery-codes code');
  const [fresh] = await own.page.locator('#recovery-codes code').allTextContents();
  assert.ok(!codes.includes(fresh));
}, NO_SCRIPTS);

await claim('a password is changed without scripts', undefined, async own => {
  const ada = person();
  await own.logIn(ACCOUNT, ada);
  await own.page.click('#to-password');
  await own.page.fill('#password', 'vier elefanten im regen');
  await own.page.click('#password-submit');
  await own.page.waitForSelector('#done');
  const other = await browser(undefined, NO_SCRIPTS);
  await other.logIn(ACCOUNT, ada);
  await other.page.waitForSelector('#login-notice');
  await other.logIn(ACCOUNT, { ...ada, password: 'vier elefanten im regen' });
  await other.page.waitForSelector('#to-password');
  await other.close();
}, NO_SCRIPTS);

await claim('another session is ended without scripts', undefined, async own => {
  const ada = person();
  await own.logIn(ACCOUNT, ada);
  const other = await browser(undefined, NO_SCRIPTS);
  await other.logIn(ACCOUNT, ada);
  await other.page.waitForSelector('#to-sessions');
  await own.page.click('#to-sessions');
  await own.page.click('.thing:not(:has(#this-session)) button');
  await own.page.waitForSelector('#done');
  assert.equal(await own.page.locator('.thing').count(), 1);
  await other.page.reload();
  await other.page.waitForSelector('#login-submit');
  await own.page.reload();
  await own.page.waitForSelector('#this-session');
  await other.close();
}, NO_SCRIPTS);

await claim('a permission is withdrawn without scripts', undefined, async own => {
  const ada = person();
  await own.logIn(request(), ada);
  await own.page.click('#consent-allow');
  await back(own.page);
  await own.page.goto(ACCOUNT);
  await own.page.click('#to-applications');
  assert.equal(await own.page.textContent('.thing-title'), 'Corner Shop');
  await own.page.click('#withdraw-shop');
  await own.page.waitForSelector('#done');
  await own.page.waitForSelector('#no-applications');
  await own.page.goto(request());
  await own.page.waitForSelector('#consent-allow');
}, NO_SCRIPTS);

await end();
