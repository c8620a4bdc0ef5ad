import type { Decision, FakeRequest } from '../exchange.js';
import { countAt, fits } from '../rollingCount.js';
import { accepted, badRequest, throttled, tooLarge } from './answers.js';
import { checkObject, type CheckedObject, type ObjectProblem } from './checkObject.js';
import type { AttributeValue, Tracking, WorkspaceState } from './workspace.js';

/** Braze, Track users, rate limit: counted over three seconds. */
const rateSeconds = 3;

interface Parsed {
  readonly attributes: readonly unknown[];
  /** The elements of all three lists. */
  readonly total: number;
}

/** Decides on a request to `/users/track` of a workspace whose key is valid. */
export function createTrack({ clock, ledger, profile }: Tracking) {
  return (request: FakeRequest, workspace: WorkspaceState): Decision => {
    const { maxBytes, objectLimit, requestLimit } = profile();
    const now = clock.now();
    const decide = (answer: Decision['answer'], reason: string): Decision => ({
      answer,
      reason,
      project: workspace.workspaceId,
      eventCount: 0,
      uncompressedBytes: request.body.byteLength,
    });
    if (!fits(workspace.requests, now, rateSeconds, requestLimit)) {
      ledger.violate(request.seq, 'overRate');
      return decide(throttled(rateSeconds, now, profile()), 'rate');
    }
    countAt(workspace.requests, now);
    if (request.body.byteLength > maxBytes) return decide(tooLarge, 'size');
    const parsed = parse(request.body);
    if (typeof parsed === 'string') return decide(badRequest(parsed), 'body');
    if (parsed.total === 0) return decide(badRequest('expected attributes, events or purchases'), 'empty');
    if (parsed.total > objectLimit) {
      ledger.violate(request.seq, 'tooManyObjects');
      return decide(badRequest('Max Input Length Exceeded'), 'objects');
    }
    const objects = parsed.attributes.map((given) => judge(given, workspace));
    const fatal = objects.find((object) => 'code' in object && object.isFatal);
    if (fatal) {
      ledger.violate(request.seq, (fatal as ObjectProblem).code);
      if (profile().twoIdentifiers === 'refuse') return decide(badRequest('No valid objects'), 'objects');
    }
    const errors = objects.flatMap((object, index) => ('code' in object ? [errorOf(object, index)] : []));
    const good = objects.filter((object): object is CheckedObject => !('code' in object));
    return {
      ...decide(accepted(good.length, errors, profile()), 'accepted'),
      eventCount: objects.length,
      commit: () => {
        for (const object of good) apply(object, workspace, request, now);
        for (const [index, object] of objects.entries())
          if ('code' in object)
            ledger.reject(request.seq, index, undefined, [{ field: 'attributes', message: object.code }]);
      },
    };
  };

  function judge(given: unknown, { blockedUsers, users }: WorkspaceState): CheckedObject | ObjectProblem {
    const object = checkObject(given);
    if ('code' in object || object.externalId === undefined) return object;
    if (blockedUsers.has(object.externalId))
      return { code: 'BLACKLISTED_EXTERNAL_USER_ID', sentence: 'the external_id is blacklisted and disallowed' };
    if (users?.has(object.externalId) === false && object.isUpdateOnly && profile().unknownUser === 'error')
      return { code: 'BLACKLISTED_EXTERNAL_USER_ID', sentence: 'the external_id is disallowed: there is no profile' };
    return object;
  }

  function errorOf({ code, sentence }: ObjectProblem, index: number): object {
    const { errorType, errorIndex, errorInputArray } = profile();
    return {
      type: errorType === 'code' ? code : sentence,
      ...(errorInputArray && { input_array: 'attributes' }),
      ...(errorIndex && { index }),
    };
  }

  function apply(
    { user, externalId, isUpdateOnly, attributes }: CheckedObject,
    workspace: WorkspaceState,
    { seq }: FakeRequest,
    receivedAt: number,
  ): void {
    workspace.dataPoints += attributes.length;
    if (externalId !== undefined && workspace.users?.has(externalId) === false) {
      if (isUpdateOnly) return;
      workspace.users.add(externalId);
      workspace.profilesCreated++;
    }
    for (const [name, value] of attributes) {
      let values = workspace.attributes.get(name);
      if (!values) workspace.attributes.set(name, (values = new Map<string, AttributeValue>()));
      const before = values.get(user) ?? null;
      if (before === value) workspace.unchanged++;
      const gain = Number(value === true) - Number(before === true);
      workspace.memberCounts.set(name, (workspace.memberCounts.get(name) ?? 0) + gain);
      values.set(user, value);
    }
    ledger.store(
      {
        seq,
        index: 0,
        project: workspace.workspaceId,
        receivedAt,
        id: undefined,
        eventPart: '',
        personPart: '',
        timePart: 0,
      },
      () => ({ person: user, event: Object.fromEntries(attributes), altered: [], hidden: false }),
    );
  }
}

/** The lists of a body, or why it cannot be read. */
function parse(body: Uint8Array): Parsed | string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return 'Invalid JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'expected an object';
  const { attributes = [], events = [], purchases = [] } = value as Readonly<Record<string, unknown>>;
  const lists = [attributes, events, purchases];
  if (!lists.every((list) => Array.isArray(list))) return 'expected lists';
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  return { attributes: lists[0] as unknown[], total };
}
