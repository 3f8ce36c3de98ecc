// Long enough for any real name; a message must stay readable when a name is a megabyte.
const QUOTED_LENGTH = 160;

/** A name from outside for a message: in quotes, control characters escaped, cut when it is very long. */
export function quote(name: string): string {
  return JSON.stringify(name.length > QUOTED_LENGTH ? `${name.slice(0, QUOTED_LENGTH)}…` : name);
}
