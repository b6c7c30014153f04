export { allowedCores } from './cores.ts';
export { LabProcess, type LabProcessOptions } from './lab-process.ts';
