import { Code } from '../../parts/code.js';
import { Json } from '../../parts/json.js';
import { count } from '../../parts/number.js';
import { CredentialsForm } from './credentials.js';
import { Preview } from '../preview.js';
import type { CurrentData } from './current.js';
import { TestEvent } from './testEvent.js';

/** What a Current sends, where and how. */
export function Settings({ current }: { readonly current: CurrentData }) {
  const { id, contactEmail, settings, eventTypes, lingerMs, credentials, allowedActions } = current;
  return (
    <>
      <dl className="facts">
        <dt>Contact</dt>
        <dd>{contactEmail}</dd>
        <dt>Credentials</dt>
        <dd>{credentials ? `${credentials.kind ?? 'stored'}: ${credentials.fields.join(', ')}` : 'none'}</dd>
        <dt>Gathers events for up to</dt>
        <dd>{lingerMs} ms</dd>
        <dt>Settings of the destination</dt>
        <dd>
          <Json value={settings} label="Settings" />
        </dd>
        <dt>{count(eventTypes.length)} event types</dt>
        <dd>
          <ul className="names">
            {eventTypes.map((name) => (
              <li key={name}>
                <Code text={name} />
              </li>
            ))}
          </ul>
        </dd>
      </dl>
      {allowedActions.includes('TEST') ? (
        <>
          <h2>Preview</h2>
          <Preview input={{ currentId: id }} sampleOf={eventTypes[0]} />
          <h2>Test event</h2>
          <TestEvent id={id} eventTypes={eventTypes} />
        </>
      ) : null}
      <h2>New credentials</h2>
      <CredentialsForm current={current} />
    </>
  );
}
