// Runs before the first paint, so that a page with a theme of its own does not flash in the device's theme. `theme.ts`
// sets the same style again and keeps it up to date.
try {
  const theme = localStorage.getItem('confab:theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.style.colorScheme = theme;
} catch {
  // The storage is blocked: the device's theme applies.
}
