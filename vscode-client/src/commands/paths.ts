/** A text without where things are on this machine: the folders that are open, and the home, stand as what they are. */
export function withoutPaths(text: string, folders: readonly string[], home: string): string {
  // The longest first: a folder lies in the home, and may lie in another folder.
  const places = [...folders.map((place) => [place, '<folder>'] as const), [home, '~'] as const];
  const known = places.filter(([place]) => place.length > 1).sort(([one], [other]) => other.length - one.length);
  return known.reduce((said, [place, name]) => said.replaceAll(place, () => name), text);
}
