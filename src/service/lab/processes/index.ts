export { allowedCores } from './cores.ts';
export { LabProcess, type LabProcessOptions, moduleBeside } from './lab-process.ts';
