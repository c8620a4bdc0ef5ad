import { useState } from 'react';

/** Copies a text, and says that it did. */
export function CopyButton({ text, children }: { readonly text: string; readonly children: string }) {
  const [isCopied, setIsCopied] = useState(false);
  return (
    <button
      type="button"
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => {
          setIsCopied(true);
          setTimeout(() => setIsCopied(false), 2_000);
        });
      }}
    >
      <span aria-live="polite">{isCopied ? 'Copied' : children}</span>
    </button>
  );
}

/** A secret that is shown only now, with the command that uses it. */
export function ShownOnce({
  secret,
  command,
  note,
}: {
  readonly secret: string;
  readonly command?: string;
  /** Where the secret is used. */
  readonly note?: string;
}) {
  return (
    <div className="note good">
      <p>This is shown only now. Copy it before you close.</p>
      <pre aria-label="Secret">{secret}</pre>
      <CopyButton text={secret}>Copy</CopyButton>
      {note === undefined ? null : (
        <>
          <p>Use it at:</p>
          <pre aria-label="Addresses">{note}</pre>
        </>
      )}
      {command === undefined ? null : (
        <>
          <p>Try it:</p>
          <pre aria-label="Command">{command}</pre>
          <CopyButton text={command}>Copy command</CopyButton>
        </>
      )}
    </div>
  );
}
