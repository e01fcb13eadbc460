// The pages of the demo's application.

import { claim, end } from './browser.mjs';
import { guest, inspect } from './look.mjs';

const { DEMO_APP } = process.env;

await claim('axe-core finds nothing on the pages of the demo', undefined, async () => {
  const visitor = await guest();
  const { page } = visitor;
  await page.goto(DEMO_APP);
  await inspect(page, 'demo');
  await page.goto(`${DEMO_APP}/callback/public?error=access_denied&state=none`);
  await inspect(page, 'demo error');
  await page.goto(DEMO_APP);
  await page.click('#sign-in-public');
  await page.fill('#username', 'ada');
  await page.fill('#password', 'analytical engine');
  await page.click('#login-submit');
  await page.click('#consent-allow');
  await page.waitForURL(`${DEMO_APP}/tokens`);
  await inspect(page, 'demo tokens');
  await page.goto(DEMO_APP);
  await inspect(page, 'demo of somebody');
  await visitor.close();
});

await end();
