/** Files of a folder over HTTP. */
export {
  BELIEF as FILE_CACHE_AGE,
  MAX_BYTES as FILE_CACHE_BYTES,
  MAX_ENTRIES as FILE_CACHE_ENTRIES,
} from './file-cache.ts';
export { MAX_LISTED } from './listing.ts';
export { SMALL_FILE } from './open-file.ts';
export { MAX_RANGES } from './ranges.ts';
export { MIN_COMPRESSED } from './resource.ts';
export { type FileHandler, type FileOptions, serveFiles } from './serve-files.ts';
