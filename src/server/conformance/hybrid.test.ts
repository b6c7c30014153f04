import { conforms } from './test-suite.ts';

conforms('hybrid');
