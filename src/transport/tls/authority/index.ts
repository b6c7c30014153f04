export * from './ensure-certificate.ts';
export { DAY, type Expiry, expiryOf, RENEW_BEFORE } from './expiry.ts';
export {
  type IssuedCertificate,
  type IssueRequest,
  LEAF_DAYS,
  MAX_LEAF_DAYS,
} from './issue.ts';
export * from './local-authority.ts';
export { PRIVATE_SCOPE } from './name-scope.ts';
export { MAX_NAMES, parseSubjectName, parseSubjectNames, type SubjectName } from './subject-name.ts';
export {
  type CertificateFiles,
  certificateFiles,
  refuseExisting,
  writeCertificate,
} from './write-certificate.ts';
