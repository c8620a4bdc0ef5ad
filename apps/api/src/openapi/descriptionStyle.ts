/** The style of the page at `/docs`. A file of its own: the Content-Security-Policy allows no inline style. */
export const descriptionStyle = `:root {
  color-scheme: light dark;
  --line: light-dark(#d5d8de, #3a3f48);
  --panel: light-dark(#f4f5f7, #1d2025);
  --accent: light-dark(#1f5fbf, #8ab4f8);
}
* {
  box-sizing: border-box;
}
body {
  display: grid;
  grid-template-columns: 22rem minmax(0, 1fr);
  margin: 0;
  font: 1rem/1.5 system-ui, sans-serif;
}
nav {
  position: sticky;
  top: 0;
  height: 100vh;
  overflow-y: auto;
  padding: 1rem;
  border-right: 1px solid var(--line);
  font-size: 0.875rem;
}
nav h2 {
  margin: 1rem 0 0.25rem;
  font-size: 1rem;
}
nav ul {
  margin: 0;
  padding: 0;
  list-style: none;
}
nav li {
  padding: 0.125rem 0;
  overflow-wrap: anywhere;
}
main {
  max-width: 56rem;
  padding: 1rem 2rem 4rem;
}
article {
  margin: 2rem 0;
  padding-top: 1rem;
  border-top: 1px solid var(--line);
}
a {
  color: var(--accent);
}
code,
pre {
  font-family: ui-monospace, monospace;
  font-size: 0.875rem;
}
pre {
  overflow-x: auto;
  padding: 0.75rem;
  background: var(--panel);
}
.path {
  font-weight: 600;
}
table {
  width: 100%;
  border-collapse: collapse;
}
td {
  padding: 0.25rem 0.75rem 0.25rem 0;
  border-bottom: 1px solid var(--line);
  vertical-align: top;
}
details {
  margin: 0.5rem 0;
  padding: 0.25rem 0.75rem;
  border: 1px solid var(--line);
}
summary {
  cursor: pointer;
  font-weight: 600;
}
@media (max-width: 60rem) {
  body {
    display: block;
  }
  nav {
    position: static;
    height: auto;
    border: 0;
  }
  main {
    padding: 1rem;
  }
}
`;
