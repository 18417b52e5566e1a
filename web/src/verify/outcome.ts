/** Why a file proves nothing: the codes are those of kemiao-verify. */
export class NotProved extends Error {
  constructor(
    readonly code: string,
    readonly where = "",
  ) {
    super(where ? `${code}: ${where}` : code);
  }
}

export function malformed(part: string): NotProved {
  return new NotProved("MALFORMED_PROOF", part);
}
