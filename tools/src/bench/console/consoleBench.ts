import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browserProgram } from '../../browser/openBrowser.js';
import { makeDemoEvents } from '../../demo/makeEvents.js';
import { openDemo, type Demo } from '../../demo/openDemo.js';
import { startScenario } from '../../demo/scenario/startScenario.js';
import { sendBodies } from '../../demo/sendBodies.js';
import { choice, number, text } from '../../options.js';
import { findFreePort } from '../../services/ports.js';
import { defineBench, type Stage } from '../bench.js';
import { median } from '../reading/percentiles.js';
import { categories, openLighthouse, type Category, type LoadReport } from './lighthouse.js';

/** What each page has to reach in each category, of 100. */
const minScore = 95;
const events = 2_000;

/** How fast and how accessible the console loads. */
export const consoleBench = defineBench({
  name: 'npm run bench -- --only console',
  summary: `Loads pages of the console of a demo with Lighthouse, as on a desktop: performance, accessibility and best practices,
the median of some loads. Lighthouse is heavy, so it is installed in a folder of its own:
npm install --prefix FOLDER lighthouse@12.8.2. Needs Debian's chromium, and a machine without other work. Exit code 1 when
a median is below ${minScore}.`,
  options: {
    only: choice(['console'], 'console', 'this bench'),
    lighthouse: text('FOLDER', undefined, 'where Lighthouse is installed'),
    loads: number(5, 1, 99, 'loads of each page'),
  },
  async run({ lighthouse, loads }, stage) {
    if (lighthouse === undefined)
      throw new Error('expected --lighthouse FOLDER, after npm install --prefix FOLDER lighthouse@12.8.2');
    if (browserProgram === undefined) throw new Error('expected a program chromium in PATH, got none');
    const load = await openLighthouse(lighthouse);
    stage.progress('starting the demo');
    const demo = await openDemo();
    stage.cleanup.add('the demo', demo.close);
    await sendBodies(demo.hub.api.url, demo.token, makeDemoEvents(events, Math.floor(Date.now() / 1_000)).bodies);
    const scenario = await startScenario(demo);
    stage.cleanup.add('the traffic', scenario.close);
    const pages: Record<string, Awaited<ReturnType<typeof measure>>> = {};
    const { signIn, port } = await openSession(demo, stage);
    const places = { 'sign-in': '', overview: '', current: `#/currents/${demo.running[0]?.currentId}`, keys: '#/keys' };
    for (const [name, place] of Object.entries(places)) {
      if (name !== 'sign-in') await signIn();
      stage.progress(`loading ${name}`);
      pages[name] = await measure(() => load(`${demo.hub.api.url}/${place}`, port), loads);
      report(name, pages[name], stage);
    }
    return { pages };
  },
});

/** A browser whose tabs share cookies, with a port for debuggers. */
async function openSession({ hub }: Demo, { folder, cleanup }: Stage) {
  const port = await findFreePort();
  const context = await chromium.launchPersistentContext(join(folder, 'browser'), {
    executablePath: browserProgram ?? '',
    args: ['--no-sandbox', '--disable-background-networking', `--remote-debugging-port=${port}`],
  });
  cleanup.add('the browser', () => context.close());
  let isSignedIn = false;
  return {
    port,
    /** Signs in once, and leaves no tab of the console open. */
    async signIn(): Promise<void> {
      if (isSignedIn) return;
      const page = await context.newPage();
      await page.goto(hub.api.url);
      await page.getByLabel('Admin token').fill(hub.adminToken ?? '');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
      await page.close();
      isSignedIn = true;
    },
  };
}

async function measure(load: () => Promise<LoadReport>, loads: number) {
  const reports: LoadReport[] = [];
  for (let count = 0; count < loads; count++) reports.push(await load());
  const medianOf = (read: (report: LoadReport) => number): number => median(reports.map(read));
  const scores = Object.fromEntries(
    categories.map((category) => [category, medianOf(({ scores }) => scores[category])]),
  ) as Record<Category, number>;
  return {
    scores,
    firstPaintMs: medianOf(({ firstPaintMs }) => firstPaintMs),
    largestPaintMs: medianOf(({ largestPaintMs }) => largestPaintMs),
    blockingMs: medianOf(({ blockingMs }) => blockingMs),
    faults: [...new Set(reports.flatMap(({ faults }) => faults))],
  };
}

function report(name: string, page: Awaited<ReturnType<typeof measure>>, { print, fail }: Stage): void {
  const scores = categories.map((category) => `${category} ${page.scores[category]}`).join(', ');
  const [first, largest, blocking] = [page.firstPaintMs, page.largestPaintMs, page.blockingMs].map(Math.round);
  print(`${name}: ${scores}; first paint ${first} ms, largest ${largest} ms, blocked ${blocking} ms`);
  for (const fault of page.faults) print(`  ${fault}`);
  for (const category of categories) {
    if (page.scores[category] < minScore)
      fail(`${name}: expected ${category} of ${minScore} at least, got ${page.scores[category]}`);
  }
}
