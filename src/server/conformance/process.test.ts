import { conforms } from './test-suite.ts';

conforms('process');
