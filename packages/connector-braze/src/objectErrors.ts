import { isRecord, type Item, type SendResult } from '@currents/connector';
import type { UserAttributes } from './map.js';

/**
 * Braze, Track users, fatal and minor errors: the users that no repetition helps. Braze names the reason by a code or by
 * a sentence.
 */
const permanent = [
  /BLACKLISTED_EXTERNAL_USER_ID|EXTERNAL_USER_ID_TOO_LARGE|BAD_DEVICE_ID/,
  /external_(user_)?id\b.*\b(bytes|blacklisted|disallowed)/i,
];

interface ObjectError {
  readonly index: number | undefined;
  readonly words: string;
}

/**
 * What became of each user when Braze names some. `index` counts the objects as they were sent. An error without one may
 * be about any user, so the request is split until it is about one.
 */
export function readObjectErrors(
  items: readonly Item<UserAttributes>[],
  errors: readonly unknown[],
  say: (words: string) => string,
): readonly SendResult[] {
  const read = errors.map((error) => readError(error, items.length));
  const unclear = read.find(({ index }) => index === undefined);
  const named = new Map(read.flatMap(({ index, words }) => (index === undefined ? [] : [[index, words] as const])));
  return items.map(({ id }, at): SendResult => {
    const words = named.get(at);
    if (words !== undefined) {
      const detail = say(words) || 'an error without words';
      return permanent.some((pattern) => pattern.test(words))
        ? { id, outcome: 'rejected', code: 'refused_by_braze', detail }
        : { id, outcome: 'deferred', code: 'object_error', detail, scope: 'event' };
    }
    if (unclear === undefined) return { id, outcome: 'delivered' };
    const detail = `an error that names no user: ${say(unclear.words) || 'without words'}`;
    return { id, outcome: 'split', code: 'unclear_error', detail };
  });
}

function readError(error: unknown, count: number): ObjectError {
  if (!isRecord(error)) return { index: undefined, words: typeof error === 'string' ? error : '' };
  const { index, type, input_array: array } = error;
  const isOurs = array === undefined || array === 'attributes';
  const isPlace = typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < count;
  return { index: isOurs && isPlace ? index : undefined, words: typeof type === 'string' ? type : '' };
}
