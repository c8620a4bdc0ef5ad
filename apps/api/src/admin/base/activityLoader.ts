import { readActivity, type Admin, type CurrentActivity } from '@currents/core';
import DataLoader from 'dataloader';

/** A loader for one request: the activity of all Currents of a page is read by one statement. */
export function createActivityLoader(admin: Admin): (currentKey: string) => Promise<CurrentActivity> {
  const loader = new DataLoader<string, CurrentActivity>((keys) => readActivity(admin, keys));
  return (key) => loader.load(key);
}
