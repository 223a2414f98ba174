// Runs before anything is drawn, so that a page in another theme than the device's does not flash up in the device's first.
// What it does is done again, and kept up to date, by theme.ts.
try {
  const theme = localStorage.getItem('confab:theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.style.colorScheme = theme;
} catch {
  // No storage, no theme of one's own.
}
