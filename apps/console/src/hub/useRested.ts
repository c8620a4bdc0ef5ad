import { useEffect, useState } from 'react';

/** What is asked for as it is typed begins once the typing has rested so long. */
const restMs = 400;

/** The value once it has not changed for a while. It is compared, and returned, as JSON. */
export function useRested<Value>(value: Value): Value {
  const text = JSON.stringify(value);
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), restMs);
    return () => clearTimeout(timer);
  }, [text]);
  return JSON.parse(rested) as Value;
}
