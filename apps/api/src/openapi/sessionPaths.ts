import { problemResponses } from './problemResponses.js';
import type { Header, Operation, Paths, Response } from './types.js';

const noStore: Header = {
  description: 'The answer is for this browser only.',
  required: true,
  schema: { const: 'no-store' },
};

const withCsrfToken: Response = {
  description: 'The CSRF token of the session.',
  headers: { 'Cache-Control': noStore },
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['csrfToken'],
        additionalProperties: false,
        properties: {
          csrfToken: {
            type: 'string',
            description: 'To be sent in the header `X-CSRF-Token` of everything but GET and HEAD.',
          },
        },
      },
      examples: { session: { value: { csrfToken: 'Zk3vX0bq2Jw9sTtY' } } },
    },
  },
};

const setCookie = (description: string): Readonly<Record<string, Header>> => ({
  'Set-Cookie': { description, required: true, schema: { type: 'string' } },
});

/** What is answered to a body, although none is read. */
const bodyProblems = problemResponses(['BAD_REQUEST', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']);
const signInProblems = problemResponses(['TOO_MANY_FAILED_SIGN_INS', 'UNAVAILABLE']);

function signOut(operationId: string, summary: string, description: string): Operation {
  return {
    operationId,
    tags: ['Console'],
    summary,
    description: `${description} Needs the CSRF token of the session. No body is read.`,
    security: [{ consoleSession: [] }],
    parameters: [
      {
        name: 'X-CSRF-Token',
        in: 'header',
        required: true,
        description: 'The CSRF token of the session: a page of another site cannot know it.',
        schema: { type: 'string' },
        example: 'Zk3vX0bq2Jw9sTtY',
      },
    ],
    responses: {
      204: {
        description: 'Signed out.',
        headers: setCookie('Takes the cookie `currents_session` away.'),
      },
      ...problemResponses(['SESSION_ENDED', 'CSRF_TOKEN_WRONG']),
      ...bodyProblems,
      ...signInProblems,
    },
  };
}

/** `/console/session` and `/console/sessions`: see `registerConsoleSession`. */
export const sessionPaths: Paths = {
  '/console/session': {
    get: {
      operationId: 'readConsoleSession',
      tags: ['Console'],
      summary: 'Read the CSRF token of a session',
      description: 'Lets the page of the console go on after a reload: it has the cookie, and asks for the CSRF token.',
      security: [{ consoleSession: [] }],
      responses: {
        200: withCsrfToken,
        204: {
          description: 'This browser is not signed in: it has no cookie of a session.',
          headers: { 'Cache-Control': noStore },
        },
        ...problemResponses(['SESSION_ENDED']),
        ...signInProblems,
      },
    },
    post: {
      operationId: 'signInToConsole',
      tags: ['Console'],
      summary: 'Sign a browser in',
      description:
        'Starts a session of the console with an admin token, and ends the one that the browser had. A session lasts a week, or half a day without use, and may do what its admin token may. No body is read. Programs need no session: they send the admin token with each request.',
      security: [{ adminToken: [] }],
      responses: {
        200: {
          ...withCsrfToken,
          headers: {
            ...withCsrfToken.headers,
            ...setCookie('The cookie `currents_session`, which scripts and other sites cannot use.'),
          },
        },
        ...problemResponses(['TOKEN_MISSING', 'TOKEN_UNKNOWN', 'TOKEN_EXPIRED']),
        ...bodyProblems,
        ...signInProblems,
      },
    },
    delete: signOut('signOutOfConsole', 'Sign this browser out', 'Ends the session of this browser.'),
  },
  '/console/sessions': {
    delete: signOut(
      'signOutOfConsoleEverywhere',
      'Sign all browsers of an admin token out',
      'Ends all sessions that were started with the same admin token, for example after a laptop was lost.',
    ),
  },
};
