export const customPropertyPrefix = '[Custom event property] ';
export const purchasePropertyPrefix = '[Purchase property] ';

/** The objects whose keys customers choose, and what precedes each key (Braze, Mixpanel and Amplitude for Currents). */
export const freePrefixes: ReadonlyMap<string, string> = new Map([
  ['custom_properties', customPropertyPrefix],
  ['purchase_properties', purchasePropertyPrefix],
]);
