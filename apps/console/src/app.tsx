import {
  Activity,
  Bell,
  Inbox,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  Radio,
  Route as RouteIcon,
  Send,
  Server,
  ShieldAlert,
  Users,
  Waves,
} from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Link, Route, Switch } from 'wouter';
import { asCurl, asGraphql, useShownOperations } from './hub/operations.js';
import { setRefresh, useRefresh } from './hub/refresh.js';
import { resumeSession, signOut, useSession } from './hub/session.js';
import { CopyButton } from './parts/copy.js';
import { Dialog } from './parts/dialog.js';
import { lazyScreen } from './parts/lazyScreen.js';
import { useHashPath } from './routing.js';
import { Activity as ActivityScreen } from './screens/activity.js';
import { Cohort } from './screens/cohorts/cohort.js';
import { Cohorts } from './screens/cohorts/cohorts.js';
import { Segment } from './screens/cohorts/segment.js';
import { Current } from './screens/current/current.js';
import { Currents } from './screens/currents.js';
import { DeadLetters } from './screens/deadLetters.js';
import { Find, FindBox } from './screens/find/find.js';
import { Hub } from './screens/hub.js';
import { Jobs } from './screens/jobs.js';
import { Keys } from './screens/keys/keys.js';
import { LiveTail } from './screens/liveTail.js';
import { Overview } from './screens/overview.js';
import { Quarantine } from './screens/quarantine.js';
import { SignIn } from './screens/signIn.js';

const NewCurrent = lazyScreen(async () => (await import('./screens/newCurrent.js')).NewCurrent);
const NewSegment = lazyScreen(async () => (await import('./screens/cohorts/newSegment.js')).NewSegment);
const NewSegmentSync = lazyScreen(async () => (await import('./screens/segmentSyncs/newSync.js')).NewSync);
const SegmentSync = lazyScreen(async () => (await import('./screens/segmentSyncs/sync.js')).Sync);
const SegmentSyncRefusals = lazyScreen(async () => (await import('./screens/segmentSyncs/refusals.js')).Refusals);
const Notices = lazyScreen(async () => (await import('./screens/notices/notices.js')).Notices);

const places = [
  { to: '/', title: 'Overview', Icon: LayoutDashboard, key: 'o' },
  { to: '/currents', title: 'Currents', Icon: Send, key: 'c' },
  { to: '/find', title: 'Find an event', Icon: RouteIcon, key: 'f' },
  { to: '/live-tail', title: 'Live tail', Icon: Radio, key: 't' },
  { to: '/dead-letters', title: 'Dead letters', Icon: Inbox, key: 'd' },
  { to: '/quarantine', title: 'Quarantine', Icon: ShieldAlert, key: 'q' },
  { to: '/cohorts', title: 'Cohorts and segments', Icon: Users, key: 's' },
  { to: '/notices', title: 'Notices', Icon: Bell, key: 'n' },
  { to: '/keys', title: 'Keys', Icon: KeyRound, key: 'k' },
  { to: '/jobs', title: 'Jobs', Icon: ListChecks, key: 'j' },
  { to: '/activity', title: 'Activity', Icon: Activity, key: 'a' },
  { to: '/hub', title: 'Hub', Icon: Server, key: 'h' },
] as const;

export function App() {
  const session = useSession();
  useEffect(() => void resumeSession(), []);
  if (session.state === 'unknown') return null;
  return session.state === 'none' ? <SignIn /> : <Console />;
}

function Console() {
  const [path] = useHashPath();
  const main = useRef<HTMLElement>(null);
  useKeyboard();
  // Another screen begins at its top, also for a screen reader.
  useEffect(() => main.current?.focus({ preventScroll: false }), [path]);
  return (
    <div className="console">
      <a className="skipLink" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/" className="brand">
          <Waves aria-hidden size={20} /> Currents
        </Link>
        <FindBox />
        <Tools />
      </header>
      <nav className="places" aria-label="Places">
        <ul>
          {places.map(({ to, title, Icon, key }) => (
            <li key={to}>
              <Link href={to} aria-current={isAt(path, to) ? 'page' : undefined} title={`g ${key}`}>
                <Icon aria-hidden size={16} /> {title}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main ref={main} id="main" tabIndex={-1}>
        <Switch>
          <Route path="/" component={Overview} />
          <Route path="/currents" component={Currents} />
          <Route path="/currents/new" component={NewCurrent} />
          <Route path="/currents/:id/:tab?">
            {({ id, tab }) => <Current key={id} id={id} tab={tab ?? 'health'} />}
          </Route>
          <Route path="/find" component={Find} />
          <Route path="/live-tail" component={LiveTail} />
          <Route path="/dead-letters" component={DeadLetters} />
          <Route path="/quarantine" component={Quarantine} />
          <Route path="/cohorts" component={Cohorts} />
          <Route path="/cohorts/segments/new" component={NewSegment} />
          <Route path="/cohorts/segments/:id/sync">{({ id }) => <NewSegmentSync key={id} segmentId={id} />}</Route>
          <Route path="/cohorts/segments/:id">{({ id }) => <Segment key={id} id={id} />}</Route>
          <Route path="/cohorts/syncs/:id/refused">{({ id }) => <SegmentSyncRefusals key={id} id={id} />}</Route>
          <Route path="/cohorts/syncs/:id">{({ id }) => <SegmentSync key={id} id={id} />}</Route>
          <Route path="/cohorts/:id">{({ id }) => <Cohort key={id} id={id} />}</Route>
          <Route path="/notices" component={Notices} />
          <Route path="/keys" component={Keys} />
          <Route path="/jobs" component={Jobs} />
          <Route path="/activity" component={ActivityScreen} />
          <Route path="/hub" component={Hub} />
          <Route>
            <h1>Nothing is here</h1>
            <p>
              The address names no screen. <Link href="/">Go to the overview</Link>.
            </p>
          </Route>
        </Switch>
      </main>
    </div>
  );
}

function isAt(path: string, to: string): boolean {
  return to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`);
}

/** `/` goes to the box that finds an event; `g` and a letter goes to a place. Neither while a text is being typed. */
function useKeyboard(): void {
  const [, go] = useHashPath();
  useEffect(() => {
    let isGoing = false;
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
      const place = places.find(({ key }) => key === event.key);
      if (isGoing && place) go(place.to);
      else if (event.key === '/') {
        document.querySelector<HTMLInputElement>('#find')?.select();
        event.preventDefault();
      }
      isGoing = event.key === 'g' && !isGoing;
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [go]);
}

function Tools() {
  const isOn = useRefresh();
  const [isCopying, setIsCopying] = useState(false);
  const [isSigningOut, setIsSigningOut] = useState(false);
  return (
    <div className="tools">
      <label>
        <input type="checkbox" checked={isOn} onChange={(event) => setRefresh(event.target.checked)} /> Auto-refresh
      </label>
      <button type="button" onClick={() => setIsCopying(true)}>
        Copy query
      </button>
      <button type="button" onClick={() => setIsSigningOut(true)}>
        Sign out
      </button>
      {isCopying ? <CopyQueries onClose={() => setIsCopying(false)} /> : null}
      {isSigningOut ? (
        <Dialog title="Sign out" onClose={() => setIsSigningOut(false)}>
          <p>Sign out this browser, or every browser that signed in with the same admin token.</p>
          <div className="actions">
            <button type="button" onClick={() => void signOut('everywhere')}>
              Everywhere
            </button>
            <button type="button" className="primary" onClick={() => void signOut('here')}>
              This browser
            </button>
          </div>
        </Dialog>
      ) : null}
    </div>
  );
}

function CopyQueries({ onClose }: { readonly onClose: () => void }) {
  const operations = useShownOperations();
  return (
    <Dialog title="Queries of this screen" onClose={onClose}>
      {operations.length === 0 ? <p>This screen asks the hub for nothing.</p> : null}
      {operations.map((operation, index) => (
        <section key={index}>
          <h3>{operation.name}</h3>
          <div className="actions">
            <CopyButton text={asGraphql(operation)}>Copy as GraphQL</CopyButton>
            <CopyButton text={asCurl(operation)}>Copy as curl</CopyButton>
          </div>
        </section>
      ))}
    </Dialog>
  );
}
