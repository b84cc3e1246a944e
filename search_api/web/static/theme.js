// Before the first paint: the theme chosen last time.
"use strict";
{
  let theme = null;
  try { theme = localStorage.getItem("theme"); } catch { /* storage may be off: the system's theme it is */ }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  document.documentElement.classList.add("script");
}
