import { readFile } from 'node:fs/promises';
import { describeProfile, type CpuProfile } from './reading/profile.js';

/*
 * node tools/dist/bench/readProfile.js <file.cpuprofile> [events]
 * Says which functions took the time, and what each took per event. Chrome's developer tools read the same file.
 * A profile counts time, not work: where others want the same cores, waiting for one counts for the function that waits.
 */
const [file, events] = process.argv.slice(2);
if (file === undefined) {
  console.error('wanted the path of a .cpuprofile, and perhaps how many events its process handled');
  process.exitCode = 2;
} else {
  const profile = JSON.parse(await readFile(file, 'utf8')) as CpuProfile;
  console.log(describeProfile(profile, events === undefined ? undefined : Number(events), 60).join('\n'));
}
