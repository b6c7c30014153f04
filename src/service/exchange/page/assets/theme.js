/* Runs before the page is drawn, so that nobody who chose dark sees it light first. */
try {
  const theme = localStorage.getItem('modnet.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // The browser forbids storage: the system's, then.
}
