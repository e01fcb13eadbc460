// Where only some models of authenticators may be enrolled.

import assert from 'node:assert/strict';
import { PASSKEY, claim, end, issuer, person } from './browser.mjs';

const { ALLOWED } = process.env;

await claim(`a model that is ${ALLOWED} is treated so`, PASSKEY, async visitor => {
  const { page } = visitor;
  await visitor.logIn(`${issuer}/account/factors`, person());
  await page.click('#add-passkey');
  if (ALLOWED === 'allowed') {
    await page.waitForSelector('#recovery-codes code');
    return;
  }
  await page.waitForSelector('#key-problem:visible');
  assert.match(await page.textContent('#key-problem'), /model/);
});

await end();
