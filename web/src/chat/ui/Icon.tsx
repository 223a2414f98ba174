/** Paths on a grid of 24 × 24, drawn with lines. */
const PATHS = {
  archive: 'M4 5h16v4H4zM6 9v10h12V9M10 13h4',
  bad: 'M7 14V4h10l3 7v3h-6l1 5-2 1-4-6zM7 4H3v10h4',
  bottom: 'M12 5v14m-6-6 6 6 6-6',
  chat: 'M5 5h14v10h-9l-5 4z',
  check: 'm5 12 5 5 9-10',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  download: 'M12 4v11m-5-5 5 5 5-5M5 20h14',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  good: 'M7 10v10h10l3-7v-3h-6l1-5-2-1-4 6zM7 20H3V10h4',
  keyboard: 'M3 7h18v11H3zM7 11h.01M12 11h.01M17 11h.01M8 14.5h8',
  message: 'M6 7h12M6 12h12M6 17h7',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  next: 'm10 7 5 5-5 5',
  pin: 'M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6',
  plus: 'M12 5v14M5 12h14',
  previous: 'm14 7-5 5 5 5',
  retry: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  search: 'M4.5 10.5a6 6 0 1 0 12 0 6 6 0 1 0-12 0m10.3 4.3L20 20',
  send: 'M12 19V5m-6 6 6-6 6 6',
  settings: 'M4 8h9m5 0h2M4 16h2m5 0h9M13 8a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M6 16a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0',
  sidebar: 'M4 5h16v14H4zM10 5v14',
  stop: 'M7 7h10v10H7z',
  theme: 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  wrap: 'M4 6h16M4 12h13a3 3 0 0 1 0 6h-5m2.5-2.5L12 18l2.5 2.5M4 18h4',
  user: 'M8 8a4 4 0 1 0 8 0 4 4 0 1 0-8 0M4 20c1-4 4-6 8-6s7 2 8 6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
