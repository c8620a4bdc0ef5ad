import { describeSegmentExport, htmlAnswer, jsonAnswer } from '@currents/connector/conformance';
import { braze } from '@currents/connector-braze';

const restEndpoint = 'https://rest.fra-01.braze.eu';
const attribute = 'currents_buyers';
const accepted = (errors?: unknown) =>
  jsonAnswer(201, { message: 'success', attributes_processed: 3, ...(errors !== undefined && { errors }) });
const error = (type: string, index?: number) => ({
  type,
  input_array: 'attributes',
  ...(index !== undefined && { index }),
});

describeSegmentExport({
  segmentExport: braze,
  settings: {
    valid: [
      { restEndpoint, attribute },
      {
        restEndpoint: 'https://rest.us-10.braze.com',
        attribute: 'VIP2',
        afterLeaving: 'blank',
        unknownUsers: 'create',
      },
      {
        restEndpoint,
        baseUrl: 'http://localhost:4010/braze/',
        attribute,
        objectsPerRequest: 50,
        requestsPerSecond: 0.5,
        secondsBeforeReversal: 0,
      },
    ],
    invalid: [
      { field: 'restEndpoint', value: { attribute } },
      { field: 'restEndpoint', value: { restEndpoint: 'https://example.com', attribute } },
      { field: 'restEndpoint', value: { restEndpoint: 'http://rest.iad-01.braze.com', attribute } },
      { field: 'restEndpoint', value: { restEndpoint: 'https://rest.iad-01.braze.com.example.com', attribute } },
      { field: 'baseUrl', value: { restEndpoint, attribute, baseUrl: 'ftp://example.com' } },
      { field: 'attribute', value: { restEndpoint } },
      { field: 'attribute', value: { restEndpoint, attribute: ' ' } },
      { field: 'attribute', value: { restEndpoint, attribute: 'Email' } },
      { field: 'attribute', value: { restEndpoint, attribute: '_update_existing_only' } },
      { field: 'attribute', value: { restEndpoint, attribute: 'a.b' } },
      { field: 'attribute', value: { restEndpoint, attribute: '$inc' } },
      { field: 'attribute', value: { restEndpoint, attribute: 'x'.repeat(101) } },
      { field: 'afterLeaving', value: { restEndpoint, attribute, afterLeaving: 'delete' } },
      { field: 'unknownUsers', value: { restEndpoint, attribute, unknownUsers: 'yes' } },
      { field: 'objectsPerRequest', value: { restEndpoint, attribute, objectsPerRequest: 76 } },
      { field: 'requestsPerSecond', value: { restEndpoint, attribute, requestsPerSecond: 1_001 } },
      { field: 'secondsBeforeReversal', value: { restEndpoint, attribute, secondsBeforeReversal: -1 } },
    ],
  },
  credentials: {
    valid: [{ restApiKey: '3f0c9a52-1be7-4d16-9c80-7a4e5d2b6f13' }],
    invalid: [
      { field: 'restApiKey', value: {} },
      { field: 'restApiKey', value: { restApiKey: ' ' } },
    ],
    secrets: ['restApiKey'],
  },
  members: [
    { externalId: 'user-with-an-id' },
    { externalId: 'ü'.repeat(400) },
    { alias: { name: 'another-name', label: 'crm' } },
  ],
  refused: [
    { member: { deviceId: 'device-1' }, reason: 'device_id_only' },
    { member: { externalId: ' ' }, reason: 'external_id_blank' },
    { member: { externalId: '購'.repeat(400) }, reason: 'external_id_too_long' },
    { member: { alias: { name: 'kim', label: '' } }, reason: 'alias_without_label' },
  ],
  answers: [
    { name: '201', answer: accepted(), then: 'delivered' },
    { name: '201 without a count', answer: jsonAnswer(201, { message: 'success' }), then: 'delivered' },
    { name: '202 in maintenance', answer: jsonAnswer(202, { message: 'queued' }), then: 'delivered' },
    { name: '201 with another message', answer: jsonAnswer(201, { message: 'No valid objects' }), then: 'split' },
    {
      name: '201 that names a blocked id by its code',
      answer: accepted([error('BLACKLISTED_EXTERNAL_USER_ID', 1)]),
      then: ['delivered', 'rejected', 'delivered'],
    },
    {
      name: '201 that names a long id in a sentence',
      answer: accepted([error("'external_id' must be fewer than 988 bytes", 2)]),
      then: ['delivered', 'delivered', 'rejected'],
    },
    {
      name: '201 that names one for an unknown reason, twice',
      answer: accepted([error('SOMETHING_NEW', 0), error('SOMETHING_NEW', 0)]),
      then: ['deferred', 'delivered', 'delivered'],
    },
    {
      name: '201 with an error without a place',
      answer: accepted([error('BLACKLISTED_EXTERNAL_USER_ID', 1), error('SOMETHING_NEW')]),
      then: ['split', 'rejected', 'split'],
    },
    {
      name: '201 with an error about nothing that was sent',
      answer: accepted([error('SOMETHING_NEW', 7)]),
      then: 'split',
    },
    {
      name: '201 with an error in another list',
      answer: accepted([{ type: 'X', input_array: 'events', index: 0 }]),
      then: 'split',
    },
    { name: '400', answer: jsonAnswer(400, { message: 'Max Input Length Exceeded' }), then: 'split' },
    { name: '400 of a proxy', answer: htmlAnswer(400), then: 'split' },
    { name: '401', answer: jsonAnswer(401, { message: 'Invalid API key' }), then: 'blocked' },
    { name: '403', answer: jsonAnswer(403, { message: 'Forbidden' }), then: 'blocked' },
    { name: '404', answer: jsonAnswer(404, { message: 'Not found' }), then: 'blocked' },
    { name: '413', answer: jsonAnswer(413, { message: 'Request Entity Too Large' }), then: 'split' },
    { name: '429', answer: jsonAnswer(429, { message: 'Rate limited' }), then: 'deferred' },
  ],
  test: {
    passed: jsonAnswer(400, { message: 'Either events, purchases or attributes must be present' }),
    refused: jsonAnswer(401, { message: 'Invalid API key' }),
  },
});
