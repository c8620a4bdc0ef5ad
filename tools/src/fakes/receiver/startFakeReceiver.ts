import { startFake, type Fake, type FakeOptions, type Partner, type Surroundings } from '../fake.js';
import type { FakeControl } from '../control/control.js';
import { receiverSwitches, type ReceiverProfile } from './profile.js';
import { createReceiverService, type Receiver } from './service.js';

export type FakeReceiver = Fake<FakeControl<Receiver, ReceiverProfile>>;

function open(surroundings: Surroundings<ReceiverProfile>) {
  const receivers: Receiver[] = [];
  return {
    service: createReceiverService({ ...surroundings, receivers }),
    createProject(receiver: Receiver): void {
      if (receivers.some(({ receiverId, token }) => receiverId === receiver.receiverId || token === receiver.token))
        throw new Error(`there is already a receiver ${receiver.receiverId} with this id or token`);
      receivers.push(receiver);
    },
    extra: {},
  };
}

const receiver: Partner<Receiver, typeof receiverSwitches, object> = {
  name: 'receiver',
  listeners: ['events'],
  switches: receiverSwitches,
  // Braze, Custom Currents Export: the id of an event is unique, and the same when it is sent again.
  ledger: { winner: 'first', windowSeconds: Infinity },
  calls: {},
  open,
};

/** A strict receiver of events in Braze's form on 127.0.0.1; each token is a receiver of its own. */
export function startFakeReceiver(options: FakeOptions<Receiver, ReceiverProfile> = {}): Promise<FakeReceiver> {
  return startFake(receiver, options);
}
