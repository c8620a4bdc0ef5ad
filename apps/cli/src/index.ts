export { runDoctor } from './operator/doctor.js';
export { nodeFlags } from './programs/nodeFlags.js';
