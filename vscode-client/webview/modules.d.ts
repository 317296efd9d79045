/** The layout's worker, built into a text: a page without remote content starts it from a blob. */
declare module 'worker:./worker' {
  const source: string;
  export default source;
}
