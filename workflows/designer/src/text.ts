// Words on the screen, through the site's translation catalogue where the page has one.
type Values = Record<string, string | number>;

declare global {
  interface Window {
    gettext?: (text: string) => string;
  }
}

export function t(text: string, values: Values = {}): string {
  const translated = window.gettext?.(text) ?? text;
  return translated.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
