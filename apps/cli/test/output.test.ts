import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { describeOverview, type Overview, type OverviewItem } from '../src/commands/overview.js';
import { describeEvent } from '../src/output/describeEvent.js';
import { printable } from '../src/output/printable.js';
import { fields, table } from '../src/output/table.js';
import { readTime, time } from '../src/output/time.js';

describe('a table', () => {
  const columns = [
    { title: 'NAME', of: ({ name }: { readonly name: string; readonly count: number | null }) => name },
    { title: 'COUNT', of: ({ count }: { readonly count: number | null }) => count },
    { title: 'END', of: () => 'end' },
  ];

  it('aligns numbers to the right and texts to the left, with an emoji as one sign', () => {
    const rows = [
      { name: 'a🎉b', count: 1_234_567 },
      { name: 'long name', count: 5 },
    ];
    expect(table(rows, columns).split('\n')).toEqual([
      'NAME           COUNT  END',
      'a🎉b        1,234,567  end',
      'long name          5  end',
    ]);
  });

  it('writes - for a missing value, and cuts a long text that is not last', () => {
    const rows = [{ name: 'x'.repeat(80), count: null }];
    expect(table(rows, columns).split('\n')[1]).toBe(`${'x'.repeat(59)}…  -      end`);
  });

  it('writes a text with line feeds in one line', () => {
    expect(fields({ detail: 'one\n  two', absent: null, code: 'x' })).toBe('detail  one two\ncode    x');
  });
});

it('control characters of a text do not reach the terminal', () => {
  expect(printable('a\u001b[2J\u009b1m\rb\nc')).toBe('a\\u001b[2J\\u009b1m\\u000db\nc');
  expect(JSON.parse(printable(JSON.stringify({ a: '\u007f\u009b\u001b\n' })))).toEqual({ a: '\u007f\u009b\u001b\n' });
});

it('times are printed in UTC to the second', () => {
  expect(time('2026-11-30T09:15:02.123Z')).toBe('2026-11-30 09:15:02Z');
  expect(time(null)).toBeUndefined();
});

it('a time is read from ISO 8601 or as a span before now', () => {
  expect(readTime('2026-11-30')).toBe('2026-11-30T00:00:00.000Z');
  expect(readTime('2026-11-30T09:00:00+02:00')).toBe('2026-11-30T07:00:00.000Z');
  const before = Date.now() - 90 * 60_000;
  const read = Date.parse(readTime('90m'));
  expect(read).toBeGreaterThanOrEqual(before);
  expect(read).toBeLessThanOrEqual(Date.now() - 90 * 60_000);
  for (const text of ['yesterday', '30.11.2026', '2026-13-01', '2026-02-30', '2026-02-30T09:00Z', '-5h', '5y'])
    expect(() => readTime(text), text).toThrow(/^Expected a time/);
});

it('a time without an offset is in UTC, as times are printed, wherever the command runs', () => {
  const module = new URL('../dist/output/time.js', import.meta.url).href;
  const program = `import { readTime } from '${module}'; console.log(readTime('2026-11-30T09:00'), readTime('2026-11-30T09:00:01.5'));`;
  for (const TZ of ['Asia/Tokyo', 'America/New_York']) {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      env: { PATH: process.env.PATH, TZ },
      encoding: 'utf8',
    });
    expect(stderr + stdout).toBe('2026-11-30T09:00:00.000Z 2026-11-30T09:00:01.500Z\n');
  }
});

describe('an event', () => {
  const delivery = {
    current: { id: 'cur_1', name: 'mail' },
    status: 'DELIVERED' as const,
    code: null,
    detail: null,
    attemptCount: 1,
    firstAttemptAt: '2026-11-30T09:00:01.000Z',
    lastAttemptAt: '2026-11-30T09:00:01.000Z',
    isReplay: false,
    wait: null,
    deadLetter: null,
  };

  it('is described from its arrival to each Current', () => {
    const text = describeEvent({
      event: { id: 'e-1', event_type: 'users.Open', user: { external_user_id: 'ada' }, properties: { a: 1 } },
      storedAt: '2026-11-30T09:00:00.000Z',
      requestPosition: 3,
      ingestToken: { id: 'tok_1', name: 'braze' },
      quarantinedEvent: null,
      unselectedCurrents: [{ id: 'cur_3', name: 'apps' }],
      deliveries: [
        delivery,
        {
          ...delivery,
          current: { id: 'cur_2', name: 'slow' },
          status: 'PENDING',
          wait: { reason: 'KEY_THROTTLED', code: 'throttled', detail: null, until: '2026-11-30T09:05:00.000Z' },
        },
      ],
    });
    expect(text.split('\n')).toEqual([
      'event e-1',
      '  type             users.Open',
      '  user             ada',
      '  stored           2026-11-30 09:00:00Z, with the token braze, at position 3 of its request',
      '  properties       {"a":1}',
      '  not selected by  apps',
      '  → mail (cur_1): DELIVERED',
      '    attempts      1',
      '    last attempt  2026-11-30 09:00:01Z',
      '  → slow (cur_2): PENDING',
      '    waits for     KEY_THROTTLED: throttled',
      '    until         2026-11-30 09:05:00Z',
      '    attempts      1',
      '    last attempt  2026-11-30 09:00:01Z',
    ]);
  });

  it('in quarantine is described with its reason', () => {
    const text = describeEvent({
      event: null,
      storedAt: '2026-11-30T09:00:00.000Z',
      requestPosition: null,
      ingestToken: { id: 'tok_1', name: 'braze' },
      quarantinedEvent: {
        id: 'qua_1',
        code: 'UNKNOWN_EVENT_TYPE',
        detail: 'no such type',
        eventId: 'e-2',
        eventType: 'users.Pigeon',
        releasedAt: null,
      },
      unselectedCurrents: [],
      deliveries: [],
    });
    expect(text.split('\n')).toEqual([
      'event e-2',
      '  type         users.Pigeon',
      '  stored       2026-11-30 09:00:00Z, with the token braze',
      '  quarantined  UNKNOWN_EVENT_TYPE: no such type',
    ]);
  });
});

describe('the overview', () => {
  const item = (severity: OverviewItem['severity'], kind: string): OverviewItem => ({
    severity,
    kind,
    message: `${kind} happened`,
    remedy: 'mend it',
    startedAt: null,
    count: null,
    node: { id: 'cur_1' },
  });
  const empty: Overview = {
    checkedAt: '2026-11-30T09:00:00.000Z',
    itemCount: 0,
    liveWorkerCount: 2,
    deadLetterCount: 0,
    quarantinedEventCount: null,
    totals: null,
    items: [],
  };

  it('has the worst first', () => {
    const items = [item('INFO', 'A'), item('WARNING', 'B'), item('CRITICAL', 'C'), item('WARNING', 'D')];
    const lines = describeOverview({ ...empty, itemCount: 6, items }).split('\n');
    expect(lines.filter((line) => /^\S/.test(line)).slice(0, 5)).toEqual([
      'CRITICAL  C cur_1',
      'WARNING   B cur_1',
      'WARNING   D cur_1',
      'INFO      A cur_1',
      '… and 2 more',
    ]);
  });

  it('says when nothing is wrong, and leaves out what is not known', () => {
    expect(describeOverview(empty)).toBe('Nothing needs attention.\n\nlive workers  2\ndead letters  0');
  });
});
