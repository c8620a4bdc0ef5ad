import { adminRoles, type AdminRole } from '../db/schema.js';

/** Whether a token with `role` may do what needs the role `required`. */
export function hasRole(role: AdminRole, required: AdminRole): boolean {
  return adminRoles.indexOf(role) >= adminRoles.indexOf(required);
}
