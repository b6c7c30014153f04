/** The priority that a client gives a request (RFC 9218), of whatever version. It schedules nothing. */

export interface Priority {
  /** 0: the most urgent, to 7. Default 3. */
  readonly urgency: number;
  /** Whether parts of the answer are of use, so that it may take turns with others. Default false. */
  readonly incremental: boolean;
}

const DEFAULT: Priority = { urgency: 3, incremental: false };

/** A key of a dictionary with its value (RFC 9651, section 3.2); parameters behind it are left out. */
const MEMBER = /^([a-z*][a-z0-9_\-.*]*)(?:=([^;]*))?(?:;.*)?$/;

/**
 * Of the field `priority`; what is malformed or unknown counts as not there (RFC 9218, section 4). HTTP/2 sends the answers of
 * a connection in this order by itself; a handler may look at it to do less for what is less urgent. What a client changes its
 * mind about later, with PRIORITY_UPDATE, is not known here.
 */
export function priorityOf(request: Request): Priority {
  const field = request.headers.get('priority');
  if (field === null) return DEFAULT;
  let { urgency, incremental } = DEFAULT;
  for (const member of field.split(',')) {
    const match = MEMBER.exec(member.trim());
    if (match === null) return DEFAULT;
    const [, key, value] = match;
    if (key === 'u') urgency = /^[0-7]$/.test(value ?? '') ? Number(value) : DEFAULT.urgency;
    else if (key === 'i') incremental = value === undefined || value === '?1';
  }
  return { urgency, incremental };
}
