import type { ReactNode } from 'react';
import { useCutEdges } from './useCutEdges';

interface Props {
  className: string;
  dir?: 'ltr' | 'rtl';
  children: ReactNode;
}

/** Scrolls wide content, and fades it at an edge where it is cut off. The keyboard can scroll it too. */
export function ScrollArea({ className, dir, children }: Props) {
  const [ref, cut] = useCutEdges<HTMLDivElement>();
  return (
    <div ref={ref} className={`scrolls ${className}`} data-cut={cut} tabIndex={cut && 0} dir={dir}>
      {children}
    </div>
  );
}
