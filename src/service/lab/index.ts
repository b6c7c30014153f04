/** The lab: experiments that show how networks and machines behave, measured on the machine at hand. */
export { ALL, experiments, findExperiments } from './experiments.ts';
export * from './finding.ts';
export * from './load/index.ts';
export { describeMachine, type Machine } from './machine.ts';
export * from './process-tree.ts';
export * from './process-tree-meter.ts';
export * from './processes/index.ts';
export { renderHtml } from './report/html.ts';
export type { Report } from './report/report.ts';
export { renderText, type TextOptions } from './report/text.ts';
