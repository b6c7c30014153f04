/** Routers: requests to handlers, by method and path. */
export { compose } from './compose.ts';
export { mountPointOf, pathBelow } from './mount-point.ts';
export type { ParamsOf } from './pattern.ts';
export { MAX_PATH as ROUTE_PATH_LIMIT, MAX_SEGMENTS as ROUTE_SEGMENTS_LIMIT } from './route-tree.ts';
export { type RouteChain, type RouteHandler, Router, type RouterOptions } from './router.ts';
