import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The hub that `npm run dev` shows. */
const hub = process.env['HUB_URL'] ?? 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  // The page names its files relative to itself, so a proxy may serve it below any path.
  base: './',
  plugins: [react()],
  // Data URLs would be inline scripts or styles for the Content-Security-Policy.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2023', emptyOutDir: true },
  server: { proxy: Object.fromEntries(['/graphql', '/console', '/v1'].map((path) => [path, hub])) },
});
