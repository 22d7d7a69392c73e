// How the whole graph is shown: never larger than life.
export const FIT = { padding: 0.06, maxZoom: 1 };
