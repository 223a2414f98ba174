import { useEffect, useState } from 'react';

/** Returns true once a condition has been true for some time, in milliseconds. */
export function useLate(condition: boolean, time: number): boolean {
  const [late, setLate] = useState(false);

  useEffect(() => {
    if (!condition) return;
    const timer = setTimeout(() => setLate(true), time);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [condition, time]);

  return condition && late;
}
