/** Routers: requests to handlers, by method and path. */
export { compose } from './compose.ts';
export { mountPointOf, pathBelow } from './mount-point.ts';
export type { ParamsOf } from './pattern.ts';
export { MAX_PATH, MAX_SEGMENTS } from './route-tree.ts';
export { type RouteChain, type RouteHandler, Router, type RouterOptions } from './router.ts';
