/**
 * The property of an event that was sent to test a Current: `true` at the destination, so that reports can leave it out.
 * It is set before `map`, which passes on properties that the catalogue does not know.
 */
export const testMark = 'currents_test';
