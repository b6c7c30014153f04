/**
 * The shapes of what is said between the page and the exchange (docs/exchange.schema.json, protocol 1), and of what the
 * page remembers. There is nothing here at run time.
 *
 * @typedef {'tcp' | 'unix' | 'udp' | 'ws' | 'http' | 'memory' | 'server'} Door
 *
 * @typedef {object} Message
 * @property {'message'} type
 * @property {number} id
 * @property {string} room
 * @property {string} sender
 * @property {string} time
 * @property {'say' | 'me' | 'notice'} kind
 * @property {string} body
 * @property {Door} door
 *
 * @typedef {object} Private
 * @property {'private'} type
 * @property {string} sender
 * @property {string} recipient
 * @property {string} time
 * @property {string} body
 * @property {Door} door
 *
 * @typedef {object} Presence
 * @property {'joined' | 'left' | 'renamed'} type
 * @property {string} room
 * @property {string} member
 * @property {string} time
 * @property {Door} [door] of `joined`
 * @property {string} [name] of `renamed`: the new one
 * @property {string} [reason] of `left`
 *
 * @typedef {object} Limits
 * @property {number} body bytes
 * @property {number} name characters
 * @property {number} history messages of a page
 *
 * @typedef {object} MemberInfo
 * @property {string} member
 * @property {Door} door
 *
 * @typedef {object} RoomInfo
 * @property {string} room
 * @property {number} members
 * @property {boolean} joined
 *
 * @typedef {object} HistoryPage
 * @property {Message[]} messages oldest first
 * @property {number | null} before cursor of what is older
 *
 * @typedef {Message | Private | Presence} Entry one line of a conversation
 *
 * @typedef {object} Draft something said that the exchange has not confirmed
 * @property {string} key names it within this page
 * @property {{ type: 'say' | 'me', room: string, body: string } | { type: 'msg', to: string, body: string }} request
 * @property {'waiting' | 'sent' | 'kept' | 'failed'} state `kept`: confirmed, but its own event has not arrived yet
 * @property {string} [reason] why it failed
 * @property {number} [message] the id that it was given
 * @property {string} [sentAs] the name under which it was handed to a connection
 */
export {};
