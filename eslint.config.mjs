import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import { builtinModules } from 'node:module';
import devkit from 'nx/src/devkit-exports.js';
import tseslint from 'typescript-eslint';
import { graphqlSchema } from './eslint.graphql.mjs';

// The boundary rule skips itself, and passes, where nx has left no project graph. `nx` itself leaves one before it
// runs a task; a bare `eslint` or an editor gets a fresh one here.
if (process.env.NX_TASK_TARGET_PROJECT === undefined) {
  process.env.NX_DAEMON ??= 'false';
  await devkit.createProjectGraphAsync({ exitOnError: false });
}

/** Who may import whom, by the tags in each package.json. What is not listed is refused. */
const projects = [
  { sourceTag: 'type:schema', onlyDependOnLibsWithTags: [], allowedExternalImports: [] },
  { sourceTag: 'type:contract', onlyDependOnLibsWithTags: ['type:schema'], allowedExternalImports: ['zod'] },
  {
    sourceTag: 'type:connector',
    onlyDependOnLibsWithTags: ['type:schema', 'type:contract'],
    allowedExternalImports: ['zod'],
  },
  { sourceTag: 'type:core', onlyDependOnLibsWithTags: ['type:schema', 'type:contract'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:schema', 'type:contract', 'type:core', 'type:connector'] },
  {
    sourceTag: 'type:console',
    onlyDependOnLibsWithTags: [],
    allowedExternalImports: [
      ...[
        'react',
        'react-dom',
        'react-dom/client',
        'wouter',
        'lucide-react',
        '@tanstack/react-query',
        'gql.tada',
        '@0no-co/graphql.web',
      ],
      ...['vite', '@vitejs/plugin-react', '@gql.tada/cli-utils'],
    ],
  },
  // It starts api and worker as processes, and asks them over HTTP. What an operator needs without a running hub, it does itself.
  {
    sourceTag: 'type:cli',
    onlyDependOnLibsWithTags: ['type:core', 'type:app'],
    // graphql is for its tests, which check its documents.
    allowedExternalImports: ['commander', 'cli-progress', 'graphql', 'yaml', 'zod'],
  },
  { sourceTag: 'type:tools', onlyDependOnLibsWithTags: ['*'] },
];

const projectsUnderTest = projects.map((project) =>
  project.allowedExternalImports
    ? { ...project, allowedExternalImports: [...project.allowedExternalImports, 'vitest'] }
    : project,
);

const boundaries = (depConstraints, more = {}) => ({
  '@nx/enforce-module-boundaries': ['error', { depConstraints, banTransitiveDependencies: true, allow: [], ...more }],
});

const tests = ['packages/*/test/**', 'apps/*/test/**', 'tools/test/**'];
const conformance = ['packages/connector/src/conformance/**'];
const usesVitest = [...tests, ...conformance, 'tools/src/testing/**', 'vitest.config.mjs'];
const pure = ['packages/{schema,connector,connector-*}/src/**'];
const readsEnvironment = ['apps/*/src/config.ts', 'tools/**', '*.{ts,mjs}', 'apps/console/*.mjs'];

const testingOnly = {
  regex: '^(vitest|supertest)(/|$)|^@currents/[^/]+/conformance$',
  message: 'Only tests may import this.',
};

const builtins = builtinModules.filter((name) => !name.startsWith('_')).join('|');

/** What a pure package may not reach: it answers from what it is handed, so the same question has the same answer. */
const purity = {
  'no-restricted-imports': [
    'error',
    {
      paths: [
        {
          name: 'node:crypto',
          allowImportNames: ['createHash', 'createHmac', 'hash', 'timingSafeEqual'],
          message: 'The rest of node:crypto may draw random numbers.',
        },
        {
          name: 'node:buffer',
          allowImportNames: ['isAscii', 'isUtf8'],
          message: 'The rest of node:buffer is global, or not needed here.',
        },
      ],
      patterns: [
        testingOnly,
        {
          regex: `^(node:(?!(crypto|buffer)$)|(${builtins})(/|$))`,
          message: 'This package is pure: no I/O, clock or environment.',
        },
      ],
    },
  ],
  'no-restricted-globals': [
    'error',
    ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'BroadcastChannel', 'navigator', 'console'],
    ...['process', 'globalThis', 'global', 'require', 'eval', 'Function'],
    ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'crypto'],
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Reads the clock.' },
    { object: 'Math', property: 'random', message: 'Draws a random number.' },
    { object: 'AbortSignal', property: 'timeout', message: 'Sets a timer.' },
    ...['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString', 'localeCompare', 'getTimezoneOffset'].map(
      (property) => ({ property, message: "Depends on the machine's language or time zone." }),
    ),
  ],
  'no-restricted-syntax': [
    'error',
    { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Reads the clock.' },
    { selector: 'CallExpression[callee.name="Date"]', message: 'Reads the clock.' },
    { selector: 'ImportExpression', message: 'Escapes the rules for imports.' },
  ],
};

export default defineConfig(
  globalIgnores([
    ...['**/dist/**', 'apps/console/generated/**', '**/node_modules/**', '**/.nx/**', '**/.data/**', '**/coverage/**'],
    // Belongs to a package that the test of the generator makes, and is linted there.
    'tools/test/generator/finished/**',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx,mjs}'],
    extends: [tseslint.configs.base],
    plugins: { '@nx': nx },
    rules: boundaries(projects),
  },
  { files: conformance, rules: boundaries(projectsUnderTest) },
  // A test may use its package by name, as everybody else does.
  { files: tests, rules: boundaries(projectsUnderTest, { allowCircularSelfDependency: true }) },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    // The nearest tsconfig.json. Other projects are known by their declarations, so they must be built.
    languageOptions: { parserOptions: { project: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // A function may promise without waiting: contracts ask for promises where one side has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // There are no classes here to lose their `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          ignoreRestSiblings: true,
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
        },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // Its type parameters stand for every connector's own types, and only `any` is assignable both ways.
    files: ['packages/connector/src/{connector,segmentExport}.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    // What comes back from a wire is `any` until the test says what it expects.
    files: tests,
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.{ts,mjs}'],
    ignores: usesVitest,
    rules: { 'no-restricted-imports': ['error', { patterns: [testingOnly] }] },
  },
  {
    files: ['packages/*/src/**', 'apps/*/src/**'],
    ignores: [...readsEnvironment, ...conformance],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [testingOnly, { regex: '^(node:)?process$', message: 'The environment is read in config.ts.' }] },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'The environment is read in config.ts.' },
        { object: 'globalThis', property: 'process', message: 'The environment is read in config.ts.' },
      ],
    },
  },
  {
    // Hands the environment to config.ts, and looks at nothing in it.
    files: ['apps/*/src/{backup,main,migrate,restore}.ts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':matches(MemberExpression, VariableDeclarator) > MemberExpression[object.name="process"][property.name="env"]',
          message: 'The environment is read in config.ts.',
        },
      ],
    },
  },
  { files: pure, ignores: conformance, rules: purity },
  graphqlSchema,
);
