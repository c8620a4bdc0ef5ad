import { lazy, Suspense, type ComponentType } from 'react';

/**
 * A part of the console that is loaded when it is first shown, so that the first page stays small. After an upgrade of the hub
 * the files of the former console are gone: an open page then asks to be loaded again.
 */
export function lazyScreen<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const Screen = lazy(() => load().then((component) => ({ default: component as ComponentType<object> }), gone));
  return function LazyScreen(props: Props) {
    return (
      <Suspense fallback={<p className="muted">Loading…</p>}>
        <Screen {...props} />
      </Suspense>
    );
  };
}

function gone(): { readonly default: ComponentType<object> } {
  return { default: Gone };
}

function Gone() {
  return (
    <div className="note bad" role="alert">
      <p>This part of the console could not be loaded: the hub was upgraded, or it does not answer.</p>
      <button type="button" onClick={() => location.reload()}>
        Reload the page
      </button>
    </div>
  );
}
