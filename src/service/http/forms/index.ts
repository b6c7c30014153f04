/** Forms: fields and files, as streams or as a whole. */
export { formErrors } from './form-errors.ts';
export { FORM_LIMITS, FormError, type FormLimits } from './form-limits.ts';
export { type FormField, type FormFile, type FormPart, formParts } from './form-parts.ts';
export { type Form, readForm, type UploadedFile } from './read-form.ts';
