// Every mix of Debian's daemons and geobooth's in one ring, with an authfile.
import { declareRings } from './declare-rings.ts';

declareRings(true);
