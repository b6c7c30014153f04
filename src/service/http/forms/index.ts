/** Forms: fields and files, as streams or as a whole. */
export { formErrors } from './form-errors.ts';
export { FORM_LIMITS, FormError, type FormLimits } from './form-limits.ts';
export type { FormField, FormFile, FormPart } from './form-part.ts';
export { formParts } from './form-parts.ts';
export { type Form, readForm, type UploadedFile } from './read-form.ts';
