// What the console says, in the language of the page; the texts are in words-LANGUAGE.js, made of words.toml.

const language = document.documentElement.lang;
const { default: words } = await import(`./words-${language}.js`);
const plurals = new Intl.PluralRules(language);

// Which of a text's forms: English has one and other, Russian one, few and many, and few for fractions.
const FORMS = { one: 0, many: 2 };

/** The text of this key, with `values` in the places of their names; {n} says which plural it is. */
export function t(key, values = {}) {
  const found = words[key];
  const text = Array.isArray(found) ? found[FORMS[plurals.select(values.n)] ?? 1] : found;
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => grouped(values[name]));
}

/** How a thing of the API is called here; a name without a text is said as the API spells it. */
export function named(table, name, otherwise = String(name).replaceAll("_", " ")) {
  return words[`${table}.${name}`] ?? otherwise;
}

const grouped = (value) => (typeof value === "number" ? value.toLocaleString(language) : value);
