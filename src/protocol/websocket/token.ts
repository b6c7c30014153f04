/** What names of extensions, their parameters and subprotocols are made of (RFC 9110 section 5.6.2), as a part of a pattern. */
export const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
