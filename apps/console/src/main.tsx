import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { App } from './app.js';
import { hrefs, useHashPath, useHashSearch } from './routing.js';
import { HubError } from './hub/graphql.js';
import './styles/base.css';
import './styles/parts.css';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // Only what may work a second later is tried again.
      retry: (count, error) => error instanceof HubError && error.code === 'UNREACHABLE' && count < 2,
    },
  },
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Router hook={useHashPath} searchHook={useHashSearch} hrefs={hrefs}>
        <App />
      </Router>
    </QueryClientProvider>
  </StrictMode>,
);
