import { describe, expect, it } from 'vitest';
import { catalogue, checkSelection, findEventType, selectedTypes, selects, type Selection } from '../src/index.js';

const none: Selection = { eventTypes: [], channels: [], groups: [] };
const namesOf = (selection: Selection): readonly string[] =>
  selectedTypes(selection).flatMap((selected, index) => (selected ? [catalogue[index]!.name] : []));

describe('a Selection includes', () => {
  it.each<[string, Selection, readonly string[]]>([
    [
      'its event types',
      { ...none, eventTypes: ['users.behaviors.Purchase', 'users.messages.email.Open'] },
      ['users.behaviors.Purchase', 'users.messages.email.Open'],
    ],
    ['an event type named by an alias', { ...none, eventTypes: ['users_campaigns_abort'] }, ['users.campaigns.Abort']],
    [
      'the event types of its channels, but not of channels with the same name in other groups',
      { ...none, channels: ['behaviour/liveactivity'] },
      ['users.behaviors.liveactivity.PushToStartTokenChange', 'users.behaviors.liveactivity.UpdateTokenChange'],
    ],
    [
      'the event types of its groups',
      { ...none, groups: ['campaign'] },
      ['users.campaigns.Abort', 'users.campaigns.Conversion', 'users.campaigns.EnrollInControl'],
    ],
    [
      'all of these together, each once',
      {
        eventTypes: ['users.campaigns.Abort', 'users.behaviors.Uninstall'],
        channels: ['behaviour/purchase'],
        groups: ['campaign'],
      },
      [
        'users.behaviors.Purchase',
        'users.behaviors.Uninstall',
        'users.campaigns.Abort',
        'users.campaigns.Conversion',
        'users.campaigns.EnrollInControl',
      ],
    ],
    ['nothing when it is empty', none, []],
  ])('%s', (_, selection, names) => {
    expect(namesOf(selection)).toEqual(names);
  });

  it('the whole catalogue with every group', () => {
    expect(namesOf({ ...none, groups: ['behaviour', 'campaign', 'canvas', 'message', 'other'] })).toHaveLength(100);
  });

  it('the same event types in its table as by single checks', () => {
    const selection = { eventTypes: ['users.behaviors.Purchase'], channels: ['message/sms'], groups: ['canvas'] };
    const table = selectedTypes(selection);
    for (const eventType of catalogue) expect(table[eventType.index]).toBe(selects(selection, eventType));
    expect(selects(selection, findEventType('users.messages.sms.Send')!)).toBe(true);
    expect(selects(selection, findEventType('users.messages.rcs.Send')!)).toBe(false);
  });
});

describe('checkSelection', () => {
  it('accepts names of the catalogue', () => {
    expect(
      checkSelection({ eventTypes: ['users_canvas_abort'], channels: ['message/email'], groups: ['other'] }),
    ).toEqual([]);
  });

  it('reports an empty Selection', () => {
    expect(checkSelection(none)).toEqual([
      { code: 'empty_selection', detail: 'expected an event type, a channel or a group at least, got none' },
    ]);
  });

  it.each<[string, Partial<Selection>, string, readonly string[]]>([
    ['another case', { eventTypes: ['users.behaviors.purchase'] }, 'unknown_event_type', ['users.behaviors.Purchase']],
    ['the last part only', { eventTypes: ['CustomEvent'] }, 'unknown_event_type', ['users.behaviors.CustomEvent']],
    ['nothing alike', { eventTypes: ['zzz'] }, 'unknown_event_type', []],
    ['an empty name', { eventTypes: [''] }, 'unknown_event_type', []],
    [
      'a channel without its group',
      { channels: ['newsfeed'] },
      'unknown_channel',
      ['behaviour/newsfeed', 'message/newsfeed'],
    ],
    ['two letters changed about', { channels: ['message/emial'] }, 'unknown_channel', ['message/email']],
    ['a letter too many', { groups: ['messages'] }, 'unknown_group', ['message']],
    ['a name of a prototype', { groups: ['constructor'] }, 'unknown_group', []],
  ])('suggests a name for %s', (_, part, code, suggestions) => {
    const [problem, ...others] = checkSelection({ ...none, ...part });
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code, suggestions, name: Object.values(part)[0]![0] });
    for (const suggestion of suggestions) expect(problem!.detail).toContain(suggestion);
  });

  it('reports every unknown name, with at most three suggestions', () => {
    const problems = checkSelection({
      eventTypes: ['email', 'users.behaviors.Purchase'],
      channels: ['sms'],
      groups: ['sms'],
    });
    expect(problems.map(({ code }) => code)).toEqual(['unknown_event_type', 'unknown_channel', 'unknown_group']);
    expect(problems[0]).toMatchObject({ name: 'email' });
    expect('suggestions' in problems[0]! && problems[0].suggestions).toHaveLength(3);
  });
});
