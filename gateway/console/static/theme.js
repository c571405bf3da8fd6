// Before the first paint, so that nobody sees the other theme or language flash. The switches are in console.js.
{
  let theme = null;
  let language = null;
  try {
    theme = localStorage.getItem("theme");
    language = localStorage.getItem("language");
  } catch {
    // Storage may be forbidden: then what the system and the browser say is it.
  }
  const root = document.documentElement;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const isOther = (language === "en" || language === "ru") && language !== root.lang;
  // Whoever names a language in the address gets it.
  if (isOther && !new URLSearchParams(location.search).has("lang")) location.replace(`/?lang=${language}${location.hash}`);
}
