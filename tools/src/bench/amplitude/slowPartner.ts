import { faultsOf } from '../hub/balance.js';
import { spreadsOf } from '../measures/latency.js';
import { untilArrived, untilSettled } from '../measures/arrival.js';
import { median } from '../reading/percentiles.js';
import { openGenerator, openSink } from '../programs/open.js';
import { connections, type AmplitudeStage } from './stage.js';

const warmUpSeconds = 5;

export async function measureSlowPartner(stage: AmplitudeStage) {
  const { options, cleanup, progress } = stage;
  const [quick, slow] = [await openSink(cleanup), await openSink(cleanup)];
  const hub = await stage.openHub();
  const { generator } = await openGenerator(cleanup, { seed: 1, requestEvents: options.requestEvents });
  const { currentId: quickId } = await hub.launch('amplitude', { baseUrl: quick.url });
  const target = { url: hub.url, token: hub.token, connections, eventsPerSecond: options.others };
  let sent = 0;
  let toSlow = 0;

  async function p95(): Promise<number> {
    await quick.sink.call('record');
    const flow = await generator.call('pace', { ...target, seconds: options.seconds });
    await untilArrived(quick.sink, (sent += flow.events));
    return spreadsOf(flow, await quick.sink.call('recorded')).sinceAcknowledged.p95;
  }

  sent += (await generator.call('pace', { ...target, seconds: warmUpSeconds })).events;
  await untilArrived(quick.sink, sent);
  const alone: number[] = [];
  const beside: number[] = [];
  let waiting = 0;
  const { currentId: slowId } = await hub.launch('mixpanel', { baseUrl: slow.url });
  const setState = (state: 'live' | 'paused') => hub.sql`update current set state = ${state} where id = ${slowId}`;
  for (let round = 0; round < options.rounds; round++) {
    // The other Current is paused, and costs only a row per batch.
    await setState('paused');
    const before = sent;
    alone.push(await p95());
    await slow.sink.call('answerAfter', options.slowMs);
    await setState('live');
    beside.push(await p95());
    toSlow += sent - before;
    const [row] = await hub.sql<
      { pending: number }[]
    >`select coalesce(sum(pending), 0)::int as pending from delivery where current_id = ${slowId}`;
    waiting = Math.max(waiting, row?.pending ?? 0);
    progress(
      `p95 ${alone.at(-1)?.toFixed(0)} ms alone, ${beside.at(-1)?.toFixed(0)} ms beside; ${row?.pending} events wait for the slow one`,
    );
    await slow.sink.call('answerAfter', 0);
    await untilSettled({ ...hub, currentId: slowId }, options.slowMs * 2 + 30_000);
  }
  const [arrivedQuick, arrivedSlow] = [await quick.sink.call('arrivals'), await slow.sink.call('arrivals')];
  await untilSettled({ ...hub, currentId: quickId });
  const faults = [
    ...faultsOf(
      [
        arrivedQuick.events === sent,
        `${sent} events were acknowledged, ${arrivedQuick.events} arrived at the quick partner`,
      ],
      [
        arrivedSlow.events === toSlow,
        `${toSlow} events were meant for the slow partner, ${arrivedSlow.events} arrived`,
      ],
    ),
    ...(await hub.troubles()),
  ];
  return { alone: median(alone), beside: median(beside), waiting, faults };
}
