import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { browserProgram } from './browser/openBrowser.js';
import { cleanUpOnSignals, createCleanup } from './cleanup.js';
import { makeDemoEvents } from './demo/makeEvents.js';
import { openDemo } from './demo/openDemo.js';
import { startScenario } from './demo/scenario/startScenario.js';
import { sendBodies } from './demo/sendBodies.js';
import { number, runCommand, text } from './options.js';
import { findShown } from './pictures/findShown.js';
import { screensOf } from './pictures/screens.js';
import { takePictures } from './pictures/takePictures.js';

const command = {
  name: 'npm run pictures',
  summary: `Starts the hub of the demo, lets events come for some minutes, and takes pictures of every screen of its console
in light and in dark. Needs Debian's chromium.`,
  options: {
    events: number(6_200, 1, 1_000_000, 'how many events to send at first'),
    minutes: number(5, 0, 60, 'how long events come before the pictures are taken'),
    folder: text('FOLDER', 'docs/console', 'where the pictures are written; those of before are removed'),
  },
};

await runCommand(command, process.argv.slice(2), async ({ events, minutes, folder }) => {
  if (browserProgram === undefined) throw new Error('expected a program chromium in PATH, got none');
  const cleanup = createCleanup();
  cleanUpOnSignals('pictures', cleanup);
  try {
    console.log('Starting Postgres, the api, a worker and the pretending partners …');
    const demo = await openDemo();
    cleanup.add('the demo', demo.close);
    const { hub, admin, token } = demo;
    await sendBodies(hub.api.url, token, makeDemoEvents(events, Math.floor(Date.now() / 1_000)).bodies);
    const scenario = await startScenario(demo);
    cleanup.add('the traffic', scenario.close);
    console.log(`Events come for ${minutes} minutes …`);
    await wait(minutes * 60_000);
    const target = { url: hub.api.url, adminToken: hub.adminToken ?? '', folder: resolve(folder) };
    await clear(target.folder);
    await takePictures(screensOf(await findShown(admin)), {
      ...target,
      onPicture: (file, bytes) => console.log(`  ${file} ${Math.ceil(bytes / 1_000)} KB`),
    });
  } finally {
    await cleanup.run();
  }
});

/** Removes former pictures, so that none stays of a screen that is gone. */
async function clear(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(folder)) if (file.endsWith('.webp')) await rm(join(folder, file));
}
