/** The customer's own name for such an event is what the event is called at a destination. No rule changes it. */
const customEvent = 'users.behaviors.CustomEvent';
export const isEventName = (eventType: string, name: string): boolean => name === 'name' && eventType === customEvent;
