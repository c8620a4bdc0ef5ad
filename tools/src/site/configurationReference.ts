import { escapeText } from './escape.js';
import type { GeneratedPage } from './generatedPage.js';

/** One page about every variable of the environment, made of `.env.example`, which a test compares with the code. */
export function configurationReference(example: string): GeneratedPage {
  const parts = example.split(/^# --- (.+?) ---$/m);
  const sections = parts.flatMap((text, index) =>
    index % 2 === 0 ? [] : [`## ${titles[text] ?? text}`, ...variablesIn(parts[index + 1] ?? '')],
  );
  const about =
    'Api and worker read their settings from the environment. `currents doctor` checks them without starting anything.';
  return { path: 'reference/configuration.md', title: 'Configuration', text: [about, ...sections].join('\n\n') };
}

const titles: Readonly<Record<string, string>> = { both: 'Api and worker', api: 'Api', worker: 'Worker' };

/** A heading for each variable, its value in the example, and what the comment before it says. */
function variablesIn(section: string): readonly string[] {
  return section
    .split(/\n\n+/)
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const lines = block.trim().split('\n');
      const assignments = lines.flatMap((line) => /^# ([A-Z][A-Z0-9_]*)=(.*)$/.exec(line)?.slice(1, 3) ?? []);
      const names = assignments.filter((_, index) => index % 2 === 0);
      const comment = lines.filter((line) => !/^# [A-Z][A-Z0-9_]*=/.test(line)).map((line) => line.replace(/^# ?/, ''));
      const examples = lines.filter((line) => /^# [A-Z][A-Z0-9_]*=/.test(line)).map((line) => line.slice(2));
      return [
        ...(names.length > 0 ? [`### ${names.join(', ')}`] : []),
        escapeText(comment.join(' ')),
        ...(examples.length > 0 ? [`\`\`\`sh\n${examples.join('\n')}\n\`\`\``] : []),
      ].join('\n\n');
    });
}
