/** What somebody types of a number or a code, in groups of four; what is too much is left out. */
export function groups(typed: string, most: number): string {
  const plain = typed.replace(/[^0-9A-Za-z]/g, "").toUpperCase().slice(0, most);
  return plain.replace(/(.{4})(?=.)/g, "$1 ");
}
