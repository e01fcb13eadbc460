// A look at a page, as somebody sees it at either width, in light and dark, or has it read to them.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { browser } from './browser.mjs';

const { SCREENSHOTS } = process.env;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds on a page; and a picture of it, where somebody wants to look. */
export async function inspect(page, name) {
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
      if (SCREENSHOTS) {
        mkdirSync(SCREENSHOTS, { recursive: true });
        const file = `${name.replaceAll(/[^a-z0-9]+/g, '-')}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: `${SCREENSHOTS}/${file}`, fullPage: true });
      }
    }
  }
}

/** A visitor whose pages let axe-core in. */
export const guest = authenticator => browser(authenticator, { bypassCSP: true });
