import { useSyncExternalStore, type KeyboardEvent, type PointerEvent } from 'react';
import { texts } from '../texts';
import { DEFAULT_WIDTH, layOutSidebar, NARROWEST, sidebarStore, WIDEST } from './sidebarLayout';

/** Pixels by which an arrow key moves the edge. */
const STEP = 16;

/** The edge of the sidebar, which changes its width: by dragging, with the arrow keys, Home and End. */
export function SidebarResizer({ controls }: { controls: string }) {
  const { width } = useSyncExternalStore(sidebarStore.subscribe, sidebarStore.get);

  function onPointerMove(event: PointerEvent<HTMLDivElement>) {
    const edge = event.currentTarget;
    if (!edge.hasPointerCapture(event.pointerId)) return;
    const { left, right } = edge.parentElement!.getBoundingClientRect();
    layOutSidebar({ width: edge.matches(':dir(rtl)') ? right - event.clientX : event.clientX - left });
  }

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>) {
    const step = event.currentTarget.matches(':dir(rtl)') ? -STEP : STEP;
    const next = { ArrowRight: width + step, ArrowLeft: width - step, Home: NARROWEST, End: WIDEST }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    layOutSidebar({ width: next });
  }

  return (
    <div
      className="sidebar-edge"
      role="separator"
      tabIndex={0}
      aria-label={texts.listWidth}
      aria-orientation="vertical"
      aria-controls={controls}
      aria-valuenow={width}
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      onPointerDown={(event) => event.button === 0 && event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onDoubleClick={() => layOutSidebar({ width: DEFAULT_WIDTH })}
      onKeyDown={onKeyDown}
    />
  );
}
