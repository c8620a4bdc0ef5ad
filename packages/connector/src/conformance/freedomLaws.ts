import { findEventType, sampleOf } from '@currents/schema';
import { expect } from 'vitest';
import { bentTypes, withFreeProperties } from './awkwardEvents.js';
import { law, type Law } from './law.js';
import { mapped, payloadOf } from './subject.js';
import type { Subject } from './subject.js';

const prototypeNames = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON'];

/** Customers choose the names of free properties; no name may have a special meaning. */
export function freedomLaws(subject: Subject): Law[] {
  const types = bentTypes.filter((type) => subject.connector.nameOf(type) !== undefined);
  return types.flatMap((type) => [
    law(`never override what the connector sets: ${type}`, () => {
      const plain = asSent(payloadOf(subject, withFreeProperties(sampleOf(type), {})));
      const own = new Set(findEventType(type)?.properties.map((property) => property.name));
      const names = [...keysOf(plain), ...prototypeNames].filter((name) => !own.has(name));
      const hostile = mapped(subject, withFreeProperties(sampleOf(type), ownProperties(names)));
      if (!('payload' in hostile)) return;
      const leaves = new Map(leavesOf(asSent(hostile.payload)));
      for (const [path, value] of leavesOf(plain)) expect(leaves.get(path), path).toBe(value);
    }),
    law(`are only properties, whatever their names: ${type}`, () => {
      const answer = mapped(subject, withFreeProperties(sampleOf(type), ownProperties(prototypeNames)));
      if ('payload' in answer) expectPlain(answer.payload);
      expect(Object.keys(Object.prototype)).toStrictEqual([]);
    }),
  ]);
}

function asSent(payload: unknown): unknown {
  return JSON.parse(JSON.stringify(payload));
}

/** Built through JSON, as events are: there `__proto__` is a property like any other. */
function ownProperties(names: readonly string[]): Record<string, unknown> {
  const scalars = names.map((name) => `${JSON.stringify(name)}: "set by the name of the property"`);
  const nested = `"nested": {"__proto__": {"polluted": true}, "list": [{"__proto__": {"polluted": true}}]}`;
  return JSON.parse(`{${[...scalars, nested].join(',')}}`) as Record<string, unknown>;
}

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [key, ...keysOf(member)]);
}

function leavesOf(value: unknown, path = ''): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, `${path}/${key}`));
}

function expectPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.getPrototypeOf(value)).toBe(Array.isArray(value) ? Array.prototype : Object.prototype);
  for (const member of Object.values(value)) expectPlain(member);
}
